/* compact_test.c - ferrite_compact, and what a close gives back by itself. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/api.h"
#include "support/content.h"

static struct bed bed;
static ferrite_error *err;
static void setup(void) { bed = bed_make(); }
static void teardown(void) { bed_remove(&bed); }
TestSuite(compact, .init = setup, .fini = teardown);

static ferrite_db *open_quick(const char *path) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.dirty_limit = 1 << 20;
    options.log_size = 1 << 20;
    return api_open_with(path, &options);
}

static uint64_t compact(ferrite_db *db) {
    uint64_t reclaimed = 0, before = api_stats(db).file_bytes;
    cr_assert_eq(ferrite_compact(db, NULL, &reclaimed, &err), 0, "%s", ferrite_error_message(err));
    cr_assert_eq(before - api_stats(db).file_bytes, reclaimed); /* E8: not negative */
    cr_assert_leq(reclaimed, before);
    return reclaimed;
}

static void expect_dense(ferrite_db *db, double part) {
    ferrite_stats stats = api_stats(db);
    cr_expect_leq((double)stats.free_pages, 24 + part * (double)stats.page_count,
                  "%llu of %llu pages are free", (unsigned long long)stats.free_pages,
                  (unsigned long long)stats.page_count);
}

Test(compact, gives_the_space_of_what_was_deleted_back) {
    ferrite_db *db = open_quick(bed.path);
    content_fill(db, 3000, 1);
    content_thin(db, 3000);
    const uint64_t digest = content_digest(db), before = api_stats(db).file_bytes;
    cr_expect_gt(compact(db), before / 2);
    expect_dense(db, 0.05);
    cr_expect_leq(api_stats(db).file_bytes, (api_stats(db).page_count + 64) * 4096);
    cr_expect_eq(content_digest(db), digest);
    api_expect_sound(db);
    cr_expect_leq(compact(db), before / 64); /* what a checkpoint in the background held */
    ferrite_close(db);
    db = open_quick(bed.path);
    cr_expect_eq(content_digest(db), digest);
    api_expect_sound(db);
    ferrite_close(db);
}

/* Whatever was compacted and not: the log brings it forward from the checkpoint that counts. */
Test(compact, survives_a_kill_at_any_time) {
    char path[128];
    ferrite_db *db = open_quick(bed.path);
    content_fill(db, 1000, 2);
    content_thin(db, 1000);
    compact(db);
    api_set(db, "after", "1");
    const uint64_t digest = content_digest(db);
    bed_path(&bed, "killed.ferrite", path);
    bed_copy(&bed, path);
    ferrite_close(db);
    db = open_quick(path);
    cr_expect_eq(content_digest(db), digest);
    api_expect_sound(db);
    ferrite_close(db);
}

Test(compact, leaves_what_a_snapshot_sees) {
    ferrite_db *db = open_quick(bed.path);
    content_fill(db, 1000, 3);
    const uint64_t full = content_digest(db);
    ferrite_db *snapshot = ferrite_snapshot(db, &err);
    content_thin(db, 1000);
    const uint64_t thin = content_digest(db);
    compact(db);
    cr_expect_eq(content_digest(snapshot), full);
    cr_expect_eq(content_digest(db), thin);
    ferrite_close(snapshot);
    cr_expect_gt(compact(db), 0);
    expect_dense(db, 0.05);
    cr_expect_eq(content_digest(db), thin);
    api_expect_sound(db);
    ferrite_close(db);
}

struct watching {
    ferrite_db *db;
    uint64_t file_bytes, calls, stop_at;
};

static int watch(void *ctx, uint64_t done, uint64_t total) {
    struct watching *watching = ctx;
    cr_assert_leq(done, total);
    return ++watching->calls == watching->stop_at;
}

Test(compact, can_be_stopped_and_goes_on_later) {
    ferrite_db *db = open_quick(bed.path);
    content_fill(db, 2000, 4);
    content_thin(db, 2000);
    const uint64_t digest = content_digest(db);
    struct watching watching = {.stop_at = 3};
    const ferrite_monitor monitor = {&watching, NULL, watch};
    cr_expect_eq(ferrite_compact(db, &monitor, NULL, &err), -1);
    api_expect_error(&err, FERRITE_ABORTED, "the compaction was stopped");
    cr_expect_eq(watching.calls, 3);
    cr_expect_eq(content_digest(db), digest);
    watching.stop_at = 0;
    cr_expect_eq(ferrite_compact(db, &monitor, NULL, &err), 0);
    expect_dense(db, 0.05);
    cr_expect_eq(content_digest(db), digest);
    api_expect_sound(db);
    ferrite_close(db);
}

Test(compact, has_nothing_to_do_in_memory_and_says_where_it_cannot_work) {
    uint64_t reclaimed = 7;
    ferrite_db *memory = api_memory();
    content_fill(memory, 100, 5);
    cr_expect_eq(ferrite_compact(memory, NULL, &reclaimed, &err), 0);
    cr_expect_eq(reclaimed, 0);
    ferrite_db *snapshot = ferrite_snapshot(memory, NULL);
    cr_expect_eq(ferrite_compact(snapshot, NULL, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(snapshot);
    ferrite_close(memory);
    ferrite_close(open_quick(bed.path));
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.read_only = 1;
    ferrite_db *db = ferrite_open_with(bed.path, &options, NULL);
    cr_expect_eq(ferrite_compact(db, NULL, NULL, &err), -1);
    api_expect_error(&err, FERRITE_READONLY, NULL);
    ferrite_close(db);
}

static int compact_inside(ferrite_db *tx, void *ctx, ferrite_error **error) {
    (void)tx;
    return ferrite_compact(ctx, NULL, NULL, error) == -1 ? 7 : 0;
}

Test(compact, waits_for_no_transaction_of_its_own_thread) {
    ferrite_db *db = open_quick(bed.path);
    cr_expect_eq(ferrite_transaction(db, compact_inside, db, &err), 7);
    api_expect_error(&err, FERRITE_BUSY, NULL);
    ferrite_close(db);
}

/* ---- the close ---- */

/* A random order of keys leaves half-used pages and, once checkpoints ran, free ones all over. */
Test(compact, a_close_after_much_writing_leaves_few_free_pages) {
    char member[32];
    ferrite_db *db = open_quick(bed.path);
    for (uint32_t i = 0; i < 60000; i++) {
        int len = sprintf(member, "member:%08x", i * 2654435761u);
        ferrite_zadd(db, S("zset"), i * 7919 % 10007, member, (size_t)len, NULL);
    }
    ferrite_close(db);
    db = open_quick(bed.path);
    expect_dense(db, 0.05);
    api_expect_sound(db);
    ferrite_close(db);
}

static void kilobytes_set(ferrite_db *db, int first, int count, int step) {
    char key[32], value[1000];
    for (int i = first; i < count; i += step) {
        memset(value, 'a' + i % 26, sizeof value);
        const size_t len = (size_t)snprintf(key, sizeof key, "key:%05d", i);
        cr_assert_eq(ferrite_set(db, key, len, value, sizeof value, NULL), 0);
    }
}

/* The half that is in use is more than the close may move: it takes the file's end, not what comes first. */
Test(compact, a_close_that_may_move_little_moves_the_end) {
    char key[32];
    ferrite_db *db = open_quick(bed.path);
    kilobytes_set(db, 0, 4000, 1);
    ferrite_close(db);
    db = open_quick(bed.path);
    const uint64_t before = api_stats(db).file_bytes;
    for (int i = 0; i < 2000; i++) {
        const size_t len = (size_t)snprintf(key, sizeof key, "key:%05d", i);
        cr_assert_eq(ferrite_del(db, key, len, NULL), 1);
    }
    cr_assert_eq(ferrite_checkpoint(db, NULL), 0);
    kilobytes_set(db, 2000, 4000, 12);
    ferrite_close(db);
    db = open_quick(bed.path);
    cr_expect_lt(api_stats(db).file_bytes, before - before / 16, "%llu, then %llu", (unsigned long long)before,
                 (unsigned long long)api_stats(db).file_bytes);
    api_expect_sound(db);
    ferrite_close(db);
}

/* A copy of the files as a kill leaves them, half of its pages free. */
static void leave_holes(const char *path) {
    ferrite_db *db = open_quick(bed.path);
    content_fill(db, 2000, 6);
    cr_assert_eq(ferrite_checkpoint(db, NULL), 0);
    content_thin(db, 2000);
    cr_assert_eq(ferrite_checkpoint(db, NULL), 0);
    bed_copy(&bed, path);
    ferrite_close(db);
}

Test(compact, a_close_after_one_write_stays_short) {
    char path[128];
    bed_path(&bed, "holes.ferrite", path);
    leave_holes(path);
    ferrite_db *db = open_quick(path);
    const uint64_t bytes = api_stats(db).file_bytes;
    api_set(db, "one", "write");
    ferrite_close(db);
    db = open_quick(path);
    cr_expect_gt(api_stats(db).free_pages, api_stats(db).page_count / 3);
    cr_expect_gt(api_stats(db).file_bytes, bytes / 2);
    compact(db);
    expect_dense(db, 0.05);
    ferrite_close(db);
}

/* A file whose first half is free after a close that had written too little to be worth compacting. */
static void leave_half_free(const char *path) {
    char value[5000], field[16];
    memset(value, 'v', sizeof value);
    ferrite_db *db = open_quick(path);
    for (int i = 0; i < 400; i++) {
        size_t len = (size_t)snprintf(field, sizeof field, "%d", i);
        cr_assert_eq(ferrite_hset(db, S("first"), field, len, value, sizeof value, NULL), 1);
    }
    cr_assert_eq(ferrite_checkpoint(db, NULL), 0);
    for (int i = 0; i < 400; i++) {
        size_t len = (size_t)snprintf(field, sizeof field, "%d", i);
        cr_assert_eq(ferrite_set(db, field, len, value, sizeof value, NULL), 0);
    }
    ferrite_close(db);
    db = open_quick(path);
    cr_assert_eq(ferrite_del(db, S("first"), NULL), 1);
    ferrite_close(db);
}

/* The moves wake the thread that syncs the log from time to time, and there is no log yet. */
Test(compact, is_the_first_thing_done_in_periodic_mode) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_PERIODIC;
    options.sync_interval_ms = 1;
    options.dirty_limit = 256 << 10;
    leave_half_free(bed.path);
    ferrite_db *db = ferrite_open_with(bed.path, &options, &err);
    cr_assert_not_null(db, "%s", ferrite_error_message(err));
    cr_expect_gt(compact(db), 1 << 20);
    usleep(20000); /* some intervals */
    api_expect_sound(db);
    ferrite_close(db);
}
