/* tail_test.c - pages that are free at the end of a file go back while it is in use, with checkpoints that come by
 * themselves, if they are many. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/api.h"

static ferrite_error *err;

static ferrite_db *open_small_log(const char *path) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.no_threads = 1;
    options.log_size = 256 << 10;
    return api_open_with(path, &options);
}

static void set_numbers(ferrite_db *db, unsigned first, unsigned end) {
    char key[24], value[400];
    memset(value, 'v', sizeof value);
    for (unsigned i = first; i < end; i++) {
        const size_t len = (size_t)snprintf(key, sizeof key, "%08u", i);
        cr_assert_eq(ferrite_set(db, key, len, value, sizeof value, &err), 0);
    }
}

Test(tail, goes_back_when_most_of_a_file_was_deleted) {
    struct bed bed = bed_make();
    ferrite_db *db = open_small_log(bed.path);
    set_numbers(db, 0, 40000);
    cr_assert_gt(api_stats(db).file_bytes, 16u << 20);
    cr_assert_eq(ferrite_flushall(db, &err), 0);
    for (int round = 0; round < 8; round++) set_numbers(db, 0, 2000);
    cr_expect_lt(api_stats(db).file_bytes, 8u << 20, "%llu", (unsigned long long)api_stats(db).file_bytes);
    api_expect_sound(db);
    ferrite_close(db);
    bed_remove(&bed);
}

Test(tail, stays_where_it_is_short) {
    struct bed bed = bed_make();
    ferrite_db *db = open_small_log(bed.path);
    set_numbers(db, 0, 6000);
    const uint64_t before = api_stats(db).file_bytes;
    cr_assert_eq(ferrite_flushall(db, &err), 0);
    for (int round = 0; round < 16; round++) set_numbers(db, 0, 500);
    cr_expect_eq(api_stats(db).file_bytes, before);
    ferrite_close(db);
    bed_remove(&bed);
}
