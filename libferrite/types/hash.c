/*
 * hash.c - hashes: the functions that change fields, and the effects done again. See hash.h.
 */
#include "hash.h"

#include <math.h>

#include "../os/mem.h"
#include "hash_form.h"
#include "mutate.h"
#include "mutate_internal.h"
#include "number.h"

static struct effect field_effect(const struct keyspace *ks, uint8_t op, ferrite_slice key,
                                  ferrite_slice field) {
    return (struct effect){.op = op, .db = (uint8_t)ks->db, .key = key, .item = field};
}

static ferrite_slice key_of(const struct collection *c) {
    return (ferrite_slice){c->entry.key, c->entry.key_len};
}

/* ---- one field, changed and logged; the place is stale afterwards ---- */

static int stored_at(struct collection *c, struct hash_place *place, ferrite_slice field,
                     struct stored value) {
    int code = hash_store(c, place, field, value, 0);
    struct effect effect = field_effect(c->ks, EFFECT_HASH_PUT, key_of(c), field);
    effect.data = value.bytes;
    effect.compressed = value.compressed;
    return code == FERRITE_OK ? mutate_log(c->ks, &effect) : code;
}

static int put_at(struct collection *c, struct hash_place *place, ferrite_slice field,
                  ferrite_slice value) {
    return stored_at(c, place, field, compress(c->ks->compressor, value));
}

int hash_delete_at(struct collection *c, struct hash_place *place, ferrite_slice field) {
    int code = hash_remove(c, place, field);
    struct effect effect = field_effect(c->ks, EFFECT_HASH_DELETE, key_of(c), field);
    return code == FERRITE_OK ? mutate_log(c->ks, &effect) : code;
}

int hash_moment_at(struct collection *c, struct hash_place *place, ferrite_slice field,
                     int64_t at_ms) {
    int code = hash_set_moment(c, place, field, at_ms);
    struct effect effect = field_effect(c->ks, EFFECT_HASH_EXPIRE, key_of(c), field);
    effect.expire_ms = at_ms;
    return code == FERRITE_OK ? mutate_log(c->ks, &effect) : code;
}

/* As put_at, and the field's moment stays. */
static int replace_at(struct collection *c, struct hash_place *place, ferrite_slice field,
                      ferrite_slice value) {
    int64_t at_ms = hash_live(c->ks, place) ? place->expire_ms : 0;
    int code = put_at(c, place, field, value);
    if (code != FERRITE_OK || at_ms == 0) return code;
    hash_place_done(c, place);
    code = hash_find(c, field, place);
    return code == FERRITE_OK ? hash_moment_at(c, place, field, at_ms) : code;
}

/* ---- effects ---- */

static int apply_at(struct collection *c, const struct effect *effect) {
    struct hash_place place;
    int code = hash_find(c, effect->item, &place);
    if (code != FERRITE_OK || (effect->op != EFFECT_HASH_PUT && !place.exists))
        ;
    else if (effect->op == EFFECT_HASH_PUT)
        code = effect->compressed
                   ? stored_at(c, &place, effect->item, (struct stored){effect->data, true})
                   : put_at(c, &place, effect->item, effect->data);
    else if (effect->op == EFFECT_HASH_DELETE)
        code = hash_delete_at(c, &place, effect->item);
    else
        code = hash_moment_at(c, &place, effect->item, effect->expire_ms);
    hash_place_done(c, &place);
    return code;
}

int hash_apply(struct keyspace *ks, const struct effect *effect) {
    if (ks->batch != NULL) return batch_add(ks->batch, effect);
    struct collection c;
    int code = collection_open(ks, &hash_kind, effect->key, &c);
    if (code == FERRITE_OK) code = apply_at(&c, effect);
    return collection_close(&c, code);
}

/* ---- putting ---- */

static int put_one(struct collection *c, ferrite_slice field, ferrite_slice value,
                   uint64_t *added) {
    struct hash_place place;
    int code = hash_find(c, field, &place);
    if (code == FERRITE_OK) {
        *added += !hash_live(c->ks, &place);
        code = put_at(c, &place, field, value);
    }
    hash_place_done(c, &place);
    return code;
}

static int put_batch(struct keyspace *ks, ferrite_slice key, const ferrite_slice *pairs,
                     size_t count) {
    int code = FERRITE_OK;
    for (size_t i = 0; i < count && code == FERRITE_OK; i += 2) {
        struct effect effect = field_effect(ks, EFFECT_HASH_PUT, key, pairs[i]);
        effect.data = pairs[i + 1];
        code = batch_add(ks->batch, &effect);
    }
    return code;
}

int hash_put(struct keyspace *ks, ferrite_slice key, const ferrite_slice *pairs, size_t count,
             uint64_t *added) {
    *added = 0;
    if (ks->batch != NULL) return put_batch(ks, key, pairs, count);
    struct collection c;
    int code = collection_open(ks, &hash_kind, key, &c);
    for (size_t i = 0; i < count && code == FERRITE_OK; i += 2) {
        if (i != 0 && i % COLLECTION_PAUSE == 0) code = collection_pause(&c, false);
        if (code == FERRITE_OK) code = put_one(&c, pairs[i], pairs[i + 1], added);
    }
    return collection_close(&c, code);
}

int hash_put_new(struct keyspace *ks, ferrite_slice key, ferrite_slice field, ferrite_slice value,
                 bool *done) {
    *done = false;
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    struct collection c;
    code = collection_open(ks, &hash_kind, key, &c);
    if (code == FERRITE_OK) {
        struct hash_place place;
        code = hash_find(&c, field, &place);
        *done = code == FERRITE_OK && !hash_live(ks, &place);
        if (*done) code = put_at(&c, &place, field, value);
        hash_place_done(&c, &place);
    }
    return collection_close(&c, code);
}

/* ---- deleting ---- */

/* A field past its moment goes too but does not count. */
static int delete_one(struct collection *c, ferrite_slice field, uint64_t *deleted) {
    struct hash_place place;
    int code = hash_find(c, field, &place);
    if (code == FERRITE_OK && place.exists) {
        *deleted += hash_live(c->ks, &place);
        code = hash_delete_at(c, &place, field);
    }
    hash_place_done(c, &place);
    return code;
}

static int delete_batch(struct keyspace *ks, ferrite_slice key, const ferrite_slice *fields,
                        size_t count) {
    int code = FERRITE_OK;
    for (size_t i = 0; i < count && code == FERRITE_OK; i++) {
        struct effect effect = field_effect(ks, EFFECT_HASH_DELETE, key, fields[i]);
        code = batch_add(ks->batch, &effect);
    }
    return code;
}

int hash_delete(struct keyspace *ks, ferrite_slice key, const ferrite_slice *fields, size_t count,
                uint64_t *deleted) {
    *deleted = 0;
    if (ks->batch != NULL) return delete_batch(ks, key, fields, count);
    struct collection c;
    int code = collection_open(ks, &hash_kind, key, &c);
    for (size_t i = 0; i < count && code == FERRITE_OK; i++) {
        if (i != 0 && i % COLLECTION_PAUSE == 0) code = collection_pause(&c, true);
        if (code == FERRITE_OK) code = delete_one(&c, fields[i], deleted);
    }
    return collection_close(&c, code);
}

/* ---- numbers ---- */

/* The bytes of a short value; false when there are more than cap. */
static bool short_value(struct collection *c, const struct hash_place *place, char *out, size_t cap,
                        size_t *len) {
    *len = value_len(&place->value, place->skip);
    return *len <= cap && value_copy_to(&c->ks->txn->pages, &place->value, place->skip, out) ==
                              FERRITE_OK;
}

static int add_int_at(struct collection *c, struct hash_place *place, ferrite_slice field,
                      int64_t increment, int64_t *result) {
    char text[NUMBER_INT_TEXT_MAX];
    size_t len;
    int64_t value = 0;
    if (hash_live(c->ks, place) &&
        (!short_value(c, place, text, sizeof text, &len) || !number_parse_int(text, len, &value)))
        return error_set(FERRITE_RANGE, "ERR hash value is not an integer");
    if (__builtin_add_overflow(value, increment, &value))
        return error_set(FERRITE_RANGE, "ERR increment or decrement would overflow");
    len = number_format_int(value, text);
    int code = replace_at(c, place, field, (ferrite_slice){text, len});
    if (code == FERRITE_OK) *result = value;
    return code;
}

int hash_add_int(struct keyspace *ks, ferrite_slice key, ferrite_slice field, int64_t increment,
                 int64_t *result) {
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    struct collection c;
    code = collection_open(ks, &hash_kind, key, &c);
    if (code == FERRITE_OK) {
        struct hash_place place;
        code = hash_find(&c, field, &place);
        if (code == FERRITE_OK) code = add_int_at(&c, &place, field, increment, result);
        hash_place_done(&c, &place);
    }
    return collection_close(&c, code);
}

static int add_float_at(struct collection *c, struct hash_place *place, ferrite_slice field,
                        long double increment, char **value, size_t *len) {
    char text[NUMBER_FLOAT_TEXT_MAX];
    long double number = 0;
    if (hash_live(c->ks, place) && (!short_value(c, place, text, sizeof text - 1, len) ||
                                    !number_parse_float(text, *len, &number)))
        return error_set(FERRITE_RANGE, "ERR hash value is not a float");
    number += increment;
    if (isnan(number) || isinf(number))
        return error_set(FERRITE_RANGE, "ERR increment would produce NaN or Infinity");
    *len = number_format_float(number, text);
    *value = mem_dup(text, *len);
    if (*value == NULL) return error_nomem();
    return replace_at(c, place, field, (ferrite_slice){text, *len});
}

int hash_add_float(struct keyspace *ks, ferrite_slice key, ferrite_slice field,
                   long double increment, char **value, size_t *len) {
    *value = NULL;
    *len = 0;
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    struct collection c;
    code = collection_open(ks, &hash_kind, key, &c);
    if (code == FERRITE_OK) {
        struct hash_place place;
        code = hash_find(&c, field, &place);
        if (code == FERRITE_OK) code = add_float_at(&c, &place, field, increment, value, len);
        hash_place_done(&c, &place);
    }
    code = collection_close(&c, code);
    if (code == FERRITE_OK) return code;
    mem_free(*value);
    *value = NULL;
    return code;
}
