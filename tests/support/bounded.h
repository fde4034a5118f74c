/*
 * bounded.h - what tests of bounds and eviction share: options with a policy, and keys by number.
 *
 * Time is the tests' clock (clock.h), there is no hot cache, and nothing waits for the disk. One thread.
 */
#ifndef FERRITE_TESTS_BOUNDED_H
#define FERRITE_TESTS_BOUNDED_H

#include "ferrite.h"

ferrite_options bounded_options(ferrite_eviction eviction);

/* The key of a number, and a value of `len` bytes to 4,096; seconds 0: without an expiry. As ferrite_set answers. */
int numbered_set(ferrite_db *db, unsigned number, size_t len, int64_t seconds, ferrite_error **err);
/* The keys of [first, end), without an expiry; it asserts. */
void numbered_fill(ferrite_db *db, unsigned first, unsigned end, size_t len);
int numbered_del(ferrite_db *db, unsigned number, ferrite_error **err);
int numbered_exists(ferrite_db *db, unsigned number);
void numbered_get(ferrite_db *db, unsigned number);

/* The call was refused as Redis refuses at a bound; *err is given back. */
void expect_oom(int result, ferrite_error **err);

#endif
