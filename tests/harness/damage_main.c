/* damage_main.c - `make damage N= SEED=`: mutations of the files. */
#include <inttypes.h>

#include "damage.h"
#include "driver.h"
#include "workspace.h"

int main(int argc, char **argv) {
    struct driver driver = driver_arguments(argc, argv, 2000);
    struct damage_plan plan = {.seed = driver.seed, .mutations = driver.n, .failures_max = 5};
    double start = seconds_now();
    struct damage_result result = damage_run(&plan);
    printf("damage: %" PRIu64 " mutations: %" PRIu64 " unharmed, %" PRIu64 " reported; %" PRIu64
           " failures; %.1f s\n",
           result.mutations, result.unharmed, result.reported, result.failures,
           seconds_now() - start);
    return result.failures > 0;
}
