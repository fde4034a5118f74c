/*
 * list_place.c - reading the elements of an opened list. See list_place.h.
 */
#include "list_place.h"

#include "../os/mem.h"

int list_count(const struct collection *c, uint64_t *count) {
    uint32_t packed = 0;
    int code = FERRITE_OK;
    if (!c->packed)
        *count = collection_tree_count(c);
    else if ((code = packed_count(c->bytes, c->len, &packed)) == FERRITE_OK)
        *count = packed;
    return code;
}

static int place_begin_packed(struct list_place *place, uint64_t index) {
    const struct collection *c = place->c;
    struct packed_item item = {.next = 0};
    place->count = 0;
    while (item.next < c->len) {
        place->offset[place->count++] = (uint16_t)item.next;
        int code = packed_read(c->bytes, c->len, item.next, &item);
        if (code != FERRITE_OK) return code;
    }
    place->valid = index < place->count;
    return FERRITE_OK;
}

int list_place_begin(struct list_place *place, const struct collection *c, uint64_t index) {
    place->c = c;
    place->index = index;
    place->valid = false;
    /* A tree of a collection that is only read is not written either. */
    cursor_init(&place->cursor, &c->ks->txn->pages, (struct tree *)&c->tree[0]);
    if (c->packed) return place_begin_packed(place, index);
    place->count = collection_tree_count(c);
    int code = cursor_seek_rank(&place->cursor, index);
    place->valid = code == FERRITE_OK && place->cursor.valid;
    return code;
}

void list_place_done(struct list_place *place) { cursor_done(&place->cursor); }

int list_place_step(struct list_place *place, bool forward) {
    int code = FERRITE_OK;
    place->index += forward ? 1 : (uint64_t)-1;
    place->valid = place->index < place->count;
    if (place->c->packed || !place->valid) return code;
    code = forward ? cursor_next(&place->cursor) : cursor_prev(&place->cursor);
    place->valid = code == FERRITE_OK && place->cursor.valid;
    return code;
}

int list_place_element(struct list_place *place, struct tree_value *out) {
    const struct collection *c = place->c;
    if (!c->packed) return cursor_value(&place->cursor, out);
    struct packed_item item;
    int code = packed_read(c->bytes, c->len, place->offset[place->index], &item);
    if (code == FERRITE_OK) *out = item_value(&item);
    return code;
}

static int place_find_short(struct list_place *place, bool forward, ferrite_slice element,
                            uint64_t *left) {
    uint64_t passed;
    bool found;
    int code = cursor_find(&place->cursor, forward, element.data, (uint32_t)element.len, *left,
                           &passed, &found);
    place->index += forward ? passed : 0 - passed;
    place->valid = code == FERRITE_OK && found;
    *left -= passed + found;
    return code;
}

/* A short element that lies as it is, if at all: the tree can look for the bytes. */
static bool found_by_bytes(const struct list_place *place, ferrite_slice element) {
    if (place->c->packed || element.len > VALUE_INLINE_MAX || !place->valid) return false;
    return element.len < COMPRESS_LEAST || !(place->c->tree[0].flags & TREE_HAS_COMPRESSED);
}

int list_place_find(struct list_place *place, bool forward, ferrite_slice element, uint64_t *left) {
    struct pages *pages = &place->c->ks->txn->pages;
    int code = FERRITE_OK;
    if (found_by_bytes(place, element))
        return place_find_short(place, forward, element, left);
    while (code == FERRITE_OK && place->valid && *left > 0) {
        struct tree_value value;
        bool equal = false;
        code = list_place_element(place, &value);
        if (code == FERRITE_OK) code = value_equals(pages, &value, 0, element, &equal);
        --*left;
        if (code != FERRITE_OK || equal) return code;
        code = list_place_step(place, forward);
    }
    place->valid = false;
    return code;
}

static int element_dup(struct pages *pages, const struct tree_value *value, char **element,
                       size_t *len) {
    uint64_t all;
    int code = value_size(pages, value, 0, &all);
    if (code != FERRITE_OK) return code;
    char *copy = mem_alloc(all + 1);
    if (copy == NULL) return error_nomem();
    code = value_copy_to(pages, value, 0, copy);
    if (code != FERRITE_OK) {
        mem_free(copy);
        return code;
    }
    copy[all] = '\0';
    *element = copy;
    *len = all;
    return FERRITE_OK;
}

int list_element_copy(const struct collection *c, uint64_t index, char **element, size_t *len) {
    struct list_place place;
    struct tree_value value;
    int code = list_place_begin(&place, c, index);
    if (code == FERRITE_OK && place.valid) code = list_place_element(&place, &value);
    if (code == FERRITE_OK && place.valid)
        code = element_dup(&c->ks->txn->pages, &value, element, len);
    list_place_done(&place);
    return code;
}

int list_slices_add(struct pages *pages, const struct tree_value *value, struct slices *out) {
    uint64_t len;
    char *place;
    int code = value_size(pages, value, 0, &len);
    if (code == FERRITE_OK) code = slices_reserve(out, len, &place);
    return code == FERRITE_OK ? value_copy_to(pages, value, 0, place) : code;
}
