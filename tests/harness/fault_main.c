/*
 * fault_main.c - `make fault N= SEED=`: at most N cases (0: all) of failing system calls and as
 * many of failing allocations, for each sync mode; and full disks.
 */
#include <inttypes.h>

#include "driver.h"
#include "fault.h"
#include "full_disk.h"
#include "workspace.h"

static const char *const mode_names[] = {"normal", "none", "periodic", "every-n", "full"};

static uint64_t report(const char *what, const char *mode, const struct fault_result *result) {
    printf("faults, %s, sync mode %s: %" PRIu64 " calls, %" PRIu64 " cases, %" PRIu64
           " reported an error, %" PRIu64 " of these handles went on; %" PRIu64 " failures\n",
           what, mode, result->calls, result->cases, result->errors, result->went_on,
           result->failures);
    fflush(stdout);
    return result->failures;
}

static uint64_t run_full_disks(int mode, uint64_t seed) {
    uint64_t failures = 0;
    for (uint64_t i = 0; i < 2; i++) {
        struct full_disk_plan small = {seed + i, mode, 100, 16000},
                              large = {seed + i, mode, 9000, 400};
        failures += (uint64_t)full_disk_run(&small) + (uint64_t)full_disk_run(&large);
    }
    printf("full disks, sync mode %s: %" PRIu64 " failures\n", mode_names[mode], failures);
    return failures;
}

int main(int argc, char **argv) {
    struct driver driver = driver_arguments(argc, argv, 1000);
    uint64_t failures = 0;
    double start = seconds_now();
    for (int mode = 0; mode < 5; mode++) {
        struct fault_plan plan = {.seed = driver.seed, .sync_mode = mode, .cases = driver.n};
        struct fault_result result = fault_run_system_calls(&plan);
        failures += report("system calls", mode_names[mode], &result);
        result = fault_run_allocations(&plan);
        failures += report("allocations", mode_names[mode], &result);
        plan.threads = true;
        result = fault_run_system_calls(&plan);
        failures += report("system calls beside threads", mode_names[mode], &result);
        plan.threads = false;
        plan.tight_seed = driver.seed * 15 + (uint64_t)mode * 3 + 2;
        result = fault_run_system_calls(&plan);
        failures += report("system calls within tiny budgets", mode_names[mode], &result);
        result = fault_run_allocations(&plan);
        failures += report("allocations within tiny budgets", mode_names[mode], &result);
        failures += run_full_disks(mode, driver.seed);
    }
    printf("faults: %" PRIu64 " failures; %.1f s\n", failures, seconds_now() - start);
    return failures > 0;
}
