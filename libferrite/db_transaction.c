/*
 * db_transaction.c - sessions: transactions, snapshots, batches. See db.h.
 */
#include "db.h"
#include "os/mem.h"
#include "types/mutate.h"

int session_new(struct core *core, enum session_kind kind, struct session **out) {
    size_t roots = kind == SESSION_SNAPSHOT ? sizeof(struct roots) : 0;
    struct session *session = mem_calloc(sizeof *session + roots);
    if (session == NULL) return error_nomem();
    pthread_mutex_init(&session->mutex, NULL);
    arena_init(&session->arena);
    atomic_init(&session->refs, 1);
    session->kind = kind;
    session->core = core;
    core_retain(core);
    *out = session;
    return FERRITE_OK;
}

void session_retain(struct session *session) {
    atomic_fetch_add_explicit(&session->refs, 1, memory_order_relaxed);
}

/* In a forked child the transactions are the parent's: only memory is let go. */
static void session_end(struct session *session) {
    if (session->core->fork_generation == os_fork_generation()) {
        if (session->kind == SESSION_SNAPSHOT && !session->ended) txn_end_read(&session->read);
        if (session->write != NULL) core_rollback(session->core, session->write);
    }
    session->write = NULL;
    session->ended = true;
    arena_clear(&session->arena);
    batch_clear(&session->batch);
}

void session_release(struct session *session) {
    if (atomic_fetch_sub_explicit(&session->refs, 1, memory_order_acq_rel) != 1) return;
    session_end(session);
    pthread_mutex_destroy(&session->mutex);
    arena_done(&session->arena);
    struct core *core = session->core;
    mem_free(session);
    core_release(core);
}

int session_enter(struct session *session) {
    pthread_mutex_lock(&session->mutex);
    int code = FERRITE_OK;
    if (session->ended)
        code = error_set(FERRITE_INVALID, "the transaction has ended");
    else if (session->write != NULL && session->write->failed != 0)
        code = error_set(FERRITE_ABORTED,
                         "an earlier failure in this transaction leaves only rolling it back");
    if (code != FERRITE_OK) pthread_mutex_unlock(&session->mutex);
    return code;
}

void session_leave(struct session *session) { pthread_mutex_unlock(&session->mutex); }

/* After a fork the mutex may be held by a thread that the child does not have. */
void session_abandon(struct session *session) {
    bool ours = session->core->fork_generation == os_fork_generation();
    if (ours) pthread_mutex_lock(&session->mutex);
    session_end(session);
    if (ours) pthread_mutex_unlock(&session->mutex);
}

/* The handle that owns a new session, which is released here either way. */
static ferrite_db *session_handle(struct session *session, uint32_t index) {
    ferrite_db *db = db_new(session->core, session, index);
    if (db != NULL) db->owner = true;
    session_release(session);
    return db;
}

static int tx_begin(ferrite_db *db, bool thread_bound, ferrite_db **out) {
    int code = db_check_root(db, "beginning a transaction");
    if (code != FERRITE_OK) return code;
    struct session *session = NULL;
    code = session_new(db->core, SESSION_TX, &session);
    if (code != FERRITE_OK) return code;
    code = txn_begin_write(db->core->engine, thread_bound, &session->write);
    if (code != FERRITE_OK) {
        session->write = NULL;
        session_release(session);
        return code;
    }
    bounds_begin(db->core, session->write);
    *out = session_handle(session, db->db);
    return *out != NULL ? FERRITE_OK : error_nomem();
}

ferrite_db *ferrite_begin(ferrite_db *db, ferrite_error **err) {
    ferrite_db *tx = NULL;
    int code = tx_begin(db, false, &tx);
    if (code != FERRITE_OK) error_give(err, code);
    return tx;
}

static int batch_apply(struct txn *txn, void *ctx) {
    struct session *session = ctx;
    struct keyspace like = {.clock = &session->core->clock,
                            .default_ttl_ms = OPTION(session->core, default_ttl_ms),
                            .compressor = core_compressor(session->core),
                            .recency = core_recency(session->core)};
    if (core_bounded(session->core)) like.spared = &session->core->spared;
    return mutate_apply(&like, txn, session->batch.bytes, session->batch.len);
}

static int batch_commit(struct session *session, uint32_t db, struct tally *later) {
    int code = FERRITE_OK;
    if (session->batch.len != 0)
        code = core_write_telling(session->core, db, session->adds ? WRITE_ADDS : WRITE_FREES,
                                  batch_apply, session, later);
    if (code == FERRITE_OK) session_end(session);
    return code;
}

/* Under the mutex. The session has ended afterwards, except for a batch that could not be applied. */
static int session_commit(struct session *session, uint32_t db, struct tally *later) {
    if (session->kind == SESSION_BATCH) return batch_commit(session, db, later);
    struct core *core = session->core;
    struct txn *txn = session->write;
    session->write = NULL;
    session->ended = true;
    arena_clear(&session->arena);
    if (txn->failed == FERRITE_OK) (void)core_expire(core, txn, db); /* commit will tell */
    if (txn->failed == FERRITE_OK && core_bounded(core)) {
        int code = bounds_after(core, txn, session->adds ? WRITE_ADDS : WRITE_MOVES);
        if (code != FERRITE_OK) (void)txn_fail(txn, code);
    }
    return core_commit(core, txn, later);
}

static int session_finish(struct session *session, uint32_t db, bool commit) {
    struct tally tally = {0};
    int code = core_check(session->core); /* the function of ferrite_transaction may have forked */
    if (code != FERRITE_OK) {
        session_abandon(session);
        return code;
    }
    pthread_mutex_lock(&session->mutex);
    if (session->ended)
        code = error_set(FERRITE_INVALID, "the transaction has ended");
    else if (commit)
        code = session_commit(session, db, &tally);
    else
        session_end(session);
    pthread_mutex_unlock(&session->mutex);
    tally_settle(session->core, &tally);
    return code;
}

static int handle_finish(ferrite_db *tx, bool commit) {
    int code = db_check(tx);
    if (code != FERRITE_OK) return code;
    if (tx->session == NULL || tx->session->kind == SESSION_SNAPSHOT)
        return error_set(FERRITE_INVALID, "the handle is no transaction and no batch");
    if (tx->session->lent)
        return error_set(FERRITE_INVALID, "the transaction ends when its function returns");
    return session_finish(tx->session, tx->db, commit);
}

int ferrite_commit(ferrite_db *tx, ferrite_error **err) {
    return db_answer(handle_finish(tx, true), 0, err);
}

int ferrite_rollback(ferrite_db *tx, ferrite_error **err) {
    return db_answer(handle_finish(tx, false), 0, err);
}

int ferrite_transaction(ferrite_db *db,
                        int (*fn)(ferrite_db *tx, void *ctx, ferrite_error **err), void *ctx,
                        ferrite_error **err) {
    ferrite_db *tx;
    int code = fn != NULL ? tx_begin(db, true, &tx)
                          : error_set(FERRITE_INVALID, "the transaction's function is NULL");
    if (code != FERRITE_OK) return error_give(err, code);
    tx->lent = tx->session->lent = true;
    int result = fn(tx, ctx, err);
    code = session_finish(tx->session, tx->db, result == 0);
    tx->lent = false;
    ferrite_close(tx);
    return result == 0 ? db_answer(code, 0, err) : result;
}

int session_snapshot(struct core *core, struct session **out) {
    int code = session_new(core, SESSION_SNAPSHOT, out);
    if (code != FERRITE_OK) return code;
    (*out)->now_ms = core->clock.now_ms(core->clock.ctx);
    code = txn_begin_read(core->engine, &(*out)->read);
    if (code == FERRITE_OK) txn_detach(&(*out)->read, (*out)->roots);
    if (code != FERRITE_OK) {
        (*out)->ended = true;
        session_release(*out);
    }
    return code;
}

ferrite_db *ferrite_snapshot(ferrite_db *db, ferrite_error **err) {
    struct session *session = NULL;
    ferrite_db *snapshot = NULL;
    int code = db_check_root(db, "a snapshot");
    if (code == FERRITE_OK) code = session_snapshot(db->core, &session);
    if (code == FERRITE_OK) {
        snapshot = session_handle(session, db->db);
        if (snapshot == NULL) code = error_nomem();
    }
    if (code != FERRITE_OK) error_give(err, code);
    return snapshot;
}

ferrite_db *ferrite_batch(ferrite_db *db, ferrite_error **err) {
    struct session *session = NULL;
    ferrite_db *batch = NULL;
    int code = db_check_root(db, "a batch");
    if (code == FERRITE_OK && db->core->options.read_only)
        code = error_set(FERRITE_READONLY, "the database is open for reading only");
    if (code == FERRITE_OK) code = session_new(db->core, SESSION_BATCH, &session);
    if (code == FERRITE_OK) {
        batch = session_handle(session, db->db);
        if (batch == NULL) code = error_nomem();
    }
    if (code != FERRITE_OK) error_give(err, code);
    return batch;
}
