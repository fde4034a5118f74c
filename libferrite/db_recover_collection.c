/*
 * db_recover_collection.c - collections in trees of their own, saved element by element: a part
 * that is damaged costs the elements in it. See db_recover.c.
 */
#include "db_recover.h"
#include "os/mem.h"
#include "types/collection.h"
#include "types/hash_form.h"
#include "types/zset_form.h"

struct elements {
    struct recover *recover;
    ferrite_slice key;
    uint64_t index; /* list: of the next element, in the new list */
};

static struct effect effect_on(const struct elements *e, uint8_t op) {
    return (struct effect){.op = op, .db = (uint8_t)e->recover->db, .key = e->key};
}

/* Does the effect with the value's bytes behind `skip` as its data. */
static int with_value(struct elements *e, struct effect *effect, const struct tree_value *value,
                      uint32_t skip) {
    char *copy = NULL;
    if (!value->spilled && !value->compressed) {
        effect->data = (ferrite_slice){(const char *)value->data + skip, value->len - skip};
        return recover_effect(e->recover, effect);
    }
    int code = recover_value(e->recover, value, skip, &copy, &effect->data.len);
    effect->data.data = copy;
    if (code == FERRITE_OK) code = recover_effect(e->recover, effect);
    mem_free(copy);
    return code;
}

static int hash_element(struct elements *e, ferrite_slice field, const struct tree_value *value) {
    struct tree_value parsed = *value;
    struct effect put = effect_on(e, EFFECT_HASH_PUT), expire = effect_on(e, EFFECT_HASH_EXPIRE);
    uint32_t skip;
    int code = hash_value_parse(&parsed, &expire.expire_ms, &skip);
    put.item = expire.item = field;
    if (code == FERRITE_OK) code = with_value(e, &put, &parsed, skip);
    if (code != FERRITE_OK || expire.expire_ms == 0) return code;
    return recover_effect(e->recover, &expire);
}

static int set_element(struct elements *e, ferrite_slice member) {
    struct effect add = effect_on(e, EFFECT_SET_ADD);
    add.item = member;
    return recover_effect(e->recover, &add);
}

static int zset_element(struct elements *e, ferrite_slice member, const struct tree_value *value) {
    struct effect add = effect_on(e, EFFECT_ZSET_ADD);
    if (value->len != SCORE_LEN) return error_set(FERRITE_CORRUPT, "a score is damaged");
    add.item = member;
    add.score = score_read(value->data);
    return recover_effect(e->recover, &add);
}

static int list_element(struct elements *e, const struct tree_value *value) {
    struct effect insert = effect_on(e, EFFECT_LIST_INSERT);
    insert.offset = e->index;
    int code = with_value(e, &insert, value, 0);
    e->index += code == FERRITE_OK;
    return code;
}

static int on_field(void *ctx, const uint8_t *key, size_t len, const struct tree_value *value) {
    struct elements *e = ctx;
    int code = hash_element(e, (ferrite_slice){(const char *)key, len}, value);
    return recover_lost(e->recover, e->key, code);
}

static int on_member(void *ctx, const uint8_t *key, size_t len, const struct tree_value *value) {
    struct elements *e = ctx;
    (void)value;
    return recover_lost(e->recover, e->key,
                        set_element(e, (ferrite_slice){(const char *)key, len}));
}

static int on_score(void *ctx, const uint8_t *key, size_t len, const struct tree_value *value) {
    struct elements *e = ctx;
    int code = zset_element(e, (ferrite_slice){(const char *)key, len}, value);
    return recover_lost(e->recover, e->key, code);
}

static int on_list_element(void *ctx, const uint8_t *key, size_t len,
                           const struct tree_value *value) {
    struct elements *e = ctx;
    (void)key;
    (void)len;
    return recover_lost(e->recover, e->key, list_element(e, value));
}

static int on_page(void *ctx, pgno no, uint32_t count) {
    struct elements *e = ctx;
    return recover_part_page(e->recover, no, count);
}

static int on_damage(void *ctx, pgno no, const char *what) {
    struct elements *e = ctx;
    return recover_on_damage(e->recover, no, what);
}

static int expire_key(struct elements *e, int64_t at_ms) {
    struct effect expire = effect_on(e, EFFECT_EXPIRE_AT);
    expire.expire_ms = at_ms;
    return recover_effect(e->recover, &expire);
}

static int remove_old(struct elements *e) {
    struct effect remove = effect_on(e, EFFECT_DELETE);
    return recover_effect(e->recover, &remove);
}

/* The first tree says all; the second of a sorted set, or of a hash's moments, follows from it. */
static int take_elements(struct elements *e, const struct record *record) {
    struct tree_visitor visitor = {.ctx = e, .on_page = on_page, .on_damage = on_damage};
    switch (record_type(record)) {
    case FERRITE_TYPE_HASH:
        visitor.on_entry = on_field;
        break;
    case FERRITE_TYPE_SET:
        visitor.on_entry = on_member;
        break;
    case FERRITE_TYPE_ZSET:
        visitor.on_entry = on_score;
        break;
    case FERRITE_TYPE_LIST:
        visitor.on_entry = on_list_element;
        break;
    default:
        return error_set(FERRITE_CORRUPT, "its type is not known to this version");
    }
    struct tree trees[COLLECTION_TREES_MAX];
    record_trees(record, trees);
    return tree_walk(salvage_pages(e->recover->salvage), &trees[0], &visitor);
}

/* ---- packed ---- */

/* A field and what follows it, from *at on. */
static int packed_field(struct elements *e, const uint8_t *bytes, uint32_t len, bool expires,
                        uint32_t *at) {
    struct packed_item field, value, moment = {.len = 0};
    struct effect put = effect_on(e, EFFECT_HASH_PUT), expire = effect_on(e, EFFECT_HASH_EXPIRE);
    int code = packed_read(bytes, len, *at, &field);
    if (code == FERRITE_OK) code = packed_read(bytes, len, field.next, &value);
    if (code == FERRITE_OK && expires) code = packed_read(bytes, len, value.next, &moment);
    if (code != FERRITE_OK) return code;
    *at = expires ? moment.next : value.next;
    put.item = expire.item = (ferrite_slice){(const char *)field.data, field.len};
    const struct tree_value stored = item_value(&value);
    code = with_value(e, &put, &stored, 0);
    if (code != FERRITE_OK || moment.len != sizeof expire.expire_ms)
        return recover_lost(e->recover, e->key, code);
    memcpy(&expire.expire_ms, moment.data, sizeof expire.expire_ms);
    return recover_effect(e->recover, &expire);
}

static int packed_element(struct elements *e, const uint8_t *bytes, uint32_t len, uint32_t *at) {
    struct packed_item item;
    int code = packed_read(bytes, len, *at, &item);
    if (code != FERRITE_OK) return code;
    *at = item.next;
    const struct tree_value stored = item_value(&item);
    return recover_lost(e->recover, e->key, list_element(e, &stored));
}

static int take_packed(struct elements *e, const struct record *record) {
    const bool expires = record->head & RECORD_FIELDS_EXPIRE;
    const uint8_t *bytes = record->payload + (expires ? sizeof(int64_t) : 0);
    const uint32_t len = record->payload_len - (expires ? (uint32_t)sizeof(int64_t) : 0);
    int code = FERRITE_OK;
    for (uint32_t at = 0; at < len && code == FERRITE_OK;)
        code = record_type(record) == FERRITE_TYPE_HASH ? packed_field(e, bytes, len, expires, &at)
                                                        : packed_element(e, bytes, len, &at);
    return code;
}

bool recover_has_compressed(const struct record *record) {
    const bool expires = record->head & RECORD_FIELDS_EXPIRE;
    const uint8_t *bytes = record->payload + (expires ? sizeof(int64_t) : 0);
    const uint32_t len = record->payload_len - (expires ? (uint32_t)sizeof(int64_t) : 0);
    struct packed_item item = {.next = 0};
    const int type = record_type(record);
    if (type != FERRITE_TYPE_HASH && type != FERRITE_TYPE_LIST) return false;
    while (item.next < len && packed_read(bytes, len, item.next, &item) == FERRITE_OK)
        if (item.compressed) return true;
    return false;
}

int recover_collection(struct recover *r, ferrite_slice key, const struct record *record) {
    struct elements elements = {.recover = r, .key = key};
    int code = remove_old(&elements); /* of an older leaf */
    if (code == FERRITE_OK)
        code = record->head & RECORD_TREES ? take_elements(&elements, record)
                                           : take_packed(&elements, record);
    if (code == FERRITE_OK && (record->head & RECORD_EXPIRES))
        code = expire_key(&elements, record->expire_ms);
    return code;
}
