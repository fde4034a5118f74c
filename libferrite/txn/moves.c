/*
 * moves.c - transactions that move pages to lower numbers, and cutting the file behind them.
 *
 * Such a transaction changes no data, so the log need not know it: after a crash the pages are where the
 * last checkpoint has them, and the log's effects, which name keys and not pages, apply there as well. Its version
 * stands at the place in the log of the one before it and becomes visible with that one.
 *
 * Called by types/compact.c. Any thread; engine_shrink and the rest take the writer lock for short moments.
 */
#include "../error.h"
#include "engine.h"

#define WRITERS_TURN_US 200u

/* What is certainly free, all of it in `avail`, and none of it at the end. The writer lock is held. */
static void settle_free(struct engine *engine) {
    engine_reclaim(engine);
    pager_trim(&engine->pager, 0);
}

int engine_move_plan(struct engine *engine, uint64_t stuck, uint64_t most, struct move_plan *plan) {
    *plan = (struct move_plan){0};
    if (!writer_lock_take_upkeep(&engine->writer, engine->busy_timeout_ms))
        return error_set(FERRITE_BUSY, "a transaction holds the database");
    checkpoint_settle_written(engine);
    settle_free(engine);
    plan->page_count = engine->pager.space.page_count;
    const pgno limit = pager_move_limit(&engine->pager, stuck, most);
    plan->gain = (uint32_t)plan->page_count - limit;
    if (plan->gain > 0) plan->limit = limit;
    writer_lock_give(&engine->writer);
    return FERRITE_OK;
}

static uint32_t room_below(const struct bitmap *avail, pgno limit) {
    uint32_t first = 0, count = 0, room = 0;
    while (bitmap_next_run(avail, first + count, limit, &first, &count)) room += count;
    return room;
}

int txn_begin_moves(struct engine *engine, pgno limit, struct txn **out) {
    int rc = txn_begin_write(engine, true, out);
    if (rc != FERRITE_OK) return rc;
    writer_lock_mark_upkeep(&engine->writer);
    settle_free(engine);
    (*out)->pages.below = limit;
    const uint32_t room = room_below(&engine->pager.space.avail, limit);
    const size_t list = freelist_pages_needed(&engine->pager.space.freed, engine->pager.space.page_count);
    (*out)->pages.room = room > list + 1 ? room - (uint32_t)list - 1 : 0; /* for the next checkpoint's list */
    return FERRITE_OK;
}

/* The piece is done and the lock given back. Who waited for it gets it before the next piece does. */
static void writers_first(struct engine *engine, bool wanted) {
    if (wanted) os_sleep_us(engine->os, WRITERS_TURN_US);
}

int txn_commit_moves(struct txn *txn) {
    struct engine *engine = txn->engine;
    const int failed = txn->failed;
    const bool wanted = writer_lock_wanted(&engine->writer);
    if (failed != FERRITE_OK || engine->pager.born_count == 0) {
        txn_rollback(txn);
        writers_first(engine, wanted);
        return failed;
    }
    const bool due = checkpoint_due(engine);
    commit_quiet(engine, (struct version *)txn->version); /* gives the lock back */
    if (due) background_wake(engine, WORK_CHECKPOINT);
    writers_first(engine, wanted);
    return FERRITE_OK;
}

/* Nothing is written beyond the newest durable meta page's end, nor beyond what writers were given since. The
 * pages that a running checkpoint writes are known to neither: the cut comes after it. */
static int file_cut_beside(struct engine *engine) {
    int rc = checkpoint_lock_idle(engine);
    if (rc != FERRITE_OK) return rc;
    rc = poison_check(engine);
    settle_free(engine);
    if (rc == FERRITE_OK) rc = engine_cut(engine);
    writer_lock_give(&engine->writer);
    return rc;
}

int engine_shrink(struct engine *engine) {
    int rc = checkpoint_beside(engine, true);
    return rc == FERRITE_OK ? file_cut_beside(engine) : rc;
}
