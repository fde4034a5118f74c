/*
 * churn.h - an hour of a cache at its bound, on a clock that the harness turns.
 *
 * Values of all lengths are set with an expiry, read, and deleted, in six parts of ten minutes: in some
 * three times as much would live as the bound has room for, in the others a third. Watched all the while:
 * the data file, the log and the process's memory stay within their bounds; what lives is exactly what the
 * model has, less what on_evict told; no key is refused that has room to come by. At the end the check
 * finds nothing, a reopened file holds the same, and when all has expired the space is given back.
 *
 * One run at a time per process, and only on one thread; it looks at the memory of the whole process.
 */
#ifndef FERRITE_TESTS_CHURN_H
#define FERRITE_TESTS_CHURN_H

#include <stdbool.h>
#include <stdint.h>

#include "../../libferrite/ferrite.h"

struct churn_plan {
    uint64_t seed;
    uint64_t operations; /* an hour of them */
    bool in_file;        /* bound by max_size, else in memory by max_memory */
    ferrite_eviction eviction;
    int compression;
    uint64_t bound; /* bytes; 0: 4 MiB */
};

struct churn_result {
    uint64_t operations, evicted, refused;
    uint64_t file_peak, log_peak, memory_peak; /* bytes; memory above what it was before */
    uint64_t young_peak; /* bytes of pages that are not in the file yet, as ferrite_info says */
    uint64_t keys_peak;
    uint64_t file_expired; /* bytes of the closed file when all has expired */
    uint64_t failures;     /* each was told on standard error */
};

struct churn_result churn_run(const struct churn_plan *plan);

/* CONFIG's name of a policy. */
const char *churn_policy_name(ferrite_eviction eviction);

#endif
