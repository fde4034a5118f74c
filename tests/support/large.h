/*
 * large.h - what tests of dropping large things share: those things, and watching their pages come back in steps.
 *
 * The suite's init and fini are large_begin and large_end. One thread.
 */
#ifndef TESTS_SUPPORT_LARGE_H
#define TESTS_SUPPORT_LARGE_H

#include "api.h"

#define LARGE_STEP         300  /* pages that may come back beside one write */
#define LARGE_STEP_OF_RUNS 6000 /* of long values: those that one page of references lists */

struct large {
    struct bed bed;
    uint64_t step;        /* the present one of these */
    char value[60000000]; /* of one letter */
};
extern struct large large;
void large_begin(void);
void large_end(void);

ferrite_db *large_open(const char *path, bool threads);
uint64_t large_used_pages(ferrite_db *db);

/* A collection of each kind. */
#define LARGE_KINDS   4
#define LARGE_MEMBERS 60000 /* of the set and the sorted set */
extern void (*const large_add[LARGE_KINDS])(ferrite_db *db, const char *key);
void large_add_hash(ferrite_db *db, const char *key);
void large_add_list(ferrite_db *db, const char *key);
void large_add_all(ferrite_db *db); /* in one transaction, at "a", "b", … */

/* Small writes until nothing is given back any more; how many there were. */
unsigned large_write_until_tidy(ferrite_db *db);
/* Since there were `before` pages at least so many were dropped: they come back, but not at once. */
void large_expect_steps(ferrite_db *db, uint64_t before, uint64_t at_least);

#endif
