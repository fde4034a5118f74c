/* txn_checkpoint_test.c - the end of a checkpoint beside a commit that waits for its sync. */
#include <criterion/criterion.h>

#include "libferrite/error.h"
#include "libferrite/txn/engine.h"
#include "support/engine_bed.h"

static struct engine_bed bed;
static struct os_calls calls;
static struct os hooked = {.calls = &calls};
static void (*in_datasync)(int fd); /* called once, in the middle of the next sync */

static int datasync_hooked(struct os *os, int fd) {
    void (*hook)(int) = in_datasync;
    in_datasync = NULL;
    if (hook != NULL) hook(fd);
    return os_posix()->calls->datasync(os, fd);
}

static void setup(void) {
    calls = *os_posix()->calls;
    calls.datasync = datasync_hooked;
    ebed_make(&bed, FERRITE_SYNC_NORMAL);
    bed.config.os = &hooked;
    bed.config.busy_timeout_ms = 0;
    ebed_open(&bed);
    ebed_fill(&bed, 500, 100, 50);
}
static void teardown(void) { ebed_free(&bed); }
TestSuite(txn_checkpoint, .init = setup, .fini = teardown);

static struct txn *open_one;

/* A transaction begins while the checkpoint writes, so that this one cannot be finished at once. */
static void begin_beside(int fd) {
    cr_assert_eq(fd, bed.engine->fd);
    cr_assert_eq(txn_begin_write(bed.engine, false, &open_one), FERRITE_OK);
}

static size_t frames_given_up;

/* The commit is in the log and not yet published; the next writer finishes the checkpoint. */
static void finish_beside(int fd) {
    struct txn *next;
    struct engine *engine = bed.engine;
    const uint64_t head = engine->versions.head->txid;
    cr_assert_neq(fd, engine->fd);
    cr_assert_lt(atomic_load(&engine->versions.published_txid), head);
    cr_assert_eq(atomic_load(&engine->job.state), JOB_WRITTEN);
    cr_assert_eq(txn_begin_write(engine, false, &next), FERRITE_OK);
    const struct freed_queue *limbo = &engine->pager.limbo;
    frames_given_up = limbo->tail - limbo->head;
    for (size_t i = limbo->head; i < limbo->tail; i++)
        cr_expect_gt(limbo->runs[i].txid, head, "a reader of version %u may hold frame %zu",
                     (unsigned)head, i);
    txn_rollback(next);
}

/* A group's leader publishes without the writer lock: also while the frames give way, and who begins to read just
 * then sees the newest version by way of frames that are still there. */
Test(txn_checkpoint, frames_stay_for_readers_of_versions_not_yet_published) {
    in_datasync = begin_beside;
    cr_assert_eq(engine_checkpoint(bed.engine), FERRITE_OK);
    cr_assert_not_null(open_one);
    cr_assert_eq(ebed_put(open_one, "k7", "new", 3), FERRITE_OK);
    struct reader_slot *reader = /* without any, frames need not stay */
        reader_enter(&bed.engine->pager.readers, &bed.engine->versions.published_txid);
    in_datasync = finish_beside;
    cr_assert_eq(txn_commit(open_one), FERRITE_OK);
    reader_leave(reader);
    cr_expect_gt(frames_given_up, 10);
    cr_expect_str_eq(ebed_get(&bed, "k7"), "new");
    cr_expect_eq(ebed_check(&bed), 0);
}
