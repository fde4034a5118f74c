/*
 * commit.c - how a commit becomes durable and visible.
 *
 * In the durable modes the writer lock is given back before the sync: one of the waiting
 * committers leads, syncs the log for all who appended before, and publishes their versions (E1: never
 * before they are durable). In the other modes a commit is published at once.
 */
#include <sched.h>

#include "../error.h"
#include "engine.h"

/* A leader that expects company waits for it this long: much less than a sync takes. */
#define GROUP_WAIT_US 50u

int engine_poison(struct engine *engine, int code) {
    atomic_store(&engine->poisoned, code);
    return code;
}

int poison_check(struct engine *engine) {
    if (atomic_load_explicit(&engine->poisoned, memory_order_relaxed) == 0) return FERRITE_OK;
    return error_set(FERRITE_IO,
                     "an earlier write to the disk failed; the database must be reopened");
}

static bool is_durable_mode(const struct engine *engine) {
    return engine->sync_mode == FERRITE_SYNC_NORMAL || engine->sync_mode == FERRITE_SYNC_FULL;
}

/* Publishes the newest version whose commit lies before `lsn`. Under sync_mutex. In the other modes
 * the committer has published already. */
static void publish_to(struct engine *engine, uint64_t lsn) {
    if (!is_durable_mode(engine)) return;
    struct version *version = atomic_load(&engine->versions.published), *newer;
    struct version *start = version;
    while ((newer = atomic_load_explicit(&version->newer, memory_order_acquire)) != NULL &&
           newer->position.lsn <= lsn)
        version = newer;
    if (version != start) version_publish(&engine->versions, version);
}

/* Gives those who committed with us last time the moment they need to append again. One who does not
 * come is not expected the next time. */
static void group_gather(struct engine *engine) {
    if (engine->waiting >= engine->group) return;
    uint64_t until = os_monotonic_us(engine->os) + GROUP_WAIT_US;
    while (engine->waiting < engine->group && os_monotonic_us(engine->os) < until) {
        pthread_mutex_unlock(&engine->sync_mutex);
        sched_yield();
        pthread_mutex_lock(&engine->sync_mutex);
    }
}

/* Those who came while the sync ran wait for the next one; all together are expected back. */
static void group_count(struct engine *engine) {
    engine->group = engine->waiting;
    engine->waiting = engine->late;
    engine->late = 0;
}

/* Syncs the log as the leader. sync_mutex is held on entry and exit, but not during the sync. */
static int sync_lead(struct engine *engine) {
    uint64_t reached = 0;
    engine->syncing = true;
    group_gather(engine);
    engine->late = 0;
    pthread_mutex_unlock(&engine->sync_mutex);
    uint64_t start_ns = os_monotonic_ns(engine->os);
    int rc = wal_sync(engine->wal, &reached);
    uint64_t end_ns = os_monotonic_ns(engine->os);
    if (rc == FERRITE_OK) histogram_add(&engine->latencies.fsync, end_ns - start_ns);
    pthread_mutex_lock(&engine->sync_mutex);
    engine->syncing = false;
    group_count(engine);
    engine->last_sync_us = end_ns / 1000;
    if (rc == FERRITE_OK) {
        if (reached > engine->synced_lsn) engine->synced_lsn = reached;
        publish_to(engine, engine->synced_lsn);
    } else {
        engine_poison(engine, FERRITE_IO);
    }
    pthread_cond_broadcast(&engine->synced);
    return rc;
}

int commit_sync_to(struct engine *engine, uint64_t lsn) {
    int rc = FERRITE_OK;
    pthread_mutex_lock(&engine->sync_mutex);
    if (engine->synced_lsn < lsn) {
        engine->waiting++;
        engine->late++; /* counts while a sync runs */
    }
    while (rc == FERRITE_OK && engine->synced_lsn < lsn) {
        rc = poison_check(engine);
        if (rc != FERRITE_OK) break;
        if (engine->syncing)
            pthread_cond_wait(&engine->synced, &engine->sync_mutex);
        else
            rc = sync_lead(engine);
    }
    pthread_mutex_unlock(&engine->sync_mutex);
    return rc;
}

/* The modes that risk some commits: is it time to bound the risk? */
static bool sync_is_due(struct engine *engine) {
    if (engine->sync_mode == FERRITE_SYNC_EVERY_N) {
        if (++engine->unsynced_commits < engine->sync_every_n) return false;
        engine->unsynced_commits = 0;
        return true;
    }
    if (engine->sync_mode != FERRITE_SYNC_PERIODIC || !engine->no_threads) return false;
    uint64_t now = os_monotonic_us(engine->os);
    return now - engine->last_sync_us >= (uint64_t)engine->sync_interval_ms * 1000;
}

int commit_logged(struct engine *engine, struct version *version) {
    uint64_t lsn = version->position.lsn;
    version_link(&engine->versions, version);
    engine->commits++;
#ifdef CANARY_PUBLISH_BEFORE_LOG /* a broken build that the power-cut harness must catch */
    version_publish(&engine->versions, version);
    writer_lock_give(&engine->writer);
    return FERRITE_OK;
#endif
    if (is_durable_mode(engine)) {
        writer_lock_give(&engine->writer);
        return commit_sync_to(engine, lsn);
    }
    version_publish(&engine->versions, version);
    bool due = sync_is_due(engine), periodic = engine->sync_mode == FERRITE_SYNC_PERIODIC;
    writer_lock_give(&engine->writer);
    if (periodic && !engine->no_threads &&
        !atomic_load_explicit(&engine->thread_started, memory_order_relaxed))
        background_wake(engine, 0);
    return due ? commit_sync_to(engine, lsn) : FERRITE_OK;
}

void commit_quiet(struct engine *engine, struct version *version) {
    struct version *before = engine->versions.head;
    pager_txn_commit(&engine->pager);
    version_link(&engine->versions, version);
    /* As durable as the version before it, which is published now or will be, and this one with it. */
    pthread_mutex_lock(&engine->sync_mutex);
    if (atomic_load(&engine->versions.published) == before)
        version_publish(&engine->versions, version);
    pthread_mutex_unlock(&engine->sync_mutex);
    writer_lock_give(&engine->writer);
}
