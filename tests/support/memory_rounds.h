/*
 * memory_rounds.h - the n-th allocation fails: once, or for every n of a scenario, where each time an error or the
 * right answer must come, nothing may leak, and nothing be harmed.
 */
#ifndef TESTS_SUPPORT_MEMORY_ROUNDS_H
#define TESTS_SUPPORT_MEMORY_ROUNDS_H

#include <stdbool.h>

#include "libferrite/ferrite.h"

/* From now on the n-th allocation fails, the first one being 0; all others succeed. */
void memory_fail(long n);
/* No allocation fails any more. Was there an n-th one? */
bool memory_failed(void);

/* Calls functions of many kinds, all with the same err: the first failure stays in it. */
typedef void (*memory_scenario)(ferrite_db *db, ferrite_error **err);

/* Opens a database at path (NULL: in memory), runs the scenario, checks, writes and closes, again and again with
 * another allocation failing, until one round needs no more of them. Errors other than FERRITE_NOMEM,
 * FERRITE_ABORTED and those of `codes` (ends with 0) fail the test; so do fewer than `least` rounds. From round
 * `dense` on only each `stride`-th is run. `bounds` NULL: the scenario's database has none. */
struct memory_plan {
    memory_scenario scenario;
    const int *codes;
    long least, dense, stride;
    void (*bounds)(ferrite_options *options);
};
void memory_rounds(const char *path, const struct memory_plan *plan);
/* The same in a file of its own, which is sound when opened again at the end. */
void memory_rounds_in_a_file(const struct memory_plan *plan);

/* Parts of a scenario, in a transaction that is committed; `parts` ends with NULL. */
typedef void (*memory_part)(ferrite_db *db, const char *key, size_t key_len, ferrite_error **err);
void memory_in_transaction(ferrite_db *db, const memory_part *parts, const char *key,
                           ferrite_error **err);

#endif
