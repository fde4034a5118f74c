/* transfer.c - see transfer.h. */
#include "transfer.h"

#include "collection.h"

struct transfer {
    struct txn *to;
    const struct transfer_watch *watch;
    uint64_t done, total; /* pages */
};

static int told(struct transfer *transfer) {
    const struct transfer_watch *watch = transfer->watch;
    if (watch == NULL || watch->progress == NULL) return FERRITE_OK;
    if (transfer->done > transfer->total) transfer->done = transfer->total;
    if (watch->progress(watch->ctx, transfer->done, transfer->total) == 0) return FERRITE_OK;
    return error_set(FERRITE_ABORTED, "the copying was stopped");
}

/* Between two entries: pages of the copy may go to its file. */
static int transfer_pause(void *ctx, uint32_t pages) {
    struct transfer *transfer = ctx;
    transfer->done += pages;
    int code = txn_operation(transfer->to, false);
    return code == FERRITE_OK ? told(transfer) : code;
}

static int record_transfer(void *ctx, struct tree_copying *copying, const struct tree_value *value,
                           uint8_t *copy) {
    struct record record;
    (void)ctx;
    int code = record_parse(value, &record);
    if (code == FERRITE_OK) code = record_check(&record, value->spilled);
    if (code != FERRITE_OK) return code;
    return record_copy(copying, &record, copy + (record.payload - (const uint8_t *)value->data));
}

static int database_transfer(struct tree_copying *copying, struct txn *from, struct txn *to,
                             uint32_t db) {
    int code = tree_copy(copying, txn_keys(from, db), txn_keys(to, db), record_transfer, NULL);
    if (code == FERRITE_OK)
        code = tree_copy(copying, txn_expiry(from, db), txn_expiry(to, db), NULL, NULL);
    to->roots->removed[db] = from->roots->removed[db];
    return code;
}

static int databases_fit(const struct txn *from, const struct txn *to) {
    for (uint32_t db = 0; db < to->databases; db++)
        if (to->roots->keys[db].count != 0)
            return error_set(FERRITE_INVALID, "the database is not empty");
    for (uint32_t db = to->databases; db < from->databases; db++)
        if (from->roots->keys[db].count != 0)
            return error_set(FERRITE_INVALID, "logical database %u holds keys, and there are only %u here",
                             db, to->databases);
    return FERRITE_OK;
}

static uint64_t pages_in_use(struct engine *engine) {
    struct engine_stats stats;
    engine_stats(engine, &stats);
    return stats.page_count - stats.free_pages;
}

int transfer_all(struct txn *from, struct txn *to, const struct transfer_watch *watch) {
    struct transfer transfer = {.to = to, .watch = watch};
    if (watch != NULL && watch->progress != NULL) transfer.total = pages_in_use(from->engine);
    struct tree_copying copying = {.from = &from->pages, .to = &to->pages, .pause = transfer_pause,
                                   .ctx = &transfer};
    int code = databases_fit(from, to);
    if (code == FERRITE_OK) code = txn_operation(to, false);
    for (uint32_t db = 0; db < from->databases && db < to->databases && code == FERRITE_OK; db++)
        code = database_transfer(&copying, from, to, db);
    transfer.done = transfer.total;
    if (code == FERRITE_OK) code = told(&transfer);
    if (code != FERRITE_OK) return txn_fail(to, code);
    txn_unlogged(to);
    return FERRITE_OK;
}
