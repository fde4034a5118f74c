/*
 * selection.h - the lists of names that options such as --work and --engines take.
 * Called by the mains. A pure function; any thread.
 */
#ifndef BENCH_SELECTION_H
#define BENCH_SELECTION_H

#include <stdbool.h>

/* Whether `name` is in the comma separated list. NULL, the option left out, has all. */
bool selection_has(const char *list, const char *name);

#endif
