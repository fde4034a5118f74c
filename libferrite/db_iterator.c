/*
 * db_iterator.c - walking keys in order: ferrite_iterator. See db.h.
 *
 * An iterator on a root handle or snapshot works on a snapshot, whose pages stay as they are: its
 * tree cursor just moves on. On a transaction every write may move pages; the iterator then finds
 * its place again by the last key it gave, which it keeps.
 *
 * Bounds are made once: prefix and start give the lower one, prefix and end the upper one.
 * Threads: one at a time per iterator.
 */
#include <string.h>

#include "db.h"
#include "os/mem.h"
#include "types/value.h"

/* A key the iterator owns. */
struct own_key {
    uint8_t *bytes;
    size_t len, cap;
};

struct bound {
    struct own_key key;
    bool set;
    bool inclusive;
};

struct ferrite_iterator {
    struct session *session; /* a snapshot or tx */
    struct keyspace ks;      /* on the session's transaction */
    bool tx, reverse;
    struct bound low, high;
    struct bound resume; /* where the next entry is looked for; not set: at the outer bound */
    struct txn txn;      /* SNAPSHOT: own copy, since a struct pages serves one thread */
    struct tree_cursor cursor;
    enum { ITERATOR_SEEK, ITERATOR_STEP, ITERATOR_END } next; /* how to find the next entry */
    uint64_t generation; /* TX: the session's when the cursor was placed */
    int type;
    char *value; /* of a value that lies in pieces */
};

static int key_set(struct own_key *key, const void *bytes, size_t len) {
    if (len > key->cap || key->bytes == NULL) {
        size_t cap = len < 64 ? 64 : len + len / 2;
        uint8_t *grown = mem_realloc(key->bytes, cap);
        if (grown == NULL) return error_nomem();
        key->bytes = grown;
        key->cap = cap;
    }
    if (len != 0) memmove(key->bytes, bytes, len);
    key->len = len;
    return FERRITE_OK;
}

static int bound_set(struct bound *bound, const void *bytes, size_t len, bool inclusive) {
    int code = key_set(&bound->key, bytes, len);
    bound->set = code == FERRITE_OK;
    bound->inclusive = inclusive;
    return code;
}

static int key_compare(const void *a, size_t a_len, const void *b, size_t b_len) {
    size_t common = a_len < b_len ? a_len : b_len;
    int order = common != 0 ? memcmp(a, b, common) : 0;
    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

/* ---- bounds ---- */

static int low_make(struct ferrite_iterator *it, const ferrite_range *range) {
    ferrite_slice start = range->start, prefix = range->prefix;
    bool inclusive = !(range->flags & FERRITE_RANGE_AFTER_START);
    if (start.data == NULL ||
        (prefix.data != NULL && key_compare(start.data, start.len, prefix.data, prefix.len) < 0)) {
        start = prefix;
        inclusive = true;
    }
    if (start.data == NULL) return FERRITE_OK;
    return bound_set(&it->low, start.data, start.len, inclusive);
}

/* The first key behind all that begin with the prefix: its last byte that can grow, grown. */
static int prefix_end(struct bound *bound, ferrite_slice prefix) {
    size_t len = prefix.len;
    while (len > 0 && (uint8_t)prefix.data[len - 1] == 0xff) len--;
    if (len == 0) return FERRITE_OK;
    int code = bound_set(bound, prefix.data, len, false);
    if (code == FERRITE_OK) bound->key.bytes[len - 1]++;
    return code;
}

static int high_make(struct ferrite_iterator *it, const ferrite_range *range) {
    struct bound *high = &it->high;
    int code = range->prefix.data != NULL ? prefix_end(high, range->prefix) : FERRITE_OK;
    if (code != FERRITE_OK || range->end.data == NULL) return code;
    if (high->set &&
        key_compare(range->end.data, range->end.len, high->key.bytes, high->key.len) >= 0)
        return FERRITE_OK;
    return bound_set(high, range->end.data, range->end.len,
                     !(range->flags & FERRITE_RANGE_BEFORE_END));
}

static bool within_low(const struct ferrite_iterator *it, const void *key, size_t len) {
    if (!it->low.set) return true;
    int order = key_compare(key, len, it->low.key.bytes, it->low.key.len);
    return order > 0 || (order == 0 && it->low.inclusive);
}

static bool within_high(const struct ferrite_iterator *it, const void *key, size_t len) {
    if (!it->high.set) return true;
    int order = key_compare(key, len, it->high.key.bytes, it->high.key.len);
    return order < 0 || (order == 0 && it->high.inclusive);
}

/* Only the bound that the iterator walks towards need be asked. */
static bool within(const struct ferrite_iterator *it, const void *key, size_t len) {
    return it->reverse ? within_low(it, key, len) : within_high(it, key, len);
}

/* ---- opening and closing ---- */

static int range_check(const ferrite_range *range) {
    const uint32_t known =
        FERRITE_RANGE_REVERSE | FERRITE_RANGE_AFTER_START | FERRITE_RANGE_BEFORE_END;
    if (range->struct_size != sizeof *range || (range->flags & ~known) != 0)
        return error_set(FERRITE_INVALID, "the range is not one; begin with FERRITE_RANGE_INIT");
    int code = key_check(range->prefix);
    if (code == FERRITE_OK) code = key_check(range->start);
    return code == FERRITE_OK ? key_check(range->end) : code;
}

static int session_for(ferrite_db *db, struct session **out) {
    if (db->session == NULL) return session_snapshot(db->core, out);
    if (db->session->kind == SESSION_BATCH)
        return error_set(FERRITE_INVALID, "a batch only collects writes and cannot be read");
    session_retain(db->session);
    *out = db->session;
    return FERRITE_OK;
}

static int iterator_begin(ferrite_db *db, const ferrite_range *range, struct ferrite_iterator *it) {
    int code = session_for(db, &it->session);
    if (code != FERRITE_OK) {
        it->session = NULL;
        return code;
    }
    it->reverse = (range->flags & FERRITE_RANGE_REVERSE) != 0;
    it->tx = it->session->kind == SESSION_TX;
    it->ks = (struct keyspace){.txn = &it->txn, .clock = &db->core->clock, .db = db->db};
    if (!it->tx) {
        it->txn = it->session->read;
        it->ks.now_ms = it->session->now_ms;
        cursor_init(&it->cursor, &it->txn.pages, txn_keys(&it->txn, db->db));
    }
    code = low_make(it, range);
    return code == FERRITE_OK ? high_make(it, range) : code;
}

ferrite_iterator *ferrite_iterate(ferrite_db *db, const ferrite_range *range, ferrite_error **err) {
    const ferrite_range all = FERRITE_RANGE_INIT;
    if (range == NULL) range = &all;
    struct ferrite_iterator *it = NULL;
    int code = db_check(db);
    if (code == FERRITE_OK) code = range_check(range);
    if (code == FERRITE_OK && (it = mem_calloc(sizeof *it)) == NULL) code = error_nomem();
    if (code == FERRITE_OK) code = iterator_begin(db, range, it);
    if (code == FERRITE_OK) return it;
    ferrite_iterator_close(it);
    error_give(err, code);
    return NULL;
}

void ferrite_iterator_close(ferrite_iterator *it) {
    if (it == NULL) return;
    cursor_done(&it->cursor);
    if (it->session != NULL) session_release(it->session);
    mem_free(it->low.key.bytes);
    mem_free(it->high.key.bytes);
    mem_free(it->resume.key.bytes);
    mem_free(it->value);
    mem_free(it);
}

/* ---- moving ---- */

/* The bound from which the next entry is looked for, NULL: from the edge of the tree. */
static const struct bound *start_of(const struct ferrite_iterator *it) {
    if (it->resume.set) return &it->resume;
    const struct bound *outer = it->reverse ? &it->high : &it->low;
    return outer->set ? outer : NULL;
}

static int cursor_place(struct ferrite_iterator *it) {
    struct tree_cursor *cursor = &it->cursor;
    const struct bound *from = start_of(it);
    if (from == NULL) return it->reverse ? cursor_last(cursor) : cursor_first(cursor);
    bool exact;
    int code = cursor_seek(cursor, from->key.bytes, from->key.len, &exact);
    if (code != FERRITE_OK || (exact && from->inclusive)) return code;
    if (!it->reverse) return exact ? cursor_next(cursor) : code;
    return cursor->valid ? cursor_prev(cursor) : cursor_last(cursor);
}

static inline int cursor_advance(struct ferrite_iterator *it) {
    if (__builtin_expect(it->next == ITERATOR_SEEK, 0)) return cursor_place(it);
    return it->reverse ? cursor_prev(&it->cursor) : cursor_next(&it->cursor);
}

/* To the next entry that is within the bounds and has not expired; it->next tells how it went. */
static inline int entry_next(struct ferrite_iterator *it, ferrite_slice *key,
                             struct record *record) {
    for (;;) {
        const uint8_t *bytes;
        struct tree_value value;
        int code = cursor_advance(it);
        if (code != FERRITE_OK) return code;
        it->next = it->cursor.valid ? ITERATOR_STEP : ITERATOR_END;
        if (it->next == ITERATOR_END) return FERRITE_OK;
        code = cursor_key(&it->cursor, &bytes, &key->len);
        if (code != FERRITE_OK) return code;
        key->data = (const char *)bytes;
        if (!within(it, bytes, key->len)) {
            it->next = ITERATOR_END;
            return FERRITE_OK;
        }
        code = cursor_value(&it->cursor, &value);
        if (code == FERRITE_OK) code = record_parse(&value, record);
        if (code != FERRITE_OK || !keyspace_expired(&it->ks, record)) return code;
    }
}

/* Values in one piece are given as they lie in the pages, others and compressed ones as a copy. */
static int value_elsewhere(struct ferrite_iterator *it, const struct record *record,
                           ferrite_slice *value) {
    const struct tree_value stored = record_value(record);
    uint64_t len;
    int code = value_view(&it->ks, &stored, 0, value, &len);
    if (code != FERRITE_OK || value->len == len) return code;
    mem_free(it->value);
    it->value = mem_alloc(len);
    *value = (ferrite_slice){it->value, len};
    return it->value == NULL ? error_nomem()
                             : value_copy_to(&it->ks.txn->pages, &stored, 0, it->value);
}

static inline int value_of(struct ferrite_iterator *it, const struct record *record,
                           ferrite_slice *value) {
    bool string = record_type(record) == FERRITE_TYPE_STRING;
    if (string && (record->head & (RECORD_BLOB | RECORD_COMPRESSED)))
        return value_elsewhere(it, record, value);
    value->data = string ? (const char *)record->payload : NULL;
    value->len = string ? record->payload_len : 0;
    return FERRITE_OK;
}

static inline int iterator_step(struct ferrite_iterator *it, ferrite_slice *key,
                                ferrite_slice *value) {
    ferrite_slice found;
    struct record record;
    int code = entry_next(it, &found, &record);
    if (code != FERRITE_OK || it->next == ITERATOR_END) return code;
    it->type = record_type(&record);
    if (value != NULL) code = value_of(it, &record, value);
    if (code == FERRITE_OK && it->tx) {
        code = bound_set(&it->resume, found.data, found.len, false);
        found.data = (const char *)it->resume.key.bytes;
    }
    if (key != NULL) *key = found;
    return code;
}

static int step_tx(struct ferrite_iterator *it, ferrite_slice *key, ferrite_slice *value) {
    struct session *session = it->session;
    int code = session_enter(session);
    if (code != FERRITE_OK) return code;
    it->ks.txn = session->write;
    it->ks.now_ms = 0;
    if (it->next == ITERATOR_SEEK || it->generation != session->generation) {
        cursor_done(&it->cursor);
        cursor_init(&it->cursor, &it->ks.txn->pages, txn_keys(it->ks.txn, it->ks.db));
        if (it->next == ITERATOR_STEP) it->next = ITERATOR_SEEK;
        it->generation = session->generation;
    }
    code = iterator_step(it, key, value);
    session_leave(session);
    return code;
}

int ferrite_iterator_next(ferrite_iterator *it, ferrite_slice *key, ferrite_slice *value,
                          ferrite_error **err) {
    if (it == NULL) return error_give(err, error_set(FERRITE_INVALID, "the iterator is NULL"));
    int code = core_check(it->session->core);
    if (code == FERRITE_OK && it->next != ITERATOR_END)
        code = it->tx ? step_tx(it, key, value) : iterator_step(it, key, value);
    if (__builtin_expect(code == FERRITE_OK, 1)) return it->next != ITERATOR_END;
    it->next = ITERATOR_END;
    return error_give(err, code);
}

int ferrite_iterator_type(const ferrite_iterator *it) {
    return it != NULL ? it->type : FERRITE_TYPE_NONE;
}

/* A place outside the range is moved to its edge. */
static int seek_to(struct ferrite_iterator *it, ferrite_slice key) {
    const struct bound *edge = it->reverse ? &it->high : &it->low;
    bool outside =
        it->reverse ? !within_high(it, key.data, key.len) : !within_low(it, key.data, key.len);
    it->next = ITERATOR_SEEK;
    if (outside) return bound_set(&it->resume, edge->key.bytes, edge->key.len, edge->inclusive);
    return bound_set(&it->resume, key.data, key.len, true);
}

int ferrite_iterator_seek(ferrite_iterator *it, const char *key, size_t key_len,
                          ferrite_error **err) {
    ferrite_slice to = {key, key_len};
    int code = it != NULL ? core_check(it->session->core)
                          : error_set(FERRITE_INVALID, "the iterator is NULL");
    if (code == FERRITE_OK) code = key_check(to);
    if (code == FERRITE_OK) code = seek_to(it, to);
    return db_answer(code, 0, err);
}
