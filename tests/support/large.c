/* large.c - see large.h. */
#include "large.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

struct large large;
static ferrite_error *err;

void large_begin(void) {
    large.bed = bed_make();
    large.step = LARGE_STEP;
    memset(large.value, 'b', sizeof large.value);
}

void large_end(void) { bed_remove(&large.bed); }

ferrite_db *large_open(const char *path, bool threads) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.no_threads = !threads;
    options.clock_ms = clock_now;
    return api_open_with(path, &options);
}

uint64_t large_used_pages(ferrite_db *db) {
    ferrite_stats stats = api_stats(db);
    return stats.page_count - stats.free_pages;
}

/* ---- large things of every kind ---- */

static void large_add_set(ferrite_db *db, const char *key) {
    char member[32];
    for (int i = 0; i < LARGE_MEMBERS; i++) {
        size_t len = (size_t)snprintf(member, sizeof member, "member number %d", i * 7919);
        ferrite_sadd(db, key, strlen(key), member, len, &err);
    }
}

static void large_add_zset(ferrite_db *db, const char *key) {
    char member[32];
    for (int i = 0; i < LARGE_MEMBERS; i++) {
        size_t len = (size_t)snprintf(member, sizeof member, "member %d", i * 7919);
        ferrite_zadd(db, key, strlen(key), i, member, len, &err);
    }
}

void large_add_hash(ferrite_db *db, const char *key) {
    char field[32];
    for (int i = 0; i < 1600; i++) {
        size_t len = (size_t)snprintf(field, sizeof field, "field %d", i * 7919);
        size_t value_len = i % 400 == 0 ? 400000 : 2000;
        ferrite_hset(db, key, strlen(key), field, len, large.value, value_len, &err);
    }
    ferrite_slice fields[] = {SLICE("field 7919")};
    int64_t result;
    ferrite_hpexpireat(db, key, strlen(key), INT64_MAX / 2, 0, fields, 1, &result, &err);
}

void large_add_list(ferrite_db *db, const char *key) {
    for (int i = 0; i < 1500; i++)
        ferrite_rpush(db, key, strlen(key), large.value, i % 2 ? 900 : 1500, &err);
}

void (*const large_add[LARGE_KINDS])(ferrite_db *db, const char *key) = {
    large_add_set, large_add_zset, large_add_hash, large_add_list};

void large_add_all(ferrite_db *db) {
    ferrite_db *tx = ferrite_begin(db, &err);
    for (size_t kind = 0; kind < LARGE_KINDS; kind++) {
        char key[2] = {(char)('a' + kind), 0};
        large_add[kind](tx, key);
    }
    cr_assert_eq(ferrite_commit(tx, &err), 0, "%s", ferrite_error_message(err));
    ferrite_close(tx);
}

unsigned large_write_until_tidy(ferrite_db *db) {
    unsigned writes = 0;
    for (uint64_t before = UINT64_MAX, now = large_used_pages(db); now < before; writes++) {
        before = now;
        api_set(db, "small", "write");
        now = large_used_pages(db);
        cr_assert_leq(before, now + large.step, "a step gave %d pages back", (int)(before - now));
    }
    return writes;
}

void large_expect_steps(ferrite_db *db, uint64_t before, uint64_t at_least) {
    cr_expect_geq(large_used_pages(db) + large.step, before, "the pages came back at once");
    api_expect_sound(db);
    cr_expect_geq(large_write_until_tidy(db), at_least / large.step);
    cr_expect_leq(large_used_pages(db), before - at_least, "%d pages are kept",
                  (int)(large_used_pages(db) + at_least - before));
    api_expect_sound(db);
}
