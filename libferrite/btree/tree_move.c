/*
 * tree_move.c - moving a tree's pages to lower page numbers, so that the file can be cut.
 *
 * A page at or beyond the limit is rewritten, which gives it the lowest free number; the branches above
 * it follow. Leaves that stay are not even read, unless blobs or long keys may hang on them. A place in a
 * tree is a rank, so that a piece of work can end anywhere and the next one begin there, whatever happened
 * to the tree meanwhile.
 *
 * Trees hang in values of trees (tree_move_fn): a page moves only if there is room for all the pages above it
 * too, up to the outermost root, that were not rewritten yet.
 *
 * Called by the types layer's compaction, inside a transaction of txn_begin_moves.
 */
#include "keyrun.h"
#include "path.h"

/* A page on the way down; lives on the stack. */
struct mover_page {
    const struct page *page;
    struct page *own; /* the transaction's own copy, once something moved */
    struct mover_page *above;
};

struct moving {
    struct tree_mover *mover;
    const struct tree *tree;
    uint64_t from; /* entries before this rank are left alone */
    uint64_t rank; /* of what is looked at */
    tree_move_fn on_value;
    void *ctx;
};

/* The pages on the way down that have to be rewritten with what moves below them. */
static uint32_t mover_singles(const struct tree_mover *mover) {
    uint32_t singles = 0;
    for (const struct mover_page *at = mover->above; at != NULL; at = at->above)
        singles += at->own == NULL;
    return singles;
}

/* Whether the innermost page can move. */
static bool mover_has_room(struct tree_mover *mover) {
    mover->full = !pages_have_room(mover->pages, mover_singles(mover));
    return !mover->full;
}

/* Whether the run at `no` can. One for which there is no gap stays, and others may yet move. */
static bool mover_has_run_room(struct tree_mover *mover, uint32_t run, pgno no) {
    const uint32_t singles = mover_singles(mover);
    mover->full = !pages_have_room(mover->pages, singles);
    if (pages_have_run_room(mover->pages, singles, run, no)) return true;
    mover->stuck += run;
    return false;
}

static void mover_moved(struct tree_mover *mover, uint32_t pages) {
    mover->moves = mover->moves > pages ? mover->moves - pages : 0;
}

/* The page as the transaction's own. */
static int page_own(struct tree_mover *mover, struct mover_page *at) {
    if (at->own != NULL) return FERRITE_OK;
    int rc = page_write(mover->pages, at->page, &at->own);
    if (rc != FERRITE_OK) return rc;
    at->page = at->own;
    mover_moved(mover, 1);
    return FERRITE_OK;
}

int tree_move_run(struct tree_mover *mover, pgno *no, uint32_t len) {
    struct page *copy;
    if (*no < mover->pages->below || !mover_has_run_room(mover, run_pages(len), *no)) return FERRITE_OK;
    const struct page *run = run_read(mover->pages, *no, len);
    if (run == NULL) return FERRITE_CORRUPT;
    int rc = run_write(mover->pages, run, len, &copy);
    if (rc != FERRITE_OK) return rc;
    mover_moved(mover, run_pages(len));
    *no = copy->pgno;
    return FERRITE_OK;
}

/* A long key's run. */
static int move_key(struct tree_mover *mover, struct mover_page *at, uint32_t slot) {
    if (!node_key_spilled(at->page, slot)) return FERRITE_OK;
    const pgno before = node_spill_run(at->page, slot);
    pgno no = before;
    int rc = tree_move_run(mover, &no, node_spill_len(at->page, slot));
    if (rc != FERRITE_OK || no == before) return rc;
    rc = page_own(mover, at);
    if (rc != FERRITE_OK) return rc;
    store_u32((uint8_t *)at->own + node_slots(at->own)[slot].off +
                  type_cell_fixed(at->own->type) + 4, no);
    return FERRITE_OK;
}

/* What a spilled value refers to; its description keeps its length. */
static int move_value(struct moving *m, struct mover_page *at, uint32_t slot) {
    uint8_t changed[TREE_VALUE_MAX];
    uint16_t len;
    const uint8_t *bytes = node_value(at->page, slot, &len);
    struct tree_value value = {bytes, len & VALUE_LEN_MASK, (len & VALUE_SPILLED) != 0, false};
    if (!value.spilled || m->on_value == NULL || value.len > sizeof changed) return FERRITE_OK;
    memcpy(changed, bytes, value.len);
    int rc = m->on_value(m->ctx, m->mover, &value, changed);
    if (rc != FERRITE_OK || memcmp(changed, bytes, value.len) == 0) return rc;
    rc = page_own(m->mover, at);
    if (rc == FERRITE_OK) memcpy((uint8_t *)node_value(at->own, slot, &len), changed, value.len);
    return rc;
}

static int move_entries(struct moving *m, struct mover_page *at) {
    const uint64_t first = m->rank;
    if (!(m->tree->flags & TREE_HAS_SPILLED)) {
        m->rank = first + at->page->slots;
        return FERRITE_OK;
    }
    for (uint32_t i = 0; i < at->page->slots; i++) {
        m->rank = first + i;
        if (m->rank < m->from) continue;
        if (mover_spent(m->mover)) return FERRITE_OK;
        int rc = move_key(m->mover, at, i);
        if (rc == FERRITE_OK) rc = move_value(m, at, i);
        if (rc != FERRITE_OK || mover_spent(m->mover)) return rc;
    }
    m->rank = first + at->page->slots;
    return FERRITE_OK;
}

static int move_page(struct moving *m, const struct page *page, pgno *no);

static int move_child(struct moving *m, struct mover_page *at, uint32_t slot) {
    const pgno before = node_child(at->page, slot);
    const bool spilled = m->tree->flags & TREE_HAS_SPILLED;
    pgno no = before;
    int rc = spilled ? move_key(m->mover, at, slot) : FERRITE_OK;
    if (rc != FERRITE_OK) return rc;
    if (at->page->level > 1 || spilled || before >= m->mover->pages->below) {
        const struct page *child = tree_child_page(m->mover->pages, at->page, slot);
        if (child == NULL) return FERRITE_CORRUPT;
        rc = move_page(m, child, &no);
    }
    if (rc != FERRITE_OK || no == before) return rc;
    rc = page_own(m->mover, at);
    if (rc == FERRITE_OK) node_set_child(at->own, slot, no);
    return rc;
}

static int move_children(struct moving *m, struct mover_page *at) {
    for (uint32_t i = 0; i < at->page->slots; i++) {
        const uint64_t first = m->rank, below = node_below(at->page, i);
        if (first + below > m->from) {
            if (mover_spent(m->mover)) return FERRITE_OK;
            int rc = move_child(m, at, i);
            if (rc != FERRITE_OK || mover_spent(m->mover)) return rc;
        }
        m->rank = first + below;
    }
    return FERRITE_OK;
}

/* *no: the page's number afterwards. m->rank goes from its first entry to where the work ended. */
static int move_page(struct moving *m, const struct page *page, pgno *no) {
    struct tree_mover *mover = m->mover;
    struct mover_page at = {page, NULL, mover->above};
    int rc = FERRITE_OK;
    if (mover->looks > 0) mover->looks--;
    mover->above = &at;
    if (page->pgno >= mover->pages->below && mover_has_room(mover)) rc = page_own(mover, &at);
    if (rc == FERRITE_OK)
        rc = node_is_branch(page) ? move_children(m, &at) : move_entries(m, &at);
    mover->above = at.above;
    *no = at.page->pgno;
    return rc;
}

int tree_move(struct tree_mover *mover, struct tree *tree, uint64_t *from, tree_move_fn on_value,
              void *ctx) {
    struct moving m = {mover, tree, *from, 0, on_value, ctx};
    if (tree->root == 0 || mover_spent(mover)) return FERRITE_OK;
    const struct page *root = tree_root_page(mover->pages, tree);
    if (root == NULL) return FERRITE_CORRUPT;
    int rc = move_page(&m, root, &tree->root);
    *from = m.rank;
    return rc;
}
