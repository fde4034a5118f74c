/*
 * checkpoint.c - writing the newest state to the file, and what follows from its being durable.
 *
 * A checkpoint of version V: note V's roots and free pages and which frames are live (begin, writer
 * lock); write the frames and the free list to places that no durable checkpoint uses, sync, write the
 * older meta page, sync (job_write, no lock); then the log before V, the frames, and the pages that only
 * older checkpoints used are released (finish, writer lock). E3: nothing V or the checkpoint before it
 * contains is reused until `finish` has moved pager->durable.
 */
#include <string.h>

#include "../error.h"
#include "../os/mem.h"
#include "engine.h"

#define ROOM_LOW   12u  /* of the pages of a file with a limit: then a checkpoint begins */
#define ROOM_PAGES 160u /* and so many more: a write may evict from many pages */
#define TAIL_KEPT  1024u /* pages, 4 MiB, and half of the others: so much may be free at the end of a file */
#define HELD_WORTH 64u  /* fewer pages than this share of them are not worth one */

static void job_state_set(struct engine *engine, enum job_state state) {
    pthread_mutex_lock(&engine->job_mutex);
    atomic_store(&engine->job.state, state);
    pthread_cond_broadcast(&engine->job_changed);
    pthread_mutex_unlock(&engine->job_mutex);
}

static void job_clear(struct checkpoint_job *job) {
    bitmap_done(&job->freed);
    mem_free(job->frames);
    mem_free(job->list);
    job->frames = NULL;
    job->list = NULL;
    job->frame_count = job->list_count = 0;
}

static void frame_count_one(void *ctx, struct page *page) {
    (void)page;
    ++*(size_t *)ctx;
}

static void frame_note(void *ctx, struct page *page) {
    struct checkpoint_job *job = ctx;
    job->frames[job->frame_count++] = page;
}

static int collect_frames(struct engine *engine, struct checkpoint_job *job) {
    size_t count = 0;
    frames_each_live(&engine->pager.frames, frame_count_one, &count);
    job->frames = mem_alloc((count + 1) * sizeof *job->frames);
    if (job->frames == NULL) return error_nomem();
    frames_each_live(&engine->pager.frames, frame_note, job);
    return pager_settle_prepare(&engine->pager, count);
}

/* Page numbers for the new free list; the old list's pages are free in the new checkpoint. */
static int take_list_pages(struct engine *engine, struct checkpoint_job *job) {
    struct pager *pager = &engine->pager;
    for (size_t i = 0; i < engine->list_count; i++) bitmap_set(&job->freed, engine->list[i].pgno);
    size_t needed = freelist_pages_needed(&job->freed, pager->space.page_count);
    job->list = mem_alloc((needed + 1) * sizeof *job->list);
    if (job->list == NULL) return error_nomem();
    while (job->list_count < needed) {
        pgno no = 0;
        /* Room that is there need not stay in reserve (E8): the old list's pages follow. */
        int rc = pager_take_spare(pager, &no) ? FERRITE_OK : pager_take(pager, 1, NEED_FREES, &no);
        if (rc != FERRITE_OK) return rc;
        if (bitmap_test(&job->freed, no)) bitmap_clear(&job->freed, no);
        job->list[job->list_count++] = (struct page_run){no, 1};
    }
    /* What is free at the end, the old list maybe, is not part of it: the file can be cut there. */
    job->page_count = bitmap_run_down(&job->freed, pager->space.page_count);
    return FERRITE_OK;
}

static void untake_list(struct engine *engine, const struct page_run *list, size_t count) {
    for (size_t i = 0; i < count; i++) pager_untake(&engine->pager, list[i].pgno, list[i].pages);
}

static void job_meta(struct engine *engine, const struct version *version, bool clean) {
    struct meta *meta = &engine->job.meta;
    *meta = engine->meta;
    meta->sequence++;
    meta->txid = version->txid;
    meta->lsn = version->position.lsn;
    meta->log_crc = version->position.crc;
    meta->page_count = engine->job.page_count;
    meta->log_id = engine->wal != NULL && !clean ? engine->identity.log_id : 0;
    meta->databases = engine->versions.databases;
    static_assert(sizeof(struct roots) == META_ROOTS_LEN, "the meta page holds the roots");
    memcpy(meta->roots, &version->roots, sizeof version->roots);
}

/* Writer lock held, no job running. Nothing is changed when it fails. */
static int job_begin(struct engine *engine, const struct version *version, bool clean) {
    struct checkpoint_job *job = &engine->job;
    job->frames = NULL;
    job->list = NULL;
    job->frame_count = job->list_count = 0;
    job->started_ns = os_monotonic_ns(engine->os);
    job->pages_before = atomic_load(&engine->pager.flushed);
    /* Where the log would not tell that the other meta page is older, there is none. */
    job->both_slots = clean || engine->wal == NULL || version->position.lsn == engine->meta.lsn;
    job->meta_touched = false;
    pager_trim(&engine->pager, engine->pager.space.ready_count < 64 ? 64 : 16);
    int rc = bitmap_copy(&engine->pager.space.freed, &job->freed);
    if (rc == FERRITE_OK) rc = take_list_pages(engine, job);
    if (rc == FERRITE_OK) rc = collect_frames(engine, job);
    if (rc != FERRITE_OK) {
        untake_list(engine, job->list, job->list_count);
        job_clear(job);
        return rc;
    }
    engine->pager.started = version->txid;
    engine->pager.held = 0;
    job_meta(engine, version, clean);
    return FERRITE_OK;
}

static pgno older_slot(const struct engine *engine) {
    return engine->meta_slot ^ 1;
}

static int meta_write_slot(struct engine *engine, const struct meta *meta, pgno slot) {
    struct page page;
    meta_encode(meta, slot, &page);
    return os_write(engine->os, engine->fd, engine->path, &page, PAGE_SIZE, (uint64_t)slot * PAGE_SIZE);
}

/* The older slot, durable. After a clean close the other one too, so that damage to one of them costs
 * nothing; that one needs no sync, for the first already counts. */
int meta_write(struct engine *engine, const struct meta *meta, bool both_slots) {
    int rc = meta_write_slot(engine, meta, older_slot(engine));
    if (rc == FERRITE_OK) rc = engine_datasync(engine);
    if (rc == FERRITE_OK && both_slots) rc = meta_write_slot(engine, meta, engine->meta_slot);
    return rc;
}

static int job_steps(struct engine *engine) {
    struct checkpoint_job *job = &engine->job;
    int rc = pager_flush(&engine->pager, job->frames, job->frame_count);
#ifdef CANARY_IGNORE_FLUSH /* a broken build that the fault harness must catch */
    rc = FERRITE_OK;
#endif
    if (rc != FERRITE_OK) return rc;
    rc = freelist_write(&engine->pager, &job->freed, job->page_count, job->list, job->list_count,
                        job->meta.txid, &job->meta);
    if (rc != FERRITE_OK) return rc;
#ifndef CANARY_SKIP_META_SYNC /* a broken build that the power-cut harness must catch */
    rc = engine_datasync(engine);
    if (rc != FERRITE_OK) return engine_poison(engine, rc);
#endif
    job->meta_touched = true;
    rc = meta_write(engine, &job->meta, job->both_slots);
    return rc == FERRITE_OK ? rc : engine_poison(engine, rc);
}

static void job_write(struct engine *engine) {
    engine->job.outcome = error_keep(job_steps(engine));
}

static void finish_failed(struct engine *engine) {
    struct checkpoint_job *job = &engine->job;
    /* After a failed meta write the list may or may not be the file's: its pages stay as they are
     * (writes are refused until the database is reopened, which will tell). */
    if (!job->meta_touched) untake_list(engine, job->list, job->list_count);
    job_clear(job);
}

/* Spills of a transaction that ran beside it are counted in. */
static void finish_tell(struct engine *engine) {
    const struct checkpoint_job *job = &engine->job;
    uint64_t end_ns = os_monotonic_ns(engine->os);
    engine->checkpoint_ns = end_ns - job->started_ns;
    engine->checkpoint_at_us = end_ns / 1000;
    engine->checkpoint_pages = atomic_load(&engine->pager.flushed) - job->pages_before;
    histogram_add(&engine->latencies.checkpoint, engine->checkpoint_ns);
    log_at(engine->log, FERRITE_LOG_DEBUG,
           "checkpoint of transaction %llu: %llu pages, %llu bytes, %.1f ms",
           (unsigned long long)job->meta.txid, (unsigned long long)engine->checkpoint_pages,
           (unsigned long long)engine->checkpoint_pages * PAGE_SIZE,
           (double)engine->checkpoint_ns / 1e6);
}

static void finish_done(struct engine *engine) {
    struct checkpoint_job *job = &engine->job;
    /* Not the published one: while frames give way, a group's leader may publish up to the head, and who then begins
     * to read may still meet a frame (E4). */
    pager_settle(&engine->pager, job->frames, job->frame_count, engine->versions.head->txid, false);
    engine->pager.durable = job->meta.txid;
    engine->meta = job->meta;
    engine->meta_slot = older_slot(engine);
    untake_list(engine, engine->list, engine->list_count);
    mem_free(engine->list);
    engine->list = job->list;
    engine->list_count = job->list_count;
    job->list = NULL;
    /* The header write only frees log space early; if it fails, the next sync will tell. */
    if (engine->wal != NULL) (void)wal_release(engine->wal, job->meta.lsn);
    engine->logged_beside = engine->versions.head->position.lsn - job->meta.lsn;
    engine->checkpoints++;
    atomic_store(&engine->saved_ms, os_clock_ms(engine->os));
    finish_tell(engine);
    memory_after_checkpoint(engine, job->frame_count);
    job_clear(job);
}

/* What is free at the end goes back when it is much, so that a load that comes and goes does not make the file shorter
 * and longer each time; over its limit, where a snapshot or a large deletion lets a file grow, any of it does. */
static void finish_cut(struct engine *engine) {
    const uint32_t limit = atomic_load_explicit(&engine->pager.limit_pages, memory_order_relaxed);
    const uint32_t file = atomic_load(&engine->pager.file_pages), used = engine->pager.space.page_count;
    const bool is_over = limit != 0 && file > limit;
    if (!is_over && (file <= used || file - used < used / 2 + TAIL_KEPT)) return;
    int rc = engine_cut(engine);
    if (rc != FERRITE_OK) engine_failed_alone(engine, "cutting the file", error_text(rc));
}

/* Writer lock held, job written. */
static int job_finish(struct engine *engine) {
    if (engine->job.outcome.code == FERRITE_OK) {
        finish_done(engine);
        finish_cut(engine);
    } else {
        finish_failed(engine);
    }
    job_state_set(engine, JOB_IDLE);
    return error_restore(&engine->job.outcome);
}

void checkpoint_settle_written(struct engine *engine) {
    if (atomic_load_explicit(&engine->job.state, memory_order_acquire) != JOB_WRITTEN) return;
    int rc = job_finish(engine);
    if (rc != FERRITE_OK && engine->job.alone)
        engine_failed_alone(engine, "a checkpoint", error_text(rc));
}

void checkpoint_wait_idle(struct engine *engine) {
    pthread_mutex_lock(&engine->job_mutex);
    while (atomic_load(&engine->job.state) == JOB_WRITING)
        pthread_cond_wait(&engine->job_changed, &engine->job_mutex);
    pthread_mutex_unlock(&engine->job_mutex);
    checkpoint_settle_written(engine);
}

int checkpoint_now(struct engine *engine, const struct version *version, bool clean) {
    checkpoint_wait_idle(engine);
    int rc = poison_check(engine);
    if (rc == FERRITE_OK) rc = job_begin(engine, version, clean);
    if (rc != FERRITE_OK) return rc;
    job_write(engine);
    return job_finish(engine);
}

/* The part of the log that must still be free when a checkpoint begins, so that commits need not wait
 * for its end: half as much again as was logged beside the last one. The later a checkpoint begins,
 * the more commits share the writing of a page. */
static uint64_t log_headroom(const struct engine *engine) {
    uint64_t wanted = engine->logged_beside + engine->logged_beside / 2;
    uint64_t least = engine->log_size / 8, most = engine->log_size / 2;
    return wanted < least ? least : wanted > most ? most : wanted;
}

bool room_is_short(const struct engine *engine, uint32_t share) {
    const struct pager *pager = &engine->pager;
    const uint32_t limit = atomic_load_explicit(&pager->limit_pages, memory_order_relaxed);
    if (__builtin_expect(limit == 0, 1)) return false;
    return pager_spare_pages(pager, limit) < limit / share + ROOM_PAGES;
}

bool checkpoint_makes_room(const struct engine *engine, uint32_t share) {
    if (__builtin_expect(!room_is_short(engine, share), 1)) return false;
    return engine->pager.held >= atomic_load(&engine->pager.limit_pages) / HELD_WORTH;
}

bool checkpoint_due(struct engine *engine) {
    if (engine->path == NULL || atomic_load(&engine->job.state) != JOB_IDLE) return false;
    if (pager_dirty_bytes(&engine->pager) >= engine->dirty_limit) return true;
    if (checkpoint_makes_room(engine, ROOM_LOW)) return true;
    return engine->wal != NULL &&
           wal_head(engine->wal).lsn - engine->meta.lsn >= engine->log_size - log_headroom(engine);
}

/* The two short parts with the writer lock, which is held and given back, around job_write, which goes without.
 * `alone`: nobody will hear of a failure otherwise. */
static int job_run(struct engine *engine, const struct version *version, bool alone) {
    int rc = job_begin(engine, version, false);
    engine->job.alone = alone;
    if (rc == FERRITE_OK)
        job_state_set(engine, JOB_WRITING);
    else if (alone)
        engine_failed_alone(engine, "a checkpoint", error_text(rc));
    writer_lock_give(&engine->writer);
    if (rc != FERRITE_OK) return rc;
    job_write(engine);
    rc = engine->job.outcome.code;
    job_state_set(engine, JOB_WRITTEN);
    /* Who holds the lock for long finishes the job when it is done, or the next one does. */
    if (!writer_lock_take_upkeep(&engine->writer, engine->busy_timeout_ms)) return rc;
    checkpoint_settle_written(engine);
    writer_lock_give(&engine->writer);
    return rc;
}

void checkpoint_background(struct engine *engine) {
    if (!writer_lock_take_upkeep(&engine->writer, UINT32_MAX)) return;
    checkpoint_wait_idle(engine);
    if (checkpoint_due(engine) && poison_check(engine) == FERRITE_OK)
        (void)job_run(engine, engine->versions.head, true);
    else
        writer_lock_give(&engine->writer);
}

int checkpoint_lock_idle(struct engine *engine) {
    for (;;) {
        if (!writer_lock_take_upkeep(&engine->writer, engine->busy_timeout_ms))
            return error_set(FERRITE_BUSY, "a transaction holds the database");
        checkpoint_settle_written(engine);
        if (atomic_load(&engine->job.state) == JOB_IDLE) return FERRITE_OK;
        writer_lock_give(&engine->writer);
        pthread_mutex_lock(&engine->job_mutex);
        while (atomic_load(&engine->job.state) == JOB_WRITING)
            pthread_cond_wait(&engine->job_changed, &engine->job_mutex);
        pthread_mutex_unlock(&engine->job_mutex);
    }
}

/* E8: a checkpoint wrote the free list to the file's end where no other place was free yet. Now there is one. */
static bool list_can_sink(const struct engine *engine) {
    const struct space *space = &engine->pager.space;
    for (size_t i = 0; i < engine->list_count; i++)
        if (engine->list[i].pgno + 1 == space->page_count) return space->avail.set >= engine->list_count;
    return false;
}

int checkpoint_beside(struct engine *engine, bool trim) {
    int rc = checkpoint_lock_idle(engine);
    if (rc != FERRITE_OK) return rc;
    rc = poison_check(engine);
    const uint32_t before = engine->meta.page_count;
    if (trim) {
        engine_reclaim(engine);
        pager_trim(&engine->pager, 0);
    }
    bool wanted = engine->versions.head->txid != engine->meta.txid ||
                  (trim && (engine->pager.space.page_count < before || list_can_sink(engine)));
    if (rc == FERRITE_OK && wanted) return job_run(engine, engine->versions.head, false);
    writer_lock_give(&engine->writer);
    return rc;
}

/* The log that an earlier process left goes on, if it can. */
static int log_continue(struct engine *engine) {
    int rc = wal_continue(engine->wal);
    bool waits = rc == FERRITE_OK || rc == FERRITE_LIMIT || rc == FERRITE_NOMEM;
    return waits ? rc : engine_poison(engine, FERRITE_IO);
}

/* The log must be durable, name included, before the meta page speaks of it. */
int engine_log_ready(struct engine *engine) {
    if (engine->wal != NULL) return log_continue(engine);
    checkpoint_wait_idle(engine);
    struct wal_identity identity;
    memcpy(identity.database_id, engine->meta.database_id, sizeof identity.database_id);
    int rc = os_random(engine->os, &identity.log_id, sizeof identity.log_id);
    if (rc != FERRITE_OK) return rc;
    identity.log_id |= 1; /* 0 means none */
    struct wal *wal = NULL;
    rc = wal_create(engine->os, engine->wal_path, &identity, engine->meta.lsn, engine->log_size, &wal);
    if (rc != FERRITE_OK) return rc;
    struct meta meta = engine->meta;
    meta.sequence++;
    meta.log_id = identity.log_id;
    struct wal_position start = wal_start(&identity, meta.lsn);
    meta.log_crc = start.crc;
    rc = meta_write(engine, &meta, false);
    if (rc != FERRITE_OK) {
        wal_close(wal);
        return engine_poison(engine, rc);
    }
    engine->meta = meta;
    engine->meta_slot = older_slot(engine);
    engine->identity = identity;
    engine->wal = wal;
    engine->versions.head->position = start; /* a checkpoint of the head now names the new log */
    engine->synced_lsn = start.lsn;
    return FERRITE_OK;
}
