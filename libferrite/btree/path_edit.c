/*
 * path_edit.c - what happens when entries do not fit their page.
 *
 * Appending at the end of a page (or before its first entry) leaves the page as full as it is and begins
 * a new one: runs of ascending or descending keys fill their pages. Otherwise entries are first
 * shifted to a sibling with room, so that pages filled in random order are more than
 * four fifths full; when both siblings are full too, the page is split in the middle, by bytes.
 * Each step hands its parent one edit more, and so up to the root.
 *
 * Called by cursor_write.c, with the path owned (path_own).
 */
#include "keyrun.h"
#include "path.h"

/* A sibling takes entries when it has this much room. */
#define SHIFT_ROOM (NODE_SPACE / 8)

/* The entries of the page, with the edit's among them. */
static void gather_edited(struct spread *spread, const struct page *page, uint32_t first,
                          const struct edit *edit) {
    spread_add_page(spread, page);
    spread_add_slots(spread, page, first, edit->from);
    for (uint32_t i = 0; i < edit->add; i++) spread_add_entry(spread, &edit->entries[i]);
    spread_add_slots(spread, page, edit->from, page->slots);
}

/* The first slot of a branch gets the key back that its parent keeps for it. */
static void gather_keyless(struct spread *spread, const struct page *page,
                           const struct page *parent, uint32_t parent_slot) {
    uint8_t key[KEY_INLINE_MAX + 4];
    struct entry entry = {.key = key,
                          .child = node_child(page, 0),
                          .count = node_below(page, 0)};
    node_key(parent, parent_slot, key, &entry.key_len);
    if (node_key_spilled(parent, parent_slot)) entry.run = node_spill_run(parent, parent_slot);
    spread_add_entry(spread, &entry);
}

/* Where to cut the items so that both sides weigh about the same: the right side's first. */
static uint32_t balanced_cut(const struct spread *spread) {
    uint32_t total = 0, left = 0, i = 0;
    for (uint32_t k = 0; k < spread->count; k++) total += spread_weight(spread, k);
    while (i < spread->count && left + spread_weight(spread, i) / 2 < total / 2)
        left += spread_weight(spread, i++);
    if (i == 0) return 1;
    return i < spread->count ? i : spread->count - 1;
}

static bool cut_fits(const struct spread *spread, uint32_t cut) {
    return spread_fits(spread, 0, cut) && spread_fits(spread, cut, spread->count);
}

/* A cut for one page's entries and the new ones. One exists: an entry takes at most 2/5 of a page, and one that does
 * not share the page's prefix stands at an end, where it can be cut off. 0: the page is damaged. */
static uint32_t split_cut(const struct spread *spread) {
    uint32_t middle = balanced_cut(spread);
    for (uint32_t step = 0; step < spread->count; step++) {
        if (middle > step && cut_fits(spread, middle - step)) return middle - step;
        if (middle + step < spread->count && cut_fits(spread, middle + step)) return middle + step;
    }
    return 0;
}

static bool path_is_leftmost(const struct tree_cursor *c, int depth) {
    for (int d = 0; d < depth; d++)
        if (c->path[d].slot != 0) return false;
    return true;
}

/* The key that parts the items at `cut`, as an entry for the page `right`. */
static int separator_entry(struct tree_cursor *c, const struct spread *spread, uint32_t cut,
                           const struct page *right, struct edit *edit) {
    struct entry *entry = &edit->entries[0];
    *entry = (struct entry){.child = right->pgno, .count = node_total(right)};
    if (type_is_positional(spread->type)) return FERRITE_OK;
    if (spread->type == PAGE_LEAF)
        return separator_make(c->pages, c->tree->tag, spread, cut, edit->keys[0], entry);
    entry->key = edit->keys[0];
    spread_key(spread, cut, edit->keys[0], &entry->key_len, &entry->run);
    return FERRITE_OK;
}

/* The root was split: a new one above both halves. */
static int root_grow(struct tree_cursor *c, const struct page *left, const struct edit *edit) {
    struct page *root;
    if (left->level + 1u >= TREE_HEIGHT_MAX)
        return error_set(FERRITE_CORRUPT, "page %u: tree too high", left->pgno);
    int rc = page_new(c->pages, (enum page_type)tree_page_type(c->tree, left->level + 1u),
                      (uint8_t)(left->level + 1u), c->tree->tag, &root);
    if (rc != FERRITE_OK) return rc;
    struct entry first = {.key = edit->keys[0], .child = left->pgno, .count = node_total(left)};
    node_insert(root, 0, &first);
    node_insert(root, 1, &edit->entries[0]);
    c->tree->root = root->pgno;
    return FERRITE_OK;
}

/* Cuts the page in two; *edit becomes what the parent has to do. */
static int page_split(struct tree_cursor *c, int depth, struct edit *edit) {
    struct page *page = path_page(c, depth), *right;
    struct spread spread;
    spread_init(&spread, page->type);
    gather_edited(&spread, page, 0, edit);
    const uint32_t first = page->type == PAGE_BRANCH || page->type == PAGE_POS_BRANCH ? 1 : 0;
    const bool append = edit->add == 1 && edit->from == page->slots && page->slots > 0;
    const bool prepend = edit->add == 1 && edit->from == first &&
                         (first == 0 || path_is_leftmost(c, depth));
    uint32_t cut = append ? spread.count - 1 : first + 1;
    if (!append && !(prepend && cut < spread.count && cut_fits(&spread, cut)))
        cut = split_cut(&spread);
    if (cut == 0) return error_set(FERRITE_CORRUPT, "page %u: cannot be split", page->pgno);
    int rc = page_new(c->pages, (enum page_type)page->type, page->level, c->tree->tag, &right);
    if (rc != FERRITE_OK) return rc;
    uint32_t prefix_len = spread_prefix(&spread, cut, spread.count);
    if (append && page->type == PAGE_LEAF) prefix_len = spread_prefix(&spread, cut - 1, cut + 1);
    spread_build(&spread, cut, spread.count, prefix_len, right);
    if (!append) spread_build(&spread, 0, cut, spread_prefix(&spread, 0, cut), page);
    rc = separator_entry(c, &spread, cut, right, edit);
    if (rc != FERRITE_OK) return rc;
    edit->remove = 0;
    edit->add = 1;
    if (depth == 0) {
        edit->add = 0;
        return root_grow(c, page, edit);
    }
    node_set_below(path_page(c, depth - 1), c->path[depth - 1].slot, node_total(page));
    edit->from = c->path[depth - 1].slot + 1;
    return FERRITE_OK;
}

/* The sibling with more room, if it has enough; *slot is its place in the parent. */
static int sibling_choose(struct tree_cursor *c, int depth, uint32_t *slot,
                          const struct page **out) {
    const struct page *parent = c->path[depth - 1].page;
    const uint32_t at = c->path[depth - 1].slot;
    uint32_t room = SHIFT_ROOM - 1;
    *out = NULL;
    for (int side = 0; side < 2; side++) {
        if (side == 0 ? at == 0 : at + 1 >= parent->slots) continue;
        const uint32_t k = side == 0 ? at - 1 : at + 1;
        const struct page *page = tree_child_page(c->pages, parent, k);
        if (page == NULL) return FERRITE_CORRUPT;
        if (page->pgno == c->path[depth].page->pgno)
            return error_set(FERRITE_CORRUPT, "page %u: linked twice", page->pgno);
        if (node_free(page) <= room) continue;
        room = node_free(page);
        *out = page;
        *slot = k;
    }
    return FERRITE_OK;
}

/* Both pages in a row, the edit's entries among them. */
static void gather_siblings(struct spread *spread, const struct page *page,
                            const struct page *sibling, const struct page *parent, uint32_t right,
                            bool sibling_right, const struct edit *edit) {
    const uint32_t keyless = page->type == PAGE_BRANCH;
    if (sibling_right) {
        gather_edited(spread, page, 0, edit);
        if (keyless) gather_keyless(spread, sibling, parent, right);
        spread_add_page(spread, sibling);
        spread_add_slots(spread, sibling, keyless, sibling->slots);
        return;
    }
    spread_add_page(spread, sibling);
    spread_add_slots(spread, sibling, 0, sibling->slots);
    if (keyless) gather_keyless(spread, page, parent, right);
    gather_edited(spread, page, keyless, edit);
}

/* Makes a sibling the transaction's own. */
static int sibling_own(struct tree_cursor *c, int depth, uint32_t slot,
                       const struct page *sibling, struct page **out) {
    const pgno no = sibling->pgno;
    int rc = page_write(c->pages, sibling, out);
    if (rc != FERRITE_OK) return rc;
    if ((*out)->pgno != no) node_set_child(path_page(c, depth - 1), slot, (*out)->pgno);
    return FERRITE_OK;
}

/* Evens the page and a sibling out. *done is false, and nothing changed, when no sibling has room. */
static int page_shift(struct tree_cursor *c, int depth, struct edit *edit, bool *done) {
    const struct page *sibling;
    uint32_t slot = 0;
    *done = false;
    int rc = sibling_choose(c, depth, &slot, &sibling);
    if (rc != FERRITE_OK || sibling == NULL) return rc;
    struct page *page = path_page(c, depth), *parent = path_page(c, depth - 1), *other;
    const bool sibling_right = slot > c->path[depth - 1].slot;
    const uint32_t right_slot = sibling_right ? slot : slot + 1;
    struct spread spread;
    spread_init(&spread, page->type);
    gather_siblings(&spread, page, sibling, parent, right_slot, sibling_right, edit);
    const uint32_t cut = balanced_cut(&spread);
    if (!cut_fits(&spread, cut)) return FERRITE_OK;
    rc = sibling_own(c, depth, slot, sibling, &other);
    if (rc != FERRITE_OK) return rc;
    struct page *left = sibling_right ? page : other, *right = sibling_right ? other : page;
    spread_build(&spread, 0, cut, spread_prefix(&spread, 0, cut), left);
    spread_build(&spread, cut, spread.count, spread_prefix(&spread, cut, spread.count), right);
    *done = true;
    node_set_below(parent, right_slot - 1, node_total(left));
    node_set_below(parent, right_slot, node_total(right));
    edit->add = edit->remove = 0;
    if (node_is_positional(page)) return FERRITE_OK;
    if (page->type == PAGE_LEAF) rc = keyrun_free_slot(c->pages, parent, right_slot);
    if (rc == FERRITE_OK) rc = separator_entry(c, &spread, cut, right, edit);
    edit->from = right_slot;
    edit->add = edit->remove = 1;
    return rc;
}

/* Makes room for the rest of the edit; *edit becomes what the parent has to do. */
static int page_overflow(struct tree_cursor *c, int depth, struct edit *edit) {
    const struct page *page = c->path[depth].page;
    const bool leaf = !node_is_branch(page);
    const bool at_end = edit->from == page->slots || (edit->from == 0 && leaf) ||
                        (edit->from == 1 && path_is_leftmost(c, depth));
    if (depth > 0 && !at_end) {
        bool done;
        int rc = page_shift(c, depth, edit, &done);
        if (rc != FERRITE_OK || done) return rc;
    }
    return page_split(c, depth, edit);
}

int path_edit(struct tree_cursor *c, int depth, struct edit *edit) {
    for (;; depth--) {
        struct page *page = path_page(c, depth);
        for (; edit->remove > 0; edit->remove--) node_delete(page, edit->from);
        while (edit->add > 0 && node_insert(page, edit->from, &edit->entries[0]) != NULL) {
            edit->from++;
            edit->add--;
            edit->entries[0] = edit->entries[1];
        }
        if (edit->add == 0) return FERRITE_OK;
        int rc = page_overflow(c, depth, edit);
        if (rc != FERRITE_OK || depth == 0 || edit->add + edit->remove == 0) return rc;
    }
}
