/*
 * keys.h - what can be done to a key of any type, and to a logical database as a whole.
 *
 * Called by db_keys.c. Errors before a change are argument errors; later ones mark the transaction
 * (mutate.h). Threads: as the transaction.
 */
#ifndef FERRITE_TYPES_KEYS_H
#define FERRITE_TYPES_KEYS_H

#include "keyspace.h"

/* How many there are. touch: counts as a use of each. */
int keys_exists(struct keyspace *ks, const ferrite_slice *keys, size_t count, bool touch,
                uint64_t *found);
int keys_delete(struct keyspace *ks, const ferrite_slice *keys, size_t count, uint64_t *deleted);
int keys_type(struct keyspace *ks, ferrite_slice key, int *type); /* FERRITE_TYPE_NONE: absent */

/* FERRITE_NOTFOUND "ERR no such key". only_new: does nothing when new_key is there. */
int keys_rename(struct keyspace *ks, ferrite_slice key, ferrite_slice new_key, bool only_new,
                bool *done);

struct keys_copy {
    uint32_t to_db;
    bool replace; /* what is at the destination */
    bool move;    /* the source goes */
    bool done;    /* out */
};
int keys_copy(struct keyspace *ks, ferrite_slice key, ferrite_slice new_key,
              struct keys_copy *copy);

/* A copy of a random key, NULL when the database is empty. */
int keys_random(struct keyspace *ks, char **key, size_t *len);

#endif
