/*
 * evict.h - the eight policies: which key goes when a bound is reached, and its going.
 *
 *   all keys    random: a random rank of the trees of keys; LRU, LFU: the coldest of samples
 *   volatile    the same among the keys with an expiry of their own, by way of the trees by time;
 *               TTL: the one whose moment comes first
 *
 * Samples are taken from the leaf that a random rank leads to, a few entries all over it, and the
 * coldest that were ever met are kept in a pool until their turn comes, as Redis does. Keys that
 * recency (cache/recency.h) does not know are the coldest, and among them those in the leaves that
 * have not been written for longest: that much survives a restart.
 *
 * Each leaf that a victim is taken from has to be copied, and in a file written. So victims that share one, or in a
 * file stand in one that was written just now, go before others if they are about as cold; and what lacks many pages
 * at once empties leaves (evict_leaf.c).
 *
 * A victim is deleted as any key is, as an effect of the transaction. Called by db_bounds.c; one
 * evictor a database, under the writer lock.
 */
#ifndef FERRITE_TYPES_EVICT_H
#define FERRITE_TYPES_EVICT_H

#include "keyspace.h"

#define EVICT_POOL     16u
#define EVICT_KEY_KEPT 104u /* bytes of a key that lie in the pool; longer ones are allocated */
#define EVICT_MET      16u /* keys met at random that tell what is cold */
#define EVICT_LEAF_SLOTS (PAGE_SIZE / 8) /* more than any leaf has */

struct evict_candidate {
    uint64_t warmth; /* as it was met: with a mark EVICT_MARKED and more, else its leaf's birth */
    uint64_t hash;
    uint32_t db;
    uint32_t key_len;
    uint8_t *long_key;
    uint8_t key[EVICT_KEY_KEPT];
};

/* Victims that share a leaf: valid until keys are written otherwise. */
struct evict_leaf {
    uint64_t rank;        /* of the leaf's first entry, */
    uint32_t gone;        /* of whose entries so many went */
    uint32_t next, count; /* of slots */
    uint16_t slots[EVICT_LEAF_SLOTS];
};

struct evictor {
    uint64_t random;
    int policy;     /* of the last eviction */
    uint32_t turn;  /* evictions since the last samples were taken */
    uint32_t count; /* of the pool, the coldest first */
    struct evict_candidate *pool;
    uint64_t met[EVICT_MET]; /* the warmth of the last keys met at random, */
    uint32_t met_count;      /* of all that ever were */
    uint64_t scanned; /* where the last search of all entries ended */
    struct evict_leaf leaf;
    uint32_t steps;    /* of the trail that may be looked at yet */
    uint32_t failures; /* to find a cold key there, one after the other */
    struct trail trail;
};

struct evict_victim {
    uint32_t db;
    const void *key; /* valid while `told` runs */
    size_t key_len;
};

/* Who wants to know; an error ends the eviction before the key is deleted. */
struct evict_listener {
    int (*told)(void *ctx, const struct evict_victim *victim);
    void *ctx;
};

int evictor_init(struct evictor *evictor, struct os *os);
void evictor_done(struct evictor *evictor);

/* Deletes one key by the policy (FERRITE_EVICT_*), of any logical database. *done false: there is
 * none that could go. `ks`: the transaction, the clock, recency, keys to be
 * spared; its database is not looked at.
 * O(log n). */
int evict_one(struct evictor *evictor, struct keyspace *ks, int policy,
              const struct evict_listener *listener, bool *done);

/* The same with a victim that costs no further page: it stands beside the last one, or beside a key that was written
 * just now. *done false: there is none cold enough; then evict_one. */
int evict_beside(struct evictor *evictor, struct keyspace *ks, int policy,
                 const struct evict_listener *listener, bool *done);
/* The same for who lacks many pages: the next key of a leaf that is emptied before others are touched. *done false:
 * none of them can go, or the policy names one key alone (TTL); then evict_one. */
int evict_neighbour(struct evictor *evictor, struct keyspace *ks, int policy,
                    const struct evict_listener *listener, bool *done);
/* Making room begins: keys were written since, whose ranks are others. */
void evict_leaf_begin(struct evictor *evictor);

#endif
