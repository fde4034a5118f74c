/*
 * memory_return_test.c - what a burst of work took goes back to the system a moment later, without another call
 * (txn/memory.c).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "support/api.h"

#define PATIENCE 400 /* looks, 50 ms apart */

/* Memory of this process that no file stands behind, KB. */
static long anonymous_kb(void) {
    char line[256];
    long kb = -1;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    cr_assert_not_null(file);
    while (kb < 0 && fgets(line, sizeof line, file) != NULL)
        (void)sscanf(line, "Anonymous: %ld", &kb);
    fclose(file);
    return kb;
}

static void expect_below(long kb) {
    const struct timespec moment = {0, 50 * 1000 * 1000};
    for (int i = 0; i < PATIENCE && anonymous_kb() >= kb; i++) nanosleep(&moment, NULL);
    cr_expect_lt(anonymous_kb(), kb);
}

static ferrite_db *opened(const char *path) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.dirty_limit = 40 << 20;
    ferrite_db *db = ferrite_open_with(path, &options, NULL);
    cr_assert_not_null(db);
    return db;
}

/* About 52 MB. */
static void load(ferrite_db *db) {
    static char value[1000];
    char key[24];
    for (int i = 0; i < 50000; i++) {
        snprintf(key, sizeof key, "key:%06d", i);
        cr_assert_eq(ferrite_set(db, S(key), value, sizeof value, NULL), 0);
    }
}

Test(memory_return, of_a_database_in_memory_that_was_emptied) {
    const long before = anonymous_kb();
    ferrite_db *db = opened(NULL);
    load(db);
    cr_assert_gt(anonymous_kb(), before + 40000);
    cr_assert_eq(ferrite_flushall(db, NULL), 0);
    expect_below(before + 15000);
    load(db);
    api_expect_sound(db);
    ferrite_close(db);
}

Test(memory_return, of_a_file_after_its_checkpoint) {
    struct bed bed = bed_make();
    const long before = anonymous_kb();
    ferrite_db *db = opened(bed.path);
    load(db);
    cr_assert_eq(ferrite_checkpoint(db, NULL), 0);
    expect_below(before + 15000);
    load(db);
    api_expect_sound(db);
    ferrite_close(db);
    bed_remove(&bed);
}
