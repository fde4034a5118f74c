/*
 * cache.h - the hot cache of one open database: copies of small strings, so that reading them again walks no tree,
 * begins no transaction and takes no lock.
 *
 *   cache ──> shards, by the high bits of the key's hash (shard.h)
 *        └──> counters, notes of the running write transaction
 *
 * It comes into being with the first reads that could have used it: a database that is opened, asked a
 * few times and closed pays nothing. Without memory for it there is none, and nothing else changes.
 *
 * Who calls what
 *   readers of root handles   cache_get, and after a look into the tree cache_put
 *   mutate_log (types)        cache_note_*: what the write transaction touches
 *   the engine, at commit     cache_on_commit: that is expelled before the version can be seen
 *   its background thread     cache_errand
 *
 * Snapshots and transactions do not use it. Threads: any, but for the notes and cache_on_commit, which
 * are for the holder of the writer lock, and init and done.
 */
#ifndef FERRITE_CACHE_CACHE_H
#define FERRITE_CACHE_CACHE_H

#include <pthread.h>
#include <stdatomic.h>

#include "counters.h"
#include "entry.h"
#include "key_hash.h"
#include "notes.h"
#include "shard.h"

#define CACHE_SHARDS_MAX 64u

/* Lies at the start of the memory that its shards lie in. */
struct cache_shards {
    uint64_t seed;
    uint64_t len;           /* of the memory */
    uint32_t count;         /* a power of two */
    _Atomic uint64_t floor; /* nothing from an older version is taken in */
    struct shard shard[];   /* chosen by the highest bits of the hash */
};

static inline struct shard *cache_shard(struct cache_shards *shards, uint64_t hash) {
    return &shards->shard[hash >> 58 & (shards->count - 1)];
}

struct cache {
    struct os *os;
    void (*errand_ask)(void *ctx); /* has cache_errand called soon by a thread that nobody waits for; NULL: nobody does */
    void *errand_ctx;
    _Atomic bool errand_asked;
    _Atomic(struct cache_shards *) shards; /* NULL: none yet, or no memory, or off */
    _Atomic uint64_t last_commit;          /* while there are no shards */
    _Atomic bool refused;                  /* there was no memory for them */
    pthread_mutex_t mutex;                 /* making and resizing */
    _Atomic uint64_t budget;               /* bytes, 0: off; changed under the mutex */
    struct notes notes;
    struct counters counters;
};

int cache_init(struct cache *cache, struct os *os, uint64_t budget);
void cache_done(struct cache *cache);

/* Another budget from now on, bytes, 0: none. A smaller one gives memory back. A cache that has come into being can
 * grow to four times the budget that it began with, or 1 GiB. */
void cache_resize(struct cache *cache, uint64_t budget);

/* After so many of a thread's keys that were not there the next is not expected either: it is not looked for before
 * the way to the tree but when it is put in, and its bucket comes from memory meanwhile. */
#define CACHE_RUN 64u

static inline bool cache_misses(struct cache *cache) {
    return counters_own(&cache->counters, COUNT_RUN) >= CACHE_RUN;
}

/* The string at a key. `copy`: value->copy is a block for ferrite_free; if false is answered, what the tree says is
 * offered to cache_put. The caller judges expire_ms, and tells what came of it with cache_count. */
static inline bool cache_get(struct cache *cache, uint32_t db, const void *key, size_t len,
                             bool copy, struct shard_value *value) {
    struct cache_shards *shards = atomic_load_explicit(&cache->shards, memory_order_acquire);
    if (shards == NULL || len > ENTRY_KEY_MAX) return false;
    struct cache_key wanted = {key, (uint32_t)len, (uint8_t)db,
                               key_hash(shards->seed, db, key, len)};
    struct shard *shard = cache_shard(shards, wanted.hash);
    if (copy && cache_misses(cache)) {
        shard_prefetch(shard, wanted.hash);
    } else if (shard_get(shard, &wanted, copy, value) == SHARD_HIT) {
        counters_own_reset(&cache->counters, COUNT_RUN);
        return true;
    }
    counters_add(&cache->counters, COUNT_RUN);
    counters_add(&cache->counters, COUNT_CACHE_MISSES);
    return false;
}
static inline void cache_count(struct cache *cache, bool hit) {
    counters_add(&cache->counters, hit ? COUNT_CACHE_HITS : COUNT_CACHE_MISSES);
}

/* The string of a key as version `txid` of the database has it. Longer ones than the cache takes are left out. */
void cache_put(struct cache *cache, uint32_t db, const void *key, size_t len,
               const struct cache_content *content, uint64_t txid);
/* The same by the transaction that wrote it, once it is published: only when the key was in the cache before. */
void cache_renew(struct cache *cache, uint32_t db, const void *key, size_t len,
                 const struct cache_content *content, uint64_t txid);

/* There are shards, or with enough reads there will be: whether to call these two, and cache_get. */
static inline bool cache_is_there(const struct cache *cache) {
    return atomic_load_explicit(&cache->shards, memory_order_relaxed) != NULL;
}
/* The budget: what cache_bytes may become. */
static inline uint64_t cache_bytes_most(const struct cache *cache) {
    return atomic_load_explicit(&cache->budget, memory_order_relaxed);
}
static inline bool cache_is_wanted(const struct cache *cache) { return cache_bytes_most(cache) != 0; }

/* ---- the running write transaction, number `txid` ---- */

static inline void cache_note_key(struct cache *cache, uint64_t txid, uint32_t db, const void *key,
                                  size_t len) {
    struct cache_shards *shards = atomic_load_explicit(&cache->shards, memory_order_acquire);
    if (cache->notes.txid != txid) notes_begin(&cache->notes, txid, shards != NULL);
    if (shards == NULL || len > ENTRY_KEY_MAX) return;
    uint64_t hash = key_hash(shards->seed, db, key, len);
    shard_prefetch(cache_shard(shards, hash), hash);
    notes_add(&cache->notes, hash);
}
/* Any key. `flushed`: what there was is gone, and the memory goes back. */
void cache_note_all(struct cache *cache, uint64_t txid, bool flushed);

/* Version `txid` is committed, and no reader can see it yet. */
void cache_on_commit(void *cache, uint64_t txid);

/* What is not urgent: one step. True: there is more. By one thread at a time. */
bool cache_errand(void *cache);

/* ---- measuring ---- */

struct cache_stats {
    uint64_t bytes;        /* of memory: tables, rings, and the parts of the cache itself */
    uint64_t entries;      /* that a reader could find */
    uint64_t dropped;      /* that had to go to make room */
    uint64_t hits, misses; /* of keys looked for */
    uint64_t answered;     /* hits that needed no look into the tree */
};
void cache_measure(struct cache *cache, struct cache_stats *out);
/* The bytes alone: cheap. */
uint64_t cache_bytes(struct cache *cache);

#endif
