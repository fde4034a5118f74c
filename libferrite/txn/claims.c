/*
 * claims.c - how many pages a state claims, beside those that it uses: what checkpoints of it will take.
 *
 * A checkpoint writes a free list beside the one before it, and both are in use until it is done. So that this never
 * takes what is in use over a bound, whenever checkpoints come, a transaction is measured by its data and the longest two
 * lists that can follow it. The data is what changes; the lists come and go and claim the same:
 *
 *   no checkpoint runs   data + the durable list + the next one, and then the two that come next
 *   one runs             data + the durable list + its own, and then whichever counts + the next one
 *
 * freelist_pages_most knows how long a list can become. Trees that wait to be freed change the data between
 * transactions: it becomes less, but for a moment it may become more, by what the list of them takes.
 *
 * Called by db_bounds.c in each write transaction that has a bound. O(1). Under the writer lock.
 */
#include "engine.h"

#define GARBAGE_GROWTH 4u /* a page or two of the list of trees, and what lies above them */

static uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }
static uint64_t smaller(uint64_t a, uint64_t b) { return a < b ? a : b; }

uint64_t txn_pages_used(const struct txn *txn) { return pager_used_pages(&txn->engine->pager); }

uint64_t txn_pages_given(const struct txn *txn) { return txn->engine->pager.born_count; }

/* The most that lists take at once, now and until two more checkpoints have been made. The numbering counts as if the
 * file had its full length, so that a write which changes its place alone claims no more than the one before. */
static uint64_t lists_most(const struct engine *engine, uint64_t data) {
    const uint32_t limit = atomic_load_explicit(&engine->pager.limit_pages, memory_order_relaxed);
    const uint64_t others = larger(limit, engine->pager.space.page_count) - data;
    const uint64_t longer = larger(engine->list_count, engine->job.list_count);
    const uint64_t shorter = smaller(engine->list_count, engine->job.list_count);
    const uint64_t next = freelist_pages_most(data, others);
    return larger(freelist_pages_most_of_two(data, others), longer + larger(next, shorter));
}

uint64_t txn_pages_claimed(const struct txn *txn) {
    const struct engine *engine = txn->engine;
    const uint64_t used = txn_pages_used(txn), lists = engine->list_count + engine->job.list_count;
    if (engine->path == NULL) return used;
    const uint64_t data = used > lists ? used - lists : 0;
    return data + lists_most(engine, data) + (txn->roots->garbage.root != 0 ? GARBAGE_GROWTH : 0);
}
