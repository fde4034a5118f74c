/*
 * watch.c - the keys of WATCH: a snapshot from then, compared with the transaction at EXEC.
 *
 * The snapshot is of the first WATCH, so a key watched later is compared with an older state than
 * it need be: at worst EXEC answers nil and the caller tries again, as after any lost race.
 */
#include "session.h"

#include "../error.h"
#include "../os/mem.h"

#include <string.h>

int watch_add(ferrite_session *session, ferrite_slice key, ferrite_error **err) {
    if (!session->watch_snapshot) session->watch_snapshot = ferrite_snapshot(session->db, err);
    if (!session->watch_snapshot) return -1;
    struct watched *watched = mem_alloc(sizeof *watched + key.len);
    if (!watched) return error_give(err, error_nomem());
    *watched = (struct watched){session->watched, session->index, key.len};
    if (key.len) memcpy(watched->key, key.data, key.len);
    session->watched = watched;
    return 0;
}

void watch_clear(ferrite_session *session) {
    while (session->watched) {
        struct watched *next = session->watched->next;
        mem_free(session->watched);
        session->watched = next;
    }
    ferrite_close(session->watch_snapshot);
    session->watch_snapshot = NULL;
}

/* The command that reads a whole value of the type; the key is its second word. */
static const struct reader {
    int argc;
    const char *argv[5];
} readers[] = {
    [FERRITE_TYPE_STRING] = {2, {"GET"}},
    [FERRITE_TYPE_LIST] = {4, {"LRANGE", NULL, "0", "-1"}},
    [FERRITE_TYPE_SET] = {2, {"SMEMBERS"}},
    [FERRITE_TYPE_ZSET] = {5, {"ZRANGE", NULL, "0", "-1", "WITHSCORES"}},
    [FERRITE_TYPE_HASH] = {2, {"HGETALL"}},
};
#define READERS (int)(sizeof readers / sizeof *readers)

static ferrite_reply *read_value(ferrite_db *db, int type, const struct watched *watched,
                                 ferrite_error **err) {
    const struct reader *reader = &readers[type];
    const char *argv[5];
    size_t lens[5];
    for (int i = 0; i < reader->argc; i++) {
        argv[i] = i == 1 ? watched->key : reader->argv[i];
        lens[i] = i == 1 ? watched->key_len : strlen(reader->argv[i]);
    }
    return ferrite_command(db, reader->argc, argv, lens, err);
}

/* An error says nothing about the value: it is like nothing. */
static bool reply_same(const ferrite_reply *a, const ferrite_reply *b) {
    if (a->type != b->type || a->type == FERRITE_REPLY_ERROR) return false;
    if (a->type == FERRITE_REPLY_INTEGER) return a->integer == b->integer;
    if (a->type != FERRITE_REPLY_ARRAY)
        return a->len == b->len && (!a->len || memcmp(a->str, b->str, a->len) == 0);
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = reply_same(&a->elements[i], &b->elements[i]);
    return same;
}

/* 1 or 0; -1 with *err. EXPIRE and PERSIST change a key as well. */
static int expiry_changed(ferrite_db *then, ferrite_db *now, const struct watched *watched,
                          ferrite_error **err) {
    int64_t before_ms, after_ms;
    if (ferrite_pexpiretime(then, watched->key, watched->key_len, &before_ms, err) < 0 ||
        ferrite_pexpiretime(now, watched->key, watched->key_len, &after_ms, err) < 0)
        return -1;
    return before_ms != after_ms;
}

/* 1 or 0; -1 with *err. Values of types that cannot be read whole count as changed. */
static int value_changed(ferrite_db *then, ferrite_db *now, const struct watched *watched,
                         ferrite_error **err) {
    int type = ferrite_type(then, watched->key, watched->key_len, err);
    int type_now = type < 0 ? -1 : ferrite_type(now, watched->key, watched->key_len, err);
    if (type < 0 || type_now < 0) return -1;
    if (type != type_now) return 1;
    if (type == FERRITE_TYPE_NONE) return 0;
    if (type >= READERS || !readers[type].argc) return 1;
    int expiry = expiry_changed(then, now, watched, err);
    if (expiry) return expiry;
    ferrite_reply *before = read_value(then, type, watched, err);
    ferrite_reply *after = before ? read_value(now, type, watched, err) : NULL;
    int changed = before && after ? !reply_same(before, after) : -1;
    ferrite_free(before);
    ferrite_free(after);
    return changed;
}

static int key_changed(const ferrite_session *session, ferrite_db *tx,
                       const struct watched *watched, ferrite_error **err) {
    ferrite_db *then = ferrite_select(session->watch_snapshot, watched->index, err);
    ferrite_db *now = then ? ferrite_select(tx, watched->index, err) : NULL;
    int changed = now ? value_changed(then, now, watched, err) : -1;
    ferrite_close(then);
    ferrite_close(now);
    return changed;
}

int watch_changed(const ferrite_session *session, ferrite_db *tx, ferrite_error **err) {
    for (const struct watched *watched = session->watched; watched; watched = watched->next) {
        int changed = key_changed(session, tx, watched, err);
        if (changed) return changed;
    }
    return 0;
}
