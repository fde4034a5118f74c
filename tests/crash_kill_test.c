/*
 * crash_kill_test.c - 200 times SIGKILL under writing threads, the same file growing (E1, E2).
 */
#include <criterion/criterion.h>

#include "harness/kill.h"

static void kill_writers(uint64_t seed, uint64_t rounds) {
    struct kill_plan plan = {.seed = seed, .rounds = rounds, .sync_mode = -1};
    struct kill_result result = kill_run(&plan);
    cr_assert_eq(result.failures, 0);
    cr_assert_eq(result.rounds, rounds);
    cr_assert_gt(result.acknowledged, rounds, "the writers did hardly anything");
}

Test(crash_kill, leaves_every_acknowledged_commit_whole) { kill_writers(1, 120); }
Test(crash_kill, leaves_every_acknowledged_commit_whole_in_another_file) { kill_writers(2, 80); }
