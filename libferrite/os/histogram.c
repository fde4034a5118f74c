/*
 * histogram.c - see histogram.h.
 */
#include "histogram.h"

#include <assert.h>

#define SUB_BITS 3u /* 8 buckets for each power of two */
#define SUB      (1u << SUB_BITS)

static uint64_t bucket_load(const struct histogram *histogram, uint32_t i) {
    return atomic_load_explicit(&histogram->buckets[i], memory_order_relaxed);
}

/* Values below 8 have a bucket each; then the highest bit chooses eight, the next three one of them. */
uint32_t histogram_bucket(uint64_t value) {
    if (value < SUB) return (uint32_t)value;
    uint32_t high = 63u - (uint32_t)__builtin_clzll(value), shift = high - SUB_BITS;
    uint32_t bucket = (shift + 1) * SUB + (uint32_t)(value >> shift & (SUB - 1));
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

uint64_t histogram_bucket_end(uint32_t bucket) {
    assert(bucket < HISTOGRAM_BUCKETS);
    if (bucket == HISTOGRAM_BUCKETS - 1) return UINT64_MAX;
    if (bucket < SUB) return bucket;
    uint32_t shift = bucket / SUB - 1;
    return ((uint64_t)(SUB + bucket % SUB + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value) {
    atomic_fetch_add_explicit(&histogram->buckets[histogram_bucket(value)], 1,
                              memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum, value, memory_order_relaxed);
    uint64_t max = atomic_load_explicit(&histogram->max, memory_order_relaxed);
    while (value > max &&
           !atomic_compare_exchange_weak_explicit(&histogram->max, &max, value,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
}

void histogram_reset(struct histogram *histogram) {
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        atomic_store_explicit(&histogram->buckets[i], 0, memory_order_relaxed);
    atomic_store_explicit(&histogram->sum, 0, memory_order_relaxed);
    atomic_store_explicit(&histogram->max, 0, memory_order_relaxed);
}

uint64_t histogram_count(const struct histogram *histogram) {
    uint64_t count = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) count += bucket_load(histogram, i);
    return count;
}

uint64_t histogram_quantile(const struct histogram *histogram, double part) {
    uint64_t count = histogram_count(histogram), seen = 0;
    uint64_t max = atomic_load_explicit(&histogram->max, memory_order_relaxed);
    uint64_t wanted = (uint64_t)(part * (double)count);
    if ((double)wanted < part * (double)count || wanted == 0) wanted++;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS && count != 0; i++) {
        seen += bucket_load(histogram, i);
        if (seen < wanted) continue;
        uint64_t end = histogram_bucket_end(i);
        return end < max ? end : max;
    }
    return max;
}

uint64_t histogram_at_most(const struct histogram *histogram, uint64_t value) {
    uint64_t count = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS && histogram_bucket_end(i) <= value; i++)
        count += bucket_load(histogram, i);
    return count;
}
