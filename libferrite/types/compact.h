/*
 * compact.h - giving free space inside the file back to the file system.
 *
 * Pages from the end of the file are moved to free ones before it, in pieces: each is one short write
 * transaction, with a bounded number of pages looked at and moved, and without input or output of its own. Readers
 * notice nothing, writers wait for one piece at most. Then a checkpoint makes the moves durable, another one sets the
 * old places free, and the file is cut. E8: nothing of it makes the file longer.
 *
 * Called by db, with no transaction of the calling thread open. Any thread; two at a time do no harm.
 */
#ifndef FERRITE_TYPES_COMPACT_H
#define FERRITE_TYPES_COMPACT_H

#include "../txn/txn.h"

struct compact_watch {
    void *ctx;
    /* Told after each piece, in pages looked through of about `total`; nonzero stops: FERRITE_ABORTED. May be NULL. */
    int (*progress)(void *ctx, uint64_t done, uint64_t total);
};

/* Round after round, as long as that gains anything. *reclaimed: bytes that the file is shorter. */
int compact_run(struct engine *engine, const struct compact_watch *watch, uint64_t *reclaimed);

/* At the close: when much of the file is free, and never more work than this process did since it opened the file: so
 * many pages as it has written are moved at most, and a few times as many looked at. What was moved is durable
 * afterwards; the file itself is cut by engine_close. FERRITE_OK also when there is nothing to do. */
int compact_before_close(struct engine *engine);

#endif
