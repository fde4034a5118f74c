/*
 * evict_internal.h - what the files of eviction share: the policies (evict.c), the pool of samples (evict_pool.c),
 * leaves that are emptied (evict_leaf.c). Not for others.
 */
#ifndef FERRITE_TYPES_EVICT_INTERNAL_H
#define FERRITE_TYPES_EVICT_INTERNAL_H

#include "../cache/recency.h"
#include "evict.h"

static inline bool evict_is_volatile(int policy) { return policy >= FERRITE_EVICT_VOLATILE_LRU; }

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
/* The key of the entry with this rank, likewise. */
int evict_at_rank(struct keyspace *ks, bool by_time, bool expiring, uint64_t rank,
                  const struct evict_listener *listener, bool *done);

/* For comparing; `birth`: of the key's leaf. */
uint64_t evict_warmth(const struct keyspace *ks, ferrite_slice key, uint64_t birth);

/* evict_pool.c: the coldest of samples. */
int evict_coldest(struct evictor *evictor, struct keyspace *ks, bool by_time,
                  const struct evict_listener *listener, bool *done);
void evict_pool_clear(struct evictor *evictor);

#endif
