/*
 * set_form.c - the two forms of a set: finding, adding and removing members. See set_form.h.
 */
#include "set_form.h"

int set_look(struct collection *c, ferrite_slice member, bool *there) {
    uint32_t at;
    struct tree_value value;
    if (c->packed) return packed_seek(c->bytes, c->len, 1, member, &at, there);
    int code = tree_get(&c->ks->txn->pages, &c->tree[0], member.data, member.len, &value);
    *there = code == FERRITE_OK;
    return code == FERRITE_NOTFOUND ? FERRITE_OK : code;
}

static int packed_put(struct collection *c, ferrite_slice member, bool *changed, bool *fits) {
    uint32_t at;
    bool there;
    int code = packed_seek(c->room, c->len, 1, member, &at, &there);
    *fits = code != FERRITE_OK || there || collection_room(c, packed_size(member.len));
    *changed = code == FERRITE_OK && !there;
    if (!*changed || !*fits) return code;
    packed_insert(c->room, &c->len, at, member.data, member.len);
    c->changed = true;
    return FERRITE_OK;
}

static int tree_put(struct collection *c, ferrite_slice member, bool *changed) {
    const struct tree_value nothing = {"", 0, false, false};
    struct tree_cursor cursor;
    bool there = false;
    cursor_init(&cursor, &c->ks->txn->pages, &c->tree[0]);
    int code = cursor_seek(&cursor, member.data, member.len, &there);
    *changed = code == FERRITE_OK && !there;
    if (*changed) {
        c->changed = true;
        code = cursor_put(&cursor, member.data, member.len, false, &nothing);
    }
    cursor_done(&cursor);
    return code;
}

int set_put(struct collection *c, ferrite_slice member, bool *changed) {
    bool fits = false;
    int code = c->packed ? packed_put(c, member, changed, &fits) : FERRITE_OK;
    if (code != FERRITE_OK || fits) return code;
    if (c->packed) code = collection_unpack(c);
    return code == FERRITE_OK ? tree_put(c, member, changed) : code;
}

static int packed_take(struct collection *c, ferrite_slice member, bool *changed) {
    uint32_t at, end;
    int code = packed_seek(c->room, c->len, 1, member, &at, changed);
    if (code != FERRITE_OK || !*changed) return code;
    end = at;
    code = packed_skip(c->room, c->len, 1, &end);
    if (code != FERRITE_OK) return code;
    packed_remove(c->room, &c->len, at, end);
    c->changed = true;
    return FERRITE_OK;
}

int set_take(struct collection *c, ferrite_slice member, bool *changed) {
    if (c->packed) return packed_take(c, member, changed);
    struct tree_cursor cursor;
    cursor_init(&cursor, &c->ks->txn->pages, &c->tree[0]);
    int code = cursor_seek(&cursor, member.data, member.len, changed);
    if (code == FERRITE_OK && *changed) {
        c->changed = true;
        c->removed++;
        code = cursor_delete(&cursor);
    }
    cursor_done(&cursor);
    return code;
}

static int copy_out(struct slices *out, const void *bytes, size_t len, ferrite_slice *copy) {
    char *room;
    int code = slices_reserve(out, len, &room);
    if (code != FERRITE_OK) return code;
    if (len != 0) memcpy(room, bytes, len);
    *copy = (ferrite_slice){room, len};
    return FERRITE_OK;
}

static int packed_take_rank(struct collection *c, uint64_t rank, struct slices *out,
                            ferrite_slice *member) {
    struct packed_item item;
    uint32_t at = 0;
    int code = packed_skip(c->room, c->len, (uint32_t)rank, &at);
    if (code == FERRITE_OK) code = packed_read(c->room, c->len, at, &item);
    if (code == FERRITE_OK) code = copy_out(out, item.data, item.len, member);
    if (code != FERRITE_OK) return code;
    packed_remove(c->room, &c->len, item.at, item.next);
    c->changed = true;
    return FERRITE_OK;
}

int set_take_rank(struct collection *c, uint64_t rank, struct slices *out, ferrite_slice *member) {
    struct tree_cursor cursor;
    const uint8_t *bytes;
    size_t len;
    if (c->packed) return packed_take_rank(c, rank, out, member);
    cursor_init(&cursor, &c->ks->txn->pages, &c->tree[0]);
    int code = cursor_seek_rank(&cursor, rank);
    if (code == FERRITE_OK) code = cursor_key(&cursor, &bytes, &len);
    if (code == FERRITE_OK) code = copy_out(out, bytes, len, member);
    if (code == FERRITE_OK) {
        c->changed = true;
        c->removed++;
        code = cursor_delete(&cursor);
    }
    cursor_done(&cursor);
    return code;
}

/* ---- walking ---- */

static int walk_packed(struct set_walk *walk) {
    struct packed_item item;
    walk->valid = walk->next < walk->c->len;
    if (!walk->valid) return FERRITE_OK;
    int code = packed_read(walk->c->bytes, walk->c->len, walk->next, &item);
    if (code != FERRITE_OK) return code;
    walk->member = (ferrite_slice){(const char *)item.data, item.len};
    walk->next = item.next;
    return FERRITE_OK;
}

static int walk_tree(struct set_walk *walk) {
    const uint8_t *bytes = NULL;
    walk->valid = walk->cursor.valid;
    if (!walk->valid) return FERRITE_OK;
    int code = cursor_key(&walk->cursor, &bytes, &walk->member.len);
    walk->member.data = (const char *)bytes;
    return code;
}

static int walk_read(struct set_walk *walk) {
    return walk->c->packed ? walk_packed(walk) : walk_tree(walk);
}

int set_walk_begin(struct collection *c, uint64_t rank, struct set_walk *walk) {
    walk->c = c;
    walk->valid = false;
    int code = collection_seek_rank(c, 1, rank, &walk->next, &walk->cursor);
    return code == FERRITE_OK ? walk_read(walk) : code;
}

int set_walk_behind(struct collection *c, ferrite_slice member, struct set_walk *walk) {
    walk->c = c;
    walk->valid = false;
    int code = collection_seek_behind(c, 1, member, &walk->next, &walk->cursor);
    return code == FERRITE_OK ? walk_read(walk) : code;
}

int set_walk_next(struct set_walk *walk) {
    int code = walk->c->packed ? FERRITE_OK : cursor_next(&walk->cursor);
    return code == FERRITE_OK ? walk_read(walk) : code;
}

void set_walk_done(struct set_walk *walk) {
    if (!walk->c->packed) cursor_done(&walk->cursor);
}

int set_stored(const struct collection *c, uint64_t *count) {
    uint32_t items = 0;
    int code = c->packed ? packed_count(c->bytes, c->len, &items) : FERRITE_OK;
    *count = c->packed ? items : c->tree[0].count;
    return code;
}

/* ---- from one form to the other ---- */

static int unpack(struct collection *c, const uint8_t *bytes, uint32_t len) {
    struct packed_item item;
    int code = FERRITE_OK;
    for (uint32_t at = 0; at < len && code == FERRITE_OK; at = item.next) {
        bool added;
        code = packed_read(bytes, len, at, &item);
        if (code == FERRITE_OK)
            code = tree_put(c, (ferrite_slice){(const char *)item.data, item.len}, &added);
    }
    return code;
}

static int pack(struct collection *c, bool *fits) {
    struct set_walk walk;
    c->len = 0;
    *fits = true;
    int code = set_walk_begin(c, 0, &walk);
    while (code == FERRITE_OK && walk.valid && *fits) {
        *fits = packed_size(walk.member.len) <= COLLECTION_PACK_MAX - c->len;
        if (*fits) packed_insert(c->room, &c->len, c->len, walk.member.data, walk.member.len);
        code = set_walk_next(&walk);
    }
    set_walk_done(&walk);
    return code;
}

const struct collection_kind set_kind = {FERRITE_TYPE_SET, 1, false, unpack, pack};
