/*
 * fault.h - fails every system call and every allocation of a scenario, one at a time.
 *
 * A session that touches everything runs once to count its calls, then again for each call and
 * each kind of failure. After each (E7): no crash, a sensible error code, the last committed state
 * readable on the same handle when the fault was transient, and everything right after a reopen
 * without the fault. Interruptions and short transfers must not be noticed at all.
 *
 * One thread at a time; runs are functions of their seeds.
 */
#ifndef FERRITE_TESTS_FAULT_H
#define FERRITE_TESTS_FAULT_H

#include <stdbool.h>
#include <stdint.h>

struct fault_plan {
    uint64_t seed;
    int sync_mode;
    uint64_t cases; /* at most; spread evenly over all. 0: all */
    bool threads;   /* checkpoints in the background: not for allocations, and seeds repeat less */
    uint64_t tight_seed; /* of tiny budgets (tight.h); 0: none */
};

struct fault_result {
    uint64_t calls;    /* of the scenario */
    uint64_t cases;    /* run */
    uint64_t errors;   /* cases in which the library reported the failure */
    uint64_t went_on;  /* of those: the same handle took writes again */
    uint64_t failures; /* each was told on standard error */
};

struct fault_result fault_run_system_calls(const struct fault_plan *plan);
struct fault_result fault_run_allocations(const struct fault_plan *plan);

#endif
