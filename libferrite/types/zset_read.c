/*
 * zset_read.c - sorted sets: scores, ranks, scans, random members. See zset.h.
 */
#include <math.h>

#include "../os/mem.h"
#include "sample.h"
#include "zset_form.h"

int zset_scores(struct keyspace *ks, ferrite_slice key, const ferrite_slice *members, size_t count,
                double *scores) {
    struct collection c;
    int code = collection_read(ks, &zset_kind, key, &c);
    for (size_t i = 0; i < count && code == FERRITE_OK; i++) {
        bool there;
        code = zset_look(&c, members[i], &scores[i], &there);
        if (code == FERRITE_OK && !there) scores[i] = NAN;
    }
    return code;
}

int zset_len(struct keyspace *ks, ferrite_slice key, uint64_t *count) {
    struct collection c;
    *count = 0;
    int code = collection_read(ks, &zset_kind, key, &c);
    return code == FERRITE_OK ? zset_stored(&c, count) : code;
}

static int rank_of(struct collection *c, ferrite_slice member, double score, bool reverse,
                   uint64_t *rank) {
    struct pair pair;
    uint64_t members;
    int code = pair_make(&pair, score, member);
    if (code != FERRITE_OK) return code;
    code = zset_pairs_below(c, pair.bytes, pair.len, rank);
    pair_done(&pair);
    if (code == FERRITE_OK && reverse) code = zset_stored(c, &members);
    if (code == FERRITE_OK && reverse) *rank = members - 1 - *rank;
    return code;
}

int zset_rank(struct keyspace *ks, ferrite_slice key, ferrite_slice member, bool reverse,
              uint64_t *rank, double *score, bool *there) {
    struct collection c;
    *there = false;
    int code = collection_read(ks, &zset_kind, key, &c);
    if (code == FERRITE_OK) code = zset_look(&c, member, score, there);
    return code == FERRITE_OK && *there ? rank_of(&c, member, *score, reverse, rank) : code;
}

/* ---- scanning ---- */

static int scan_whole(struct collection *c, ferrite_slice pattern, struct scored *out) {
    struct zset_walk walk;
    int code = zset_walk_begin(c, 0, false, &walk);
    while (code == FERRITE_OK && walk.valid) {
        if (scan_wants(pattern, walk.member.data, walk.member.len))
            code = scored_add(out, walk.member, walk.score);
        if (code == FERRITE_OK) code = zset_walk_next(&walk);
    }
    zset_walk_done(&walk);
    return code;
}

static int scan_member(struct tree_cursor *cursor, ferrite_slice pattern, struct scored *out) {
    const uint8_t *bytes;
    struct tree_value value;
    size_t len;
    int code = cursor_key(cursor, &bytes, &len);
    if (code == FERRITE_OK) code = cursor_value(cursor, &value);
    if (code != FERRITE_OK) return code;
    if (value.len != SCORE_LEN) return error_set(FERRITE_CORRUPT, "a sorted set is damaged");
    if (!scan_wants(pattern, bytes, len)) return FERRITE_OK;
    return scored_add(out, (ferrite_slice){(const char *)bytes, len}, score_read(value.data));
}

/* Through the members in the order of their bytes: scores that change meanwhile move none. */
static int scan_tree(struct collection *c, struct collection_step step, ferrite_slice pattern,
                     struct scored *out) {
    struct tree_cursor cursor;
    cursor_init(&cursor, &c->ks->txn->pages, &c->tree[0]);
    int code = cursor_seek_rank(&cursor, step.begin);
    for (uint64_t rank = step.begin; rank < step.end && code == FERRITE_OK && cursor.valid;
         rank++) {
        code = scan_member(&cursor, pattern, out);
        if (code == FERRITE_OK) code = cursor_next(&cursor);
    }
    cursor_done(&cursor);
    return code;
}

int zset_scan(struct keyspace *ks, struct element_scan *scan, struct scored *out) {
    struct collection c;
    int code = collection_read(ks, &zset_kind, scan->key, &c);
    if (code != FERRITE_OK) return code;
    struct collection_step step = collection_scan(&c, scan->cursor, scan->effort);
    code = c.packed ? scan_whole(&c, scan->pattern, out) : scan_tree(&c, step, scan->pattern, out);
    if (code == FERRITE_OK) scan->cursor = step.cursor;
    return code;
}

/* ---- random members ---- */

static int add_rank(struct collection *c, uint64_t rank, struct scored *out) {
    struct zset_walk walk;
    int code = zset_walk_begin(c, rank, false, &walk);
    if (code == FERRITE_OK && walk.valid) code = scored_add(out, walk.member, walk.score);
    zset_walk_done(&walk);
    return code;
}

static int add_different(struct collection *c, struct sampler *sampler, uint64_t members,
                         uint64_t count, struct scored *out) {
    uint64_t *ranks;
    int code = sampler_ranks(sampler, members, count, &ranks);
    for (uint64_t i = 0; i < count && code == FERRITE_OK; i++) code = add_rank(c, ranks[i], out);
    mem_free(ranks);
    return code;
}

int zset_random(struct keyspace *ks, ferrite_slice key, int64_t count, struct scored *out) {
    struct collection c;
    struct sampler sampler;
    uint64_t members;
    int code = collection_read(ks, &zset_kind, key, &c);
    if (code != FERRITE_OK || !c.exists || count == 0) return code;
    code = sampler_seed(&sampler, ks);
    if (code == FERRITE_OK) code = zset_stored(&c, &members);
    if (code != FERRITE_OK || members == 0) return code;
    if (count > 0 && (uint64_t)count >= members)
        return scan_whole(&c, (ferrite_slice){NULL, 0}, out); /* walks either form */
    if (count > 0) return add_different(&c, &sampler, members, (uint64_t)count, out);
    for (; count < 0 && code == FERRITE_OK; count++)
        code = add_rank(&c, sampler_below(&sampler, members), out);
    return code;
}
