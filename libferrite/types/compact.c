/* compact.c - see compact.h. */
#include "compact.h"

#include "collection.h"

/* Less than 1 MiB or an eighth of the file is not worth the writing. */
#define COMPACT_MIN_PAGES 256u
#define COMPACT_MIN_SHARE 8u
#define COMPACT_PASSES 4

static int element_move(void *ctx, struct pages *pages, pgno limit, uint64_t *budget,
                        const struct tree_value *value, uint8_t *changed) {
    struct blob blob;
    (void)ctx;
    int rc = value_blob(value, &blob);
    if (rc == FERRITE_OK) rc = blob_move(pages, &blob, limit, budget);
    if (rc == FERRITE_OK) memcpy(changed + value->len - sizeof blob, &blob, sizeof blob);
    return rc;
}

static int trees_move(struct pages *pages, pgno limit, uint64_t *budget,
                      const struct tree_value *value, const struct record *record,
                      uint8_t *changed) {
    struct tree trees[COLLECTION_TREES_MAX];
    uint32_t count = record_trees(record, trees);
    int rc = FERRITE_OK;
    for (uint32_t i = 0; i < count && rc == FERRITE_OK; i++)
        rc = tree_move(pages, &trees[i], limit, budget, element_move, NULL);
    if (rc == FERRITE_OK)
        record_trees_write(changed + (record->payload - (const uint8_t *)value->data), record, trees);
    return rc;
}

static int record_move(void *ctx, struct pages *pages, pgno limit, uint64_t *budget,
                       const struct tree_value *value, uint8_t *changed) {
    (void)ctx;
    struct record record;
    int rc = record_parse(value, &record);
    if (rc != FERRITE_OK) return rc;
    if (record.head & RECORD_TREES) return trees_move(pages, limit, budget, value, &record, changed);
    if (!(record.head & RECORD_BLOB)) return rc;
    struct blob blob = record_blob(&record);
    rc = blob_move(pages, &blob, limit, budget);
    if (rc == FERRITE_OK) memcpy(changed + (record_blob_at(&record) - (const uint8_t *)value->data), &blob, sizeof blob);
    return rc;
}

static int databases_move(struct txn *txn, pgno limit, uint64_t *budget) {
    int rc = FERRITE_OK;
    for (uint32_t db = 0; db < txn->databases && rc == FERRITE_OK; db++) {
        rc = tree_move(&txn->pages, txn_keys(txn, db), limit, budget, record_move, NULL);
        if (rc == FERRITE_OK)
            rc = tree_move(&txn->pages, txn_expiry(txn, db), limit, budget, NULL, NULL);
    }
    return rc;
}

static bool worthwhile(const struct engine_stats *stats) {
    return stats->free_pages >= COMPACT_MIN_PAGES &&
           stats->free_pages >= stats->page_count / COMPACT_MIN_SHARE;
}

/* One transaction that changes no data, made durable by its checkpoint. */
static int compact_pass(struct engine *engine, uint64_t *budget, const struct engine_stats *stats) {
    struct txn *txn;
    int rc = txn_begin_write(engine, true, &txn);
    if (rc != FERRITE_OK) return rc;
    rc = txn_operation(txn, false);
    if (rc == FERRITE_OK)
        rc = databases_move(txn, (pgno)(stats->page_count - stats->free_pages), budget);
    if (rc != FERRITE_OK) {
        txn_rollback(txn);
        return rc;
    }
    txn_unlogged(txn);
    return txn_commit(txn);
}

int compact_before_close(struct engine *engine) {
    struct engine_stats stats;
    if (engine_read_only(engine) || engine_in_memory(engine)) return FERRITE_OK;
    engine_stats(engine, &stats);
    uint64_t allowed = stats.written_pages;
    for (int pass = 0; pass < COMPACT_PASSES && worthwhile(&stats) && allowed > 0; pass++) {
        int rc = engine_checkpoint(engine); /* frees what only older checkpoints use */
        if (rc != FERRITE_OK) return rc;
        uint64_t budget = stats.spill_pages < allowed ? stats.spill_pages : allowed, before = budget;
        engine_stats(engine, &stats);
        rc = compact_pass(engine, &budget, &stats);
        if (rc != FERRITE_OK || budget == before) return rc;
        allowed -= before - budget;
        engine_stats(engine, &stats);
    }
    return FERRITE_OK;
}
