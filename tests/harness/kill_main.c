/* kill_main.c - `make kill N= SEED=`: rounds of SIGKILL. */
#include <inttypes.h>

#include "driver.h"
#include "kill.h"
#include "workspace.h"

int main(int argc, char **argv) {
    struct driver driver = driver_arguments(argc, argv, 200);
    struct kill_plan plan = {.seed = driver.seed, .rounds = driver.n, .sync_mode = -1};
    double start = seconds_now();
    struct kill_result result = kill_run(&plan);
    printf("kill -9: %" PRIu64 " rounds, %" PRIu64 " groups of keys, %" PRIu64
           " kept without acknowledgement; %" PRIu64 " failures; %.1f s\n",
           result.rounds, result.acknowledged, result.unacknowledged_kept, result.failures,
           seconds_now() - start);
    return result.failures > 0;
}
