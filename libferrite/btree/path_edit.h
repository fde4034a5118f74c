/*
 * path_edit.h - what path_edit.c and path_shift.c share.
 * Used inside btree only. Thread rule: as the transaction.
 */
#ifndef FERRITE_BTREE_PATH_EDIT_H
#define FERRITE_BTREE_PATH_EDIT_H

#include "path.h"
#include "spread.h"

/* Appends the page's slots from `first` on, with the edit's entries among them. */
void edit_gather(struct spread *spread, const struct page *page, uint32_t first,
                 const struct edit *edit);

/* Makes *edit's first entry the one that the parent needs for `right`: with the key that parts it
 * from `left`. For branches that is the key of the spread's item `cut`. */
int edit_separator(struct tree_cursor *c, const struct spread *spread, uint32_t cut,
                   const struct page *left, const struct page *right, struct edit *edit);

/* Evens page path[depth] and a sibling out, the edit's entry included; *edit becomes what the
 * parent has to do. *done is false, and nothing changed, when no sibling has room. */
int page_shift(struct tree_cursor *c, int depth, struct edit *edit, bool *done);

#endif
