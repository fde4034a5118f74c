/* engine.c - see txn.h: opening, closing and describing an engine. */
#include "engine.h"

#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "../os/mem.h"

#define LOG_SIZE_DEFAULT (64ull << 20)
#define DIRTY_LIMIT_DEFAULT (256ull << 20)
#define DIRTY_LIMIT_MIN (256ull << 10)
#define LIMIT_MOST (1ull << 44) /* of either: no machine has more, and sums of it do not overflow */
#define RESERVE_KEPT_FROM 256u /* pages: smaller files are cut to what they use */
#define CLOSE_GAIN_MIN    16u  /* pages worth a second checkpoint at the close, if they are a thirtieth of the file */

static int locks_init(struct engine *engine) {
    pthread_condattr_t monotonic;
    int rc = writer_lock_init(&engine->writer, engine->os);
    if (rc != FERRITE_OK) return rc;
    if (pthread_condattr_init(&monotonic) != 0) return error_nomem();
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    bool failed = pthread_mutex_init(&engine->job_mutex, NULL) != 0 ||
                  pthread_cond_init(&engine->job_changed, &monotonic) != 0 ||
                  pthread_mutex_init(&engine->sync_mutex, NULL) != 0 ||
                  pthread_cond_init(&engine->synced, NULL) != 0;
    pthread_condattr_destroy(&monotonic);
    return failed ? error_nomem() : FERRITE_OK;
}

void engine_set_limits(struct engine *engine, uint64_t dirty_limit, uint64_t file_limit) {
    if (dirty_limit == 0) dirty_limit = DIRTY_LIMIT_DEFAULT;
    if (dirty_limit > LIMIT_MOST) dirty_limit = LIMIT_MOST;
    atomic_store(&engine->dirty_limit, dirty_limit < DIRTY_LIMIT_MIN ? DIRTY_LIMIT_MIN : dirty_limit);
    uint64_t pages = file_limit / PAGE_SIZE;
    atomic_store(&engine->pager.limit_pages, pages < UINT32_MAX ? (uint32_t)pages : UINT32_MAX);
}

static int settings_take(struct engine *engine, const struct engine_config *config) {
    engine->os = config->os ? config->os : os_default();
    engine->fd = engine->lock_fd = -1;
    engine->read_only = config->read_only;
    engine->no_threads = config->no_threads;
    engine->sync_mode = config->sync_mode;
    engine->sync_interval_ms = config->sync_interval_ms ? config->sync_interval_ms : 1000;
    engine->sync_every_n = config->sync_every_n ? config->sync_every_n : 1000;
    engine->busy_timeout_ms = config->busy_timeout_ms;
    engine->log = config->log != NULL ? config->log : &log_silent;
    engine->log_size = config->log_size ? config->log_size : LOG_SIZE_DEFAULT;
    if (engine->log_size < WAL_INITIAL_CAPACITY) engine->log_size = WAL_INITIAL_CAPACITY;
    if (engine->log_size > LIMIT_MOST) engine->log_size = LIMIT_MOST;
    engine_set_limits(engine, config->dirty_limit, 0);
    engine->logged_beside = engine->log_size; /* unknown: careful */
    engine->apply = config->apply;
    engine->apply_ctx = config->apply_ctx;
    engine->on_commit = config->on_commit;
    engine->on_commit_ctx = config->on_commit_ctx;
    engine->tidy = config->tidy;
    engine->errand = config->errand;
    engine->errand_ctx = config->errand_ctx;
    engine->fork_generation = os_fork_generation();
    if (config->databases > TXN_DATABASES_MAX)
        return error_set(FERRITE_INVALID, "at most %u databases", TXN_DATABASES_MAX);
    if (config->path == NULL) return FERRITE_OK;
    engine->path = mem_join(config->path, "");
    engine->wal_path = mem_join(config->path, "-wal");
    engine->lock_path = mem_join(config->path, "-lock");
    bool ok = engine->path && engine->wal_path && engine->lock_path;
    return ok ? FERRITE_OK : error_nomem();
}

static int pager_start(struct engine *engine, const struct engine_config *config) {
    struct pager_config pager = {.os = engine->os,
                                 .path = engine->path,
                                 .fd = engine->fd,
                                 .read_only = engine->read_only,
                                 .map_size = config->map_size,
                                 .check = node_check};
    int rc = pager_open(&engine->pager, &pager);
    if (rc == FERRITE_OK) engine_set_limits(engine, config->dirty_limit, config->file_limit);
    return rc;
}

static int memory_start(struct engine *engine, const struct engine_config *config) {
    engine->versions.databases = config->databases ? config->databases : 16;
    struct version *version = version_new(&engine->versions, NULL);
    if (version == NULL) return error_nomem();
    version->txid = engine->last_txid = 1;
    version_link(&engine->versions, version);
    version_publish(&engine->versions, version);
    return FERRITE_OK;
}

static int file_start(struct engine *engine, const struct engine_config *config) {
    int flags = config->read_only ? OS_READ : OS_WRITE | (config->must_exist ? 0 : OS_CREATE);
    int rc = os_open(engine->os, engine->path, flags, &engine->fd);
    if (rc == FERRITE_OK) rc = lockfile_take(engine);
    if (rc == FERRITE_OK) rc = pager_start(engine, config);
    if (rc == FERRITE_OK) rc = recovery_open(engine, config);
    return rc;
}

/* Frees all memory and closes the files. In a forked child the files belong to the parent. */
static void engine_free(struct engine *engine) {
    bool ours = engine->fork_generation == os_fork_generation();
    if (engine->wal) wal_close(engine->wal);
    if (engine->pager.table) pager_close(&engine->pager);
    if (ours) lockfile_give(engine);
    if (!ours && engine->lock_fd >= 0) os_close(engine->os, engine->lock_fd);
    if (ours)
        os_close_locked(engine->os, engine->fd, engine->path);
    else if (engine->fd >= 0)
        os_close(engine->os, engine->fd);
    versions_done(&engine->versions);
    mem_free(engine->list);
    mem_free(engine->txn.log);
    mem_free(engine->path);
    mem_free(engine->wal_path);
    mem_free(engine->lock_path);
    mem_free(engine);
}

int engine_open(const struct engine_config *config, struct engine **out) {
    struct engine *engine = mem_calloc(sizeof *engine);
    if (engine == NULL) return error_nomem();
    int rc = settings_take(engine, config);
    if (rc == FERRITE_OK) rc = locks_init(engine);
    if (rc == FERRITE_OK && engine->path != NULL) rc = file_start(engine, config);
    if (rc == FERRITE_OK && engine->path == NULL) {
        rc = pager_start(engine, config);
        if (rc == FERRITE_OK) rc = memory_start(engine, config);
    }
    if (rc != FERRITE_OK) {
        engine_free(engine);
        return rc;
    }
    *out = engine;
    return FERRITE_OK;
}

/* Free pages at the end go back to the file system when that is worth a second checkpoint. */
static int close_shrink(struct engine *engine) {
    uint32_t before = engine->pager.space.page_count;
    engine_reclaim(engine);
    pager_trim(&engine->pager, 0);
    uint32_t gain = before - engine->pager.space.page_count;
    if (gain < CLOSE_GAIN_MIN || gain < before / 32) return FERRITE_OK;
    return checkpoint_now(engine, engine->versions.head, true);
}

/* E7: a database of some size keeps file space for deletes on a disk that is full when it is opened again.
 * (In service writers may have pages beyond the checkpoint's.) */
int engine_cut(struct engine *engine) {
    uint32_t end = engine->meta.page_count, reserve = pager_reserve_pages(&engine->pager);
    if (end >= RESERVE_KEPT_FROM && engine->meta.free_pages < reserve)
        end += reserve - (uint32_t)engine->meta.free_pages;
    if (end < engine->pager.space.page_count) end = engine->pager.space.page_count;
    return pager_truncate(&engine->pager, end);
}

/* The last checkpoint, marked clean in both meta pages, and then the log is not needed any more. */
static int close_cleanly(struct engine *engine) {
    if (engine->path == NULL || engine->read_only) return FERRITE_OK;
    int rc = poison_check(engine);
    if (rc != FERRITE_OK) return rc;
    checkpoint_wait_idle(engine);
    bool changed = engine->versions.head->txid != engine->meta.txid;
    if (!changed && engine->meta.log_id == 0) return engine_cut(engine);
    engine_reclaim(engine);
    rc = checkpoint_now(engine, engine->versions.head, true);
    if (rc == FERRITE_OK) rc = close_shrink(engine);
    if (rc != FERRITE_OK) return rc;
    rc = os_unlink(engine->os, engine->wal_path);
    int rc2 = engine_cut(engine);
    return rc == FERRITE_OK ? rc2 : rc;
}

static int engine_finish(struct engine *engine) {
    if (engine->fork_generation != os_fork_generation()) return FERRITE_OK;
    background_stop(engine);
    int rc = close_cleanly(engine);
    if (rc != FERRITE_OK) engine_failed_alone(engine, "the clean close", error_text(rc));
    return rc;
}

int engine_close(struct engine *engine) {
    int rc = engine_finish(engine);
    engine_free(engine);
    return rc;
}

int engine_close_locked(struct engine *engine, int *fd) {
    int rc = engine_finish(engine);
    *fd = engine->fd;
    engine->fd = -1;
    engine_free(engine);
    return rc;
}

int engine_checkpoint(struct engine *engine) {
    if (engine->path == NULL) return FERRITE_OK;
    if (engine->read_only) return error_set(FERRITE_READONLY, "the database was opened read-only");
    return checkpoint_beside(engine, false);
}

int engine_datasync(struct engine *engine) {
    uint64_t start_ns = os_monotonic_ns(engine->os);
    int rc = os_datasync(engine->os, engine->fd, engine->path);
    if (rc == FERRITE_OK)
        histogram_add(&engine->latencies.fsync, os_monotonic_ns(engine->os) - start_ns);
    return rc;
}

void engine_failed_alone(struct engine *engine, const char *what, const char *why) {
    atomic_fetch_add_explicit(&engine->background_failures, 1, memory_order_relaxed);
    log_at(engine->log, FERRITE_LOG_ERROR, "%s failed: %s", what, why);
}

struct latencies *engine_latencies(struct engine *engine) { return &engine->latencies; }

int64_t engine_saved_ms(struct engine *engine) { return atomic_load(&engine->saved_ms); }

struct os *engine_os(struct engine *engine) { return engine->os; }
bool engine_read_only(const struct engine *engine) { return engine->read_only; }
bool engine_in_memory(const struct engine *engine) { return engine->path == NULL; }

/* What is in the log and not yet known to be on the disk. */
static uint64_t unsynced_bytes(struct engine *engine) {
    pthread_mutex_lock(&engine->sync_mutex);
    uint64_t synced = engine->synced_lsn, head = wal_head(engine->wal).lsn;
    pthread_mutex_unlock(&engine->sync_mutex);
    if (synced < engine->meta.lsn) synced = engine->meta.lsn;
    return head > synced ? head - synced : 0;
}

static void stats_fill_work(struct engine *engine, struct engine_stats *out) {
    out->expired = atomic_load_explicit(&engine->expired, memory_order_relaxed);
    readers_lookups(&engine->pager.readers, &out->lookups_hit, &out->lookups_missed);
    out->background_failures =
        atomic_load_explicit(&engine->background_failures, memory_order_relaxed);
    out->checkpoint_pages = engine->checkpoint_pages;
    out->checkpoint_ns = engine->checkpoint_ns;
    out->checkpoint_at_us = engine->checkpoint_at_us;
    out->last_sync_us = atomic_load(&engine->last_sync_us);
    out->checkpointing = atomic_load(&engine->job.state) != JOB_IDLE;
    if (engine->wal != NULL) out->unsynced_bytes = unsynced_bytes(engine);
}

static void stats_fill(struct engine *engine, struct engine_stats *out) {
    struct horizon horizon;
    out->published_txid = atomic_load(&engine->versions.published_txid);
    out->txid = engine->versions.head->txid;
    out->page_count = engine->pager.space.page_count;
    out->free_pages = engine->pager.space.freed.set;
    out->used_pages = pager_used_pages(&engine->pager);
    out->file_bytes = (uint64_t)atomic_load(&engine->pager.file_pages) * PAGE_SIZE;
    out->young_bytes = engine->path ? pager_young_bytes(&engine->pager)
                                    : engine->pager.frames.in_use * PAGE_SIZE;
    out->written_pages = atomic_load(&engine->pager.flushed);
    out->spill_pages = engine->dirty_limit / 2 / PAGE_SIZE;
    out->checkpoints = engine->checkpoints;
    out->commits = engine->commits;
    out->recovered_txns = engine->recovered;
    out->readers = readers_count(&engine->pager.readers);
    readers_horizon(&engine->pager.readers, out->published_txid, &horizon);
    out->oldest_reader_lag = horizon.oldest == UINT64_MAX ? 0 : out->published_txid - horizon.oldest;
    if (engine->wal != NULL) {
        out->log_bytes = wal_head(engine->wal).lsn - engine->meta.lsn;
        out->log_capacity = wal_capacity(engine->wal);
        out->syncs = wal_sync_count(engine->wal);
    }
    for (int i = 0; i < 16; i++)
        snprintf(out->database_id + 2 * i, 3, "%02x", engine->meta.database_id[i]);
}

/* Waits for the running transaction, unless it is this thread's own. */
void engine_stats(struct engine *engine, struct engine_stats *out) {
    memset(out, 0, sizeof *out);
    bool mine = writer_lock_mine(&engine->writer);
    bool taken = !mine && writer_lock_take(&engine->writer, engine->busy_timeout_ms, false);
    stats_fill(engine, out);
    stats_fill_work(engine, out);
    if (!mine && !taken) /* somebody's transaction may have come to nothing yet */
        out->used_pages = atomic_load_explicit(&engine->used_before, memory_order_relaxed);
    if (taken) writer_lock_give(&engine->writer);
}
