/*
 * fault_calls_test.c - the n-th system call or allocation fails, for every n of a scenario (E7).
 */
#include <criterion/criterion.h>

#include "../libferrite/ferrite.h"
#include "harness/fault.h"

static void fail_calls(ferrite_sync_mode mode) {
    struct fault_plan plan = {.seed = 10 + (uint64_t)mode, .sync_mode = (int)mode};
    struct fault_result result = fault_run_system_calls(&plan);
    cr_assert_eq(result.failures, 0);
    cr_assert_gt(result.cases, 2 * result.calls);
    cr_assert_gt(result.errors, 0);
    cr_assert_gt(result.went_on, 0);
}

static void fail_allocations(ferrite_sync_mode mode) {
    struct fault_plan plan = {.seed = 20 + (uint64_t)mode, .sync_mode = (int)mode};
    struct fault_result result = fault_run_allocations(&plan);
    cr_assert_eq(result.failures, 0);
    cr_assert_gt(result.cases, result.calls);
    cr_assert_gt(result.went_on, 0);
}

Test(fault_calls, failing_system_calls_keep_the_last_commit_when_each_is_synced) {
    fail_calls(FERRITE_SYNC_NORMAL);
}

Test(fault_calls, failing_system_calls_keep_the_last_commit_when_each_write_is_synced) {
    fail_calls(FERRITE_SYNC_FULL);
}

Test(fault_calls, failing_system_calls_keep_the_last_commit_when_every_nth_is_synced) {
    fail_calls(FERRITE_SYNC_EVERY_N);
}

Test(fault_calls, failing_system_calls_keep_the_last_commit_when_syncs_are_periodic) {
    fail_calls(FERRITE_SYNC_PERIODIC);
}

Test(fault_calls, failing_system_calls_keep_the_last_commit_without_syncs) {
    fail_calls(FERRITE_SYNC_NONE);
}

Test(fault_calls, failing_system_calls_keep_the_last_commit_beside_background_checkpoints) {
    for (int mode = FERRITE_SYNC_NORMAL; mode <= FERRITE_SYNC_FULL; mode++) {
        struct fault_plan plan = {
            .seed = 30 + (uint64_t)mode, .sync_mode = mode, .cases = 120, .threads = true};
        struct fault_result result = fault_run_system_calls(&plan);
        cr_assert_eq(result.failures, 0);
        cr_assert_gt(result.errors, 0);
    }
}

Test(fault_calls, failing_allocations_keep_the_last_commit) {
    fail_allocations(FERRITE_SYNC_NORMAL);
    fail_allocations(FERRITE_SYNC_NONE);
    fail_allocations(FERRITE_SYNC_FULL);
}

/* Each policy, bounded in one way or another; seeds as tight.h has them. */
Test(fault_calls, failures_keep_the_last_commit_within_tiny_budgets) {
    for (uint64_t seed = 2; seed < 26; seed += 3) {
        struct fault_plan plan = {.seed = 40 + seed, .cases = 60, .tight_seed = seed};
        plan.sync_mode = seed % 2 ? FERRITE_SYNC_NONE : FERRITE_SYNC_NORMAL;
        cr_assert_eq(fault_run_system_calls(&plan).failures, 0);
        cr_assert_eq(fault_run_allocations(&plan).failures, 0);
    }
}
