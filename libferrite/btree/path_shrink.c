/*
 * path_shrink.c - what happens when a page becomes too empty.
 *
 * A page less than half full is merged with a sibling when one page has room for both and a little
 * more; an empty page is dropped; a root with one child gives way to the child; an empty tree has
 * no page.
 *
 * Called by cursor_write.c, with the path owned (path_own).
 */
#include "keyrun.h"
#include "path.h"
#include "spread.h"

#define MERGE_BELOW (NODE_SPACE * 50 / 100)
#define MERGE_FILL  (NODE_SPACE * 95 / 100)
/* Siblings that are too full to merge with are not looked at with each entry that goes. */
#define MERGE_SOON  (NODE_SPACE * 30 / 100)
#define MERGE_EVERY 4u

static uint32_t node_used(const struct page *page) { return NODE_SPACE - node_free(page); }

bool path_needs_shrink(const struct tree_cursor *c) {
    const struct page *leaf = c->path[c->depth - 1].page;
    const uint32_t used = node_used(leaf);
    if (leaf->slots == 0) return true;
    return c->depth > 1 && used < MERGE_BELOW && (used < MERGE_SOON || leaf->slots % MERGE_EVERY == 0);
}

/* Takes the slot of a child that is gone out of a branch. */
static int link_remove(struct tree_cursor *c, struct page *page, uint32_t slot) {
    int rc = FERRITE_OK;
    if (slot > 0 || page->slots == 1) {
        if (slot > 0) rc = keyrun_free_slot(c->pages, page, slot);
        node_delete(page, slot);
        return rc;
    }
    rc = keyrun_free_slot(c->pages, page, 1);
    node_drop_first(page);
    return rc;
}

/* The two neighbours as items, if one page can hold them. */
static bool gather_merged(struct spread *spread, const struct page *left, const struct page *right,
                          const struct page *parent, uint32_t right_slot) {
    if (node_used(left) + node_used(right) > MERGE_FILL) return false;
    spread_init(spread, left->type);
    spread_add_page(spread, left);
    spread_add_slots(spread, left, 0, left->slots);
    const uint32_t keyless = left->type == PAGE_BRANCH;
    if (keyless) spread_add_keyless(spread, right, parent, right_slot);
    spread_add_page(spread, right);
    spread_add_slots(spread, right, keyless, right->slots);
    return spread_fits(spread, 0, spread->count);
}

/* Merges the children left and right of slot `right_slot` of path[depth]. */
static int children_merge(struct tree_cursor *c, int depth, uint32_t right_slot, bool *done) {
    struct page *parent = path_page(c, depth), *page;
    const struct page *left = tree_child_page(c->pages, parent, right_slot - 1);
    const struct page *right = left ? tree_child_page(c->pages, parent, right_slot) : NULL;
    struct spread spread;
    if (right == NULL) return FERRITE_CORRUPT;
    if (left->pgno == right->pgno)
        return error_set(FERRITE_CORRUPT, "page %u: linked twice", left->pgno);
    if (!gather_merged(&spread, left, right, parent, right_slot)) return FERRITE_OK;
    const pgno left_no = left->pgno, right_no = right->pgno;
    int rc = page_write(c->pages, left, &page);
    if (rc != FERRITE_OK) return rc;
    if (page->pgno != left_no) node_set_child(parent, right_slot - 1, page->pgno);
    spread_lay(&spread, 0, spread.count, page);
    rc = page_free(c->pages, right_no);
    if (rc != FERRITE_OK) return rc;
    node_set_below(parent, right_slot - 1, node_total(page));
    if (page->type == PAGE_LEAF) rc = keyrun_free_slot(c->pages, parent, right_slot);
    node_delete(parent, right_slot);
    *done = true;
    return rc;
}

/* Merges page path[depth] with a sibling, or drops it when empty. */
static int page_shrink(struct tree_cursor *c, int depth, bool *done) {
    struct page *page = path_page(c, depth), *parent = path_page(c, depth - 1);
    const uint32_t slot = c->path[depth - 1].slot;
    if (page->slots == 0) {
        *done = true;
        int rc = page_free(c->pages, page->pgno);
        return rc == FERRITE_OK ? link_remove(c, parent, slot) : rc;
    }
    if (node_used(page) >= MERGE_BELOW) return FERRITE_OK;
    int rc = FERRITE_OK;
    if (slot + 1 < parent->slots) rc = children_merge(c, depth - 1, slot + 1, done);
    if (rc == FERRITE_OK && !*done && slot > 0) rc = children_merge(c, depth - 1, slot, done);
    return rc;
}

/* A root without entries or with one child. */
static int root_shrink(struct tree_cursor *c) {
    for (;;) {
        const struct page *root = tree_root_page(c->pages, c->tree);
        if (root == NULL) return FERRITE_CORRUPT;
        if (root->slots > (node_is_branch(root) ? 1 : 0)) return FERRITE_OK;
        const pgno no = root->pgno;
        const struct page *child = NULL;
        if (root->slots == 1) {
            child = tree_child_page(c->pages, root, 0);
            if (child == NULL) return FERRITE_CORRUPT;
        }
        c->tree->root = child ? child->pgno : 0;
        int rc = page_free(c->pages, no);
        if (rc != FERRITE_OK) return rc;
        if (child == NULL) c->tree->count = 0;
        if (child == NULL) return FERRITE_OK;
    }
}

int path_shrink(struct tree_cursor *c, int depth, bool *changed) {
    *changed = false;
    for (; depth > 0; depth--) {
        bool done = false;
        int rc = page_shrink(c, depth, &done);
        if (rc != FERRITE_OK || !done) return rc;
        *changed = true;
    }
    const struct page *root = c->path[0].page;
    if (root->slots > (node_is_branch(root) ? 1 : 0)) return FERRITE_OK;
    *changed = true;
    return root_shrink(c);
}
