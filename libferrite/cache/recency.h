/*
 * recency.h - how lately, or how often, each key was used: what eviction by LRU and LFU goes by.
 *
 * A table of marks, found by a seeded hash of logical database and key. A bucket is one line of the
 * processor's cache: 16 slots of 4 bytes, each a tag (16 bits of the hash) and a mark:
 *
 *   LRU   the tick of the last use. A tick is so many uses that a thousand of them are about one
 *         use for each key; marks older than 32,768 ticks are forgotten
 *   LFU   8 bits: the minute of the last change, 8 bits: a logarithmic count of uses, as Redis
 *         counts: from 5 up with a probability of 1 / ((count - 5) * 10 + 1), down 1 a minute
 *
 * A full bucket gives its coldest mark up. A key without a mark counts as colder than any with one.
 * The table doubles in place when three quarters of its slots would be taken; a mark stays in the
 * bucket that it had before until its key is used again, or the table has grown RECENCY_FORMERS times more: what
 * was not used since is colder than nearly all others, and is as well without a mark.
 *
 * Called by the types layer (uses, choice of victims) and by the hot cache's hits. Threads: any, no
 * locks; marks are single relaxed stores, of which a few may get lost between threads.
 * recency_reserve is for whoever holds the writer lock, recency_done for the last one.
 */
#ifndef FERRITE_CACHE_RECENCY_H
#define FERRITE_CACHE_RECENCY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "../os/os.h"

enum recency_kind { RECENCY_LRU = 0, RECENCY_LFU };

#define RECENCY_SLOTS 16u /* of a bucket: 64 bytes */
#define RECENCY_MOMENTS 64u
#define RECENCY_FORMERS 3u

struct recency_clock {
    int64_t (*now_ms)(void *ctx);
    void *ctx;
};

struct recency {
    _Atomic uint32_t *slots;
    _Atomic uint32_t mask;    /* buckets - 1 */
    _Atomic uint32_t formers[RECENCY_FORMERS]; /* what it was before, the latest first; at first the same */
    _Atomic uint32_t stride;  /* uses by one thread before it tells the others */
    _Atomic uint16_t now;     /* LRU: the tick as a mark; LFU: the minute, modulo 256 */
    _Atomic int kind;         /* enum recency_kind */
    uint64_t seed;
    char apart[64]; /* above: read with each use; below: changed now and then */

    struct os *os;
    struct recency_clock clock;
    uint64_t reserved;          /* bytes of address range */
    _Atomic uint32_t pending;   /* strides since the last tick */
    _Atomic uint32_t per_tick;  /* strides of a tick */
    atomic_flag busy;           /* whoever sets it turns the clock */
    /* Under `busy`: */
    _Atomic uint64_t ticks;     /* LRU: since it was made; marks are ticks modulo 65535, plus 1 */
    uint32_t swept;             /* slots below this were looked at in this round of forgetting */
    int64_t minute;             /* LFU */
    /* Which tick it was when, ever farther apart into the past: for recency_idle_ms. */
    uint32_t moment_count;
    struct {
        uint64_t tick;
        int64_t ms;
    } moments[RECENCY_MOMENTS];
};

int recency_init(struct recency *recency, struct os *os, enum recency_kind kind,
                 const struct recency_clock *clock);
void recency_done(struct recency *recency);

/* Sees to it that `keys` keys have room. Cheap when they have. */
void recency_reserve(struct recency *recency, uint64_t keys);
/* Starts anew in the other way of counting, if it is another. */
void recency_switch(struct recency *recency, enum recency_kind kind);

/* Bytes of the table. */
static inline uint64_t recency_bytes(const struct recency *recency) {
    return (atomic_load_explicit(&recency->mask, memory_order_relaxed) + 1ull) * RECENCY_SLOTS *
           sizeof(uint32_t);
}

static inline uint64_t recency_mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static inline uint64_t recency_hash_seeded(uint64_t seed, uint32_t db, const void *key, size_t len) {
    const unsigned char *at = key;
    uint64_t word, hash = recency_mix(seed ^ (uint64_t)db << 32, len);
    for (; len >= sizeof word; at += sizeof word, len -= sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = recency_mix(hash, word);
    }
    word = 0;
    for (size_t i = 0; i < len; i++) word |= (uint64_t)at[i] << 8 * i;
    return recency_mix(recency_mix(hash, word), seed);
}

static inline uint64_t recency_hash(const struct recency *recency, uint32_t db, const void *key,
                                    size_t len) {
    return recency_hash_seeded(recency->seed, db, key, len);
}

/* The key was read or written. */
void recency_note(struct recency *recency, uint64_t hash);
/* The key is gone: the next one of this name begins as new. */
void recency_forget(struct recency *recency, uint64_t hash);

/* For comparing: higher is warmer, and stays so as time goes on. RECENCY_UNKNOWN, lower than all
 * others, without a mark. */
#define RECENCY_UNKNOWN 0u
uint64_t recency_warmth(const struct recency *recency, uint64_t hash);

/* Soon it will be asked how warm the key is: the processor fetches the bucket meanwhile. */
static inline void recency_prefetch(const struct recency *recency, uint64_t hash) {
    const uint32_t mask = atomic_load_explicit(&recency->mask, memory_order_relaxed);
    __builtin_prefetch((const void *)&recency->slots[(size_t)((uint32_t)hash & mask) * RECENCY_SLOTS]);
}

/* LRU: time since the last use; without a mark since the table was made. */
int64_t recency_idle_ms(struct recency *recency, uint64_t hash);
/* LFU: the count as it is now; 0 without a mark. */
unsigned recency_count(const struct recency *recency, uint64_t hash);

#endif
