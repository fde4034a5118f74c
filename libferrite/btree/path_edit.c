/*
 * path_edit.c - what happens when entries do not fit their page.
 *
 * Appending at the end of a page (or before its first entry) leaves the page as full as it is and
 * begins a new one: runs of ascending or descending keys fill their pages. Otherwise entries are
 * first shifted to a sibling with room, so that pages filled in random order are more than four
 * fifths full; when both siblings are full too, the page is split in the middle, by bytes. Each
 * step hands its parent one edit more, and so up to the root.
 *
 * Called by cursor_write.c, with the path owned (path_own).
 */
#include "path_edit.h"

/* A cut for one page's entries and the new ones. One exists: an entry takes at most 2/5 of a page,
 * and one that does not share the page's prefix stands at an end, where it can be cut off. 0: the
 * page is damaged. */
static uint32_t split_cut(const struct spread *spread) {
    uint32_t middle = spread_balanced_cut(spread);
    for (uint32_t step = 0; step < spread->count; step++) {
        if (middle > step && spread_cut_fits(spread, middle - step)) return middle - step;
        if (middle + step < spread->count && spread_cut_fits(spread, middle + step))
            return middle + step;
    }
    return 0;
}

static bool path_is_leftmost(const struct tree_cursor *c, int depth) {
    for (int d = 0; d < depth; d++)
        if (c->path[d].slot != 0) return false;
    return true;
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

/* The page's part behind the cut is in `right`, and *edit has its entry: tells the parent, or makes
 * one. */
static int split_finish(struct tree_cursor *c, int depth, struct edit *edit) {
    const struct page *page = c->path[depth].page;
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

/* Begins a new page behind this one with the new entry, and leaves this one as it is. */
static int page_append(struct tree_cursor *c, int depth, struct edit *edit) {
    struct page *page = path_page(c, depth), *right;
    int rc = page_new(c->pages, (enum page_type)page->type, page->level, c->tree->tag, &right);
    if (rc != FERRITE_OK) return rc;
    struct entry entry = edit->entries[0];
    if (page->type == PAGE_BRANCH) {
        const uint32_t known = entry.key_len < KEY_INLINE_MAX ? entry.key_len : KEY_INLINE_MAX;
        memmove(edit->keys[0], entry.key, known);
        edit->entries[0] = (struct entry){.key = edit->keys[0],
                                          .key_len = entry.key_len,
                                          .run = entry.run,
                                          .child = right->pgno,
                                          .count = entry.count};
        entry.key_len = 0;
        entry.run = 0;
    }
    if (page->type == PAGE_POS_LEAF) sequence_begin_prefix(right, page, &entry);
    node_insert(right, 0, &entry);
    if (page->type != PAGE_BRANCH) rc = edit_separator(c, NULL, 0, page, right, edit);
    return rc == FERRITE_OK ? split_finish(c, depth, edit) : rc;
}

/* The elements of a sequence's leaf go to a new page as they are, and the new one stays alone. */
static int sequence_prepend(struct tree_cursor *c, int depth, struct edit *edit) {
    struct page *page = path_page(c, depth), *right;
    const struct entry entry = edit->entries[0];
    int rc = page_new(c->pages, (enum page_type)page->type, page->level, c->tree->tag, &right);
    if (rc != FERRITE_OK) return rc;
    memcpy(right->body, page->body, sizeof right->body);
    right->slots = page->slots;
    right->heap = page->heap;
    right->garbage = page->garbage;
    right->prefix_len = page->prefix_len;
    page->slots = page->garbage = page->prefix_len = 0;
    page->heap = PAGE_SIZE;
    sequence_begin_prefix(page, right, &entry);
    node_insert(page, 0, &entry);
    rc = edit_separator(c, NULL, 0, page, right, edit);
    return rc == FERRITE_OK ? split_finish(c, depth, edit) : rc;
}

/* Cuts the page in two; *edit becomes what the parent has to do. */
static __attribute__((noinline)) int page_split(struct tree_cursor *c, int depth,
                                                struct edit *edit) {
    struct page *page = path_page(c, depth), *right;
    struct spread spread;
    spread_init(&spread, page->type);
    edit_gather(&spread, page, 0, edit);
    const uint32_t first = node_is_branch(page) ? 1 : 0;
    const bool prepend =
        edit->add == 1 && edit->from == first && (first == 0 || path_is_leftmost(c, depth));
    uint32_t cut = first + 1;
    if (!prepend || cut >= spread.count || !spread_cut_fits(&spread, cut)) cut = split_cut(&spread);
    if (cut == 0) return error_set(FERRITE_CORRUPT, "page %u: cannot be split", page->pgno);
    int rc = page_new(c->pages, (enum page_type)page->type, page->level, c->tree->tag, &right);
    if (rc != FERRITE_OK) return rc;
    spread_lay(&spread, cut, spread.count, right);
    spread_lay(&spread, 0, cut, page);
    rc = edit_separator(c, &spread, cut, page, right, edit);
    return rc == FERRITE_OK ? split_finish(c, depth, edit) : rc;
}

/* Makes room for the rest of the edit; *edit becomes what the parent has to do. */
static int page_overflow(struct tree_cursor *c, int depth, struct edit *edit) {
    const struct page *page = c->path[depth].page;
    const bool prepend =
        edit->from == 0 || (edit->from == 1 && node_is_branch(page) && path_is_leftmost(c, depth));
    if (edit->add == 1 && edit->from == page->slots) return page_append(c, depth, edit);
    if (edit->from == 0 && page->type == PAGE_POS_LEAF) return sequence_prepend(c, depth, edit);
    if (depth > 0 && !prepend) {
        bool done;
        int rc = page_shift(c, depth, edit, &done);
        if (rc != FERRITE_OK || done) return rc;
    }
    return page_split(c, depth, edit);
}

/* As many of the entries as the page has room for. */
static void edit_insert(struct page *page, struct edit *edit) {
    while (edit->add > 0 && node_insert(page, edit->from, &edit->entries[0]) != NULL) {
        edit->from++;
        edit->add--;
        edit->entries[0] = edit->entries[1];
    }
}

int path_edit(struct tree_cursor *c, int depth, struct edit *edit) {
    for (;; depth--) {
        struct page *page = path_page(c, depth);
        for (; edit->remove > 0; edit->remove--) node_delete(page, edit->from);
        edit_insert(page, edit);
        if (edit->add > 0 && page->type == PAGE_POS_LEAF && sequence_renew_prefix(page))
            edit_insert(page, edit);
        if (edit->add == 0) return FERRITE_OK;
        int rc = page_overflow(c, depth, edit);
        if (rc != FERRITE_OK || depth == 0 || edit->add + edit->remove == 0) return rc;
    }
}
