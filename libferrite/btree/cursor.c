/*
 * cursor.c - finding places in a tree and moving between them.
 *
 * The path holds a page and a slot for each level. After a seek that ends behind the last entry of
 * a leaf the path stays there (it is where the key would be inserted) and the cursor only goes on
 * to the next leaf when its entry is asked for: cursor_settle.
 *
 * Called by the types layer, and by cursor_write.c. Thread rule: a cursor belongs to one thread.
 */
#include "cursor.h"

#include "../os/mem.h"

static_assert(sizeof((struct tree_cursor *)NULL)->key_inline >= VALUE_PREFIXED_MAX,
              "a cursor has room for an element that shares a prefix");

void cursor_init(struct tree_cursor *c, struct pages *pages, struct tree *tree) {
    c->pages = pages;
    c->tree = tree;
    c->depth = 0;
    c->valid = false;
    c->key = NULL;
    c->key_len = 0;
    c->key_page = NULL;
}

void cursor_done(struct tree_cursor *c) {
    if (c->key != NULL) mem_free(c->key);
    c->key = NULL;
    c->key_page = NULL;
    c->depth = 0;
    c->valid = false;
}

static const struct page *cursor_start(struct tree_cursor *c) {
    c->depth = 0;
    c->valid = false;
    c->key_page = NULL;
    c->passed = 0;
    return tree_root_page(c->pages, c->tree);
}

static bool cursor_has_next_leaf(const struct tree_cursor *c) {
    for (int d = c->depth - 2; d >= 0; d--)
        if (c->path[d].slot + 1 < c->path[d].page->slots) return true;
    return false;
}

void cursor_revalidate(struct tree_cursor *c) {
    const int last = c->depth - 1;
    c->valid = c->depth > 0 &&
               (likely(c->path[last].slot < c->path[last].page->slots) || cursor_has_next_leaf(c));
}

/* Down the right edge, without searching: whoever puts keys in order ends there. *behind: the key lies
 * behind all others, and the path stands where it goes; else the path is worth nothing. */
static int seek_edge(struct tree_cursor *c, const struct page *page, const void *key,
                     size_t key_len, bool *behind) {
    int d = 0;
    for (; page->level != 0; d++) {
        c->path[d].page = page;
        c->path[d].slot = page->slots - 1u;
        page = tree_child_page(c->pages, page, page->slots - 1u);
        if (unlikely(page == NULL)) return FERRITE_CORRUPT;
    }
    int found = node_find(c->pages, page, FIND_LEAF | FIND_APPEND, key, key_len);
    if (unlikely(found < 0)) return FERRITE_CORRUPT;
    c->path[d].page = page;
    c->path[d].slot = page->slots;
    c->depth = d + 1;
    *behind = (uint32_t)found >> 1 == page->slots;
    return FERRITE_OK;
}

int cursor_seek(struct tree_cursor *c, const void *key, size_t key_len, bool *exact) {
    *exact = false;
    if (key == NULL) key = "";
    if (c->tree->root == 0) {
        c->depth = 0;
        c->valid = false;
        return FERRITE_OK;
    }
    const struct page *page = cursor_start(c);
    if (unlikely(page == NULL)) return FERRITE_CORRUPT;
    if (unlikely(node_is_positional(page)))
        return error_set(FERRITE_INVALID, "a sequence has no keys");
    if (c->pages->appending) {
        int rc = seek_edge(c, page, key, key_len, &c->pages->appending);
        if (rc != FERRITE_OK || c->pages->appending) return rc;
    }
    int d = 0;
    for (; page->level != 0; d++) {
        int slot = node_find_child(c->pages, page, FIND_APPEND, key, key_len);
        if (unlikely(slot < 0)) return FERRITE_CORRUPT;
        c->path[d].page = page;
        c->path[d].slot = (uint32_t)slot;
        page = tree_child_page(c->pages, page, (uint32_t)slot);
        if (unlikely(page == NULL)) return FERRITE_CORRUPT;
        /* (Who appends comes back to pages that are his own and in the cache.) */
        if (page->level == 0 && c->pages->writable && (uint32_t)slot + 1 < c->path[d].page->slots)
            leaf_prefetch_whole(page);
    }
    int found = node_find(c->pages, page, FIND_LEAF | FIND_APPEND, key, key_len);
    if (unlikely(found < 0)) return FERRITE_CORRUPT;
    c->path[d].page = page;
    c->path[d].slot = (uint32_t)found >> 1;
    c->depth = d + 1;
    *exact = found & 1;
    cursor_revalidate(c);
    if (c->pages->writable) c->pages->appending = !c->valid;
    return FERRITE_OK;
}

/* From path[depth].page down to a leaf, by first or last slots. */
static int cursor_descend(struct tree_cursor *c, int depth, const struct page *page, bool last) {
    for (;; depth++) {
        c->path[depth].page = page;
        c->path[depth].slot = last ? page->slots - 1u : 0;
        if (page->level == 0) break;
        page = tree_child_page(c->pages, page, c->path[depth].slot);
        if (unlikely(page == NULL)) return FERRITE_CORRUPT;
    }
    c->depth = depth + 1;
    return FERRITE_OK;
}

static int cursor_edge(struct tree_cursor *c, bool last) {
    c->depth = 0;
    c->valid = false;
    if (c->tree->root == 0) return FERRITE_OK;
    const struct page *page = cursor_start(c);
    if (page == NULL) return FERRITE_CORRUPT;
    int rc = cursor_descend(c, 0, page, last);
    c->valid = rc == FERRITE_OK;
    return rc;
}

int cursor_first(struct tree_cursor *c) { return cursor_edge(c, false); }
int cursor_last(struct tree_cursor *c) { return cursor_edge(c, true); }

/* Branches of sequences have some 340 slots: they are added up in steps of independent sums. */
#define SUM_STEP 8u

static inline uint64_t node_below_step(const struct page *page, uint32_t slot) {
    uint64_t low = 0, high = 0;
    for (uint32_t i = 0; i < SUM_STEP; i += 2) {
        low += node_below(page, slot + i);
        high += node_below(page, slot + i + 1);
    }
    return low + high;
}

/* How many entries lie below the first slots of a branch. */
static uint64_t branch_rank(const struct page *page, uint32_t slots) {
    uint64_t total = 0;
    uint32_t i = 0;
    for (; i + SUM_STEP <= slots; i += SUM_STEP) total += node_below_step(page, i);
    for (; i < slots; i++) total += node_below(page, i);
    return total;
}

/* The slot of the branch that holds the entry of rank *index, which becomes the rank below it. */
static uint32_t branch_select(const struct page *page, uint64_t *index) {
    uint32_t i = 0;
    for (; i + SUM_STEP <= page->slots; i += SUM_STEP) {
        uint64_t below = node_below_step(page, i);
        if (*index < below) break;
        *index -= below;
    }
    for (; i < page->slots; i++) {
        uint64_t below = node_below(page, i);
        if (*index < below) return i;
        *index -= below;
    }
    return page->slots;
}

int cursor_seek_rank(struct tree_cursor *c, uint64_t index) {
    if (index >= c->tree->count || c->tree->root == 0) {
        int rc = cursor_last(c);
        c->valid = false;
        if (rc == FERRITE_OK && c->depth > 0) c->path[c->depth - 1].slot++;
        return rc;
    }
    if (index == c->tree->count - 1) return cursor_last(c); /* needs no adding up */
    const struct page *page = cursor_start(c);
    if (page == NULL) return FERRITE_CORRUPT;
    int d = 0;
    for (; page->level != 0; d++) {
        uint32_t slot = branch_select(page, &index);
        if (slot == page->slots)
            return error_set(FERRITE_CORRUPT, "page %u: wrong entry count", page->pgno);
        c->path[d].page = page;
        c->path[d].slot = slot;
        page = tree_child_page(c->pages, page, slot);
        if (unlikely(page == NULL)) return FERRITE_CORRUPT;
    }
    if (index >= page->slots)
        return error_set(FERRITE_CORRUPT, "page %u: wrong entry count above", page->pgno);
    c->path[d].page = page;
    c->path[d].slot = (uint32_t)index;
    c->depth = d + 1;
    c->valid = true;
    return FERRITE_OK;
}

/* Fetches the lines of the leaf behind the one the cursor has just entered. */
static void cursor_prefetch(const struct tree_cursor *c, bool forward) {
    if (c->depth < 2) return;
    const struct page *parent = c->path[c->depth - 2].page;
    uint32_t slot = c->path[c->depth - 2].slot;
    if (forward ? slot + 1 >= parent->slots : slot == 0) return;
    pgno no = node_child(parent, forward ? slot + 1 : slot - 1);
    if (no >= c->pages->table_len) return;
    const char *page =
        (const char *)atomic_load_explicit(&c->pages->table[no], memory_order_acquire);
    if (page == NULL) return;
    for (uint32_t at = 0; at < PAGE_SIZE; at += 64) __builtin_prefetch(page + at);
}

/* Notes that the cursor went from one leaf to the next, or back to `leaf`: there are no more entries to leave behind
 * than the tree has. (Pages that share children would lead it through the same ones for ages.) */
static int cursor_pass_leaf(struct tree_cursor *c, bool forward, const struct page *leaf) {
    c->passed += forward ? leaf->slots : -(int64_t)leaf->slots;
    const uint64_t passed = (uint64_t)(c->passed < 0 ? -c->passed : c->passed);
    if (likely(passed <= c->tree->count)) return FERRITE_OK;
    return error_set(FERRITE_CORRUPT, "page %u: the tree leads to more entries than it has",
                     c->tree->root);
}

/* To the first entry of the next leaf or the last of the one before; *moved false: none. */
static int cursor_move_leaf(struct tree_cursor *c, bool forward, bool *moved) {
    int d = c->depth - 2;
    while (d >= 0 &&
           (forward ? c->path[d].slot + 1 >= c->path[d].page->slots : c->path[d].slot == 0))
        d--;
    *moved = d >= 0;
    if (d < 0) return FERRITE_OK;
    const uint32_t slot = forward ? c->path[d].slot + 1 : c->path[d].slot - 1;
    const struct page *page = tree_child_page(c->pages, c->path[d].page, slot);
    c->valid = false;
    if (unlikely(page == NULL)) return FERRITE_CORRUPT;
    const struct page *left = c->path[c->depth - 1].page;
    c->path[d].slot = slot;
    c->key_page = NULL;
    int rc = cursor_descend(c, d + 1, page, !forward);
    if (likely(rc == FERRITE_OK))
        rc = cursor_pass_leaf(c, forward, forward ? left : c->path[c->depth - 1].page);
    if (unlikely(rc != FERRITE_OK)) return rc;
    c->valid = true;
    cursor_prefetch(c, forward);
    return FERRITE_OK;
}

int cursor_settle_slow(struct tree_cursor *c) {
    bool moved;
    int rc = cursor_move_leaf(c, true, &moved);
    if (rc == FERRITE_OK && !moved) c->valid = false;
    return rc;
}

int cursor_next(struct tree_cursor *c) {
    if (unlikely(!c->valid)) return FERRITE_OK;
    int rc = cursor_settle(c);
    if (unlikely(rc != FERRITE_OK)) return rc;
    const int last = c->depth - 1;
    if (likely(++c->path[last].slot < c->path[last].page->slots)) return FERRITE_OK;
    bool moved;
    rc = cursor_move_leaf(c, true, &moved);
    if (rc == FERRITE_OK && !moved) c->valid = false;
    return rc;
}

int cursor_prev(struct tree_cursor *c) {
    if (unlikely(c->depth == 0)) return FERRITE_OK;
    const int last = c->depth - 1;
    const bool at_end = !c->valid && c->path[last].slot >= c->path[last].page->slots;
    if (unlikely(!c->valid && !at_end)) return FERRITE_OK;
    if (likely(c->path[last].slot > 0)) {
        c->path[last].slot--;
        c->valid = true;
        return FERRITE_OK;
    }
    bool moved;
    int rc = cursor_move_leaf(c, false, &moved);
    if (rc == FERRITE_OK && !moved) c->valid = false;
    return rc;
}

int cursor_rank(const struct tree_cursor *c, uint64_t *rank) {
    *rank = 0;
    if (c->depth == 0) return FERRITE_OK;
    uint64_t total = c->path[c->depth - 1].slot;
    for (int d = 0; d < c->depth - 1; d++) total += branch_rank(c->path[d].page, c->path[d].slot);
    if (total > c->tree->count)
        return error_set(FERRITE_CORRUPT, "page %u: wrong entry count", c->tree->root);
    *rank = total;
    return FERRITE_OK;
}

/* Where the key is assembled: long ones need room from the heap, once a cursor. */
static uint8_t *cursor_key_room(struct tree_cursor *c, uint32_t len) {
    if (likely(c->key == NULL && len + KEY_HEAD_SIZE <= sizeof c->key_inline)) return c->key_inline;
    if (c->key == NULL) {
        c->key = mem_alloc(KEY_INLINE_MAX + KEY_HEAD_SIZE);
        c->key_page = NULL;
    }
    return c->key;
}

int cursor_key(struct tree_cursor *c, const uint8_t **key, size_t *key_len) {
    int rc = cursor_settle(c);
    if (unlikely(rc != FERRITE_OK)) return rc;
    if (unlikely(!c->valid)) return error_set(FERRITE_INVALID, "the cursor stands on no entry");
    const struct page *page = c->path[c->depth - 1].page;
    const uint32_t slot_at = c->path[c->depth - 1].slot;
    const struct slot *slot = &node_slots(page)[slot_at];
    const uint32_t prefix_len = page->prefix_len;
    if (unlikely(slot->klen == KEY_SPILLED)) {
        uint32_t len = node_spill_len(page, slot_at);
        const struct page *run = run_read(c->pages, node_spill_run(page, slot_at), len);
        if (run == NULL) return FERRITE_CORRUPT;
        *key = run_bytes(run);
        *key_len = len;
        return FERRITE_OK;
    }
    uint8_t *room = cursor_key_room(c, prefix_len + slot->klen);
    if (unlikely(room == NULL)) return error_nomem();
    if (unlikely(c->key_page != page)) {
        memcpy(room, node_prefix(page), prefix_len);
        c->key_page = page;
    }
    store_u32(room + prefix_len, __builtin_bswap32(slot->head));
    if (slot->klen > KEY_HEAD_SIZE)
        bytes_copy(room + prefix_len + KEY_HEAD_SIZE,
                   node_bytes(page) + slot->off + LEAF_CELL_FIXED, slot->klen - KEY_HEAD_SIZE);
    *key = room;
    *key_len = prefix_len + slot->klen;
    return FERRITE_OK;
}

int cursor_value(struct tree_cursor *c, struct tree_value *out) {
    int rc = cursor_settle(c);
    if (unlikely(rc != FERRITE_OK)) return rc;
    if (unlikely(!c->valid)) return error_set(FERRITE_INVALID, "the cursor stands on no entry");
    node_value_whole(c->path[c->depth - 1].page, c->path[c->depth - 1].slot, c->key_inline, out);
    return FERRITE_OK;
}
