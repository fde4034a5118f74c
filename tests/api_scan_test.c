/* api_scan_test.c - SCAN: a key present throughout is returned, whatever happens beside it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"

#define KEYS 500

static ferrite_db *db;
static void setup(void) { db = api_memory(); }
static void teardown(void) { ferrite_close(db); }
TestSuite(api_scan, .init = setup, .fini = teardown);

static void key_name(int i, char out[16]) { snprintf(out, 16, "key:%04d", i); }

static void set_key(int i) {
    char key[16];
    key_name(i, key);
    api_set(db, key, "v");
}

static int delete_key(int i) {
    char key[16];
    key_name(i, key);
    return ferrite_del(db, key, strlen(key), NULL);
}

/* One step; counts what was seen. */
static size_t step(uint64_t *cursor, size_t effort, int *seen) {
    ferrite_error *err = NULL;
    size_t count;
    ferrite_slice *keys =
        ferrite_scan(db, cursor, NULL, 0, effort, FERRITE_TYPE_NONE, &count, &err);
    cr_assert_not_null(keys, "%s", ferrite_error_message(err));
    for (size_t i = 0; i < count; i++) seen[atoi(keys[i].data + 4)]++;
    ferrite_free(keys);
    return count;
}

Test(api_scan, without_changes_each_key_comes_once) {
    int seen[KEYS] = {0};
    for (int i = 0; i < KEYS; i++) set_key(i);
    const size_t efforts[] = {0, 1, 7, 100, KEYS, KEYS + 1};
    for (size_t e = 0; e < sizeof efforts / sizeof *efforts; e++) {
        uint64_t cursor = 0;
        int steps = 0;
        memset(seen, 0, sizeof seen);
        do {
            step(&cursor, efforts[e], seen);
            cr_assert_leq(++steps, KEYS);
        } while (cursor != 0);
        for (int i = 0; i < KEYS; i++) cr_assert_eq(seen[i], 1, "%d %d", (int)e, i);
    }
}

/* Even keys stay; odd ones come and go at random between the steps, also by rename and flush of
 * other databases. */
Test(api_scan, keys_present_throughout_always_come) {
    srand(7);
    for (int round = 0; round < 60; round++) {
        int seen[KEYS] = {0}, steps = 0;
        ferrite_flushdb(db, NULL);
        for (int i = 0; i < KEYS; i++)
            if (i % 2 == 0 || rand() % 2) set_key(i);
        uint64_t cursor = 0;
        do {
            step(&cursor, (size_t)(rand() % 30) + 1, seen);
            for (int change = rand() % 40; change > 0; change--) {
                int i = rand() % (KEYS / 2) * 2 + 1;
                if (rand() % 2)
                    set_key(i);
                else
                    delete_key(i);
            }
            cr_assert_lt(++steps, 3 * KEYS);
        } while (cursor != 0);
        for (int i = 0; i < KEYS; i += 2) cr_assert_geq(seen[i], 1, "round %d key %d", round, i);
    }
}

Test(api_scan, deleting_what_was_returned_empties_the_database) {
    for (int i = 0; i < KEYS; i++) set_key(i);
    uint64_t cursor = 0;
    do {
        int seen[KEYS] = {0};
        step(&cursor, 10, seen);
        for (int i = 0; i < KEYS; i++)
            if (seen[i]) cr_assert_eq(delete_key(i), 1);
    } while (cursor != 0);
    cr_expect_eq(api_dbsize(db), 0);
}

/* As many deletions and insertions between two steps as a step returns: it ends all the same. */
Test(api_scan, ends_under_steady_churn) {
    int seen[KEYS * 2] = {0}, steps = 0;
    for (int i = 0; i < KEYS; i++) set_key(i);
    uint64_t cursor = 0;
    do {
        step(&cursor, 10, seen);
        for (int i = 0; i < 50; i++) {
            cr_assert_eq(delete_key(KEYS - 1), 1);
            set_key(KEYS - 1);
        }
        cr_assert_lt(++steps, KEYS);
    } while (cursor != 0);
}

Test(api_scan, goes_on_after_reopening) {
    struct bed bed = bed_make();
    ferrite_close(db);
    db = api_open(bed.path);
    int seen[KEYS] = {0};
    ferrite_db *tx = ferrite_begin(db, NULL), *memory = db;
    db = tx;
    for (int i = 0; i < KEYS; i++) set_key(i);
    ferrite_commit(tx, NULL);
    ferrite_close(tx);
    db = memory;
    uint64_t cursor = 0;
    do {
        step(&cursor, 100, seen);
        delete_key(3);
        ferrite_close(db);
        db = api_open(bed.path);
    } while (cursor != 0);
    for (int i = 0; i < KEYS; i++) cr_assert_geq(seen[i], 1);
    bed_remove(&bed);
}

Test(api_scan, filters_by_pattern_and_type) {
    for (int i = 0; i < KEYS; i++) set_key(i);
    uint64_t cursor = 0;
    size_t total = 0, count;
    do {
        ferrite_slice *keys =
            ferrite_scan(db, &cursor, S("key:*7"), 50, FERRITE_TYPE_STRING, &count, NULL);
        cr_assert_not_null(keys);
        total += count;
        ferrite_free(keys);
    } while (cursor != 0);
    cr_expect_eq(total, KEYS / 10);
    ferrite_slice *keys = ferrite_scan(db, &cursor, NULL, 0, KEYS, FERRITE_TYPE_HASH, &count, NULL);
    cr_expect_eq(count, 0);
    ferrite_free(keys);
}

Test(api_scan, any_number_is_a_cursor) {
    int seen[KEYS] = {0};
    for (int i = 0; i < KEYS; i++) set_key(i);
    const uint64_t odd[] = {1, 12345678901234567890u, UINT64_MAX, (uint64_t)1 << 34, 1ull << 63};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        uint64_t cursor = odd[i];
        for (int steps = 0; cursor != 0; steps++) {
            step(&cursor, 10, seen);
            cr_assert_lt(steps, KEYS);
        }
    }
    ferrite_error *err = NULL;
    cr_expect_null(ferrite_scan(db, NULL, NULL, 0, 0, 0, NULL, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
}
