/*
 * tree_walk.c - checks a whole tree and tells a visitor all its pages and entries.
 *
 * Keys and separators are met in order: each key must be greater than the key before it and not
 * less than the separator before it, each separator greater than the key before it. One remembered
 * key is enough for that.
 *
 * Called by `check` and `recover` through tree.h. Any thread, as struct pages.
 */
#include "../os/mem.h"
#include "path.h"

struct walk {
    struct pages *pages;
    const struct tree *tree;
    const struct tree_visitor *visitor;
    uint64_t pages_left; /* a sound tree has no more; a damaged one could go round for ages */
    enum { MET_NOTHING, MET_KEY, MET_SEPARATOR } met;
    uint8_t *last; /* the key or separator met last */
    size_t last_len;
    bool damaged; /* in the subtree looked at: counts above it cannot be right */
};

/* Reports damage; nonzero stops the walk. */
static int walk_damage(struct walk *w, pgno no, const char *what) {
    w->damaged = true;
    if (w->visitor->on_damage != NULL) return w->visitor->on_damage(w->visitor->ctx, no, what);
    return error_set(FERRITE_CORRUPT, "page %u: %s", no, what);
}

static int walk_told(struct walk *w, pgno no, uint32_t count) {
    return w->visitor->on_page ? w->visitor->on_page(w->visitor->ctx, no, count) : FERRITE_OK;
}

/* Checks the key against the one before, and remembers it. */
static int walk_order(struct walk *w, const struct page *page, const uint8_t *key, size_t len,
                      bool separator) {
    int rc = FERRITE_OK;
    if (w->met != MET_NOTHING) {
        size_t n = len < w->last_len ? len : w->last_len;
        int order = n ? memcmp(key, w->last, n) : 0;
        if (order == 0) order = (len > w->last_len) - (len < w->last_len);
        if (order < 0 || (order == 0 && (separator || w->met == MET_KEY)))
            rc = walk_damage(w, page->pgno, "keys out of order");
    }
    w->met = separator ? MET_SEPARATOR : MET_KEY;
    if (len > 0) memcpy(w->last, key, len);
    w->last_len = len;
    return rc;
}

/* The key of a slot, whole: assembled in `room`, or in its run, whose pages the visitor is told. */
static int walk_key(struct walk *w, const struct page *page, uint32_t slot, uint8_t *room,
                    const uint8_t **key, size_t *len) {
    uint32_t full_len, known = node_key(page, slot, room, &full_len);
    *key = room;
    *len = full_len;
    if (!node_key_spilled(page, slot)) return FERRITE_OK;
    const pgno no = node_spill_run(page, slot);
    const struct page *run = run_read(w->pages, no, full_len);
    *key = NULL;
    if (run == NULL) return walk_damage(w, no, error_text(FERRITE_CORRUPT));
    if (memcmp(run_bytes(run), room, known) != 0)
        return walk_damage(w, no, "long key differs from its beginning in the tree");
    *key = run_bytes(run);
    return walk_told(w, no, run_pages(full_len));
}

static int walk_entry(struct walk *w, const struct page *page, uint32_t slot) {
    uint8_t room[KEY_INLINE_MAX + 4];
    const uint8_t *key = NULL;
    size_t len = 0;
    int rc = FERRITE_OK;
    if (!node_is_positional(page)) {
        rc = walk_key(w, page, slot, room, &key, &len);
        if (rc != FERRITE_OK || key == NULL) return rc;
        rc = walk_order(w, page, key, len, false);
        if (rc != FERRITE_OK) return rc;
    }
    if (w->visitor->on_entry == NULL) return FERRITE_OK;
    uint8_t value_room[VALUE_PREFIXED_MAX];
    struct tree_value value;
    node_value_whole(page, slot, value_room, &value);
    return w->visitor->on_entry(w->visitor->ctx, key, len, &value);
}

static int walk_leaf(struct walk *w, const struct page *page, uint64_t *count) {
    int rc = FERRITE_OK;
    for (uint32_t i = 0; rc == FERRITE_OK && i < page->slots; i++) rc = walk_entry(w, page, i);
    *count = page->slots;
    return rc;
}

static int walk_separator(struct walk *w, const struct page *page, uint32_t slot) {
    uint8_t room[KEY_INLINE_MAX + 4];
    const uint8_t *key;
    size_t len;
    if (node_is_positional(page) || slot == 0) return FERRITE_OK;
    int rc = walk_key(w, page, slot, room, &key, &len);
    if (rc != FERRITE_OK || key == NULL) return rc;
    return walk_order(w, page, key, len, true);
}

static int walk_page(struct walk *w, const struct page *page, uint64_t *count);

/* One child of a branch, and whether it has as many entries as the branch says. */
static int walk_child(struct walk *w, const struct page *branch, uint32_t slot, uint64_t *count) {
    const bool damaged_before = w->damaged;
    const struct page *child = tree_child_page(w->pages, branch, slot);
    *count = 0;
    w->damaged = false;
    int rc = child ? walk_page(w, child, count)
                   : walk_damage(w, node_child(branch, slot), error_text(FERRITE_CORRUPT));
    if (rc == FERRITE_OK && !w->damaged && *count != node_below(branch, slot))
        rc = walk_damage(w, branch->pgno, "wrong entry count");
    w->damaged |= damaged_before;
    return rc;
}

static int walk_page(struct walk *w, const struct page *page, uint64_t *count) {
    if (w->pages_left-- == 0)
        return error_set(FERRITE_CORRUPT, "page %u: the tree has more pages than the file",
                         page->pgno);
    int rc = walk_told(w, page->pgno, 1);
    if (rc != FERRITE_OK) return rc;
    if (!node_is_branch(page)) return walk_leaf(w, page, count);
    *count = 0;
    for (uint32_t i = 0; rc == FERRITE_OK && i < page->slots; i++) {
        uint64_t below;
        rc = walk_separator(w, page, i);
        if (rc == FERRITE_OK) rc = walk_child(w, page, i, &below);
        if (rc == FERRITE_OK) *count += below;
    }
    return rc;
}

int tree_walk(struct pages *pages, const struct tree *tree, const struct tree_visitor *visitor) {
    struct walk w = {.pages = pages, .tree = tree, .visitor = visitor};
    uint64_t count = 0;
    int rc = FERRITE_OK;
    if (tree->root == 0) {
        if (tree->count != 0) rc = walk_damage(&w, 0, "an empty tree with a count");
        return rc;
    }
    w.pages_left = pages_high(pages);
    w.last = mem_alloc(TREE_KEY_MAX);
    if (w.last == NULL) return error_nomem();
    const struct page *root = tree_root_page(pages, tree);
    rc = root ? walk_page(&w, root, &count)
              : walk_damage(&w, tree->root, error_text(FERRITE_CORRUPT));
    if (rc == FERRITE_OK && !w.damaged && count != tree->count)
        rc = walk_damage(&w, tree->root, "wrong entry count");
    mem_free(w.last);
    return rc;
}
