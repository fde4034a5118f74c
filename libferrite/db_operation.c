/*
 * db_operation.c - running an operation on a handle of any kind. See db.h.
 */
#include "db.h"
#include "types/compact.h"
#include "types/scan.h"

#define TIDY_WHEN_FULL 4096u /* pages: 16 MiB */
#define PIECES_MOST      64u
#define SCATTERED_LEAST 64u /* free pages: with fewer, neighbours would not help either */

/* Each field by itself: compilers fill a struct of this size with a slow instruction, or make it twice. */
static inline void keyspace_on(struct keyspace *ks, const ferrite_db *db, struct txn *txn) {
    struct core *core = db->core;
    ks->txn = txn;
    ks->batch = NULL;
    ks->clock = &core->clock;
    ks->now_ms = 0;
    ks->max_value = OPTION(core, max_value_size);
    ks->default_ttl_ms = OPTION(core, default_ttl_ms);
    ks->compressor = NULL;
    ks->arena = NULL;
    ks->db = db->db;
    ks->cache = NULL;
    ks->recency = core_recency(core);
    ks->spared = NULL;
}

/* Inside the write transaction: what it counts is under the writer lock. */
static inline void keyspace_writing(struct keyspace *ks, const ferrite_db *db, struct txn *txn) {
    keyspace_on(ks, db, txn);
    ks->compressor = core_compressor(db->core);
    if (core_bounded(db->core)) ks->spared = &db->core->spared;
}

static int read_root(ferrite_db *db, db_operation operation, void *ctx) {
    struct txn txn;
    int code = txn_begin_read(db->core->engine, &txn);
    if (code != FERRITE_OK) return code;
    struct keyspace ks;
    keyspace_on(&ks, db, &txn);
    ks.cache = &db->core->cache;
    code = operation(&ks, ctx);
    txn_end_read(&txn);
    return code;
}

/* Each call works on its own copy of the snapshot's transaction: a struct pages serves one thread. */
static int read_snapshot(ferrite_db *db, db_operation operation, void *ctx) {
    struct txn txn = db->session->read;
    struct keyspace ks;
    keyspace_on(&ks, db, &txn);
    ks.now_ms = db->session->now_ms;
    ks.arena = &db->session->arena;
    return operation(&ks, ctx);
}

static int read_session(ferrite_db *db, db_operation operation, void *ctx) {
    if (db->session->kind == SESSION_SNAPSHOT) return read_snapshot(db, operation, ctx);
    int code = session_enter(db->session);
    if (code != FERRITE_OK) return code;
    struct keyspace ks;
    keyspace_on(&ks, db, db->session->write);
    ks.arena = &db->session->arena;
    if (db->session->kind == SESSION_BATCH) ks.batch = &db->session->batch;
    code = ks.batch != NULL ? keyspace_readable(&ks) : operation(&ks, ctx);
    session_leave(db->session);
    return code;
}

int db_read(ferrite_db *db, db_operation operation, void *ctx) {
    int code = db_check(db);
    if (code != FERRITE_OK) return code;
    if (__builtin_expect(db->session == NULL, 1)) return read_root(db, operation, ctx);
    return read_session(db, operation, ctx);
}

struct compressor *core_compressor_slow(struct core *core, int level) {
    if (core->compressor == NULL || compressor_level(core->compressor) != level) {
        compressor_free(core->compressor);
        core->compressor = compressor_new(level);
        if (core->compressor == NULL) return NULL;
    }
    compressor_set_min(core->compressor, OPTION(core, compression_min));
    return core->compressor;
}

/* Why a write got FERRITE_FULL. */
struct lack {
    bool refused;   /* by a bound in the options */
    uint64_t pages; /* else, if it had come so far: that it added */
};

/* `code` of a look at the bounds. A refusal leaves the transaction as it is, where making room that ran out of pages
 * itself spoils it: then a checkpoint may help. */
static int bounds_looked(const struct core *core, const struct txn *txn, int code, struct lack *lack) {
    lack->refused = code == FERRITE_FULL && txn->failed == FERRITE_OK;
    lack->pages = core->wanted;
    return code;
}

/* A write transaction of its own. */
struct write {
    struct core *core;
    uint32_t db;
    enum write_kind kind;
    core_operation operation;
    void *ctx;
};

static inline __attribute__((always_inline)) int
write_once(const struct write *write, struct tally *later, struct lack *lack) {
    struct core *core = write->core;
    struct txn *txn;
    const bool bounded = core_bounded(core);
    int code = txn_begin_write(core->engine, true, &txn);
    if (code != FERRITE_OK) return code;
    code = txn_operation(txn, write->kind == WRITE_FREES);
    if (code == FERRITE_OK && bounded)
        code = bounds_looked(core, txn, bounds_before(core, txn, write->kind), lack);
    if (code == FERRITE_OK) code = write->operation(txn, write->ctx);
    if (code == FERRITE_OK) code = core_expire(core, txn, write->db);
    if (code == FERRITE_OK && bounded)
        code = bounds_looked(core, txn, bounds_after(core, txn, write->kind), lack);
    if (__builtin_expect(code == FERRITE_OK, 1)) return core_commit(core, txn, later);
    core_rollback(core, txn);
    return code;
}

/* A value longer than a page takes neighbours, and in a file at its limit free pages may all stand apart. */
static int neighbours_gather(struct core *core) {
    struct engine_stats stats;
    uint64_t reclaimed;
    engine_stats(core->engine, &stats);
    if (OPTION(core, max_size) == 0 || stats.free_pages < SCATTERED_LEAST) return FERRITE_FULL;
    return compact_run(core->engine, NULL, &reclaimed);
}

static int room_piece(struct core *core, uint64_t wanted, struct tally *evicted, bool *more) {
    struct txn *txn;
    int code = txn_begin_write(core->engine, true, &txn);
    if (code != FERRITE_OK) return code;
    code = txn_operation(txn, true);
    if (code == FERRITE_OK) code = bounds_ahead(core, txn, wanted, more);
    if (code == FERRITE_OK) return core_commit(core, txn, evicted);
    core_rollback(core, txn);
    return code;
}

/* Each victim may copy a leaf or two, and of small keys that share no leaf a hundred go before one page does. Where one
 * transaction does not find so many pages, room is made in several, with a checkpoint after each. */
static void room_in_pieces(struct core *core, uint64_t wanted, struct tally *evicted) {
    bool more = core_bounded(core) && OPTION(core, eviction) != FERRITE_EVICT_NONE;
    int code = FERRITE_OK;
    for (unsigned i = 0; i < PIECES_MOST && more && code == FERRITE_OK; i++) {
        struct tally piece = {0};
        more = false;
        code = room_piece(core, wanted, &piece, &more);
        tally_join(evicted, &piece);
        if (code == FERRITE_OK && more) code = engine_checkpoint(core->engine);
    }
}

static int write_told(const struct write *write, struct tally *evicted, struct lack *lack) {
    struct tally once = {0};
    const int code = write_once(write, &once, lack);
    tally_join(evicted, &once);
    return code;
}

/* When the disk is full, pages may wait to be freed, and a checkpoint may set free what only the log's bound
 * held back. */
static int write_after_checkpoint(const struct write *write, struct tally *evicted) {
    struct core *core = write->core;
    struct lack lack = {0};
    (void)engine_tidy(core->engine, TIDY_WHEN_FULL);
    if (engine_checkpoint(core->engine) != FERRITE_OK) return FERRITE_FULL;
    int code = write_told(write, evicted, &lack);
    if (code != FERRITE_FULL || lack.refused) return code;
    room_in_pieces(core, lack.pages, evicted);
    code = write_told(write, evicted, &lack);
    if (code != FERRITE_FULL || lack.refused || neighbours_gather(core) != FERRITE_OK) return code;
    return write_told(write, evicted, &lack);
}

static __attribute__((noinline)) int write_again(const struct write *write, struct tally *later) {
    struct tally evicted = {0};
    const int code = write_after_checkpoint(write, &evicted);
    if (later != NULL)
        *later = evicted;
    else
        tally_settle(write->core, &evicted);
    return code;
}

int core_write_telling(struct core *core, uint32_t db, enum write_kind kind, core_operation operation,
                       void *ctx, struct tally *later) {
    const struct write write = {core, db, kind, operation, ctx};
    struct lack lack = {0};
    int code = write_once(&write, later, &lack);
    return __builtin_expect(code != FERRITE_FULL || lack.refused, 1) ? code : write_again(&write, later);
}

int core_write(struct core *core, uint32_t db, enum write_kind kind, core_operation operation, void *ctx) {
    return core_write_telling(core, db, kind, operation, ctx, NULL);
}

struct root_write {
    ferrite_db *db;
    db_operation operation;
    void *ctx;
};

static int root_operation(struct txn *txn, void *ctx) {
    struct root_write *write = ctx;
    struct keyspace ks;
    keyspace_writing(&ks, write->db, txn);
    return write->operation(&ks, write->ctx);
}

static int write_tx(ferrite_db *db, enum write_kind kind, db_operation operation, void *ctx) {
    struct txn *txn = db->session->write;
    struct keyspace ks;
    keyspace_writing(&ks, db, txn);
    db->session->generation++;
    arena_clear(&db->session->arena);
    int code = txn_operation(txn, kind == WRITE_FREES);
    if (code == FERRITE_OK && core_bounded(db->core))
        code = bounds_inside(db->core, txn, kind);
    if (code == FERRITE_OK) code = operation(&ks, ctx);
    if (code == FERRITE_OK && kind == WRITE_ADDS) db->session->adds = true;
    return code == FERRITE_OK ? txn_operation_end(txn) : code;
}

static int write_batch(ferrite_db *db, enum write_kind kind, db_operation operation, void *ctx) {
    struct keyspace ks;
    keyspace_on(&ks, db, NULL);
    ks.batch = &db->session->batch;
    size_t len = ks.batch->len;
    int code = operation(&ks, ctx);
    if (code == FERRITE_OK && kind == WRITE_ADDS) db->session->adds = true;
    if (code != FERRITE_OK) ks.batch->len = len; /* a call is collected whole or not at all */
    return code;
}

static int write_session(ferrite_db *db, enum write_kind kind, db_operation operation, void *ctx) {
    if (db->session->kind == SESSION_SNAPSHOT)
        return error_set(FERRITE_READONLY, "a snapshot cannot be changed");
    int code = session_enter(db->session);
    if (code != FERRITE_OK) return code;
    code = db->session->kind == SESSION_BATCH ? write_batch(db, kind, operation, ctx)
                                              : write_tx(db, kind, operation, ctx);
    session_leave(db->session);
    return code;
}

int db_write(ferrite_db *db, enum write_kind kind, db_operation operation, void *ctx) {
    int code = db_check(db);
    if (code != FERRITE_OK) return code;
    if (db->session != NULL) return write_session(db, kind, operation, ctx);
    struct root_write write = {db, operation, ctx};
    return core_write(db->core, db->db, kind, root_operation, &write);
}

/* ---- scans ---- */

int db_scan(ferrite_db *db, struct element_scan *scan, const uint64_t *cursor,
            db_operation operation, void *ctx) {
    int code = key_check(scan->key);
    if (code == FERRITE_OK) code = pattern_check(scan->pattern);
    if (code == FERRITE_OK && cursor == NULL)
        code = error_set(FERRITE_INVALID, "ERR cursor is NULL");
    if (code != FERRITE_OK) return code;
    scan->cursor = *cursor;
    return db_read(db, operation, ctx);
}

void *db_scan_end(const struct element_scan *scan, uint64_t *cursor, void *answer) {
    if (answer != NULL) *cursor = scan->cursor;
    return answer;
}

/* ---- argument checks ---- */

int key_refuse(ferrite_slice key) {
    if (key.len > FERRITE_KEY_MAX)
        return error_set(FERRITE_LIMIT, "ERR key is longer than %u bytes", FERRITE_KEY_MAX);
    return error_set(FERRITE_INVALID, "ERR key is NULL");
}

int value_refuse(ferrite_slice value) {
    if (value.len > BLOB_MAX)
        return error_set(FERRITE_LIMIT,
                         "ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    return error_set(FERRITE_INVALID, "ERR value is NULL");
}

int pattern_check(ferrite_slice pattern) {
    return pattern.data != NULL ? value_check(pattern) : FERRITE_OK;
}

int value_fits(const ferrite_db *db, ferrite_slice value) {
    const uint64_t max = db != NULL ? OPTION(db->core, max_value_size) : 0;
    if (__builtin_expect(max == 0 || value.len <= max, 1)) return FERRITE_OK;
    return error_set(FERRITE_LIMIT, "ERR value is longer than the %llu bytes that max_value_size allows",
                     (unsigned long long)max);
}

int values_fit(const ferrite_db *db, const ferrite_slice *items, size_t count, size_t step) {
    int code = FERRITE_OK;
    for (size_t i = 0; i < count && code == FERRITE_OK; i += step) code = value_fits(db, items[i]);
    return code;
}

int slices_check(const ferrite_slice *items, size_t count) {
    if (items == NULL && count != 0) return error_set(FERRITE_INVALID, "ERR items is NULL");
    for (size_t i = 0; i < count; i++) {
        int code = key_check(items[i]);
        if (code != FERRITE_OK) return code;
    }
    return FERRITE_OK;
}
