/*
 * set.h - the set type: what SADD, SPOP, SINTER and their kin do to a keyspace.
 *
 * Packed, a set has an item for each member; in a tree the members lead to nothing. Both are in
 * the order of bytes, so that sets are met and combined in order, whichever form they have.
 *
 * Functions do all they say or fail: with an argument error before anything changed, else with the
 * transaction marked (mutate.h). Threads: as the transaction.
 */
#ifndef FERRITE_TYPES_SET_H
#define FERRITE_TYPES_SET_H

#include "collection.h"
#include "scan.h"
#include "slices.h"

extern const struct collection_kind set_kind;

/* What an effect on a member says, done again; on a batch, collected. */
int set_apply(struct keyspace *ks, const struct effect *effect);

/* ---- one set ---- */

/* Also on a batch, where *added or *removed is 0. */
int set_add(struct keyspace *ks, ferrite_slice key, const ferrite_slice *members, size_t count,
            uint64_t *added);
int set_remove(struct keyspace *ks, ferrite_slice key, const ferrite_slice *members, size_t count,
               uint64_t *removed);
/* there[i]: 1 when members[i] is one. */
int set_has(struct keyspace *ks, ferrite_slice key, const ferrite_slice *members, size_t count,
            int *there);
int set_len(struct keyspace *ks, ferrite_slice key, uint64_t *count);
int set_list(struct keyspace *ks, ferrite_slice key, struct slices *out);
int set_scan(struct keyspace *ks, struct element_scan *scan, struct slices *out);
/* count > 0: so many different members (or all); < 0: -count members, any one any number of times. */
int set_random(struct keyspace *ks, ferrite_slice key, int64_t count, struct slices *out);
/* Removes up to `count` random members, which go to `out`. */
int set_pop(struct keyspace *ks, ferrite_slice key, uint64_t count, struct slices *out);
/* *moved: it was a member of `from`; it is one of `to` now. */
int set_move(struct keyspace *ks, ferrite_slice from, ferrite_slice to, ferrite_slice member,
             bool *moved);

/* ---- several sets (set_combine.c) ---- */

enum set_operation { SET_UNION, SET_INTERSECTION, SET_DIFFERENCE };

/* Their members in order; limit 0: all. out NULL: only counts. */
int set_combine(struct keyspace *ks, enum set_operation operation, const ferrite_slice *keys,
                size_t key_count, uint64_t limit, struct slices *out, uint64_t *count);
/* The same, which becomes the set at `to`; an empty one deletes the key. */
int set_store(struct keyspace *ks, enum set_operation operation, ferrite_slice to,
              const ferrite_slice *keys, size_t key_count, uint64_t *count);

#endif
