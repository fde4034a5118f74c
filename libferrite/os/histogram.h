/*
 * histogram.h - how often something took how long: counts in log-linear buckets.
 *
 * Eight buckets for each power of two, so a value is known to within an eighth. Adding is a few
 * relaxed atomic additions: no lock, any thread, also beside a reader and a reset. What is read beside
 * writers may miss their last additions.
 */
#ifndef FERRITE_OS_HISTOGRAM_H
#define FERRITE_OS_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

#define HISTOGRAM_BUCKETS 336u /* up to 2^44; longer ones count there: 5 hours, in ns */

struct histogram {
    _Atomic uint64_t buckets[HISTOGRAM_BUCKETS];
    _Atomic uint64_t sum, max;
};

uint32_t histogram_bucket(uint64_t value);      /* its index */
uint64_t histogram_bucket_end(uint32_t bucket); /* the largest value that belongs there */

void histogram_add(struct histogram *histogram, uint64_t value);
void histogram_reset(struct histogram *histogram);

uint64_t histogram_count(const struct histogram *histogram);
/* The value that a part of them, 0 to 1, does not exceed: a bucket's end, but not above the
 * maximum. 0 without any. */
uint64_t histogram_quantile(const struct histogram *histogram, double part);
/* How many are at most `value`, as far as buckets tell: those whose end is. */
uint64_t histogram_at_most(const struct histogram *histogram, uint64_t value);

#endif
