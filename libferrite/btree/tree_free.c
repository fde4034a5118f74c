/*
 * tree_free.c - giving a whole tree back, in bounded steps.
 *
 * Leaves go from the last to the first, and a branch when its last child is gone. Nothing is copied
 * while that goes on; only when the budget ends before the tree does are the branches on the
 * right edge made the transaction's own and cut to what remains.
 *
 * Called by the types layer through tree.h, and for blobs. Inside a write transaction.
 */
#include "keyrun.h"
#include "path.h"

struct freeing {
    struct pages *pages;
    struct tree *tree;
    uint64_t *budget;
    int (*on_value)(void *ctx, const struct tree_value *value);
    void *ctx;
    int depth; /* of the deepest page in path */
    struct {
        const struct page *page;
        uint32_t left; /* slots that remain */
    } path[TREE_HEIGHT_MAX];
};

static void budget_spend(struct freeing *f, uint64_t pages) {
    *f->budget = *f->budget > pages ? *f->budget - pages : 0;
}

static int free_page(struct freeing *f, pgno no) {
    budget_spend(f, 1);
    return page_free(f->pages, no);
}

static int free_key(struct freeing *f, const struct page *page, uint32_t slot) {
    if (likely(!node_key_spilled(page, slot))) return FERRITE_OK;
    budget_spend(f, run_pages(node_spill_len(page, slot)));
    return keyrun_free_slot(f->pages, page, slot);
}

/* What hangs on the entries of a leaf. */
static int free_spilled(struct freeing *f, const struct page *leaf) {
    for (uint32_t i = 0; i < leaf->slots; i++) {
        uint8_t room[VALUE_PREFIXED_MAX];
        struct tree_value value;
        node_value_whole(leaf, i, room, &value);
        int rc = FERRITE_OK;
        if (value.spilled && f->on_value != NULL) rc = f->on_value(f->ctx, &value);
        if (rc == FERRITE_OK) rc = free_key(f, leaf, i);
        if (rc != FERRITE_OK) return rc;
    }
    return FERRITE_OK;
}

/* The child of the last slot that remains, a leaf. */
static int free_leaf(struct freeing *f) {
    const struct page *branch = f->path[f->depth].page;
    const uint32_t slot = f->path[f->depth].left - 1;
    int rc = FERRITE_OK;
    if (f->tree->flags & TREE_HAS_SPILLED) {
        const struct page *leaf = tree_child_page(f->pages, branch, slot);
        if (leaf == NULL) return FERRITE_CORRUPT;
        rc = free_spilled(f, leaf);
    }
    if (rc == FERRITE_OK) rc = free_page(f, node_child(branch, slot));
    if (rc == FERRITE_OK) rc = free_key(f, branch, slot);
    f->path[f->depth].left = slot;
    return rc;
}

/* A branch without children. The path ends above it; the tree is gone when that was the root. */
static int free_branch(struct freeing *f) {
    int rc = free_page(f, f->path[f->depth].page->pgno);
    if (rc != FERRITE_OK) return rc;
    if (f->depth-- == 0) {
        f->tree->root = 0;
        f->tree->count = 0;
        return FERRITE_OK;
    }
    f->path[f->depth].left--;
    return free_key(f, f->path[f->depth].page, f->path[f->depth].left);
}

static int free_enter(struct freeing *f) {
    const struct page *page =
        tree_child_page(f->pages, f->path[f->depth].page, f->path[f->depth].left - 1);
    if (page == NULL) return FERRITE_CORRUPT;
    f->depth++;
    f->path[f->depth].page = page;
    f->path[f->depth].left = page->slots;
    return FERRITE_OK;
}

/* Cuts the branches of the path to the slots that remain. */
static int free_truncate(struct freeing *f) {
    struct page *page, *parent = NULL;
    for (int d = 0; d <= f->depth; d++) {
        int rc = page_write(f->pages, f->path[d].page, &page);
        if (rc != FERRITE_OK) return rc;
        if (page->level == 0 || page->type != tree_page_type(f->tree, page->level) ||
            page->slots < f->path[d].left) /* freed as a page below it */
            return error_set(FERRITE_CORRUPT, "page %u: linked twice", page->pgno);
        if (d == 0)
            f->tree->root = page->pgno;
        else
            node_set_child(parent, f->path[d - 1].left - 1, page->pgno);
        while (page->slots > f->path[d].left) node_delete(page, page->slots - 1u);
        f->path[d].page = parent = page;
    }
    for (int d = f->depth; d > 0; d--)
        node_set_below((struct page *)f->path[d - 1].page, f->path[d - 1].left - 1,
                       node_total(f->path[d].page));
    f->tree->count = node_total(f->path[0].page);
    return FERRITE_OK;
}

int tree_free(struct pages *pages, struct tree *tree, uint64_t *budget,
              int (*on_value)(void *ctx, const struct tree_value *value), void *ctx) {
    struct freeing f = {pages, tree, budget, on_value, ctx, 0, {{NULL, 0}}};
    if (tree->root == 0 || *budget == 0) return FERRITE_OK;
    const struct page *root = tree_root_page(pages, tree);
    if (root == NULL) return FERRITE_CORRUPT;
    f.path[0].page = root;
    f.path[0].left = root->slots;
    int rc = FERRITE_OK;
    if (root->level == 0) {
        rc = tree->flags & TREE_HAS_SPILLED ? free_spilled(&f, root) : FERRITE_OK;
        return rc == FERRITE_OK ? free_branch(&f) : rc;
    }
    while (rc == FERRITE_OK && tree->root != 0) {
        if (f.path[f.depth].left == 0)
            rc = free_branch(&f);
        else if (*budget == 0)
            return free_truncate(&f);
        else if (f.path[f.depth].page->level > 1)
            rc = free_enter(&f);
        else
            rc = free_leaf(&f);
    }
    return rc;
}

int tree_within(struct pages *pages, const struct tree *tree, uint32_t most, bool *within) {
    *within = true;
    if (tree->root == 0) return FERRITE_OK;
    const struct page *root = tree_root_page(pages, tree);
    if (root == NULL) return FERRITE_CORRUPT;
    *within = root->level == 0 || (root->level == 1 && root->slots < most);
    return FERRITE_OK;
}
