/*
 * hash_form.c - the two forms of a hash: finding, storing and removing fields. See hash_form.h.
 */
#include "hash_form.h"

#include "expiry.h"
#include "garbage.h"
#include "mutate.h"

#define FLAG_EXPIRES 1u
#define FLAG_COMPRESSED 2u
#define HEADER_MAX 9u

static uint32_t hash_stride(const struct collection *c) { return c->first_ms != 0 ? 3 : 2; }

/* ---- values as the forms hold them ---- */

int hash_value_parse(struct tree_value *value, int64_t *expire_ms, uint32_t *skip) {
    const uint8_t *bytes = value->data;
    *expire_ms = 0;
    *skip = 1;
    if (value->len >= 1 && bytes[0] == 0) return FERRITE_OK;
    if (value->len < 1 || (bytes[0] & ~(FLAG_EXPIRES | FLAG_COMPRESSED)) != 0 ||
        ((bytes[0] & FLAG_EXPIRES) && value->len < HEADER_MAX))
        return error_set(FERRITE_CORRUPT, "a field's value is damaged");
    value->compressed = (bytes[0] & FLAG_COMPRESSED) != 0;
    if (!(bytes[0] & FLAG_EXPIRES)) return FERRITE_OK;
    memcpy(expire_ms, bytes + 1, sizeof *expire_ms);
    *skip = HEADER_MAX;
    return FERRITE_OK;
}

/* The items behind a field: its value, and its moment if the hash has any. */
static int packed_field_parse(const struct collection *c, uint32_t at, struct tree_value *value,
                              int64_t *expire_ms, uint32_t *end) {
    struct packed_item item;
    int code = packed_read(c->bytes, c->len, at, &item);
    if (code != FERRITE_OK) return code;
    *value = item_value(&item);
    *expire_ms = 0;
    *end = item.next;
    if (c->first_ms == 0) return FERRITE_OK;
    code = packed_read(c->bytes, c->len, item.next, &item);
    if (code != FERRITE_OK) return code;
    if (item.len == sizeof *expire_ms) memcpy(expire_ms, item.data, sizeof *expire_ms);
    *end = item.next;
    return FERRITE_OK;
}

/* ---- finding ---- */

static int packed_find(struct collection *c, ferrite_slice field, struct hash_place *place) {
    struct packed_item item;
    place->skip = 0;
    place->expire_ms = 0;
    int code = packed_seek(c->bytes, c->len, hash_stride(c), field, &place->at, &place->exists);
    place->end = place->at;
    if (code != FERRITE_OK || !place->exists) return code;
    code = packed_read(c->bytes, c->len, place->at, &item);
    if (code != FERRITE_OK) return code;
    return packed_field_parse(c, item.next, &place->value, &place->expire_ms, &place->end);
}

int hash_look(struct collection *c, ferrite_slice field, struct hash_place *place) {
    if (c->packed) return packed_find(c, field, place);
    int code = tree_get(&c->ks->txn->pages, &c->tree[0], field.data, field.len, &place->value);
    place->exists = code == FERRITE_OK;
    place->expire_ms = 0;
    if (code == FERRITE_OK) return hash_value_parse(&place->value, &place->expire_ms, &place->skip);
    return code == FERRITE_NOTFOUND ? FERRITE_OK : code;
}

static int tree_find(struct collection *c, ferrite_slice field, struct hash_place *place) {
    place->expire_ms = 0;
    cursor_init(&place->cursor, &c->ks->txn->pages, &c->tree[0]);
    int code = cursor_seek(&place->cursor, field.data, field.len, &place->exists);
    if (code == FERRITE_OK && place->exists) code = cursor_value(&place->cursor, &place->value);
    if (code == FERRITE_OK && place->exists)
        code = hash_value_parse(&place->value, &place->expire_ms, &place->skip);
    return code;
}

int hash_find(struct collection *c, ferrite_slice field, struct hash_place *place) {
    place->exists = false;
    return c->packed ? packed_find(c, field, place) : tree_find(c, field, place);
}

void hash_place_done(struct collection *c, struct hash_place *place) {
    if (!c->packed) cursor_done(&place->cursor);
}

/* ---- the packed form ---- */

static void packed_put(struct collection *c, uint32_t at, ferrite_slice field,
                       struct stored value, int64_t expire_ms) {
    size_t size = packed_size(field.len) + packed_stored_size(value);
    size_t moment = c->first_ms != 0 ? packed_size(expire_ms != 0 ? sizeof expire_ms : 0) : 0;
    memmove(c->room + at + size + moment, c->room + at, c->len - at);
    uint8_t *place = packed_write(c->room + at, field.data, field.len);
    place = packed_write_stored(place, value);
    if (moment != 0) packed_write(place, &expire_ms, expire_ms != 0 ? sizeof expire_ms : 0);
    c->len += (uint32_t)(size + moment);
}

/* A moment for each field, all empty: the hash gets its first field that expires. */
static int packed_widen(struct collection *c, int64_t first_ms, bool *fits) {
    uint8_t wide[RECORD_INLINE_MAX];
    uint32_t count, to = 0;
    int code = packed_count(c->room, c->len, &count);
    *fits = code == FERRITE_OK && collection_room(c, count / 2);
    if (!*fits) return code;
    for (uint32_t at = 0, next = 0; at < c->len; at = next) {
        code = packed_skip(c->room, c->len, 2, &next);
        if (code != FERRITE_OK) return code;
        memcpy(wide + to, c->room + at, next - at);
        to += next - at;
        wide[to++] = 0;
    }
    memcpy(c->room, wide, to);
    c->len = to;
    c->first_ms = first_ms;
    return FERRITE_OK;
}

/* The earliest moment anew; with none left the moments go. */
static int packed_first(struct collection *c) {
    uint8_t narrow[RECORD_INLINE_MAX];
    uint32_t to = 0;
    int64_t first_ms = 0;
    for (uint32_t at = 0, next; at < c->len; at = next) {
        struct tree_value value;
        int64_t expire_ms;
        uint32_t pair = at;
        int code = packed_skip(c->room, c->len, 1, &pair);
        if (code == FERRITE_OK) code = packed_field_parse(c, pair, &value, &expire_ms, &next);
        if (code == FERRITE_OK) code = packed_skip(c->room, c->len, 1, &pair);
        if (code != FERRITE_OK) return code;
        if (expire_ms != 0 && (first_ms == 0 || expire_ms < first_ms)) first_ms = expire_ms;
        memcpy(narrow + to, c->room + at, pair - at);
        to += pair - at;
    }
    c->first_ms = first_ms;
    if (first_ms != 0) return FERRITE_OK;
    memcpy(c->room, narrow, to);
    c->len = to;
    return FERRITE_OK;
}

static int packed_store(struct collection *c, struct hash_place *place, ferrite_slice field,
                        struct stored value, int64_t expire_ms, bool *fits) {
    size_t size = packed_size(field.len) + packed_stored_size(value);
    int code = FERRITE_OK;
    if (expire_ms != 0 && c->first_ms == 0) {
        code = packed_widen(c, expire_ms, fits);
        if (code == FERRITE_OK && *fits) code = packed_find(c, field, place);
        if (code != FERRITE_OK || !*fits) return code;
    }
    if (c->first_ms != 0) size += expire_ms != 0 ? 1 + sizeof expire_ms : 1;
    *fits = size <= COLLECTION_PACKED_MAX - c->len + (place->end - place->at);
    if (!*fits) return code;
    packed_remove(c->room, &c->len, place->at, place->end);
    packed_put(c, place->at, field, value, expire_ms);
    return c->first_ms != 0 ? packed_first(c) : code;
}

/* ---- the tree form ---- */

/* The entry by time follows from one moment to another. */
static int tree_moment(struct collection *c, ferrite_slice field, int64_t from_ms, int64_t to_ms) {
    struct pages *pages = &c->ks->txn->pages;
    int code = FERRITE_OK;
    if (from_ms == to_ms) return code;
    if (from_ms != 0) code = timed_remove(pages, &c->tree[1], from_ms, field.data, field.len);
    if (code == FERRITE_OK && to_ms != 0)
        code = timed_add(pages, &c->tree[1], to_ms, field.data, field.len);
    if (code == FERRITE_OK) code = timed_first(pages, &c->tree[1], &c->first_ms, NULL, NULL);
    if (c->first_ms == INT64_MAX && c->tree[1].count == 0) c->first_ms = 0;
    c->trees = c->first_ms != 0 ? 2 : 1;
    return code;
}

static int tree_put(struct collection *c, struct tree_cursor *cursor, bool exact,
                    ferrite_slice field, const struct tree_value *value, int64_t expire_ms) {
    uint32_t header = expire_ms != 0 ? HEADER_MAX : 1;
    void *place;
    (void)c;
    int code = cursor_put_reserve(cursor, field.data, field.len, exact, header + value->len,
                                  value->spilled, &place);
    if (code != FERRITE_OK) return code;
    uint8_t *at = place;
    *at++ = (uint8_t)((expire_ms != 0 ? FLAG_EXPIRES : 0) |
                      (value->compressed ? FLAG_COMPRESSED : 0));
    if (expire_ms != 0) memcpy(at, &expire_ms, sizeof expire_ms);
    if (value->len != 0) memcpy((uint8_t *)place + header, value->data, value->len);
    return FERRITE_OK;
}

static int tree_store(struct collection *c, struct hash_place *place, ferrite_slice field,
                      struct stored value, int64_t expire_ms) {
    struct tree_value made;
    struct value_room room;
    int code = FERRITE_OK;
    if (place->exists) code = garbage_value(c->ks->txn, &place->value);
    if (code == FERRITE_OK) code = value_make(&c->ks->txn->pages, value, &room, &made);
    if (code == FERRITE_OK)
        code = tree_put(c, &place->cursor, place->exists, field, &made, expire_ms);
    return code == FERRITE_OK ? tree_moment(c, field, place->expire_ms, expire_ms) : code;
}

/* ---- changes ---- */

int hash_store(struct collection *c, struct hash_place *place, ferrite_slice field,
               struct stored value, int64_t expire_ms) {
    bool fits = false;
    int code = FERRITE_OK;
    c->changed = true;
    if (c->packed) code = packed_store(c, place, field, value, expire_ms, &fits);
    if (code != FERRITE_OK || fits) return code;
    if (c->packed) {
        cursor_init(&place->cursor, &c->ks->txn->pages, &c->tree[0]);
        code = collection_unpack(c);
        if (code == FERRITE_OK) code = tree_find(c, field, place);
    }
    return code == FERRITE_OK ? tree_store(c, place, field, value, expire_ms) : code;
}

int hash_remove(struct collection *c, struct hash_place *place, ferrite_slice field) {
    c->changed = true;
    if (c->packed) {
        packed_remove(c->room, &c->len, place->at, place->end);
        return c->first_ms != 0 ? packed_first(c) : FERRITE_OK;
    }
    int code = garbage_value(c->ks->txn, &place->value);
    if (code == FERRITE_OK) code = cursor_delete(&place->cursor);
    c->removed++;
    return code == FERRITE_OK ? tree_moment(c, field, place->expire_ms, 0) : code;
}

/* The value, short or a blob's descriptor, stays as it is. */
static int tree_set_moment(struct collection *c, struct hash_place *place, ferrite_slice field,
                           int64_t expire_ms) {
    uint8_t kept[TREE_VALUE_MAX];
    struct tree_value value = {kept, place->value.len - place->skip, place->value.spilled,
                               place->value.compressed};
    memcpy(kept, (const uint8_t *)place->value.data + place->skip, value.len);
    int code = tree_put(c, &place->cursor, true, field, &value, expire_ms);
    return code == FERRITE_OK ? tree_moment(c, field, place->expire_ms, expire_ms) : code;
}

int hash_set_moment(struct collection *c, struct hash_place *place, ferrite_slice field,
                    int64_t expire_ms) {
    c->changed = true;
    if (!c->packed) return tree_set_moment(c, place, field, expire_ms);
    uint8_t kept[RECORD_INLINE_MAX];
    struct stored value = {{(const char *)kept, place->value.len}, place->value.compressed};
    memcpy(kept, place->value.data, place->value.len);
    return hash_store(c, place, field, value, expire_ms);
}

/* ---- walking ---- */

static int walk_packed(struct hash_walk *walk) {
    struct packed_item item;
    const struct collection *c = walk->c;
    walk->valid = walk->next < c->len;
    if (!walk->valid) return FERRITE_OK;
    int code = packed_read(c->bytes, c->len, walk->next, &item);
    if (code != FERRITE_OK) return code;
    walk->field = (ferrite_slice){(const char *)item.data, item.len};
    walk->skip = 0;
    return packed_field_parse(c, item.next, &walk->value, &walk->expire_ms, &walk->next);
}

static int walk_tree(struct hash_walk *walk) {
    const uint8_t *bytes;
    walk->valid = walk->cursor.valid;
    if (!walk->valid) return FERRITE_OK;
    int code = cursor_key(&walk->cursor, &bytes, &walk->field.len);
    if (code == FERRITE_OK) code = cursor_value(&walk->cursor, &walk->value);
    walk->field.data = (const char *)bytes;
    return code == FERRITE_OK ? hash_value_parse(&walk->value, &walk->expire_ms, &walk->skip)
                              : code;
}

static int walk_read(struct hash_walk *walk) {
    return walk->c->packed ? walk_packed(walk) : walk_tree(walk);
}

int hash_walk_begin(struct collection *c, uint64_t rank, struct hash_walk *walk) {
    walk->c = c;
    walk->valid = false;
    int code = collection_seek_rank(c, hash_stride(c), rank, &walk->next, &walk->cursor);
    return code == FERRITE_OK ? walk_read(walk) : code;
}

int hash_walk_behind(struct collection *c, ferrite_slice field, struct hash_walk *walk) {
    walk->c = c;
    walk->valid = false;
    int code = collection_seek_behind(c, hash_stride(c), field, &walk->next, &walk->cursor);
    return code == FERRITE_OK ? walk_read(walk) : code;
}

int hash_walk_next(struct hash_walk *walk) {
    int code = walk->c->packed ? FERRITE_OK : cursor_next(&walk->cursor);
    return code == FERRITE_OK ? walk_read(walk) : code;
}

void hash_walk_done(struct hash_walk *walk) {
    if (!walk->c->packed) cursor_done(&walk->cursor);
}

static int packed_stored(struct collection *c, uint64_t *count, uint64_t *expired) {
    struct hash_walk walk;
    int64_t now_ms = c->first_ms != 0 ? keyspace_now(c->ks) : 0;
    uint32_t items;
    int code;
    if (c->first_ms == 0 || now_ms <= c->first_ms) {
        code = packed_count(c->bytes, c->len, &items);
        if (code == FERRITE_OK) *count = items / hash_stride(c);
        return code;
    }
    code = hash_walk_begin(c, 0, &walk);
    for (; code == FERRITE_OK && walk.valid; code = hash_walk_next(&walk)) {
        ++*count;
        *expired += walk.expire_ms != 0 && now_ms > walk.expire_ms;
    }
    return code;
}

int hash_stored(struct collection *c, uint64_t *count, uint64_t *expired) {
    *count = *expired = 0;
    if (c->packed) return packed_stored(c, count, expired);
    *count = c->tree[0].count;
    if (c->first_ms == 0 || keyspace_now(c->ks) <= c->first_ms) return FERRITE_OK;
    return timed_count_before(&c->ks->txn->pages, &c->tree[1], keyspace_now(c->ks), expired);
}

/* ---- from one form to the other ---- */

static int unpack(struct collection *c, const uint8_t *bytes, uint32_t len) {
    struct collection from = {.ks = c->ks, .packed = true, .bytes = bytes, .len = len,
                              .first_ms = c->first_ms};
    struct hash_walk walk;
    int code = hash_walk_begin(&from, 0, &walk);
    for (; code == FERRITE_OK && walk.valid; code = hash_walk_next(&walk)) {
        struct hash_place place;
        code = tree_find(c, walk.field, &place);
        struct stored value = {{walk.value.data, walk.value.len}, walk.value.compressed};
        if (code == FERRITE_OK) code = tree_store(c, &place, walk.field, value, walk.expire_ms);
        cursor_done(&place.cursor);
        if (code != FERRITE_OK) break;
    }
    return code;
}

static int pack(struct collection *c, bool *fits) {
    struct hash_walk walk;
    c->len = 0;
    *fits = true;
    int code = hash_walk_begin(c, 0, &walk);
    for (; code == FERRITE_OK && walk.valid && *fits; code = hash_walk_next(&walk)) {
        struct stored value = {{(const char *)walk.value.data + walk.skip,
                                walk.value.len - walk.skip},
                               walk.value.compressed};
        size_t size = packed_size(walk.field.len) + packed_stored_size(value) +
                      (c->first_ms == 0 ? 0 : walk.expire_ms != 0 ? 9 : 1);
        *fits = !walk.value.spilled && size <= COLLECTION_PACK_MAX - c->len;
        if (*fits) packed_put(c, c->len, walk.field, value, walk.expire_ms);
    }
    hash_walk_done(&walk);
    return code;
}

const struct collection_kind hash_kind = {FERRITE_TYPE_HASH, 1, false, unpack, pack};
