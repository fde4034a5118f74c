/*
 * tree_move.c - moving a tree's pages to lower page numbers, so that the file can be cut.
 *
 * A page at or beyond the limit is rewritten, which gives it the lowest free number; the branches above
 * it follow. Leaves that stay are not even read, unless blobs or long keys may hang on them.
 * Called by the types layer's compaction, inside a write transaction, when free pages lie below the limit.
 */
#include "keyrun.h"
#include "path.h"

struct moving {
    struct pages *pages;
    struct tree *tree;
    pgno limit;
    uint64_t *budget; /* pages that may still be moved */
    tree_move_fn on_value;
    void *ctx;
};

static void budget_spend(struct moving *m, uint64_t pages) {
    *m->budget = *m->budget > pages ? *m->budget - pages : 0;
}

/* The page as the transaction's own. */
static int page_own(struct moving *m, const struct page **page, struct page **own) {
    if (*own != NULL) return FERRITE_OK;
    int rc = page_write(m->pages, *page, own);
    if (rc != FERRITE_OK) return rc;
    *page = *own;
    budget_spend(m, 1);
    return FERRITE_OK;
}

/* A long key's run. */
static int move_key(struct moving *m, const struct page **page, struct page **own, uint32_t slot) {
    if (!node_key_spilled(*page, slot) || node_spill_run(*page, slot) < m->limit) return FERRITE_OK;
    struct page *copy;
    uint32_t len = node_spill_len(*page, slot);
    const struct page *run = run_read(m->pages, node_spill_run(*page, slot), len);
    if (run == NULL) return FERRITE_CORRUPT;
    int rc = run_write(m->pages, run, len, &copy);
    if (rc == FERRITE_OK) rc = page_own(m, page, own);
    if (rc != FERRITE_OK) return rc;
    budget_spend(m, run_pages(len));
    store_u32((uint8_t *)*own + node_slots(*own)[slot].off + type_cell_fixed((*own)->type) + 4,
              copy->pgno);
    return FERRITE_OK;
}

/* What a spilled value refers to; its description keeps its length. */
static int move_value(struct moving *m, const struct page **page, struct page **own, uint32_t slot) {
    uint8_t changed[TREE_VALUE_MAX];
    uint16_t len;
    const uint8_t *bytes = node_value(*page, slot, &len);
    struct tree_value value = {bytes, len & VALUE_LEN_MASK, (len & VALUE_SPILLED) != 0, false};
    if (!value.spilled || m->on_value == NULL || value.len > sizeof changed) return FERRITE_OK;
    memcpy(changed, bytes, value.len);
    int rc = m->on_value(m->ctx, m->pages, m->limit, m->budget, &value, changed);
    if (rc != FERRITE_OK || memcmp(changed, bytes, value.len) == 0) return rc;
    rc = page_own(m, page, own);
    if (rc == FERRITE_OK) memcpy((uint8_t *)node_value(*own, slot, &len), changed, value.len);
    return rc;
}

static int move_page(struct moving *m, const struct page *page, pgno *no);

static int move_child(struct moving *m, const struct page **page, struct page **own, uint32_t slot) {
    pgno child_no = node_child(*page, slot), moved = 0;
    if ((*page)->level == 1 && child_no < m->limit && !(m->tree->flags & TREE_HAS_SPILLED))
        return FERRITE_OK;
    const struct page *child = tree_child_page(m->pages, *page, slot);
    if (child == NULL) return FERRITE_CORRUPT;
    int rc = move_page(m, child, &moved);
    if (rc != FERRITE_OK || moved == child_no) return rc;
    rc = page_own(m, page, own);
    if (rc == FERRITE_OK) node_set_child(*own, slot, moved);
    return rc;
}

static int move_page(struct moving *m, const struct page *page, pgno *no) {
    struct page *own = NULL;
    int rc = page->pgno >= m->limit ? page_own(m, &page, &own) : FERRITE_OK;
    const bool spilled = m->tree->flags & TREE_HAS_SPILLED;
    for (uint32_t i = 0; i < page->slots && rc == FERRITE_OK && *m->budget > 0; i++) {
        if (spilled) rc = move_key(m, &page, &own, i);
        if (rc != FERRITE_OK) break;
        if (node_is_branch(page))
            rc = move_child(m, &page, &own, i);
        else if (spilled)
            rc = move_value(m, &page, &own, i);
    }
    *no = page->pgno;
    return rc;
}

int tree_move(struct pages *pages, struct tree *tree, pgno limit, uint64_t *budget,
              tree_move_fn on_value, void *ctx) {
    struct moving m = {pages, tree, limit, budget, on_value, ctx};
    if (tree->root == 0 || *budget == 0) return FERRITE_OK;
    const struct page *root = tree_root_page(pages, tree);
    if (root == NULL) return FERRITE_CORRUPT;
    return move_page(&m, root, &tree->root);
}
