/*
 * expire.h - expiry as users know it: setting, asking and removing the moment when a key goes.
 *
 * Called by db_expire.c and the types. Moments are ms since the epoch. A key is gone for every
 * reader from the first millisecond after its moment on, whatever is still stored; expire_cycle
 * gives the space back. Errors before a change are argument errors; later ones mark the transaction
 * (mutate.h). Threads: as the transaction.
 */
#ifndef FERRITE_TYPES_EXPIRE_H
#define FERRITE_TYPES_EXPIRE_H

#include "keyspace.h"

/* A moment already past deletes the key. flags: FERRITE_EXPIRE_*. *done: the key was there and the
 * condition held. On a batch only without flags; *done is then false. */
int expire_set(struct keyspace *ks, ferrite_slice key, int64_t at_ms, uint32_t flags, bool *done);

/* *done: the key was there and had an expiry. On a batch *done is false. */
int expire_persist(struct keyspace *ks, ferrite_slice key, bool *done);

enum { EXPIRE_ABSENT = -2, EXPIRE_NEVER = -1 };

/* The moment, or one of the two above. */
int expire_get(struct keyspace *ks, ferrite_slice key, int64_t *at_ms);

/* The value of a string, whose expiry becomes at_ms (0: none). *value NULL: there is none. */
int expire_get_string(struct keyspace *ks, ferrite_slice key, int64_t at_ms, char **value,
                      size_t *len);

/* For a key just made by an effect that knows no expiry (append, first element of a collection):
 * gives it the database's default one, if there is one. Its entry has been closed. */
int expire_new_key(struct keyspace *ks, const void *key, size_t key_len);

/* Deletes up to `limit` keys whose time has passed, the oldest first. O(log n) for each, and next
 * to nothing when there is none. Holds nothing of an earlier operation; needs no txn_operation. */
int expire_cycle(struct keyspace *ks, uint64_t limit, uint64_t *removed);

#endif
