/*
 * sample.h - fair random choices: numbers below a bound, and sets of different ranks.
 *
 * A sampler is seeded once from the system and lives on the stack of one operation. One thread.
 */
#ifndef FERRITE_TYPES_SAMPLE_H
#define FERRITE_TYPES_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "keyspace.h"

/* Most elements that one call may ask for with repeats: a number like -2^63 is no request. */
#define SAMPLE_REPEATS_MAX ((int64_t)1 << 27)
int sample_check(int64_t count); /* FERRITE_LIMIT */

struct sampler {
    uint64_t state[2];
};

int sampler_seed(struct sampler *sampler, struct keyspace *ks);
uint64_t sampler_below(struct sampler *sampler, uint64_t count); /* count > 0 */
/* `want` different numbers below count, rising; every such set is equally likely. A block for
 * mem_free. want <= count. O(want log want) or so. */
int sampler_ranks(struct sampler *sampler, uint64_t count, uint64_t want, uint64_t **out);

#endif
