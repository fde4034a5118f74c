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

/* What a key holds, as far as it can be compared. */
struct held {
    int type;
    char *value;
    size_t len;
};

static int read_held(ferrite_db *db, const struct watched *watched, struct held *held,
                     ferrite_error **err) {
    ferrite_db *chosen = ferrite_select(db, watched->index, err);
    if (!chosen) return -1;
    ferrite_error *failed = NULL;
    held->type = ferrite_type(chosen, watched->key, watched->key_len, &failed);
    if (held->type == FERRITE_TYPE_STRING)
        held->value = ferrite_get(chosen, watched->key, watched->key_len, &held->len, &failed);
    ferrite_close(chosen);
    if (!failed) return 0;
    if (err)
        *err = failed;
    else
        ferrite_error_free(failed);
    return -1;
}

/* Values of types that cannot be compared yet count as changed. */
static bool held_same(const struct held *a, const struct held *b) {
    if (a->type != b->type) return false;
    if (a->type == FERRITE_TYPE_NONE) return true;
    return a->type == FERRITE_TYPE_STRING && a->len == b->len &&
           memcmp(a->value, b->value, a->len) == 0;
}

static int key_changed(const ferrite_session *session, ferrite_db *tx,
                       const struct watched *watched, ferrite_error **err) {
    struct held then = {0, NULL, 0}, now = {0, NULL, 0};
    int result = -1;
    if (read_held(session->watch_snapshot, watched, &then, err) == 0 &&
        read_held(tx, watched, &now, err) == 0)
        result = !held_same(&then, &now);
    ferrite_free(then.value);
    ferrite_free(now.value);
    return result;
}

int watch_changed(const ferrite_session *session, ferrite_db *tx, ferrite_error **err) {
    for (const struct watched *watched = session->watched; watched; watched = watched->next) {
        int changed = key_changed(session, tx, watched, err);
        if (changed) return changed;
    }
    return 0;
}
