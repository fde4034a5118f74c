/*
 * list_change.c - changes at an index of an opened list, each with its effect, and doing effects
 * again. See list_place.h.
 */
#include <assert.h>

#include "garbage.h"
#include "list_place.h"
#include "mutate_internal.h"

/* ---- the two forms ---- */

static int tree_put_in(struct collection *c, uint64_t index, struct stored element) {
    struct pages *pages = &c->ks->txn->pages;
    struct tree_cursor cursor;
    struct tree_value value;
    struct value_room room;
    int code = value_make(pages, element, &room, &value);
    cursor_init(&cursor, pages, &c->tree[0]);
    if (code == FERRITE_OK) code = cursor_seek_rank(&cursor, index);
    if (code == FERRITE_OK) code = cursor_insert(&cursor, &value);
    cursor_done(&cursor);
    return code;
}

static int list_unpack(struct collection *c, const uint8_t *bytes, uint32_t len) {
    struct packed_item item = {.next = 0};
    int code = FERRITE_OK;
    for (uint64_t i = 0; item.next < len && code == FERRITE_OK; i++) {
        code = packed_read(bytes, len, item.next, &item);
        if (code == FERRITE_OK)
            code = tree_put_in(c, i, item_stored(&item));
    }
    return code;
}

static int list_pack(struct collection *c, bool *fits) {
    struct tree_cursor cursor;
    uint8_t *at = c->room;
    *fits = true;
    cursor_init(&cursor, &c->ks->txn->pages, &c->tree[0]);
    int code = cursor_first(&cursor);
    while (code == FERRITE_OK && cursor.valid && *fits) {
        struct tree_value value;
        code = cursor_value(&cursor, &value);
        if (code != FERRITE_OK) break;
        struct stored stored = {{value.data, value.len}, value.compressed};
        size_t size = packed_stored_size(stored);
        *fits = !value.spilled && size <= COLLECTION_PACK_MAX - (size_t)(at - c->room);
        if (*fits) at = packed_write_stored(at, stored);
        code = cursor_next(&cursor);
    }
    cursor_done(&cursor);
    if (code == FERRITE_OK && *fits) c->len = (uint32_t)(at - c->room);
    return code;
}

const struct collection_kind list_kind = {.type = FERRITE_TYPE_LIST,
                                          .trees = 1,
                                          .positional = true,
                                          .unpack = list_unpack,
                                          .pack = list_pack};

/* The offset of the element at an index that may be the end. */
static int packed_offset(const struct collection *c, uint64_t index, uint32_t *at) {
    struct packed_item item = {.next = 0};
    while (index-- > 0) {
        int code = packed_read(c->bytes, c->len, item.next, &item);
        if (code != FERRITE_OK) return code;
    }
    *at = item.next;
    return FERRITE_OK;
}

static int packed_take_out(struct collection *c, uint64_t index, uint64_t count) {
    uint32_t from, to;
    int code = packed_offset(c, index, &from);
    if (code == FERRITE_OK) code = packed_offset(c, index + count, &to);
    if (code == FERRITE_OK) packed_remove(c->room, &c->len, from, to);
    return code;
}

static int tree_take_out(struct collection *c, uint64_t index, uint64_t count) {
    struct pages *pages = &c->ks->txn->pages;
    struct tree_cursor cursor;
    cursor_init(&cursor, pages, &c->tree[0]);
    int code = cursor_seek_rank(&cursor, index);
    while (code == FERRITE_OK && count-- > 0) {
        struct tree_value value;
        code = cursor_value(&cursor, &value);
        if (code == FERRITE_OK && value.spilled) code = garbage_value(c->ks->txn, &value);
        if (code == FERRITE_OK) code = cursor_delete(&cursor);
    }
    cursor_done(&cursor);
    return code;
}

static int tree_put_over(struct collection *c, uint64_t index, struct stored element) {
    struct pages *pages = &c->ks->txn->pages;
    struct tree_cursor cursor;
    struct tree_value old, value;
    struct value_room room;
    int code = value_make(pages, element, &room, &value);
    cursor_init(&cursor, pages, &c->tree[0]);
    if (code == FERRITE_OK) code = cursor_seek_rank(&cursor, index);
    if (code == FERRITE_OK) code = cursor_value(&cursor, &old);
    if (code == FERRITE_OK && old.spilled) code = garbage_value(c->ks->txn, &old);
    if (code == FERRITE_OK) code = cursor_replace(&cursor, &value);
    cursor_done(&cursor);
    return code;
}

/* ---- changes with their effects ---- */

static int change_end(struct collection *c, int code, uint8_t op, uint64_t index, uint64_t count,
                      struct stored element) {
    struct effect effect = {.op = op,
                            .db = (uint8_t)c->ks->db,
                            .offset = index,
                            .count = count,
                            .key = {c->entry.key, c->entry.key_len},
                            .compressed = element.compressed,
                            .data = element.bytes};
    return code == FERRITE_OK ? mutate_log(c->ks, &effect) : code;
}

static int put_in(struct collection *c, uint64_t index, struct stored element) {
    uint32_t at;
    int code = FERRITE_OK;
    c->changed = true;
    if (c->packed && !collection_room(c, packed_stored_size(element))) code = collection_unpack(c);
    if (code == FERRITE_OK && !c->packed)
        code = tree_put_in(c, index, element);
    else if (code == FERRITE_OK && (code = packed_offset(c, index, &at)) == FERRITE_OK)
        packed_insert_stored(c->room, &c->len, at, element);
    return change_end(c, code, EFFECT_LIST_INSERT, index, 0, element);
}

int list_put_in(struct collection *c, uint64_t index, ferrite_slice element) {
    return put_in(c, index, compress(c->ks->compressor, element));
}

int list_take_out(struct collection *c, uint64_t index, uint64_t count) {
    c->changed = true;
    int code = c->packed ? packed_take_out(c, index, count) : tree_take_out(c, index, count);
    return change_end(c, code, EFFECT_LIST_REMOVE, index, count, (struct stored){{NULL, 0}, false});
}

static int packed_put_over(struct collection *c, uint64_t index, struct stored element) {
    struct packed_item old;
    uint32_t at;
    int code = packed_offset(c, index, &at);
    if (code == FERRITE_OK) code = packed_read(c->bytes, c->len, at, &old);
    if (code != FERRITE_OK) return code;
    if (packed_stored_size(element) > COLLECTION_PACKED_MAX - (c->len - (old.next - at))) {
        code = collection_unpack(c);
        return code == FERRITE_OK ? tree_put_over(c, index, element) : code;
    }
    packed_remove(c->room, &c->len, at, old.next);
    packed_insert_stored(c->room, &c->len, at, element);
    return FERRITE_OK;
}

static int put_over(struct collection *c, uint64_t index, struct stored element) {
    c->changed = true;
    int code = c->packed ? packed_put_over(c, index, element) : tree_put_over(c, index, element);
    return change_end(c, code, EFFECT_LIST_REPLACE, index, 0, element);
}

int list_put_over(struct collection *c, uint64_t index, ferrite_slice element) {
    return put_over(c, index, compress(c->ks->compressor, element));
}

int list_drop(struct collection *c, uint64_t index, uint64_t count) {
    uint64_t all;
    int code = list_count(c, &all);
    if (code != FERRITE_OK || count == 0) return code;
    if (count == all && c->exists && !c->changed) return mutate_delete(c->ks, &c->entry);
    while (code == FERRITE_OK) {
        uint64_t step = count < LIST_STEP ? count : LIST_STEP;
        count -= step;
        code = list_take_out(c, index + count, step);
        if (code != FERRITE_OK || count == 0) return code;
        code = collection_pause(c, true);
    }
    return code;
}

/* ---- effects done again ---- */

static int effect_check(const struct collection *c, const struct effect *effect) {
    uint64_t all;
    int code = list_count(c, &all);
    if (code != FERRITE_OK) return code;
    bool fits = effect->offset <= all;
    if (effect->op == EFFECT_LIST_REMOVE) fits = fits && effect->count <= all - effect->offset;
    if (effect->op == EFFECT_LIST_REPLACE) fits = effect->offset < all;
    if (fits) return FERRITE_OK;
    return error_set(FERRITE_CORRUPT, "an effect in the log (op %u) does not fit: a list of %llu",
                     effect->op, (unsigned long long)all);
}

static int effect_do(struct collection *c, const struct effect *effect) {
    const struct stored element = {effect->data, effect->compressed};
    switch (effect->op) {
    case EFFECT_LIST_INSERT:
        return put_in(c, effect->offset, element);
    case EFFECT_LIST_REMOVE:
        return list_take_out(c, effect->offset, effect->count);
    default:
        assert(effect->op == EFFECT_LIST_REPLACE);
        return put_over(c, effect->offset, element);
    }
}

int list_apply(struct keyspace *ks, const struct effect *effect) {
    struct collection c;
    int code = collection_open(ks, &list_kind, effect->key, &c);
    if (code == FERRITE_WRONGTYPE)
        code = error_set(FERRITE_CORRUPT, "an effect in the log (op %u) does not fit: no list",
                         effect->op);
    if (code == FERRITE_OK) code = effect_check(&c, effect);
    if (code == FERRITE_OK) code = effect_do(&c, effect);
    return collection_close(&c, code);
}
