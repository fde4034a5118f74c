/*
 * keyrun.h - keys too long to lie in a page whole: their runs, and the separators between keys.
 * Used inside btree only. Thread rule: as the transaction.
 */
#ifndef FERRITE_BTREE_KEYRUN_H
#define FERRITE_BTREE_KEYRUN_H

#include "node.h"

/* Stores a long key in a run of its own. */
int keyrun_new(struct pages *pages, uint16_t tag, const uint8_t *key, uint32_t len, pgno *out);
/* Frees the run of a slot's key, if it has one. */
int keyrun_free_slot(struct pages *pages, const struct page *page, uint32_t slot);

/* The shortest key that is greater than the last of leaf `left` and not greater than the first of
 * leaf `right`: its bytes go to `key` (KEY_INLINE_MAX + 4 bytes), length and run to *entry. */
int separator_make(struct pages *pages, uint16_t tag, const struct page *left,
                   const struct page *right, uint8_t *key, struct entry *entry);

#endif
