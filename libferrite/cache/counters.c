/* counters.c - see counters.h. */
#include "counters.h"

#include <pthread.h>
#include <stdbool.h>

_Thread_local uint32_t counters_thread;

/* ---- which stripes threads have ---- */

static _Atomic bool taken[COUNTER_STRIPES - 1];
static pthread_key_t ending; /* its value: stripe + 1 */
static bool ending_told;     /* the key is there */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void stripe_give(void *value) {
    counters_thread = 0;
    atomic_store_explicit(&taken[(uintptr_t)value - 1], false, memory_order_release);
}

static void ending_watch(void) { ending_told = pthread_key_create(&ending, stripe_give) == 0; }

/* A library that is unloaded is not there to be told. */
__attribute__((destructor)) static void ending_forget(void) {
    if (ending_told) pthread_key_delete(ending);
}

/* A thread whose end nobody would be told of takes none: it would never come back. */
static uint32_t stripe_take(void) {
    for (uint32_t stripe = 0; stripe < COUNTER_STRIPES - 1; stripe++) {
        bool expected = false;
        if (!atomic_compare_exchange_strong(&taken[stripe], &expected, true)) continue;
        if (pthread_setspecific(ending, (void *)(uintptr_t)(stripe + 1)) == 0) return stripe;
        atomic_store(&taken[stripe], false);
        break;
    }
    return COUNTER_STRIPES - 1;
}

uint32_t counters_thread_begin(void) {
    pthread_once(&once, ending_watch);
    uint32_t stripe = ending_told ? stripe_take() : COUNTER_STRIPES - 1;
    counters_thread = stripe + 1;
    return stripe;
}

/* ---- sums ---- */

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
