/*
 * shard.h - a part of the hot cache: a table of buckets (bucket.h) over a ring of entries (entry.h, ring.h).
 *
 *   key's hash ── low bits ──> bucket ── tag, slot ──> place in the ring ──> key, value
 *
 * Reading is optimistic: note `seq`, look, copy, and ask whether seq is still the same and even.
 * Nothing that a reader looks at is ever unmapped before the cache is done, and all of it is relaxed atomics, so what
 * it finds meanwhile may be nonsense but is always there. Changes happen under the lock, which readers do
 * not know, with seq odd. So a reader waits for nobody; it gives up, and looks in the tree.
 *
 * Room is made by dropping the oldest entry of the ring, unless it was read since it came: then it
 * is appended once more (second chance). The table doubles as entries come; its bytes and those of the
 * ring together never exceed the budget.
 *
 * Coherence. Every committed transaction makes the entries that it touched stale (shard_expel) before a reader can
 * see its version, and leaves its number in `last_write`. What is put in names the version it was read
 * from, and is refused when that is older than last_write. So no entry is older than any version that a reader may
 * have seen.
 *
 * Called by cache.c. Threads: shard_get any; what changes takes the lock.
 */
#ifndef FERRITE_CACHE_SHARD_H
#define FERRITE_CACHE_SHARD_H

#include "bucket.h"
#include "entry.h"
#include "ring.h"

#include "../os/os.h"

struct shard {
    /* What readers look at: changes seldom. */
    _Alignas(64) _Atomic uint64_t seq; /* odd while something changes */
    _Atomic uint32_t mask;             /* buckets - 1 */
    struct bucket *buckets;
    entry_word *words; /* of the ring */
    /* Under the lock. */
    _Alignas(64) _Atomic uint32_t lock;
    uint32_t turn;       /* of those that would push others out */
    uint64_t last_write; /* the last transaction that touched a key of this shard */
    uint64_t budget;     /* bytes of table and ring */
    uint64_t reserved;   /* the budget can grow to this */
    struct ring ring;
    uint64_t ring_large, table_large; /* bytes at their beginnings that are large pages, or were to be */
    /* Written under the lock, read by anyone. */
    _Atomic uint64_t bytes;   /* memory in use, or made ready */
    _Atomic uint64_t slots;   /* taken, */
    _Atomic uint64_t stale;   /* and of these without a value */
    _Atomic uint64_t dropped; /* entries that had to go to make room */
};

static inline uint64_t round_up(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

/* Address space for a shard whose budget can grow to `reserved` bytes. */
uint64_t shard_footprint(uint64_t reserved);
/* `memory`: so much of it, all zeros. */
void shard_init(struct shard *shard, void *memory, uint64_t reserved, uint64_t budget);

enum shard_answer { SHARD_MISS, SHARD_HIT };

struct shard_value {
    char *copy; /* a block with a NUL behind; only if asked for */
    uint32_t len;
    int64_t expire_ms;
};
/* `copy`: the value is wanted, not only what is known about it. Never waits. */
enum shard_answer shard_get(struct shard *shard, const struct cache_key *key, bool copy,
                            struct shard_value *out);

enum shard_put_answer {
    SHARD_ABSENT = 1, /* it looked, and there was no value of the key */
    SHARD_THERE = 2,  /* there was one */
    SHARD_ERRAND = 4  /* shard_enlarge has something to do */
};
/* Takes a copy in, read from version `txid` of the database. `known`: only when the key's entry became
 * stale, is still there, and was read since it came: what is only ever written is not worth the copy. May
 * do nothing, when others change the shard. The answer: bits of these. */
unsigned shard_put(struct shard *shard, const struct cache_key *key,
                   const struct cache_content *content, uint64_t txid, bool known);

/* Transaction `txid` touched the key of this hash. */
void shard_expel(struct shard *shard, uint64_t hash, uint64_t txid);
/* It touched any key. `discard`: the memory goes back to the system. */
void shard_expel_all(struct shard *shard, uint64_t txid, bool discard);

/* Makes the next part of ring or table one large page: when it is in use from end to end, or in larger shards when it is about
 * to be used. Much of a hit in a large cache is translating addresses, and much of a fill is memory that is touched for
 * the first time. False: there is none. By one thread at a time. */
bool shard_enlarge(struct shard *shard);

/* A smaller budget empties the shard if it holds more. At most `reserved`. */
void shard_resize(struct shard *shard, uint64_t budget);

static inline void shard_prefetch(const struct shard *shard, uint64_t hash) {
    uint32_t mask = atomic_load_explicit(&shard->mask, memory_order_relaxed);
    __builtin_prefetch(&shard->buckets[hash & mask]);
}

#endif
