/*
 * fault_copy_test.c - each call of a compaction, a load and a save in the background fails, and a save is killed (E7, E8).
 *
 * What there was before stays: the database worked on, the one read from, the one that was to be replaced.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/image.h"
#include "support/content.h"
#include "support/copies.h"
#include "support/sim_os.h"

static ferrite_error *err;
static struct sim *sim;

static void setup(void) {
    copies_begin();
    sim = sim_new();
    os_set_default(sim_os(sim));
}
static void teardown(void) {
    os_set_default(os_posix());
    sim_free(sim);
    copies_end();
}
TestSuite(fault_copy, .init = setup, .fini = teardown, .timeout = 300);

static const struct sim_fault kinds[] = {
    {SIM_PWRITEV | SIM_ALLOCATE | SIM_TRUNCATE | SIM_DATASYNC, 0, ENOSPC, false},
    {SIM_PWRITEV | SIM_ALLOCATE | SIM_TRUNCATE | SIM_DATASYNC, 0, ENOSPC, true},
    {SIM_PWRITEV | SIM_ALLOCATE | SIM_TRUNCATE | SIM_DATASYNC | SIM_PREAD, 0, EIO, true},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static void fault_at(size_t kind, uint64_t nth) {
    struct sim_fault fault = kinds[kind];
    fault.nth = nth;
    sim_fault_set(sim, &fault);
}

/* Whether any call failed; from now on none does. */
static bool fault_over(void) {
    const bool made = sim_faults_made(sim) > 0;
    sim_fault_set(sim, NULL);
    return made;
}

static void code_expect(int code) {
    cr_expect(code == FERRITE_FULL || code == FERRITE_IO, "%d: %s", code,
              ferrite_error_message(err));
    ferrite_error_free(err);
    err = NULL;
}

static off_t length(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 ? info.st_size : -1;
}

static void expect_one(const char *path, uint64_t digest, uint64_t other) {
    ferrite_db *db = copies_open(path, 0);
    const uint64_t found = content_digest(db);
    cr_expect(found == digest || found == other);
    api_expect_sound(db);
    ferrite_close(db);
}

static void expect_content(const char *path, uint64_t digest) { expect_one(path, digest, digest); }

/* ---- compaction ---- */

static bool compact_once(const struct image *thinned, uint64_t digest, size_t kind, uint64_t nth) {
    const char *path = copies.bed.path;
    image_save(thinned, path);
    ferrite_db *db = copies_open(path, 0);
    fault_at(kind, nth);
    const int code = ferrite_compact(db, NULL, NULL, &err);
    const bool made = fault_over();
    if (code < 0) code_expect(ferrite_error_code(err));
    cr_expect_eq(content_digest(db), digest);
    ferrite_close(db);
    cr_expect_leq(length(path), (off_t)thinned->part[IMAGE_DATA].len);
    expect_content(path, digest);
    return made;
}

Test(fault_copy, a_compaction_that_fails_changes_nothing) {
    struct image thinned;
    ferrite_db *db = copies_filled(copies.bed.path, 40);
    content_thin(db, 40);
    const uint64_t digest = content_digest(db);
    cr_assert_eq(ferrite_checkpoint(db, NULL), 0);
    image_load(&thinned, copies.bed.path);
    thinned.part[IMAGE_LOCK].there = false;
    ferrite_close(db);
    for (size_t kind = 0; kind < KINDS; kind++)
        for (uint64_t nth = 1; compact_once(&thinned, digest, kind, nth); nth++) continue;
    image_free(&thinned);
}

/* ---- load ---- */

static bool load_once(uint64_t digest, uint64_t empty, size_t kind, uint64_t nth) {
    const char *path = copies.bed.path;
    bed_unlink(path);
    ferrite_db *db = copies_open(path, 0);
    fault_at(kind, nth);
    const int code = ferrite_load(db, copies.target, NULL, &err);
    const bool made = fault_over();
    if (code < 0) code_expect(ferrite_error_code(err));
    cr_expect_eq(content_digest(db), code < 0 ? empty : digest);
    ferrite_close(db);
    expect_one(path, digest,
               code < 0 ? empty
                        : digest); /* after a failed sync the disk may have it nevertheless */
    return made;
}

Test(fault_copy, a_load_that_fails_leaves_an_empty_database_and_the_file_as_it_is) {
    struct image before, after;
    ferrite_db *db = copies_filled(copies.target, 20), *none = api_memory();
    const uint64_t digest = content_digest(db), empty = content_digest(none);
    ferrite_close(none);
    ferrite_close(db);
    image_load(&before, copies.target);
    for (size_t kind = 0; kind < KINDS; kind++)
        for (uint64_t nth = 1; load_once(digest, empty, kind, nth); nth++) continue;
    image_load(&after, copies.target);
    cr_assert_eq(after.part[IMAGE_DATA].len, before.part[IMAGE_DATA].len);
    cr_expect_eq(memcmp(after.part[IMAGE_DATA].data, before.part[IMAGE_DATA].data,
                        before.part[IMAGE_DATA].len),
                 0);
    image_free(&before);
    image_free(&after);
}

/* ---- saves in the background ---- */

struct ended {
    int code;
    bool told;
};

static void note_end(void *ctx, int code, const char *message) {
    struct ended *ended = ctx;
    (void)message;
    *ended = (struct ended){code, true};
}

/* A database that was there before is there afterwards, or the new one. */
static bool bgsave_once(ferrite_db *db, uint64_t digest, size_t kind, uint64_t nth) {
    struct ended ended = {0};
    struct image old;
    ferrite_db *other = copies_open(copies.target, 0);
    api_set(other, "old", "1");
    const uint64_t old_digest = content_digest(other);
    ferrite_close(other);
    image_load(&old, copies.target);
    fault_at(kind, nth);
    const int begun = ferrite_bgsave(db, copies.target, note_end, &ended, &err);
    const bool made = fault_over();
    if (begun < 0) code_expect(ferrite_error_code(err));
    cr_expect(begun < 0 || ended.told);
    if (begun == 0 && ended.code != FERRITE_OK) code_expect(ended.code);
    cr_expect(!target_has("-tmp"), "kind %zu, call %u: %d", kind, (unsigned)nth, ended.code);
    const bool replaced = begun == 0 && ended.code == FERRITE_OK;
    other = copies_open(copies.target, 0);
    const uint64_t found = content_digest(other);
    cr_expect(found == digest || (!replaced && found == old_digest));
    ferrite_close(other);
    cr_expect_eq(content_digest(db), digest);
    image_free(&old);
    bed_unlink(copies.target);
    return made;
}

Test(fault_copy, a_save_in_the_background_that_fails_leaves_the_old_file) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.no_threads = 1;
    ferrite_db *db = api_open_with(":memory:", &options);
    content_fill(db, 15, 1);
    const uint64_t digest = content_digest(db);
    for (size_t kind = 0; kind < KINDS; kind++)
        for (uint64_t nth = 1; bgsave_once(db, digest, kind, nth); nth++) continue;
    ferrite_close(db);
}

/* ---- killed half-way ---- */

static int kill_at(void *ctx, uint64_t done, uint64_t total) {
    (void)done, (void)total;
    if (--*(int *)ctx == 0) kill(getpid(), SIGKILL);
    return 0;
}

/* The child's database is its own: its parent has none open. */
static bool save_and_kill(int calls) {
    pid_t child = fork();
    if (child == 0) {
        os_set_default(os_posix());
        ferrite_db *db = copies_open(copies.bed.path, 0);
        const ferrite_monitor monitor = {&calls, NULL, kill_at};
        ferrite_backup(db, copies.target, &monitor, NULL);
        _exit(0);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status);
}

Test(fault_copy, a_save_that_is_killed_leaves_both_databases_and_the_next_one_cleans_up) {
    ferrite_db *db = copies_filled(copies.target, 10);
    const uint64_t old_digest = content_digest(db);
    ferrite_close(db);
    db = copies_filled(copies.bed.path, 600);
    const uint64_t digest = content_digest(db);
    ferrite_close(db);
    bool left = false;
    for (int calls = 1; save_and_kill(calls); calls *= 4) {
        left |= target_has("-tmp");
        expect_content(copies.target, old_digest);
        expect_content(copies.bed.path, digest);
    }
    cr_expect(left, "what was written so far");
    db = copies_open(copies.bed.path, 0);
    target_make(db); /* which expects nothing beside it */
    ferrite_close(db);
    expect_content(copies.target, digest);
}
