/*
 * churn_test.c - an hour of a cache at its bound, on a clock that the harness turns: sizes stay within bounds,
 * the content is exact, and what has expired gives its space back. `make churn` runs all policies for longer.
 */
#include "harness/churn.h"

#include <criterion/criterion.h>

#define OPERATIONS 12000u

static struct churn_result churn(bool in_file, ferrite_eviction eviction, int compression) {
    struct churn_plan plan = {.seed = 1,
                              .operations = OPERATIONS,
                              .in_file = in_file,
                              .eviction = eviction,
                              .compression = compression,
                              .bound = 2u << 20};
    struct churn_result result = churn_run(&plan);
    cr_expect_eq(result.failures, 0);
    cr_expect_eq(result.operations, OPERATIONS);
    return result;
}

static void expect_evictions(bool in_file, ferrite_eviction eviction) {
    struct churn_result result = churn(in_file, eviction, 0);
    cr_expect_gt(result.evicted, 0, "the bound was never reached");
    cr_expect_eq(result.refused, 0);
    cr_expect_lt(result.file_expired, 1u << 20, "expired keys keep their space");
}

TestSuite(churn, .timeout = 120);

Test(churn, a_file_stays_within_its_bound_and_gives_space_back) {
    expect_evictions(true, FERRITE_EVICT_ALL_LRU);
    expect_evictions(true, FERRITE_EVICT_VOLATILE_TTL);
}

Test(churn, memory_stays_within_its_bound) {
    expect_evictions(false, FERRITE_EVICT_ALL_LFU);
    expect_evictions(false, FERRITE_EVICT_VOLATILE_RANDOM);
}

Test(churn, compressed_values_stay_within_bounds_too) {
    churn(true, FERRITE_EVICT_ALL_RANDOM, 1);
    churn(false, FERRITE_EVICT_VOLATILE_LRU, 1);
}

Test(churn, without_eviction_writes_are_refused_and_nothing_is_lost) {
    cr_expect_gt(churn(true, FERRITE_EVICT_NONE, 0).refused, 0);
    cr_expect_gt(churn(false, FERRITE_EVICT_NONE, 0).refused, 0);
}
