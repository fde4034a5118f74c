/*
 * bounded.c - see bounded.h.
 */
#include "bounded.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "api.h"
#include "clock.h"

ferrite_options bounded_options(ferrite_eviction eviction) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.eviction = eviction;
    options.clock_ms = clock_now;
    options.cache_size = FERRITE_CACHE_OFF;
    options.sync_mode = FERRITE_SYNC_NONE;
    return options;
}

int numbered_set(ferrite_db *db, unsigned number, size_t len, int64_t seconds,
                 ferrite_error **err) {
    char key[32], value[4096];
    int key_len = snprintf(key, sizeof key, "key:%06u", number);
    memset(value, 'v', len);
    if (seconds > 0) return ferrite_setex(db, key, (size_t)key_len, seconds, value, len, err);
    return ferrite_set(db, key, (size_t)key_len, value, len, err);
}

void numbered_fill(ferrite_db *db, unsigned first, unsigned end, size_t len) {
    ferrite_error *err = NULL;
    for (unsigned i = first; i < end; i++)
        cr_assert_eq(numbered_set(db, i, len, 0, &err), 0, "%u: %s", i, ferrite_error_message(err));
}

int numbered_del(ferrite_db *db, unsigned number, ferrite_error **err) {
    char key[32];
    int key_len = snprintf(key, sizeof key, "key:%06u", number);
    return ferrite_del(db, key, (size_t)key_len, err);
}

int numbered_exists(ferrite_db *db, unsigned number) {
    char key[32];
    int key_len = snprintf(key, sizeof key, "key:%06u", number);
    return ferrite_exists(db, key, (size_t)key_len, NULL);
}

void numbered_get(ferrite_db *db, unsigned number) {
    char key[32];
    int key_len = snprintf(key, sizeof key, "key:%06u", number);
    ferrite_free(ferrite_get(db, key, (size_t)key_len, NULL, NULL));
}

void expect_oom(int result, ferrite_error **err) {
    cr_assert_eq(result, -1);
    api_expect_error(err, FERRITE_FULL, "OOM command not allowed when used memory > 'maxmemory'.");
}
