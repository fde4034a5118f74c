/*
 * db_zset_combine.c - the functions of ferrite.h on several sorted sets. See db.h.
 */
#include <math.h>

#include "db_zset.h"

struct call {
    struct zset_combination combination;
    ferrite_slice to;
    uint64_t limit, number;
    struct scored list;
};

static int combination_check(const struct zset_combination *combination) {
    const int aggregate = combination->aggregate;
    int code = slices_check(combination->keys, combination->key_count);
    if (code != FERRITE_OK) return code;
    if (combination->key_count == 0)
        return error_set(FERRITE_INVALID, "ERR at least 1 input key is needed");
    if (combination->operation < FERRITE_ZUNION || combination->operation > FERRITE_ZDIFF ||
        aggregate < FERRITE_ZSUM || aggregate > FERRITE_ZMAX)
        return error_set(FERRITE_INVALID, "ERR unknown operation or aggregate");
    if (combination->operation == FERRITE_ZDIFF &&
        (combination->weights != NULL || aggregate != FERRITE_ZSUM))
        return error_set(FERRITE_SYNTAX, "ERR syntax error");
    for (size_t i = 0; combination->weights != NULL && i < combination->key_count; i++)
        if (isnan(combination->weights[i]))
            return error_set(FERRITE_INVALID, "ERR weight value is not a float");
    return FERRITE_OK;
}

static int combine_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return zset_combine(ks, &call->combination, &call->list);
}

ferrite_zitem *ferrite_zcombine(ferrite_db *db, int operation, const ferrite_slice *keys,
                                size_t key_count, const double *weights, int aggregate,
                                size_t *count, ferrite_error **err) {
    struct call call = {.combination = {operation, keys, key_count, weights, aggregate}};
    int code = combination_check(&call.combination);
    if (code == FERRITE_OK) code = db_read(db, combine_operation, &call);
    return zset_answer(code, &call.list, true, count, err);
}

static int store_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return zset_combine_store(ks, &call->combination, call->to, &call->number);
}

int ferrite_zcombinestore(ferrite_db *db, int operation, const char *to, size_t to_len,
                          const ferrite_slice *keys, size_t key_count, const double *weights,
                          int aggregate, uint64_t *count, ferrite_error **err) {
    struct call call = {.combination = {operation, keys, key_count, weights, aggregate},
                        .to = {to, to_len}};
    int code = combination_check(&call.combination);
    if (code == FERRITE_OK) code = key_check(call.to);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, store_operation, &call);
    if (code == FERRITE_OK && count != NULL) *count = call.number;
    return db_answer(code, 0, err);
}

static int count_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return zset_intersection_count(ks, call->combination.keys, call->combination.key_count,
                                   call->limit, &call->number);
}

int ferrite_zintercard(ferrite_db *db, const ferrite_slice *keys, size_t key_count, uint64_t limit,
                       uint64_t *count, ferrite_error **err) {
    struct call call = {.combination = {FERRITE_ZINTER, keys, key_count, NULL, FERRITE_ZSUM},
                        .limit = limit};
    int code = combination_check(&call.combination);
    if (code == FERRITE_OK) code = db_read(db, count_operation, &call);
    if (code == FERRITE_OK && count != NULL) *count = call.number;
    return db_answer(code, 0, err);
}
