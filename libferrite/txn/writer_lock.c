/* writer_lock.c - see writer_lock.h. */
#include "writer_lock.h"

#include <time.h>

#include "../error.h"

/* The address of a thread-local variable names the thread. */
static _Thread_local char thread_mark;

int writer_lock_init(struct writer_lock *lock, struct os *os) {
    pthread_condattr_t attributes;
    atomic_init(&lock->state, 0);
    atomic_init(&lock->owner, 0);
    lock->os = os;
    if (pthread_condattr_init(&attributes) != 0) return error_nomem();
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int failed = pthread_cond_init(&lock->freed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (failed) return error_nomem();
    if (pthread_mutex_init(&lock->mutex, NULL) != 0) {
        pthread_cond_destroy(&lock->freed);
        return error_nomem();
    }
    return FERRITE_OK;
}

void writer_lock_done(struct writer_lock *lock) {
    pthread_mutex_destroy(&lock->mutex);
    pthread_cond_destroy(&lock->freed);
}

bool writer_lock_mine(struct writer_lock *lock) {
    return atomic_load_explicit(&lock->owner, memory_order_relaxed) == (uintptr_t)&thread_mark;
}

bool writer_lock_try(struct writer_lock *lock) {
    int expected = 0;
    return atomic_compare_exchange_strong(&lock->state, &expected, 1);
}

/* Waits on the condition, whose clock is the monotonic one, until the lock is ours or time is up. */
static bool wait_for_it(struct writer_lock *lock, uint32_t timeout_ms) {
    uint64_t until_us = os_monotonic_us(lock->os) + (uint64_t)timeout_ms * 1000;
    struct timespec until = {(time_t)(until_us / 1000000), (long)(until_us % 1000000) * 1000};
    bool taken = true;
    pthread_mutex_lock(&lock->mutex);
    while (atomic_exchange(&lock->state, 2) != 0) {
        if (pthread_cond_timedwait(&lock->freed, &lock->mutex, &until) == 0) continue;
        taken = atomic_exchange(&lock->state, 2) == 0;
        break;
    }
    pthread_mutex_unlock(&lock->mutex);
    return taken;
}

bool writer_lock_take(struct writer_lock *lock, uint32_t timeout_ms, bool thread_bound) {
    if (!writer_lock_try(lock)) {
        if (writer_lock_mine(lock)) return false;
        if (!wait_for_it(lock, timeout_ms)) return false;
    }
    atomic_store_explicit(&lock->owner, thread_bound ? (uintptr_t)&thread_mark : 0,
                          memory_order_relaxed);
    return true;
}

void writer_lock_give(struct writer_lock *lock) {
    atomic_store_explicit(&lock->owner, 0, memory_order_relaxed);
    if (atomic_exchange(&lock->state, 0) != 2) return;
    pthread_mutex_lock(&lock->mutex);
    pthread_cond_signal(&lock->freed);
    pthread_mutex_unlock(&lock->mutex);
}
