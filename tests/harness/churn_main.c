/*
 * churn_main.c - `make churn N= SEED=`: an hour of N operations at the bound, in a file and in memory, each
 * policy in turn.
 */
#include <inttypes.h>
#include <sys/wait.h>
#include <unistd.h>

#include "churn.h"
#include "driver.h"
#include "workspace.h"

static double mb(uint64_t bytes) { return (double)bytes / 1e6; }

static uint64_t run(const struct churn_plan *plan) {
    double start = seconds_now();
    struct churn_result result = churn_run(plan);
    printf("churn, %-6s %-15s %" PRIu64 " operations, %" PRIu64 " evicted, %" PRIu64
           " refused, at most %" PRIu64 " keys; MB at most: memory %.1f, of it young pages %.1f, file %.1f, log %.2f; "
           "file when all expired %.2f; %" PRIu64 " failures; %.1f s\n",
           plan->in_file ? "file," : "memory,", churn_policy_name(plan->eviction),
           result.operations, result.evicted, result.refused, result.keys_peak,
           mb(result.memory_peak), mb(result.young_peak), mb(result.file_peak), mb(result.log_peak),
           mb(result.file_expired), result.failures, seconds_now() - start);
    fflush(stdout);
    return result.failures;
}

/* In a process of its own: each begins with the same memory. */
static uint64_t run_alone(const struct churn_plan *plan) {
    int status = 0;
    pid_t child = fork();
    if (child < 0) abort();
    if (child == 0) _exit(run(plan) > 0);
    waitpid(child, &status, 0);
    return status != 0;
}

int main(int argc, char **argv) {
    struct driver driver = driver_arguments(argc, argv, 300000);
    uint64_t failures = 0;
    for (unsigned policy = 0; policy <= FERRITE_EVICT_VOLATILE_TTL; policy++) {
        for (unsigned in_file = 0; in_file < 2; in_file++) {
            struct churn_plan plan = {.seed = driver.seed + policy,
                                      .operations = driver.n,
                                      .in_file = in_file,
                                      .eviction = (ferrite_eviction)policy,
                                      .compression = (policy + in_file) % 3 == 1};
            failures += run_alone(&plan);
        }
    }
    printf("churn: %" PRIu64 " runs failed\n", failures);
    return failures > 0;
}
