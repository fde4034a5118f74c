/*
 * engine_sqlite.c - SQLite in WAL mode, one connection a session, prepared statements.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench.h"

struct sqlite {
    char path[1024];
    bool durable;
};

struct sqlite_session {
    sqlite3 *connection;
    sqlite3_stmt *put, *get, *scan, *begin, *begin_read, *commit;
};

static void check(struct sqlite_session *session, int rc, const char *what) {
    if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW)
        bench_die("sqlite: %s: %s", what, sqlite3_errmsg(session->connection));
}

static void run_sql(struct sqlite_session *session, const char *sql) {
    check(session, sqlite3_exec(session->connection, sql, NULL, NULL, NULL), sql);
}

static sqlite3_stmt *prepare(struct sqlite_session *session, const char *sql) {
    sqlite3_stmt *statement;
    check(session, sqlite3_prepare_v3(session->connection, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                      &statement, NULL), sql);
    return statement;
}

static void *sqlite_session_open(void *handle) {
    struct sqlite *db = handle;
    struct sqlite_session *session = calloc(1, sizeof *session);
    check(session, sqlite3_open(db->path, &session->connection), "open");
    sqlite3_busy_timeout(session->connection, 60000);
    run_sql(session, "pragma journal_mode = wal");
    run_sql(session, db->durable ? "pragma synchronous = full" : "pragma synchronous = off");
    run_sql(session, "create table if not exists kv(k blob primary key, v blob) without rowid");
    session->put = prepare(session, "insert or replace into kv values (?, ?)");
    session->get = prepare(session, "select v from kv where k = ?");
    session->scan = prepare(session, "select k, v from kv order by k");
    session->begin = prepare(session, "begin immediate");
    session->begin_read = prepare(session, "begin");
    session->commit = prepare(session, "commit");
    return session;
}

static void sqlite_session_close(void *handle) {
    struct sqlite_session *session = handle;
    sqlite3_stmt *all[] = {session->put,   session->get,        session->scan,
                           session->begin, session->begin_read, session->commit};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) sqlite3_finalize(all[i]);
    sqlite3_close(session->connection);
    free(session);
}

static void *sqlite_open(const char *dir, bool durable) {
    struct sqlite *db = calloc(1, sizeof *db);
    mkdir(dir, 0777);
    snprintf(db->path, sizeof db->path, "%s/bench.sqlite", dir);
    db->durable = durable;
    sqlite_session_close(sqlite_session_open(db));
    return db;
}

static void sqlite_close(void *db) { free(db); }

static void step(struct sqlite_session *session, sqlite3_stmt *statement, const char *what) {
    check(session, sqlite3_step(statement), what);
    check(session, sqlite3_reset(statement), what);
}

static void sqlite_put(void *handle, const char *key, const char *value) {
    struct sqlite_session *session = handle;
    sqlite3_bind_blob(session->put, 1, key, KEY_LEN, SQLITE_STATIC);
    sqlite3_bind_blob(session->put, 2, value, VALUE_LEN, SQLITE_STATIC);
    step(session, session->put, "insert");
}

static void sqlite_begin(void *handle) {
    struct sqlite_session *session = handle;
    step(session, session->begin, "begin");
}

static void sqlite_commit(void *handle) {
    struct sqlite_session *session = handle;
    step(session, session->commit, "commit");
}

static void sqlite_pin(void *handle) {
    struct sqlite_session *session = handle;
    step(session, session->begin_read, "begin");
}

static int sqlite_get(void *handle, const char *key) {
    struct sqlite_session *session = handle;
    sqlite3_bind_blob(session->get, 1, key, KEY_LEN, SQLITE_STATIC);
    int rc = sqlite3_step(session->get), byte = -1;
    check(session, rc, "select");
    if (rc == SQLITE_ROW) byte = *(const unsigned char *)sqlite3_column_blob(session->get, 0);
    check(session, sqlite3_reset(session->get), "reset");
    return byte;
}

static uint64_t sqlite_scan(void *handle) {
    struct sqlite_session *session = handle;
    uint64_t count = 0;
    volatile unsigned sum = 0;
    int rc;
    while ((rc = sqlite3_step(session->scan)) == SQLITE_ROW) {
        sum += *(const unsigned char *)sqlite3_column_blob(session->scan, 1);
        count++;
    }
    check(session, rc, "scan");
    check(session, sqlite3_reset(session->scan), "reset");
    (void)sum;
    return count;
}

const struct bench_engine engine_sqlite = {
    .name = "sqlite",
    .settings = "WAL, synchronous=OFF, kv(k blob primary key, v blob) without rowid, prepared, "
                "one connection a thread, cache and autocheckpoint by default",
    .settings_durable = "the same with synchronous=FULL",
    .open = sqlite_open,
    .close = sqlite_close,
    .session_open = sqlite_session_open,
    .session_close = sqlite_session_close,
    .put = sqlite_put,
    .begin = sqlite_begin,
    .put_in = sqlite_put,
    .commit = sqlite_commit,
    .get = sqlite_get,
    .pin = sqlite_pin,
    .get_pinned = sqlite_get,
    .unpin = sqlite_commit,
    .scan = sqlite_scan,
};
