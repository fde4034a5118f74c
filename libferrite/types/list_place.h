/*
 * list_place.h - the elements of an opened list, one by one, and the changes at an index. Used by the
 * files of the list type and by its iterator.
 *
 * Packed or in a tree is hidden here. Threads: as the transaction.
 */
#ifndef FERRITE_TYPES_LIST_PLACE_H
#define FERRITE_TYPES_LIST_PLACE_H

#include "collection.h"
#include "list.h"

extern const struct collection_kind list_kind;

/* More elements or bytes than this in one go let the transaction breathe (collection_pause). */
#define LIST_STEP       1024u
#define LIST_STEP_BYTES (1u << 20)

int list_count(const struct collection *c, uint64_t *count);

/* An index of Redis as one from the start. False when it lies outside. */
static inline bool list_index_resolve(int64_t index, uint64_t count, uint64_t *out) {
    *out = index < 0 ? (uint64_t)index + count : (uint64_t)index;
    return index < 0 ? 0 - (uint64_t)index <= count : *out < count;
}

/* ---- reading ---- */

/* A place in a list; it holds until the list is changed. */
struct list_place {
    const struct collection *c;
    uint64_t index, count;
    bool valid; /* on an element */
    struct tree_cursor cursor;
    uint16_t offset[RECORD_INLINE_MAX]; /* packed: where each element lies */
};

/* To be ended with list_place_done in any case. An index at or beyond the end is not valid. */
int list_place_begin(struct list_place *place, const struct collection *c, uint64_t index);
int list_place_step(struct list_place *place, bool forward);
/* What value.h is for. */
int list_place_element(struct list_place *place, struct tree_value *out);
void list_place_done(struct list_place *place);

/* From the place on to the first element that equals, looking at up to *left elements, from which
 * those it looked at go; not valid when there is none. */
int list_place_find(struct list_place *place, bool forward, ferrite_slice element, uint64_t *left);

int list_element_copy(const struct collection *c, uint64_t index, char **element, size_t *len);
int list_slices_add(struct pages *pages, const struct tree_value *value, struct slices *out);

/* Copies of `count` elements, there being so many, from an index on in either direction. */
int list_collect(struct collection *c, uint64_t from, uint64_t count, bool forward,
                 struct slices *out);

/* Redis's range: inclusive, negative from the end, cut to the list. *count 0: nothing. */
void list_range_resolve(int64_t start, int64_t stop, uint64_t len, uint64_t *from, uint64_t *count);

/* ---- changing, each with its effect; the index has been checked ---- */

int list_put_in(struct collection *c, uint64_t index, ferrite_slice element);
int list_take_out(struct collection *c, uint64_t index, uint64_t count);
int list_put_over(struct collection *c, uint64_t index, ferrite_slice element);

/* Any number of them, in steps; all of them as the deletion of the key. */
int list_drop(struct collection *c, uint64_t index, uint64_t count);

#endif
