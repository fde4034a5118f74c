/* api_process_test.c - handles across threads and forks. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/api.h"

static struct bed bed;
static ferrite_db *db;
static void setup(void) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    bed = bed_make();
    db = ferrite_open_with(bed.path, &options, NULL);
}
static void teardown(void) {
    api_expect_sound(db);
    ferrite_close(db);
    bed_remove(&bed);
}
TestSuite(api_process, .init = setup, .fini = teardown);

/* ---- fork ---- */

static int refused(ferrite_error **err) {
    int code = ferrite_error_code(*err);
    ferrite_error_free(*err);
    *err = NULL;
    return code == FERRITE_INVALID;
}

struct family {
    ferrite_db *tx, *snapshot, *batch;
    ferrite_iterator *it;
};

/* In the child: every handle refuses, and closing them harms nobody. 0, or which step failed. */
static int child_tries(struct family *f) {
    ferrite_error *err = NULL;
    if (ferrite_get(db, S("k"), NULL, &err) != NULL || !refused(&err)) return 1;
    if (ferrite_set(db, S("k"), S("child"), &err) != -1 || !refused(&err)) return 2;
    if (ferrite_set(f->tx, S("k"), S("child"), &err) != -1 || !refused(&err)) return 3;
    if (ferrite_commit(f->tx, &err) != -1 || !refused(&err)) return 4;
    if (ferrite_get(f->snapshot, S("k"), NULL, &err) != NULL || !refused(&err)) return 5;
    if (ferrite_set(f->batch, S("k"), S("child"), &err) != -1 || !refused(&err)) return 6;
    if (ferrite_iterator_next(f->it, NULL, NULL, &err) != -1 || !refused(&err)) return 7;
    if (ferrite_snapshot(db, &err) != NULL || !refused(&err)) return 8;
    if (ferrite_begin(db, &err) != NULL || !refused(&err)) return 9;
    if (ferrite_select(db, 1, &err) != NULL || !refused(&err)) return 10;
    if (ferrite_checkpoint(db, &err) != -1 || !refused(&err)) return 11;
    ferrite_close(f->tx);
    ferrite_close(f->snapshot);
    ferrite_close(f->batch);
    ferrite_iterator_close(f->it);
    ferrite_close(db);
    return 0;
}

Test(api_process, child_is_refused_and_does_no_harm) {
    api_set(db, "k", "v");
    struct family f = {ferrite_begin(db, NULL), ferrite_snapshot(db, NULL), ferrite_batch(db, NULL),
                       ferrite_iterate(db, NULL, NULL)};
    api_set(f.tx, "in tx", "1");
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) _exit(child_tries(&f));
    int status;
    waitpid(child, &status, 0);
    cr_expect_eq(status, 0, "step %d", WEXITSTATUS(status));
    cr_expect(bed_has(&bed, "-lock"));
    cr_expect_eq(ferrite_commit(f.tx, NULL), 0);
    ferrite_close(f.tx);
    api_expect(f.snapshot, "k", "v");
    ferrite_close(f.snapshot);
    ferrite_close(f.batch);
    cr_expect_eq(ferrite_iterator_next(f.it, NULL, NULL, NULL), 1);
    ferrite_iterator_close(f.it);
    api_expect(db, "in tx", "1");
    api_set(db, "after", "1");
}

static pid_t forked;
static int released[2];

static int write_and_fork(ferrite_db *tx, void *ctx, ferrite_error **err) {
    char byte;
    (void)ctx;
    (void)err;
    api_set(tx, "in tx", "1");
    fflush(NULL);
    forked = fork();
    if (forked == 0) return read(released[0], &byte, 1) == 1 ? 0 : -2; /* which commits, elsewhere */
    return 5;
}

/* The log is mapped by both: a commit of the child's would lie over those that the parent made since. */
Test(api_process, child_forked_inside_a_transaction_commits_nothing) {
    ferrite_error *err = NULL;
    char path[128];
    int status;
    cr_assert_eq(pipe(released), 0);
    api_set(db, "k", "v");
    int result = ferrite_transaction(db, write_and_fork, NULL, &err);
    if (forked == 0) _exit(result == -1 && refused(&err) ? 0 : 1);
    cr_expect_eq(result, 5);
    api_set(db, "after", "1");
    cr_assert_eq(write(released[1], "x", 1), 1);
    waitpid(forked, &status, 0);
    cr_expect_eq(status, 0);
    bed_path(&bed, "killed.ferrite", path);
    bed_copy(&bed, path);
    ferrite_db *copy = api_open(path);
    api_expect(copy, "in tx", NULL);
    api_expect(copy, "after", "1");
    ferrite_close(copy);
    bed_unlink(path);
}

Test(api_process, child_may_open_the_file_itself_once_it_is_closed) {
    api_set(db, "k", "v");
    int ready[2];
    cr_assert_eq(pipe(ready), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        if (read(ready[0], &byte, 1) != 1) _exit(1);
        ferrite_db *own = ferrite_open(bed.path, NULL);
        if (own == NULL) _exit(2);
        if (ferrite_set(own, S("child"), S("1"), NULL) != 0) _exit(3);
        ferrite_close(own);
        _exit(0);
    }
    ferrite_close(db);
    cr_assert_eq(write(ready[1], "x", 1), 1);
    int status;
    waitpid(child, &status, 0);
    cr_expect_eq(status, 0, "step %d", WEXITSTATUS(status));
    db = api_open(bed.path);
    api_expect(db, "child", "1");
}

/* ---- threads ---- */

#define THREADS 4
#define ROUNDS  300

static void *count_up(void *ctx) {
    (void)ctx;
    for (int i = 0; i < ROUNDS; i++)
        if (ferrite_incr(db, S("n"), NULL, NULL) != 0) return (void *)1;
    return NULL;
}

static int add_two(ferrite_db *tx, void *ctx, ferrite_error **err) {
    (void)ctx;
    if (ferrite_incr(tx, S("a"), NULL, err) != 0) return -1;
    return ferrite_incr(tx, S("b"), NULL, err);
}

static void *add_in_transactions(void *ctx) {
    (void)ctx;
    for (int i = 0; i < ROUNDS; i++)
        if (ferrite_transaction(db, add_two, NULL, NULL) != 0) return (void *)1;
    return NULL;
}

static _Atomic int done;

/* a and b are always changed together: whoever sees one state sees them equal. */
static void *look(void *ctx) {
    ferrite_db *shared = ctx;
    while (!done) {
        ferrite_db *snapshot = ferrite_snapshot(db, NULL);
        const ferrite_slice keys[] = {SLICE("a"), SLICE("b")};
        ferrite_slice *values = ferrite_mget(snapshot, keys, 2, NULL);
        if (values[0].len != values[1].len ||
            (values[0].len != 0 && memcmp(values[0].data, values[1].data, values[0].len) != 0))
            return (void *)1;
        ferrite_free(values);
        ferrite_close(snapshot);
        char *value = ferrite_get(shared, S("fixed"), NULL, NULL);
        if (value == NULL || strcmp(value, "1") != 0) return (void *)2;
        ferrite_free(value);
    }
    return NULL;
}

static void join_all(pthread_t *threads, int count) {
    for (int i = 0; i < count; i++) {
        void *result;
        pthread_join(threads[i], &result);
        cr_expect_null(result, "%ld", (long)result);
    }
}

Test(api_process, threads_share_root_and_snapshot_handles) {
    pthread_t writers[2 * THREADS], readers[THREADS];
    api_set(db, "fixed", "1");
    ferrite_db *shared = ferrite_snapshot(db, NULL);
    api_set(db, "fixed", "2");
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&writers[2 * i], NULL, count_up, NULL);
        pthread_create(&writers[2 * i + 1], NULL, add_in_transactions, NULL);
        pthread_create(&readers[i], NULL, look, shared);
    }
    join_all(writers, 2 * THREADS);
    done = 1;
    join_all(readers, THREADS);
    ferrite_close(shared);
    char total[16];
    snprintf(total, sizeof total, "%d", THREADS * ROUNDS);
    api_expect(db, "n", total);
    api_expect(db, "a", total);
    api_expect(db, "b", total);
}
