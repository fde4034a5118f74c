/* backup_test.c - ferrite_backup: a whole copy of one moment, or none. See backup_target_test.c for where it goes. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "support/api.h"
#include "support/content.h"
#include "support/copies.h"
#include "support/memory_rounds.h"
#include "support/sim_os.h"

static ferrite_error *err;
TestSuite(backup, .init = copies_begin, .fini = copies_end);

Test(backup, copies_everything_of_a_file) {
    ferrite_db *db = copies_filled(copies.bed.path, 1500);
    ferrite_stats stats = api_stats(db);
    target_make(db);
    target_expect(content_digest(db), stats.database_id);
    api_set(db, "goes on", "1");
    const uint64_t digest = content_digest(db);
    target_make(db); /* in place of the first one */
    target_expect(digest, stats.database_id);
    ferrite_close(db);
}

Test(backup, copies_databases_in_memory_and_read_only_and_empty_ones) {
    ferrite_db *memory = api_memory();
    target_make(memory);
    target_expect(content_digest(memory), "");
    content_fill(memory, 300, 2);
    const uint64_t digest = content_digest(memory);
    target_make(memory);
    target_expect(digest, "");
    ferrite_close(memory);
    rename(copies.target, copies.bed.path);
    ferrite_db *db = copies_open(copies.bed.path, 1);
    target_make(db);
    ferrite_close(db);
    target_expect(digest, "");
}

/* What the log of a killed process holds is copied with the rest. */
Test(backup, copies_what_is_only_in_the_log) {
    char killed[128];
    bed_path(&copies.bed, "killed.ferrite", killed);
    ferrite_db *db = copies_filled(copies.bed.path, 200);
    const uint64_t digest = content_digest(db);
    bed_copy(&copies.bed, killed);
    ferrite_close(db);
    db = copies_open(killed, 1);
    target_make(db);
    ferrite_close(db);
    target_expect(digest, "");
}

struct writing {
    ferrite_db *db;
    _Atomic bool done;
    _Atomic uint64_t writes;
};

static void *write_on(void *ctx) {
    struct writing *writing = ctx;
    for (uint64_t i = 0; !atomic_load(&writing->done); i++, atomic_fetch_add(&writing->writes, 1)) {
        char key[32];
        int len = sprintf(key, "string:%06d", (int)(i * 7919 % 1000003));
        if (i % 3 == 0)
            ferrite_del(writing->db, key, (size_t)len, NULL);
        else
            ferrite_rpush(writing->db, S("growing"), key, (size_t)len, NULL);
    }
    return NULL;
}

Test(backup, is_of_one_moment_while_others_write) {
    ferrite_db *db = copies_filled(copies.bed.path, 1500);
    struct writing writing = {.db = db};
    pthread_t thread;
    ferrite_db *snapshot = ferrite_snapshot(db, NULL);
    const uint64_t digest = content_digest(snapshot);
    pthread_create(&thread, NULL, write_on, &writing);
    while (atomic_load(&writing.writes) < 10) usleep(100);
    target_make(snapshot);
    target_expect(digest, "");
    target_make(db); /* of some moment: sound at least, and not the first */
    atomic_store(&writing.done, true);
    pthread_join(thread, NULL);
    ferrite_close(snapshot);
    ferrite_close(db);
    db = copies_open(copies.target, 0);
    api_expect_sound(db);
    cr_expect_neq(content_digest(db), digest);
    ferrite_close(db);
}

Test(backup, a_stopped_one_leaves_nothing) {
    ferrite_db *db = copies_filled(copies.bed.path, 2000);
    for (int calls = 1; calls < 20; calls += 6) {
        int left = calls;
        const ferrite_monitor monitor = {&left, NULL, copies_stop};
        cr_assert_eq(ferrite_backup(db, copies.target, &monitor, &err), -1);
        api_expect_error(&err, FERRITE_ABORTED, NULL);
        target_expect_none();
    }
    ferrite_close(db);
}

/* ---- faults ---- */

/* After a failure there is the old target or none, nothing beside it, and the database works. */
static void expect_failed_cleanly(ferrite_db *db, uint64_t digest, const char *what, uint64_t nth) {
    cr_expect(!target_has("-tmp"), "%s %llu", what, (unsigned long long)nth);
    cr_expect_eq(content_digest(db), digest);
    ferrite_error_free(err);
    err = NULL;
    if (!target_has("")) return;
    ferrite_db *whole = copies_open(copies.target, 0); /* the last step may have failed behind the rename */
    cr_expect_eq(content_digest(whole), digest, "%s %llu", what, (unsigned long long)nth);
    ferrite_close(whole);
    unlink(copies.target);
}

Test(backup, any_call_may_fail) {
    struct sim *sim = sim_new();
    os_set_default(sim_os(sim));
    ferrite_db *db = copies_filled(copies.bed.path, 30);
    const uint64_t digest = content_digest(db);
    bool failed = true;
    for (uint64_t nth = 1; failed; nth++) {
        for (int kind = 0; kind < 2; kind++) {
            struct sim_fault fault = {SIM_ALL & ~(uint32_t)(SIM_UNLINK | SIM_CLOSE), nth,
                                      kind == 0 ? EIO : ENOSPC, false};
            sim_fault_set(sim, &fault);
            failed = ferrite_backup(db, copies.target, NULL, &err) < 0;
            sim_fault_set(sim, NULL);
            if (failed) expect_failed_cleanly(db, digest, "call", nth);
        }
    }
    target_expect(digest, "");
    unlink(copies.target);
    failed = true;
    long nth = 0;
    for (; failed; nth++) {
        memory_fail(nth);
        failed = ferrite_backup(db, copies.target, NULL, &err) < 0;
        (void)memory_failed();
        if (failed) cr_expect_eq(ferrite_error_code(err), FERRITE_NOMEM);
        if (failed) expect_failed_cleanly(db, digest, "allocation", (uint64_t)nth);
    }
    cr_expect_gt(nth, 5);
    ferrite_close(db);
    os_set_default(os_posix());
    sim_free(sim);
}
