/*
 * mutate.h - the changes that a database can undergo: one function an effect.
 *
 * Each changes the trees of the keyspace's transaction and logs the effect; on a batch it only
 * collects the effect. They know no clock and no user-visible rule: recovery and batches come here
 * with the effects that the types once caused, through mutate_apply. Any failure after a tree was
 * touched leaves the transaction fit for rollback alone (txn_fail has been called).
 *
 * Data given must not lie in pages of the same transaction, except where said. Called by the
 * types. Threads: as the transaction.
 */
#ifndef FERRITE_TYPES_MUTATE_H
#define FERRITE_TYPES_MUTATE_H

#include "keyspace.h"

/* What a put stores: `head` holds the type and perhaps RECORD_EXPIRES; RECORD_COMPRESSED when the data
 * is a compressed form already. Strings are compressed here, if the keyspace can (compress.h). */
struct content {
    uint8_t head;
    int64_t expire_ms;
    ferrite_slice data; /* the payload, of any length up to BLOB_MAX */
};

/* Stores a record in place of what the entry holds. The entry exists afterwards, its `record` is
 * stale. */
int mutate_put(struct keyspace *ks, struct entry *entry, const struct content *content);
/* The same without having looked: also on a batch. */
int mutate_put_blind(struct keyspace *ks, const void *key, size_t key_len,
                     const struct content *content);

/* The entry exists; afterwards it does not, and must be closed. */
int mutate_delete(struct keyspace *ks, struct entry *entry);
/* Also on a batch, where *deleted is false; deleting what is not there changes nothing. */
int mutate_delete_blind(struct keyspace *ks, const void *key, size_t key_len, bool *deleted);

/* Writes bytes into the string of the entry at offset, extending it, keeping its expiry. The
 * entry holds a string or nothing; the end must not pass BLOB_MAX. A compressed string is stored as it
 * is from then on. */
int mutate_write(struct keyspace *ks, struct entry *entry, uint64_t offset, ferrite_slice data);

/* Gives the existing entry another moment to go, 0: none. Its `record` is stale afterwards. */
int mutate_expire(struct keyspace *ks, struct entry *entry, int64_t at_ms);
/* The same without having looked: also on a batch; without the key nothing changes. */
int mutate_expire_blind(struct keyspace *ks, const void *key, size_t key_len, int64_t at_ms);

/* The existing entry gets another database and key; what was there is replaced. Not onto itself. */
int mutate_move(struct keyspace *ks, struct entry *entry, uint32_t to_db, ferrite_slice new_key);
int mutate_copy(struct keyspace *ks, struct entry *entry, uint32_t to_db, ferrite_slice new_key);

int mutate_flush(struct keyspace *ks);     /* empties the keyspace's logical database */
int mutate_flush_all(struct keyspace *ks); /* empties all of them */
int mutate_swap(struct keyspace *ks, uint32_t other_db);

/* Does what a stream of effects says: the apply function of the engine, and of batches.
 * FERRITE_CORRUPT for effects that cannot follow from the database's state, FERRITE_WRONGTYPE for those on
 * elements of another type. `like`: a keyspace whose clock, default expiry and compressor count, so that
 * what has expired is not added to; NULL in recovery, where the effects say all. */
int mutate_apply(void *like, struct txn *txn, const uint8_t *effects, size_t len);

#endif
