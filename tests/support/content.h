/*
 * content.h - a database with something of everything, and a digest of all that a database holds.
 *
 * For tests that move or copy whole databases: compaction, backup, restore, load.
 */
#ifndef TESTS_SUPPORT_CONTENT_H
#define TESTS_SUPPORT_CONTENT_H

#include <stdint.h>

#include "libferrite/ferrite.h"

/* Strings of all lengths, long keys, collections packed and in trees, with long values too, expiries of keys and
 * fields, in three logical databases; `scale` keys of each kind. They assert. */
void content_fill(ferrite_db *db, int scale, uint64_t seed);
/* Deletes about nine tenths of it, and of the large collections. */
void content_thin(ferrite_db *db, int scale);
/* Of all logical databases: keys, types, values, moments of expiry. Any handle that can be read. */
uint64_t content_digest(ferrite_db *db);

#endif
