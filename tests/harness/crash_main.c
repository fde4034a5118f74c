/*
 * crash_main.c - `make crash N= SEED=`: power cuts. `crash replay SESSION MODE POINT IMAGE`
 * looks again at one image and prints the trace that led to it.
 */
#include <inttypes.h>
#include <string.h>

#include "driver.h"
#include "powercut.h"
#include "workspace.h"

static int replay(char **argv) {
    struct powercut_result result =
        powercut_replay(strtoull(argv[0], NULL, 10), atoi(argv[1]), strtoull(argv[2], NULL, 10),
                        strtoull(argv[3], NULL, 10));
    return result.failures > 0;
}

int main(int argc, char **argv) {
    if (argc == 6 && strcmp(argv[1], "replay") == 0) return replay(argv + 2);
    struct driver driver = driver_arguments(argc, argv, 5000);
    struct powercut_plan plan = {
        .seed = driver.seed, .images = driver.n, .sync_mode = -1, .failures_max = 3};
    double start = seconds_now();
    struct powercut_result result = powercut_run(&plan);
    printf("the sessions wrote %" PRIu64 " meta pages; the log grew %" PRIu64
           " times and began again %" PRIu64 " times; %" PRIu64 " bytes went through its map\n",
           result.coverage.meta_writes, result.coverage.log_growths, result.coverage.log_wraps,
           result.coverage.bytes_mapped);
    printf("power cuts: %" PRIu64 " images (%" PRIu64
           " of them cut again after a recovery) of %" PRIu64 " sessions, %" PRIu64
           " commits, %" PRIu64 " trace entries, %" PRIu64 " keys evicted, %" PRIu64
           " writes refused; %" PRIu64 " failures; %.1f s\n",
           result.images, result.second_images, result.sessions, result.commits,
           result.trace_entries, result.evicted, result.refused, result.failures,
           seconds_now() - start);
    return result.failures > 0;
}
