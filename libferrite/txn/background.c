/*
 * background.c - the one helper thread of an engine: checkpoints, freeing in steps, memory that goes back, an errand of the
 * layers above, and syncs in periodic mode.
 *
 * Started at the first need, so that a short-lived program never starts one. Without threads (an option,
 * or when the system has none to give) the committer does the work itself.
 */
#include <time.h>

#include "../error.h"
#include "engine.h"

/* Read as readers do: a version nobody is registered for may be recycled under our eyes. */
static uint64_t published_lsn(struct engine *engine) {
    struct reader_slot *slot =
        reader_enter(&engine->pager.readers, &engine->versions.published_txid);
    if (slot == NULL) return 0;
    uint64_t lsn = atomic_load(&engine->versions.published)->position.lsn;
    reader_leave(slot);
    return lsn;
}

static void periodic_sync(struct engine *engine) {
    if (engine->sync_mode != FERRITE_SYNC_PERIODIC || engine->read_only) return;
    pthread_mutex_lock(&engine->sync_mutex);
    bool busy = engine->syncing;
    uint64_t synced = engine->synced_lsn;
    pthread_mutex_unlock(&engine->sync_mutex);
    uint64_t lsn = published_lsn(engine);
    if (busy || lsn <= synced) return;
    int rc = commit_sync_to(engine, lsn);
    if (rc != FERRITE_OK) engine_failed_alone(engine, "the sync of the log", error_text(rc));
}

/* Until work is wanted or `due_us` (0: never) has come, in periodic mode at most one interval. job_mutex is held. */
static void wait_for_work(struct engine *engine, uint64_t due_us) {
    engine->thread_look = false;
    if (engine->sync_mode == FERRITE_SYNC_PERIODIC) {
        uint64_t next_us = os_monotonic_us(engine->os) + (uint64_t)engine->sync_interval_ms * 1000;
        if (due_us == 0 || next_us < due_us) due_us = next_us;
    }
    struct timespec until = os_moment(due_us);
    while (!engine->thread_stop && !engine->thread_wanted && !engine->thread_look) {
        if (due_us == 0)
            pthread_cond_wait(&engine->job_changed, &engine->job_mutex);
        else if (pthread_cond_timedwait(&engine->job_changed, &engine->job_mutex, &until) != 0)
            return;
    }
}

/* What the thread has in mind between two rounds. */
struct errands {
    bool tidy;          /* there is more to free */
    bool above;         /* there is more of the errand */
    uint64_t memory_us; /* when memory goes back; 0: nobody asked */
};

static void memory_errand(struct engine *engine, struct errands *errands) {
    if (errands->memory_us == 0 || os_monotonic_us(engine->os) < errands->memory_us) return;
    const uint64_t again_us = memory_background(engine);
    errands->memory_us = again_us == 0 ? 0 : os_monotonic_us(engine->os) + again_us;
}

/* Freeing goes step by step, so that nothing else waits for all of it. */
static void errands_run(struct engine *engine, struct errands *errands, uint32_t wanted) {
    if (wanted & WORK_CHECKPOINT) checkpoint_background(engine);
    if (errands->tidy || (wanted & WORK_TIDY)) errands->tidy = tidy_background(engine);
    if (errands->above || (wanted & WORK_ERRAND)) errands->above = engine->errand(engine->errand_ctx);
    if (wanted & WORK_MEMORY) errands->memory_us = os_monotonic_us(engine->os) + MEMORY_AFTER_US;
    memory_errand(engine, errands);
    periodic_sync(engine);
}

static void *background_main(void *arg) {
    struct engine *engine = arg;
    struct errands errands = {false, false, 0};
    pthread_mutex_lock(&engine->job_mutex);
    while (!engine->thread_stop) {
        if (!engine->thread_wanted && !errands.tidy && !errands.above) wait_for_work(engine, errands.memory_us);
        uint32_t wanted = engine->thread_stop ? 0 : engine->thread_wanted;
        engine->thread_wanted = 0;
        pthread_mutex_unlock(&engine->job_mutex);
        errands_run(engine, &errands, wanted);
        pthread_mutex_lock(&engine->job_mutex);
    }
    pthread_mutex_unlock(&engine->job_mutex);
    return NULL;
}

/* job_mutex is held. */
static bool thread_ready(struct engine *engine) {
    if (!engine->thread_started && !engine->thread_stop && !engine->no_threads)
        engine->thread_started = pthread_create(&engine->thread, NULL, background_main, engine) == 0;
    return engine->thread_started;
}

static void checkpoint_inline(struct engine *engine) {
    if (!writer_lock_take_upkeep(&engine->writer, engine->busy_timeout_ms)) return;
    int rc = FERRITE_OK;
    if (checkpoint_due(engine)) rc = checkpoint_now(engine, engine->versions.head, false);
    if (rc != FERRITE_OK) engine_failed_alone(engine, "a checkpoint", error_text(rc));
    writer_lock_give(&engine->writer);
}

void background_wake(struct engine *engine, uint32_t work) {
    pthread_mutex_lock(&engine->job_mutex);
    bool ready = thread_ready(engine);
    if (ready && (work & ~engine->thread_wanted) != 0) {
        engine->thread_wanted |= work;
        pthread_cond_broadcast(&engine->job_changed);
    }
    pthread_mutex_unlock(&engine->job_mutex);
    if (!ready && (work & WORK_CHECKPOINT)) checkpoint_inline(engine);
}

void engine_ask_errand(void *ctx) {
    struct engine *engine = ctx;
    if (engine->errand != NULL) background_wake(engine, WORK_ERRAND);
}

void background_look(struct engine *engine) {
    pthread_mutex_lock(&engine->job_mutex);
    engine->thread_look = true;
    pthread_cond_broadcast(&engine->job_changed);
    pthread_mutex_unlock(&engine->job_mutex);
}

void background_stop(struct engine *engine) {
    pthread_mutex_lock(&engine->job_mutex);
    engine->thread_stop = true;
    pthread_cond_broadcast(&engine->job_changed);
    pthread_mutex_unlock(&engine->job_mutex);
    if (engine->thread_started) pthread_join(engine->thread, NULL);
    engine->thread_started = false;
}
