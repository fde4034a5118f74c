/*
 * string.h - the string type: what GET, SET, INCR, APPEND and their kin do to a keyspace.
 *
 * Called by db_string.c between the beginning and the end of an operation. Each function either
 * does all it says or fails: with an argument error before anything changed, else with the
 * transaction marked (mutate.h). Results handed out are blocks of mem_alloc with a NUL behind their
 * bytes. Keys and values have been checked against their limits. Threads: as the transaction.
 */
#ifndef FERRITE_TYPES_STRING_H
#define FERRITE_TYPES_STRING_H

#include "keyspace.h"

/* The message that Redis gives for strings over its limit, as FERRITE_LIMIT. */
int string_too_long(void);

/* The record of a string. FERRITE_NOTFOUND (no text), FERRITE_WRONGTYPE. */
int string_find(struct keyspace *ks, ferrite_slice key, struct record *out);
/* Its bytes; FERRITE_CORRUPT for more than the file could hold. */
int string_size(struct keyspace *ks, const struct record *record, uint64_t *len);
/* A copy of bytes [from, from + len) of the string, which has them. */
int string_copy(struct keyspace *ks, const struct record *record, uint64_t from, uint64_t len,
                char **out);
int string_copy_to(struct keyspace *ks, const struct record *record, uint64_t from, uint64_t len,
                   char *out);

/* *value NULL when there is none. */
int string_get(struct keyspace *ks, ferrite_slice key, char **value, size_t *len);
int string_get_delete(struct keyspace *ks, ferrite_slice key, char **value, size_t *len);
int string_get_range(struct keyspace *ks, ferrite_slice key, int64_t start, int64_t end,
                     char **value, size_t *len);
int string_len(struct keyspace *ks, ferrite_slice key, uint64_t *len);

int string_set(struct keyspace *ks, ferrite_slice key, ferrite_slice value); /* also on a batch */

struct string_set {
    uint32_t flags; /* FERRITE_SET_* */
    int64_t expire_at_ms;
    bool done; /* out: the value was set */
    char *old; /* out, with FERRITE_SET_GET */
    size_t old_len;
};
int string_set_with(struct keyspace *ks, ferrite_slice key, ferrite_slice value,
                    struct string_set *set);

/* pairs: key, value, key, value…; count of both. Also on a batch. */
int string_set_many(struct keyspace *ks, const ferrite_slice *pairs, size_t count);
int string_set_many_new(struct keyspace *ks, const ferrite_slice *pairs, size_t count, bool *done);

int string_add_int(struct keyspace *ks, ferrite_slice key, int64_t increment, int64_t *result);
/* *value and *len: the new text. */
int string_add_float(struct keyspace *ks, ferrite_slice key, long double increment, char **value,
                     size_t *len);

int string_append(struct keyspace *ks, ferrite_slice key, ferrite_slice data, uint64_t *len);
int string_set_range(struct keyspace *ks, ferrite_slice key, int64_t offset, ferrite_slice data,
                     uint64_t *len);

#endif
