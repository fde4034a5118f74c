/* kill_main.c - `make kill N= SEED=`: rounds of SIGKILL. */
#include <inttypes.h>

#include "driver.h"
#include "kill.h"
#include "workspace.h"

static uint64_t run(uint64_t seed, uint64_t rounds) {
    struct kill_plan plan = {.seed = seed, .rounds = rounds, .sync_mode = -1};
    double start = seconds_now();
    struct kill_result result = kill_run(&plan);
    printf("kill -9%s: %" PRIu64 " rounds, %" PRIu64 " groups of keys, %" PRIu64
           " kept without acknowledgement, %" PRIu64 " members evicted; %" PRIu64
           " failures; %.1f s\n",
           seed % 2 ? " within tiny budgets" : "", result.rounds, result.acknowledged,
           result.unacknowledged_kept, result.members_evicted, result.failures,
           seconds_now() - start);
    fflush(stdout);
    return result.failures;
}

/* Seeds are even and odd in turn: budgets of kill.h. */
int main(int argc, char **argv) {
    struct driver driver = driver_arguments(argc, argv, 200);
    uint64_t failures = run(driver.seed, (driver.n + 1) / 2);
    if (driver.n > 1) failures += run(driver.seed + 1, driver.n / 2);
    return failures > 0;
}
