/*
 * writer_lock.h - the right to write, held by one transaction at a time.
 *
 * A lock of our own because a transaction may end on another thread than it began on (Go, Node),
 * which a pthread mutex forbids, and because waiting has a limit. Taking and giving a free lock is
 * one atomic operation each. Any thread.
 */
#ifndef FERRITE_WRITER_LOCK_H
#define FERRITE_WRITER_LOCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "../os/os.h"

enum writer_state {
    WRITER_HELD = 1,
    WRITER_WAITED = 2, /* somebody may wait for it */
    WRITER_UPKEEP = 4  /* by the engine itself, for a moment: a checkpoint's ends, freeing, moving pages */
};

struct writer_lock {
    _Atomic int state; /* 0: free; else of enum writer_state */
    _Atomic uintptr_t owner; /* the holder's thread mark, 0 when not bound to a thread */
    pthread_mutex_t mutex;
    pthread_cond_t freed;
    struct os *os;
};

int writer_lock_init(struct writer_lock *lock, struct os *os);
void writer_lock_done(struct writer_lock *lock);

/* False when timeout_ms went by and a transaction still holds it, or at once when this thread holds the
 * lock itself, bound. What the engine does for itself is waited for however short the timeout is: a
 * program that never waits for others would otherwise fail now and then for no reason it could see. */
bool writer_lock_take(struct writer_lock *lock, uint32_t timeout_ms, bool thread_bound);
bool writer_lock_try(struct writer_lock *lock);
bool writer_lock_take_upkeep(struct writer_lock *lock, uint32_t timeout_ms);
bool writer_lock_try_upkeep(struct writer_lock *lock);
void writer_lock_give(struct writer_lock *lock);

/* Whether somebody may be waiting for it; for its holder. */
static inline bool writer_lock_wanted(struct writer_lock *lock) {
    return atomic_load_explicit(&lock->state, memory_order_relaxed) & WRITER_WAITED;
}

/* Its holder's transaction turns out to be upkeep. */
static inline void writer_lock_mark_upkeep(struct writer_lock *lock) {
    atomic_fetch_or_explicit(&lock->state, WRITER_UPKEEP, memory_order_relaxed);
}

/* True when the calling thread took the lock bound to itself. */
bool writer_lock_mine(struct writer_lock *lock);

#endif
