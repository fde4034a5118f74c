/* tail_test.c - pages that are free at the end of a file go back while it is in use, with checkpoints that come by
 * themselves, if they are many. */
#include <criterion/criterion.h>

#include "support/api.h"
#include "support/bounded.h"

static ferrite_error *err;

static ferrite_db *open_small_log(const char *path) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.no_threads = 1;
    options.log_size = 256 << 10;
    return api_open_with(path, &options);
}

Test(tail, goes_back_when_most_of_a_file_was_deleted) {
    struct bed bed = bed_make();
    ferrite_db *db = open_small_log(bed.path);
    numbered_fill(db, 0, 40000, 400);
    cr_assert_gt(api_stats(db).file_bytes, 16u << 20);
    cr_assert_eq(ferrite_flushall(db, &err), 0);
    for (int round = 0; round < 8; round++) numbered_fill(db, 0, 2000, 400);
    cr_expect_lt(api_stats(db).file_bytes, 8u << 20, "%llu", (unsigned long long)api_stats(db).file_bytes);
    api_expect_sound(db);
    ferrite_close(db);
    bed_remove(&bed);
}

Test(tail, stays_where_it_is_short) {
    struct bed bed = bed_make();
    ferrite_db *db = open_small_log(bed.path);
    numbered_fill(db, 0, 6000, 400);
    const uint64_t before = api_stats(db).file_bytes;
    cr_assert_eq(ferrite_flushall(db, &err), 0);
    for (int round = 0; round < 16; round++) numbered_fill(db, 0, 500, 400);
    cr_expect_eq(api_stats(db).file_bytes, before);
    ferrite_close(db);
    bed_remove(&bed);
}
