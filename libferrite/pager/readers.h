/*
 * readers.h - who reads which version: one slot per reading transaction.
 *
 * Entering is one compare-and-swap and one check, leaving one store: no lock, no system call. A slot
 * belongs to the transaction, not to its thread. The table grows by chunks and never shrinks.
 * Any thread may enter and leave; readers_horizon is for the writer.
 */
#ifndef FERRITE_READERS_H
#define FERRITE_READERS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define READER_DETACHED (1ull << 63) /* in a slot: needs pages, but no struct version any more */
#define READER_CHUNK 64
#define READER_CHUNKS_MAX 4096

struct reader_slot {
    _Atomic uint64_t version; /* 0: free, else no page of this or a later version may be reused */
    /* Lookups of keys through this slot, found or not: by its owner alone, so without a lock; a detached one may be
     * shared by threads. */
    _Atomic uint64_t found, missed;
    uint64_t pad[5]; /* one slot a cache line */
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

/* A long-lived reader has copied the version's roots. */
static inline void reader_detach(struct reader_slot *slot) {
    atomic_fetch_or(&slot->version, READER_DETACHED);
}

static inline void reader_count_lookup(struct reader_slot *slot, bool found) {
    _Atomic uint64_t *counter = found ? &slot->found : &slot->missed;
    if (__builtin_expect(atomic_load_explicit(&slot->version, memory_order_relaxed) & READER_DETACHED, 0))
        atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
    else
        atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
                              memory_order_relaxed);
}
/* Of all slots together. */
void readers_lookups(struct readers *readers, uint64_t *found, uint64_t *missed);

/* What readers, present and to come, may still look at. */
#define HORIZON_READERS 32
struct horizon {
    uint64_t published; /* whoever comes now sees this version or a later one */
    uint64_t oldest;    /* of all readers; UINT64_MAX without any */
    uint64_t oldest_attached; /* of those that hold a struct version */
    uint32_t count;     /* readers listed */
    bool complete;      /* all of them are */
    uint64_t versions[HORIZON_READERS];
};

/* Full fence first: a reader not seen here sees all that the caller did before. */
void readers_horizon(struct readers *readers, uint64_t published, struct horizon *out);

/* What becomes of something that readers of versions birth..end-1 can see. */
enum fate {
    FATE_FREE,   /* nobody needs it */
    FATE_WAIT,   /* a reader that will soon be gone may */
    FATE_PINNED, /* a long-lived snapshot does */
};
enum fate horizon_fate_among(const struct horizon *horizon, uint64_t birth, uint64_t end);
static inline enum fate horizon_fate(const struct horizon *horizon, uint64_t birth, uint64_t end) {
    if (end > horizon->published) return FATE_WAIT;
    if (end <= horizon->oldest) return FATE_FREE;
    return horizon_fate_among(horizon, birth, end);
}
uint32_t readers_count(struct readers *readers);

#endif
