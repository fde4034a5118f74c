/* api_recover_test.c - check and recover: every damaged page is told, and a new file gets what is readable. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/api.h"
#include "support/clock.h"
#include "support/content.h"

static struct bed bed;
static ferrite_error *err;
static void setup(void) { bed = bed_make(); }
static void teardown(void) { bed_remove(&bed); }
TestSuite(api_recover, .init = setup, .fini = teardown);

/* ---- check and recover ---- */

static void damage_page(const char *path, long page, long offset) {
    bed_flip(path, page * 4096 + offset);
}

static long page_count(const char *path) {
    struct stat info;
    cr_assert_eq(stat(path, &info), 0);
    return info.st_size / 4096;
}

static void make_file(int keys) {
    ferrite_db *db = api_open_at(bed.path, FERRITE_SYNC_NONE);
    for (int i = 0; i < keys; i++) {
        char key[32];
        snprintf(key, sizeof key, "key:%06d", i);
        api_set(db, key, "a value of some length, so that the file has a number of pages");
    }
    ferrite_close(db);
}

struct findings {
    int count;
    uint64_t progress;
    int stop;
};
static void finding(void *ctx, const char *text) {
    struct findings *findings = ctx;
    (void)text;
    findings->count++;
}
static int progress(void *ctx, uint64_t done, uint64_t total) {
    struct findings *findings = ctx;
    cr_expect_leq(done, total);
    findings->progress = done;
    return findings->stop;
}

Test(api_recover, check_tells_of_every_damaged_page) {
    make_file(3000);
    long pages = page_count(bed.path);
    int told = 0;
    for (long page = 2; page < pages; page++) {
        struct findings findings = {0};
        ferrite_monitor monitor = {&findings, finding, progress};
        uint64_t count = 0;
        damage_page(bed.path, page, 1000);
        ferrite_db *db = ferrite_open(bed.path, &err);
        if (db == NULL) { /* the free list */
            api_expect_error(&err, FERRITE_CORRUPT, NULL);
            told++;
        } else {
            cr_expect_eq(ferrite_check(db, &monitor, &count, &err), 0);
            cr_expect_eq(count, (uint64_t)findings.count);
            told += count > 0;
            ferrite_close(db);
        }
        damage_page(bed.path, page, 1000);
    }
    cr_expect_geq(told, pages - 2 - 8, "%d of %ld", told, pages); /* free pages are not looked at */
    ferrite_db *db = api_open(bed.path);
    api_expect_sound(db);
    ferrite_close(db);
}

Test(api_recover, check_can_be_stopped) {
    make_file(50000);
    struct findings findings = {.stop = 1};
    ferrite_monitor monitor = {&findings, finding, progress};
    ferrite_db *db = api_open(bed.path);
    cr_expect_eq(ferrite_check(db, &monitor, NULL, &err), -1);
    api_expect_error(&err, FERRITE_ABORTED, NULL);
    cr_expect_gt(findings.progress, 0);
    findings.stop = 0;
    cr_expect_eq(ferrite_check(db, &monitor, NULL, &err), 0);
    cr_expect_eq(ferrite_set(db, S("k"), S("v"), &err), 0);
    ferrite_close(db);
}

Test(api_recover, recover_copies_a_sound_database_with_its_log) {
    char path[128], out[128];
    ferrite_recovery result;
    ferrite_db *db = api_open_at(bed.path, FERRITE_SYNC_NONE);
    content_fill(db, 300, 1);
    ferrite_checkpoint(db, NULL);
    api_set(db, "after the checkpoint", "1");
    bed_crash(&bed, "crashed.ferrite", path);
    bed_path(&bed, "out.ferrite", out);
    cr_expect_eq(ferrite_recover(path, out, NULL, &result, &err), 0);
    cr_expect_eq(result.findings, 0);
    cr_expect_eq(result.log_transactions, 1);
    ferrite_db *recovered = api_open_at(out, FERRITE_SYNC_NONE);
    cr_expect_eq(content_digest(recovered), content_digest(db));
    api_expect_sound(recovered);
    ferrite_close(recovered);
    cr_expect_eq(ferrite_recover(path, out, NULL, &result, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(db);
}

Test(api_recover, recover_without_the_log_says_so) {
    char path[128], out[128], wal[140];
    ferrite_recovery result;
    struct findings findings = {0};
    ferrite_monitor monitor = {&findings, finding, NULL};
    ferrite_db *db = api_open_at(bed.path, FERRITE_SYNC_NONE);
    api_set(db, "a", "1");
    ferrite_checkpoint(db, NULL);
    api_set(db, "b", "2");
    bed_crash(&bed, "crashed.ferrite", path);
    snprintf(wal, sizeof wal, "%s-wal", path);
    unlink(wal);
    cr_expect_null(ferrite_open(path, &err));
    api_expect_error(&err, FERRITE_CORRUPT, NULL);
    bed_path(&bed, "out.ferrite", out);
    cr_expect_eq(ferrite_recover(path, out, &monitor, &result, &err), 0);
    cr_expect_eq(result.findings, 1);
    cr_expect_eq(findings.count, 1);
    ferrite_db *recovered = api_open(out);
    api_expect(recovered, "a", "1");
    cr_expect_eq(api_dbsize(recovered), 1);
    ferrite_close(recovered);
    ferrite_close(db);
}

/* Whatever single page is destroyed, all else is saved, and what is saved is right. */
Test(api_recover, recover_loses_only_what_is_damaged) {
    make_file(3000);
    long pages = page_count(bed.path);
    for (long page = 0; page < pages; page++) {
        char out[128];
        ferrite_recovery result;
        bed_path(&bed, "out.ferrite", out);
        unlink(out);
        damage_page(bed.path, page, 700);
        cr_assert_eq(ferrite_recover(bed.path, out, NULL, &result, &err), 0, "%s",
                     ferrite_error_message(err));
        damage_page(bed.path, page, 700);
        cr_assert_geq(result.keys, 3000 - 70, "page %ld: %d", page, (int)result.keys);
        if (result.keys < 3000) cr_assert_gt(result.findings, 0);
        ferrite_db *db = api_open(out);
        cr_assert_eq(api_dbsize(db), result.keys);
        api_expect_sound(db);
        ferrite_close(db);
    }
}

Test(api_recover, recover_without_any_meta_page) {
    char out[128];
    ferrite_recovery result;
    make_file(3000);
    damage_page(bed.path, 0, 100);
    damage_page(bed.path, 1, 100);
    bed_path(&bed, "out.ferrite", out);
    cr_expect_eq(ferrite_recover(bed.path, out, NULL, &result, &err), 0);
    cr_expect_eq(result.keys, 3000);
    cr_expect_gt(result.findings, 0);
    ferrite_db *db = api_open(out);
    api_expect_sound(db);
    ferrite_close(db);
}

/* ---- collections ---- */

static void make_collections(ferrite_db *db) {
    char *big = malloc(100000), item[32];
    memset(big, 'v', 100000);
    for (int i = 0; i < 2000; i++) {
        int len = snprintf(item, sizeof item, "item:%05d", i);
        ferrite_hset(db, S("hash"), item, (size_t)len, item, (size_t)len, NULL);
        ferrite_sadd(db, S("set"), item, (size_t)len, NULL);
        ferrite_zadd(db, S("zset"), i * 0.5 - 300, item, (size_t)len, NULL);
        ferrite_rpush(db, S("list"), item, (size_t)len, NULL);
        if (i < 5) {
            ferrite_hset(db, S("small hash"), item, (size_t)len, S("1"), NULL);
            ferrite_sadd(db, S("small set"), item, (size_t)len, NULL);
        }
    }
    ferrite_hset(db, S("hash"), S("big"), big, 100000, NULL);
    ferrite_rpush(db, S("list"), big, 70000, NULL);
    ferrite_pexpireat(db, S("set"), now_ms + 100000, NULL);
    free(big);
}

static void expect_collections(ferrite_db *db) {
    uint64_t count = 0;
    int64_t moment = 0;
    size_t len;
    cr_expect_eq(ferrite_hlen(db, S("hash"), &count, &err), 0);
    cr_expect_eq(count, 2001);
    cr_expect_eq(ferrite_hstrlen(db, S("hash"), S("big"), &err), 100000);
    ferrite_free(ferrite_hget(db, S("hash"), S("item:01234"), &len, &err));
    cr_expect_eq(len, 10);
    cr_expect_eq(ferrite_scard(db, S("set"), &count, &err), 0);
    cr_expect_eq(count, 2000);
    cr_expect_eq(ferrite_pexpiretime(db, S("set"), &moment, &err), 0);
    cr_expect_eq(moment, now_ms + 100000);
    cr_expect_eq(ferrite_llen(db, S("list"), &err), 2001);
    double score = 0;
    cr_expect_eq(ferrite_zcard(db, S("zset"), &count, &err), 0);
    cr_expect_eq(count, 2000);
    cr_expect_eq(ferrite_zscore(db, S("zset"), S("item:00001"), &score, &err), 1);
    cr_expect_eq(score, -299.5);
    char *element = ferrite_lindex(db, S("list"), 777, &len, &err);
    api_expect_text(element, &len, "item:00777");
    cr_expect_eq(ferrite_hlen(db, S("small hash"), &count, &err), 0);
    cr_expect_eq(count, 5);
    cr_expect_eq(ferrite_sismember(db, S("small set"), S("item:00003"), &err), 1);
    cr_expect_null(err);
    api_expect_sound(db);
}

Test(api_recover, collections_are_saved_element_by_element) {
    char out[128];
    ferrite_recovery result;
    ferrite_db *db = api_open_at(bed.path, FERRITE_SYNC_NONE);
    make_collections(db);
    ferrite_close(db);
    bed_path(&bed, "out.ferrite", out);
    cr_assert_eq(ferrite_recover(bed.path, out, NULL, &result, &err), 0);
    cr_expect_eq(result.findings, 0);
    cr_expect_eq(result.keys, 6);
    db = api_open_at(out, FERRITE_SYNC_NONE);
    expect_collections(db);
    ferrite_close(db);
    unlink(out);
    damage_page(bed.path, 0, 100);
    damage_page(bed.path, 1, 100);
    cr_assert_eq(ferrite_recover(bed.path, out, NULL, &result, &err), 0);
    db = api_open_at(out, FERRITE_SYNC_NONE);
    expect_collections(db);
    ferrite_close(db);
}

Test(api_recover, damage_in_a_collection_costs_a_part_of_it) {
    ferrite_db *db = api_open_at(bed.path, FERRITE_SYNC_NONE);
    make_collections(db);
    ferrite_close(db);
    long pages = page_count(bed.path);
    for (long page = 2; page < pages; page++) {
        char out[128];
        ferrite_recovery result;
        uint64_t fields = 0, members = 0, elements = 0;
        bed_path(&bed, "out.ferrite", out);
        unlink(out);
        damage_page(bed.path, page, 700);
        cr_assert_eq(ferrite_recover(bed.path, out, NULL, &result, &err), 0);
        damage_page(bed.path, page, 700);
        db = api_open_at(out, FERRITE_SYNC_NONE);
        ferrite_hlen(db, S("hash"), &fields, NULL);
        ferrite_scard(db, S("set"), &members, NULL);
        elements = (uint64_t)ferrite_llen(db, S("list"), NULL);
        api_expect_sound(db);
        ferrite_close(db);
        if (fields + members + elements < 6002) cr_assert_gt(result.findings, 0, "page %ld", page);
    }
}
