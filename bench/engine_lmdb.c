/*
 * engine_lmdb.c - LMDB, with and without MDB_WRITEMAP. One read transaction a session, reset and
 * renewed around each get: LMDB's fast way.
 */
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "bench.h"

struct lmdb {
    MDB_env *env;
    MDB_dbi dbi;
};

struct lmdb_session {
    struct lmdb *db;
    MDB_txn *reader;
    MDB_txn *writer;
};

static void check(int rc, const char *what) {
    if (rc) bench_die("lmdb: %s: %s", what, mdb_strerror(rc));
}

static void *lmdb_open_flags(const char *dir, unsigned flags) {
    struct lmdb *db = calloc(1, sizeof *db);
    MDB_txn *txn;
    mkdir(dir, 0777);
    check(mdb_env_create(&db->env), "env_create");
    check(mdb_env_set_mapsize(db->env, 4ull << 30), "set_mapsize");
    check(mdb_env_open(db->env, dir, flags | MDB_NOTLS, 0666), "env_open");
    check(mdb_txn_begin(db->env, NULL, 0, &txn), "txn_begin");
    check(mdb_dbi_open(txn, NULL, 0, &db->dbi), "dbi_open");
    check(mdb_txn_commit(txn), "txn_commit");
    return db;
}

static void *lmdb_open(const char *dir, bool durable) {
    return lmdb_open_flags(dir, durable ? 0 : MDB_NOSYNC);
}

static void *lmdb_open_writemap(const char *dir, bool durable) {
    return lmdb_open_flags(dir, MDB_WRITEMAP | (durable ? 0 : MDB_NOSYNC));
}

static void lmdb_close(void *handle) {
    struct lmdb *db = handle;
    mdb_env_close(db->env);
    free(db);
}

static void *lmdb_session_open(void *db) {
    struct lmdb_session *session = calloc(1, sizeof *session);
    session->db = db;
    check(mdb_txn_begin(session->db->env, NULL, MDB_RDONLY, &session->reader), "txn_begin");
    mdb_txn_reset(session->reader);
    return session;
}

static void lmdb_session_close(void *handle) {
    struct lmdb_session *session = handle;
    mdb_txn_abort(session->reader);
    free(session);
}

static void lmdb_begin(void *handle) {
    struct lmdb_session *session = handle;
    check(mdb_txn_begin(session->db->env, NULL, 0, &session->writer), "txn_begin");
}

static void lmdb_put_in(void *handle, const char *key, const char *value) {
    struct lmdb_session *session = handle;
    MDB_val k = {KEY_LEN, (void *)key}, v = {VALUE_LEN, (void *)value};
    check(mdb_put(session->writer, session->db->dbi, &k, &v, 0), "put");
}

static void lmdb_commit(void *handle) {
    struct lmdb_session *session = handle;
    check(mdb_txn_commit(session->writer), "commit");
}

static void lmdb_put(void *session, const char *key, const char *value) {
    lmdb_begin(session);
    lmdb_put_in(session, key, value);
    lmdb_commit(session);
}

static void lmdb_pin(void *handle) {
    struct lmdb_session *session = handle;
    check(mdb_txn_renew(session->reader), "renew");
}

static void lmdb_unpin(void *handle) {
    struct lmdb_session *session = handle;
    mdb_txn_reset(session->reader);
}

static int lmdb_get_pinned(void *handle, const char *key) {
    struct lmdb_session *session = handle;
    MDB_val k = {KEY_LEN, (void *)key}, v;
    int rc = mdb_get(session->reader, session->db->dbi, &k, &v);
    if (rc == MDB_NOTFOUND) return -1;
    check(rc, "get");
    return *(unsigned char *)v.mv_data;
}

static int lmdb_get(void *session, const char *key) {
    lmdb_pin(session);
    int byte = lmdb_get_pinned(session, key);
    lmdb_unpin(session);
    return byte;
}

static uint64_t lmdb_scan(void *handle) {
    struct lmdb_session *session = handle;
    MDB_cursor *cursor;
    MDB_val k, v;
    uint64_t count = 0;
    volatile unsigned sum = 0;
    int rc;
    lmdb_pin(session);
    check(mdb_cursor_open(session->reader, session->db->dbi, &cursor), "cursor_open");
    while (!(rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT))) {
        sum += *(unsigned char *)v.mv_data;
        count++;
    }
    if (rc != MDB_NOTFOUND) check(rc, "cursor_get");
    mdb_cursor_close(cursor);
    lmdb_unpin(session);
    (void)sum;
    return count;
}

#define LMDB_CALLS                                                                                 \
    .close = lmdb_close, .session_open = lmdb_session_open,         \
    .session_close = lmdb_session_close, .put = lmdb_put, .begin = lmdb_begin,                     \
    .put_in = lmdb_put_in, .commit = lmdb_commit, .get = lmdb_get, .pin = lmdb_pin,                \
    .get_pinned = lmdb_get_pinned, .unpin = lmdb_unpin, .scan = lmdb_scan

const struct bench_engine engine_lmdb = {
    .name = "lmdb",
    .settings = "map 4 GiB, MDB_NOSYNC, MDB_NOTLS",
    .settings_durable = "the same without MDB_NOSYNC",
    .open = lmdb_open,
    LMDB_CALLS,
};

const struct bench_engine engine_lmdb_writemap = {
    .name = "lmdb-wm",
    .settings = "map 4 GiB, MDB_WRITEMAP | MDB_NOSYNC, MDB_NOTLS",
    .settings_durable = "the same without MDB_NOSYNC",
    .open = lmdb_open_writemap,
    LMDB_CALLS,
};
