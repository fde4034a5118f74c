/* api_keys_test.c - functions on keys of any type and on whole logical databases. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"

static ferrite_db *db;
static ferrite_error *err;
static void setup(void) { db = api_memory(); }
static void teardown(void) {
    api_expect_sound(db);
    ferrite_close(db);
}
TestSuite(api_keys, .init = setup, .fini = teardown);

Test(api_keys, deleting_and_looking) {
    const ferrite_slice keys[] = {SLICE("a"), SLICE("b"), SLICE("a"), SLICE("none")};
    api_set(db, "a", "1");
    api_set(db, "b", "2");
    api_set(db, "c", "3");
    cr_expect_eq(ferrite_exists_many(db, keys, 4, &err), 3);
    cr_expect_eq(ferrite_touch_many(db, keys, 4, &err), 3);
    cr_expect_eq(ferrite_del_many(db, keys, 4, &err), 2);
    cr_expect_eq(ferrite_del(db, S("a"), &err), 0);
    cr_expect_eq(ferrite_unlink_many(db, (ferrite_slice[]){SLICE("c")}, 1, &err), 1);
    cr_expect_eq(api_dbsize(db), 0);
    cr_expect_eq(ferrite_del_many(db, NULL, 0, &err), 0);
    cr_expect_eq(ferrite_del_many(db, NULL, 1, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
}

Test(api_keys, types_have_names) {
    api_set(db, "k", "v");
    cr_expect_eq(ferrite_type(db, S("k"), &err), FERRITE_TYPE_STRING);
    cr_expect_eq(ferrite_type(db, S("none"), &err), FERRITE_TYPE_NONE);
    cr_expect_str_eq(ferrite_type_name(FERRITE_TYPE_STRING), "string");
    cr_expect_str_eq(ferrite_type_name(FERRITE_TYPE_NONE), "none");
    cr_expect_null(ferrite_type_name(77));
    cr_expect_null(ferrite_type_name(-1));
}

Test(api_keys, renaming) {
    api_set(db, "a", "1");
    api_set(db, "b", "2");
    cr_expect_eq(ferrite_rename(db, S("none"), S("x"), &err), -1);
    api_expect_error(&err, FERRITE_NOTFOUND, "ERR no such key");
    cr_expect_eq(ferrite_renamenx(db, S("none"), S("x"), &err), -1);
    api_expect_error(&err, FERRITE_NOTFOUND, "ERR no such key");
    cr_expect_eq(ferrite_renamenx(db, S("a"), S("b"), &err), 0);
    cr_expect_eq(ferrite_renamenx(db, S("a"), S("a"), &err), 0);
    cr_expect_eq(ferrite_renamenx(db, S("a"), S("c"), &err), 1);
    cr_expect_eq(ferrite_rename(db, S("c"), S("c"), &err), 0);
    cr_expect_eq(ferrite_rename(db, S("c"), S("b"), &err), 0);
    api_expect(db, "b", "1");
    api_expect(db, "c", NULL);
    cr_expect_eq(api_dbsize(db), 1);
}

static char *large(size_t len, char with) {
    char *value = malloc(len);
    memset(value, with, len);
    return value;
}

static void expect_large(ferrite_db *in, const char *key, size_t len, char with) {
    size_t found_len;
    char *found = ferrite_get(in, key, strlen(key), &found_len, &err);
    cr_assert_not_null(found);
    cr_assert_eq(found_len, len);
    cr_expect_eq(found[0], with);
    cr_expect_eq(found[len - 1], with);
    ferrite_free(found);
}

Test(api_keys, large_values_are_moved_and_copied_whole) {
    ferrite_db *two = ferrite_select(db, 2, &err);
    char *a = large(300000, 'a'), *b = large(70000, 'b');
    cr_assert_eq(ferrite_set(db, S("a"), a, 300000, &err), 0);
    cr_assert_eq(ferrite_set(db, S("b"), b, 70000, &err), 0);
    cr_expect_eq(ferrite_copy(db, S("a"), S("c"), -1, 0, &err), 1);
    cr_expect_eq(ferrite_append(db, S("c"), S("c"), &err), 300001);
    expect_large(db, "a", 300000, 'a');
    cr_expect_eq(ferrite_rename(db, S("a"), S("b"), &err), 0);
    expect_large(db, "b", 300000, 'a');
    cr_expect_eq(ferrite_move(db, S("b"), 2, &err), 1);
    expect_large(two, "b", 300000, 'a');
    api_expect_sound(db);
    cr_expect_eq(ferrite_flushall(db, &err), 0);
    cr_expect_eq(api_dbsize(two), 0);
    ferrite_close(two);
    free(a);
    free(b);
}

Test(api_keys, copying) {
    ferrite_db *one = ferrite_select(db, 1, &err);
    api_set(db, "a", "1");
    api_set(db, "b", "2");
    cr_expect_eq(ferrite_copy(db, S("none"), S("x"), -1, 0, &err), 0);
    cr_expect_eq(ferrite_copy(db, S("a"), S("b"), -1, 0, &err), 0);
    cr_expect_eq(ferrite_copy(db, S("a"), S("b"), 0, 1, &err), 1);
    api_expect(db, "b", "1");
    cr_expect_eq(ferrite_copy(db, S("a"), S("a"), 1, 0, &err), 1);
    api_expect(one, "a", "1");
    cr_expect_eq(ferrite_copy(db, S("a"), S("a"), 0, 1, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, "ERR source and destination objects are the same");
    cr_expect_eq(ferrite_copy(db, S("a"), S("b"), 16, 0, &err), -1);
    api_expect_error(&err, FERRITE_RANGE, "ERR DB index is out of range");
    cr_expect_eq(ferrite_copy(db, S("a"), S("b"), -2, 0, &err), -1);
    api_expect_error(&err, FERRITE_RANGE, "ERR DB index is out of range");
    ferrite_close(one);
}

Test(api_keys, moving_between_databases) {
    ferrite_db *one = ferrite_select(db, 1, &err);
    api_set(db, "a", "0");
    api_set(one, "b", "1");
    cr_expect_eq(ferrite_move(db, S("a"), 1, &err), 1);
    cr_expect_eq(ferrite_move(db, S("a"), 1, &err), 0);
    api_set(db, "b", "0");
    cr_expect_eq(ferrite_move(db, S("b"), 1, &err), 0);
    api_expect(one, "b", "1");
    api_expect(one, "a", "0");
    cr_expect_eq(ferrite_move(db, S("b"), 0, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, "ERR source and destination objects are the same");
    cr_expect_eq(ferrite_move(db, S("b"), 99, &err), -1);
    api_expect_error(&err, FERRITE_RANGE, "ERR DB index is out of range");
    ferrite_close(one);
}

Test(api_keys, databases_are_apart_swapped_and_flushed) {
    ferrite_db *one = ferrite_select(db, 1, &err), *last = ferrite_select(db, 15, &err);
    cr_expect_eq(ferrite_database(one), 1);
    cr_expect_eq(ferrite_databases(one), 16);
    api_set(db, "k", "0");
    api_set(one, "k", "1");
    api_set(last, "k", "15");
    cr_expect_eq(ferrite_swapdb(db, 0, 1, &err), 0);
    cr_expect_eq(ferrite_swapdb(db, 3, 3, &err), 0);
    api_expect(db, "k", "1");
    api_expect(one, "k", "0");
    cr_expect_eq(ferrite_flushdb(one, &err), 0);
    cr_expect_eq(api_dbsize(one), 0);
    cr_expect_eq(api_dbsize(db), 1);
    api_set(one, "again", "1");
    api_expect_sound(db);
    cr_expect_eq(ferrite_flushall(one, &err), 0);
    cr_expect_eq(api_dbsize(last), 0);
    cr_expect_null(ferrite_select(db, 16, &err));
    api_expect_error(&err, FERRITE_RANGE, "ERR DB index is out of range");
    cr_expect_null(ferrite_select(db, -1, &err));
    api_expect_error(&err, FERRITE_RANGE, NULL);
    cr_expect_eq(ferrite_swapdb(db, 0, 16, &err), -1);
    api_expect_error(&err, FERRITE_RANGE, "ERR DB index is out of range");
    cr_expect_eq(ferrite_database(NULL), -1);
    ferrite_close(one);
    ferrite_close(last);
}

Test(api_keys, random_keys_are_keys_and_all_of_them_come) {
    size_t len = 9;
    cr_expect_null(ferrite_randomkey(db, &len, &err));
    cr_expect_eq(len, 0);
    cr_expect_null(err);
    for (char c = 'a'; c <= 'e'; c++) ferrite_set(db, &c, 1, S("v"), NULL);
    int seen = 0;
    for (int i = 0; i < 300; i++) {
        char *key = ferrite_randomkey(db, &len, &err);
        cr_assert(key != NULL && len == 1 && key[0] >= 'a' && key[0] <= 'e');
        seen |= 1 << (key[0] - 'a');
        ferrite_free(key);
    }
    cr_expect_eq(seen, 31);
}

static void expect_keys(const char *pattern, const char *expected) {
    size_t count;
    char text[256] = "";
    ferrite_slice *keys = ferrite_keys(db, pattern, strlen(pattern), &count, &err);
    cr_assert_not_null(keys);
    for (size_t i = 0; i < count; i++) {
        strcat(text, keys[i].data);
        strcat(text, ",");
    }
    cr_expect_str_eq(text, expected, "%s: %s", pattern, text);
    ferrite_free(keys);
}

Test(api_keys, keys_by_pattern_in_order) {
    const char *names[] = {"user:2", "user:10", "user:1", "post:1", "us", "", "user[1]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) api_set(db, names[i], "v");
    expect_keys("*", ",post:1,us,user:1,user:10,user:2,user[1],");
    expect_keys("user:*", "user:1,user:10,user:2,");
    expect_keys("user:?", "user:1,user:2,");
    expect_keys("*:1", "post:1,user:1,");
    expect_keys("user\\[*", "user[1],");
    expect_keys("", ",");
    expect_keys("none", "");
    expect_keys("us", "us,");
}
