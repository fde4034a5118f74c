/*
 * counters.h - counts that every read raises, and that no two threads fight for.
 *
 * A thread counts in a stripe of its own, a line of the processor's cache that no other thread writes; while there are
 * COUNTER_STRIPES threads and more, the latest share the last one. A thread that ends leaves its stripe to another. Sums are
 * exact once the threads are done. Any thread.
 */
#ifndef FERRITE_CACHE_COUNTERS_H
#define FERRITE_CACHE_COUNTERS_H

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>

enum counter {
    COUNT_CACHE_HITS,   /* keys found in the hot cache */
    COUNT_CACHE_MISSES, /* keys looked for there in vain */
    COUNT_OFFERS,       /* strings offered to it before there was one */
    COUNT_MISTAKEN,     /* of the misses: keys that were not looked for, and were there */
    COUNT_RUN,          /* keys looked for in vain since one was found: of the calling thread, no sum */
    COUNTERS = 8        /* a line */
};

#define COUNTER_STRIPES 32u

struct counter_stripe {
    _Atomic uint64_t count[COUNTERS];
};
static_assert(sizeof(struct counter_stripe) == 64, "a stripe is a line of the processor's cache");

struct counters {
    struct counter_stripe room[COUNTER_STRIPES + 1]; /* the stripes begin at the first whole line */
};

static inline struct counter_stripe *counters_stripes(const struct counters *counters) {
    return (struct counter_stripe *)(((uintptr_t)counters + 63) & ~(uintptr_t)63);
}

/* The calling thread's stripe: for life, whatever it counts. */
extern _Thread_local uint32_t counters_thread; /* stripe + 1; 0: it has none yet */
uint32_t counters_thread_begin(void);
static inline uint32_t counters_stripe(void) {
    return counters_thread != 0 ? counters_thread - 1 : counters_thread_begin();
}

static inline void counters_add(struct counters *counters, enum counter which) {
    uint32_t stripe = counters_stripe();
    _Atomic uint64_t *count = &counters_stripes(counters)[stripe].count[which];
    if (__builtin_expect(stripe == COUNTER_STRIPES - 1, 0))
        atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
    else
        atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1,
                              memory_order_relaxed);
}

/* What the calling thread counted (or, beyond the stripes, its group). */
static inline uint64_t counters_own(const struct counters *counters, enum counter which) {
    return atomic_load_explicit(&counters_stripes(counters)[counters_stripe()].count[which],
                                memory_order_relaxed);
}

/* That from zero again. */
static inline void counters_own_reset(struct counters *counters, enum counter which) {
    _Atomic uint64_t *count = &counters_stripes(counters)[counters_stripe()].count[which];
    if (atomic_load_explicit(count, memory_order_relaxed) != 0)
        atomic_store_explicit(count, 0, memory_order_relaxed);
}

uint64_t counters_sum(const struct counters *counters, enum counter which);
void counters_reset(struct counters *counters); /* what is counted meanwhile may be lost */

#endif
