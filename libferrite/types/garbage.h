/*
 * garbage.h - the list of trees that nobody looks at any more, and giving their pages back in steps.
 *
 * Deleting a key, overwriting it or emptying a database does not free a large tree: it puts its root on
 * the list, a positional tree of roots (txn->roots->garbage), which costs the same however large the tree
 * is. The engine then calls garbage_step again and again (txn/tidy.c). What hangs on the values of a tree is
 * told by the tag of its root:
 *
 *   TAG_KEYS        records: their blobs and trees, the large ones by way of the list
 *   TAG_BLOB        runs
 *   TAG_COLLECTION  long elements: blobs
 *   TAG_EXPIRY      nothing
 *
 * A tree partly freed goes back to the list as what remains of it, a valid tree. The list is no
 * effect and in no log: a replayed deletion puts the trees there again. Pages of listed trees are in use,
 * for all accounting, until they are freed.
 *
 * Called by the types and by the engine (as its txn_tidy_fn). Threads: as the transaction.
 */
#ifndef FERRITE_TYPES_GARBAGE_H
#define FERRITE_TYPES_GARBAGE_H

#include "../btree/blob.h"
#include "../txn/txn.h"

struct record;

/* Each frees what is small at once and lists what is large, in bounded time. FERRITE_CORRUPT, _FULL, _NOMEM. */
int garbage_tree(struct txn *txn, const struct tree *tree);
int garbage_blob(struct txn *txn, const struct blob *blob);
/* What hangs on a record, the entry by time excepted. */
int garbage_record(struct txn *txn, const struct record *record);
/* The blob of a spilled value in a collection's tree; other values need nothing. */
int garbage_value(struct txn *txn, const struct tree_value *value);

/* Frees about `pages` pages of the listed trees, the last listed first. The caller has no cursor open and sees to
 * txn_operation; room for the step's own few pages is taken from the reserve. After a failure the
 * transaction is to be rolled back. */
int garbage_step(struct txn *txn, uint64_t pages);

/* Tells the pages of the list, of the trees on it and of what hangs on these to the visitor, and damage; for check
 * and recover. */
int garbage_walk(struct pages *pages, const struct tree *list, const struct tree_visitor *visitor);

#endif
