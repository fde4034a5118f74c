/*
 * zset_form_internal.h - pairs where they are stored, for zset_form.c and zset_walk.c. Not for others.
 */
#ifndef FERRITE_TYPES_ZSET_FORM_INTERNAL_H
#define FERRITE_TYPES_ZSET_FORM_INTERNAL_H

#include "zset_form.h"

int zset_damaged(void); /* FERRITE_CORRUPT */

/* Packed: the item of the pair at an offset. */
int zset_pair_read(const struct collection *c, uint32_t at, struct packed_item *item);
/* Trees: the pair under the cursor, valid until the cursor moves. */
int zset_pair_at(struct tree_cursor *cursor, double *score, ferrite_slice *member);

#endif
