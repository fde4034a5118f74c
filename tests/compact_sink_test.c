/*
 * compact_sink_test.c - a compaction whose checkpoint has to put the free list behind the file's end, because others have
 * all free pages at that moment, cuts the file again once they are back: it never ends longer than it was (E8).
 *
 * Those others are a snapshot, which pins what a transaction gave up, and in place of writers the test: it takes all that
 * is free before the compaction, and by the table of system calls when its first checkpoint is done; the file's first cut
 * gives it back.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "libferrite/db.h"
#include "libferrite/txn/engine.h"
#include "support/api.h"

#define KEYS 1500

static struct pager *armed; /* from before the compaction to its end */
static pgno taken[1000];
static size_t taken_count;
static int cuts;

static void take_all(void) {
    while (armed->space.avail.set > 0)
        cr_assert_eq(pager_take_below(armed, 1, armed->space.page_count, &taken[taken_count++]), FERRITE_OK);
}

/* (Asked at the end of a checkpoint, under the writer lock.) */
static int64_t clock_taking(struct os *os) {
    if (armed != NULL && cuts == 0) take_all();
    return os_posix()->calls->clock_ms(os);
}

static int truncate_giving(struct os *os, int fd, uint64_t len) {
    if (armed != NULL) cuts++;
    while (armed != NULL && taken_count > 0) pager_untake(armed, taken[--taken_count], 1);
    return os_posix()->calls->truncate(os, fd, len);
}

static int full_fd = -1; /* a file for which the disk is full */

static int allocate_or_not(struct os *os, int fd, uint64_t offset, uint64_t len) {
    return fd == full_fd ? -ENOSPC : os_posix()->calls->allocate(os, fd, offset, len);
}

static ferrite_db *open_quick(const char *path) {
    static struct os_calls calls;
    static struct os os = {&calls, NULL};
    calls = *os_posix()->calls;
    calls.clock_ms = clock_taking;
    calls.truncate = truncate_giving;
    calls.allocate = allocate_or_not;
    os_set_default(&os);
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.no_threads = 1;
    return api_open_with(path, &options);
}

static void key_set(ferrite_db *db, int i, char c) {
    char key[16], value[101];
    snprintf(key, sizeof key, "key:%04d", i);
    memset(value, c, 100);
    value[100] = '\0';
    api_set(db, key, value);
}

/* A file without room behind its last page, some of whose pages are free, on a list of one page. */
static void make(const char *path) {
    ferrite_db *db = open_quick(path);
    for (int i = 0; i < KEYS; i++) key_set(db, i, 'a');
    cr_assert_eq(ferrite_checkpoint(db, NULL), 0);
    for (int i = 0; i < KEYS; i += 100) key_set(db, i, 'b');
    ferrite_close(db);
}

Test(compact_sink, makes_up_for_a_free_list_at_the_end) {
    struct bed bed = bed_make();
    make(bed.path);
    ferrite_db *db = open_quick(bed.path);
    struct engine *engine = db->core->engine;
    struct pager *pager = &engine->pager;
    const uint64_t before = api_stats(db).file_bytes;
    cr_assert_gt(pager->space.avail.set, 4);
    ferrite_db *snapshot = ferrite_snapshot(db, NULL);
    full_fd = engine->fd; /* so that no room is made beforehand, which deleting can do without */
    cr_assert_eq(ferrite_del(db, S("key:0007"), NULL), 1);
    full_fd = -1;
    cr_assert_neq(engine->versions.head->txid, engine->meta.txid);
    cr_assert_eq((uint64_t)pager->space.page_count * PAGE_SIZE, before);
    cr_assert_eq(api_stats(db).file_bytes, before);
    uint64_t reclaimed = 1;
    armed = pager;
    take_all();
    cr_assert_eq(ferrite_compact(db, NULL, &reclaimed, NULL), 0);
    armed = NULL;
    cr_expect_geq(cuts, 2, "cut with the list at its end, and again without it");
    cr_expect_leq(api_stats(db).file_bytes, before);
    cr_expect_eq(reclaimed, before - api_stats(db).file_bytes);
    ferrite_close(snapshot);
    api_expect_sound(db);
    ferrite_close(db);
    bed_remove(&bed);
}
