/*
 * version.h - committed states of the database, oldest to newest in a list.
 *
 *     oldest … -> published -> … -> head
 *
 * Readers see `published`. Writers build on `head`; the two differ while commits wait for
 * their fsync. A version goes back to the pool when it is older than every reader.
 */
#ifndef FERRITE_VERSION_H
#define FERRITE_VERSION_H

#include <stdatomic.h>

#include "../wal/wal.h"
#include "txn.h"

struct version {
    uint64_t txid;
    struct wal_position position; /* the log after this version's commit */
    _Atomic(struct version *) newer;
    struct roots roots;
};

/* What readers look at all the time stands apart from what each commit changes: lines of the cache
 * that two processors write by turns cost more than the rest of a small commit. */
struct versions {
    uint32_t databases;
    char apart[60];
    _Atomic(struct version *) published;
    _Atomic uint64_t published_txid;
    char apart_too[112];
    struct version *oldest, *head;
    struct version *pool;
};

/* A version with the roots of `from` (NULL: no trees), linked nowhere yet. NULL without memory. */
struct version *version_new(struct versions *versions, const struct version *from);
void version_drop(struct versions *versions, struct version *version);

/* Makes it the head. Under the writer lock. */
void version_link(struct versions *versions, struct version *version);
/* Lets readers see it. */
void version_publish(struct versions *versions, struct version *version);
/* Recycles versions that no reader (oldest: horizon.oldest_attached) can hold. Under the writer lock. */
void versions_reclaim(struct versions *versions, uint64_t oldest);
void versions_done(struct versions *versions);

#endif
