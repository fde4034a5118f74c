/*
 * latency.c - see latency.h. Bucket: 6 bits of magnitude, then the 6 bits after the leading one.
 */
#include "latency.h"

#include <time.h>

static uint64_t clock_read(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_ns(void) { return clock_read(CLOCK_MONOTONIC); }
uint64_t clock_cpu_ns(void) { return clock_read(CLOCK_PROCESS_CPUTIME_ID); }

static unsigned bucket_of(uint64_t ns) {
    if (ns < 64) return (unsigned)ns;
    unsigned shift = 63u - (unsigned)__builtin_clzll(ns) - 6u;
    return (shift + 1) * 64 + (unsigned)((ns >> shift) & 63);
}

static double bucket_ns(unsigned bucket) {
    if (bucket < 64) return bucket;
    unsigned shift = bucket / 64 - 1;
    return (double)((64ull + bucket % 64) << shift) + (double)(1ull << shift) / 2;
}

void latency_add(struct latency *latency, uint64_t ns) {
    latency->buckets[bucket_of(ns)]++;
    latency->count++;
}

void latency_merge(struct latency *into, const struct latency *from) {
    for (unsigned i = 0; i < sizeof into->buckets / sizeof *into->buckets; i++)
        into->buckets[i] += from->buckets[i];
    into->count += from->count;
}

double latency_us(const struct latency *latency, double quantile) {
    uint64_t wanted = (uint64_t)((double)latency->count * quantile), seen = 0;
    for (unsigned i = 0; i < sizeof latency->buckets / sizeof *latency->buckets; i++) {
        seen += latency->buckets[i];
        if (seen > wanted) return bucket_ns(i) / 1000;
    }
    return 0;
}

void latency_report(const struct latency *latency, struct bench_result *result) {
    result->p50_us = latency_us(latency, 0.50);
    result->p99_us = latency_us(latency, 0.99);
    result->p999_us = latency_us(latency, 0.999);
}
