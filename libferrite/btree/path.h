/*
 * path.h - going down a tree, and changing the pages of a cursor's path.
 *
 * Reading: tree_root_page and tree_child_page are the only way from one page to another. They check
 * that a page is of the kind and level that its parent promises; so a path ends after at most
 * TREE_HEIGHT_MAX pages whatever a damaged file says.
 *
 * Writing: path_own makes the pages of the path the transaction's own, top down, so that a page is
 * always written after its parent can take its new number. Then the leaf changes, and what does
 * not fit goes through path_edit, what is left too empty through path_shrink. Both leave the
 * cursor's path behind the tree: seek again.
 *
 * Used inside btree only. Thread rule: as the transaction.
 */
#ifndef FERRITE_BTREE_PATH_H
#define FERRITE_BTREE_PATH_H

#include "node.h"

static inline unsigned tree_page_type(const struct tree *tree, unsigned level) {
    return PAGE_BRANCH + (tree->flags & TREE_POSITIONAL ? 2u : 0u) + (level == 0);
}
static_assert(PAGE_LEAF == PAGE_BRANCH + 1 && PAGE_POS_BRANCH == PAGE_BRANCH + 2 &&
                  PAGE_POS_LEAF == PAGE_BRANCH + 3,
              "tree_page_type computes types");

/* Notes that a page is not what its parent or root says; NULL. */
const struct page *tree_misplaced(pgno no);

static inline const struct page *tree_root_page(struct pages *pages, const struct tree *tree) {
    const struct page *page = page_read(pages, tree->root);
    if (unlikely(page == NULL)) return NULL;
    if (unlikely(page->type != tree_page_type(tree, page->level) || page->level >= TREE_HEIGHT_MAX))
        return tree_misplaced(tree->root);
    return page;
}

/* The lines of a leaf that a search needs: header and slots, and the prefix at the end. */
static inline void leaf_prefetch(const struct page *page) {
    const char *bytes = (const char *)page;
    __builtin_prefetch(bytes);
    __builtin_prefetch(bytes + 64);
    __builtin_prefetch(bytes + 128);
    __builtin_prefetch(bytes + 192);
    __builtin_prefetch(bytes + 256);
    __builtin_prefetch(bytes + PAGE_SIZE - 64);
}

/* All of a leaf that is about to be copied: the fetches overlap the search and the copies of the
 * branches above. */
static inline void leaf_prefetch_whole(const struct page *page) {
    const char *bytes = (const char *)page;
#pragma GCC unroll 58
    for (unsigned at = 320; at < PAGE_SIZE - 64; at += 64) __builtin_prefetch(bytes + at);
}

/* The child that `parent` keeps in `slot`. */
static inline const struct page *tree_child_page(struct pages *pages, const struct page *parent,
                                                 uint32_t slot) {
    const pgno no = node_child(parent, slot);
    const unsigned level = parent->level - 1u;
    const struct page *page = page_read(pages, no);
    if (unlikely(page == NULL)) return NULL;
    if (level == 0) leaf_prefetch(page);
    const unsigned type = (parent->type & ~1u) + (level == 0);
    if (unlikely(page->type != type || page->level != level)) return tree_misplaced(no);
    return page;
}

static inline struct page *path_page(const struct tree_cursor *c, int depth) {
    return (struct page *)c->path[depth].page;
}

/* Makes the pages of the path writable, and adds `delta` to what each branch counts on the path.
 * Without a delta, pages above an own leaf are left alone. */
int path_own(struct tree_cursor *c, int delta);
/* Every page of the path: those above an own leaf may have been spilled and must come back into
 * memory before path_edit changes them. */
int path_own_whole(struct tree_cursor *c);

/* A change of one page of the path: at slot `from`, `remove` slots go and `add` entries come. */
#define EDIT_ADD_MAX 2
struct edit {
    uint32_t from, remove, add;
    struct entry entries[EDIT_ADD_MAX];
    uint8_t keys[EDIT_ADD_MAX][KEY_INLINE_MAX + 4]; /* where the entries' keys lie */
};

/* Applies the edit to page path[depth], splitting and shifting up the path as it must. */
int path_edit(struct tree_cursor *c, int depth, struct edit *edit);
/* After entries went from page path[depth]: merges it or drops it when empty, and so upwards. */
int path_shrink(struct tree_cursor *c, int depth, bool *changed);
/* Whether path_shrink would do something at the leaf. */
bool path_needs_shrink(const struct tree_cursor *c);

#endif
