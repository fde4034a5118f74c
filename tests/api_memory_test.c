/* api_memory_test.c - every function when the n-th allocation fails, for every n: an error or the right
 * answer, nothing leaked, nothing harmed. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"
#include "support/memory_rounds.h"

static char big[200000];

static void read_all(ferrite_db *db, ferrite_error **err) {
    const ferrite_slice keys[] = {SLICE("a"), SLICE("big"), SLICE("none")};
    size_t count;
    uint64_t cursor = 0, size;
    ferrite_slice key, value;
    ferrite_free(ferrite_get(db, S("big"), NULL, err));
    ferrite_free(ferrite_getrange(db, S("big"), 5, 70000, NULL, err));
    ferrite_free(ferrite_mget(db, keys, 3, err));
    ferrite_free(ferrite_keys(db, S("*"), &count, err));
    ferrite_free(ferrite_scan(db, &cursor, S("*a*"), 5, 0, &count, err));
    ferrite_free(ferrite_lcs(db, S("a"), S("b"), NULL, err));
    ferrite_free(ferrite_lcs_idx(db, S("a"), S("b"), 0, err));
    ferrite_lcs_len(db, S("a"), S("b"), err);
    ferrite_free(ferrite_randomkey(db, NULL, err));
    ferrite_dbsize(db, &size, err);
    ferrite_exists_many(db, keys, 3, err);
    ferrite_range range = FERRITE_RANGE_INIT;
    range.prefix = (ferrite_slice)SLICE("b");
    range.flags = FERRITE_RANGE_REVERSE;
    ferrite_iterator *it = ferrite_iterate(db, &range, err);
    if (it != NULL) {
        ferrite_iterator_seek(it, S("big"), err);
        while (ferrite_iterator_next(it, &key, &value, err) == 1) continue;
    }
    ferrite_iterator_close(it);
}

static void write_all(ferrite_db *db, ferrite_error **err) {
    const ferrite_slice pairs[] = {SLICE("m1"), SLICE("1"), SLICE("m2"), SLICE("2")};
    ferrite_set_options options = FERRITE_SET_OPTIONS_INIT;
    char *old = NULL;
    ferrite_set(db, S("big"), big, sizeof big, err);
    ferrite_append(db, S("big"), big, 3000, err);
    ferrite_setrange(db, S("grown"), 2000, S("x"), err);
    ferrite_mset(db, pairs, 4, err);
    ferrite_incr(db, S("m1"), NULL, err);
    ferrite_incrbyfloat(db, S("m2"), 0.5, NULL, err);
    options.flags = FERRITE_SET_GET;
    options.expire_at_ms = INT64_MAX / 2;
    ferrite_set_with(db, S("a"), S("text"), &options, &old, NULL, err);
    ferrite_free(old);
    ferrite_free(ferrite_getset(db, S("b"), S("test"), NULL, err));
    ferrite_copy(db, S("big"), S("copy"), 1, 1, err);
    ferrite_rename(db, S("a"), S("c"), err);
    ferrite_copy(db, S("c"), S("a"), -1, 1, err);
    ferrite_free(ferrite_getdel(db, S("c"), NULL, err));
    ferrite_move(db, S("grown"), 1, err);
    ferrite_swapdb(db, 1, 2, err);
    ferrite_swapdb(db, 1, 2, err);
}

static void sessions(ferrite_db *db, ferrite_error **err) {
    ferrite_db *snapshot = ferrite_snapshot(db, err), *batch = ferrite_batch(db, err);
    ferrite_db *selected = ferrite_select(db, 1, err), *tx = ferrite_begin(db, err);
    if (snapshot != NULL) read_all(snapshot, err);
    if (tx != NULL) {
        write_all(tx, err);
        read_all(tx, err);
        ferrite_commit(tx, err);
    }
    ferrite_close(tx);
    if (batch != NULL) {
        ferrite_set(batch, S("batched"), big, 5000, err);
        ferrite_del(batch, S("m1"), err);
        ferrite_commit(batch, err);
    }
    ferrite_close(batch);
    ferrite_close(snapshot);
    if (selected != NULL) ferrite_flushdb(selected, err);
    ferrite_close(selected);
}

static void everything(ferrite_db *db, ferrite_error **err) {
    memset(big, 'b', sizeof big);
    write_all(db, err);
    read_all(db, err);
    sessions(db, err);
}

static const struct memory_plan plan = {everything, NULL, 50, 0, 1, NULL};

Test(api_memory, in_memory) { memory_rounds(NULL, &plan); }

Test(api_memory, in_a_file) { memory_rounds_in_a_file(&plan); }

/* One write of a transaction fails in the middle: false when nothing failed any more. */
static bool transaction_fails(ferrite_db *db, long n, int *aborted) {
    ferrite_error *err = NULL;
    ferrite_db *tx = ferrite_begin(db, &err);
    cr_assert_not_null(tx);
    api_set(tx, "before", "1");
    memory_fail(n);
    int result = ferrite_set(tx, S("big"), big, sizeof big, &err);
    (void)memory_failed();
    if (result != 0) {
        api_expect_error(&err, FERRITE_NOMEM, "out of memory");
        if (ferrite_exists(tx, S("before"), &err) == 1) { /* it failed before anything changed */
            ferrite_close(tx);
            return true;
        }
        api_expect_error(&err, FERRITE_ABORTED, NULL);
        cr_assert_eq(ferrite_set(tx, S("k"), S("v"), &err), -1);
        api_expect_error(&err, FERRITE_ABORTED, NULL);
        cr_assert_eq(ferrite_commit(tx, &err), -1);
        api_expect_error(&err, FERRITE_NOMEM, NULL);
        ++*aborted;
    }
    ferrite_close(tx);
    api_expect(db, "before", NULL);
    api_expect_sound(db);
    return result != 0;
}

Test(api_memory, transaction_that_failed_can_only_be_rolled_back) {
    struct bed bed = bed_make();
    ferrite_db *db = api_open(bed.path);
    int aborted = 0;
    for (long n = 0; transaction_fails(db, n, &aborted); n++) continue;
    cr_expect_gt(aborted, 0);
    ferrite_close(db);
    bed_remove(&bed);
}
