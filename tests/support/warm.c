/* warm.c - see warm.h. */
#include "warm.h"

#include <criterion/criterion.h>

#include "clock.h"

ferrite_options warm_options(uint64_t cache_size) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.clock_ms = clock_now;
    options.cache_size = cache_size;
    return options;
}

void warm_reads(ferrite_db *db) {
    api_set(db, "warm", "warm");
    for (int i = 0; i < 200; i++) api_expect(db, "warm", "warm");
}

void warm_expect(ferrite_db *db, const char *key, const char *value) {
    api_expect(db, key, value);
    uint64_t hits = api_stats(db).cache_hits;
    api_expect(db, key, value);
    cr_expect_eq(api_stats(db).cache_hits, hits + 1, "%s was not in the cache", key);
}

void warm_set(ferrite_db *db, const char *key, const char *value) {
    api_set(db, key, value);
    warm_expect(db, key, value);
}
