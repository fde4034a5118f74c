/*
 * zset_range.c - parts of sorted sets: by rank, by score, by member. See zset.h.
 *
 * A part is a range of ranks [low, high), found by seeking its bounds in the tree of pairs. That
 * makes counting as cheap as finding the first.
 */
#include "../os/mem.h"
#include "mutate.h"
#include "zset_form.h"

struct ranks {
    uint64_t low, high;
};

static const struct ranks no_ranks = {0, 0};

/* ---- bounds ---- */

static int ranks_by_rank(struct collection *c, const ferrite_zspan *span, struct ranks *out) {
    uint64_t members;
    int code = zset_stored(c, &members);
    if (code != FERRITE_OK) return code;
    int64_t start = span->start, stop = span->stop, count = (int64_t)members;
    *out = no_ranks;
    if (start < 0) start += count;
    if (stop < 0) stop += count;
    if (start < 0) start = 0;
    if (stop >= count) stop = count - 1;
    if (start > stop) return code;
    *out = (struct ranks){(uint64_t)start, (uint64_t)stop + 1};
    if (span->flags & FERRITE_ZSPAN_REVERSE)
        *out = (struct ranks){members - out->high, members - out->low};
    return code;
}

static int order_rank(struct collection *c, uint64_t order, uint64_t *rank) {
    order = __builtin_bswap64(order);
    return zset_pairs_below(c, &order, sizeof order, rank);
}

/* Scores as their order: [low, high). */
struct orders {
    uint64_t low, high;
};

static struct orders orders_of(const ferrite_zspan *span) {
    struct orders orders = {score_order(span->min), score_order(span->max)};
    if (span->flags & FERRITE_ZSPAN_ABOVE_MIN) orders.low++;
    if (!(span->flags & FERRITE_ZSPAN_BELOW_MAX)) orders.high++;
    return orders;
}

static int ranks_by_score(struct collection *c, const ferrite_zspan *span, struct ranks *out) {
    const struct orders orders = orders_of(span);
    *out = no_ranks;
    if (orders.low >= orders.high) return FERRITE_OK;
    int code = order_rank(c, orders.low, &out->low);
    return code == FERRITE_OK ? order_rank(c, orders.high, &out->high) : code;
}

static bool above_min(const ferrite_zspan *span, ferrite_slice member) {
    const ferrite_slice min = span->min_member;
    if (min.data == NULL) return true;
    int order = bytes_compare(member.data, member.len, min.data, min.len);
    return order > 0 || (order == 0 && !(span->flags & FERRITE_ZSPAN_ABOVE_MIN));
}

static bool below_max(const ferrite_zspan *span, ferrite_slice member) {
    const ferrite_slice max = span->max_member;
    if (max.data == NULL) return true;
    int order = bytes_compare(member.data, member.len, max.data, max.len);
    return order < 0 || (order == 0 && !(span->flags & FERRITE_ZSPAN_BELOW_MAX));
}

#define PACKED_MEMBERS_MAX (RECORD_INLINE_MAX / (SCORE_LEN + 1) + 1)

/* Which members of a packed sorted set keep to each bound. */
struct kept {
    uint32_t count;
    bool above[PACKED_MEMBERS_MAX], below[PACKED_MEMBERS_MAX];
};

static int kept_find(struct collection *c, const ferrite_zspan *span, struct kept *kept) {
    struct zset_walk walk;
    kept->count = 0;
    int code = zset_walk_begin(c, 0, false, &walk);
    while (code == FERRITE_OK && walk.valid) {
        kept->above[kept->count] = above_min(span, walk.member);
        kept->below[kept->count++] = below_max(span, walk.member);
        code = zset_walk_next(&walk);
    }
    zset_walk_done(&walk);
    return code;
}

/* Where scores differ there is no right answer; this one is Redis's. */
static int packed_by_member(struct collection *c, const ferrite_zspan *span, struct ranks *out) {
    struct kept kept;
    *out = no_ranks;
    int code = kept_find(c, span, &kept);
    uint32_t n = kept.count, low = 0, high = n;
    if (code != FERRITE_OK || n == 0 || !kept.above[n - 1] || !kept.below[0]) return code;
    if (span->flags & FERRITE_ZSPAN_REVERSE) {
        while (high > 0 && !kept.below[high - 1]) high--;
        for (low = high; low > 0 && kept.above[low - 1];) low--;
    } else {
        while (low < n && !kept.above[low]) low++;
        for (high = low; high < n && kept.below[high];) high++;
    }
    *out = (struct ranks){low, high};
    return code;
}

/* How many pairs of this score are less than the member, or as `equal` says, it. */
static int member_rank(struct collection *c, double score, ferrite_slice member, bool equal,
                       uint64_t *rank) {
    struct pair pair;
    int code = pair_make(&pair, score, member);
    if (code != FERRITE_OK) return code;
    code = zset_pairs_below(c, pair.bytes, pair.len + equal, rank);
    pair_done(&pair);
    return code;
}

static int tree_by_member(struct collection *c, const ferrite_zspan *span, struct ranks *out) {
    struct zset_walk first;
    int code = zset_walk_begin(c, 0, false, &first);
    double score = code == FERRITE_OK && first.valid ? first.score : 0;
    zset_walk_done(&first);
    *out = (struct ranks){0, c->tree[1].count};
    if (code == FERRITE_OK && span->min_member.data != NULL)
        code = member_rank(c, score, span->min_member,
                           (span->flags & FERRITE_ZSPAN_ABOVE_MIN) != 0, &out->low);
    if (code == FERRITE_OK && span->max_member.data != NULL)
        code = member_rank(c, score, span->max_member,
                           !(span->flags & FERRITE_ZSPAN_BELOW_MAX), &out->high);
    return code;
}

static int ranks_by_member(struct collection *c, const ferrite_zspan *span, struct ranks *out) {
    const ferrite_slice min = span->min_member, max = span->max_member;
    int order = -1;
    *out = no_ranks;
    if (min.data != NULL && max.data != NULL)
        order = bytes_compare(min.data, min.len, max.data, max.len);
    bool open = (span->flags & (FERRITE_ZSPAN_ABOVE_MIN | FERRITE_ZSPAN_BELOW_MAX)) != 0;
    if (order > 0 || (order == 0 && open)) return FERRITE_OK;
    return c->packed ? packed_by_member(c, span, out) : tree_by_member(c, span, out);
}

/* Offset and limit count from the end that the part begins with. */
static void ranks_limit(const ferrite_zspan *span, struct ranks *ranks) {
    uint64_t count = ranks->high > ranks->low ? ranks->high - ranks->low : 0;
    uint64_t skip = span->offset < 0 || (uint64_t)span->offset > count ? count
                                                                       : (uint64_t)span->offset;
    uint64_t take = count - skip;
    if (span->limit >= 0 && (uint64_t)span->limit < take) take = (uint64_t)span->limit;
    if (span->flags & FERRITE_ZSPAN_REVERSE)
        *ranks = (struct ranks){ranks->high - skip - take, ranks->high - skip};
    else
        *ranks = (struct ranks){ranks->low + skip, ranks->low + skip + take};
    if (take == 0) *ranks = no_ranks;
}

static int ranks_whole(struct collection *c, const ferrite_zspan *span, struct ranks *out) {
    if (span->by == FERRITE_ZBY_SCORE) return ranks_by_score(c, span, out);
    if (span->by == FERRITE_ZBY_MEMBER) return ranks_by_member(c, span, out);
    return ranks_by_rank(c, span, out);
}

static int ranks_find(struct collection *c, const ferrite_zspan *span, struct ranks *out) {
    int code = ranks_whole(c, span, out);
    if (code == FERRITE_OK) ranks_limit(span, out);
    return code;
}

/* ---- what is done with them ---- */

int zset_count(struct keyspace *ks, ferrite_slice key, const ferrite_zspan *span,
               uint64_t *count) {
    struct collection c;
    struct ranks ranks;
    *count = 0;
    int code = collection_read(ks, &zset_kind, key, &c);
    if (code != FERRITE_OK || !c.exists) return code;
    code = ranks_find(&c, span, &ranks);
    if (code == FERRITE_OK) *count = ranks.high - ranks.low;
    return code;
}

static int list_ranks(struct collection *c, struct ranks ranks, bool reverse,
                      struct scored *out) {
    struct zset_walk walk;
    uint64_t count = ranks.high - ranks.low;
    if (count == 0) return FERRITE_OK;
    int code = zset_walk_begin(c, reverse ? ranks.high - 1 : ranks.low, reverse, &walk);
    while (code == FERRITE_OK && walk.valid) {
        code = scored_add(out, walk.member, walk.score);
        if (code != FERRITE_OK || --count == 0) break;
        code = zset_walk_next(&walk);
    }
    zset_walk_done(&walk);
    return code;
}

/* In trees, a part by score that nothing is left out of needs no ranks: one bound is sought, and
 * the walk ends at the other. */
static int list_scores(struct collection *c, const ferrite_zspan *span, struct scored *out) {
    const struct orders orders = orders_of(span);
    const bool reverse = (span->flags & FERRITE_ZSPAN_REVERSE) != 0;
    const uint64_t from = __builtin_bswap64(reverse ? orders.high : orders.low);
    struct zset_walk walk;
    if (orders.low >= orders.high || span->limit == 0) return FERRITE_OK;
    int code = zset_walk_seek(c, &from, sizeof from, reverse, &walk);
    for (int64_t given = 1; code == FERRITE_OK && walk.valid; given++) {
        uint64_t order = score_order(walk.score);
        if (order < orders.low || order >= orders.high) break;
        code = scored_add(out, walk.member, walk.score);
        if (given == span->limit) break;
        if (code == FERRITE_OK) code = zset_walk_next(&walk);
    }
    zset_walk_done(&walk);
    return code;
}

int zset_list(struct keyspace *ks, ferrite_slice key, const ferrite_zspan *span,
              struct scored *out) {
    return zset_list_after(ks, key, span, NULL, out);
}

/* Takes off what lies before the item, and the item. */
static int ranks_cut(struct collection *c, const ferrite_zitem *after, bool reverse,
                     struct ranks *ranks) {
    uint64_t rank;
    int code = member_rank(c, after->score, after->member, !reverse, &rank);
    if (code != FERRITE_OK) return code;
    if (reverse && rank < ranks->high) ranks->high = rank;
    if (!reverse && rank > ranks->low) ranks->low = rank;
    return code;
}

int zset_list_after(struct keyspace *ks, ferrite_slice key, const ferrite_zspan *span,
                    const ferrite_zitem *after, struct scored *out) {
    struct collection c;
    struct ranks ranks;
    bool reverse = (span->flags & FERRITE_ZSPAN_REVERSE) != 0;
    int code = collection_read(ks, &zset_kind, key, &c);
    if (code != FERRITE_OK || !c.exists) return code;
    if (!c.packed && span->by == FERRITE_ZBY_SCORE && after == NULL && span->offset == 0)
        return list_scores(&c, span, out);
    code = ranks_whole(&c, span, &ranks);
    if (code == FERRITE_OK && after != NULL) code = ranks_cut(&c, after, reverse, &ranks);
    if (code != FERRITE_OK) return code;
    ranks_limit(span, &ranks);
    return list_ranks(&c, ranks, reverse, out);
}

int zset_remove_span(struct keyspace *ks, ferrite_slice key, const ferrite_zspan *span,
                     uint64_t *removed) {
    struct collection c;
    struct ranks ranks = no_ranks;
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    code = collection_open(ks, &zset_kind, key, &c);
    if (code == FERRITE_OK && c.exists) code = ranks_find(&c, span, &ranks);
    *removed = ranks.high - ranks.low;
    if (code == FERRITE_OK && *removed != 0) code = zset_remove_ranks(&c, ranks.low, *removed);
    return collection_close(&c, code);
}

int zset_replace(struct keyspace *ks, ferrite_slice to, struct scored *list) {
    ferrite_zitem *items = NULL;
    size_t count = 0;
    bool deleted;
    uint64_t added;
    int code = scored_finish(list, &items, &count);
    if (code == FERRITE_OK) code = mutate_delete_blind(ks, to.data, to.len, &deleted);
    if (code == FERRITE_OK && count != 0) code = zset_add(ks, to, items, count, 0, &added);
    mem_free(items);
    return code;
}

int zset_store_span(struct keyspace *ks, ferrite_slice to, ferrite_slice from,
                    const ferrite_zspan *span, uint64_t *count) {
    struct scored list;
    scored_init(&list);
    int code = zset_list(ks, from, span, &list);
    *count = list.count;
    if (code == FERRITE_OK) return zset_replace(ks, to, &list);
    scored_clear(&list);
    return code;
}
