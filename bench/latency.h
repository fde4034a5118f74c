/*
 * latency.h - a histogram of nanoseconds in steps of 1/64, and the clock. One thread each; merged after.
 */
#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H

#include <stdint.h>

#include "bench.h"

struct latency {
    uint64_t count;
    uint32_t buckets[64 * 64];
};

uint64_t clock_ns(void);
uint64_t clock_cpu_ns(void); /* of all threads of this process */
void latency_add(struct latency *latency, uint64_t ns);
void latency_merge(struct latency *into, const struct latency *from);
double latency_us(const struct latency *latency, double quantile);
void latency_report(const struct latency *latency, struct bench_result *result);

#endif
