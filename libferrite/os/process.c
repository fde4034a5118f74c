/*
 * process.c - what the library knows about the process it lives in. Any thread.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "os.h"

static _Atomic uint32_t generation; /* 0 until the first question registers the fork handler */
static pthread_once_t registered = PTHREAD_ONCE_INIT;

static void generation_next(void) {
    atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed);
}

static void generation_begin(void) {
    pthread_atfork(NULL, NULL, generation_next); /* without memory for it forks go unnoticed */
    atomic_store_explicit(&generation, 1, memory_order_relaxed);
}

uint32_t os_fork_generation(void) {
    uint32_t now = atomic_load_explicit(&generation, memory_order_relaxed);
    if (__builtin_expect(now != 0, 1)) return now;
    pthread_once(&registered, generation_begin);
    return atomic_load_explicit(&generation, memory_order_relaxed);
}

uint32_t os_pid(void) { return (uint32_t)getpid(); }
