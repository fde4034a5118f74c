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

struct versions {
    struct version *oldest, *head;
    _Atomic(struct version *) published;
    _Atomic uint64_t published_txid;
    struct version *pool;
    uint32_t databases;
};

/* A version with the roots of `from` (NULL: no trees), linked nowhere yet. NULL without memory. */
struct version *version_new(struct versions *versions, const struct version *from);
void version_drop(struct versions *versions, struct version *version);

/* Makes it the head. Under the writer lock. */
void version_link(struct versions *versions, struct version *version);
/* Lets readers see it. */
void version_publish(struct versions *versions, struct version *version);
/* Recycles versions that no reader (oldest: see readers_oldest) can hold. Under the writer lock. */
void versions_reclaim(struct versions *versions, uint64_t oldest);
void versions_done(struct versions *versions);

#endif
