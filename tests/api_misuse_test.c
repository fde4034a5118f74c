/* api_misuse_test.c - the same mistakes tried on every function: each is told clearly, and nothing breaks. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"
#include "support/every_function.h"

/* What the calls of the list are made with; `used` tells which of them the last one took. */
static ferrite_slice key, bytes, pattern;
static const ferrite_slice *items;
static const ferrite_zitem *zitems;
static size_t count;
static ferrite_slice place;
static uint64_t cursor;
static const char *const words[] = {"GET", "k"};
enum part { KEY = 1, BYTES = 2, PATTERN = 4, LIST = 8 };
static unsigned used;
static void use(enum part part) { used |= part; }

#define K      (use(KEY), key.data), key.len
#define V      (use(BYTES), bytes.data), bytes.len
#define P      (use(PATTERN), pattern.data), pattern.len
#define ITEMS  (use(LIST), items), count
#define ZITEMS (use(LIST), zitems), count
#define CURSOR (cursor = 0, &cursor)
#define PLACE  &place
#define ARGV   2, words, NULL

static int failed_int(int result) { return result == -1; }
static int failed_pointer(const void *result) { return result == NULL; }
static void keep_int(int result) { (void)result; }
static void keep_text(const char *result) { (void)result; }

#define FAILED(result) _Generic((result), int : failed_int, default : failed_pointer)(result)
#define GIVE_BACK(result) \
    _Generic((result),                           \
        int: keep_int,                           \
        const char *: keep_text,                 \
        ferrite_db *: ferrite_close,             \
        ferrite_session *: ferrite_session_close, \
        ferrite_iterator *: ferrite_iterator_close, \
        ferrite_hiterator *: ferrite_hiterator_close, \
        ferrite_literator *: ferrite_literator_close, \
        ferrite_siterator *: ferrite_siterator_close, \
        ferrite_ziterator *: ferrite_ziterator_close, \
        default: ferrite_free)(result)

/* 1: it failed. */
#define X(function, ...)                                              \
    static int call_##function(ferrite_db *db, ferrite_error **err) { \
        __typeof__(function(db, ##__VA_ARGS__, err)) result;          \
        result = function(db, ##__VA_ARGS__, err);                    \
        int failed = FAILED(result);                                  \
        GIVE_BACK(result);                                            \
        return failed;                                                \
    }
EVERY_FUNCTION(X)
#undef X

static const struct {
    const char *name;
    int (*call)(ferrite_db *db, ferrite_error **err);
} functions[] = {
#define X(function, ...) {#function, call_##function},
    EVERY_FUNCTION(X)
#undef X
};
#define FUNCTIONS (sizeof functions / sizeof *functions)

static ferrite_db *db;
static const ferrite_slice two[] = {SLICE("maxmemory"), SLICE("1")};
static const ferrite_slice two_empty[2];
static const ferrite_zitem scored[] = {{SLICE("a"), 1}, {SLICE("b"), 2}}, scored_empty[2];

static void arguments_sound(void) {
    key = (ferrite_slice)SLICE("k");
    bytes = (ferrite_slice)SLICE("1");
    pattern = (ferrite_slice)SLICE("*");
    items = two;
    zitems = scored;
    count = 2;
}
static void setup(void) {
    arguments_sound();
    db = api_memory();
}
static void teardown(void) {
    api_expect_sound(db);
    ferrite_close(db);
}
TestSuite(api_misuse, .init = setup, .fini = teardown);

/* `code` 0: whatever it answers, an error is there exactly when it should be. */
static void expect_failure(size_t i, ferrite_db *handle, int code) {
    ferrite_error *err = NULL;
    const int failed = functions[i].call(handle, &err);
    if (err == NULL) {
        cr_expect_eq(code, 0, "%s did not fail", functions[i].name);
        return;
    }
    cr_expect(failed, "%s: an answer with an error", functions[i].name);
    cr_expect_str_neq(ferrite_error_message(err), "", "%s", functions[i].name);
    if (code != 0)
        cr_expect_eq(ferrite_error_code(err), code, "%s: %s", functions[i].name,
                     ferrite_error_message(err));
    ferrite_error_free(err);
}

/* All functions that take what `part` names, with what stands in the arguments now. */
static void expect_all(enum part part, ferrite_db *handle, int code) {
    for (size_t i = 0; i < FUNCTIONS; i++) {
        used = 0;
        (void)functions[i].call(NULL, NULL);
        if ((used & part) != 0) expect_failure(i, handle, code);
    }
}

Test(api_misuse, the_list_has_every_function) {
    FILE *file = fopen("libferrite/ferrite.h", "r");
    cr_assert_not_null(file);
    static char text[200000];
    cr_assert_neq(fread(text, 1, sizeof text - 1, file), 0);
    fclose(file);
    static const char *const others[] = {"ferrite_close", "ferrite_commit", "ferrite_rollback",
                                         "ferrite_database", "ferrite_databases"};
    for (char *at = text; (at = strstr(at, "(ferrite_db *db")) != NULL; at++) {
        char *begin = at;
        while (begin > text && (begin[-1] == '_' || (begin[-1] >= 'a' && begin[-1] <= 'z')))
            begin--;
        const size_t len = (size_t)(at - begin);
        size_t found = 0;
        for (size_t i = 0; i < FUNCTIONS; i++)
            found += strlen(functions[i].name) == len && memcmp(functions[i].name, begin, len) == 0;
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            found += strlen(others[i]) == len && memcmp(others[i], begin, len) == 0;
        cr_expect_eq(found, 1, "%.*s", (int)len, begin);
    }
}

Test(api_misuse, no_handle_is_an_error_and_no_crash) {
    for (size_t i = 0; i < FUNCTIONS; i++) expect_failure(i, NULL, FERRITE_INVALID);
    cr_expect_eq(ferrite_database(NULL), -1);
    cr_expect_eq(ferrite_databases(NULL), -1);
    cr_expect_eq(ferrite_commit(NULL, NULL), -1);
    cr_expect_eq(ferrite_rollback(NULL, NULL), -1);
    cr_expect_eq(ferrite_session_database(NULL), -1);
    cr_expect_eq(ferrite_session_in_multi(NULL), 0);
    cr_expect_null(ferrite_session_command(NULL, 2, words, NULL, NULL));
}

Test(api_misuse, null_with_a_length_is_an_error) {
    key = (ferrite_slice){NULL, 3};
    expect_all(KEY, db, FERRITE_INVALID);
    arguments_sound();
    bytes = (ferrite_slice){NULL, 3};
    expect_all(BYTES, db, FERRITE_INVALID);
    arguments_sound();
    items = NULL;
    zitems = NULL;
    expect_all(LIST, db, FERRITE_INVALID);
    count = SIZE_MAX;
    expect_all(LIST, db, FERRITE_INVALID);
}

Test(api_misuse, a_length_that_cannot_be_is_an_error) {
    key = (ferrite_slice){"k", SIZE_MAX};
    ferrite_db *tx = ferrite_begin(db, NULL); /* views live in one */
    expect_all(KEY, tx, FERRITE_LIMIT);
    ferrite_close(tx);
    arguments_sound();
    bytes = (ferrite_slice){"k", SIZE_MAX};
    expect_all(BYTES, db, 0);
    pattern = (ferrite_slice){"k", SIZE_MAX};
    expect_all(PATTERN, db, FERRITE_LIMIT);
}

Test(api_misuse, places_for_answers_may_be_null) {
    ferrite_db *tx = ferrite_begin(db, NULL);
    for (size_t i = 0; i < FUNCTIONS; i++) expect_failure(i, tx, 0);
    ferrite_close(tx);
    for (size_t i = 0; i < FUNCTIONS; i++) expect_failure(i, db, 0);
    for (size_t i = 0; i < FUNCTIONS; i++) (void)functions[i].call(db, NULL);
}

Test(api_misuse, the_empty_string_may_be_null) {
    key = bytes = pattern = (ferrite_slice){NULL, 0};
    count = 0;
    items = NULL;
    zitems = NULL;
    for (size_t i = 0; i < FUNCTIONS; i++) expect_failure(i, db, 0);
    count = 2;
    items = two_empty;
    zitems = scored_empty;
    for (size_t i = 0; i < FUNCTIONS; i++) expect_failure(i, db, 0);
}
