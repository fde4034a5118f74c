/* writer_lock.c - see writer_lock.h. */
#include "writer_lock.h"

#include <time.h>

#include "../error.h"

/* A commit that does not wait for the disk takes some microseconds; sleeping and waking take ten times that. So one who
 * comes meanwhile looks a while before it sleeps, about as long. */
#define LOOKS 400u

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

static bool try_as(struct writer_lock *lock, int held) {
    int expected = 0;
    return atomic_compare_exchange_strong(&lock->state, &expected, held);
}

bool writer_lock_try(struct writer_lock *lock) { return try_as(lock, WRITER_HELD); }

bool writer_lock_try_upkeep(struct writer_lock *lock) {
    return try_as(lock, WRITER_HELD | WRITER_UPKEEP);
}

/* Takes the free lock, or leaves word that somebody waits. */
static bool take_or_ask(struct writer_lock *lock, int held) {
    int seen = atomic_load(&lock->state);
    while (!atomic_compare_exchange_weak(&lock->state, &seen,
                                         (seen == 0 ? held : seen) | WRITER_WAITED))
        ;
    return seen == 0;
}

static struct timespec moment_in(struct writer_lock *lock, uint32_t ms) {
    return os_moment(os_monotonic_us(lock->os) + (uint64_t)ms * 1000);
}

/* Waits on the condition, whose clock is the monotonic one, until the lock is ours or time is up and
 * a transaction has it. Upkeep is nobody's transaction and short: its end is always waited for. */
static bool wait_for_it(struct writer_lock *lock, uint32_t timeout_ms, int held) {
    struct timespec until = moment_in(lock, timeout_ms);
    bool taken;
    pthread_mutex_lock(&lock->mutex);
    while (!(taken = take_or_ask(lock, held))) {
        if (pthread_cond_timedwait(&lock->freed, &lock->mutex, &until) == 0) continue;
        if ((taken = take_or_ask(lock, held))) break;
        if (!(atomic_load(&lock->state) & WRITER_UPKEEP)) break;
        until = moment_in(lock, 1);
    }
    pthread_mutex_unlock(&lock->mutex);
    return taken;
}

static inline void processor_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

/* Not in front of those who sleep already. */
static bool look_for_it(struct writer_lock *lock, int held) {
    for (uint32_t i = 0; i < LOOKS; i++) {
        int seen = atomic_load_explicit(&lock->state, memory_order_relaxed);
        if (seen == 0 && try_as(lock, held)) return true;
        if (seen & WRITER_WAITED) return false;
        processor_pause();
    }
    return false;
}

static void owner_set(struct writer_lock *lock, uintptr_t owner) {
    atomic_store_explicit(&lock->owner, owner, memory_order_relaxed);
}

bool writer_lock_take(struct writer_lock *lock, uint32_t timeout_ms, bool thread_bound) {
    if (!writer_lock_try(lock)) {
        if (writer_lock_mine(lock)) return false;
        if (!look_for_it(lock, WRITER_HELD) && !wait_for_it(lock, timeout_ms, WRITER_HELD)) return false;
    }
    owner_set(lock, thread_bound ? (uintptr_t)&thread_mark : 0);
    return true;
}

bool writer_lock_take_upkeep(struct writer_lock *lock, uint32_t timeout_ms) {
    if (writer_lock_try_upkeep(lock)) return true;
    return !writer_lock_mine(lock) && wait_for_it(lock, timeout_ms, WRITER_HELD | WRITER_UPKEEP);
}

void writer_lock_give(struct writer_lock *lock) {
    owner_set(lock, 0);
    if (!(atomic_exchange(&lock->state, 0) & WRITER_WAITED)) return;
    pthread_mutex_lock(&lock->mutex);
    pthread_cond_signal(&lock->freed);
    pthread_mutex_unlock(&lock->mutex);
}
