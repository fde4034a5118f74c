/*
 * hash_iterate_test.c - random fields of a hash, scans, iterators and views; a million fields.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"

TestSuite(hash_iterate, .timeout = 300);

#define KEY S("the hash")

/* ---- random fields and scans ---- */

static void fill(ferrite_db *db, int count) {
    char field[32];
    for (int i = 0; i < count; i++) {
        int len = sprintf(field, "field %07d", i);
        ferrite_hset(db, KEY, field, (size_t)len, field, (size_t)len, NULL);
    }
}

static int number_of(ferrite_slice field) { return atoi(field.data + strlen("field ")); }

static void expect_fair(ferrite_db *db, int fields) {
    enum { DRAWS = 200 };
    int *drawn = calloc((size_t)fields, sizeof *drawn);
    size_t count;
    ferrite_slice *list = ferrite_hrandfield(db, KEY, -DRAWS * fields, 0, &count, NULL);
    cr_assert_eq(count, (size_t)(DRAWS * fields));
    for (size_t i = 0; i < count; i++) drawn[number_of(list[i])]++;
    double square = 0; /* chi squared: about `fields`, its deviation sqrt(2 fields) */
    for (int i = 0; i < fields; i++)
        square += (double)(drawn[i] - DRAWS) * (drawn[i] - DRAWS) / DRAWS;
    cr_expect_lt(square, fields + 6 * 1.5 * fields / 2, "%f of %d", square, fields);
    cr_expect_gt(square, fields / 4.0);
    ferrite_free(list);
    free(drawn);
}

Test(hash_iterate, random_fields_are_fair_and_different) {
    ferrite_db *db = api_memory();
    size_t count;
    fill(db, 20);
    expect_fair(db, 20);
    fill(db, 1000);
    expect_fair(db, 1000);
    for (int want = 1; want <= 1000; want += 111) {
        ferrite_slice *list = ferrite_hrandfield(db, KEY, want, 1, &count, NULL);
        cr_assert_eq(count, 2 * (size_t)want);
        for (size_t i = 2; i < count; i += 2) cr_assert_neq(number_of(list[i]), number_of(list[i - 2]));
        for (size_t i = 0; i < count; i += 2) cr_assert_eq(number_of(list[i]), number_of(list[i + 1]));
        ferrite_free(list);
    }
    ferrite_close(db);
}

Test(hash_iterate, a_scan_beside_changes_meets_all_that_stays) {
    ferrite_db *db = api_memory();
    char field[32];
    fill(db, 3000);
    bool *met = calloc(3000, 1);
    uint64_t cursor = 0;
    int next = 0;
    do {
        size_t count;
        ferrite_slice *pairs = ferrite_hscan(db, KEY, &cursor, NULL, 0, 50, &count, NULL);
        for (size_t i = 0; i < count; i += 2) met[number_of(pairs[i])] = true;
        ferrite_free(pairs);
        for (int i = 0; i < 20 && next < 2990; i++, next += 2) { /* odd ones stay */
            int len = sprintf(field, "field %07d", next);
            ferrite_hdel(db, KEY, field, (size_t)len, NULL);
        }
    } while (cursor != 0);
    for (int i = 1; i < 3000; i += 2) cr_assert(met[i], "field %d", i);
    free(met);
    ferrite_close(db);
}

/* ---- iterators and views ---- */

static int walk_whole(ferrite_db *db) {
    ferrite_hiterator *it = ferrite_hiterate(db, KEY, NULL);
    ferrite_slice field, value;
    int count = 0;
    cr_assert_not_null(it);
    for (; ferrite_hiterator_next(it, &field, &value, NULL) == 1; count++) {
        cr_assert_eq(number_of(field), count);
        cr_assert(value.len == field.len && memcmp(value.data, field.data, value.len) == 0);
    }
    cr_assert_eq(ferrite_hiterator_next(it, &field, NULL, NULL), 0);
    ferrite_hiterator_close(it);
    return count;
}

Test(hash_iterate, iterators_walk_it_in_order_on_any_handle) {
    ferrite_db *db = api_memory();
    for (int count = 0; count <= 2000; count += 20 + count) {
        fill(db, count);
        ferrite_db *snapshot = ferrite_snapshot(db, NULL), *tx = ferrite_begin(db, NULL);
        cr_expect_eq(walk_whole(db), count);
        cr_expect_eq(walk_whole(snapshot), count);
        cr_expect_eq(walk_whole(tx), count);
        ferrite_close(tx);
        ferrite_close(snapshot);
    }
    ferrite_close(db);
}

Test(hash_iterate, an_iterator_of_a_transaction_goes_on_after_changes) {
    ferrite_db *db = api_memory(), *tx = ferrite_begin(db, NULL);
    ferrite_slice field;
    char name[32];
    fill(tx, 1000);
    ferrite_hiterator *it = ferrite_hiterate(tx, KEY, NULL);
    int count = 0;
    for (; ferrite_hiterator_next(it, &field, NULL, NULL) == 1; count++) {
        cr_assert_eq(number_of(field), count);
        memcpy(name, field.data, field.len);
        ferrite_hdel(tx, KEY, name, field.len, NULL);
    }
    cr_expect_eq(count, 1000);
    cr_expect_eq(ferrite_exists(tx, KEY, NULL), 0);
    ferrite_hiterator_close(it);
    ferrite_close(tx);
    ferrite_close(db);
}

Test(hash_iterate, iterators_refuse_what_is_no_hash) {
    ferrite_db *db = api_memory(), *batch = ferrite_batch(db, NULL);
    ferrite_error *err = NULL;
    ferrite_slice field;
    api_set(db, "s", "text");
    cr_expect_null(ferrite_hiterate(db, S("s"), &err));
    api_expect_error(&err, FERRITE_WRONGTYPE, NULL);
    cr_expect_null(ferrite_hiterate(batch, KEY, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_hiterator_next(NULL, &field, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(batch);
    ferrite_close(db);
}

Test(hash_iterate, views_point_into_the_pages) {
    ferrite_db *db = api_memory();
    ferrite_error *err = NULL;
    ferrite_slice value;
    char *long_value = calloc(1, 200000);
    ferrite_hset(db, KEY, S("short"), S("text"), NULL);
    ferrite_db *snapshot = ferrite_snapshot(db, NULL);
    cr_expect_eq(ferrite_hview(snapshot, KEY, S("short"), &value, NULL), 1);
    cr_expect(value.len == 4 && memcmp(value.data, "text", 4) == 0);
    cr_expect_eq(ferrite_hview(snapshot, KEY, S("none"), &value, NULL), 0);
    ferrite_close(snapshot);
    ferrite_hset(db, KEY, S("run"), long_value, 60000, NULL);
    ferrite_hset(db, KEY, S("long"), long_value, 200000, NULL);
    snapshot = ferrite_snapshot(db, NULL);
    cr_expect_eq(ferrite_hview(snapshot, KEY, S("short"), &value, NULL), 1);
    cr_expect(value.len == 4 && memcmp(value.data, "text", 4) == 0);
    cr_expect_eq(ferrite_hview(snapshot, KEY, S("run"), &value, NULL), 1);
    cr_expect(value.len == 60000 && memcmp(value.data, long_value, 60000) == 0);
    cr_expect_eq(ferrite_hview(snapshot, KEY, S("long"), &value, &err), -1);
    api_expect_error(&err, FERRITE_LIMIT, NULL);
    cr_expect_eq(ferrite_hview(db, KEY, S("short"), &value, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(snapshot);
    ferrite_close(db);
    free(long_value);
}

Test(hash_iterate, a_million_fields) {
    struct bed bed = bed_make();
    ferrite_db *db = api_open_at(bed.path, FERRITE_SYNC_NONE);
    uint64_t count;
    size_t len;
    fill(db, 1000000);
    ferrite_hlen(db, KEY, &count, NULL);
    cr_expect_eq(count, 1000000);
    api_expect_text(ferrite_hget(db, KEY, S("field 0765432"), &len, NULL), &len, "field 0765432");
    ferrite_close(db);
    db = api_open_at(bed.path, FERRITE_SYNC_NONE);
    api_expect_sound(db);
    cr_expect_eq(ferrite_rename(db, KEY, S("other"), NULL), 0);
    cr_expect_eq(ferrite_copy(db, S("other"), KEY, 2, 0, NULL), 1);
    cr_expect_eq(ferrite_del(db, S("other"), NULL), 1);
    ferrite_db *two = ferrite_select(db, 2, NULL);
    api_expect_text(ferrite_hget(two, KEY, S("field 0999999"), &len, NULL), &len, "field 0999999");
    ferrite_close(two);
    cr_expect_eq(ferrite_flushall(db, NULL), 0);
    api_expect_sound(db);
    ferrite_close(db);
    bed_remove(&bed);
}
