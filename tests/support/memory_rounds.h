/*
 * memory_rounds.h - a scenario with the n-th allocation failing, for every n: an error or the right answer, nothing
 * leaked, nothing harmed.
 */
#ifndef TESTS_SUPPORT_MEMORY_ROUNDS_H
#define TESTS_SUPPORT_MEMORY_ROUNDS_H

#include "libferrite/ferrite.h"

/* Calls functions of many kinds, all with the same err: the first failure stays in it. */
typedef void (*memory_scenario)(ferrite_db *db, ferrite_error **err);

/* Opens a database at path (NULL: in memory), runs the scenario, checks, writes and closes, again and again with
 * another allocation failing, until one round needs no more of them. Errors other than FERRITE_NOMEM,
 * FERRITE_ABORTED and those of `codes` (ends with 0) fail the test; so do fewer than `least` rounds. From round
 * `dense` on only each `stride`-th is run. */
struct memory_plan {
    memory_scenario scenario;
    const int *codes;
    long least, dense, stride;
};
void memory_rounds(const char *path, const struct memory_plan *plan);

#endif
