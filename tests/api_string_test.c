/* api_string_test.c - the string functions: results, limits, errors in Redis's words. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"

#define NOT_INT   "ERR value is not an integer or out of range"
#define NOT_FLOAT "ERR value is not a valid float"
#define TOO_LONG  "ERR string exceeds maximum allowed size (proto-max-bulk-len)"

static ferrite_db *db;
static ferrite_error *err;
static void setup(void) { db = api_memory(); }
static void teardown(void) {
    api_expect_sound(db);
    ferrite_close(db);
}
TestSuite(api_string, .init = setup, .fini = teardown);

Test(api_string, empty_values_and_keys_are_values_and_keys) {
    size_t len = 7;
    cr_expect_eq(ferrite_set(db, NULL, 0, NULL, 0, &err), 0);
    api_expect_text(ferrite_get(db, S(""), &len, &err), &len, "");
    cr_expect_eq(len, 0);
    cr_expect_eq(ferrite_exists(db, S(""), &err), 1);
}

Test(api_string, bytes_are_kept_as_they_are) {
    char key[256], value[256];
    for (int i = 0; i < 256; i++) key[i] = (char)i, value[i] = (char)(255 - i);
    cr_assert_eq(ferrite_set(db, key, 256, value, 256, &err), 0);
    size_t len;
    char *found = ferrite_get(db, key, 256, &len, &err);
    cr_assert_eq(len, 256);
    cr_expect_arr_eq(found, value, 256);
    cr_expect_eq(found[256], '\0');
    ferrite_free(found);
    cr_expect_null(ferrite_get(db, key, 255, &len, &err));
    cr_expect_null(err);
}

/* Around every place where a value changes its shape: inline, one run, a tree of runs. */
Test(api_string, values_of_all_sizes_come_back) {
    const size_t sizes[] = {1,     1023,  1024,  1025,   1032,   4064,   4065,      65503,  65504,
                            65505, 65536, 65537, 131008, 131009, 500000, 3 * 65504, 5000000};
    char *value = malloc(5000000);
    for (size_t i = 0; i < 5000000; i++) value[i] = (char)(i * 7 + i / 251);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int round = 0; round < 2; round++) /* once new, once over another size */
            cr_assert_eq(ferrite_set(db, S("k"), value + round, sizes[i] - round, &err), 0);
        size_t len;
        char *found = ferrite_get(db, S("k"), &len, &err);
        cr_assert_eq(len, sizes[i] - 1);
        cr_assert_eq(memcmp(found, value + 1, len), 0);
        ferrite_free(found);
        cr_expect_eq(ferrite_strlen(db, S("k"), &err), (int)len);
        api_expect_sound(db);
    }
    cr_expect_eq(ferrite_del(db, S("k"), &err), 1);
    free(value);
}

Test(api_string, limits_are_errors_with_a_clear_message) {
    char *big = malloc(65537);
    memset(big, 'k', 65537);
    cr_expect_eq(ferrite_set(db, big, 65536, S("v"), &err), 0);
    cr_expect_eq(ferrite_exists(db, big, 65536, &err), 1);
    cr_expect_eq(ferrite_set(db, big, 65537, S("v"), &err), -1);
    api_expect_error(&err, FERRITE_LIMIT, "ERR key is longer than 65536 bytes");
    cr_expect_null(ferrite_get(db, big, 65537, NULL, &err));
    api_expect_error(&err, FERRITE_LIMIT, NULL);
    cr_expect_eq(ferrite_set(db, S("k"), big, 512u * 1024 * 1024 + 1, &err), -1);
    api_expect_error(&err, FERRITE_LIMIT, TOO_LONG);
    cr_expect_eq(ferrite_setrange(db, S("k"), 512 * 1024 * 1024, S("x"), &err), -1);
    api_expect_error(&err, FERRITE_LIMIT, TOO_LONG);
    cr_expect_eq(ferrite_set(db, NULL, 1, S("v"), &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_set(db, S("k"), NULL, 1, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    free(big);
}

Test(api_string, set_with_conditions) {
    ferrite_set_options options = FERRITE_SET_OPTIONS_INIT;
    char *old;
    size_t len;
    options.flags = FERRITE_SET_XX;
    cr_expect_eq(ferrite_set_with(db, S("k"), S("1"), &options, NULL, NULL, &err), 0);
    options.flags = FERRITE_SET_NX;
    cr_expect_eq(ferrite_set_with(db, S("k"), S("2"), &options, NULL, NULL, &err), 1);
    cr_expect_eq(ferrite_set_with(db, S("k"), S("3"), &options, NULL, NULL, &err), 0);
    api_expect(db, "k", "2");
    options.flags = FERRITE_SET_NX | FERRITE_SET_GET;
    cr_expect_eq(ferrite_set_with(db, S("k"), S("4"), &options, &old, &len, &err), 0);
    api_expect_text(old, &len, "2");
    options.flags = FERRITE_SET_XX | FERRITE_SET_GET;
    cr_expect_eq(ferrite_set_with(db, S("k"), S("5"), &options, &old, &len, &err), 1);
    api_expect_text(old, &len, "2");
    options.flags = FERRITE_SET_GET;
    cr_expect_eq(ferrite_set_with(db, S("new"), S("6"), &options, &old, &len, &err), 1);
    cr_expect_null(old);
    cr_expect_eq(ferrite_set_with(db, S("k"), S("7"), NULL, NULL, NULL, &err), 1);
    api_expect(db, "k", "7");
}

Test(api_string, set_options_that_make_no_sense) {
    ferrite_set_options options = FERRITE_SET_OPTIONS_INIT;
    options.flags = FERRITE_SET_NX | FERRITE_SET_XX;
    cr_expect_eq(ferrite_set_with(db, S("k"), S("1"), &options, NULL, NULL, &err), -1);
    api_expect_error(&err, FERRITE_SYNTAX, "ERR syntax error");
    options.flags = FERRITE_SET_GET;
    cr_expect_eq(ferrite_set_with(db, S("k"), S("1"), &options, NULL, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    options.flags = 0;
    options.struct_size = 0;
    cr_expect_eq(ferrite_set_with(db, S("k"), S("1"), &options, NULL, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    api_expect(db, "k", NULL);
}

Test(api_string, setnx_getset_getdel) {
    size_t len;
    cr_expect_eq(ferrite_setnx(db, S("k"), S("1"), &err), 1);
    cr_expect_eq(ferrite_setnx(db, S("k"), S("2"), &err), 0);
    api_expect_text(ferrite_getset(db, S("k"), S("3"), &len, &err), &len, "1");
    cr_expect_null(ferrite_getset(db, S("none"), S("x"), &len, &err));
    api_expect_text(ferrite_getdel(db, S("k"), &len, &err), &len, "3");
    cr_expect_null(ferrite_getdel(db, S("k"), &len, &err));
    cr_expect_eq(len, 0);
    cr_expect_null(err);
    cr_expect_eq(api_dbsize(db), 1);
}

Test(api_string, many_at_once) {
    const ferrite_slice pairs[] = {SLICE("a"), SLICE("1"), SLICE("b"),
                                   SLICE("2"), SLICE("a"), SLICE("3")};
    cr_expect_eq(ferrite_mset(db, pairs, 6, &err), 0);
    const ferrite_slice more[] = {SLICE("c"), SLICE("1"), SLICE("a"), SLICE("9")};
    cr_expect_eq(ferrite_msetnx(db, more, 4, &err), 0);
    cr_expect_eq(ferrite_msetnx(db, more, 2, &err), 1);
    const ferrite_slice keys[] = {SLICE("a"), SLICE("none"), SLICE("b"), SLICE("c"), SLICE("a")};
    ferrite_slice *values = ferrite_mget(db, keys, 5, &err);
    cr_assert_not_null(values);
    cr_expect_str_eq(values[0].data, "3");
    cr_expect_null(values[1].data);
    cr_expect_str_eq(values[2].data, "2");
    cr_expect_str_eq(values[4].data, "3");
    ferrite_free(values);
    values = ferrite_mget(db, NULL, 0, &err);
    cr_expect_not_null(values);
    ferrite_free(values);
    cr_expect_eq(ferrite_mset(db, pairs, 3, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, "ERR wrong number of arguments for 'mset' command");
    cr_expect_eq(ferrite_msetnx(db, pairs, 0, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, "ERR wrong number of arguments for 'msetnx' command");
    cr_expect_null(ferrite_mget(db, NULL, 1, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
}

Test(api_string, counting) {
    int64_t n;
    cr_expect_eq(ferrite_incr(db, S("n"), &n, &err), 0);
    cr_expect_eq(n, 1);
    cr_expect_eq(ferrite_incrby(db, S("n"), INT64_MAX - 1, &n, &err), 0);
    cr_expect_eq(n, INT64_MAX);
    cr_expect_eq(ferrite_incr(db, S("n"), &n, &err), -1);
    api_expect_error(&err, FERRITE_RANGE, "ERR increment or decrement would overflow");
    api_expect(db, "n", "9223372036854775807");
    cr_expect_eq(ferrite_set(db, S("n"), S("-9223372036854775807"), &err), 0);
    cr_expect_eq(ferrite_decr(db, S("n"), NULL, &err), 0);
    cr_expect_eq(ferrite_decr(db, S("n"), &n, &err), -1);
    api_expect_error(&err, FERRITE_RANGE, "ERR increment or decrement would overflow");
    cr_expect_eq(ferrite_decrby(db, S("n"), -10, &n, &err), 0);
    cr_expect_eq(n, INT64_MIN + 10);
    cr_expect_eq(ferrite_decrby(db, S("n"), INT64_MIN, &n, &err), -1);
    api_expect_error(&err, FERRITE_RANGE, "ERR decrement would overflow");
    const char *wrong[] = {"", " 1", "1.0", "abc", "9223372036854775808", "01"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        api_set(db, "n", wrong[i]);
        cr_expect_eq(ferrite_incr(db, S("n"), &n, &err), -1);
        api_expect_error(&err, FERRITE_RANGE, NOT_INT);
        api_expect(db, "n", wrong[i]);
    }
}

static void expect_float(const char *before, const char *add, const char *after) {
    size_t len;
    api_set(db, "f", before);
    char *text = ferrite_incrbyfloat_text(db, S("f"), add, strlen(add), &len, &err);
    cr_assert_not_null(text, "%s", ferrite_error_message(err));
    api_expect_text(text, &len, after);
    api_expect(db, "f", after);
}

Test(api_string, adding_floats) {
    size_t len;
    double sum;
    expect_float("10.50", "0.1", "10.6");
    expect_float("5.0e3", "2.0e2", "5200");
    expect_float("3", "1.000000000000000005", "4.00000000000000001");
    expect_float("0.1", "0.2", "0.3");
    expect_float("-0", "0", "0");
    cr_expect_eq(ferrite_incrbyfloat(db, S("g"), 0.1, &sum, &err), 0);
    cr_expect_eq(ferrite_incrbyfloat(db, S("g"), 0.2, &sum, &err), 0);
    cr_expect_eq(sum, 0.3);
    api_expect(db, "g", "0.3");
    cr_expect_null(ferrite_incrbyfloat_text(db, S("g"), S("abc"), &len, &err));
    api_expect_error(&err, FERRITE_RANGE, NOT_FLOAT);
    cr_expect_null(ferrite_incrbyfloat_text(db, S("g"), S("inf"), &len, &err));
    api_expect_error(&err, FERRITE_RANGE, "ERR increment would produce NaN or Infinity");
    cr_expect_eq(ferrite_incrbyfloat(db, S("g"), 1.0 / 0.0, &sum, &err), -1);
    api_expect_error(&err, FERRITE_RANGE, "ERR increment would produce NaN or Infinity");
    api_set(db, "g", "no number");
    cr_expect_eq(ferrite_incrbyfloat(db, S("g"), 1, &sum, &err), -1);
    api_expect_error(&err, FERRITE_RANGE, NOT_FLOAT);
}

Test(api_string, parts_of_strings) {
    size_t len;
    cr_expect_eq(ferrite_append(db, S("k"), S(""), &err), 0);
    cr_expect_eq(ferrite_exists(db, S("k"), &err), 1);
    cr_expect_eq(ferrite_append(db, S("k"), S("Hello"), &err), 5);
    cr_expect_eq(ferrite_append(db, S("k"), S(" World"), &err), 11);
    cr_expect_eq(ferrite_setrange(db, S("k"), 6, S("Redis"), &err), 11);
    api_expect(db, "k", "Hello Redis");
    cr_expect_eq(ferrite_setrange(db, S("k"), 13, S("!"), &err), 14);
    char *text = ferrite_get(db, S("k"), &len, &err);
    cr_expect_eq(len, 14);
    cr_expect_arr_eq(text, "Hello Redis\0\0!", 14);
    ferrite_free(text);
    cr_expect_eq(ferrite_setrange(db, S("none"), 5, S(""), &err), 0);
    cr_expect_eq(ferrite_exists(db, S("none"), &err), 0);
    cr_expect_eq(ferrite_setrange(db, S("k"), 500, S(""), &err), 14);
    cr_expect_eq(ferrite_setrange(db, S("k"), -1, S("x"), &err), -1);
    api_expect_error(&err, FERRITE_RANGE, "ERR offset is out of range");
}

static void expect_range(int64_t start, int64_t end, const char *text) {
    size_t len;
    char *part = ferrite_getrange(db, S("k"), start, end, &len, &err);
    api_expect_text(part, &len, text);
}

Test(api_string, ranges) {
    expect_range(0, -1, "");
    api_set(db, "k", "This is a string");
    expect_range(0, 3, "This");
    expect_range(-3, -1, "ing");
    expect_range(0, -1, "This is a string");
    expect_range(10, 100, "string");
    expect_range(5, 3, "");
    expect_range(-1, -5, "");
    expect_range(-100, 2, "Thi");
    expect_range(-100, -90, "T"); /* as redis-server does it */
    expect_range(100, 200, "");
    expect_range(INT64_MIN, INT64_MAX, "This is a string");
    expect_range(INT64_MAX, INT64_MIN, "");
}

/* Growing by pieces passes through every shape a string can have. */
Test(api_string, appending_and_overwriting_large_strings) {
    char *model = calloc(1, 400000), piece[7000];
    size_t len = 0;
    for (int i = 0; len + sizeof piece < 400000; i++) {
        size_t n = (size_t)(i * 131 % 6999) + 1;
        memset(piece, 'a' + i % 26, n);
        memcpy(model + len, piece, n);
        len += n;
        cr_assert_eq(ferrite_append(db, S("k"), piece, n, &err), (int)len);
        if (i % 3 == 0) {
            size_t at = (size_t)i * 7919 % len;
            if (at + n > len) n = len - at;
            memset(model + at, 'Z', n);
            memset(piece, 'Z', n);
            cr_assert_eq(ferrite_setrange(db, S("k"), (int64_t)at, piece, n, &err), (int)len);
        }
    }
    size_t found_len;
    char *found = ferrite_get(db, S("k"), &found_len, &err);
    cr_assert_eq(found_len, len);
    cr_expect_eq(memcmp(found, model, len), 0);
    ferrite_free(found);
    found = ferrite_getrange(db, S("k"), 65000, 66000, &found_len, &err);
    cr_assert_eq(found_len, 1001);
    cr_expect_eq(memcmp(found, model + 65000, 1001), 0);
    ferrite_free(found);
    free(model);
}

Test(api_string, writing_far_beyond_the_end_fills_with_zeros) {
    cr_expect_eq(ferrite_set(db, S("k"), S("ab"), &err), 0);
    cr_expect_eq(ferrite_setrange(db, S("k"), 200000, S("end"), &err), 200003);
    size_t len;
    char *found = ferrite_get(db, S("k"), &len, &err);
    cr_assert_eq(len, 200003);
    cr_expect_arr_eq(found, "ab", 2);
    for (size_t i = 2; i < 200000; i++) cr_assert_eq(found[i], 0);
    cr_expect_arr_eq(found + 200000, "end", 3);
    ferrite_free(found);
    cr_expect_eq(ferrite_setrange(db, S("new"), 5000, S("x"), &err), 5001);
    cr_expect_eq(ferrite_strlen(db, S("new"), &err), 5001);
}

Test(api_string, common_subsequences) {
    size_t len;
    api_set(db, "a", "ohmytext");
    api_set(db, "b", "mynewtext");
    api_expect_text(ferrite_lcs(db, S("a"), S("b"), &len, &err), &len, "mytext");
    cr_expect_eq(ferrite_lcs_len(db, S("a"), S("b"), &err), 6);
    ferrite_lcs_result *result = ferrite_lcs_idx(db, S("a"), S("b"), 0, &err);
    cr_assert_not_null(result);
    cr_expect_eq(result->len, 6);
    cr_assert_eq(result->count, 2);
    cr_expect_eq(result->matches[0].a_start, 4);
    cr_expect_eq(result->matches[0].b_end, 8);
    cr_expect_eq(result->matches[1].len, 2);
    ferrite_free(result);
    result = ferrite_lcs_idx(db, S("a"), S("b"), 4, &err);
    cr_expect_eq(result->count, 1);
    ferrite_free(result);
    api_expect_text(ferrite_lcs(db, S("a"), S("none"), &len, &err), &len, "");
}

Test(api_string, answers_may_be_left_out) {
    api_set(db, "k", "1");
    ferrite_free(ferrite_get(db, S("k"), NULL, NULL));
    ferrite_free(ferrite_getset(db, S("k"), S("2"), NULL, NULL));
    cr_expect_eq(ferrite_incr(db, S("k"), NULL, NULL), 0);
    cr_expect_eq(ferrite_incr(db, S(""), NULL, NULL), 0);
    cr_expect_eq(ferrite_incrbyfloat(db, S("k"), 1, NULL, NULL), 0);
    ferrite_free(ferrite_getdel(db, S("k"), NULL, NULL));
    cr_expect_eq(ferrite_set(NULL, S("k"), S("v"), NULL), -1);
}
