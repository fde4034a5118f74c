/* api_transaction_test.c - transactions, snapshots and batches. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"

static ferrite_db *db;
static ferrite_error *err;
static void setup(void) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.busy_timeout_ms = 50;
    db = ferrite_open_with(NULL, &options, NULL);
}
static void teardown(void) {
    api_expect_sound(db);
    ferrite_close(db);
}
TestSuite(api_transaction, .init = setup, .fini = teardown);

/* ---- waiting ---- */

/* What the library does for itself (checkpoints, freeing what was dropped) is no transaction of anybody. */
Test(api_transaction, who_never_waits_is_not_refused_for_the_upkeep) {
    static char value[100];
    struct bed bed = bed_make();
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.busy_timeout_ms = 0;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.dirty_limit = 2 << 20;
    ferrite_db *file = ferrite_open_with(bed.path, &options, NULL);
    for (int i = 0; i < 200000; i++) {
        char key[16];
        int len = snprintf(key, sizeof key, "%d", i * 7919 % 100003);
        int done = ferrite_set(file, key, (size_t)len, value, sizeof value, &err);
        cr_assert_eq(done, 0, "%s", ferrite_error_message(err));
    }
    ferrite_close(file);
    bed_remove(&bed);
}

/* ---- with a function ---- */

static int write_two(ferrite_db *tx, void *ctx, ferrite_error **e) {
    if (ferrite_set(tx, S("a"), S("1"), e) != 0) return -1;
    if (ferrite_set(tx, S("b"), S("2"), e) != 0) return -1;
    api_expect(tx, "a", "1"); /* it reads its own writes */
    api_expect(db, "a", NULL);
    return *(int *)ctx;
}

Test(api_transaction, zero_commits) {
    int result = 0;
    cr_expect_eq(ferrite_transaction(db, write_two, &result, &err), 0);
    api_expect(db, "a", "1");
    api_expect(db, "b", "2");
}

Test(api_transaction, anything_else_rolls_back_and_is_returned) {
    int result = 42;
    cr_expect_eq(ferrite_transaction(db, write_two, &result, &err), 42);
    result = -7;
    cr_expect_eq(ferrite_transaction(db, write_two, &result, &err), -7);
    cr_expect_null(err);
    cr_expect_eq(api_dbsize(db), 0);
}

static int fail_inside(ferrite_db *tx, void *ctx, ferrite_error **e) {
    (void)ctx;
    api_set(tx, "n", "x");
    return ferrite_incr(tx, S("n"), NULL, e);
}

Test(api_transaction, error_of_the_function_is_the_callers) {
    cr_expect_eq(ferrite_transaction(db, fail_inside, NULL, &err), -1);
    api_expect_error(&err, FERRITE_RANGE, "ERR value is not an integer or out of range");
    api_expect(db, "n", NULL);
}

/* An argument error harms nothing: the function may go on and commit. */
static int recover_inside(ferrite_db *tx, void *ctx, ferrite_error **e) {
    (void)ctx;
    api_set(tx, "n", "x");
    cr_expect_eq(ferrite_incr(tx, S("n"), NULL, NULL), -1);
    cr_expect_eq(ferrite_rename(tx, S("none"), S("x"), NULL), -1);
    return ferrite_set(tx, S("n"), S("5"), e);
}

Test(api_transaction, argument_errors_do_not_end_it) {
    cr_expect_eq(ferrite_transaction(db, recover_inside, NULL, &err), 0);
    api_expect(db, "n", "5");
}

static int misuse(ferrite_db *tx, void *ctx, ferrite_error **e) {
    ferrite_error *inner = NULL;
    (void)ctx;
    (void)e;
    cr_expect_eq(ferrite_set(db, S("k"), S("v"), &inner), -1);
    api_expect_error(&inner, FERRITE_BUSY, NULL);
    cr_expect_null(ferrite_begin(db, &inner));
    api_expect_error(&inner, FERRITE_BUSY, NULL);
    cr_expect_eq(ferrite_commit(tx, &inner), -1);
    api_expect_error(&inner, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_rollback(tx, &inner), -1);
    api_expect_error(&inner, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_transaction(tx, misuse, NULL, &inner), -1);
    api_expect_error(&inner, FERRITE_INVALID, NULL);
    cr_expect_null(ferrite_begin(tx, &inner));
    api_expect_error(&inner, FERRITE_INVALID, NULL);
    cr_expect_null(ferrite_snapshot(tx, &inner));
    api_expect_error(&inner, FERRITE_INVALID, NULL);
    cr_expect_null(ferrite_batch(tx, &inner));
    api_expect_error(&inner, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_checkpoint(tx, &inner), -1);
    api_expect_error(&inner, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_check(tx, NULL, NULL, &inner), -1);
    api_expect_error(&inner, FERRITE_INVALID, NULL);
    ferrite_close(tx); /* without effect */
    api_set(tx, "k", "v");
    return 0;
}

Test(api_transaction, what_is_not_possible_inside_fails_at_once) {
    cr_expect_eq(ferrite_transaction(db, misuse, NULL, &err), 0);
    api_expect(db, "k", "v");
    cr_expect_eq(ferrite_transaction(db, NULL, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_transaction(NULL, misuse, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
}

/* ---- begin, commit, rollback ---- */

Test(api_transaction, begin_and_commit) {
    ferrite_db *tx = ferrite_begin(db, &err);
    cr_assert_not_null(tx);
    api_set(tx, "a", "1");
    api_expect(db, "a", NULL);
    cr_expect_eq(api_dbsize(tx), 1);
    cr_expect_eq(ferrite_commit(tx, &err), 0);
    api_expect(db, "a", "1");
    cr_expect_eq(ferrite_set(tx, S("k"), S("v"), &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_null(ferrite_get(tx, S("a"), NULL, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_commit(tx, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(tx);
}

Test(api_transaction, rollback_and_close_undo_everything) {
    api_set(db, "a", "old");
    ferrite_db *tx = ferrite_begin(db, &err);
    api_set(tx, "a", "new");
    api_set(tx, "b", "new");
    ferrite_flushall(tx, NULL);
    cr_expect_eq(ferrite_rollback(tx, &err), 0);
    ferrite_close(tx);
    tx = ferrite_begin(db, &err);
    for (int i = 0; i < 5000; i++) {
        char key[16];
        snprintf(key, sizeof key, "key%d", i);
        api_set(tx, key, "value");
    }
    ferrite_close(tx);
    api_expect(db, "a", "old");
    cr_expect_eq(api_dbsize(db), 1);
}

static void *root_write(void *ctx) {
    ferrite_error **e = ctx;
    return (void *)(intptr_t)ferrite_set(db, S("k"), S("v"), e);
}

Test(api_transaction, another_thread_waits_as_long_as_it_was_told) {
    ferrite_db *tx = ferrite_begin(db, &err);
    pthread_t thread;
    void *result;
    ferrite_error *e = NULL;
    pthread_create(&thread, NULL, root_write, &e);
    pthread_join(thread, &result);
    cr_expect_eq((intptr_t)result, -1);
    api_expect_error(&e, FERRITE_BUSY, NULL);
    ferrite_close(tx);
    cr_expect_eq(ferrite_set(db, S("k"), S("v"), &err), 0);
}

/* A transaction is not bound to the thread that began it. */
static void *finish(void *ctx) {
    ferrite_db *tx = ctx;
    api_set(tx, "b", "2");
    return (void *)(intptr_t)ferrite_commit(tx, NULL);
}

Test(api_transaction, may_go_from_thread_to_thread) {
    ferrite_db *tx = ferrite_begin(db, &err);
    api_set(tx, "a", "1");
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, finish, tx);
    pthread_join(thread, &result);
    cr_expect_eq((intptr_t)result, 0);
    ferrite_close(tx);
    api_expect(db, "a", "1");
    api_expect(db, "b", "2");
}

Test(api_transaction, other_databases_are_part_of_it) {
    ferrite_db *tx = ferrite_begin(db, &err), *tx_one = ferrite_select(tx, 1, &err);
    ferrite_db *one = ferrite_select(db, 1, &err), *tx_from_one;
    api_set(tx, "k", "0");
    api_set(tx_one, "k", "1");
    cr_expect_eq(ferrite_swapdb(tx, 0, 1, &err), 0);
    api_expect(tx, "k", "1");
    api_expect(one, "k", NULL);
    ferrite_close(tx_one); /* a selected handle does not end it */
    cr_expect_eq(ferrite_commit(tx, &err), 0);
    api_expect(one, "k", "0");
    ferrite_close(tx);
    tx_from_one = ferrite_begin(one, &err);
    cr_expect_eq(ferrite_database(tx_from_one), 1);
    ferrite_close(tx_from_one);
    ferrite_close(one);
}

/* ---- snapshots ---- */

Test(api_transaction, snapshot_sees_one_state_for_its_whole_life) {
    char *big = malloc(200000);
    memset(big, 'x', 200000);
    api_set(db, "a", "1");
    ferrite_set(db, S("big"), big, 200000, NULL);
    ferrite_db *snapshot = ferrite_snapshot(db, &err), *one = ferrite_select(snapshot, 1, &err);
    for (int round = 0; round < 50; round++) {
        api_set(db, "a", "2");
        ferrite_append(db, S("big"), S("y"), NULL);
        ferrite_flushall(db, NULL);
        for (int i = 0; i < 100; i++) {
            char key[16];
            snprintf(key, sizeof key, "key%d", i);
            api_set(db, key, "value");
        }
        api_expect(snapshot, "a", "1");
        cr_expect_eq(ferrite_strlen(snapshot, S("big"), NULL), 200000);
        cr_expect_eq(api_dbsize(snapshot), 2);
    }
    cr_expect_eq(api_dbsize(one), 0);
    cr_expect_eq(ferrite_set(snapshot, S("k"), S("v"), &err), -1);
    api_expect_error(&err, FERRITE_READONLY, NULL);
    cr_expect_eq(ferrite_del(one, S("k"), &err), -1);
    api_expect_error(&err, FERRITE_READONLY, NULL);
    cr_expect_eq(ferrite_commit(snapshot, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(one);
    ferrite_close(snapshot);
    free(big);
}

/* ---- batches ---- */

Test(api_transaction, batch_applies_all_at_commit_without_holding_writers_up) {
    api_set(db, "gone", "1");
    ferrite_db *batch = ferrite_batch(db, &err), *one = ferrite_select(batch, 1, &err);
    ferrite_db *root_one = ferrite_select(db, 1, &err);
    const ferrite_slice pairs[] = {SLICE("c"), SLICE("3"), SLICE("d"), SLICE("4")};
    api_set(batch, "a", "1");
    api_set(one, "a", "in one");
    cr_expect_eq(ferrite_mset(batch, pairs, 4, &err), 0);
    cr_expect_eq(ferrite_del(batch, S("gone"), &err), 0);
    cr_expect_eq(ferrite_del(batch, S("never there"), &err), 0);
    api_set(db, "between", "1"); /* the writer is free */
    api_expect(db, "a", NULL);
    api_set(batch, "d", "5");
    cr_expect_eq(ferrite_commit(batch, &err), 0);
    api_expect(db, "a", "1");
    api_expect(db, "d", "5");
    api_expect(db, "gone", NULL);
    api_expect(root_one, "a", "in one");
    cr_expect_eq(api_dbsize(db), 4);
    cr_expect_eq(ferrite_set(batch, S("k"), S("v"), &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(one);
    ferrite_close(root_one);
    ferrite_close(batch);
}

static void expect_unreadable(int result) {
    cr_expect_eq(result, -1);
    api_expect_error(&err, FERRITE_INVALID,
                     "ERR a batch only collects writes; this function has to read");
}

Test(api_transaction, batch_refuses_what_has_to_read) {
    ferrite_db *batch = ferrite_batch(db, &err);
    ferrite_set_options options = FERRITE_SET_OPTIONS_INIT;
    const ferrite_slice pair[] = {SLICE("c"), SLICE("3")};
    api_set(batch, "a", "1");
    expect_unreadable(ferrite_get(batch, S("a"), NULL, &err) == NULL ? -1 : 0);
    expect_unreadable(ferrite_incr(batch, S("a"), NULL, &err));
    expect_unreadable(ferrite_append(batch, S("a"), S("x"), &err));
    expect_unreadable(ferrite_setrange(batch, S("a"), 0, S("x"), &err));
    expect_unreadable(ferrite_setnx(batch, S("a"), S("x"), &err));
    expect_unreadable(ferrite_msetnx(batch, pair, 2, &err));
    expect_unreadable(ferrite_rename(batch, S("a"), S("x"), &err));
    expect_unreadable(ferrite_copy(batch, S("a"), S("x"), -1, 0, &err));
    expect_unreadable(ferrite_move(batch, S("a"), 1, &err));
    expect_unreadable(ferrite_exists(batch, S("a"), &err));
    expect_unreadable(ferrite_incrbyfloat(batch, S("a"), 1, NULL, &err));
    expect_unreadable(ferrite_getdel(batch, S("a"), NULL, &err) == NULL ? -1 : 0);
    expect_unreadable(ferrite_keys(batch, S("*"), NULL, &err) == NULL ? -1 : 0);
    expect_unreadable(ferrite_dbsize(batch, NULL, &err));
    options.flags = FERRITE_SET_KEEPTTL;
    expect_unreadable(ferrite_set_with(batch, S("a"), S("x"), &options, NULL, NULL, &err));
    cr_expect_null(ferrite_iterate(batch, NULL, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_commit(batch, &err), 0);
    cr_expect_eq(api_dbsize(db), 1);
    ferrite_close(batch);
}

Test(api_transaction, batch_may_flush_and_swap) {
    api_set(db, "old", "1");
    ferrite_db *batch = ferrite_batch(db, &err), *one = ferrite_select(db, 1, &err);
    cr_expect_eq(ferrite_flushdb(batch, &err), 0);
    api_set(batch, "new", "1");
    cr_expect_eq(ferrite_swapdb(batch, 0, 1, &err), 0);
    cr_expect_eq(ferrite_commit(batch, &err), 0);
    api_expect(one, "new", "1");
    cr_expect_eq(api_dbsize(db), 0);
    ferrite_close(batch);
    batch = ferrite_batch(db, &err);
    cr_expect_eq(ferrite_flushall(batch, &err), 0);
    cr_expect_eq(ferrite_commit(batch, &err), 0);
    cr_expect_eq(api_dbsize(one), 0);
    ferrite_close(one);
    ferrite_close(batch);
}

Test(api_transaction, batch_rolled_back_or_closed_did_nothing) {
    ferrite_db *batch = ferrite_batch(db, &err);
    api_set(batch, "a", "1");
    cr_expect_eq(ferrite_rollback(batch, &err), 0);
    ferrite_close(batch);
    batch = ferrite_batch(db, &err);
    api_set(batch, "a", "1");
    ferrite_close(batch);
    batch = ferrite_batch(db, &err);
    cr_expect_eq(ferrite_commit(batch, &err), 0);
    ferrite_close(batch);
    cr_expect_eq(api_dbsize(db), 0);
}

static void *fill_batch(void *ctx) {
    ferrite_db *batch = ctx;
    for (int i = 0; i < 1000; i++) {
        char key[32];
        snprintf(key, sizeof key, "%lx-%d", (unsigned long)pthread_self(), i);
        ferrite_set(batch, key, strlen(key), S("v"), NULL);
    }
    return NULL;
}

Test(api_transaction, batch_may_be_filled_by_several_threads) {
    ferrite_db *batch = ferrite_batch(db, &err);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, fill_batch, batch);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    cr_expect_eq(ferrite_commit(batch, &err), 0);
    cr_expect_eq(api_dbsize(db), 4000);
    ferrite_close(batch);
}
