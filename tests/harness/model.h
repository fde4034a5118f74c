/*
 * model.h - long random sessions against the plain model.
 *
 * Files and memory, with reopens, snapshots kept across writes, rollbacks, batches, every kind of
 * look, checkpoints inline and in the background. One thread at a time; a run is a function of
 * its seed but for the moments of background work.
 */
#ifndef FERRITE_TESTS_MODEL_H
#define FERRITE_TESTS_MODEL_H

#include <stdint.h>

#include "choices.h"
#include "verdict.h"

struct model_plan {
    uint64_t seed; /* sequence i of a run is that of seed + i */
    uint64_t sequences;
    uint32_t steps; /* of each; 0: 400 */
};

struct model_result {
    uint64_t sequences, steps;
    uint64_t evicted, refused; /* keys that went, writes that were refused, for a bound's sake */
    char tight[200];           /* the budgets of the last sequence: tight.h */
    uint64_t failures; /* each was told on standard error */
};

/* Stops at the first failure. */
struct model_result model_run(const struct model_plan *plan);

struct model_sequence {
    const char *path; /* NULL: in memory */
    uint32_t steps;
    uint64_t tight_seed; /* of the budgets */
};

/* One sequence, decided by `choices`, until they are used up or the steps are done; adds to `result`.
 * The fuzzer of operations calls this. */
enum verdict model_run_sequence(struct choices *choices, const struct model_sequence *sequence,
                                struct finding *finding, struct model_result *result);

#endif
