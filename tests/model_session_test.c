/*
 * model_session_test.c - random sessions against the plain model; `make test` runs more of them under
 * the sanitizers.
 */
#include <criterion/criterion.h>

#include "harness/model.h"

static void run_sequences(uint64_t seed, uint64_t sequences, uint32_t steps) {
    struct model_plan plan = {.seed = seed, .sequences = sequences, .steps = steps};
    struct model_result result = model_run(&plan);
    cr_assert_eq(result.failures, 0);
    cr_assert_eq(result.sequences, sequences);
}

Test(model_session, many_short_sessions_agree_with_the_model) { run_sequences(1, 150, 0); }
Test(model_session, a_few_long_sessions_agree_with_the_model) { run_sequences(1000, 4, 6000); }
/* E8: once the only place for the free list was behind the end, and it stayed there. */
Test(model_session, compacting_beside_snapshots_leaves_no_list_at_the_end) {
    run_sequences(52868, 1, 0);
}
