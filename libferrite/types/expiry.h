/*
 * expiry.h - the time-ordered tree of a logical database: which key expires when.
 *
 * Entry: 8 bytes of time (big endian, sign bit flipped, so that memcmp orders by time), then the
 * user's key; no value. There is one for each record of which something expires (record_wake),
 * kept by mutate.c and collection.c. A large hash of which fields expire has such a tree of its
 * own, with the fields.
 * Threads: as the transaction.
 */
#ifndef FERRITE_TYPES_EXPIRY_H
#define FERRITE_TYPES_EXPIRY_H

#include "../txn/txn.h"

#define EXPIRY_TIME_LEN 8u
static_assert(EXPIRY_TIME_LEN + FERRITE_KEY_MAX <= TREE_KEY_MAX, "any key and any field can expire");

/* ---- any such tree ---- */

/* The moment that an entry's key begins with. */
int64_t timed_moment(const uint8_t *bytes);
int timed_add(struct pages *pages, struct tree *tree, int64_t time_ms, const void *key,
              size_t key_len);
/* FERRITE_CORRUPT when the entry is missing. */
int timed_remove(struct pages *pages, struct tree *tree, int64_t time_ms, const void *key,
                 size_t key_len);
/* How many entries are earlier. O(log n). */
int timed_count_before(struct pages *pages, struct tree *tree, int64_t time_ms, uint64_t *count);
/* The first entry: its time (INT64_MAX: there is none) and, unless key is NULL, a copy of its key
 * for mem_free (NULL: none). */
int timed_first(struct pages *pages, struct tree *tree, int64_t *time_ms, uint8_t **key,
                size_t *key_len);

/* ---- a database's ---- */

int expiry_add(struct txn *txn, uint32_t db, int64_t time_ms, const void *key, size_t key_len);
/* FERRITE_CORRUPT when the entry is missing. */
int expiry_remove(struct txn *txn, uint32_t db, int64_t time_ms, const void *key, size_t key_len);
/* True when the entry is there, for check. */
int expiry_has(struct txn *txn, uint32_t db, int64_t time_ms, const void *key, size_t key_len,
               bool *has);
/* The key that expires first, if that was before now_ms: a copy of it, for mem_free; NULL: none. */
int expiry_first(struct txn *txn, uint32_t db, int64_t now_ms, int64_t *time_ms, uint8_t **key,
                 size_t *key_len);

/* How long, on average, what is in the tree still has from now_ms on, in ms, by a sample of it; 0 when
 * it is empty. O(log n). */
int expiry_mean_life(struct txn *txn, uint32_t db, int64_t now_ms, int64_t *mean_ms);

#endif
