/*
 * zset_form.h - members of an opened sorted set and their scores, whichever form it has. Shared by
 * zset*.c and, for what lies in the trees, by db_check.c and db_recover_collection.c.
 *
 * A *pair* is the 8 bytes of a score (score_write) and then the member: the bytes of pairs are in
 * the order of the sorted set. Packed, it has an item for each pair, in order. In trees, tree 0
 * leads from the member to the 8 bytes, and the keys of tree 1 are the pairs.
 */
#ifndef FERRITE_TYPES_ZSET_FORM_H
#define FERRITE_TYPES_ZSET_FORM_H

#include "zset.h"

#define SCORE_LEN 8u

/* Bytes in the order of the numbers. -0 is 0; there is no NaN. */
static inline uint64_t score_order(double score) {
    uint64_t bits;
    score += 0.0; /* -0 becomes 0 */
    memcpy(&bits, &score, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static inline void score_write(uint8_t *place, double score) {
    uint64_t order = __builtin_bswap64(score_order(score));
    memcpy(place, &order, sizeof order);
}

static inline double score_read(const uint8_t *place) {
    uint64_t bits;
    double score;
    memcpy(&bits, place, sizeof bits);
    bits = __builtin_bswap64(bits);
    bits = bits >> 63 ? bits & ~((uint64_t)1 << 63) : ~bits;
    memcpy(&score, &bits, sizeof score);
    return score;
}

/* A pair's bytes, on the stack unless they are many. With the 0 behind them, which len does not
 * count, they are those of the next greater pair there could be. Ended with pair_done. */
struct pair {
    uint8_t *bytes;
    size_t len;
    uint8_t held[248];
};
int pair_make(struct pair *pair, double score, ferrite_slice member);
void pair_done(struct pair *pair);

/* Where a member is or would be. Writing; ended with zset_place_done in any case. */
struct zset_place {
    bool exists;
    double score;
    uint32_t at, next; /* packed: of the item, when it exists */
    struct tree_cursor cursor; /* trees: in tree 0 */
};
int zset_find(struct collection *c, ferrite_slice member, struct zset_place *place);
/* Gives the member a score, adding it if it is new; takes it out. Without a word in the log; the
 * place is stale afterwards. */
int zset_store(struct collection *c, struct zset_place *place, ferrite_slice member, double score);
int zset_take(struct collection *c, struct zset_place *place, ferrite_slice member);
void zset_place_done(struct collection *c, struct zset_place *place);
/* Takes out `count` members from a rank on. *count: how many there were. */
int zset_take_ranks(struct collection *c, uint64_t rank, uint64_t *count);

/* Reading. */
int zset_look(struct collection *c, ferrite_slice member, double *score, bool *there);
int zset_stored(const struct collection *c, uint64_t *count);
/* How many pairs are less than the one of these bytes, which there need not be. */
int zset_pairs_below(struct collection *c, const void *pair, size_t len, uint64_t *rank);

/* Whether each pair of tree 1 is a member of tree 0 with that score. O(n log n), for checks. */
int zset_trees_agree(struct pages *pages, struct tree trees[COLLECTION_TREES_MAX], bool *agree);

/* Member after member, in the order of scores or against it; what it gives is valid until the next
 * step. */
struct zset_walk {
    struct collection *c;
    bool valid, reverse;
    uint32_t index, count; /* packed: of the items */
    ferrite_slice member;
    double score;
    uint16_t offset[RECORD_INLINE_MAX / (SCORE_LEN + 1) + 1];
    struct tree_cursor cursor;
};
int zset_walk_begin(struct collection *c, uint64_t rank, bool reverse, struct zset_walk *walk);
/* The same in trees, from the first pair that is not less than these bytes on, or, in reverse, from
 * the last that is. */
int zset_walk_seek(struct collection *c, const void *pair, size_t len, bool reverse,
                   struct zset_walk *walk);
int zset_walk_next(struct zset_walk *walk);
void zset_walk_done(struct zset_walk *walk);

#endif
