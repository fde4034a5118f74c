/* counters.c - see counters.h. */
#include "counters.h"

_Thread_local uint32_t counters_thread;

uint32_t counters_thread_begin(void) {
    static _Atomic uint32_t threads;
    counters_thread = 1 + atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed);
    if (counters_thread == 0) counters_thread = UINT32_MAX; /* after four billion of them */
    return counters_thread - 1;
}

uint64_t counters_sum(const struct counters *counters, enum counter which) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < COUNTER_STRIPES; i++)
        sum +=
            atomic_load_explicit(&counters_stripes(counters)[i].count[which], memory_order_relaxed);
    return sum;
}

void counters_reset(struct counters *counters) {
    for (uint32_t i = 0; i < COUNTER_STRIPES; i++)
        for (uint32_t which = 0; which < COUNTERS; which++)
            atomic_store_explicit(&counters_stripes(counters)[i].count[which], 0,
                                  memory_order_relaxed);
}
