/*
 * hash.h - the hash type: what HSET, HGET, HEXPIRE and their kin do to a keyspace.
 *
 * Packed, a hash has two items for each field, in the order of the fields: the field, the value. When
 * some field expires (RECORD_FIELDS_EXPIRE) there are three: the third is the moment (i64, ms since
 * the epoch, little endian), or empty. In a tree the field leads to
 *
 *   0    u8   flags. 1: the field expires; 2: its value is compressed
 *   1    i64  the moment, only with flag 1
 *   1|9       the value as value.h says, perhaps spilled
 *
 * and tree 1 has (moment, field) of each field that expires, as expiry.h says.
 *
 * A field past its moment is absent for every reader; writers overwrite it, and hash_purge removes
 * it. Functions do all they say or fail: with an argument error before anything changed, else with
 * the transaction marked (mutate.h). Threads: as the transaction.
 */
#ifndef FERRITE_TYPES_HASH_H
#define FERRITE_TYPES_HASH_H

#include "collection.h"
#include "sample.h"
#include "scan.h"
#include "slices.h"


extern const struct collection_kind hash_kind;

/* What an effect on a field says, done again; on a batch, collected. */
int hash_apply(struct keyspace *ks, const struct effect *effect);

/* ---- reading ---- */

/* *value NULL when there is none. */
int hash_get(struct keyspace *ks, ferrite_slice key, ferrite_slice field, char **value,
             size_t *len);
/* A slice for each field, nil where there is none. */
int hash_get_many(struct keyspace *ks, ferrite_slice key, const ferrite_slice *fields,
                  size_t count, struct slices *out);
/* The value as it lies in the pages. FERRITE_LIMIT when it lies in pieces. */
int hash_view(struct keyspace *ks, ferrite_slice key, ferrite_slice field, ferrite_slice *value,
              bool *there);
int hash_len(struct keyspace *ks, ferrite_slice key, uint64_t *count);
/* *there tells a field with an empty value from none. */
int hash_value_len(struct keyspace *ks, ferrite_slice key, ferrite_slice field, uint64_t *len,
                   bool *there);

enum { HASH_FIELDS = 1, HASH_VALUES = 2 };
/* All fields, values, or both in turn, in the order of the fields. */
int hash_list(struct keyspace *ks, ferrite_slice key, unsigned what, struct slices *out);
/* count > 0: so many different fields (or all); < 0: -count fields, any one any number of times. */
int hash_random(struct keyspace *ks, ferrite_slice key, int64_t count, unsigned what,
                struct slices *out);
/* Fields and values in turn. */
int hash_scan(struct keyspace *ks, struct element_scan *scan, struct slices *out);
/* True when the record's fields have all expired. */
bool hash_all_expired(struct keyspace *ks, const struct record *record);

/* ---- writing ---- */

/* pairs: field, value, field, value…; count of both. Also on a batch, where *added is 0. */
int hash_put(struct keyspace *ks, ferrite_slice key, const ferrite_slice *pairs, size_t count,
             uint64_t *added);
int hash_put_new(struct keyspace *ks, ferrite_slice key, ferrite_slice field, ferrite_slice value,
                 bool *done);
/* Also on a batch, where *deleted is 0. */
int hash_delete(struct keyspace *ks, ferrite_slice key, const ferrite_slice *fields, size_t count,
                uint64_t *deleted);
int hash_add_int(struct keyspace *ks, ferrite_slice key, ferrite_slice field, int64_t increment,
                 int64_t *result);
int hash_add_float(struct keyspace *ks, ferrite_slice key, ferrite_slice field,
                   long double increment, char **value, size_t *len);

/* ---- fields that expire (hash_expire.c) ---- */

/* results[i]: FERRITE_FIELD_*. flags: FERRITE_EXPIRE_*. A moment in the past deletes the field. */
int hash_expire(struct keyspace *ks, ferrite_slice key, int64_t at_ms, uint32_t flags,
                const ferrite_slice *fields, size_t count, int64_t *results);
int hash_persist(struct keyspace *ks, ferrite_slice key, const ferrite_slice *fields, size_t count,
                 int64_t *results);
/* The moments, or -2: no such field, -1: it does not expire. */
int hash_expiry(struct keyspace *ks, ferrite_slice key, const ferrite_slice *fields, size_t count,
                int64_t *results);
/* Removes up to `limit` fields past their moment; the key with the last one. Not on a batch. */
int hash_purge(struct keyspace *ks, ferrite_slice key, uint32_t limit);

#endif
