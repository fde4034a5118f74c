/*
 * zipf.h - numbers below a count, number r drawn in proportion to 1 / (r + 1)^exponent.
 *
 * Exact, from a table of the distribution. Read-only after zipf_make: any thread, each with its own
 * generator.
 */
#ifndef BENCH_ZIPF_H
#define BENCH_ZIPF_H

#include "keys.h"

struct zipf {
    uint64_t count;
    double *sums; /* sums[r]: how likely a number up to r is */
};

struct zipf zipf_make(uint64_t count, double exponent);
void zipf_free(struct zipf *zipf);

/* The rank: 0 is the most popular one. */
uint64_t zipf_next(const struct zipf *zipf, struct bench_random *random);

/* The key of a rank, so that popular keys are not neighbours in the tree. One to one. */
uint64_t zipf_scatter(const struct zipf *zipf, uint64_t rank);

#endif
