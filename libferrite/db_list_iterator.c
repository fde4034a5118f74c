/*
 * db_list_iterator.c - walking over a list: ferrite_literator. See db.h.
 *
 * On a snapshot, which a root handle's iterator makes for itself, the pages stay as they are: the place
 * in the list just moves on. In a transaction every write may move pages; the iterator then opens the
 * list again at the index it has come to. Threads: one at a time per iterator.
 */
#include "db.h"
#include "os/mem.h"
#include "types/list_place.h"

struct ferrite_literator {
    ferrite_db *db; /* its own handle of a snapshot or a transaction */
    char *key;
    size_t key_len;
    bool reverse;
    struct txn txn; /* SNAPSHOT: own copy, since a struct pages serves one thread */
    struct keyspace ks;
    struct collection list;
    struct list_place place;
    bool placed;         /* the place is open */
    uint64_t index;      /* of the next element */
    uint64_t generation; /* TX: the session's when the place was opened */
    char *copy;          /* of an element that lies in pieces */
};

static void place_close(struct ferrite_literator *it) {
    if (it->placed) list_place_done(&it->place);
    it->placed = false;
}

/* Also finds out the index of the beginning, when that was not known before. */
static int place_open(struct ferrite_literator *it, const int64_t *index) {
    const ferrite_slice key = {it->key, it->key_len};
    uint64_t count;
    place_close(it);
    int code = collection_read(&it->ks, &list_kind, key, &it->list);
    if (code == FERRITE_OK) code = list_count(&it->list, &count);
    if (code != FERRITE_OK) return code;
    if (index != NULL && !list_index_resolve(*index, count, &it->index)) it->index = count;
    it->placed = true;
    return list_place_begin(&it->place, &it->list, it->index);
}

/* The transaction that the iterator reads in. A TX is locked until session_leave. */
static int reading_begin(struct ferrite_literator *it, const int64_t *index) {
    struct session *session = it->db->session;
    if (session->kind == SESSION_SNAPSHOT) return it->placed ? FERRITE_OK : place_open(it, index);
    int code = session_enter(session);
    if (code != FERRITE_OK) return code;
    it->ks.txn = session->write;
    it->ks.now_ms = 0;
    if (!it->placed || it->generation != session->generation) code = place_open(it, index);
    it->generation = session->generation;
    if (code != FERRITE_OK) session_leave(session);
    return code;
}

static void reading_end(struct ferrite_literator *it) {
    if (it->db->session->kind == SESSION_TX) session_leave(it->db->session);
}

static int handle_own(struct ferrite_literator *it, ferrite_db *db, ferrite_error **err) {
    it->db = db->session == NULL ? ferrite_snapshot(db, err) : ferrite_select(db, (int)db->db, err);
    if (it->db == NULL) return -1;
    const struct session *session = it->db->session;
    it->ks = (struct keyspace){.clock = &it->db->core->clock, .db = it->db->db};
    if (session->kind == SESSION_BATCH)
        return error_give(
            err, error_set(FERRITE_INVALID, "a batch only collects writes and cannot be read"));
    if (session->kind != SESSION_SNAPSHOT) return 0;
    it->txn = session->read;
    it->ks.txn = &it->txn;
    it->ks.now_ms = session->now_ms;
    return 0;
}

static int literator_begin(struct ferrite_literator *it, ferrite_db *db, int64_t index,
                           ferrite_error **err) {
    if (handle_own(it, db, err) < 0) return -1;
    int code = reading_begin(it, &index);
    if (code == FERRITE_OK) reading_end(it);
    return db_answer(code, 0, err);
}

ferrite_literator *ferrite_literate(ferrite_db *db, const char *key, size_t key_len, int64_t index,
                                    int reverse, ferrite_error **err) {
    struct ferrite_literator *it = NULL;
    int code = db_check(db);
    if (code == FERRITE_OK) code = key_check((ferrite_slice){key, key_len});
    if (code == FERRITE_OK && (it = mem_calloc(sizeof *it)) == NULL) code = error_nomem();
    if (code == FERRITE_OK && (it->key = mem_dup(key_len != 0 ? key : "", key_len)) == NULL)
        code = error_nomem();
    if (code != FERRITE_OK) {
        error_give(err, code);
    } else {
        it->key_len = key_len;
        it->reverse = reverse != 0;
        if (literator_begin(it, db, index, err) == 0) return it;
    }
    ferrite_literator_close(it);
    return NULL;
}

void ferrite_literator_close(ferrite_literator *it) {
    if (it == NULL) return;
    place_close(it);
    ferrite_close(it->db);
    mem_free(it->key);
    mem_free(it->copy);
    mem_free(it);
}

/* Elements in one piece are given as they lie in the pages, others and compressed ones as a copy. */
static int element_give(struct ferrite_literator *it, ferrite_slice *element) {
    struct tree_value value;
    uint64_t len;
    int code = list_place_element(&it->place, &value);
    if (code == FERRITE_OK) code = value_view(&it->ks, &value, 0, element, &len);
    if (code != FERRITE_OK || element->len == len) return code;
    mem_free(it->copy);
    it->copy = mem_alloc(len);
    *element = (ferrite_slice){it->copy, len};
    return it->copy != NULL ? value_copy_to(&it->ks.txn->pages, &value, 0, it->copy) : error_nomem();
}

static int element_next(struct ferrite_literator *it, ferrite_slice *element, bool *found) {
    *found = it->place.valid;
    if (!*found) return FERRITE_OK;
    int code = element_give(it, element);
    if (code == FERRITE_OK) code = list_place_step(&it->place, !it->reverse);
    it->index = it->place.index;
    return code;
}

int ferrite_literator_next(ferrite_literator *it, ferrite_slice *element, ferrite_error **err) {
    if (it == NULL || element == NULL)
        return error_give(err, error_set(FERRITE_INVALID, "the iterator or its place is NULL"));
    bool found = false;
    int code = db_check(it->db);
    if (code == FERRITE_OK) code = reading_begin(it, NULL);
    if (code == FERRITE_OK) {
        code = element_next(it, element, &found);
        reading_end(it);
    }
    return db_answer(code, found, err);
}
