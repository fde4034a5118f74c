/*
 * powercut.h - cuts the power at every point of random sessions and looks at what is left.
 *
 * A session runs on the recording os. From its trace, disks are rebuilt as a power cut may leave
 * them (sim_os.h says which). Each must open, hold the state after a prefix of the commits (E2)
 * that includes all that the sync mode promised (E1), and pass the database's own check.
 * Some of the images are used further by a short recorded session of their own, whose trace -
 * the recovery first - is cut in the same way.
 *
 * One thread at a time; a run is a function of its seed, unless the session uses threads.
 */
#ifndef FERRITE_TESTS_POWERCUT_H
#define FERRITE_TESTS_POWERCUT_H

#include <stdint.h>

struct powercut_plan {
    uint64_t seed;
    uint64_t images;       /* to look at, all together */
    int sync_mode;         /* a ferrite_sync_mode; -1: every one in turn */
    unsigned failures_max; /* stop after so many; 0: 1 */
};

struct powercut_result {
    uint64_t sessions, images, second_images, commits, trace_entries;
    uint64_t evicted, refused; /* keys that went, writes that were refused, for a bound's sake */
    uint64_t failures; /* each was told on standard error */
    struct powercut_coverage {
        uint64_t meta_writes; /* checkpoints, opens and closes write a meta page */
        uint64_t log_wraps;   /* the log began again at its start */
        uint64_t log_growths;
        uint64_t bytes_mapped; /* written into the log through its map */
    } coverage;                /* what the sessions did */
};

struct powercut_result powercut_run(const struct powercut_plan *plan);

/* Looks again at one image that a run reported, with the trace printed up to it. */
struct powercut_result powercut_replay(uint64_t session_seed, int sync_mode, uint64_t point,
                                       uint64_t image_seed);

#endif
