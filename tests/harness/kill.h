/*
 * kill.h - kills a writing process again and again and looks at what it leaves.
 *
 * Each round a child opens the same, growing file; several threads commit groups of keys, by
 * transaction, batch or single writes, and note in shared memory what they began and what was
 * acknowledged. After a random time the child gets SIGKILL. A second child then opens the file
 * and requires (E1, E2) that each thread's acknowledged groups are all there, at most the one
 * begun besides, none in part, and nothing that was rolled back. Half of the time this second
 * child ends without closing, so that recoveries follow on recoveries. Runs of odd seeds are within tiny
 * budgets whose policies evict keys with an expiry, which all but the heads then have: these may
 * be missing, and must not be other or older than they should.
 *
 * One run at a time per process, and no other threads in it (it forks).
 */
#ifndef FERRITE_TESTS_KILL_H
#define FERRITE_TESTS_KILL_H

#include <stdint.h>

struct kill_plan {
    uint64_t seed;
    uint64_t rounds;
    int sync_mode; /* a ferrite_sync_mode; -1: another one each round */
};

struct kill_result {
    uint64_t rounds, acknowledged, unacknowledged_kept;
    uint64_t members_evicted; /* how often a look missed one */
    uint64_t failures; /* each was told on standard error */
};

struct kill_result kill_run(const struct kill_plan *plan);

#endif
