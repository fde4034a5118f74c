/*
 * measure.h - how a key is stored, and how much space it takes: OBJECT ENCODING, MEMORY USAGE.
 *
 * Threads: as the transaction.
 */
#ifndef FERRITE_TYPES_MEASURE_H
#define FERRITE_TYPES_MEASURE_H

#include "keyspace.h"

/* Redis's name for the form, a constant; NULL: there is no such key. */
int key_encoding(struct keyspace *ks, ferrite_slice key, const char **name);
/* Bytes of the key, its record, and of the pages that hang on it. O(pages). */
int key_usage(struct keyspace *ks, ferrite_slice key, uint64_t *bytes, bool *there);

#endif
