/* api_open_test.c - opening, options, closing, errors. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/api.h"

Test(api_open, what_was_set_is_there_after_reopening) {
    struct bed bed = bed_make();
    ferrite_db *db = api_open(bed.path);
    api_set(db, "k", "v");
    ferrite_close(db);
    cr_expect_not(bed_has(&bed, "-wal"));
    cr_expect_not(bed_has(&bed, "-lock"));
    db = api_open(bed.path);
    api_expect(db, "k", "v");
    api_expect_sound(db);
    ferrite_close(db);
    bed_remove(&bed);
}

Test(api_open, databases_in_memory_are_apart_and_leave_nothing) {
    ferrite_db *a = api_memory(), *b = ferrite_open(":memory:", NULL);
    cr_assert_not_null(b);
    api_set(a, "k", "a");
    api_expect(b, "k", NULL);
    cr_expect(access(":memory:", F_OK) != 0);
    api_expect_sound(a);
    ferrite_close(a);
    ferrite_close(b);
}

Test(api_open, closing_nothing_is_fine) {
    ferrite_close(NULL);
    ferrite_error_free(NULL);
    ferrite_free(NULL);
    ferrite_iterator_close(NULL);
}

Test(api_open, missing_file_with_must_exist) {
    struct bed bed = bed_make();
    ferrite_options options = FERRITE_OPTIONS_INIT;
    ferrite_error *err = NULL;
    options.must_exist = 1;
    cr_expect_null(ferrite_open_with(bed.path, &options, &err));
    api_expect_error(&err, FERRITE_NOTFOUND, NULL);
    cr_expect_not(bed_has(&bed, ""));
    options.must_exist = 0;
    options.read_only = 1;
    cr_expect_null(ferrite_open_with(bed.path, &options, &err));
    api_expect_error(&err, FERRITE_NOTFOUND, NULL);
    cr_expect_not(bed_has(&bed, ""));
    bed_remove(&bed);
}

Test(api_open, read_only_reads_and_creates_nothing) {
    struct bed bed = bed_make();
    ferrite_options options = FERRITE_OPTIONS_INIT;
    ferrite_error *err = NULL;
    ferrite_db *db = api_open(bed.path);
    api_set(db, "k", "v");
    ferrite_close(db);
    options.read_only = 1;
    ferrite_db *one = ferrite_open_with(bed.path, &options, NULL),
               *two = ferrite_open_with(bed.path, &options, NULL);
    cr_assert(one != NULL && two != NULL);
    cr_expect_not(bed_has(&bed, "-wal"));
    cr_expect_not(bed_has(&bed, "-lock"));
    api_expect(one, "k", "v");
    api_expect(two, "k", "v");
    cr_expect_eq(ferrite_set(one, S("k"), S("x"), &err), -1);
    api_expect_error(&err, FERRITE_READONLY, NULL);
    cr_expect_null(ferrite_begin(one, &err));
    api_expect_error(&err, FERRITE_READONLY, NULL);
    cr_expect_null(ferrite_batch(one, &err));
    api_expect_error(&err, FERRITE_READONLY, NULL);
    cr_expect_eq(ferrite_checkpoint(one, &err), -1);
    api_expect_error(&err, FERRITE_READONLY, NULL);
    api_expect_sound(one);
    ferrite_close(one);
    ferrite_close(two);
    bed_remove(&bed);
}

Test(api_open, second_writer_is_told_who_holds_the_file) {
    struct bed bed = bed_make();
    ferrite_db *db = api_open(bed.path);
    api_set(db, "k", "v");
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        ferrite_options options = FERRITE_OPTIONS_INIT;
        ferrite_error *err = NULL;
        char pid[32];
        options.busy_timeout_ms = 20;
        snprintf(pid, sizeof pid, "%d", (int)getppid());
        ferrite_db *second = ferrite_open_with(bed.path, &options, &err);
        _exit(second == NULL && ferrite_error_code(err) == FERRITE_BUSY &&
                      strstr(ferrite_error_message(err), pid) != NULL
                  ? 0
                  : 1);
    }
    int status;
    waitpid(child, &status, 0);
    cr_expect_eq(status, 0);
    ferrite_close(db);
    bed_remove(&bed);
}

Test(api_open, nonsense_is_no_database) {
    struct bed bed = bed_make();
    ferrite_error *err = NULL;
    int fd = open(bed.path, O_CREAT | O_WRONLY, 0600);
    char junk[20000];
    memset(junk, 'j', sizeof junk);
    cr_assert_eq(write(fd, junk, sizeof junk), (ssize_t)sizeof junk);
    close(fd);
    cr_expect_null(ferrite_open(bed.path, &err));
    api_expect_error(&err, FERRITE_CORRUPT, NULL);
    cr_expect_null(ferrite_open(bed.dir, &err));
    cr_expect_neq(ferrite_error_code(err), FERRITE_OK);
    ferrite_error_free(err);
    bed_remove(&bed);
}

Test(api_open, wrong_arguments_are_invalid) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    ferrite_error *err = NULL;
    cr_expect_null(ferrite_open(NULL, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_null(ferrite_open("", &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
    options.struct_size = 0;
    cr_expect_null(ferrite_open_with(NULL, &options, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
    options.struct_size = sizeof options + 8;
    cr_expect_null(ferrite_open_with(NULL, &options, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
    options = (ferrite_options)FERRITE_OPTIONS_INIT;
    options.databases = 65;
    cr_expect_null(ferrite_open_with(NULL, &options, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
    options.databases = 0;
    options.sync_mode = (ferrite_sync_mode)17;
    cr_expect_null(ferrite_open_with(NULL, &options, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_set(NULL, S("k"), S("v"), &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_null(ferrite_get(NULL, S("k"), NULL, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
}

Test(api_open, options_of_an_earlier_header_are_enough) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.struct_size = offsetof(ferrite_options, busy_timeout_ms);
    options.databases = 3;
    options.busy_timeout_ms = 77;
    ferrite_db *db = ferrite_open_with(NULL, &options, NULL);
    cr_assert_not_null(db);
    cr_expect_eq(ferrite_databases(db), 3);
    ferrite_close(db);
}

Test(api_open, sync_mode_comes_from_the_environment_unless_chosen) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
    ferrite_error *err = NULL;
    setenv("FERRITE_SYNC_MODE", "every-n", 1);
    ferrite_db *db = api_memory();
    cr_assert_eq(ferrite_info(db, &stats, NULL), 0);
    cr_expect_eq(stats.sync_mode, FERRITE_SYNC_EVERY_N);
    ferrite_close(db);
    options.sync_mode = FERRITE_SYNC_NONE;
    db = ferrite_open_with(NULL, &options, NULL);
    cr_assert_eq(ferrite_info(db, &stats, NULL), 0);
    cr_expect_eq(stats.sync_mode, FERRITE_SYNC_NONE);
    ferrite_close(db);
    setenv("FERRITE_SYNC_MODE", "sometimes", 1);
    cr_expect_null(ferrite_open_memory(&err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
    unsetenv("FERRITE_SYNC_MODE");
}

Test(api_open, every_sync_mode_keeps_its_commits_over_a_close) {
    for (int mode = FERRITE_SYNC_NORMAL; mode <= FERRITE_SYNC_FULL; mode++) {
        struct bed bed = bed_make();
        ferrite_options options = FERRITE_OPTIONS_INIT;
        options.sync_mode = (ferrite_sync_mode)mode;
        ferrite_db *db = ferrite_open_with(bed.path, &options, NULL);
        cr_assert_not_null(db);
        for (int i = 0; i < 20; i++) {
            char key[16];
            snprintf(key, sizeof key, "key%d", i);
            api_set(db, key, "value");
        }
        ferrite_close(db);
        db = api_open(bed.path);
        cr_expect_eq(api_dbsize(db), 20);
        ferrite_close(db);
        bed_remove(&bed);
    }
}

/* The last handle closes the database, whichever it is. */
Test(api_open, handles_can_be_closed_in_any_order) {
    struct bed bed = bed_make();
    ferrite_db *db = api_open(bed.path);
    api_set(db, "k", "v");
    ferrite_db *other = ferrite_select(db, 3, NULL), *snapshot = ferrite_snapshot(db, NULL);
    ferrite_db *batch = ferrite_batch(db, NULL), *tx = ferrite_begin(db, NULL);
    ferrite_db *tx_other = ferrite_select(tx, 2, NULL);
    ferrite_iterator *it = ferrite_iterate(db, NULL, NULL);
    ferrite_db *snapshot_other = ferrite_select(snapshot, 0, NULL);
    ferrite_iterator *tx_it = ferrite_iterate(tx, NULL, NULL);
    ferrite_close(db);
    ferrite_error *err = NULL;
    api_set(tx, "unfinished", "1");
    ferrite_close(tx);
    cr_expect_eq(ferrite_set(tx_other, S("k"), S("v"), &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_iterator_next(tx_it, NULL, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(tx_other);
    ferrite_close(snapshot);
    api_expect(snapshot_other, "k", "v");
    ferrite_close(snapshot_other);
    ferrite_close(batch);
    api_set(other, "later", "2");
    ferrite_close(other);
    cr_expect_eq(ferrite_iterator_next(it, NULL, NULL, NULL), 1);
    ferrite_iterator_close(it);
    ferrite_iterator_close(tx_it);
    cr_expect_not(bed_has(&bed, "-lock"));
    db = api_open(bed.path);
    api_expect(db, "unfinished", NULL);
    other = ferrite_select(db, 3, NULL);
    api_expect(other, "later", "2");
    ferrite_close(other);
    ferrite_close(db);
    bed_remove(&bed);
}

Test(api_open, errors_have_names_texts_and_codes) {
    ferrite_error *err = NULL;
    cr_expect_str_eq(ferrite_error_name(FERRITE_OK), "OK");
    cr_expect_str_eq(ferrite_error_name(FERRITE_BUSY), "BUSY");
    cr_expect_str_eq(ferrite_error_name(FERRITE_ABORTED), "ABORTED");
    cr_expect_str_eq(ferrite_error_name(99), "UNKNOWN");
    cr_expect_eq(ferrite_error_code(NULL), FERRITE_OK);
    ferrite_open(NULL, &err);
    ferrite_error *first = err;
    ferrite_open(NULL, &err); /* an error that is there already stays */
    cr_expect_eq(err, first);
    ferrite_error_free(err);
}

Test(api_open, info_tells_what_is_going_on) {
    struct bed bed = bed_make();
    ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
    ferrite_error *err = NULL;
    ferrite_db *db = api_open(bed.path);
    api_set(db, "k", "v");
    ferrite_db *snapshot = ferrite_snapshot(db, NULL);
    api_set(db, "k", "w");
    cr_assert_eq(ferrite_info(db, &stats, &err), 0);
    cr_expect_eq(stats.keys, 1);
    cr_expect_eq(stats.page_size, 4096);
    cr_expect_eq(stats.in_memory, 0);
    cr_expect_eq(stats.readers, 1);
    cr_expect_eq(stats.oldest_reader_lag, 1);
    cr_expect_gt(stats.file_bytes, 0);
    cr_expect_gt(stats.log_bytes, 0);
    cr_expect_eq(stats.commits, 2);
    cr_expect_eq(strlen(stats.database_id), 32);
    cr_assert_eq(ferrite_info(snapshot, &stats, &err), 0);
    stats.struct_size = 3;
    cr_expect_eq(ferrite_info(db, &stats, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_info(db, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(snapshot);
    ferrite_close(db);
    bed_remove(&bed);
}

Test(api_open, time_follows_the_clock_given) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    ferrite_db *db = ferrite_open_with(NULL, &options, NULL);
    int64_t us = 0;
    cr_assert_eq(ferrite_time(db, &us, NULL), 0);
    cr_expect_gt(us, 1600000000000000);
    ferrite_close(db);
}

Test(api_open, file_keeps_the_databases_it_was_made_with) {
    struct bed bed = bed_make();
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.databases = 30;
    ferrite_db *db = ferrite_open_with(bed.path, &options, NULL), *last = ferrite_select(db, 29, NULL);
    api_set(last, "k", "v");
    ferrite_close(last);
    ferrite_close(db);
    db = api_open(bed.path);
    cr_expect_eq(ferrite_databases(db), 30);
    last = ferrite_select(db, 29, NULL);
    api_expect(last, "k", "v");
    ferrite_close(last);
    ferrite_close(db);
    bed_remove(&bed);
}

/* Bounds that nothing ever reaches: what is reckoned with them must not overflow, or the log's frames lie beside
 * its map. */
Test(api_open, sizes_may_be_larger_than_any_machine) {
    static const uint64_t sizes[] = {UINT64_MAX, INT64_MAX, (uint64_t)INT64_MAX + 1, 1ull << 50};
    struct bed bed = bed_make();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ferrite_options options = FERRITE_OPTIONS_INIT;
        options.sync_mode = FERRITE_SYNC_NONE;
        options.log_size = options.dirty_limit = options.map_size = sizes[i];
        ferrite_db *db = ferrite_open_with(bed.path, &options, NULL);
        cr_assert_not_null(db);
        api_set(db, "k", "v");
        api_set(db, "k", "w");
        char path[128];
        bed_path(&bed, "killed.ferrite", path);
        bed_copy(&bed, path);
        ferrite_close(db);
        db = api_open(path);
        api_expect(db, "k", "w");
        ferrite_close(db);
        bed_unlink(path);
        bed_unlink(bed.path);
    }
    bed_remove(&bed);
}
