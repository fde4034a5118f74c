/*
 * zipf.c - see zipf.h.
 */
#include "zipf.h"

#include <math.h>
#include <stdlib.h>

#define SCATTER 2654435761u /* a prime larger than any count */

struct zipf zipf_make(uint64_t count, double exponent) {
    struct zipf zipf = {count, malloc(count * sizeof *zipf.sums)};
    double sum = 0;
    if (!zipf.sums) bench_die("out of memory");
    for (uint64_t r = 0; r < count; r++) zipf.sums[r] = sum += pow((double)(r + 1), -exponent);
    for (uint64_t r = 0; r < count; r++) zipf.sums[r] /= sum;
    return zipf;
}

void zipf_free(struct zipf *zipf) { free(zipf->sums); }

uint64_t zipf_next(const struct zipf *zipf, struct bench_random *random) {
    double at = (double)(random_next(random) >> 11) * 0x1p-53;
    uint64_t low = 0, high = zipf->count - 1;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (zipf->sums[middle] > at)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

uint64_t zipf_scatter(const struct zipf *zipf, uint64_t rank) { return rank * SCATTER % zipf->count; }
