/*
 * db_care.c - ferrite_info, ferrite_checkpoint, ferrite_time: the state of the database. See db.h.
 */
#include <string.h>

#include "db.h"

static int count_keys(struct keyspace *ks, void *ctx) {
    uint64_t *keys = ctx;
    for (uint32_t db = 0; db < ks->txn->databases; db++) *keys += txn_keys(ks->txn, db)->count;
    return FERRITE_OK;
}

static void info_fill(const struct core *core, ferrite_stats *stats) {
    struct engine_stats engine;
    engine_stats(core->engine, &engine);
    stats->in_memory = engine_in_memory(core->engine);
    stats->read_only = engine_read_only(core->engine);
    stats->sync_mode = core->options.sync_mode;
    stats->page_size = PAGE_SIZE;
    stats->file_bytes = engine.file_bytes;
    stats->log_bytes = engine.log_bytes;
    stats->log_capacity = engine.log_capacity;
    stats->page_count = engine.page_count;
    stats->free_pages = engine.free_pages;
    stats->young_bytes = engine.young_bytes;
    stats->txid = engine.txid;
    stats->published_txid = engine.published_txid;
    stats->commits = engine.commits;
    stats->syncs = engine.syncs;
    stats->checkpoints = engine.checkpoints;
    stats->readers = engine.readers;
    stats->oldest_reader_lag = engine.oldest_reader_lag;
    stats->recovered_transactions = engine.recovered_txns;
    memcpy(stats->database_id, engine.database_id, sizeof stats->database_id);
}

int ferrite_info(ferrite_db *db, ferrite_stats *stats, ferrite_error **err) {
    int code = db_check(db);
    if (code == FERRITE_OK && (stats == NULL || stats->struct_size != sizeof *stats))
        code = error_set(FERRITE_INVALID, "stats: struct_size has to be FERRITE_STATS_INIT_SIZE");
    uint64_t keys = 0;
    bool batch = code == FERRITE_OK && db->session != NULL && db->session->kind == SESSION_BATCH;
    if (code == FERRITE_OK && !batch) code = db_read(db, count_keys, &keys);
    if (code != FERRITE_OK) return error_give(err, code);
    info_fill(db->core, stats);
    stats->keys = keys;
    return 0;
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
