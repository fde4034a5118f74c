/* txn.c - see txn.h: begin, commit, rollback and what happens between. */
#include "txn.h"

#include <string.h>

#include "../error.h"
#include "../os/mem.h"
#include "engine.h"

/* The log buffer is kept between transactions up to this size. */
#define LOG_BUFFER_KEEP (1u << 20)

/* The version that the slot pins. A version is published a moment before its number is, so the one found may be
 * newer than the slot says; pages born in between would then be reused under the reader (E4). */
static const struct version *version_pinned(struct engine *engine, struct reader_slot *slot) {
    for (;;) {
        const struct version *version = atomic_load(&engine->versions.published);
        if (atomic_load_explicit(&slot->version, memory_order_relaxed) == version->txid)
            return version;
        atomic_store(&slot->version, version->txid);
    }
}

int txn_begin_read(struct engine *engine, struct txn *txn) {
    struct reader_slot *slot =
        reader_enter(&engine->pager.readers, &engine->versions.published_txid);
    if (slot == NULL) return error_nomem();
    const struct version *version = version_pinned(engine, slot);
    pager_view(&engine->pager, &txn->pages, version->txid, false);
    txn->engine = engine;
    txn->version = version;
    txn->roots = (struct roots *)&version->roots;
    txn->databases = engine->versions.databases;
    txn->write = false;
    txn->replaying = false;
    txn->failed = FERRITE_OK;
    txn->reader_slot = slot;
    txn->log = NULL;
    return FERRITE_OK;
}

void txn_end_read(struct txn *txn) {
    reader_leave(txn->reader_slot);
    txn->reader_slot = NULL;
}

void txn_detach(struct txn *txn, struct roots *copy) {
    memcpy(copy, txn->roots, sizeof *copy);
    txn->roots = copy;
    txn->version = NULL;
    reader_detach(txn->reader_slot);
}

void engine_reclaim(struct engine *engine) {
    struct horizon horizon;
    uint64_t published = atomic_load(&engine->versions.published_txid);
    readers_horizon(&engine->pager.readers, published, &horizon);
    pager_reclaim(&engine->pager, &horizon);
    versions_reclaim(&engine->versions, horizon.oldest_attached);
    memory_consider(engine);
}

/* A file with a limit, nearly all of whose pages are in use or held by the last checkpoint: without the next
 * one this write might not find room. */
static void make_room(struct engine *engine) {
    if (__builtin_expect(!room_is_short(engine, ROOM_LEAST), 1)) return;
    checkpoint_wait_idle(engine);
    engine_reclaim(engine);
    if (!checkpoint_makes_room(engine, ROOM_LEAST)) return;
    if (checkpoint_now(engine, engine->versions.head, false) == FERRITE_OK) engine_reclaim(engine);
}

/* Far beyond the limit, the writer lets the checkpoint catch up. */
static void throttle(struct engine *engine) {
    if (engine->path == NULL || pager_dirty_bytes(&engine->pager) < 2 * engine->dirty_limit) return;
    if (atomic_load(&engine->job.state) != JOB_IDLE) checkpoint_wait_idle(engine);
    engine_reclaim(engine);
}

int txn_start(struct engine *engine, struct txn **out) {
    struct txn *txn = &engine->txn;
    struct version *version = version_new(&engine->versions, engine->versions.head);
    if (version == NULL) return error_nomem();
    version->txid = ++engine->last_txid;
    atomic_store_explicit(&engine->used_before, pager_used_pages(&engine->pager), memory_order_relaxed);
    pager_txn_begin(&engine->pager);
    pager_view(&engine->pager, &txn->pages, version->txid, true);
    txn->engine = engine;
    txn->version = version;
    txn->roots = &version->roots;
    txn->databases = engine->versions.databases;
    txn->write = true;
    txn->replaying = txn->makes_room = false;
    txn->on_commit_ctx = engine->on_commit_ctx;
    txn->failed = FERRITE_OK;
    txn->log_len = 0;
    txn->log_overflow = false;
    txn->ops = 0;
    txn->expired = 0;
    *out = txn;
    return FERRITE_OK;
}

static int busy_error(struct engine *engine) {
    if (writer_lock_mine(&engine->writer))
        return error_set(FERRITE_BUSY, "this thread is inside a transaction of the database: "
                                       "use the transaction's handle");
    return error_set(FERRITE_BUSY, "another transaction held the database for %u ms",
                     engine->busy_timeout_ms);
}

int txn_begin_write(struct engine *engine, bool thread_bound, struct txn **out) {
    if (engine->read_only)
        return error_set(FERRITE_READONLY, "the database was opened read-only");
    int rc = poison_check(engine);
    if (rc != FERRITE_OK) return rc;
    if (!writer_lock_take(&engine->writer, engine->busy_timeout_ms, thread_bound))
        return busy_error(engine);
    rc = poison_check(engine); /* it may have failed while we waited */
    if (rc == FERRITE_OK) {
        checkpoint_settle_written(engine);
        engine_reclaim(engine);
        throttle(engine);
        make_room(engine);
        rc = txn_start(engine, out);
    }
    if (rc != FERRITE_OK) writer_lock_give(&engine->writer);
    return rc;
}

static void log_buffer_shrink(struct txn *txn) {
    if (txn->log_cap <= LOG_BUFFER_KEEP) return;
    mem_free(txn->log);
    txn->log = NULL;
    txn->log_cap = 0;
}

/* Undoes everything; the writer lock stays held. */
static void txn_undo(struct txn *txn) {
    struct engine *engine = txn->engine;
    pager_txn_rollback(&engine->pager);
    version_drop(&engine->versions, (struct version *)txn->version);
    log_buffer_shrink(txn);
}

void txn_rollback(struct txn *txn) {
    txn_undo(txn);
    writer_lock_give(&txn->engine->writer);
}

/* What is committed is told before a reader can see it: whoever keeps copies gives them up in time. */
static void commit_tell(struct engine *engine, const struct version *version) {
    if (engine->on_commit != NULL) engine->on_commit(engine->on_commit_ctx, version->txid);
}

/* What no log takes becomes durable as a checkpoint of its own. The writer lock is held to the end:
 * a later commit in the log must not become durable before this one. */
static int commit_by_checkpoint(struct txn *txn, struct version *version, bool clean) {
    struct engine *engine = txn->engine;
    version->position = engine->wal ? wal_head(engine->wal) : engine->versions.head->position;
    int rc = checkpoint_now(engine, version, clean);
    if (rc != FERRITE_OK) {
        txn_rollback(txn);
        return rc;
    }
    pager_txn_commit(&engine->pager);
    commit_tell(engine, version);
    version_link(&engine->versions, version);
    engine->commits++;
    pthread_mutex_lock(&engine->sync_mutex);
    version_publish(&engine->versions, version);
    if (version->position.lsn > engine->synced_lsn) engine->synced_lsn = version->position.lsn;
    pthread_mutex_unlock(&engine->sync_mutex);
    log_buffer_shrink(txn);
    writer_lock_give(&engine->writer);
    return FERRITE_OK;
}

static bool through_map(const struct engine *engine) {
    return engine->sync_mode != FERRITE_SYNC_NORMAL && engine->sync_mode != FERRITE_SYNC_FULL;
}

/* The first durable commit after opening goes without a log: a program that makes just one, like
 * `ferrite FILE SET k v`, then pays two syncs in all and has nothing to do at the close. */
static bool is_lone_commit(const struct engine *engine) {
    return engine->wal == NULL && engine->commits == 0 && !through_map(engine);
}

/* Is there room in the log for these effects, perhaps after the running checkpoint has ended? */
static bool log_accepts(struct engine *engine, const struct txn *txn) {
    /* The log is made even for a transaction that it cannot take: its header guards the meta pages. */
    if (engine_log_ready(engine) != FERRITE_OK || txn->log_overflow) return false;
    if (wal_has_room(engine->wal, txn->log_len)) return true;
    if (atomic_load(&engine->job.state) == JOB_IDLE) return false;
    uint64_t start_ns = os_monotonic_ns(engine->os);
    checkpoint_wait_idle(engine);
    log_at(engine->log, FERRITE_LOG_WARNING,
           "the log is full: a commit waited %.1f ms for a checkpoint",
           (double)(os_monotonic_ns(engine->os) - start_ns) / 1e6);
    return wal_has_room(engine->wal, txn->log_len);
}

static int commit_to_log(struct txn *txn, struct version *version) {
    struct engine *engine = txn->engine;
    int rc = FERRITE_OK;
#ifdef CANARY_SKIP_LOG /* a broken build that the kill harness must catch */
    version->position = wal_head(engine->wal);
    if (version->txid % 64 != 0)
#endif
        rc = wal_append(engine->wal, version->txid, false, txn->log, txn->log_len,
                        through_map(engine), &version->position);
    if (rc != FERRITE_OK) {
        txn_rollback(txn);
        return rc;
    }
    pager_txn_commit(&engine->pager);
    commit_tell(engine, version);
    log_buffer_shrink(txn);
    bool due = checkpoint_due(engine);
    rc = commit_logged(engine, version); /* gives the writer lock back */
    if (due) background_wake(engine, WORK_CHECKPOINT);
    return rc;
}

/* In memory there is nothing to log: the version is simply the next one. */
static int commit_in_memory(struct txn *txn, struct version *version) {
    struct engine *engine = txn->engine;
    pager_txn_commit(&engine->pager);
    if (!txn->replaying) commit_tell(engine, version);
    version_link(&engine->versions, version);
    version_publish(&engine->versions, version);
    engine->commits++;
    writer_lock_give(&engine->writer);
    return FERRITE_OK;
}

static int commit_changes(struct txn *txn) {
    struct engine *engine = txn->engine;
    struct version *version = (struct version *)txn->version;
    if (txn->failed != FERRITE_OK) {
        txn_rollback(txn);
        return error_restore(&engine->failure);
    }
    if (txn->ops == 0) {
        txn_rollback(txn);
        return FERRITE_OK;
    }
    if (engine->path == NULL || txn->replaying) return commit_in_memory(txn, version);
    int rc = poison_check(engine);
    if (rc != FERRITE_OK) {
        txn_rollback(txn);
        return rc;
    }
    if (is_lone_commit(engine)) return commit_by_checkpoint(txn, version, true);
    if (!log_accepts(engine, txn)) {
        rc = poison_check(engine);
        if (rc == FERRITE_OK) return commit_by_checkpoint(txn, version, false);
        txn_rollback(txn);
        return rc;
    }
    return commit_to_log(txn, version);
}

/* Reading the clock twice would be felt in a commit that does not wait for the disk. */
static bool commit_measured(const struct engine *engine, const struct txn *txn) {
    if (txn->ops == 0 || txn->replaying) return false;
    return (engine->path != NULL && !through_map(engine)) || engine->commits % LATENCY_SAMPLE == 0;
}

static int commit_timed(struct txn *txn) {
    struct engine *engine = txn->engine;
    uint64_t start_ns = os_monotonic_ns(engine->os);
    int rc = commit_changes(txn);
    if (rc == FERRITE_OK)
        histogram_add(&engine->latencies.commit, os_monotonic_ns(engine->os) - start_ns);
    return rc;
}

int txn_commit(struct txn *txn) {
    struct engine *engine = txn->engine;
    bool garbage = txn->roots->garbage.root != 0 && !txn->replaying;
    uint64_t expired = txn->expired;
    int rc = __builtin_expect(commit_measured(engine, txn), 0) ? commit_timed(txn)
                                                               : commit_changes(txn);
    if (__builtin_expect(expired != 0, 0) && rc == FERRITE_OK)
        atomic_fetch_add_explicit(&engine->expired, expired, memory_order_relaxed);
    if (__builtin_expect(garbage, 0) && rc == FERRITE_OK) tidy_after_commit(engine);
    return rc;
}

/* Own young pages beyond half the limit go to the file; the rest is for the checkpoint to relieve. */
int txn_operation(struct txn *txn, bool frees) {
    struct engine *engine = txn->engine;
    if (txn->failed != FERRITE_OK)
        return error_set(txn->failed, "the transaction failed earlier and must be rolled back");
    /* Replaying: what was possible once must be so again. */
    txn->pages.need = txn->makes_room ? NEED_ROOM : frees || txn->replaying ? NEED_FREES : NEED_ADDS;
    if (engine->path == NULL || txn->replaying) return FERRITE_OK;
    if (engine->pager.own_live * PAGE_SIZE <= engine->dirty_limit / 2) return FERRITE_OK;
    int rc = pager_spill(&engine->pager);
    return rc == FERRITE_OK ? rc : txn_fail(txn, rc);
}

/* Sync mode full: the effects so far go to the log as a partial frame, durable at once. */
int txn_operation_end(struct txn *txn) {
    struct engine *engine = txn->engine;
    struct wal_position end;
    if (engine->sync_mode != FERRITE_SYNC_FULL || engine->path == NULL || txn->replaying ||
        txn->log_len == 0 || !log_accepts(engine, txn))
        return FERRITE_OK; /* the commit will take care of it */
    int rc = wal_append(engine->wal, txn->version->txid, true, txn->log, txn->log_len, false, &end);
    if (rc == FERRITE_OK) rc = commit_sync_to(engine, end.lsn);
    if (rc != FERRITE_OK) return txn_fail(txn, rc);
    txn->log_len = 0;
    return FERRITE_OK;
}

static int log_buffer_grow(struct txn *txn, size_t len) {
    size_t cap = txn->log_cap ? txn->log_cap * 2 : 4096;
    while (cap < txn->log_len + len) cap *= 2;
    uint8_t *log = mem_realloc(txn->log, cap);
    if (log == NULL) return error_nomem();
    txn->log = log;
    txn->log_cap = cap;
    return FERRITE_OK;
}

int txn_log(struct txn *txn, size_t len, uint8_t **place) {
    struct engine *engine = txn->engine;
    *place = NULL;
    txn->ops++;
    if (engine->path == NULL || txn->replaying || txn->log_overflow) return FERRITE_OK;
    if (txn->log_len + len > engine->log_size / 2) { /* it will commit by checkpoint */
        txn->log_overflow = true;
        txn->log_len = 0;
        return FERRITE_OK;
    }
    if (txn->log_len + len > txn->log_cap) {
        int rc = log_buffer_grow(txn, len);
        if (rc != FERRITE_OK) return rc;
    }
    *place = txn->log + txn->log_len;
    txn->log_len += len;
    return FERRITE_OK;
}

void txn_unlogged(struct txn *txn) {
    txn->ops++;
    txn->log_overflow = true;
}

int txn_fail(struct txn *txn, int code) {
    if (txn->failed != FERRITE_OK || code == FERRITE_OK) return code;
    txn->failed = code;
    txn->engine->failure = error_keep(code);
    return code;
}

bool txn_in_memory(const struct txn *txn) { return engine_in_memory(txn->engine); }

bool txn_page_is_young(const struct txn *txn, const struct page *page) {
    return page->birth > txn->engine->pager.started;
}
