/*
 * hash_read.c - hashes: the functions that only look. See hash.h.
 */
#include "../os/mem.h"
#include "hash_form.h"
#include "scan.h"

/* The hash and a field of it; *there: it is one, and its moment has not passed. */
static int look(struct keyspace *ks, ferrite_slice key, ferrite_slice field, struct collection *c,
                struct hash_place *place, bool *there) {
    int code = collection_read(ks, &hash_kind, key, c);
    *there = false;
    if (code != FERRITE_OK || !c->exists) return code;
    code = hash_look(c, field, place);
    *there = code == FERRITE_OK && hash_live(ks, place);
    return code;
}

int hash_get(struct keyspace *ks, ferrite_slice key, ferrite_slice field, char **value,
             size_t *len) {
    struct collection c;
    struct hash_place place;
    bool there;
    *value = NULL;
    *len = 0;
    int code = look(ks, key, field, &c, &place, &there);
    if (code != FERRITE_OK || !there) return code;
    uint64_t all;
    code = value_size(&ks->txn->pages, &place.value, place.skip, &all);
    if (code != FERRITE_OK) return code;
    char *copy = mem_alloc(all + 1);
    if (copy == NULL) return error_nomem();
    code = value_copy_to(&ks->txn->pages, &place.value, place.skip, copy);
    if (code != FERRITE_OK) {
        mem_free(copy);
        return code;
    }
    copy[all] = '\0';
    *value = copy;
    *len = all;
    return FERRITE_OK;
}

int hash_value_len(struct keyspace *ks, ferrite_slice key, ferrite_slice field, uint64_t *len,
                   bool *there) {
    struct collection c;
    struct hash_place place;
    *len = 0;
    int code = look(ks, key, field, &c, &place, there);
    if (code == FERRITE_OK && *there) *len = value_len(&place.value, place.skip);
    return code;
}

int hash_view(struct keyspace *ks, ferrite_slice key, ferrite_slice field, ferrite_slice *value,
              bool *there) {
    struct collection c;
    struct hash_place place;
    uint64_t len;
    int code = look(ks, key, field, &c, &place, there);
    if (code != FERRITE_OK || !*there) return code;
    code = value_view(ks, &place.value, place.skip, value, &len);
    if (code == FERRITE_OK && value->len != len)
        code = error_set(FERRITE_LIMIT, "the value lies in pieces: ferrite_hget copies it");
    return code;
}

static int add_value(struct keyspace *ks, const struct tree_value *value, uint32_t skip,
                     struct slices *out) {
    uint64_t len;
    char *room;
    int code = value_size(&ks->txn->pages, value, skip, &len);
    if (code == FERRITE_OK) code = slices_reserve(out, len, &room);
    return code == FERRITE_OK ? value_copy_to(&ks->txn->pages, value, skip, room) : code;
}

int hash_get_many(struct keyspace *ks, ferrite_slice key, const ferrite_slice *fields,
                  size_t count, struct slices *out) {
    struct collection c;
    int code = collection_read(ks, &hash_kind, key, &c);
    for (size_t i = 0; i < count && code == FERRITE_OK; i++) {
        struct hash_place place;
        code = hash_look(&c, fields[i], &place);
        if (code != FERRITE_OK) break;
        code = hash_live(ks, &place) ? add_value(ks, &place.value, place.skip, out)
                                     : slices_add_nil(out);
    }
    return code;
}

int hash_len(struct keyspace *ks, ferrite_slice key, uint64_t *count) {
    struct collection c;
    uint64_t expired;
    *count = 0;
    int code = collection_read(ks, &hash_kind, key, &c);
    if (code != FERRITE_OK || !c.exists) return code;
    code = hash_stored(&c, count, &expired);
    *count -= expired;
    return code;
}

/* ---- many fields ---- */

static bool walk_live(const struct hash_walk *walk) {
    return walk->expire_ms == 0 || keyspace_now(walk->c->ks) <= walk->expire_ms;
}

static int add_current(const struct hash_walk *walk, unsigned what, struct slices *out) {
    int code = FERRITE_OK;
    if (what & HASH_FIELDS) code = slices_add(out, walk->field.data, walk->field.len);
    if (code == FERRITE_OK && (what & HASH_VALUES))
        code = add_value(walk->c->ks, &walk->value, walk->skip, out);
    return code;
}

static int list_all(struct collection *c, unsigned what, struct slices *out) {
    struct hash_walk walk;
    int code = hash_walk_begin(c, 0, &walk);
    while (code == FERRITE_OK && walk.valid) {
        if (walk_live(&walk)) code = add_current(&walk, what, out);
        if (code == FERRITE_OK) code = hash_walk_next(&walk);
    }
    hash_walk_done(&walk);
    return code;
}

int hash_list(struct keyspace *ks, ferrite_slice key, unsigned what, struct slices *out) {
    struct collection c;
    int code = collection_read(ks, &hash_kind, key, &c);
    return code == FERRITE_OK ? list_all(&c, what, out) : code;
}

int hash_scan(struct keyspace *ks, struct element_scan *scan, struct slices *out) {
    struct collection c;
    struct hash_walk walk;
    int code = collection_read(ks, &hash_kind, scan->key, &c);
    if (code != FERRITE_OK) return code;
    struct collection_step step = collection_scan(&c, scan->cursor, scan->effort);
    code = hash_walk_begin(&c, step.begin, &walk);
    for (uint64_t rank = step.begin; code == FERRITE_OK && walk.valid && rank < step.end; rank++) {
        if (scan_wants(scan->pattern, walk.field.data, walk.field.len) && walk_live(&walk))
            code = add_current(&walk, HASH_FIELDS | HASH_VALUES, out);
        if (code == FERRITE_OK) code = hash_walk_next(&walk);
    }
    hash_walk_done(&walk);
    if (code == FERRITE_OK) scan->cursor = step.cursor;
    return code;
}

/* ---- random fields ---- */

/* The ranks of the fields that are not past their moment; *live NULL: all are. */
static int live_ranks(struct collection *c, uint64_t *count, uint64_t **live) {
    uint64_t stored, expired, rank = 0, to = 0;
    struct hash_walk walk;
    *live = NULL;
    int code = hash_stored(c, &stored, &expired);
    *count = stored - expired;
    if (code != FERRITE_OK || expired == 0) return code;
    *live = mem_alloc(*count * sizeof **live);
    if (*live == NULL) return error_nomem();
    code = hash_walk_begin(c, 0, &walk);
    for (; code == FERRITE_OK && walk.valid && to < *count; rank++) {
        if (walk_live(&walk)) (*live)[to++] = rank;
        code = hash_walk_next(&walk);
    }
    hash_walk_done(&walk);
    return code;
}

static int add_rank(struct collection *c, uint64_t rank, unsigned what, struct slices *out) {
    struct hash_walk walk;
    int code = hash_walk_begin(c, rank, &walk);
    if (code == FERRITE_OK && walk.valid) code = add_current(&walk, what, out);
    hash_walk_done(&walk);
    return code;
}

static int add_different(struct collection *c, struct sampler *sampler, uint64_t count,
                         const uint64_t *live, uint64_t want, unsigned what, struct slices *out) {
    uint64_t *ranks;
    int code = sampler_ranks(sampler, count, want, &ranks);
    for (uint64_t i = 0; i < want && code == FERRITE_OK; i++)
        code = add_rank(c, live != NULL ? live[ranks[i]] : ranks[i], what, out);
    mem_free(ranks);
    return code;
}

static int add_random(struct collection *c, int64_t count, unsigned what, struct slices *out) {
    struct sampler sampler;
    uint64_t fields, *live = NULL;
    int code = sampler_seed(&sampler, c->ks);
    if (code == FERRITE_OK) code = live_ranks(c, &fields, &live);
    if (code == FERRITE_OK && fields > 0 && count >= 0 && (uint64_t)count >= fields)
        code = list_all(c, what, out);
    else if (code == FERRITE_OK && fields > 0 && count >= 0)
        code = add_different(c, &sampler, fields, live, (uint64_t)count, what, out);
    for (; code == FERRITE_OK && fields > 0 && count < 0; count++) {
        uint64_t rank = sampler_below(&sampler, fields);
        code = add_rank(c, live != NULL ? live[rank] : rank, what, out);
    }
    mem_free(live);
    return code;
}

int hash_random(struct keyspace *ks, ferrite_slice key, int64_t count, unsigned what,
                struct slices *out) {
    struct collection c;
    int code = collection_read(ks, &hash_kind, key, &c);
    return code == FERRITE_OK && c.exists && count != 0 ? add_random(&c, count, what, out) : code;
}
