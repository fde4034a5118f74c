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

/* A snapshot keeps pages from being used again, so that the file's limit is reached in the middle. */
Test(api_evicted, a_commit_tells_why_its_transaction_failed) {
    struct bed bed = bed_make();
    ferrite_options options = bounded_options(FERRITE_EVICT_ALL_LRU);
    options.max_size = 4 << 20;
    ferrite_db *db = api_open_with(bed.path, &options);
    for (unsigned i = 0; i < 30000; i++) cr_assert_eq(numbered_set(db, i, 100, 0, &err), 0);
    ferrite_db *snapshot = ferrite_snapshot(db, &err), *tx = ferrite_begin(db, &err);
    unsigned done = 0;
    while (done < 100000 && numbered_set(tx, done * 7919u % 100003u, 100, 0, NULL) == 0) done++;
    cr_expect_lt(done, 100000);
    cr_expect_eq(numbered_set(tx, 1, 1, 0, &err), -1);
    api_expect_error(&err, FERRITE_ABORTED, NULL);
    expect_oom(ferrite_commit(tx, &err), &err);
    ferrite_close(tx);
    ferrite_close(snapshot);
    api_expect_sound(db);
    ferrite_close(db);
    bed_remove(&bed);
}

/* ---- a callback that writes ---- */

#define WRITES 1000u

/* For each of the first WRITES keys that it is told of, it writes one. */
struct keeper {
    ferrite_db *db, *other; /* other: where it writes; NULL: into db */
    unsigned calls, depth, deepest, next;
    char keys[2 * WRITES][16]; /* in the order of the calls */
};

static void keep(void *ctx, int database, const char *key, size_t key_len) {
    struct keeper *keeper = ctx;
    (void)database;
    if (++keeper->depth > keeper->deepest) keeper->deepest = keeper->depth;
    if (keeper->calls < 2 * WRITES)
        snprintf(keeper->keys[keeper->calls], sizeof keeper->keys[0], "%.*s", (int)key_len, key);
    keeper->calls++;
    ferrite_db *into = keeper->other != NULL ? keeper->other : keeper->db;
    if (keeper->next < WRITES)
        cr_expect_eq(numbered_set(into, 1000000 + keeper->next++, 10, 0, NULL), 0);
    keeper->depth--;
}

static ferrite_db *open_keeping(struct keeper *keeper, uint64_t max_keys) {
    ferrite_options options = bounded_options(FERRITE_EVICT_VOLATILE_TTL);
    options.max_keys = max_keys;
    options.on_evict = keep;
    options.on_evict_ctx = keeper;
    return keeper->db = api_open_with(NULL, &options);
}

/* Each key expires a second after the one before: so they go in the order of their numbers. */
static void keeper_fill(struct keeper *keeper, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        cr_assert_eq(numbered_set(keeper->db, i, 10, 100 + i, NULL), 0);
}

static void keeper_expect_order(const struct keeper *keeper, unsigned count) {
    char key[16];
    cr_expect_eq(keeper->calls, count);
    for (unsigned i = 0; i < count; i++) {
        snprintf(key, sizeof key, "key:%06u", i);
        cr_assert_str_eq(keeper->keys[i], key);
    }
}

Test(api_evicted, what_the_callbacks_own_writes_evict_is_told_after_it_in_order) {
    struct keeper *keeper = calloc(1, sizeof *keeper);
    ferrite_db *db = open_keeping(keeper, 2000);
    keeper_fill(keeper, 2000);
    cr_assert_eq(ferrite_set(db, S("one more"), S("v"), &err), 0);
    keeper_expect_order(keeper, WRITES + 1);
    cr_expect_eq(keeper->deepest, 1);
    cr_expect_eq(api_stats(db).evicted_keys, WRITES + 1);
    cr_expect_eq(api_dbsize(db), 2000);
    ferrite_close(db);
    free(keeper);
}

Test(api_evicted, what_a_callback_evicts_is_told_behind_the_keys_that_went_before) {
    struct keeper *keeper = calloc(1, sizeof *keeper);
    ferrite_db *db = open_keeping(keeper, 1000);
    keeper_fill(keeper, 1000);
    keeper->next = WRITES - 10;
    ferrite_db *tx = ferrite_begin(db, &err);
    for (unsigned i = 0; i < 20; i++) cr_assert_eq(numbered_set(tx, 2000000 + i, 10, 0, &err), 0);
    cr_assert_eq(ferrite_commit(tx, &err), 0);
    ferrite_close(tx);
    keeper_expect_order(keeper, 30);
    cr_expect_eq(keeper->deepest, 1);
    ferrite_close(db);
    free(keeper);
}

Test(api_evicted, callbacks_that_write_into_each_others_databases_are_not_within_themselves) {
    struct keeper *first = calloc(1, sizeof *first), *second = calloc(1, sizeof *second);
    first->other = open_keeping(second, 1500);
    second->other = open_keeping(first, 1500);
    keeper_fill(first, 1500);
    keeper_fill(second, 1500);
    cr_assert_eq(ferrite_set(first->db, S("one more"), S("v"), &err), 0);
    keeper_expect_order(first, WRITES + 1);
    keeper_expect_order(second, WRITES);
    cr_expect_eq(first->deepest, 1);
    cr_expect_eq(second->deepest, 1);
    ferrite_close(first->db);
    ferrite_close(second->db);
    free(first);
    free(second);
}
