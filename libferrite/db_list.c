/*
 * db_list.c - the list functions of ferrite.h: arguments checked, wrapped into operations on
 * types/list.h. See db.h.
 */
#include <limits.h>

#include "db.h"
#include "db_answer.h"
#include "os/mem.h"
#include "types/list.h"

/* The arguments and answers of one call; each operation uses what it needs. */
struct call {
    ferrite_slice key, element, pivot;
    const ferrite_slice *items;
    size_t count;
    int side;
    bool only_existing, after, found;
    int64_t start, stop; /* or an index, or a count */
    struct list_search search;
    struct list_move move;
    char *text;
    size_t len;
    uint64_t number;
    int64_t length;
    int64_t *indexes;
    size_t index_count;
    uint64_t max;
    size_t which;
    struct slices list;
};

/* Lengths beyond what an int holds. */
static int int_of(uint64_t number) { return number > INT_MAX ? INT_MAX : (int)number; }

static int side_check(int side) {
    if (side == FERRITE_LEFT || side == FERRITE_RIGHT) return FERRITE_OK;
    return error_set(FERRITE_INVALID, "ERR a side is FERRITE_LEFT or FERRITE_RIGHT");
}

static int elements_check(const ferrite_slice *elements, size_t count) {
    if (elements == NULL || count == 0)
        return error_set(FERRITE_INVALID, "ERR there are no elements");
    for (size_t i = 0; i < count; i++) {
        int code = value_check(elements[i]);
        if (code != FERRITE_OK) return code;
    }
    return FERRITE_OK;
}

static int pair_check(ferrite_slice key, ferrite_slice element) {
    int code = key_check(key);
    return code == FERRITE_OK ? value_check(element) : code;
}

/* Operations run again when their commit found the disk full: the first answer goes. */
static void answer_forget(struct call *call) {
    mem_free(call->text);
    call->text = NULL;
    call->len = 0;
    slices_clear(&call->list);
}

/* Ends a function that answers with an array; nil where there was nothing to take from. */
static ferrite_slice *taken_answer(int code, struct call *call, size_t *count, ferrite_error **err) {
    if (code != FERRITE_OK || call->found) return slices_answer(code, &call->list, count, err);
    slices_clear(&call->list);
    if (count != NULL) *count = 0;
    return NULL;
}

/* ---- pushing ---- */

static int push_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return list_push(ks, call->key, call->side, call->only_existing, call->items, call->count,
                     &call->number);
}

static int push(ferrite_db *db, struct call *call, ferrite_error **err) {
    int code = key_check(call->key);
    if (code == FERRITE_OK) code = elements_check(call->items, call->count);
    if (code == FERRITE_OK) code = values_fit(db, call->items, call->count, 1);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, push_operation, call);
    return db_answer(code, int_of(call->number), err);
}

int ferrite_lpush(ferrite_db *db, const char *key, size_t key_len, const char *element,
                  size_t element_len, ferrite_error **err) {
    const ferrite_slice item = {element, element_len};
    return ferrite_lpush_many(db, key, key_len, &item, 1, err);
}

int ferrite_rpush(ferrite_db *db, const char *key, size_t key_len, const char *element,
                  size_t element_len, ferrite_error **err) {
    const ferrite_slice item = {element, element_len};
    return ferrite_rpush_many(db, key, key_len, &item, 1, err);
}

int ferrite_lpush_many(ferrite_db *db, const char *key, size_t key_len,
                       const ferrite_slice *elements, size_t count, ferrite_error **err) {
    struct call call = {
        .key = {key, key_len}, .side = FERRITE_LEFT, .items = elements, .count = count};
    return push(db, &call, err);
}

int ferrite_rpush_many(ferrite_db *db, const char *key, size_t key_len,
                       const ferrite_slice *elements, size_t count, ferrite_error **err) {
    struct call call = {
        .key = {key, key_len}, .side = FERRITE_RIGHT, .items = elements, .count = count};
    return push(db, &call, err);
}

int ferrite_lpushx(ferrite_db *db, const char *key, size_t key_len, const ferrite_slice *elements,
                   size_t count, ferrite_error **err) {
    struct call call = {.key = {key, key_len},
                        .side = FERRITE_LEFT,
                        .only_existing = true,
                        .items = elements,
                        .count = count};
    return push(db, &call, err);
}

int ferrite_rpushx(ferrite_db *db, const char *key, size_t key_len, const ferrite_slice *elements,
                   size_t count, ferrite_error **err) {
    struct call call = {.key = {key, key_len},
                        .side = FERRITE_RIGHT,
                        .only_existing = true,
                        .items = elements,
                        .count = count};
    return push(db, &call, err);
}

/* ---- popping ---- */

static int pop_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    answer_forget(call);
    return list_pop(ks, call->key, call->side, &call->text, &call->len);
}

static char *pop(ferrite_db *db, struct call *call, size_t *len, ferrite_error **err) {
    int code = key_check(call->key);
    if (code == FERRITE_OK) code = db_write(db, WRITE_FREES, pop_operation, call);
    return block_answer(code, call->text, call->len, len, err);
}

char *ferrite_lpop(ferrite_db *db, const char *key, size_t key_len, size_t *element_len,
                   ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .side = FERRITE_LEFT};
    return pop(db, &call, element_len, err);
}

char *ferrite_rpop(ferrite_db *db, const char *key, size_t key_len, size_t *element_len,
                   ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .side = FERRITE_RIGHT};
    return pop(db, &call, element_len, err);
}

static int pop_many_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    answer_forget(call);
    return list_pop_many(ks, call->key, call->side, call->max, &call->list, &call->found);
}

static ferrite_slice *pop_many(ferrite_db *db, struct call *call, size_t *count,
                               ferrite_error **err) {
    int code = key_check(call->key);
    if (code == FERRITE_OK) code = db_write(db, WRITE_FREES, pop_many_operation, call);
    return taken_answer(code, call, count, err);
}

ferrite_slice *ferrite_lpop_many(ferrite_db *db, const char *key, size_t key_len, size_t max,
                                 size_t *count, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .side = FERRITE_LEFT, .max = max};
    return pop_many(db, &call, count, err);
}

ferrite_slice *ferrite_rpop_many(ferrite_db *db, const char *key, size_t key_len, size_t max,
                                 size_t *count, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .side = FERRITE_RIGHT, .max = max};
    return pop_many(db, &call, count, err);
}

static int first_pop_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    int code = FERRITE_OK;
    answer_forget(call);
    call->found = false;
    for (size_t i = 0; i < call->count && code == FERRITE_OK && !call->found; i++) {
        call->which = i;
        code = list_pop_many(ks, call->items[i], call->side, call->max, &call->list, &call->found);
    }
    return code;
}

ferrite_slice *ferrite_lmpop(ferrite_db *db, const ferrite_slice *keys, size_t key_count, int side,
                             size_t max, size_t *which, size_t *count, ferrite_error **err) {
    struct call call = {.items = keys, .count = key_count, .side = side, .max = max};
    int code = slices_check(keys, key_count);
    if (code == FERRITE_OK) code = side_check(side);
    if (code == FERRITE_OK && max == 0)
        code = error_set(FERRITE_RANGE, "ERR count should be greater than 0");
    if (code == FERRITE_OK) code = db_write(db, WRITE_FREES, first_pop_operation, &call);
    if (which != NULL) *which = call.which;
    return taken_answer(code, &call, count, err);
}

/* ---- looking ---- */

static int len_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return list_len(ks, call->key, &call->number);
}

int ferrite_llen(ferrite_db *db, const char *key, size_t key_len, ferrite_error **err) {
    struct call call = {.key = {key, key_len}};
    int code = key_check(call.key);
    if (code == FERRITE_OK) code = db_read(db, len_operation, &call);
    return db_answer(code, int_of(call.number), err);
}

static int index_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return list_index(ks, call->key, call->start, &call->text, &call->len);
}

char *ferrite_lindex(ferrite_db *db, const char *key, size_t key_len, int64_t index,
                     size_t *element_len, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .start = index};
    int code = key_check(call.key);
    if (code == FERRITE_OK) code = db_read(db, index_operation, &call);
    return block_answer(code, call.text, call.len, element_len, err);
}

static int view_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return list_view(ks, call->key, call->start, &call->element, &call->found);
}

int ferrite_lindex_view(ferrite_db *db, const char *key, size_t key_len, int64_t index,
                        ferrite_slice *out, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .start = index};
    int code = view_check(db, out);
    if (code == FERRITE_OK) code = key_check(call.key);
    if (code == FERRITE_OK) code = db_read(db, view_operation, &call);
    if (out != NULL) *out = call.element;
    return db_answer(code, call.found, err);
}

static int range_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return list_range(ks, call->key, call->start, call->stop, &call->list);
}

ferrite_slice *ferrite_lrange(ferrite_db *db, const char *key, size_t key_len, int64_t start,
                              int64_t stop, size_t *count, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .start = start, .stop = stop};
    int code = key_check(call.key);
    if (code == FERRITE_OK) code = db_read(db, range_operation, &call);
    return slices_answer(code, &call.list, count, err);
}

static int find_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return list_find(ks, call->key, call->element, &call->search, &call->indexes,
                     &call->index_count);
}

int64_t *ferrite_lpos_many(ferrite_db *db, const char *key, size_t key_len, const char *element,
                           size_t element_len, int64_t rank, size_t max, uint64_t max_len,
                           size_t *count, ferrite_error **err) {
    struct call call = {
        .key = {key, key_len}, .element = {element, element_len}, .search = {rank, max, max_len}};
    int code = pair_check(call.key, call.element);
    if (code == FERRITE_OK && rank == 0)
        code = error_set(FERRITE_RANGE,
                         "ERR RANK can't be zero: use 1 to start from the first match, 2 from the "
                         "second ... or use negative to start from the end of the list");
    if (code == FERRITE_OK) code = db_read(db, find_operation, &call);
    if (count != NULL) *count = call.index_count;
    if (code != FERRITE_OK) error_give(err, code);
    return call.indexes;
}

int ferrite_lpos(ferrite_db *db, const char *key, size_t key_len, const char *element,
                 size_t element_len, int64_t rank, uint64_t max_len, int64_t *index,
                 ferrite_error **err) {
    size_t count = 0;
    int64_t *found =
        ferrite_lpos_many(db, key, key_len, element, element_len, rank, 1, max_len, &count, err);
    if (found == NULL) return -1;
    if (count != 0 && index != NULL) *index = found[0];
    ferrite_free(found);
    return count != 0;
}

/* ---- changing ---- */

static int set_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return list_set(ks, call->key, call->start, call->element);
}

int ferrite_lset(ferrite_db *db, const char *key, size_t key_len, int64_t index,
                 const char *element, size_t element_len, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .start = index, .element = {element, element_len}};
    int code = pair_check(call.key, call.element);
    if (code == FERRITE_OK) code = value_fits(db, call.element);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, set_operation, &call);
    return db_answer(code, 0, err);
}

static int insert_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return list_insert(ks, call->key, call->after, call->pivot, call->element, &call->length);
}

int ferrite_linsert(ferrite_db *db, const char *key, size_t key_len, int where, const char *pivot,
                    size_t pivot_len, const char *element, size_t element_len, int64_t *length,
                    ferrite_error **err) {
    struct call call = {.key = {key, key_len},
                        .after = where == FERRITE_AFTER,
                        .pivot = {pivot, pivot_len},
                        .element = {element, element_len}};
    int code = pair_check(call.key, call.element);
    if (code == FERRITE_OK) code = value_check(call.pivot);
    if (code == FERRITE_OK && where != FERRITE_BEFORE && where != FERRITE_AFTER)
        code = error_set(FERRITE_INVALID, "ERR where is FERRITE_BEFORE or FERRITE_AFTER");
    if (code == FERRITE_OK) code = value_fits(db, call.element);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, insert_operation, &call);
    if (code == FERRITE_OK && length != NULL) *length = call.length;
    return db_answer(code, call.length > 0, err);
}

static int insert_at_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return list_insert_at(ks, call->key, call->start, call->element, &call->number);
}

int ferrite_linsert_at(ferrite_db *db, const char *key, size_t key_len, int64_t index,
                       const char *element, size_t element_len, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .start = index, .element = {element, element_len}};
    int code = pair_check(call.key, call.element);
    if (code == FERRITE_OK) code = value_fits(db, call.element);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, insert_at_operation, &call);
    return db_answer(code, int_of(call.number), err);
}

static int remove_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return list_remove(ks, call->key, call->start, call->element, &call->number);
}

int ferrite_lrem(ferrite_db *db, const char *key, size_t key_len, int64_t count,
                 const char *element, size_t element_len, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .start = count, .element = {element, element_len}};
    int code = pair_check(call.key, call.element);
    if (code == FERRITE_OK) code = db_write(db, WRITE_FREES, remove_operation, &call);
    return db_answer(code, int_of(call.number), err);
}

static int trim_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return list_trim(ks, call->key, call->start, call->stop);
}

int ferrite_ltrim(ferrite_db *db, const char *key, size_t key_len, int64_t start, int64_t stop,
                  ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .start = start, .stop = stop};
    int code = key_check(call.key);
    if (code == FERRITE_OK) code = db_write(db, WRITE_FREES, trim_operation, &call);
    return db_answer(code, 0, err);
}

static int move_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    answer_forget(call);
    return list_move(ks, &call->move, &call->text, &call->len);
}

char *ferrite_lmove(ferrite_db *db, const char *source, size_t source_len, const char *destination,
                    size_t destination_len, int from_side, int to_side, size_t *element_len,
                    ferrite_error **err) {
    struct call call = {
        .move = {{source, source_len}, {destination, destination_len}, from_side, to_side}};
    int code = key_check(call.move.from);
    if (code == FERRITE_OK) code = key_check(call.move.to);
    if (code == FERRITE_OK) code = side_check(from_side);
    if (code == FERRITE_OK) code = side_check(to_side);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, move_operation, &call);
    return block_answer(code, call.text, call.len, element_len, err);
}

char *ferrite_rpoplpush(ferrite_db *db, const char *source, size_t source_len,
                        const char *destination, size_t destination_len, size_t *element_len,
                        ferrite_error **err) {
    return ferrite_lmove(db, source, source_len, destination, destination_len, FERRITE_RIGHT,
                         FERRITE_LEFT, element_len, err);
}
