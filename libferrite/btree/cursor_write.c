/*
 * cursor_write.c - changing a tree at a cursor's place: put, insert, replace, delete.
 *
 * The common case is one leaf: own the path, change the page. Only when an entry does not fit, or a
 * leaf becomes too empty, do path_edit and path_shrink rebuild neighbours and parents; the cursor
 * then seeks its place anew, by key or by rank.
 *
 * Called by the types layer through tree.h, inside a write transaction.
 */
#include "cursor.h"
#include "keyrun.h"

static const struct page *cursor_leaf(const struct tree_cursor *c) {
    return c->path[c->depth - 1].page;
}

static uint32_t cursor_slot(const struct tree_cursor *c) { return c->path[c->depth - 1].slot; }

static void *value_place(const struct tree_cursor *c) {
    uint16_t len;
    return (void *)node_value(cursor_leaf(c), cursor_slot(c), &len);
}

/* After the tree was rebuilt around an entry and the cursor has sought it again: the place of its
 * value. In a damaged tree the search may have ended elsewhere, in a page of somebody else. */
static int value_place_again(struct tree_cursor *c, uint16_t value_len, void **place) {
    if (!c->valid || cursor_slot(c) >= cursor_leaf(c)->slots)
        return error_set(FERRITE_CORRUPT, "page %u: an entry got lost", c->tree->root);
    int rc = path_own(c, 0);
    if (rc != FERRITE_OK) return rc;
    uint16_t len;
    *place = (void *)node_value(cursor_leaf(c), cursor_slot(c), &len);
    if (len == value_len) return FERRITE_OK;
    return error_set(FERRITE_CORRUPT, "page %u: an entry got lost", c->tree->root);
}

/* The first entry of a tree: a leaf of its own. */
static int tree_plant(struct tree_cursor *c) {
    struct page *page;
    int rc = page_new(c->pages, (enum page_type)tree_page_type(c->tree, 0), 0, c->tree->tag, &page);
    if (rc != FERRITE_OK) return rc;
    c->tree->root = page->pgno;
    c->tree->count = 0;
    c->path[0].page = page;
    c->path[0].slot = 0;
    c->depth = 1;
    return FERRITE_OK;
}

/* Puts the entry in before the cursor's place. *placed: the cursor stands on it, else seek it, by
 * its rank, which is told when `rank` is given. */
static int entry_insert(struct tree_cursor *c, const struct entry *entry, bool *placed,
                        uint64_t *rank) {
    int rc = c->depth == 0 ? tree_plant(c) : path_own(c, +1);
    if (unlikely(rc != FERRITE_OK)) return rc;
    c->key_page = NULL;
    c->tree->count++;
    *placed = node_insert(path_page(c, c->depth - 1), cursor_slot(c), entry) != NULL;
    c->valid = *placed;
    if (likely(*placed)) return FERRITE_OK;
    if (rank != NULL) rc = cursor_rank(c, rank);
    if (unlikely(rc != FERRITE_OK)) return rc;
    struct edit edit = {.from = cursor_slot(c), .add = 1};
    edit.entries[0] = *entry;
    return path_edit(c, c->depth - 1, &edit);
}

/* Keyed: replaces the current entry by one with a longer value, by way of path_edit. */
static int entry_enlarge(struct tree_cursor *c, uint16_t value_len, void **place) {
    const uint32_t slot = cursor_slot(c);
    struct edit edit = {.from = slot, .add = 1};
    uint64_t rank;
    int rc = cursor_rank(c, &rank);
    if (rc == FERRITE_OK) rc = path_own_whole(c);
    if (rc != FERRITE_OK) return rc;
    struct page *page = path_page(c, c->depth - 1);
    uint16_t old_len;
    const uint8_t *old = node_value(page, slot, &old_len);
    uint8_t kept[TREE_VALUE_MAX];
    old_len &= VALUE_LEN_MASK;
    memcpy(kept, old, old_len);
    edit.entries[0] = (struct entry){.key = edit.keys[0], .value_len = value_len};
    node_key(page, slot, edit.keys[0], &edit.entries[0].key_len);
    if (node_key_spilled(page, slot)) edit.entries[0].run = node_spill_run(page, slot);
    node_delete(page, slot);
    rc = path_edit(c, c->depth - 1, &edit);
    if (rc == FERRITE_OK) rc = cursor_seek_rank(c, rank);
    if (rc == FERRITE_OK) rc = value_place_again(c, value_len, place);
    if (rc == FERRITE_OK) memcpy(*place, kept, old_len);
    return rc;
}

/* Keyed: gives the current entry's value another length; its first bytes stay. */
static int value_resize(struct tree_cursor *c, uint16_t value_len, void **place) {
    int rc = path_own(c, 0);
    if (unlikely(rc != FERRITE_OK)) return rc;
    c->key_page = NULL;
    *place = node_resize(path_page(c, c->depth - 1), cursor_slot(c), value_len);
    if (likely(*place != NULL)) return FERRITE_OK;
    return entry_enlarge(c, value_len, place);
}

/* The length field of a value, noting in the tree that it holds spilled ones. */
static int value_field(struct tree_cursor *c, uint32_t len, bool spilled, uint16_t *field) {
    if (unlikely(len > TREE_VALUE_MAX))
        return error_set(FERRITE_LIMIT, "a tree value of %u bytes is too long", len);
    *field = (uint16_t)(len | (spilled ? VALUE_SPILLED : 0));
    if (spilled) c->tree->flags |= TREE_HAS_SPILLED;
    return FERRITE_OK;
}

int cursor_put_reserve(struct tree_cursor *c, const void *key, size_t key_len, bool exact,
                       uint32_t value_len, bool spilled, void **place) {
    struct entry entry = {.key = key ? key : "", .key_len = (uint32_t)key_len};
    if (unlikely(key_len > TREE_KEY_MAX))
        return error_set(FERRITE_LIMIT, "a key of %zu bytes is too long", key_len);
    int rc = value_field(c, value_len, spilled, &entry.value_len);
    if (unlikely(rc != FERRITE_OK)) return rc;
    if (exact) return value_resize(c, entry.value_len, place);
    if (unlikely(key_len > KEY_INLINE_MAX)) {
        rc = keyrun_new(c->pages, c->tree->tag, key, entry.key_len, &entry.run);
        if (rc != FERRITE_OK) return rc;
        c->tree->flags |= TREE_HAS_SPILLED;
    }
    bool placed;
    rc = entry_insert(c, &entry, &placed, NULL);
    if (unlikely(rc != FERRITE_OK)) return rc;
    if (likely(placed)) {
        *place = value_place(c);
        return FERRITE_OK;
    }
    rc = cursor_seek(c, key, key_len, &exact);
    return rc == FERRITE_OK ? value_place_again(c, entry.value_len, place) : rc;
}

int cursor_put(struct tree_cursor *c, const void *key, size_t key_len, bool exact,
               const struct tree_value *value) {
    void *place;
    int rc = cursor_put_reserve(c, key, key_len, exact, value->len, value->spilled, &place);
    if (likely(rc == FERRITE_OK) && value->len > 0) memcpy(place, value->data, value->len);
    return rc;
}

/* The element as an entry of a positional leaf. */
static int element_entry(struct tree_cursor *c, const struct tree_value *value,
                         struct entry *entry) {
    *entry = (struct entry){.value = value->data};
    if (entry->value == NULL) entry->value = (const uint8_t *)"";
    int rc = value_field(c, value->len, value->spilled, &entry->value_len);
    if (likely(!value->compressed) || rc != FERRITE_OK) return rc;
    entry->value_len |= VALUE_COMPRESSED;
    c->tree->flags |= TREE_HAS_COMPRESSED;
    return rc;
}

int cursor_insert(struct tree_cursor *c, const struct tree_value *value) {
    struct entry entry;
    uint64_t rank = 0;
    bool placed;
    int rc = element_entry(c, value, &entry);
    if (likely(rc == FERRITE_OK)) rc = entry_insert(c, &entry, &placed, &rank);
    if (unlikely(rc != FERRITE_OK) || likely(placed)) return rc;
    return cursor_seek_rank(c, rank);
}

/* Positional: the new element does not fit where the old one is. That goes, and path_edit makes room. */
static int element_enlarge(struct tree_cursor *c, const struct entry *entry) {
    struct edit edit = {.from = cursor_slot(c), .add = 1};
    uint64_t rank;
    int rc = cursor_rank(c, &rank);
    if (rc == FERRITE_OK) rc = path_own_whole(c);
    if (rc != FERRITE_OK) return rc;
    edit.entries[0] = *entry;
    node_delete(path_page(c, c->depth - 1), edit.from);
    rc = path_edit(c, c->depth - 1, &edit);
    return rc == FERRITE_OK ? cursor_seek_rank(c, rank) : rc;
}

static int element_put_over(struct tree_cursor *c, const struct tree_value *value) {
    struct entry entry;
    int rc = element_entry(c, value, &entry);
    if (rc == FERRITE_OK) rc = path_own(c, 0);
    if (rc != FERRITE_OK) return rc;
    if (element_replace(path_page(c, c->depth - 1), cursor_slot(c), &entry)) return FERRITE_OK;
    return element_enlarge(c, &entry);
}

int cursor_replace(struct tree_cursor *c, const struct tree_value *value) {
    uint16_t field = 0;
    void *place;
    int rc = cursor_settle(c);
    if (rc == FERRITE_OK && !c->valid)
        return error_set(FERRITE_INVALID, "the cursor stands on no entry");
    if (rc == FERRITE_OK && c->tree->flags & TREE_POSITIONAL) return element_put_over(c, value);
    if (rc == FERRITE_OK) rc = value_field(c, value->len, value->spilled, &field);
    if (rc == FERRITE_OK) rc = value_resize(c, field, &place);
    if (rc == FERRITE_OK && value->len > 0) memcpy(place, value->data, value->len);
    return rc;
}

/* The leaf became too empty: puts the tree in shape and the cursor back in its place. */
static int cursor_shrink(struct tree_cursor *c) {
    uint64_t rank;
    bool changed;
    int rc = cursor_rank(c, &rank);
    if (rc == FERRITE_OK) rc = path_shrink(c, c->depth - 1, &changed);
    if (rc != FERRITE_OK) return rc;
    if (changed) return cursor_seek_rank(c, rank);
    cursor_revalidate(c);
    return FERRITE_OK;
}

int cursor_delete(struct tree_cursor *c) {
    int rc = cursor_settle(c);
    if (rc == FERRITE_OK && !c->valid)
        return error_set(FERRITE_INVALID, "the cursor stands on no entry");
    if (rc == FERRITE_OK && c->tree->count == 0)
        rc = error_set(FERRITE_CORRUPT, "page %u: wrong entry count", c->tree->root);
    if (rc == FERRITE_OK) rc = path_own(c, -1);
    if (rc == FERRITE_OK) rc = keyrun_free_slot(c->pages, cursor_leaf(c), cursor_slot(c));
    if (unlikely(rc != FERRITE_OK)) return rc;
    c->key_page = NULL;
    c->tree->count--;
    node_delete(path_page(c, c->depth - 1), cursor_slot(c));
    if (unlikely(path_needs_shrink(c))) return cursor_shrink(c);
    cursor_revalidate(c);
    return FERRITE_OK;
}
