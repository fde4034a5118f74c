/*
 * db_care.c - ferrite_info and its kin, ferrite_checkpoint, ferrite_time: the state of the database. See db.h.
 */
#include <string.h>

#include "db.h"
#include "types/expiry.h"

static int count_keys(struct keyspace *ks, void *ctx) {
    uint64_t *keys = ctx;
    for (uint32_t db = 0; db < ks->txn->databases; db++) *keys += txn_keys(ks->txn, db)->count;
    return FERRITE_OK;
}

static void info_cache(struct core *core, ferrite_stats *stats) {
    struct cache_stats cache;
    cache_measure(&core->cache, &cache);
    stats->cache_bytes = cache.bytes;
    stats->cache_entries = cache.entries;
    stats->cache_hits = cache.hits;
    stats->cache_misses = cache.misses;
    stats->keyspace_hits += cache.answered; /* which the engine does not hear of */
}

static int64_t age_ms(uint64_t now_us, uint64_t at_us) {
    return at_us != 0 ? (int64_t)((now_us - at_us) / 1000) : -1;
}

static void info_fill_work(const struct core *core, const struct engine_stats *engine,
                           ferrite_stats *stats) {
    uint64_t now_us = os_monotonic_us(engine_os(core->engine));
    stats->keyspace_hits = engine->lookups_hit;
    stats->keyspace_misses = engine->lookups_missed;
    stats->expired_keys = engine->expired;
    stats->background_failures = engine->background_failures;
    stats->unsynced_bytes = engine->unsynced_bytes;
    stats->uptime_ms = (now_us - core->opened_us) / 1000;
    stats->last_sync_age_ms = age_ms(now_us, engine->last_sync_us);
    stats->checkpoint_age_ms = age_ms(now_us, engine->checkpoint_at_us);
    stats->checkpoint_pages = engine->checkpoint_pages;
    stats->checkpoint_us = engine->checkpoint_ns / 1000;
    stats->checkpoint_running = engine->checkpointing;
    stats->process_id = os_pid();
}

static void info_fill(struct core *core, ferrite_stats *stats) {
    struct engine_stats engine;
    engine_stats(core->engine, &engine);
    stats->in_memory = engine_in_memory(core->engine);
    stats->read_only = engine_read_only(core->engine);
    stats->sync_mode = OPTION(core, sync_mode);
    stats->page_size = PAGE_SIZE;
    stats->file_bytes = engine.file_bytes;
    stats->log_bytes = engine.log_bytes;
    stats->log_capacity = engine.log_capacity;
    stats->page_count = engine.page_count;
    stats->free_pages = engine.free_pages;
    stats->young_bytes = engine.young_bytes;
    stats->used_bytes = engine.used_pages * PAGE_SIZE;
    stats->memory_bytes = core_memory_beside(core) +
                          (stats->in_memory ? stats->used_bytes : engine.young_bytes);
    stats->evicted_keys = atomic_load_explicit(&core->evicted, memory_order_relaxed);
    stats->bgsave_running = atomic_load(&core->bgsave_running);
    stats->bgsave_code = atomic_load(&core->bgsave_code);
    stats->txid = engine.txid;
    stats->published_txid = engine.published_txid;
    stats->commits = engine.commits;
    stats->syncs = engine.syncs;
    stats->checkpoints = engine.checkpoints;
    stats->readers = engine.readers;
    stats->oldest_reader_lag = engine.oldest_reader_lag;
    stats->recovered_transactions = engine.recovered_txns;
    memcpy(stats->database_id, engine.database_id, sizeof stats->database_id);
    info_fill_work(core, &engine, stats);
    info_cache(core, stats);
}

/* What ferrite_stats_reset sets back to 0. */
static const size_t counters[] = {
    offsetof(ferrite_stats, commits),
    offsetof(ferrite_stats, syncs),
    offsetof(ferrite_stats, checkpoints),
    offsetof(ferrite_stats, keyspace_hits),
    offsetof(ferrite_stats, keyspace_misses),
    offsetof(ferrite_stats, expired_keys),
    offsetof(ferrite_stats, cache_hits),
    offsetof(ferrite_stats, cache_misses),
    offsetof(ferrite_stats, evicted_keys),
    offsetof(ferrite_stats, background_failures),
};

static void counters_subtract(struct core *core, ferrite_stats *stats) {
    pthread_mutex_lock(&core->config_mutex);
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
        uint64_t before, now;
        memcpy(&before, (char *)&core->counted_before + counters[i], sizeof before);
        memcpy(&now, (char *)stats + counters[i], sizeof now);
        now = now > before ? now - before : 0; /* a log made anew counts its syncs anew */
        memcpy((char *)stats + counters[i], &now, sizeof now);
    }
    pthread_mutex_unlock(&core->config_mutex);
}

/* Programs of an earlier header have a shorter struct; this was the first one's last field. */
#define STATS_SIZE_MIN (offsetof(ferrite_stats, database_id) + 33)

int ferrite_info(ferrite_db *db, ferrite_stats *stats, ferrite_error **err) {
    ferrite_stats all = {.struct_size = sizeof all};
    int code = db_check(db);
    if (code == FERRITE_OK &&
        (stats == NULL || stats->struct_size < STATS_SIZE_MIN || stats->struct_size > sizeof all))
        code = error_set(FERRITE_INVALID, "stats: struct_size has to be FERRITE_STATS_INIT_SIZE");
    bool batch = code == FERRITE_OK && db->session != NULL && db->session->kind == SESSION_BATCH;
    if (code == FERRITE_OK && !batch) code = db_read(db, count_keys, &all.keys);
    if (code != FERRITE_OK) return error_give(err, code);
    info_fill(db->core, &all);
    counters_subtract(db->core, &all);
    all.struct_size = stats->struct_size;
    memcpy(stats, &all, stats->struct_size);
    return 0;
}

int ferrite_stats_reset(ferrite_db *db, ferrite_error **err) {
    ferrite_stats now = {.struct_size = sizeof now};
    int code = db_check(db);
    if (code != FERRITE_OK) return error_give(err, code);
    info_fill(db->core, &now);
    pthread_mutex_lock(&db->core->config_mutex);
    db->core->counted_before = now;
    pthread_mutex_unlock(&db->core->config_mutex);
    for (int event = 0; event < FERRITE_LATENCY_EVENTS; event++)
        (void)ferrite_latency_reset(db, event, NULL);
    return 0;
}

static int keyspace_operation(struct keyspace *ks, void *ctx) {
    ferrite_keyspace *out = ctx;
    out->keys = txn_keys(ks->txn, ks->db)->count;
    out->expires = txn_expiry(ks->txn, ks->db)->count;
    return expiry_mean_life(ks->txn, ks->db, keyspace_now(ks), &out->avg_ttl_ms);
}

int ferrite_keyspace_info(ferrite_db *db, ferrite_keyspace *keyspace, ferrite_error **err) {
    int code = db_check(db);
    if (code == FERRITE_OK && (keyspace == NULL || keyspace->struct_size != sizeof *keyspace))
        code = error_set(FERRITE_INVALID, "keyspace: begin with FERRITE_KEYSPACE_INIT");
    if (code == FERRITE_OK) code = db_read(db, keyspace_operation, keyspace);
    return db_answer(code, 0, err);
}

int ferrite_checkpoint(ferrite_db *db, ferrite_error **err) {
    int code = db_check_root(db, "a checkpoint");
    if (code == FERRITE_OK) (void)engine_tidy(db->core->engine, UINT64_MAX);
    if (code == FERRITE_OK) code = engine_checkpoint(db->core->engine);
    return db_answer(code, 0, err);
}

/* With a clock given in the options there are no finer steps than its milliseconds. */
int ferrite_time(ferrite_db *db, int64_t *us, ferrite_error **err) {
    int code = db_check(db);
    if (code == FERRITE_OK && us != NULL) *us = db->core->clock.now_ms(db->core->clock.ctx) * 1000;
    return db_answer(code, 0, err);
}
