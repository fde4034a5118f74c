/*
 * crash_power_test.c - power cuts at every point of recorded sessions, over all sync modes (E1, E2).
 */
#include <criterion/criterion.h>

#include "../libferrite/ferrite.h"
#include "harness/powercut.h"

#define IMAGES 2000u
#define ROUNDS 6u /* which sessions a seed gives, and so what they cover, changes with every feature */

struct covered {
    uint64_t meta_writes, log_wraps, log_growths, commits, second_images;
};

static bool covered_all(const struct covered *covered) {
    return covered->second_images > 0 && covered->commits > 100 && covered->meta_writes > 50 &&
           covered->log_wraps > 0 && covered->log_growths > 0;
}

static void cut_round(ferrite_sync_mode mode, uint64_t seed, struct covered *covered) {
    struct powercut_plan plan = {.seed = seed, .images = IMAGES, .sync_mode = (int)mode};
    struct powercut_result result = powercut_run(&plan);
    cr_assert_eq(result.failures, 0);
    cr_assert_geq(result.images, IMAGES);
    covered->second_images += result.second_images;
    covered->commits += result.commits;
    covered->meta_writes += result.coverage.meta_writes;
    covered->log_wraps += result.coverage.log_wraps;
    covered->log_growths += result.coverage.log_growths;
}

static void cut_power(ferrite_sync_mode mode, uint64_t seed) {
    struct covered covered = {0};
    for (uint32_t i = 0; i < ROUNDS && !covered_all(&covered); i++)
        cut_round(mode, seed + 100 * i, &covered);
    cr_assert_gt(covered.second_images, 0);
    cr_assert_gt(covered.commits, 100);
    cr_assert_gt(covered.meta_writes, 50, "hardly any checkpoint");
    cr_assert_gt(covered.log_wraps, 0, "the log never began again");
    cr_assert_gt(covered.log_growths, 0, "the log never grew");
}

Test(crash_power, loses_no_commit_when_each_is_synced) { cut_power(FERRITE_SYNC_NORMAL, 1000); }

Test(crash_power, loses_no_commit_when_each_write_is_synced) { cut_power(FERRITE_SYNC_FULL, 2000); }

Test(crash_power, loses_n_commits_at_most_when_every_nth_is_synced) {
    cut_power(FERRITE_SYNC_EVERY_N, 3000);
}

Test(crash_power, leaves_a_prefix_of_the_commits_when_syncs_are_periodic) {
    cut_power(FERRITE_SYNC_PERIODIC, 4000);
}

Test(crash_power, leaves_a_prefix_of_the_commits_without_syncs) {
    cut_power(FERRITE_SYNC_NONE, 5000);
}
