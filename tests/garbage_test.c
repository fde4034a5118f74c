/*
 * garbage_test.c - dropping what is large is short work, and its pages come back in steps: whatever drops it, and under a
 * snapshot. See garbage_file_test.c for what is durable of that.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/api.h"
#include "support/clock.h"
#include "support/large.h"

static ferrite_error *err;
TestSuite(garbage, .init = large_begin, .fini = large_end, .timeout = 60);

/* ---- what drops them ---- */

static void drop_each(const char *path, int (*drop)(ferrite_db *db)) {
    for (size_t kind = 0; kind < LARGE_KINDS; kind++) {
        ferrite_db *db = large_open(path, false);
        api_set(db, "small", "key");
        uint64_t empty = large_used_pages(db);
        ferrite_db *tx = ferrite_begin(db, &err);
        large_add[kind](tx, "large");
        ferrite_commit(tx, &err);
        ferrite_close(tx);
        cr_assert_null(err, "%s", ferrite_error_message(err));
        uint64_t before = large_used_pages(db);
        cr_assert_gt(before, empty + 200);
        cr_assert_eq(drop(db), 1, "%s", ferrite_error_message(err));
        large_expect_steps(db, before, before - empty - 3);
        ferrite_close(db);
        if (path != NULL) bed_unlink(path);
    }
}

static int by_del(ferrite_db *db) { return ferrite_del(db, S("large"), &err); }
static int by_set(ferrite_db *db) { return ferrite_set(db, S("large"), S("small"), &err) + 1; }
static int by_flush(ferrite_db *db) { return ferrite_flushdb(db, &err) + 1; }
static int by_flush_all(ferrite_db *db) { return ferrite_flushall(db, &err) + 1; }
static int by_rename(ferrite_db *db) {
    api_set(db, "other", "value");
    return ferrite_rename(db, S("other"), S("large"), &err) + 1;
}
static int by_expiry(ferrite_db *db) {
    cr_assert_eq(ferrite_pexpire(db, S("large"), 10, &err), 1);
    now_ms += 100;
    return ferrite_expire_cycle(db, 10, &err);
}

Test(garbage, deleting_in_a_file) { drop_each(large.bed.path, by_del); }
Test(garbage, deleting_in_memory) { drop_each(NULL, by_del); }
Test(garbage, overwriting) { drop_each(large.bed.path, by_set); }
Test(garbage, emptying_a_database) { drop_each(large.bed.path, by_flush); }
Test(garbage, emptying_all_databases) { drop_each(large.bed.path, by_flush_all); }
Test(garbage, renaming_onto_it) { drop_each(large.bed.path, by_rename); }
Test(garbage, expiring) { drop_each(large.bed.path, by_expiry); }

Test(garbage, a_database_of_many_small_keys_is_emptied_in_one_short_step) {
    ferrite_db *db = large_open(large.bed.path, false), *tx = ferrite_begin(db, &err);
    char key[32];
    for (int i = 0; i < 100000; i++) {
        int len = snprintf(key, sizeof key, "key number %d", i);
        ferrite_set_options options = FERRITE_SET_OPTIONS_INIT;
        options.expire_at_ms = i % 3 ? 0 : now_ms + 1000000 + i;
        ferrite_set_with(tx, key, (size_t)len, S("value"), &options, NULL, NULL, &err);
    }
    cr_assert_eq(ferrite_commit(tx, &err), 0);
    ferrite_close(tx);
    uint64_t before = large_used_pages(db);
    cr_assert_eq(ferrite_flushdb(db, &err), 0);
    cr_expect_eq(api_dbsize(db), 0);
    large_expect_steps(db, before, before - 10);
    ferrite_close(db);
}

Test(garbage, long_values) {
    ferrite_db *db = large_open(large.bed.path, false);
    const uint64_t pages = sizeof large.value / 4096;
    large.step = LARGE_STEP_OF_RUNS;
    api_set(db, "small", "key");
    ferrite_set(db, S("s"), large.value, sizeof large.value, &err);
    ferrite_hset(db, S("h"), S("f"), large.value, sizeof large.value, &err);
    ferrite_rpush(db, S("l"), large.value, sizeof large.value, &err);
    uint64_t before = large_used_pages(db);
    cr_assert_eq(ferrite_del(db, S("s"), &err), 1);
    large_expect_steps(db, before, pages);
    before = large_used_pages(db);
    cr_assert_eq(ferrite_hset(db, S("h"), S("f"), S("short"), &err), 0);
    large_expect_steps(db, before, pages);
    before = large_used_pages(db);
    cr_assert_eq(ferrite_lset(db, S("l"), 0, S("short"), &err), 0);
    large_expect_steps(db, before, pages);
    ferrite_close(db);
}

/* ---- beside other things ---- */

Test(garbage, a_snapshot_sees_what_is_being_freed) {
    ferrite_db *db = large_open(large.bed.path, false);
    large_add_all(db);
    ferrite_db *snapshot = ferrite_snapshot(db, &err);
    cr_assert_eq(ferrite_flushall(db, &err), 0);
    large_write_until_tidy(db);
    large_add_all(db);
    cr_assert_eq(ferrite_flushall(db, &err), 0);
    large_write_until_tidy(db);
    uint64_t count;
    cr_expect_eq(ferrite_scard(snapshot, S("a"), &count, &err), 0);
    cr_expect_eq(count, LARGE_MEMBERS);
    cr_expect_eq(ferrite_sismember(snapshot, S("a"), S("member number 0"), &err), 1);
    size_t len;
    char *value = ferrite_hget(snapshot, S("c"), S("field 0"), &len, &err);
    cr_assert_not_null(value);
    cr_expect(len == 400000 && memcmp(value, large.value, len) == 0);
    ferrite_free(value);
    ferrite_close(snapshot);
    api_expect_sound(db);
    ferrite_close(db);
}

Test(garbage, a_rollback_brings_it_back) {
    ferrite_db *db = large_open(large.bed.path, false);
    large_add_all(db);
    ferrite_db *tx = ferrite_begin(db, &err);
    cr_assert_eq(ferrite_del(tx, S("a"), &err), 1);
    cr_assert_eq(ferrite_flushdb(tx, &err), 0);
    cr_assert_eq(ferrite_rollback(tx, &err), 0);
    ferrite_close(tx);
    cr_expect_eq(api_dbsize(db), LARGE_KINDS);
    api_expect_sound(db);
    ferrite_close(db);
}

Test(garbage, the_background_thread_frees_all) {
    ferrite_db *db = large_open(large.bed.path, true);
    large_add_all(db);
    cr_assert_eq(ferrite_flushall(db, &err), 0);
    for (int i = 0; i < 500 && large_used_pages(db) > 20; i++) usleep(10000);
    cr_expect_leq(large_used_pages(db), 20);
    api_expect_sound(db);
    ferrite_close(db);
}
