/*
 * evict_internal.h - what the files of eviction share: the policies (evict.c), the pool of samples (evict_pool.c),
 * victims of one leaf (evict_leaf.c). Not for others.
 */
#ifndef FERRITE_TYPES_EVICT_INTERNAL_H
#define FERRITE_TYPES_EVICT_INTERNAL_H

#include "../cache/recency.h"
#include "evict.h"

static inline bool evict_is_volatile(int policy) { return policy >= FERRITE_EVICT_VOLATILE_LRU; }
static inline bool evict_is_by_recency(int policy) {
    return policy == FERRITE_EVICT_ALL_LRU || policy == FERRITE_EVICT_ALL_LFU ||
           policy == FERRITE_EVICT_VOLATILE_LRU || policy == FERRITE_EVICT_VOLATILE_LFU;
}

uint64_t evict_random_below(struct evictor *evictor, uint64_t count);

/* Entries are chosen from the trees of keys or from those by time. All logical databases stand in a row. */
uint64_t evict_count(struct keyspace *ks, bool by_time);
/* The entry of a rank below that count: ks->db becomes its logical database. The cursor is to be ended in any case. */
int evict_seek(struct keyspace *ks, bool by_time, uint64_t rank, struct tree_cursor *cursor);
/* The user's key under the cursor: in the trees by time it stands behind its moment. */
int evict_cursor_key(struct tree_cursor *cursor, bool by_time, ferrite_slice *key);

/* Deletes a key. *done false: there is no such key, it is spared, or it has no expiry of its own where it needs
 * one (`expiring`). */
int evict_key(struct keyspace *ks, ferrite_slice key, bool expiring,
              const struct evict_listener *listener, bool *done);
/* The key of this rank in the trees of keys, likewise. */
int evict_at_rank(struct keyspace *ks, bool expiring, uint64_t rank,
                  const struct evict_listener *listener, bool *done);

/* Of the key under the cursor, as marks of recency are found by it. */
int evict_cursor_hash(const struct keyspace *ks, struct tree_cursor *cursor, bool by_time,
                      uint64_t *hash);
/* For comparing; `birth`: of the key's leaf. */
uint64_t evict_warmth(const struct keyspace *ks, uint64_t hash, uint64_t birth);

/* The leaf that the cursor stands in. */
static inline const struct page *evict_leaf_of(const struct tree_cursor *cursor) {
    return cursor->path[cursor->depth - 1].page;
}
/* Calls `look` for the leaf's entries that are `apart` slots from the cursor's and from each other, with the hashes of
 * their keys; the cursor stands on each meanwhile. */
typedef int (*evict_look)(void *ctx, struct keyspace *ks, struct tree_cursor *cursor, uint64_t hash);
int evict_leaf_look(struct keyspace *ks, struct tree_cursor *cursor, bool by_time, uint32_t apart,
                    evict_look look, void *ctx);
/* The key of this rank went by chance: notes a few of its leaf to go with it, so that all keys are as likely to. */
int evict_leaf_draw(struct evictor *evictor, struct keyspace *ks, uint64_t rank);
/* The key went for its coldness: notes those of its leaf that are cold, too, or as cold as it was. */
int evict_leaf_share(struct evictor *evictor, struct keyspace *ks, ferrite_slice key, uint64_t warmth,
                     bool expiring);

/* evict_pool.c: the coldest of samples. */
int evict_coldest(struct evictor *evictor, struct keyspace *ks, bool by_time,
                  const struct evict_listener *listener, bool *done);
void evict_pool_clear(struct evictor *evictor);
/* Offers the pool some entries of a leaf that a random rank leads to. */
int evict_pool_sample(struct evictor *evictor, struct keyspace *ks, bool by_time);
/* No more than this is cold: about an eighth of all keys are. False: too few were met to know. */
bool evict_cold_most(const struct evictor *evictor, uint64_t *most);
/* What is warmer than this is hot: about an eighth of all keys are. False: too few were met to know. */
bool evict_hot_but(const struct evictor *evictor, uint64_t *most);

#endif
