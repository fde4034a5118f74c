/*
 * tidy.c - giving back, in steps, the pages of trees that were dropped whole.
 *
 * Dropping a large tree only puts its root on a list, roots->garbage. Its pages come back later: a few beside each
 * commit that finds something on the list, the rest on the background thread, and what is left when the
 * database is closed. Each step is a transaction of its own (engine->tidy does the work) that changes no data: it is not
 * logged, and after a crash the checkpoint's list, and what replay adds to it, waits to be freed again.
 *
 * A list that turns out damaged is left alone until the database is opened again: only space is lost, and
 * ferrite_check tells.
 */
#include "../error.h"
#include "engine.h"

#define TIDY_BESIDE 64u /* pages in a step beside a commit: small, somebody waits */
#define TIDY_STEP   512u
#define TIDY_EVERY  16u /* commits to one such step when the background thread does the most of it */

bool tidy_wanted(const struct engine *engine) {
    return engine->versions.head->roots.garbage.root != 0 && !engine->tidy_failed &&
           engine->tidy != NULL;
}

/* The writer lock is held, and given back. */
static int tidy_step(struct engine *engine, uint64_t pages, bool *more) {
    struct txn *txn;
    *more = false;
    int rc = poison_check(engine);
    checkpoint_settle_written(engine);
    engine_reclaim(engine);
    bool wanted = rc == FERRITE_OK && tidy_wanted(engine);
    if (wanted) rc = txn_start(engine, &txn);
    if (rc != FERRITE_OK || !wanted) {
        writer_lock_give(&engine->writer);
        return rc;
    }
    rc = txn_operation(txn, true);
    if (rc == FERRITE_OK) rc = engine->tidy(txn, pages);
    if (rc != FERRITE_OK) {
        if (rc == FERRITE_CORRUPT) engine->tidy_failed = true;
        txn_rollback(txn);
        return rc;
    }
    *more = txn->roots->garbage.root != 0;
    commit_quiet(engine, (struct version *)txn->version);
    return FERRITE_OK;
}

void tidy_after_commit(struct engine *engine) {
    bool more;
    if (!engine->no_threads) {
        background_wake(engine, WORK_TIDY);
        if (engine->thread_started && ++engine->tidy_turn % TIDY_EVERY != 0) return;
    }
    if (writer_lock_try_upkeep(&engine->writer)) (void)tidy_step(engine, TIDY_BESIDE, &more);
}

bool tidy_background(struct engine *engine) {
    bool more;
    if (!writer_lock_take_upkeep(&engine->writer, UINT32_MAX)) return false;
    return tidy_step(engine, TIDY_STEP, &more) == FERRITE_OK && more;
}

int engine_tidy(struct engine *engine, uint64_t pages) {
    bool more = !engine->read_only;
    int rc = FERRITE_OK;
    while (rc == FERRITE_OK && more && pages > 0) {
        if (!writer_lock_take_upkeep(&engine->writer, engine->busy_timeout_ms))
            return error_set(FERRITE_BUSY, "a transaction holds the database");
        rc = tidy_step(engine, TIDY_STEP, &more);
        pages = pages > TIDY_STEP ? pages - TIDY_STEP : 0;
    }
    return rc;
}
