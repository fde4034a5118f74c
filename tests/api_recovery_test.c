/* api_recovery_test.c - a database whose process ended without closing it: every kind of effect is done
 * again. Also: the log as words. */
#include <criterion/criterion.h>
#include <fcntl.h>
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
TestSuite(api_recovery, .init = setup, .fini = teardown);

static void set_expiring(ferrite_db *db, const char *key, const char *value, int64_t at_ms) {
    ferrite_set_options options = FERRITE_SET_OPTIONS_INIT;
    options.expire_at_ms = at_ms;
    cr_assert_eq(
        ferrite_set_with(db, key, strlen(key), value, strlen(value), &options, NULL, NULL, &err),
        1);
}

/* Every effect there is, with small and large values, and some that undo others. */
static void do_everything(ferrite_db *db) {
    ferrite_db *one = ferrite_select(db, 1, &err), *two = ferrite_select(db, 2, &err);
    char *big = malloc(300000), key[32];
    memset(big, 'x', 300000);
    for (int i = 0; i < 300; i++) {
        snprintf(key, sizeof key, "key%d", i);
        ferrite_set(db, key, strlen(key), big, (size_t)i * 10, NULL);
        if (i % 3 == 0) ferrite_del(db, key, strlen(key), NULL);
    }
    for (int i = 0; i < 40; i++) ferrite_append(db, S("grows"), big, 3000, NULL);
    ferrite_setrange(db, S("grows"), 60000, big, 10000, NULL);
    ferrite_setrange(db, S("sparse"), 90000, S("end"), NULL);
    ferrite_incrby(db, S("n"), 7, NULL, NULL);
    ferrite_incrbyfloat(db, S("f"), 0.5, NULL, NULL);
    ferrite_rename(db, S("key1"), S("renamed"), NULL);
    ferrite_rename(db, S("grows"), S("key2"), NULL);
    ferrite_copy(db, S("key2"), S("copied"), 1, 0, NULL);
    ferrite_append(one, S("copied"), S("more"), NULL);
    ferrite_move(db, S("key4"), 1, NULL);
    ferrite_set(two, S("flushed"), big, 100000, NULL);
    ferrite_flushdb(two, NULL);
    ferrite_set(two, S("after"), S("flush"), NULL);
    ferrite_swapdb(db, 1, 2, NULL);
    set_expiring(db, "expires", "soon", now_ms + 1000);
    set_expiring(db, "renewed", "1", now_ms + 1000);
    ferrite_incr(db, S("renewed"), NULL, NULL);
    set_expiring(db, "kept", "1", now_ms + 1000);
    ferrite_set(db, S("kept"), S("for good"), NULL);
    ferrite_db *batch = ferrite_batch(db, NULL);
    ferrite_set(batch, S("batched"), S("1"), NULL);
    ferrite_del(batch, S("key5"), NULL);
    ferrite_commit(batch, NULL);
    ferrite_close(batch);
    ferrite_close(one);
    ferrite_close(two);
    free(big);
}

/* Both hold the same in every logical database. */
static void expect_same(ferrite_db *a, ferrite_db *b) {
    for (int i = 0; i < 16; i++) {
        ferrite_db *in_a = ferrite_select(a, i, NULL), *in_b = ferrite_select(b, i, NULL);
        ferrite_iterator *it_a = ferrite_iterate(in_a, NULL, NULL);
        ferrite_iterator *it_b = ferrite_iterate(in_b, NULL, NULL);
        ferrite_slice key_a, key_b, value_a, value_b;
        int more;
        do {
            more = ferrite_iterator_next(it_a, &key_a, &value_a, &err);
            cr_assert_eq(ferrite_iterator_next(it_b, &key_b, &value_b, &err), more);
            if (more != 1) break;
            cr_assert_eq(key_a.len, key_b.len);
            cr_assert_eq(memcmp(key_a.data, key_b.data, key_a.len), 0);
            cr_assert_eq(value_a.len, value_b.len, "%.*s", (int)key_a.len, key_a.data);
            cr_assert_eq(memcmp(value_a.data, value_b.data, value_a.len), 0);
        } while (true);
        cr_assert_eq(more, 0);
        ferrite_iterator_close(it_a);
        ferrite_iterator_close(it_b);
        ferrite_close(in_a);
        ferrite_close(in_b);
    }
}

static void expect_recovered(ferrite_sync_mode mode) {
    char path[128];
    ferrite_db *db = api_open_at(bed.path, mode);
    do_everything(db);
    bed_crash(&bed, "crashed.ferrite", path);
    ferrite_db *crashed = api_open_at(path, mode);
    expect_same(db, crashed);
    api_expect_sound(crashed);
    now_ms += 5000; /* expiries were recovered too, as absolute times */
    api_expect(crashed, "expires", NULL);
    api_expect(crashed, "renewed", NULL);
    api_expect(crashed, "kept", "for good");
    expect_same(db, crashed);
    ferrite_close(crashed);
    crashed = api_open_at(path, mode);
    expect_same(db, crashed);
    api_expect_sound(crashed);
    ferrite_close(crashed);
    ferrite_close(db);
}

Test(api_recovery, every_effect_is_done_again) { expect_recovered(FERRITE_SYNC_NONE); }
Test(api_recovery, every_effect_is_done_again_durably) { expect_recovered(FERRITE_SYNC_NORMAL); }
Test(api_recovery, every_effect_is_done_again_in_full_mode) { expect_recovered(FERRITE_SYNC_FULL); }

/* A compaction's transactions go without the log: they come after what it holds of one that was undone, and are in the
 * checkpoint. The next process must go on from them, or what it commits would seem to be older than the checkpoint. */
Test(api_recovery, what_the_log_holds_of_an_undone_transaction_does_not_turn_the_numbers_back) {
    char path[128];
    const char *const copies[] = {"first.ferrite", "second.ferrite", "third.ferrite"};
    ferrite_db *db = api_open_at(bed.path, FERRITE_SYNC_NONE), *crashed = NULL;
    content_fill(db, 300, 1);
    content_thin(db, 300);
    ferrite_close(db);
    db = api_open_at(bed.path, FERRITE_SYNC_FULL);
    for (int i = 0; i < 3; i++) api_set(db, "logged", "1");
    ferrite_db *tx = ferrite_begin(db, &err);
    api_set(tx, "undone", "1");
    cr_assert_eq(ferrite_rollback(tx, &err), 0);
    ferrite_close(tx);
    cr_assert_eq(ferrite_compact(db, NULL, NULL, &err), 0);
    bed_crash(&bed, copies[0], path);
    ferrite_close(db);
    for (int i = 1; i < 3; i++) {
        struct bed here = bed;
        snprintf(here.path, sizeof here.path, "%.95s", path);
        crashed = api_open_at(path, FERRITE_SYNC_FULL);
        for (int n = 0; n < 3; n++) api_set(crashed, "after", copies[i]);
        bed_crash(&here, copies[i], path);
        ferrite_close(crashed);
    }
    crashed = api_open_at(path, FERRITE_SYNC_FULL);
    api_expect(crashed, "after", copies[2]);
    api_expect(crashed, "undone", NULL);
    api_expect_sound(crashed);
    ferrite_close(crashed);
}

Test(api_recovery, read_only_open_replays_in_memory) {
    char path[128], wal[140];
    struct stat before, after;
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.read_only = 1;
    options.clock_ms = clock_now;
    ferrite_db *db = api_open_at(bed.path, FERRITE_SYNC_NONE);
    do_everything(db);
    bed_crash(&bed, "crashed.ferrite", path);
    snprintf(wal, sizeof wal, "%s-wal", path);
    stat(path, &before);
    ferrite_db *crashed = ferrite_open_with(path, &options, &err);
    cr_assert_not_null(crashed, "%s", ferrite_error_message(err));
    expect_same(db, crashed);
    api_expect_sound(crashed);
    ferrite_close(crashed);
    stat(path, &after);
    cr_expect_eq(before.st_size, after.st_size);
    cr_expect_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    cr_expect_eq(access(wal, F_OK), 0);
    ferrite_close(db);
}

/* More databases than the file was made with, and a crash before any checkpoint says so. */
Test(api_recovery, effects_on_added_databases_survive) {
    char path[128];
    ferrite_options options = FERRITE_OPTIONS_INIT;
    ferrite_close(api_open(bed.path));
    options.databases = 40;
    ferrite_db *db = ferrite_open_with(bed.path, &options, NULL);
    ferrite_db *last = ferrite_select(db, 39, NULL);
    api_set(last, "k", "v");
    bed_crash(&bed, "crashed.ferrite", path);
    ferrite_close(api_open(path)); /* with 16 */
    ferrite_db *crashed = ferrite_open_with(path, &options, NULL);
    ferrite_db *crashed_last = ferrite_select(crashed, 39, NULL);
    api_expect(crashed_last, "k", "v");
    ferrite_close(crashed_last);
    ferrite_close(crashed);
    ferrite_close(last);
    ferrite_close(db);
}

/* ---- the log as words ---- */

struct words {
    char text[2000];
    int stop_after;
};

static int collect_words(void *ctx, const ferrite_log_entry *entry) {
    struct words *words = ctx;
    char line[300];
    int len = snprintf(line, sizeof line, "%d:", entry->database);
    for (size_t i = 0; i < entry->argc; i++)
        len += snprintf(line + len, sizeof line - (size_t)len, " %.*s", (int)entry->argv[i].len,
                        entry->argv[i].data);
    strcat(words->text, line);
    strcat(words->text, "\n");
    return --words->stop_after == 0 ? 5 : 0;
}

Test(api_recovery, log_is_told_as_words) {
    struct words words = {.stop_after = -1};
    ferrite_db *db = api_open_at(bed.path, FERRITE_SYNC_NONE), *one = ferrite_select(db, 1, NULL);
    api_set(db, "a", "1");
    ferrite_incr(db, S("a"), NULL, NULL);
    ferrite_append(one, S("b"), S("xyz"), NULL);
    ferrite_rename(one, S("b"), S("c"), NULL);
    ferrite_copy(one, S("c"), S("d"), 0, 0, NULL);
    ferrite_del(db, S("a"), NULL);
    ferrite_swapdb(db, 0, 1, NULL);
    ferrite_flushdb(one, NULL);
    ferrite_flushall(db, NULL);
    cr_expect_eq(ferrite_log_read(bed.path, collect_words, &words, &err), 0);
    cr_expect_str_eq(words.text, "0: put a 1\n0: put a 2\n1: write b 0 xyz\n1: move b 1 c\n"
                                 "1: copy c 0 d\n0: delete a\n0: swap 1\n1: flush\n0: flush-all\n");
    words = (struct words){.stop_after = 2};
    cr_expect_eq(ferrite_log_read(bed.path, collect_words, &words, &err), 5);
    cr_expect_str_eq(words.text, "0: put a 1\n0: put a 2\n");
    ferrite_close(one);
    ferrite_close(db);
    words = (struct words){.stop_after = -1};
    cr_expect_eq(ferrite_log_read(bed.path, collect_words, &words, &err), 0);
    cr_expect_str_eq(words.text, "");
    cr_expect_eq(ferrite_log_read("/nonexistent/file", collect_words, &words, &err), -1);
    api_expect_error(&err, FERRITE_NOTFOUND, NULL);
    cr_expect_eq(ferrite_log_read(NULL, collect_words, &words, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
}

Test(api_recovery, set_of_100_bytes_costs_at_most_160_bytes_of_log) {
    char key[16] = {0}, value[100] = {0};
    ferrite_db *db = api_open_at(bed.path, FERRITE_SYNC_NONE);
    ferrite_set(db, key, 16, value, 100, NULL);
    const uint64_t before = api_stats(db).log_bytes;
    for (int i = 0; i < 100; i++) {
        memcpy(key, &i, sizeof i);
        cr_assert_eq(ferrite_set(db, key, 16, value, 100, &err), 0);
    }
    cr_expect_leq(api_stats(db).log_bytes - before, 16000);
    ferrite_close(db);
}

/* Two transactions too large for the log become durable by a checkpoint each, at the same place in the log. With
 * the second one's meta page damaged, the first one's must not quietly count. */
Test(api_recovery, a_checkpoint_without_progress_in_the_log_writes_both_meta_pages) {
    char path[128], *big = malloc(100000);
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.log_size = 64 << 10;
    options.no_threads = 1;
    memset(big, 'x', 100000);
    ferrite_db *db = ferrite_open_with(bed.path, &options, &err);
    api_set(db, "lone", "1");
    api_set(db, "logged", "1");
    cr_assert_eq(ferrite_set(db, S("first"), big, 100000, &err), 0);
    cr_assert_eq(ferrite_set(db, S("second"), big, 100000, &err), 0);
    for (int slot = 0; slot < 2; slot++) {
        bed_crash(&bed, "damaged.ferrite", path);
        int fd = open(path, O_RDWR);
        cr_assert_eq(pwrite(fd, "damage", 6, slot * 4096 + 600), 6);
        close(fd);
        ferrite_db *damaged = ferrite_open_with(path, &options, &err);
        cr_assert_not_null(damaged, "%s", ferrite_error_message(err));
        cr_expect_eq(ferrite_strlen(damaged, S("first"), NULL), 100000);
        cr_expect_eq(ferrite_strlen(damaged, S("second"), NULL), 100000, "slot %d", slot);
        api_expect(damaged, "logged", "1");
        ferrite_close(damaged);
        bed_unlink(path);
    }
    ferrite_close(db);
    free(big);
}
