/*
 * zset.c - sorted sets: the functions that change members, and the effects done again. See zset.h.
 */
#include "zset.h"

#include <math.h>

#include "mutate.h"
#include "mutate_internal.h"
#include "zset_form.h"

static struct effect member_effect(const struct keyspace *ks, uint8_t op, ferrite_slice key,
                                   ferrite_slice member, double score) {
    return (struct effect){
        .op = op, .db = (uint8_t)ks->db, .key = key, .item = member, .score = score};
}

static ferrite_slice key_of(const struct collection *c) {
    return (ferrite_slice){c->entry.key, c->entry.key_len};
}

/* ---- one member, changed and logged; the place is stale afterwards ---- */

static int put_at(struct collection *c, struct zset_place *place, ferrite_slice member,
                  double score) {
    int code = zset_store(c, place, member, score);
    if (code != FERRITE_OK) return code;
    struct effect effect = member_effect(c->ks, EFFECT_ZSET_ADD, key_of(c), member, score + 0.0);
    return mutate_log(c->ks, &effect);
}

static int take_at(struct collection *c, struct zset_place *place, ferrite_slice member) {
    int code = zset_take(c, place, member);
    if (code != FERRITE_OK) return code;
    struct effect effect = member_effect(c->ks, EFFECT_ZSET_REMOVE, key_of(c), member, 0);
    return mutate_log(c->ks, &effect);
}

/* ---- adding ---- */

/* Whether the flags let this score be the member's. */
static bool add_allowed(const struct zset_place *place, uint32_t flags, double score) {
    if (!place->exists) return !(flags & FERRITE_ZADD_XX);
    if (flags & FERRITE_ZADD_NX) return false;
    if ((flags & FERRITE_ZADD_GT) && !(score > place->score)) return false;
    return !(flags & FERRITE_ZADD_LT) || score < place->score;
}

static int add_at(struct collection *c, struct zset_place *place, const ferrite_zitem *item,
                  uint32_t flags, uint64_t *count) {
    if (!add_allowed(place, flags, item->score)) return FERRITE_OK;
    if (place->exists && place->score == item->score) return FERRITE_OK;
    *count += !place->exists || (flags & FERRITE_ZADD_CH) != 0;
    return put_at(c, place, item->member, item->score);
}

static int add_one(struct collection *c, const ferrite_zitem *item, uint32_t flags,
                   uint64_t *count) {
    struct zset_place place;
    int code = zset_find(c, item->member, &place);
    if (code == FERRITE_OK) code = add_at(c, &place, item, flags, count);
    zset_place_done(c, &place);
    return code;
}

static int add_batch(struct keyspace *ks, ferrite_slice key, const ferrite_zitem *items,
                     size_t count, uint32_t flags) {
    if ((flags & ~(uint32_t)FERRITE_ZADD_CH) != 0) return keyspace_readable(ks);
    int code = FERRITE_OK;
    for (size_t i = 0; i < count && code == FERRITE_OK; i++) {
        struct effect effect =
            member_effect(ks, EFFECT_ZSET_ADD, key, items[i].member, items[i].score + 0.0);
        code = batch_add(ks->batch, &effect);
    }
    return code;
}

int zset_add(struct keyspace *ks, ferrite_slice key, const ferrite_zitem *items, size_t item_count,
             uint32_t flags, uint64_t *count) {
    *count = 0;
    if (ks->batch != NULL) return add_batch(ks, key, items, item_count, flags);
    struct collection c;
    int code = collection_open(ks, &zset_kind, key, &c);
    for (size_t i = 0; i < item_count && code == FERRITE_OK; i++) {
        if (i != 0 && i % COLLECTION_PAUSE == 0) code = collection_pause(&c, false);
        if (code == FERRITE_OK) code = add_one(&c, &items[i], flags, count);
    }
    return collection_close(&c, code);
}

static int add_to_at(struct collection *c, struct zset_place *place, uint32_t flags,
                     double increment, ferrite_slice member, double *result, bool *done) {
    if (place->exists && (flags & FERRITE_ZADD_NX)) return FERRITE_OK;
    double score = place->exists ? place->score + increment : increment;
    if (isnan(score))
        return error_set(FERRITE_RANGE, "ERR resulting score is not a number (NaN)");
    *done = add_allowed(place, flags, score);
    if (!*done) return FERRITE_OK;
    *result = score;
    if (place->exists && place->score == score) return FERRITE_OK;
    return put_at(c, place, member, score);
}

int zset_add_to(struct keyspace *ks, ferrite_slice key, uint32_t flags, double increment,
                ferrite_slice member, double *result, bool *done) {
    *done = false;
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    struct collection c;
    code = collection_open(ks, &zset_kind, key, &c);
    if (code == FERRITE_OK) {
        struct zset_place place;
        code = zset_find(&c, member, &place);
        if (code == FERRITE_OK)
            code = add_to_at(&c, &place, flags, increment, member, result, done);
        zset_place_done(&c, &place);
    }
    return collection_close(&c, code);
}

/* ---- removing ---- */

static int remove_one(struct collection *c, ferrite_slice member, uint64_t *removed) {
    struct zset_place place;
    int code = zset_find(c, member, &place);
    if (code == FERRITE_OK && place.exists) {
        ++*removed;
        code = take_at(c, &place, member);
    }
    zset_place_done(c, &place);
    return code;
}

static int remove_batch(struct keyspace *ks, ferrite_slice key, const ferrite_slice *members,
                        size_t count) {
    int code = FERRITE_OK;
    for (size_t i = 0; i < count && code == FERRITE_OK; i++) {
        struct effect effect = member_effect(ks, EFFECT_ZSET_REMOVE, key, members[i], 0);
        code = batch_add(ks->batch, &effect);
    }
    return code;
}

int zset_remove(struct keyspace *ks, ferrite_slice key, const ferrite_slice *members, size_t count,
                uint64_t *removed) {
    *removed = 0;
    if (ks->batch != NULL) return remove_batch(ks, key, members, count);
    struct collection c;
    int code = collection_open(ks, &zset_kind, key, &c);
    for (size_t i = 0; i < count && code == FERRITE_OK; i++) {
        if (i != 0 && i % COLLECTION_PAUSE == 0) code = collection_pause(&c, true);
        if (code == FERRITE_OK) code = remove_one(&c, members[i], removed);
    }
    return collection_close(&c, code);
}

/* ---- removing by rank ---- */

static int take_ranks(struct collection *c, uint64_t rank, uint64_t count) {
    int code = zset_take_ranks(c, rank, &count);
    if (code != FERRITE_OK || count == 0) return code;
    struct effect effect = {.op = EFFECT_ZSET_REMOVE_RANKS, .db = (uint8_t)c->ks->db,
                            .key = key_of(c), .offset = rank, .count = count};
    return mutate_log(c->ks, &effect);
}

int zset_remove_ranks(struct collection *c, uint64_t rank, uint64_t count) {
    uint64_t members;
    int code = zset_stored(c, &members);
    if (code != FERRITE_OK || count == 0) return code;
    if (count >= members) return mutate_delete(c->ks, &c->entry);
    while (code == FERRITE_OK && count > 0) {
        uint64_t some = count < COLLECTION_PAUSE ? count : COLLECTION_PAUSE;
        code = take_ranks(c, rank, some);
        count -= some;
        if (code == FERRITE_OK && count > 0) code = collection_pause(c, true);
    }
    return code;
}

static int pop_some(struct collection *c, bool highest, uint64_t count, struct scored *out) {
    struct zset_walk walk;
    uint64_t members;
    int code = zset_stored(c, &members);
    if (code != FERRITE_OK) return code;
    if (count > members) count = members;
    code = zset_walk_begin(c, highest ? members - 1 : 0, highest, &walk);
    for (uint64_t i = 0; i < count && walk.valid && code == FERRITE_OK; i++) {
        code = scored_add(out, walk.member, walk.score);
        if (code == FERRITE_OK) code = zset_walk_next(&walk);
    }
    zset_walk_done(&walk);
    return code == FERRITE_OK ? zset_remove_ranks(c, highest ? members - count : 0, count) : code;
}

int zset_pop(struct keyspace *ks, ferrite_slice key, bool highest, uint64_t count,
             struct scored *out, bool *there) {
    *there = false;
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    struct collection c;
    code = collection_open(ks, &zset_kind, key, &c);
    *there = code == FERRITE_OK && c.exists;
    if (*there && count != 0) code = pop_some(&c, highest, count, out);
    return collection_close(&c, code);
}

/* ---- effects ---- */

static int apply_at(struct collection *c, const struct effect *effect) {
    struct zset_place place;
    if (effect->op == EFFECT_ZSET_REMOVE_RANKS)
        return take_ranks(c, effect->offset, effect->count);
    int code = zset_find(c, effect->item, &place);
    if (code == FERRITE_OK && effect->op == EFFECT_ZSET_ADD)
        code = put_at(c, &place, effect->item, effect->score);
    else if (code == FERRITE_OK && place.exists)
        code = take_at(c, &place, effect->item);
    zset_place_done(c, &place);
    return code;
}

int zset_apply(struct keyspace *ks, const struct effect *effect) {
    if (ks->batch != NULL) return batch_add(ks->batch, effect);
    struct collection c;
    int code = collection_open(ks, &zset_kind, effect->key, &c);
    if (code == FERRITE_OK) code = apply_at(&c, effect);
    return collection_close(&c, code);
}
