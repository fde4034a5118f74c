/*
 * api_evicted_test.c - eviction at the commit of transactions and batches, and on_evict: who is told, when, and how
 * often.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"
#include "support/bounded.h"
#include "support/clock.h"

static ferrite_error *err;

struct told {
    unsigned count;
    char last[64];
    ferrite_db *db;
};

static void on_evict(void *ctx, int database, const char *key, size_t key_len) {
    struct told *told = ctx;
    told->count++;
    snprintf(told->last, sizeof told->last, "%d:%.*s", database, (int)key_len, key);
    if (told->db != NULL) cr_expect_eq(ferrite_exists(told->db, key, key_len, NULL), 0);
}

static ferrite_db *open_telling(struct told *told, uint64_t max_keys) {
    ferrite_options options = bounded_options(FERRITE_EVICT_ALL_LRU);
    options.max_keys = max_keys;
    options.on_evict = on_evict;
    options.on_evict_ctx = told;
    ferrite_db *db = api_open_with(NULL, &options);
    told->db = db;
    return db;
}

Test(api_evicted, on_evict_is_told_each_key_after_the_commit) {
    struct told told = {0};
    ferrite_db *db = open_telling(&told, 2);
    api_set(db, "a", "1");
    api_set(db, "b", "1");
    cr_expect_eq(told.count, 0);
    api_set(db, "c", "1");
    cr_expect_eq(told.count, 1);
    cr_expect_str_eq(told.last, "0:a");
    api_expect(db, "a", NULL);
    api_expect(db, "c", "1");
    ferrite_close(db);
}

Test(api_evicted, what_a_rolled_back_transaction_evicted_is_still_there) {
    struct told told = {0};
    ferrite_db *db = open_telling(&told, 100);
    for (unsigned i = 0; i < 100; i++) cr_assert_eq(numbered_set(db, i, 10, 0, &err), 0);
    ferrite_db *tx = ferrite_begin(db, &err);
    for (unsigned i = 100; i < 2000; i++) cr_assert_eq(numbered_set(tx, i, 10, 0, &err), 0);
    cr_assert_eq(ferrite_rollback(tx, &err), 0);
    ferrite_close(tx);
    for (unsigned i = 0; i < 100; i++) cr_expect_eq(numbered_exists(db, i), 1);
    cr_expect_eq(told.count, 0);
    cr_expect_eq(api_stats(db).evicted_keys, 0);
    tx = ferrite_begin(db, &err);
    for (unsigned i = 100; i < 150; i++) cr_assert_eq(numbered_set(tx, i, 10, 0, &err), 0);
    for (unsigned i = 0; i < 100; i++) cr_expect_eq(numbered_exists(tx, i), 1, "before the commit");
    cr_assert_eq(ferrite_commit(tx, &err), 0);
    ferrite_close(tx);
    cr_expect_eq(told.count, 50);
    cr_expect_eq(api_stats(db).evicted_keys, 50);
    cr_expect_eq(api_dbsize(db), 100);
    ferrite_close(db);
}

Test(api_evicted, a_batch_evicts_at_its_commit) {
    struct told told = {0};
    ferrite_db *db = open_telling(&told, 100);
    for (unsigned i = 0; i < 100; i++) cr_assert_eq(numbered_set(db, i, 10, 0, &err), 0);
    ferrite_db *batch = ferrite_batch(db, &err);
    for (unsigned i = 100; i < 130; i++) cr_assert_eq(numbered_set(batch, i, 10, 0, &err), 0);
    cr_assert_eq(ferrite_commit(batch, &err), 0);
    ferrite_close(batch);
    cr_expect_eq(told.count, 30);
    cr_expect_eq(api_dbsize(db), 100);
    ferrite_close(db);
}

Test(api_evicted, a_transaction_that_cannot_make_room_is_undone) {
    ferrite_options options = bounded_options(FERRITE_EVICT_NONE);
    options.max_keys = 3;
    ferrite_db *db = api_open_with(NULL, &options);
    api_set(db, "a", "1");
    api_set(db, "b", "1");
    ferrite_db *tx = ferrite_begin(db, &err);
    api_set(tx, "c", "1");
    api_set(tx, "d", "1");
    expect_oom(ferrite_set(tx, S("e"), S("1"), &err), &err);
    expect_oom(ferrite_commit(tx, &err), &err);
    ferrite_close(tx);
    cr_expect_eq(api_dbsize(db), 2);
    tx = ferrite_begin(db, &err);
    api_set(tx, "c", "1");
    api_set(tx, "d", "1");
    cr_expect_eq(ferrite_del(tx, S("a"), &err), 1);
    cr_expect_eq(ferrite_commit(tx, &err), 0);
    ferrite_close(tx);
    cr_expect_eq(api_dbsize(db), 3);
    ferrite_close(db);
}
