/* scan_test.c - scans called directly: the empty string under "*", the cursor's place, a failure that moves nothing. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/api.h"
#include "support/memory_rounds.h"

static ferrite_db *db;
static ferrite_error *err;

static void setup(void) {
    db = api_memory();
    ferrite_set(db, S(""), S("v"), NULL);
    ferrite_hset(db, S("h"), S(""), S("v"), NULL);
    ferrite_sadd(db, S("s"), S(""), NULL);
    ferrite_zadd(db, S("z"), 1, S(""), NULL);
}
static void teardown(void) { ferrite_close(db); }
TestSuite(scan, .init = setup, .fini = teardown);

/* How many items one step over everything lists. */
typedef size_t (*step_fn)(uint64_t *cursor, const char *pattern, size_t len);

static size_t keys(uint64_t *cursor, const char *pattern, size_t len) {
    size_t count = 9;
    ferrite_free(ferrite_scan(db, cursor, pattern, len, 10, FERRITE_TYPE_STRING, &count, &err));
    return count;
}
static size_t fields(uint64_t *cursor, const char *pattern, size_t len) {
    size_t count = 9;
    ferrite_free(ferrite_hscan(db, S("h"), cursor, pattern, len, 10, &count, &err));
    return count / 2;
}
static size_t members(uint64_t *cursor, const char *pattern, size_t len) {
    size_t count = 9;
    ferrite_free(ferrite_sscan(db, S("s"), cursor, pattern, len, 10, &count, &err));
    return count;
}
static size_t scored(uint64_t *cursor, const char *pattern, size_t len) {
    size_t count = 9;
    ferrite_free(ferrite_zscan(db, S("z"), cursor, pattern, len, 10, &count, &err));
    return count;
}
static const step_fn steps[] = {keys, fields, members, scored};

Test(scan, a_star_alone_is_no_pattern) {
    for (int i = 0; i < 4; i++) {
        uint64_t cursor = 0;
        cr_expect_eq(steps[i](&cursor, "*", 1), 1, "%d", i);
        cr_expect_eq(steps[i](&cursor, NULL, 0), 1, "%d", i);
        cr_expect_eq(steps[i](&cursor, "", 0), 1, "%d", i);
        cr_expect_eq(steps[i](&cursor, "**", 2), 0, "%d", i);
        cr_expect_eq(steps[i](&cursor, "?", 1), 0, "%d", i);
    }
}

/* To trees: 500 elements more. */
static void collections_fill(void) {
    char text[20];
    for (int i = 0; i < 500; i++) {
        size_t len = (size_t)snprintf(text, sizeof text, "%d", i);
        ferrite_hset(db, S("h"), text, len, S("v"), NULL);
        ferrite_sadd(db, S("s"), text, len, NULL);
        ferrite_zadd(db, S("z"), i, text, len, NULL);
    }
}

Test(scan, a_star_alone_finds_the_empty_string_in_trees_too) {
    collections_fill();
    for (int i = 1; i < 4; i++) {
        uint64_t cursor = 0;
        size_t count = 0;
        do count += steps[i](&cursor, "*", 1);
        while (cursor != 0);
        cr_expect_eq(count, 501, "%d", i);
    }
}

Test(scan, without_a_cursor_it_is_refused) {
    for (int i = 0; i < 4; i++) {
        steps[i](NULL, NULL, 0);
        api_expect_error(&err, FERRITE_INVALID, "ERR cursor is NULL");
    }
}

/* Else the items of the failed step would never be seen. */
Test(scan, a_step_that_fails_leaves_the_cursor_where_it_was) {
    char text[20];
    collections_fill();
    for (int i = 0; i < 500; i++)
        ferrite_set(db, text, (size_t)snprintf(text, sizeof text, "%d", i), S("v"), NULL);
    for (int i = 0; i < 4; i++)
        for (long n = 0, failed = 1; failed; n++) {
            uint64_t cursor = 0;
            memory_fail(n);
            steps[i](&cursor, NULL, 0);
            (void)memory_failed();
            failed = err != NULL;
            cr_expect_eq(cursor == 0, failed);
            ferrite_error_free(err);
            err = NULL;
        }
}
