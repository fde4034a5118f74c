/*
 * tree_copy.c - copying a tree entry by entry into other pages, of the same transaction or of another database.
 *
 * Each entry is sought at the end of the copy and appended, so that nothing points into the copy's pages between
 * two entries, keys that are out of order are found, and leaves are left full.
 *
 * Called by the types layer: COPY, backup, load. Thread rule: as the transactions.
 */
#include "cursor.h"

#define PAUSE_PAGES 64u

int tree_copied(struct tree_copying *copying, uint32_t pages) {
    copying->pages += pages;
    if (copying->pause == NULL || copying->pages < PAUSE_PAGES) return FERRITE_OK;
    const uint32_t told = copying->pages;
    copying->pages = 0;
    return copying->pause(copying->ctx, told);
}

/* One tree on its way. */
struct copy {
    struct tree_copying *copying;
    struct tree_cursor from, to;
    const struct page *leaf; /* of `from`, where it was last */
    tree_copy_fn on_value;
    void *ctx;
};

static int key_append(struct copy *c, const struct tree_value *value) {
    const uint8_t *key;
    size_t key_len;
    bool exact = false;
    int rc = cursor_key(&c->from, &key, &key_len);
    if (rc == FERRITE_OK) rc = cursor_seek(&c->to, key, key_len, &exact);
    if (rc == FERRITE_OK && (exact || c->to.valid))
        rc = error_set(FERRITE_CORRUPT, "page %u: keys out of order", c->leaf->pgno);
    return rc == FERRITE_OK ? cursor_put(&c->to, key, key_len, false, value) : rc;
}

static int element_append(struct copy *c, const struct tree_value *value) {
    int rc = cursor_seek_rank(&c->to, c->to.tree->count);
    return rc == FERRITE_OK ? cursor_insert(&c->to, value) : rc;
}

static int entry_copy(struct copy *c) {
    uint8_t room[TREE_VALUE_MAX];
    struct tree_value value;
    int rc = cursor_value(&c->from, &value);
    if (rc == FERRITE_OK && value.len > sizeof room)
        rc = error_set(FERRITE_CORRUPT, "page %u: a value is too long", c->leaf->pgno);
    if (rc == FERRITE_OK && value.spilled && c->on_value != NULL) {
        memcpy(room, value.data, value.len);
        rc = c->on_value(c->ctx, c->copying, &value, room);
        value.data = room;
    }
    if (rc != FERRITE_OK) return rc;
    return c->from.tree->flags & TREE_POSITIONAL ? element_append(c, &value) : key_append(c, &value);
}

/* Tells each leaf once, when its first entry is met. */
static int leaf_told(struct copy *c) {
    const struct page *leaf = c->from.path[c->from.depth - 1].page;
    if (leaf == c->leaf) return FERRITE_OK;
    c->leaf = leaf;
    return tree_copied(c->copying, 1);
}

/* In a damaged tree there may be more entries than it says, and no end of them. */
static int entries_copy(struct copy *c) {
    int rc = cursor_first(&c->from);
    while (rc == FERRITE_OK && c->from.valid && c->to.tree->count < c->from.tree->count) {
        rc = leaf_told(c);
        if (rc == FERRITE_OK) rc = entry_copy(c);
        if (rc == FERRITE_OK) rc = cursor_next(&c->from);
    }
    return rc;
}

int tree_copy(struct tree_copying *copying, const struct tree *tree, struct tree *copy,
              tree_copy_fn on_value, void *ctx) {
    struct tree from = *tree;
    struct copy c = {.copying = copying, .on_value = on_value, .ctx = ctx};
    *copy = (struct tree){.flags = tree->flags, .tag = tree->tag};
    cursor_init(&c.from, copying->from, &from);
    cursor_init(&c.to, copying->to, copy);
    int rc = entries_copy(&c);
    const bool more = c.from.valid;
    cursor_done(&c.from);
    cursor_done(&c.to);
    if (rc == FERRITE_OK && (copy->count != tree->count || more))
        rc = error_set(FERRITE_CORRUPT, "page %u: wrong entry count", tree->root);
    return rc;
}
