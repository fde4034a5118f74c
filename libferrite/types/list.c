/*
 * list.c - lists: the functions that change them. See list.h.
 */
#include "list.h"

#include "../os/mem.h"
#include "list_place.h"

/* ---- pushing ---- */

/* Lets the transaction breathe before the next of many elements. */
static int push_pause(struct collection *c, size_t *bytes, size_t i, size_t len) {
    *bytes += len;
    if (i == 0 || (i % LIST_STEP != 0 && *bytes < LIST_STEP_BYTES)) return FERRITE_OK;
    *bytes = len;
    return collection_pause(c, false);
}

static int push_all(struct collection *c, int side, const ferrite_slice *elements, size_t count,
                    uint64_t *len) {
    size_t bytes = 0;
    int code = list_count(c, len);
    for (size_t i = 0; i < count && code == FERRITE_OK; i++) {
        code = push_pause(c, &bytes, i, elements[i].len);
        if (code == FERRITE_OK) code = list_put_in(c, side == FERRITE_LEFT ? 0 : *len, elements[i]);
        if (code == FERRITE_OK) ++*len;
    }
    return code;
}

int list_push(struct keyspace *ks, ferrite_slice key, int side, bool only_existing,
              const ferrite_slice *elements, size_t count, uint64_t *len) {
    struct collection c;
    *len = 0;
    int code = collection_open(ks, &list_kind, key, &c);
    if (code == FERRITE_OK && (c.exists || !only_existing))
        code = push_all(&c, side, elements, count, len);
    return collection_close(&c, code);
}

/* ---- popping ---- */

static int pop_one(struct collection *c, int side, char **element, size_t *len) {
    uint64_t all;
    int code = list_count(c, &all);
    uint64_t index = side == FERRITE_LEFT ? 0 : all - 1;
    if (code == FERRITE_OK) code = list_element_copy(c, index, element, len);
    if (code == FERRITE_OK) code = list_drop(c, index, 1);
    if (code == FERRITE_OK) return code;
    mem_free(*element);
    *element = NULL;
    *len = 0;
    return code;
}

int list_pop(struct keyspace *ks, ferrite_slice key, int side, char **element, size_t *len) {
    struct collection c;
    *element = NULL;
    *len = 0;
    int code = collection_open(ks, &list_kind, key, &c);
    if (code == FERRITE_OK && c.exists) code = pop_one(&c, side, element, len);
    return collection_close(&c, code);
}

static int pop_all(struct collection *c, int side, uint64_t max, struct slices *out) {
    uint64_t all;
    bool left = side == FERRITE_LEFT;
    int code = list_count(c, &all);
    uint64_t count = max < all ? max : all;
    if (code == FERRITE_OK && count != 0)
        code = list_collect(c, left ? 0 : all - 1, count, left, out);
    return code == FERRITE_OK ? list_drop(c, left ? 0 : all - count, count) : code;
}

int list_pop_many(struct keyspace *ks, ferrite_slice key, int side, uint64_t max,
                  struct slices *out, bool *found) {
    struct collection c;
    int code = collection_open(ks, &list_kind, key, &c);
    *found = code == FERRITE_OK && c.exists;
    if (*found) code = pop_all(&c, side, max, out);
    return collection_close(&c, code);
}

/* ---- at an index ---- */

/* Opens a list that must be there, and have the index, the end included when `or_end`. To be closed
 * in any case. */
static int open_at(struct keyspace *ks, ferrite_slice key, int64_t index, bool or_end,
                   struct collection *c, uint64_t *at, uint64_t *count) {
    int code = collection_open(ks, &list_kind, key, c);
    if (code == FERRITE_OK && !c->exists) code = error_set(FERRITE_NOTFOUND, "ERR no such key");
    if (code == FERRITE_OK) code = list_count(c, count);
    if (code != FERRITE_OK) return code;
    bool inside = list_index_resolve(index, *count, at);
    if (inside || (or_end && index >= 0 && *at == *count)) return FERRITE_OK;
    return error_set(FERRITE_RANGE, "ERR index out of range");
}

int list_set(struct keyspace *ks, ferrite_slice key, int64_t index, ferrite_slice element) {
    struct collection c;
    uint64_t at, count;
    int code = open_at(ks, key, index, false, &c, &at, &count);
    if (code == FERRITE_OK) code = list_put_over(&c, at, element);
    return collection_close(&c, code);
}

int list_insert_at(struct keyspace *ks, ferrite_slice key, int64_t index, ferrite_slice element,
                   uint64_t *len) {
    struct collection c;
    uint64_t at;
    int code = open_at(ks, key, index, true, &c, &at, len);
    if (code == FERRITE_OK) code = list_put_in(&c, at, element);
    if (code == FERRITE_OK) ++*len;
    return collection_close(&c, code);
}

static int insert_beside(struct collection *c, bool after, ferrite_slice pivot,
                         ferrite_slice element, int64_t *len) {
    struct list_place place;
    uint64_t left = UINT64_MAX;
    int code = list_place_begin(&place, c, 0);
    if (code == FERRITE_OK) code = list_place_find(&place, true, pivot, &left);
    bool found = code == FERRITE_OK && place.valid;
    list_place_done(&place);
    if (found) code = list_put_in(c, place.index + after, element);
    if (code == FERRITE_OK) *len = found ? (int64_t)place.count + 1 : -1;
    return code;
}

int list_insert(struct keyspace *ks, ferrite_slice key, bool after, ferrite_slice pivot,
                ferrite_slice element, int64_t *len) {
    struct collection c;
    *len = 0;
    int code = collection_open(ks, &list_kind, key, &c);
    if (code == FERRITE_OK && c.exists) code = insert_beside(&c, after, pivot, element, len);
    return collection_close(&c, code);
}

/* ---- removing by value ---- */

/* The next run of equal elements from the index on, in the direction of the search. */
static int run_find(struct collection *c, bool forward, ferrite_slice element, uint64_t max,
                    uint64_t *index, uint64_t *count) {
    struct list_place place;
    struct pages *pages = &c->ks->txn->pages;
    uint64_t left = UINT64_MAX;
    bool equal = true;
    *count = 0;
    int code = list_place_begin(&place, c, *index);
    if (code == FERRITE_OK) code = list_place_find(&place, forward, element, &left);
    while (code == FERRITE_OK && place.valid && *count < max) {
        struct tree_value value;
        code = list_place_element(&place, &value);
        if (code == FERRITE_OK) code = value_equals(pages, &value, 0, element, &equal);
        if (code != FERRITE_OK || !equal) break;
        if (*count == 0 || !forward) *index = place.index;
        ++*count;
        code = list_place_step(&place, forward);
    }
    list_place_done(&place);
    return code;
}

/* Takes a run out; *index is where the search goes on, *more whether anything is left to search. */
static int run_remove(struct collection *c, bool forward, uint64_t count, uint64_t *index,
                      bool *more) {
    uint64_t all;
    int code = list_take_out(c, *index, count);
    if (code == FERRITE_OK) code = list_count(c, &all);
    if (code != FERRITE_OK) return code;
    *more = forward ? *index < all : *index > 0;
    if (!forward && *more) --*index;
    return code;
}

static int remove_equal(struct collection *c, bool forward, uint64_t max, ferrite_slice element,
                        uint64_t *removed) {
    uint64_t all, index, count, since_pause = 0;
    int code = list_count(c, &all);
    bool more = code == FERRITE_OK && all != 0;
    index = forward ? 0 : all - 1;
    while (more && *removed < max) {
        uint64_t step = max - *removed < LIST_STEP ? max - *removed : LIST_STEP;
        if (since_pause >= LIST_STEP) {
            since_pause = 0;
            code = collection_pause(c, true);
        }
        if (code == FERRITE_OK) code = run_find(c, forward, element, step, &index, &count);
        if (code != FERRITE_OK || count == 0) return code;
        code = run_remove(c, forward, count, &index, &more);
        if (code != FERRITE_OK) return code;
        *removed += count;
        since_pause += count;
    }
    return code;
}

int list_remove(struct keyspace *ks, ferrite_slice key, int64_t count, ferrite_slice element,
                uint64_t *removed) {
    struct collection c;
    uint64_t max = count > 0 ? (uint64_t)count : 0 - (uint64_t)count;
    *removed = 0;
    int code = collection_open(ks, &list_kind, key, &c);
    if (code == FERRITE_OK && c.exists)
        code = remove_equal(&c, count >= 0, count == 0 ? UINT64_MAX : max, element, removed);
    return collection_close(&c, code);
}

/* ---- trimming ---- */

static int trim(struct collection *c, int64_t start, int64_t stop) {
    uint64_t all, from, count;
    int code = list_count(c, &all);
    if (code != FERRITE_OK) return code;
    list_range_resolve(start, stop, all, &from, &count);
    if (count == 0) return list_drop(c, 0, all);
    bool both = from != 0 && from + count != all;
    code = list_drop(c, from + count, all - from - count);
    if (code == FERRITE_OK && both) code = collection_pause(c, true);
    return code == FERRITE_OK ? list_drop(c, 0, from) : code;
}

int list_trim(struct keyspace *ks, ferrite_slice key, int64_t start, int64_t stop) {
    struct collection c;
    int code = collection_open(ks, &list_kind, key, &c);
    if (code == FERRITE_OK && c.exists) code = trim(&c, start, stop);
    return collection_close(&c, code);
}

/* ---- moving ---- */

static bool same_list(const struct list_move *move) {
    return move->from.len == move->to.len &&
           (move->from.len == 0 || memcmp(move->from.data, move->to.data, move->from.len) == 0);
}

/* From one end of a list to the other end: one list is open, not two. */
static int rotate(struct keyspace *ks, const struct list_move *move, char **element, size_t *len) {
    struct collection c;
    uint64_t all = 0;
    int code = collection_open(ks, &list_kind, move->from, &c);
    if (code == FERRITE_OK) code = list_count(&c, &all);
    uint64_t from = move->from_side == FERRITE_LEFT ? 0 : all - 1;
    uint64_t to = move->to_side == FERRITE_LEFT ? 0 : all - 1;
    if (code == FERRITE_OK && all != 0) code = list_element_copy(&c, from, element, len);
    if (code == FERRITE_OK && all != 0 && from != to) {
        code = list_take_out(&c, from, 1);
        if (code == FERRITE_OK) code = list_put_in(&c, to, (ferrite_slice){*element, *len});
    }
    return collection_close(&c, code);
}

static int move_between(struct keyspace *ks, const struct list_move *move, char **element,
                        size_t *len) {
    uint64_t ignored;
    struct collection c;
    int code = collection_read(ks, &list_kind, move->from, &c);
    if (code != FERRITE_OK || !c.exists) return code;
    code = collection_read(ks, &list_kind, move->to, &c);
    if (code == FERRITE_OK) code = list_pop(ks, move->from, move->from_side, element, len);
    if (code != FERRITE_OK) return code;
    ferrite_slice moved = {*element, *len};
    code = list_push(ks, move->to, move->to_side, false, &moved, 1, &ignored);
    return code == FERRITE_OK ? code : txn_fail(ks->txn, code);
}

int list_move(struct keyspace *ks, const struct list_move *move, char **element, size_t *len) {
    *element = NULL;
    *len = 0;
    int code =
        same_list(move) ? rotate(ks, move, element, len) : move_between(ks, move, element, len);
    if (code == FERRITE_OK) return code;
    mem_free(*element);
    *element = NULL;
    *len = 0;
    return code;
}
