/*
 * transfer.h - copying everything that one transaction sees into another database.
 *
 * For backup, save and load. Records, elements and entries by time are copied as they are stored, page after page in
 * their order; nothing is interpreted but what refers to other pages. What waits to be freed is left behind.
 *
 * Thread rule: as the two transactions.
 */
#ifndef FERRITE_TYPES_TRANSFER_H
#define FERRITE_TYPES_TRANSFER_H

#include "../txn/txn.h"

struct transfer_watch {
    void *ctx;
    int (*progress)(void *ctx, uint64_t done, uint64_t total); /* pages; nonzero stops: FERRITE_ABORTED */
};

/* `to` is a write transaction on an empty database with at least as many logical databases as `from` has in use
 * (else FERRITE_INVALID); it then is to be committed, by checkpoint, or after any failure rolled back. */
int transfer_all(struct txn *from, struct txn *to, const struct transfer_watch *watch);

#endif
