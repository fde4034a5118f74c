/*
 * set.c - sets one at a time. See set.h.
 */
#include "set.h"

#include "../os/mem.h"
#include "mutate.h"
#include "mutate_internal.h"
#include "sample.h"
#include "set_form.h"

static struct effect member_effect(const struct keyspace *ks, uint8_t op, ferrite_slice key,
                                   ferrite_slice member) {
    return (struct effect){.op = op, .db = (uint8_t)ks->db, .key = key, .item = member};
}

static int log_change(struct collection *c, uint8_t op, ferrite_slice member) {
    struct effect effect = member_effect(
        c->ks, op, (ferrite_slice){c->entry.key, c->entry.key_len}, member);
    return mutate_log(c->ks, &effect);
}

/* Adds or removes one member, and says so in the log if that changed anything. */
static int change_one(struct collection *c, uint8_t op, ferrite_slice member, bool *changed) {
    int code = op == EFFECT_SET_ADD ? set_put(c, member, changed) : set_take(c, member, changed);
    return code == FERRITE_OK && *changed ? log_change(c, op, member) : code;
}

static int change_batch(struct keyspace *ks, uint8_t op, ferrite_slice key,
                        const ferrite_slice *members, size_t count) {
    int code = FERRITE_OK;
    for (size_t i = 0; i < count && code == FERRITE_OK; i++) {
        struct effect effect = member_effect(ks, op, key, members[i]);
        code = batch_add(ks->batch, &effect);
    }
    return code;
}

static int change_many(struct keyspace *ks, uint8_t op, ferrite_slice key,
                       const ferrite_slice *members, size_t count, uint64_t *changes) {
    *changes = 0;
    if (ks->batch != NULL) return change_batch(ks, op, key, members, count);
    struct collection c;
    int code = collection_open(ks, &set_kind, key, &c);
    for (size_t i = 0; i < count && code == FERRITE_OK; i++) {
        bool changed = false;
        if (i != 0 && i % COLLECTION_PAUSE == 0)
            code = collection_pause(&c, op == EFFECT_SET_REMOVE);
        if (code == FERRITE_OK) code = change_one(&c, op, members[i], &changed);
        *changes += changed;
    }
    return collection_close(&c, code);
}

int set_apply(struct keyspace *ks, const struct effect *effect) {
    uint64_t changes;
    return change_many(ks, effect->op, effect->key, &effect->item, 1, &changes);
}

int set_add(struct keyspace *ks, ferrite_slice key, const ferrite_slice *members, size_t count,
            uint64_t *added) {
    return change_many(ks, EFFECT_SET_ADD, key, members, count, added);
}

int set_remove(struct keyspace *ks, ferrite_slice key, const ferrite_slice *members, size_t count,
               uint64_t *removed) {
    return change_many(ks, EFFECT_SET_REMOVE, key, members, count, removed);
}

static bool same_key(ferrite_slice a, ferrite_slice b) {
    return bytes_compare(a.data, a.len, b.data, b.len) == 0;
}

/* Redis's order of doing: without the source nothing is looked at, then both types are judged. */
int set_move(struct keyspace *ks, ferrite_slice from, ferrite_slice to, ferrite_slice member,
             bool *moved) {
    struct collection source, target;
    uint64_t changes;
    *moved = false;
    int code = collection_read(ks, &set_kind, from, &source);
    if (code != FERRITE_OK || !source.exists) return code;
    code = collection_read(ks, &set_kind, to, &target);
    if (code == FERRITE_OK) code = set_look(&source, member, moved);
    if (code != FERRITE_OK || !*moved || same_key(from, to)) return code;
    code = set_remove(ks, from, &member, 1, &changes);
    return code == FERRITE_OK ? set_add(ks, to, &member, 1, &changes) : code;
}

/* ---- looking ---- */

int set_has(struct keyspace *ks, ferrite_slice key, const ferrite_slice *members, size_t count,
            int *there) {
    struct collection c;
    int code = collection_read(ks, &set_kind, key, &c);
    for (size_t i = 0; i < count && code == FERRITE_OK; i++) {
        bool is_member = false;
        code = set_look(&c, members[i], &is_member);
        there[i] = is_member;
    }
    return code;
}

int set_len(struct keyspace *ks, ferrite_slice key, uint64_t *count) {
    struct collection c;
    *count = 0;
    int code = collection_read(ks, &set_kind, key, &c);
    return code == FERRITE_OK ? set_stored(&c, count) : code;
}

/* The members of ranks [begin, end) that match. */
static int list_ranks(struct collection *c, uint64_t begin, uint64_t end, ferrite_slice pattern,
                      struct slices *out) {
    struct set_walk walk;
    int code = set_walk_begin(c, begin, &walk);
    for (uint64_t rank = begin; code == FERRITE_OK && walk.valid && rank < end; rank++) {
        if (scan_wants(pattern, walk.member.data, walk.member.len))
            code = slices_add(out, walk.member.data, walk.member.len);
        if (code == FERRITE_OK) code = set_walk_next(&walk);
    }
    set_walk_done(&walk);
    return code;
}

int set_list(struct keyspace *ks, ferrite_slice key, struct slices *out) {
    struct collection c;
    int code = collection_read(ks, &set_kind, key, &c);
    return code == FERRITE_OK ? list_ranks(&c, 0, UINT64_MAX, (ferrite_slice){NULL, 0}, out) : code;
}

int set_scan(struct keyspace *ks, struct element_scan *scan, struct slices *out) {
    struct collection c;
    int code = collection_read(ks, &set_kind, scan->key, &c);
    if (code != FERRITE_OK) return code;
    struct collection_step step = collection_scan(&c, scan->cursor, scan->effort);
    code = list_ranks(&c, step.begin, step.end, scan->pattern, out);
    if (code == FERRITE_OK) scan->cursor = step.cursor;
    return code;
}

/* ---- random members ---- */

static int add_rank(struct collection *c, uint64_t rank, struct slices *out) {
    struct set_walk walk;
    int code = set_walk_begin(c, rank, &walk);
    if (code == FERRITE_OK && walk.valid)
        code = slices_add(out, walk.member.data, walk.member.len);
    set_walk_done(&walk);
    return code;
}

static int add_random(struct collection *c, int64_t count, struct slices *out) {
    struct sampler sampler;
    uint64_t members, *ranks = NULL;
    int code = sampler_seed(&sampler, c->ks);
    if (code == FERRITE_OK) code = set_stored(c, &members);
    if (code != FERRITE_OK || members == 0) return code;
    if (count >= 0 && (uint64_t)count >= members)
        return list_ranks(c, 0, members, (ferrite_slice){NULL, 0}, out);
    for (; count < 0 && code == FERRITE_OK; count++)
        code = add_rank(c, sampler_below(&sampler, members), out);
    if (count > 0) code = sampler_ranks(&sampler, members, (uint64_t)count, &ranks);
    for (int64_t i = 0; i < count && code == FERRITE_OK; i++) code = add_rank(c, ranks[i], out);
    mem_free(ranks);
    return code;
}

int set_random(struct keyspace *ks, ferrite_slice key, int64_t count, struct slices *out) {
    struct collection c;
    int code = collection_read(ks, &set_kind, key, &c);
    return code == FERRITE_OK && c.exists && count != 0 ? add_random(&c, count, out) : code;
}

/* ---- popping ---- */

static int pop_rank(struct collection *c, uint64_t rank, struct slices *out) {
    ferrite_slice member;
    int code = set_take_rank(c, rank, out, &member);
    return code == FERRITE_OK ? log_change(c, EFFECT_SET_REMOVE, member) : code;
}

/* From the highest rank down, so that the others stay what they are. */
static int pop_some(struct collection *c, uint64_t members, uint64_t count, struct slices *out) {
    struct sampler sampler;
    uint64_t *ranks = NULL;
    int code = sampler_seed(&sampler, c->ks);
    if (code == FERRITE_OK) code = sampler_ranks(&sampler, members, count, &ranks);
    for (uint64_t i = count; i-- > 0 && code == FERRITE_OK;) {
        code = pop_rank(c, ranks[i], out);
        if (code == FERRITE_OK && i != 0 && i % COLLECTION_PAUSE == 0)
            code = collection_pause(c, true);
    }
    mem_free(ranks);
    return code;
}

static int pop_all(struct collection *c, struct slices *out) {
    int code = list_ranks(c, 0, UINT64_MAX, (ferrite_slice){NULL, 0}, out);
    return code == FERRITE_OK ? mutate_delete(c->ks, &c->entry) : code;
}

int set_pop(struct keyspace *ks, ferrite_slice key, uint64_t count, struct slices *out) {
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    struct collection c;
    uint64_t members;
    code = collection_open(ks, &set_kind, key, &c);
    if (code == FERRITE_OK) code = set_stored(&c, &members);
    if (code == FERRITE_OK && c.exists && count != 0)
        code = count >= members ? pop_all(&c, out) : pop_some(&c, members, count, out);
    return collection_close(&c, code);
}
