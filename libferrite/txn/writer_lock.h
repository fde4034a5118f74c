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

struct writer_lock {
    _Atomic int state; /* 0 free, 1 held, 2 held and somebody may wait */
    _Atomic uintptr_t owner; /* the holder's thread mark, 0 when not bound to a thread */
    pthread_mutex_t mutex;
    pthread_cond_t freed;
    struct os *os;
};

int writer_lock_init(struct writer_lock *lock, struct os *os);
void writer_lock_done(struct writer_lock *lock);

/* False when timeout_ms went by, or at once when this thread holds the lock itself, bound. */
bool writer_lock_take(struct writer_lock *lock, uint32_t timeout_ms, bool thread_bound);
bool writer_lock_try(struct writer_lock *lock);
void writer_lock_give(struct writer_lock *lock);

/* Whether somebody may be waiting for it; for its holder. */
static inline bool writer_lock_wanted(struct writer_lock *lock) {
    return atomic_load_explicit(&lock->state, memory_order_relaxed) == 2;
}

/* True when the calling thread took the lock bound to itself. */
bool writer_lock_mine(struct writer_lock *lock);

#endif
