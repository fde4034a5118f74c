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

/* After each change of table or ring. */
static inline void bytes_update(struct shard *shard) {
    uint64_t buckets = (uint64_t)bucket_load(&shard->mask) + 1;
    atomic_store_explicit(&shard->bytes, buckets * sizeof(struct bucket) + shard->ring.high * 8,
                          memory_order_relaxed);
}

/* shard_size.c: doubles the table when it is too full and the budget has room. */
void table_consider(struct shard *shard);
static inline uint64_t table_bytes(const struct shard *shard) {
    return ((uint64_t)bucket_load(&shard->mask) + 1) * sizeof(struct bucket);
}

static inline bool ring_can_enlarge(const struct shard *shard) {
    return shard->ring.high * 8 >= shard->ring_large + OS_LARGE_PAGE;
}
static inline bool table_can_enlarge(const struct shard *shard) {
    return table_bytes(shard) >= shard->table_large + OS_LARGE_PAGE;
}

#endif
