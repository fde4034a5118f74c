/*
 * sort.h - SORT: the elements of a list, set or sorted set in order, or what patterns make of them.
 *
 * Threads: as the transaction.
 */
#ifndef FERRITE_TYPES_SORT_H
#define FERRITE_TYPES_SORT_H

#include "keyspace.h"
#include "slices.h"

int sort_list(struct keyspace *ks, ferrite_slice key, const ferrite_sort_options *options,
              struct slices *out);
/* The same, which becomes the list at `to`; nothing deletes the key. */
int sort_store(struct keyspace *ks, ferrite_slice key, const ferrite_sort_options *options,
               ferrite_slice to, uint64_t *count);

#endif
