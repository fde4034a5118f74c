/* model_main.c - `make model N= SEED=`: sequences against the model. */
#include <inttypes.h>

#include "driver.h"
#include "model.h"
#include "workspace.h"

int main(int argc, char **argv) {
    struct driver driver = driver_arguments(argc, argv, 100);
    struct model_plan plan = {.seed = driver.seed, .sequences = driver.n};
    double start = seconds_now();
    struct model_result result = model_run(&plan);
    printf("model: %" PRIu64 " sequences, %" PRIu64 " steps, %" PRIu64 " keys evicted, %" PRIu64
           " writes refused; %" PRIu64 " failures; %.1f s\n",
           result.sequences, result.steps, result.evicted, result.refused, result.failures,
           seconds_now() - start);
    return result.failures > 0;
}
