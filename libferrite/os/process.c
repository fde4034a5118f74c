/*
 * process.c - what the library knows about the process it lives in. Any thread.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "os.h"

_Atomic uint32_t os_generation;
static pthread_once_t registered = PTHREAD_ONCE_INIT;

static void generation_next(void) {
    atomic_fetch_add_explicit(&os_generation, 1, memory_order_relaxed);
}

static void generation_begin(void) {
    pthread_atfork(NULL, NULL, generation_next); /* without memory for it forks go unnoticed */
    atomic_store_explicit(&os_generation, 1, memory_order_relaxed);
}

uint32_t os_fork_generation_first(void) {
    pthread_once(&registered, generation_begin);
    return atomic_load_explicit(&os_generation, memory_order_relaxed);
}

uint32_t os_pid(void) { return (uint32_t)getpid(); }
