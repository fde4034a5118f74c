/*
 * ways.c - changing how commits are made durable while the database is open. Called by db_config.c.
 */
#include "../error.h"
#include "engine.h"

static bool is_durable(int mode) {
    return mode == FERRITE_SYNC_NORMAL || mode == FERRITE_SYNC_FULL;
}

/* The durable modes publish a commit once it is synced, the others at once (commit.c): so nothing may
 * be waiting for its sync when the mode changes. The writer lock is held, so nothing new comes. */
static int settle(struct engine *engine) {
    if (engine->wal == NULL || !is_durable(engine->sync_mode)) return FERRITE_OK;
    return commit_sync_to(engine, wal_head(engine->wal).lsn);
}

static void take(struct engine *engine, const struct engine_ways *ways) {
    pthread_mutex_lock(&engine->sync_mutex); /* a leader may be about to publish */
    engine->sync_mode = ways->sync_mode;
    engine->sync_interval_ms = ways->sync_interval_ms;
    engine->sync_every_n = ways->sync_every_n;
    engine->busy_timeout_ms = ways->busy_timeout_ms;
    pthread_mutex_unlock(&engine->sync_mutex);
}

int engine_set_ways(struct engine *engine, const struct engine_ways *ways) {
    if (!writer_lock_take(&engine->writer, engine->busy_timeout_ms, false))
        return error_set(FERRITE_BUSY, "a transaction holds the database");
    int rc = engine->read_only ? FERRITE_OK : settle(engine);
    if (rc == FERRITE_OK) take(engine, ways);
    writer_lock_give(&engine->writer);
    if (rc == FERRITE_OK) background_look(engine);
    return rc;
}
