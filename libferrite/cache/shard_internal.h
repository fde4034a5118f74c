/*
 * shard_internal.h - what the files of a shard share: looking (shard.c), changing (shard_put.c), growing and
 * shrinking (shard_size.c). Not for others.
 */
#ifndef FERRITE_CACHE_SHARD_INTERNAL_H
#define FERRITE_CACHE_SHARD_INTERNAL_H

#include "shard.h"

/* gcc's thread sanitizer knows no fences, and needs none: each of its atomics is a call. */
#ifdef __SANITIZE_THREAD__
#define SHARD_FENCE(order) atomic_signal_fence(order)
#else
#define SHARD_FENCE(order) atomic_thread_fence(order)
#endif

/* Eight bits of the hash that choose neither shard nor, in most tables, bucket; never 0. */
static inline uint8_t hash_tag(uint64_t hash) {
    uint8_t tag = (uint8_t)(hash >> 40);
    return tag != 0 ? tag : 0x80;
}

static inline struct bucket *bucket_of(const struct shard *shard, uint64_t hash) {
    return &shard->buckets[hash & atomic_load_explicit(&shard->mask, memory_order_relaxed)];
}

struct slot {
    struct bucket *bucket;
    uint32_t index;
    entry_word *entry;
};

/* ---- for those who change; the lock is held ---- */

void shard_lock(struct shard *shard);
static inline bool shard_lock_try(struct shard *shard) {
    uint32_t unlocked = 0;
    return atomic_load_explicit(&shard->lock, memory_order_relaxed) == 0 &&
           atomic_compare_exchange_strong_explicit(&shard->lock, &unlocked, 1, memory_order_acquire,
                                                   memory_order_relaxed);
}
static inline void shard_unlock(struct shard *shard) {
    atomic_store_explicit(&shard->lock, 0, memory_order_release);
}

/* Around each change. Readers that see one of its stores see the odd number too. */
static inline void change_begin(struct shard *shard) {
    uint64_t seq = atomic_load_explicit(&shard->seq, memory_order_relaxed);
    atomic_store_explicit(&shard->seq, seq + 1, memory_order_relaxed);
    SHARD_FENCE(memory_order_release);
}
static inline void change_end(struct shard *shard) {
    uint64_t seq = atomic_load_explicit(&shard->seq, memory_order_relaxed);
    atomic_store_explicit(&shard->seq, seq + 1, memory_order_release);
}

/* Only holders of the lock store these. */
static inline uint64_t count_get(const _Atomic uint64_t *count) {
    return atomic_load_explicit(count, memory_order_relaxed);
}
static inline void count_add(_Atomic uint64_t *count, uint64_t by) {
    atomic_store_explicit(count, count_get(count) + by, memory_order_relaxed);
}

static inline bool slot_stale(const struct slot *slot) {
    return entry_load(slot->entry + 1) & ENTRY_STALE_BIT;
}

/* The slot is free afterwards; its entry stays in the ring, dead. */
static inline void slot_free(struct shard *shard, const struct slot *slot) {
    if (slot_stale(slot)) count_add(&shard->stale, (uint64_t)-1);
    bucket_tag_set(slot->bucket, slot->index, 0);
    count_add(&shard->slots, (uint64_t)-1);
}

static inline uint64_t table_bytes(const struct shard *shard) {
    return ((uint64_t)bucket_load(&shard->mask) + 1) * sizeof(struct bucket);
}
/* With the large pages that it will double into. */
static inline uint64_t table_memory(const struct shard *shard) {
    const uint64_t bytes = table_bytes(shard);
    return bytes > shard->table_large ? bytes : shard->table_large;
}

/* After each change of table or ring. */
static inline void bytes_update(struct shard *shard) {
    atomic_store_explicit(&shard->bytes, table_memory(shard) + shard->ring.high * 8,
                          memory_order_relaxed);
}

/* shard_size.c: doubles the table when it is too full and the budget has room. */
void table_consider(struct shard *shard);

/* ---- the next large page: a piece that is full, or in larger shards one that will be soon ---- */

#define ENTRIES_BUCKET   6u         /* on average at most: of twelve slots; few then overflow */
#define RING_AHEAD_FROM  (4u << 20) /* bytes of ring, */
#define TABLE_AHEAD_FROM (1u << 20) /* of table: with some ten times as much of ring */

static inline bool ring_is_ahead(const struct shard *shard) {
    return shard->ring_large >= RING_AHEAD_FROM &&
           shard->ring_large + OS_LARGE_PAGE <= shard->ring.limit * 8;
}
static inline bool ring_can_enlarge(const struct shard *shard) {
    const uint64_t used = (shard->ring.wrapped ? shard->ring.high : shard->ring.head) * 8;
    const uint64_t ahead = ring_is_ahead(shard) ? OS_LARGE_PAGE + OS_LARGE_PAGE / 2 : 0;
    return used + ahead >= shard->ring_large + OS_LARGE_PAGE;
}

/* Three quarters of the entries are there for which it doubles. */
static inline bool table_is_ahead(const struct shard *shard) {
    const uint64_t bytes = table_bytes(shard);
    return bytes >= TABLE_AHEAD_FROM && shard->table_large < 2 * bytes &&
           2 * bytes <= shard->budget / 2 &&
           count_get(&shard->slots) * sizeof(struct bucket) > bytes / 4 * 3 * ENTRIES_BUCKET &&
           count_get(&shard->bytes) + OS_LARGE_PAGE <= shard->budget;
}
static inline bool table_can_enlarge(const struct shard *shard) {
    return table_bytes(shard) >= shard->table_large + OS_LARGE_PAGE || table_is_ahead(shard);
}

#endif
