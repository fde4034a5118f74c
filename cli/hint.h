/*
 * hint.h - which arguments may follow what has been typed, and which words may complete it.
 */
#ifndef CLI_HINT_H
#define CLI_HINT_H

#include "edit.h"
#include "target.h"

/* For edit_hooks; ctx is the struct target. */
void hint_line(void *ctx, const char *line, size_t len, char *out, size_t cap);
void complete_line(void *ctx, const char *line, size_t cursor, struct candidates *out);

/* The part of an argument syntax that is left after `given` arguments. */
const char *hint_after(const char *arguments, int given);

#endif
