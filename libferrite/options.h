/*
 * options.h - the user's ferrite_options, checked and completed from the environment.
 *
 * Called by db.c at open. Any thread.
 */
#ifndef FERRITE_OPTIONS_H
#define FERRITE_OPTIONS_H

#include "txn/txn.h"

/* Turns options (NULL: all defaults; of this or an earlier version of the header, told by
 * struct_size) into `out` in today's shape, FERRITE_SYNC_MODE of the environment applied where the
 * mode is the default. FERRITE_INVALID. */
int options_resolve(const ferrite_options *options, ferrite_options *out);

/* What the engine needs of resolved options; os, path and apply are left to the caller. */
void options_configure(const ferrite_options *resolved, struct engine_config *out);

#endif
