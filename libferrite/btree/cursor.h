/*
 * cursor.h - what cursor.c and cursor_write.c share of a cursor's inside.
 * Used inside btree only. Thread rule: a cursor belongs to one thread.
 */
#ifndef FERRITE_BTREE_CURSOR_H
#define FERRITE_BTREE_CURSOR_H

#include "path.h"

/* From behind the last entry of a leaf, where a seek may leave it, to the next leaf's first. */
int cursor_settle_slow(struct tree_cursor *c);

static inline int cursor_settle(struct tree_cursor *c) {
    const int last = c->depth - 1;
    if (unlikely(!c->valid) || likely(c->path[last].slot < c->path[last].page->slots))
        return FERRITE_OK;
    return cursor_settle_slow(c);
}

/* Tells anew whether the place of the path has an entry. */
void cursor_revalidate(struct tree_cursor *c);

#endif
