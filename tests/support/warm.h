/*
 * warm.h - what tests of the hot cache share: options with a cache of some size, and a cache that is there.
 */
#ifndef TESTS_SUPPORT_WARM_H
#define TESTS_SUPPORT_WARM_H

#include "api.h"

ferrite_options warm_options(uint64_t cache_size); /* on the clock of clock.h */
void warm_reads(ferrite_db *db);                   /* until there is a cache */
/* Reads the key twice, the second time from the cache; after setting it. */
void warm_expect(ferrite_db *db, const char *key, const char *value);
void warm_set(ferrite_db *db, const char *key, const char *value);

#endif
