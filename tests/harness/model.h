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
    uint64_t failures; /* each was told on standard error */
};

/* Stops at the first failure. */
struct model_result model_run(const struct model_plan *plan);

/* One sequence, decided by `choices`, until they are used up or `steps` are done. Path NULL: in
 * memory. The fuzzer of operations calls this. */
enum verdict model_run_sequence(struct choices *choices, const char *path, uint32_t steps,
                                struct finding *finding, uint64_t *steps_done);

#endif
