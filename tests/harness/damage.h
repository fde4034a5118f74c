/*
 * damage.h - damages the files of databases and uses them nevertheless.
 *
 * Each seeded mutation (mutation.h) is applied to a copy of one of a few databases - cleanly
 * closed, or left by a killed process with much or little in its log - and probed (probe.h) in a
 * child with a time limit. Right data or a clear error; never a crash, a hang, or wrong data.
 *
 * One run at a time per process, and no other threads in it (it forks).
 */
#ifndef FERRITE_TESTS_DAMAGE_H
#define FERRITE_TESTS_DAMAGE_H

#include <stdint.h>

struct damage_plan {
    uint64_t seed; /* mutation i of a run is that of seed + i */
    uint64_t mutations;
    unsigned failures_max; /* stop after so many; 0: 1 */
};

struct damage_result {
    uint64_t mutations, unharmed, reported; /* all right; answered by errors where it mattered */
    uint64_t failures;                      /* each was told on standard error */
};

struct damage_result damage_run(const struct damage_plan *plan);

#endif
