/*
 * db_element_iterator.c - walking over a hash or a set: ferrite_hiterator, ferrite_siterator. See db.h.
 *
 * On a snapshot, which a root handle's iterator makes for itself, the pages stay as they are: the walk
 * just goes on. In a transaction every write may move pages; the iterator then finds its place
 * again behind the last element it gave, which it keeps. Threads: one at a time per iterator.
 */
#include "db.h"
#include "os/mem.h"
#include "types/hash_form.h"
#include "types/set_form.h"

struct elements {
    ferrite_db *db; /* its own handle of a snapshot or a transaction */
    bool is_hash;
    ferrite_slice key; /* its own copy */
    struct txn txn;    /* SNAPSHOT: own copy, since a struct pages serves one thread */
    struct keyspace ks;
    struct collection c;
    struct hash_walk hash;
    struct set_walk set;
    bool open;           /* the walk stands on the element last given, or is new */
    bool given;          /* an element was given: the next one is behind it */
    uint64_t generation; /* TX: the session's when the walk was opened */
    char *last;          /* TX: the element last given */
    size_t last_len, last_cap;
    char *value; /* of a value that lies in pieces */
};

struct ferrite_hiterator {
    struct elements elements;
};
struct ferrite_siterator {
    struct elements elements;
};

static void walk_close(struct elements *it) {
    if (it->open && it->is_hash) hash_walk_done(&it->hash);
    if (it->open && !it->is_hash) set_walk_done(&it->set);
    it->open = false;
}

/* At the beginning, or behind the element last given. */
static int walk_open(struct elements *it) {
    const ferrite_slice last = {it->last, it->last_len};
    walk_close(it);
    int code = collection_read(&it->ks, it->is_hash ? &hash_kind : &set_kind, it->key, &it->c);
    if (code != FERRITE_OK) return code;
    it->open = true;
    if (!it->given)
        return it->is_hash ? hash_walk_begin(&it->c, 0, &it->hash)
                           : set_walk_begin(&it->c, 0, &it->set);
    it->given = false;
    return it->is_hash ? hash_walk_behind(&it->c, last, &it->hash)
                       : set_walk_behind(&it->c, last, &it->set);
}

/* A TX is locked until reading_end. */
static int reading_begin(struct elements *it) {
    struct session *session = it->db->session;
    if (session->kind == SESSION_SNAPSHOT) return it->open ? FERRITE_OK : walk_open(it);
    int code = session_enter(session);
    if (code != FERRITE_OK) return code;
    it->ks.txn = session->write;
    it->ks.now_ms = 0;
    if (!it->open || it->generation != session->generation) code = walk_open(it);
    it->generation = session->generation;
    if (code != FERRITE_OK) session_leave(session);
    return code;
}

static void reading_end(struct elements *it) {
    if (it->db->session->kind == SESSION_TX) session_leave(it->db->session);
}

static int step(struct elements *it) {
    if (!it->given) return FERRITE_OK;
    it->given = false;
    return it->is_hash ? hash_walk_next(&it->hash) : set_walk_next(&it->set);
}

/* To the next element that has not expired. */
static int advance(struct elements *it, bool *found) {
    int code = step(it);
    if (!it->is_hash) {
        *found = code == FERRITE_OK && it->set.valid;
        return code;
    }
    while (code == FERRITE_OK && it->hash.valid && it->hash.expire_ms != 0 &&
           keyspace_now(&it->ks) > it->hash.expire_ms)
        code = hash_walk_next(&it->hash);
    *found = code == FERRITE_OK && it->hash.valid;
    return code;
}

/* In a transaction the element is given as the copy that is kept. */
static int keep(struct elements *it, ferrite_slice *element) {
    it->given = true;
    if (it->db->session->kind != SESSION_TX) return FERRITE_OK;
    if (it->last == NULL || element->len > it->last_cap) {
        size_t cap = element->len + 64;
        char *grown = mem_realloc(it->last, cap);
        if (grown == NULL) return error_nomem();
        it->last = grown;
        it->last_cap = cap;
    }
    if (element->len != 0) memcpy(it->last, element->data, element->len);
    it->last_len = element->len;
    element->data = it->last;
    return FERRITE_OK;
}

/* Values in one piece are given as they lie in the pages, others and compressed ones as a copy. */
static int value_give(struct elements *it, ferrite_slice *value) {
    const struct hash_walk *walk = &it->hash;
    uint64_t len;
    int code = value_view(&it->ks, &walk->value, walk->skip, value, &len);
    if (code != FERRITE_OK || value->len == len) return code;
    mem_free(it->value);
    it->value = mem_alloc(len);
    *value = (ferrite_slice){it->value, len};
    return it->value == NULL
               ? error_nomem()
               : value_copy_to(&it->ks.txn->pages, &walk->value, walk->skip, it->value);
}

static int elements_next(struct elements *it, ferrite_slice *element, ferrite_slice *value,
                         ferrite_error **err) {
    bool found = false;
    int code = db_check(it->db);
    if (code == FERRITE_OK) code = reading_begin(it);
    if (code != FERRITE_OK) return db_answer(code, 0, err);
    code = advance(it, &found);
    if (found && value != NULL) code = value_give(it, value);
    if (found && code == FERRITE_OK) {
        *element = it->is_hash ? it->hash.field : it->set.member;
        code = keep(it, element);
    }
    reading_end(it);
    return db_answer(code, found, err);
}

/* ---- making and ending ---- */

static int handle_own(struct elements *it, ferrite_db *db, ferrite_error **err) {
    it->db = db->session == NULL ? ferrite_snapshot(db, err) : ferrite_select(db, (int)db->db, err);
    if (it->db == NULL) return -1;
    const struct session *session = it->db->session;
    it->ks = (struct keyspace){.clock = &it->db->core->clock, .db = it->db->db};
    if (session->kind == SESSION_BATCH)
        return error_give(err, error_set(FERRITE_INVALID,
                                         "a batch only collects writes and cannot be read"));
    if (session->kind != SESSION_SNAPSHOT) return 0;
    it->txn = session->read;
    it->ks.txn = &it->txn;
    it->ks.now_ms = session->now_ms;
    return 0;
}

static void elements_close(struct elements *it) {
    if (it == NULL) return;
    walk_close(it);
    ferrite_close(it->db);
    mem_free((void *)it->key.data);
    mem_free(it->last);
    mem_free(it->value);
    mem_free(it);
}

static int elements_begin(struct elements *it, ferrite_db *db, ferrite_error **err) {
    if (handle_own(it, db, err) < 0) return -1;
    int code = reading_begin(it); /* a key of another type is refused at once */
    if (code == FERRITE_OK) reading_end(it);
    return db_answer(code, 0, err);
}

static struct elements *elements_make(ferrite_db *db, ferrite_slice key, bool is_hash,
                                      ferrite_error **err) {
    struct elements *it = NULL;
    int code = db_check(db);
    if (code == FERRITE_OK) code = key_check(key);
    if (code == FERRITE_OK && (it = mem_calloc(sizeof *it)) == NULL) code = error_nomem();
    if (code == FERRITE_OK) {
        it->is_hash = is_hash;
        it->key = (ferrite_slice){mem_dup(key.len != 0 ? key.data : "", key.len), key.len};
        if (it->key.data == NULL) code = error_nomem();
    }
    if (code != FERRITE_OK)
        error_give(err, code);
    else if (elements_begin(it, db, err) == 0)
        return it;
    elements_close(it);
    return NULL;
}

ferrite_hiterator *ferrite_hiterate(ferrite_db *db, const char *key, size_t key_len,
                                    ferrite_error **err) {
    return (ferrite_hiterator *)elements_make(db, (ferrite_slice){key, key_len}, true, err);
}

ferrite_siterator *ferrite_siterate(ferrite_db *db, const char *key, size_t key_len,
                                    ferrite_error **err) {
    return (ferrite_siterator *)elements_make(db, (ferrite_slice){key, key_len}, false, err);
}

static int iterator_missing(ferrite_error **err) {
    return error_give(err, error_set(FERRITE_INVALID, "the iterator or its place is NULL"));
}

int ferrite_hiterator_next(ferrite_hiterator *it, ferrite_slice *field, ferrite_slice *value,
                           ferrite_error **err) {
    if (it == NULL || field == NULL) return iterator_missing(err);
    return elements_next(&it->elements, field, value, err);
}

int ferrite_siterator_next(ferrite_siterator *it, ferrite_slice *member, ferrite_error **err) {
    if (it == NULL || member == NULL) return iterator_missing(err);
    return elements_next(&it->elements, member, NULL, err);
}

void ferrite_hiterator_close(ferrite_hiterator *it) { elements_close((struct elements *)it); }
void ferrite_siterator_close(ferrite_siterator *it) { elements_close((struct elements *)it); }
