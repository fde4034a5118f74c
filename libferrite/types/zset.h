/*
 * zset.h - the sorted set type: what ZADD, ZRANGE, ZUNION and their kin do to a keyspace.
 *
 * zset_form.h tells how sorted sets lie in records and trees. Counted trees make ranks, counts and
 * places O(log n). A part of a sorted set is always found as a range of ranks first.
 *
 * Functions do all they say or fail: with an argument error before anything changed, else with the
 * transaction marked (mutate.h). Threads: as the transaction.
 */
#ifndef FERRITE_TYPES_ZSET_H
#define FERRITE_TYPES_ZSET_H

#include "collection.h"
#include "scan.h"
#include "scored.h"

static_assert(sizeof(double) + FERRITE_KEY_MAX <= TREE_KEY_MAX, "a pair of score and member is a key too");

extern const struct collection_kind zset_kind;

/* What an effect on a member says, done again; on a batch, collected. */
int zset_apply(struct keyspace *ks, const struct effect *effect);

/* ---- changing members (zset.c) ---- */

/* flags: FERRITE_ZADD_*. On a batch *count is 0, and the flags are too. */
int zset_add(struct keyspace *ks, ferrite_slice key, const ferrite_zitem *items, size_t item_count,
             uint32_t flags, uint64_t *count);
/* *done: the flags let it happen; *result is the new score. */
int zset_add_to(struct keyspace *ks, ferrite_slice key, uint32_t flags, double increment,
                ferrite_slice member, double *result, bool *done);
/* Also on a batch, where *removed is 0. */
int zset_remove(struct keyspace *ks, ferrite_slice key, const ferrite_slice *members, size_t count,
                uint64_t *removed);
/* Removes members of the ranks [rank, rank + count) of an opened sorted set. */
int zset_remove_ranks(struct collection *c, uint64_t rank, uint64_t count);
/* Up to `count` of the lowest or highest go to `out`. *there: the key exists. */
int zset_pop(struct keyspace *ks, ferrite_slice key, bool highest, uint64_t count,
             struct scored *out, bool *there);

/* ---- looking (zset_read.c) ---- */

/* NaN for those that are no members. */
int zset_scores(struct keyspace *ks, ferrite_slice key, const ferrite_slice *members, size_t count,
                double *scores);
int zset_len(struct keyspace *ks, ferrite_slice key, uint64_t *count);
int zset_rank(struct keyspace *ks, ferrite_slice key, ferrite_slice member, bool reverse,
              uint64_t *rank, double *score, bool *there);
int zset_scan(struct keyspace *ks, struct element_scan *scan, struct scored *out);
int zset_random(struct keyspace *ks, ferrite_slice key, int64_t count, struct scored *out);

/* ---- parts (zset_range.c) ---- */

int zset_count(struct keyspace *ks, ferrite_slice key, const ferrite_zspan *span, uint64_t *count);
int zset_list(struct keyspace *ks, ferrite_slice key, const ferrite_zspan *span,
              struct scored *out);
int zset_remove_span(struct keyspace *ks, ferrite_slice key, const ferrite_zspan *span,
                     uint64_t *removed);
int zset_store_span(struct keyspace *ks, ferrite_slice to, ferrite_slice from,
                    const ferrite_zspan *span, uint64_t *count);
/* What is left of a part behind an item that was given before, NULL: all of it. For iterators. */
int zset_list_after(struct keyspace *ks, ferrite_slice key, const ferrite_zspan *span,
                    const ferrite_zitem *after, struct scored *out);
/* What is listed becomes the sorted set at `to`; nothing deletes the key. The list is cleared. */
int zset_replace(struct keyspace *ks, ferrite_slice to, struct scored *list);

/* ---- several keys (zset_combine.c) ---- */

struct zset_combination {
    int operation; /* FERRITE_ZUNION, _ZINTER, _ZDIFF */
    const ferrite_slice *keys;
    size_t key_count;
    const double *weights; /* NULL: 1 */
    int aggregate;         /* FERRITE_ZSUM, _ZMIN, _ZMAX */
};
int zset_combine(struct keyspace *ks, const struct zset_combination *combination,
                 struct scored *out);
int zset_combine_store(struct keyspace *ks, const struct zset_combination *combination,
                       ferrite_slice to, uint64_t *count);
int zset_intersection_count(struct keyspace *ks, const ferrite_slice *keys, size_t key_count,
                            uint64_t limit, uint64_t *count);

#endif
