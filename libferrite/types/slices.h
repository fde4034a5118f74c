/*
 * slices.h - a growing list of byte strings that ends as one block: the shape of array results.
 *
 * The block is the ferrite_slice array, then the bytes, each string with a NUL behind it. One
 * thread at a time.
 */
#ifndef FERRITE_TYPES_SLICES_H
#define FERRITE_TYPES_SLICES_H

#include "../ferrite.h"

struct slices {
    struct slice_place *places;
    size_t count, places_cap;
    char *bytes;
    size_t len, cap;
};

/* Adds room for a string of len bytes; *out is where to write it, until the next call. */
int slices_reserve(struct slices *list, size_t len, char **out);
int slices_add(struct slices *list, const void *data, size_t len);
int slices_add_nil(struct slices *list);
/* The block, never NULL on success, freed by ferrite_free. The list is cleared either way. */
int slices_finish(struct slices *list, ferrite_slice **out, size_t *count);
void slices_clear(struct slices *list);

#endif
