/*
 * readers.h - who reads which version: one slot per reading transaction.
 *
 * Entering is one compare-and-swap and one check, leaving one store: no lock, no system call. A slot
 * belongs to the transaction, not to its thread. The table grows by chunks and never shrinks.
 * Any thread may enter and leave; readers_oldest is for the writer.
 */
#ifndef FERRITE_READERS_H
#define FERRITE_READERS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#define READER_CHUNK 64
#define READER_CHUNKS_MAX 4096

struct reader_slot {
    _Atomic uint64_t version; /* 0: free, else no page of this or a later version may be reused */
    uint64_t pad[7];          /* one slot a cache line */
};

struct readers {
    _Atomic(struct reader_slot *) chunks[READER_CHUNKS_MAX];
    _Atomic uint32_t used; /* slots below this exist */
    _Atomic uint32_t high; /* slots below this were ever taken: what the writer looks at */
    pthread_mutex_t grow;
};

int readers_init(struct readers *readers);
void readers_done(struct readers *readers);

/* Registers at the version that *published names when the check succeeds. NULL without memory. */
struct reader_slot *reader_enter(struct readers *readers, const _Atomic uint64_t *published);

static inline void reader_leave(struct reader_slot *slot) {
    atomic_store_explicit(&slot->version, 0, memory_order_release);
}

/* The oldest version in use, UINT64_MAX when there is no reader. Full fence first. */
uint64_t readers_oldest(struct readers *readers);
uint32_t readers_count(struct readers *readers);

#endif
