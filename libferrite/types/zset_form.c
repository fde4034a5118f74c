/*
 * zset_form.c - the two forms of a sorted set: finding, adding and removing members. See zset_form.h, and zset_walk.c
 * for going through them.
 */
#include "zset_form_internal.h"

#include "../os/mem.h"

int pair_make(struct pair *pair, double score, ferrite_slice member) {
    pair->len = SCORE_LEN + member.len;
    pair->bytes = pair->len < sizeof pair->held ? pair->held : mem_alloc(pair->len + 1);
    if (pair->bytes == NULL) return error_nomem();
    score_write(pair->bytes, score);
    if (member.len != 0) memcpy(pair->bytes + SCORE_LEN, member.data, member.len);
    pair->bytes[pair->len] = 0;
    return FERRITE_OK;
}

void pair_done(struct pair *pair) {
    if (pair->bytes != pair->held) mem_free(pair->bytes);
}

int zset_damaged(void) { return error_set(FERRITE_CORRUPT, "a sorted set is damaged"); }

static bool item_is(const struct packed_item *item, ferrite_slice member) {
    return item->len == SCORE_LEN + member.len &&
           (member.len == 0 || memcmp(item->data + SCORE_LEN, member.data, member.len) == 0);
}

int zset_pair_read(const struct collection *c, uint32_t at, struct packed_item *item) {
    int code = packed_read(c->bytes, c->len, at, item);
    if (code != FERRITE_OK) return code;
    return item->len >= SCORE_LEN ? FERRITE_OK : zset_damaged();
}

static int packed_find(const struct collection *c, ferrite_slice member, struct packed_item *item,
                       bool *there) {
    *there = false;
    for (uint32_t at = 0; at < c->len; at = item->next) {
        int code = zset_pair_read(c, at, item);
        if (code != FERRITE_OK) return code;
        *there = item_is(item, member);
        if (*there) break;
    }
    return FERRITE_OK;
}

static int value_score(const struct tree_value *value, double *score) {
    if (value->len != SCORE_LEN || value->spilled) return zset_damaged();
    *score = score_read(value->data);
    return FERRITE_OK;
}

int zset_look(struct collection *c, ferrite_slice member, double *score, bool *there) {
    struct packed_item item;
    struct tree_value value;
    *score = 0;
    if (c->packed) {
        int code = packed_find(c, member, &item, there);
        if (code == FERRITE_OK && *there) *score = score_read(item.data);
        return code;
    }
    int code = tree_get(&c->ks->txn->pages, &c->tree[0], member.data, member.len, &value);
    *there = code == FERRITE_OK;
    if (code == FERRITE_NOTFOUND) return FERRITE_OK;
    return code == FERRITE_OK ? value_score(&value, score) : code;
}

int zset_stored(const struct collection *c, uint64_t *count) {
    uint32_t items = 0;
    int code = c->packed ? packed_count(c->bytes, c->len, &items) : FERRITE_OK;
    *count = c->packed ? items : c->tree[0].count;
    return code;
}

/* ---- one member ---- */

int zset_find(struct collection *c, ferrite_slice member, struct zset_place *place) {
    struct packed_item item;
    struct tree_value value;
    place->exists = false;
    place->score = 0;
    if (c->packed) {
        int code = packed_find(c, member, &item, &place->exists);
        if (code != FERRITE_OK || !place->exists) return code;
        place->at = item.at;
        place->next = item.next;
        place->score = score_read(item.data);
        return FERRITE_OK;
    }
    cursor_init(&place->cursor, &c->ks->txn->pages, &c->tree[0]);
    int code = cursor_seek(&place->cursor, member.data, member.len, &place->exists);
    if (code != FERRITE_OK || !place->exists) return code;
    code = cursor_value(&place->cursor, &value);
    return code == FERRITE_OK ? value_score(&value, &place->score) : code;
}

void zset_place_done(struct collection *c, struct zset_place *place) {
    if (!c->packed) cursor_done(&place->cursor);
}

static int packed_put(struct collection *c, const struct zset_place *place, ferrite_slice member,
                      double score) {
    struct pair pair;
    uint32_t at;
    bool exact;
    int code = pair_make(&pair, score, member);
    if (code != FERRITE_OK) return code;
    if (place->exists) packed_remove(c->room, &c->len, place->at, place->next);
    code = packed_seek(c->room, c->len, 1, (ferrite_slice){(char *)pair.bytes, pair.len}, &at,
                       &exact);
    if (code == FERRITE_OK) packed_insert(c->room, &c->len, at, pair.bytes, pair.len);
    pair_done(&pair);
    return code;
}

static int pairs_add(struct collection *c, double score, ferrite_slice member) {
    const struct tree_value nothing = {"", 0, false, false};
    struct tree_cursor cursor;
    struct pair pair;
    bool exact;
    int code = pair_make(&pair, score, member);
    if (code != FERRITE_OK) return code;
    cursor_init(&cursor, &c->ks->txn->pages, &c->tree[1]);
    code = cursor_seek(&cursor, pair.bytes, pair.len, &exact);
    if (code == FERRITE_OK && exact) code = zset_damaged();
    if (code == FERRITE_OK) code = cursor_put(&cursor, pair.bytes, pair.len, false, &nothing);
    cursor_done(&cursor);
    pair_done(&pair);
    return code;
}

static int pairs_remove(struct collection *c, double score, ferrite_slice member) {
    struct tree_cursor cursor;
    struct pair pair;
    bool exact;
    int code = pair_make(&pair, score, member);
    if (code != FERRITE_OK) return code;
    cursor_init(&cursor, &c->ks->txn->pages, &c->tree[1]);
    code = cursor_seek(&cursor, pair.bytes, pair.len, &exact);
    if (code == FERRITE_OK && !exact) code = zset_damaged();
    if (code == FERRITE_OK) code = cursor_delete(&cursor);
    cursor_done(&cursor);
    pair_done(&pair);
    return code;
}

static int tree_put(struct collection *c, struct zset_place *place, ferrite_slice member,
                    double score) {
    void *value;
    int code = cursor_put_reserve(&place->cursor, member.data, member.len, place->exists,
                                  SCORE_LEN, false, &value);
    if (code != FERRITE_OK) return code;
    score_write(value, score);
    if (place->exists) code = pairs_remove(c, place->score, member);
    return code == FERRITE_OK ? pairs_add(c, score, member) : code;
}

int zset_store(struct collection *c, struct zset_place *place, ferrite_slice member,
               double score) {
    c->changed = true;
    if (!c->packed) return tree_put(c, place, member, score);
    if (place->exists || collection_room(c, packed_size(SCORE_LEN + member.len)))
        return packed_put(c, place, member, score);
    int code = collection_unpack(c);
    cursor_init(&place->cursor, &c->ks->txn->pages, &c->tree[0]);
    if (code == FERRITE_OK) code = zset_find(c, member, place);
    return code == FERRITE_OK ? tree_put(c, place, member, score) : code;
}

int zset_take(struct collection *c, struct zset_place *place, ferrite_slice member) {
    c->changed = true;
    if (c->packed) {
        packed_remove(c->room, &c->len, place->at, place->next);
        return FERRITE_OK;
    }
    c->removed++;
    int code = cursor_delete(&place->cursor);
    return code == FERRITE_OK ? pairs_remove(c, place->score, member) : code;
}

/* ---- ranks ---- */

static int packed_take_ranks(struct collection *c, uint64_t rank, uint64_t *count) {
    uint32_t from = 0, to;
    int code = FERRITE_OK;
    for (; rank > 0 && from < c->len && code == FERRITE_OK; rank--)
        code = packed_skip(c->room, c->len, 1, &from);
    uint64_t taken = 0;
    for (to = from; taken < *count && to < c->len && code == FERRITE_OK; taken++)
        code = packed_skip(c->room, c->len, 1, &to);
    *count = taken;
    if (code != FERRITE_OK || taken == 0) return code;
    packed_remove(c->room, &c->len, from, to);
    c->changed = true;
    return code;
}

static int members_remove(struct collection *c, ferrite_slice member) {
    struct tree_cursor cursor;
    bool exact;
    cursor_init(&cursor, &c->ks->txn->pages, &c->tree[0]);
    int code = cursor_seek(&cursor, member.data, member.len, &exact);
    if (code == FERRITE_OK && !exact) code = zset_damaged();
    if (code == FERRITE_OK) code = cursor_delete(&cursor);
    cursor_done(&cursor);
    return code;
}

int zset_pair_at(struct tree_cursor *cursor, double *score, ferrite_slice *member) {
    const uint8_t *bytes;
    size_t len;
    int code = cursor_key(cursor, &bytes, &len);
    if (code != FERRITE_OK) return code;
    if (len < SCORE_LEN) return zset_damaged();
    *score = score_read(bytes);
    *member = (ferrite_slice){(const char *)bytes + SCORE_LEN, len - SCORE_LEN};
    return FERRITE_OK;
}

/* The member's bytes lie in pages of the other tree, or with the cursor: they stay meanwhile. */
int zset_take_ranks(struct collection *c, uint64_t rank, uint64_t *count) {
    if (c->packed) return packed_take_ranks(c, rank, count);
    struct tree_cursor pairs;
    uint64_t taken = 0;
    cursor_init(&pairs, &c->ks->txn->pages, &c->tree[1]);
    int code = cursor_seek_rank(&pairs, rank);
    while (code == FERRITE_OK && pairs.valid && taken < *count) {
        ferrite_slice member;
        double score;
        code = zset_pair_at(&pairs, &score, &member);
        if (code != FERRITE_OK) break;
        c->changed = true;
        c->removed++;
        taken++;
        code = members_remove(c, member);
        if (code == FERRITE_OK) code = cursor_delete(&pairs);
    }
    cursor_done(&pairs);
    *count = taken;
    return code;
}

int zset_pairs_below(struct collection *c, const void *pair, size_t len, uint64_t *rank) {
    struct tree_cursor cursor;
    bool exact;
    *rank = 0;
    if (!c->packed) {
        cursor_init(&cursor, &c->ks->txn->pages, &c->tree[1]);
        int code = cursor_seek(&cursor, pair, len, &exact);
        if (code == FERRITE_OK) code = cursor_rank(&cursor, rank);
        cursor_done(&cursor);
        return code;
    }
    struct packed_item item;
    for (uint32_t at = 0; at < c->len; at = item.next, ++*rank) {
        int code = zset_pair_read(c, at, &item);
        if (code != FERRITE_OK) return code;
        if (bytes_compare(item.data, item.len, pair, len) >= 0) break;
    }
    return FERRITE_OK;
}

/* ---- checking ---- */

static int pair_agrees(struct tree_cursor *pairs, const struct tree *members, bool *agrees) {
    ferrite_slice member;
    struct tree_value value;
    double score, other = 0;
    int code = zset_pair_at(pairs, &score, &member);
    if (code != FERRITE_OK) return code;
    code = tree_get(pairs->pages, members, member.data, member.len, &value);
    *agrees = code == FERRITE_OK;
    if (code == FERRITE_NOTFOUND) return FERRITE_OK;
    if (code == FERRITE_OK) code = value_score(&value, &other);
    if (code == FERRITE_OK) *agrees = score == other;
    return code;
}

int zset_trees_agree(struct pages *pages, struct tree trees[COLLECTION_TREES_MAX], bool *agree) {
    struct tree_cursor pairs;
    *agree = true;
    cursor_init(&pairs, pages, &trees[1]);
    int code = cursor_first(&pairs);
    while (code == FERRITE_OK && pairs.valid && *agree) {
        code = pair_agrees(&pairs, &trees[0], agree);
        if (code == FERRITE_OK) code = cursor_next(&pairs);
    }
    cursor_done(&pairs);
    return code;
}

/* ---- from one form to the other ---- */

static int unpack(struct collection *c, const uint8_t *bytes, uint32_t len) {
    struct packed_item item;
    int code = FERRITE_OK;
    for (uint32_t at = 0; at < len && code == FERRITE_OK; at = item.next) {
        struct zset_place place;
        code = packed_read(bytes, len, at, &item);
        if (code == FERRITE_OK && item.len < SCORE_LEN) code = zset_damaged();
        if (code != FERRITE_OK) break;
        ferrite_slice member = {(const char *)item.data + SCORE_LEN, item.len - SCORE_LEN};
        code = zset_find(c, member, &place);
        if (code == FERRITE_OK && place.exists) code = zset_damaged();
        if (code == FERRITE_OK) code = tree_put(c, &place, member, score_read(item.data));
        zset_place_done(c, &place);
    }
    return code;
}

static int pack(struct collection *c, bool *fits) {
    struct zset_walk walk;
    c->len = 0;
    *fits = true;
    int code = zset_walk_begin(c, 0, false, &walk);
    while (code == FERRITE_OK && walk.valid && *fits) {
        *fits = packed_size(SCORE_LEN + walk.member.len) <= COLLECTION_PACK_MAX - c->len;
        if (!*fits) break;
        /* The pair's bytes lie before the member's. */
        packed_insert(c->room, &c->len, c->len, walk.member.data - SCORE_LEN,
                      SCORE_LEN + walk.member.len);
        code = zset_walk_next(&walk);
    }
    zset_walk_done(&walk);
    return code;
}

const struct collection_kind zset_kind = {FERRITE_TYPE_ZSET, 2, false, unpack, pack};
