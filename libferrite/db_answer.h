/*
 * db_answer.h - how functions of ferrite.h that answer with a block end: the block to the caller, or the error.
 * Called by db*.c. Any thread, each with its own answer.
 */
#ifndef FERRITE_DB_ANSWER_H
#define FERRITE_DB_ANSWER_H

#include "error.h"
#include "types/slices.h"

/* A block, which goes when `code` is a failure; or nil. */
char *block_answer(int code, char *block, size_t block_len, size_t *len, ferrite_error **err);
/* An array. The list is cleared. `count` may be NULL. */
ferrite_slice *slices_answer(int code, struct slices *list, size_t *count, ferrite_error **err);

#endif
