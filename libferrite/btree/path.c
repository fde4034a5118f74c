/*
 * path.c - making a cursor's path writable; see path.h.
 */
#include "path.h"

const struct page *tree_misplaced(pgno no) {
    error_set(FERRITE_CORRUPT, "page %u: not the kind of page its parent expects", no);
    return NULL;
}

static int below_adjust(struct page *page, uint32_t slot, int delta) {
    uint64_t below = node_below(page, slot);
    if (delta < 0 && below == 0)
        return error_set(FERRITE_CORRUPT, "page %u: wrong entry count", page->pgno);
    node_set_below(page, slot, below + (uint64_t)(int64_t)delta);
    return FERRITE_OK;
}

/* Whether the page is still what the descent met at this depth. In a damaged file one page may hang in two places: then
 * the one of the path can have been freed by way of the other, and hold anything by now (E6). */
static inline bool path_intact(const struct page *page, unsigned type, unsigned level, uint32_t slot,
                               int delta) {
    return page->type == type && page->level == level &&
           slot < page->slots + (level == 0 && delta > 0 ? 1u : 0u);
}

static int path_own_from(struct tree_cursor *c, const int first, int delta) {
    const int last = c->depth - 1;
    const unsigned branch = tree_page_type(c->tree, 1);
    for (int d = first; d <= last; d++) {
        const unsigned level = (unsigned)(last - d);
        const pgno no = c->path[d].page->pgno;
        struct page *page;
        int rc = page_write(c->pages, c->path[d].page, &page);
        if (unlikely(rc != FERRITE_OK)) return rc;
        if (page->pgno == no) { /* in place: nobody has looked whether it is still in use */
            if (unlikely(!path_intact(page, branch + (level == 0), level, c->path[d].slot, delta)))
                return error_set(FERRITE_CORRUPT, "page %u: linked twice", no);
        } else {
            if (d == 0)
                c->tree->root = page->pgno;
            else if (d == first)
                return error_set(FERRITE_CORRUPT, "page %u: born in the future", no);
            else
                node_set_child(path_page(c, d - 1), c->path[d - 1].slot, page->pgno);
        }
        c->path[d].page = page;
        if (delta != 0 && d < last) {
            rc = below_adjust(page, c->path[d].slot, delta);
            if (unlikely(rc != FERRITE_OK)) return rc;
        }
    }
    return FERRITE_OK;
}

int path_own(struct tree_cursor *c, int delta) {
    const int last = c->depth - 1;
    const bool own = c->path[last].page->birth == c->pages->txid;
    return path_own_from(c, delta == 0 && own ? last : 0, delta);
}

int path_own_whole(struct tree_cursor *c) { return path_own_from(c, 0, 0); }
