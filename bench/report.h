/*
 * report.h - collects the results of all rounds; prints a table a workload and the targets.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "bench.h"

void report_add(const struct bench_workload *workload, const struct bench_engine *engine,
                const struct bench_result *result);

/* Medians with (min-max), one table a workload, for the engines given (NULL ends). */
void report_tables(const struct bench_engine *const *engines);

/* Ferrite against what it has to reach; gives the number of targets missed. */
unsigned report_targets(const struct bench_engine *const *engines);

#endif
