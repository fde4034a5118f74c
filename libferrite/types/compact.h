/*
 * compact.h - giving free space inside the file back to the file system.
 *
 * Called by db at close; inside it runs a write transaction of its own.
 */
#ifndef FERRITE_TYPES_COMPACT_H
#define FERRITE_TYPES_COMPACT_H

#include "../txn/txn.h"

/* Moves pages from the end of the file into free pages before it, when much of the file is free, and never more
 * pages than this process has written to the file: closing costs at most as much again as the writing did.
 * What was moved is durable afterwards; the file itself is cut by engine_close. FERRITE_OK also when there is nothing to do. */
int compact_before_close(struct engine *engine);

#endif
