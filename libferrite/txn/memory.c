/*
 * memory.c - what a burst of work leaves behind: frames that nothing needs any more go back to the system.
 *
 * Some time after much of them was seen to be free, the background thread gives their memory back, in steps; what was
 * in use within that time stays, so that a load that comes and goes with each checkpoint does not pay for it. Free pages
 * that wait with their frames to be taken again (space->ready) count as free, too.
 */
#include "engine.h"

#define IDLE_LEAST   2048u /* pages, 8 MiB: less is not worth a thread, */
#define IDLE_OF_DIRTY 4u   /* but where memory is bounded, dirty_limit is too, and this share of it is */
#define IDLE_SHARE   16u   /* of all */
#define READY_KEPT   64u
#define READY_STEP   4096u
#define RETRY_US     20000u

static bool is_much_idle(const struct engine *engine) {
    const struct frames *frames = &engine->pager.frames;
    const uint64_t idle = frames_idle(frames) + engine->pager.space.ready_count;
    const uint64_t dirty = atomic_load_explicit(&engine->dirty_limit, memory_order_relaxed);
    const uint64_t least = dirty / PAGE_SIZE / IDLE_OF_DIRTY;
    return idle >= (least < IDLE_LEAST ? least : IDLE_LEAST) && idle >= frames->in_use / IDLE_SHARE;
}

static void memory_ask(struct engine *engine) {
    if (engine->memory_wanted || engine->no_threads) return;
    engine->memory_wanted = true;
    background_wake(engine, WORK_MEMORY);
}

void memory_consider(struct engine *engine) {
    if (is_much_idle(engine)) memory_ask(engine);
}

void memory_after_checkpoint(struct engine *engine, uint64_t pages) {
    if (pages >= IDLE_LEAST && engine->thread_started) memory_ask(engine);
}

/* Whether some of them still have their frames. */
static bool ready_release(struct pager *pager) {
    const size_t count = pager->space.ready_count;
    pager_trim(pager, count > READY_KEPT + READY_STEP ? count - READY_STEP : READY_KEPT);
    return pager->space.ready_count > READY_KEPT;
}

/* The writer lock is held. */
static uint64_t memory_step(struct engine *engine) {
    struct frames *frames = &engine->pager.frames;
    if (engine->memory_chunk == 0 && ready_release(&engine->pager)) return RETRY_US;
    const bool spared = frames->peak > frames->in_use;
    frames_give_back(frames, &engine->memory_chunk);
    if (engine->memory_chunk != 0) return RETRY_US;
    if (spared && is_much_idle(engine)) return MEMORY_AFTER_US;
    engine->memory_wanted = false;
    return 0;
}

uint64_t memory_background(struct engine *engine) {
    if (!writer_lock_try_upkeep(&engine->writer)) return RETRY_US;
    checkpoint_settle_written(engine);
    engine_reclaim(engine);
    uint64_t again_us = memory_step(engine);
    writer_lock_give(&engine->writer);
    return again_us;
}
