/* txn_engine_test.c - transactions over one database: isolation, rollback, reuse, recovery. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "libferrite/error.h"
#include "support/engine_bed.h"

static struct engine_bed bed;

static void tear_down(void) { ebed_free(&bed); }

TestSuite(txn_engine, .fini = tear_down);

static struct engine_stats stats(void) {
    struct engine_stats out;
    engine_stats(bed.engine, &out);
    return out;
}

Test(txn_engine, a_reader_keeps_its_version_while_writers_go_on) {
    ebed_make(&bed, FERRITE_SYNC_NONE);
    ebed_open(&bed);
    ebed_fill(&bed, 2000, 100, 100);
    struct txn old;
    struct tree_value value;
    cr_assert_eq(txn_begin_read(bed.engine, &old), FERRITE_OK);
    for (int round = 0; round < 3; round++) {
        ebed_fill(&bed, 2000, 50, 1);
        cr_assert_eq(engine_checkpoint(bed.engine), FERRITE_OK);
    }
    for (int i = 0; i < 2000; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        cr_assert_eq(tree_get(&old.pages, txn_keys(&old, 0), key, strlen(key), &value), FERRITE_OK);
        cr_assert_eq(value.len, 100, "E4");
    }
    cr_expect_eq(stats().readers, 1);
    txn_end_read(&old);
    cr_expect_eq(strlen(ebed_get(&bed, "k7")), 50);
    cr_expect_eq(ebed_check(&bed), 0);
}

Test(txn_engine, a_rollback_gives_every_page_back) {
    ebed_make(&bed, FERRITE_SYNC_NONE);
    ebed_open(&bed);
    ebed_fill(&bed, 3000, 100, 100);
    struct engine_stats before = stats();
    struct txn *txn;
    cr_assert_eq(txn_begin_write(bed.engine, true, &txn), FERRITE_OK);
    for (int i = 0; i < 3000; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        cr_assert_eq(i % 3 ? ebed_delete(txn, key) : ebed_put(txn, key, "x", 1), FERRITE_OK);
    }
    txn_rollback(txn);
    cr_expect_eq(ebed_count(&bed), 3000);
    cr_expect_eq(strlen(ebed_get(&bed, "k3")), 100);
    cr_expect_eq(ebed_check(&bed), 0);
    cr_expect_leq(stats().page_count - stats().free_pages, before.page_count - before.free_pages);
}

Test(txn_engine, commits_survive_a_crash_through_the_log) {
    ebed_make(&bed, FERRITE_SYNC_NONE);
    ebed_open(&bed);
    ebed_fill(&bed, 500, 100, 1);
    ebed_crash(&bed);
    cr_assert_gt(ebed_file_size(&bed, "-wal"), 0);
    ebed_open(&bed);
    cr_expect_eq(stats().recovered_txns, 500);
    cr_expect_eq(ebed_count(&bed), 500);
    cr_expect_eq(ebed_check(&bed), 0);
}

Test(txn_engine, a_clean_close_leaves_one_file_and_reading_it_creates_none) {
    ebed_make(&bed, FERRITE_SYNC_NORMAL);
    ebed_open(&bed);
    ebed_fill(&bed, 50, 100, 1);
    ebed_close(&bed);
    cr_expect_eq(ebed_file_size(&bed, "-wal"), -1);
    cr_expect_eq(ebed_file_size(&bed, "-lock"), -1);
    bed.config.read_only = true;
    ebed_open(&bed);
    cr_expect_eq(ebed_count(&bed), 50);
    cr_expect_eq(ebed_file_size(&bed, "-wal"), -1);
    cr_expect_eq(ebed_file_size(&bed, "-lock"), -1);
}

Test(txn_engine, a_read_only_open_after_a_crash_sees_the_log_and_changes_nothing) {
    ebed_make(&bed, FERRITE_SYNC_NONE);
    ebed_open(&bed);
    ebed_fill(&bed, 300, 100, 1);
    ebed_crash(&bed);
    long size = ebed_file_size(&bed, "");
    bed.config.read_only = true;
    ebed_open(&bed);
    cr_expect_eq(ebed_count(&bed), 300);
    ebed_close(&bed);
    cr_expect_eq(ebed_file_size(&bed, ""), size);
    cr_expect_gt(ebed_file_size(&bed, "-wal"), 0, "it is still needed");
    struct txn *txn;
    ebed_open(&bed);
    cr_expect_eq(txn_begin_write(bed.engine, true, &txn), FERRITE_READONLY);
}

Test(txn_engine, a_missing_log_is_damage_and_not_a_journey_back_in_time) {
    ebed_make(&bed, FERRITE_SYNC_NONE);
    ebed_open(&bed);
    ebed_fill(&bed, 300, 100, 1);
    ebed_crash(&bed);
    char wal[128];
    snprintf(wal, sizeof wal, "%s-wal", bed.path);
    cr_assert_eq(remove(wal), 0);
    cr_expect_eq(ebed_try_open(&bed), FERRITE_CORRUPT);
    cr_expect(strstr(error_text(FERRITE_CORRUPT), "recover") != NULL);
}

Test(txn_engine, the_older_meta_page_is_not_used_when_the_log_went_past_it) {
    ebed_make(&bed, FERRITE_SYNC_NONE);
    ebed_open(&bed);
    for (int round = 0; round < 3; round++) {
        ebed_fill(&bed, 300, 100, 1);
        cr_assert_eq(engine_checkpoint(bed.engine), FERRITE_OK);
    }
    ebed_crash(&bed);
    uint64_t sequence[2];
    FILE *file = fopen(bed.path, "rb");
    for (int slot = 0; slot < 2; slot++) {
        fseek(file, slot * 4096 + 72, SEEK_SET);
        cr_assert_eq(fread(&sequence[slot], 8, 1, file), 1);
    }
    fclose(file);
    ebed_scribble(&bed, "", (sequence[1] > sequence[0]) * 4096L + 100, "damage", 6);
    cr_expect_eq(ebed_try_open(&bed), FERRITE_CORRUPT);
}

Test(txn_engine, after_a_clean_close_either_meta_page_is_enough) {
    for (int slot = 0; slot < 2; slot++) {
        ebed_make(&bed, FERRITE_SYNC_NORMAL);
        ebed_open(&bed);
        ebed_fill(&bed, 300, 100, 10);
        ebed_close(&bed);
        ebed_scribble(&bed, "", slot * 4096L + 600, "damage", 6);
        ebed_open(&bed);
        cr_expect_eq(ebed_count(&bed), 300);
        ebed_set(&bed, "more", "x");
        ebed_crash(&bed);
        ebed_open(&bed);
        cr_expect_eq(ebed_count(&bed), 301);
        cr_expect_eq(ebed_check(&bed), 0);
        ebed_close(&bed);
        ebed_free(&bed);
    }
}

Test(txn_engine, overwriting_reuses_pages_so_that_the_file_stays_bounded) {
    ebed_make(&bed, FERRITE_SYNC_NONE);
    bed.config.log_size = 256 << 10;
    ebed_open(&bed);
    ebed_fill(&bed, 3000, 100, 100);
    uint64_t live = stats().page_count;
    for (int round = 0; round < 10; round++) ebed_fill(&bed, 3000, 100, 1);
    cr_expect_gt(stats().checkpoints, 5);
    cr_expect_leq(stats().page_count, 4 * live, "%lu pages", (unsigned long)stats().page_count);
    cr_expect_leq(stats().log_capacity, 256u << 10, "E5");
    cr_expect_eq(ebed_check(&bed), 0);
}

/* Overwrites everything again and again beside snapshots that stay. */
static void overwrite_beside_snapshots(bool memory) {
    static struct roots copies[2];
    struct txn snapshots[2];
    ebed_make(&bed, FERRITE_SYNC_NONE);
    bed.config.log_size = 256 << 10;
    if (memory) bed.config.path = NULL;
    ebed_open(&bed);
    ebed_fill(&bed, 2000, 100, 100);
    uint64_t live = stats().page_count;
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(txn_begin_read(bed.engine, &snapshots[i]), FERRITE_OK);
        txn_detach(&snapshots[i], &copies[i]);
        for (int round = 0; round < 8; round++) ebed_fill(&bed, 2000, 90 - (size_t)i * 40, 1);
    }
    cr_expect_leq(stats().page_count, 8 * live, "%lu pages, %lu at first",
                  (unsigned long)stats().page_count, (unsigned long)live);
    cr_expect_leq(stats().young_bytes, 8 * live * PAGE_SIZE);
    for (int i = 0; i < 2000; i++) {
        char key[16];
        struct tree_value value;
        snprintf(key, sizeof key, "k%d", i);
        for (int s = 0; s < 2; s++) {
            cr_assert_eq(tree_get(&snapshots[s].pages, txn_keys(&snapshots[s], 0), key, strlen(key), &value), FERRITE_OK);
            cr_assert_eq(value.len, s == 0 ? 100 : 90, "E4");
        }
    }
    txn_end_read(&snapshots[1]);
    txn_end_read(&snapshots[0]);
    ebed_fill(&bed, 2000, 100, 1);
    cr_expect_eq(ebed_check(&bed), 0);
}

Test(txn_engine, long_snapshots_do_not_make_the_file_grow) { overwrite_beside_snapshots(false); }

Test(txn_engine, long_snapshots_do_not_make_memory_grow) { overwrite_beside_snapshots(true); }

Test(txn_engine, a_transaction_larger_than_the_overlay_spills_and_one_larger_than_the_log_commits) {
    ebed_make(&bed, FERRITE_SYNC_NORMAL);
    bed.config.log_size = 128 << 10;
    bed.config.dirty_limit = 256 << 10;
    ebed_open(&bed);
    ebed_set(&bed, "before", "1");
    ebed_set(&bed, "before too", "1");
    ebed_fill(&bed, 20000, 100, 20000);
    cr_expect_lt(stats().young_bytes, 1u << 20);
    ebed_crash(&bed);
    ebed_open(&bed);
    cr_expect_eq(ebed_count(&bed), 20002);
    cr_expect_eq(ebed_check(&bed), 0);
}

Test(txn_engine, a_spilled_transaction_rolls_back_whole) {
    ebed_make(&bed, FERRITE_SYNC_NORMAL);
    bed.config.dirty_limit = 256 << 10;
    ebed_open(&bed);
    ebed_fill(&bed, 100, 100, 100);
    struct txn *txn;
    cr_assert_eq(txn_begin_write(bed.engine, true, &txn), FERRITE_OK);
    for (int i = 0; i < 10000; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        cr_assert_eq(ebed_put(txn, key, "changed", 7), FERRITE_OK);
    }
    txn_rollback(txn);
    cr_expect_eq(ebed_count(&bed), 100);
    cr_expect_eq(strlen(ebed_get(&bed, "k99")), 100);
    cr_expect_eq(ebed_check(&bed), 0);
}

Test(txn_engine, in_sync_mode_full_an_unfinished_transaction_in_the_log_never_happened) {
    ebed_make(&bed, FERRITE_SYNC_FULL);
    ebed_open(&bed);
    ebed_set(&bed, "a", "1");
    ebed_set(&bed, "b", "1");
    struct txn *txn;
    cr_assert_eq(txn_begin_write(bed.engine, true, &txn), FERRITE_OK);
    cr_assert_eq(ebed_put(txn, "a", "half", 4), FERRITE_OK);
    txn_rollback(txn);
    ebed_set(&bed, "c", "1");
    ebed_crash(&bed);
    ebed_open(&bed);
    cr_expect_str_eq(ebed_get(&bed, "a"), "1");
    cr_expect_str_eq(ebed_get(&bed, "c"), "1");
}

Test(txn_engine, a_second_opener_is_told_who_holds_the_database) {
    ebed_make(&bed, FERRITE_SYNC_NORMAL);
    ebed_open(&bed);
    struct engine *second = NULL;
    cr_expect_eq(engine_open(&bed.config, &second), FERRITE_BUSY);
    cr_expect(strstr(error_text(FERRITE_BUSY), "process") != NULL, "%s", error_text(FERRITE_BUSY));
}

Test(txn_engine, a_nested_begin_of_one_thread_is_refused_at_once) {
    ebed_make(&bed, FERRITE_SYNC_NORMAL);
    bed.config.busy_timeout_ms = 60000;
    ebed_open(&bed);
    struct txn *txn, *nested;
    cr_assert_eq(txn_begin_write(bed.engine, true, &txn), FERRITE_OK);
    cr_expect_eq(txn_begin_write(bed.engine, true, &nested), FERRITE_BUSY);
    txn_rollback(txn);
}

Test(txn_engine, the_first_durable_commit_of_a_process_makes_no_log) {
    ebed_make(&bed, FERRITE_SYNC_NORMAL);
    ebed_open(&bed);
    ebed_set(&bed, "a", "1");
    cr_expect_eq(ebed_file_size(&bed, "-wal"), -1);
    ebed_set(&bed, "b", "1");
    cr_expect_gt(ebed_file_size(&bed, "-wal"), 0);
    ebed_crash(&bed);
    ebed_open(&bed);
    cr_expect_eq(ebed_count(&bed), 2);
}

Test(txn_engine, memory_databases_use_the_same_transactions) {
    ebed_make(&bed, FERRITE_SYNC_NORMAL);
    bed.config.path = NULL;
    ebed_open(&bed);
    ebed_fill(&bed, 5000, 100, 1);
    uint64_t pages = stats().page_count;
    ebed_fill(&bed, 5000, 100, 1);
    cr_expect_leq(stats().page_count, pages + 8, "pages are reused at once");
    cr_expect_eq(ebed_count(&bed), 5000);
    cr_expect_eq(ebed_check(&bed), 0);
}
