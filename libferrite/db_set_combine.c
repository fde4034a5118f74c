/*
 * db_set_combine.c - the functions of ferrite.h on several sets. See db.h.
 */
#include "db.h"
#include "db_answer.h"
#include "types/set.h"

struct call {
    enum set_operation operation;
    ferrite_slice to;
    const ferrite_slice *keys;
    size_t key_count;
    uint64_t limit, count;
    struct slices list;
};

static int combine_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return set_combine(ks, call->operation, call->keys, call->key_count, 0, &call->list,
                       &call->count);
}

static ferrite_slice *combine(ferrite_db *db, struct call *call, size_t *count,
                              ferrite_error **err) {
    int code = slices_check(call->keys, call->key_count);
    if (code == FERRITE_OK) code = db_read(db, combine_operation, call);
    return slices_answer(code, &call->list, count, err);
}

ferrite_slice *ferrite_sunion(ferrite_db *db, const ferrite_slice *keys, size_t key_count,
                              size_t *count, ferrite_error **err) {
    struct call call = {.operation = SET_UNION, .keys = keys, .key_count = key_count};
    return combine(db, &call, count, err);
}

ferrite_slice *ferrite_sinter(ferrite_db *db, const ferrite_slice *keys, size_t key_count,
                              size_t *count, ferrite_error **err) {
    struct call call = {.operation = SET_INTERSECTION, .keys = keys, .key_count = key_count};
    return combine(db, &call, count, err);
}

ferrite_slice *ferrite_sdiff(ferrite_db *db, const ferrite_slice *keys, size_t key_count,
                             size_t *count, ferrite_error **err) {
    struct call call = {.operation = SET_DIFFERENCE, .keys = keys, .key_count = key_count};
    return combine(db, &call, count, err);
}

static int store_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return set_store(ks, call->operation, call->to, call->keys, call->key_count, &call->count);
}

static int store(ferrite_db *db, struct call *call, uint64_t *count, ferrite_error **err) {
    int code = key_check(call->to);
    if (code == FERRITE_OK) code = slices_check(call->keys, call->key_count);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, store_operation, call);
    if (count != NULL) *count = code == FERRITE_OK ? call->count : 0;
    return db_answer(code, 0, err);
}

int ferrite_sunionstore(ferrite_db *db, const char *to, size_t to_len, const ferrite_slice *keys,
                        size_t key_count, uint64_t *count, ferrite_error **err) {
    struct call call = {SET_UNION, {to, to_len}, keys, key_count, 0, 0, {0}};
    return store(db, &call, count, err);
}

int ferrite_sinterstore(ferrite_db *db, const char *to, size_t to_len, const ferrite_slice *keys,
                        size_t key_count, uint64_t *count, ferrite_error **err) {
    struct call call = {SET_INTERSECTION, {to, to_len}, keys, key_count, 0, 0, {0}};
    return store(db, &call, count, err);
}

int ferrite_sdiffstore(ferrite_db *db, const char *to, size_t to_len, const ferrite_slice *keys,
                       size_t key_count, uint64_t *count, ferrite_error **err) {
    struct call call = {SET_DIFFERENCE, {to, to_len}, keys, key_count, 0, 0, {0}};
    return store(db, &call, count, err);
}

static int count_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return set_combine(ks, SET_INTERSECTION, call->keys, call->key_count, call->limit, NULL,
                       &call->count);
}

int ferrite_sintercard(ferrite_db *db, const ferrite_slice *keys, size_t key_count, uint64_t limit,
                       uint64_t *count, ferrite_error **err) {
    struct call call = {.keys = keys, .key_count = key_count, .limit = limit};
    int code = slices_check(keys, key_count);
    if (code == FERRITE_OK) code = db_read(db, count_operation, &call);
    if (count != NULL) *count = code == FERRITE_OK ? call.count : 0;
    return db_answer(code, 0, err);
}
