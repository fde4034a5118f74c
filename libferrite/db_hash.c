/*
 * db_hash.c - the hash functions of ferrite.h: arguments checked, wrapped into operations on
 * types/hash.h. See db.h.
 */
#include <math.h>

#include "db.h"
#include "db_answer.h"
#include "os/mem.h"
#include "types/expiry.h"
#include "types/hash.h"
#include "types/number.h"

/* The arguments and answers of one call; each operation uses what it needs. */
struct call {
    ferrite_slice key, field, value;
    const ferrite_slice *items;
    size_t count;
    int64_t increment, integer;
    long double fraction;
    uint32_t flags;
    uint64_t number;
    bool done;
    char *text;
    size_t len;
    struct slices list;
    struct element_scan scan;
    int64_t *results;
};

static int field_check(ferrite_slice field) {
    if (__builtin_expect(field.len <= FERRITE_KEY_MAX && (field.data != NULL || field.len == 0), 1))
        return FERRITE_OK;
    if (field.len > FERRITE_KEY_MAX)
        return error_set(FERRITE_LIMIT, "ERR field is longer than %u bytes", FERRITE_KEY_MAX);
    return error_set(FERRITE_INVALID, "ERR field is NULL");
}

static int call_check(const struct call *call) {
    int code = key_check(call->key);
    if (code == FERRITE_OK) code = field_check(call->field);
    return code == FERRITE_OK ? value_check(call->value) : code;
}

static int fields_check(ferrite_slice key, const ferrite_slice *fields, size_t count) {
    int code = key_check(key);
    if (code == FERRITE_OK && fields == NULL && count != 0)
        code = error_set(FERRITE_INVALID, "ERR fields is NULL");
    for (size_t i = 0; i < count && code == FERRITE_OK; i++) code = field_check(fields[i]);
    return code;
}

static int pairs_check(ferrite_slice key, const ferrite_slice *pairs, size_t count) {
    int code = key_check(key);
    if (code == FERRITE_OK && (count == 0 || count % 2 != 0))
        code = error_set(FERRITE_INVALID, "ERR wrong number of arguments for 'hset' command");
    if (code == FERRITE_OK && pairs == NULL) code = error_set(FERRITE_INVALID, "ERR items is NULL");
    for (size_t i = 0; i < count && code == FERRITE_OK; i += 2) {
        code = field_check(pairs[i]);
        if (code == FERRITE_OK) code = value_check(pairs[i + 1]);
    }
    return code;
}

/* An operation runs again when its commit found the disk full: its first answer goes. */
static void text_forget(struct call *call) {
    mem_free(call->text);
    call->text = NULL;
    call->len = 0;
}

/* ---- HSET and HGET: the hot paths ---- */

static int put_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return hash_put(ks, call->key, call->items, call->count, &call->number);
}

int ferrite_hset(ferrite_db *db, const char *key, size_t key_len, const char *field,
                 size_t field_len, const char *value, size_t value_len, ferrite_error **err) {
    const ferrite_slice pair[] = {{field, field_len}, {value, value_len}};
    return ferrite_hset_many(db, key, key_len, pair, 2, err);
}

int ferrite_hset_many(ferrite_db *db, const char *key, size_t key_len, const ferrite_slice *items,
                      size_t count, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .items = items, .count = count};
    int code = pairs_check(call.key, items, count);
    if (code == FERRITE_OK) code = values_fit(db, items + 1, count, 2);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, put_operation, &call);
    return db_answer(code, (int)call.number, err);
}

static int put_new_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return hash_put_new(ks, call->key, call->field, call->value, &call->done);
}

int ferrite_hsetnx(ferrite_db *db, const char *key, size_t key_len, const char *field,
                   size_t field_len, const char *value, size_t value_len, ferrite_error **err) {
    struct call call = {
        .key = {key, key_len}, .field = {field, field_len}, .value = {value, value_len}};
    int code = call_check(&call);
    if (code == FERRITE_OK) code = value_fits(db, call.value);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, put_new_operation, &call);
    return db_answer(code, call.done, err);
}

struct get_call {
    ferrite_slice key, field;
    char *value;
    size_t len;
};

static int get_operation(struct keyspace *ks, void *ctx) {
    struct get_call *call = ctx;
    return hash_get(ks, call->key, call->field, &call->value, &call->len);
}

char *ferrite_hget(ferrite_db *db, const char *key, size_t key_len, const char *field,
                   size_t field_len, size_t *value_len, ferrite_error **err) {
    struct get_call call = {{key, key_len}, {field, field_len}, NULL, 0};
    int code = key_check(call.key);
    if (code == FERRITE_OK) code = field_check(call.field);
    if (code == FERRITE_OK) code = db_read(db, get_operation, &call);
    if (value_len != NULL) *value_len = call.len;
    if (__builtin_expect(code == FERRITE_OK, 1)) return call.value;
    error_give(err, code);
    return NULL;
}

/* ---- several fields ---- */

static int get_many_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return hash_get_many(ks, call->key, call->items, call->count, &call->list);
}

ferrite_slice *ferrite_hmget(ferrite_db *db, const char *key, size_t key_len,
                             const ferrite_slice *fields, size_t count, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .items = fields, .count = count};
    int code = fields_check(call.key, fields, count);
    if (code == FERRITE_OK) code = db_read(db, get_many_operation, &call);
    return slices_answer(code, &call.list, NULL, err);
}

static int list_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return hash_list(ks, call->key, call->flags, &call->list);
}

static ferrite_slice *list(ferrite_db *db, ferrite_slice key, unsigned what, size_t *count,
                           ferrite_error **err) {
    struct call call = {.key = key, .flags = what};
    int code = key_check(key);
    if (code == FERRITE_OK) code = db_read(db, list_operation, &call);
    return slices_answer(code, &call.list, count, err);
}

ferrite_slice *ferrite_hgetall(ferrite_db *db, const char *key, size_t key_len, size_t *count,
                               ferrite_error **err) {
    return list(db, (ferrite_slice){key, key_len}, HASH_FIELDS | HASH_VALUES, count, err);
}

ferrite_slice *ferrite_hkeys(ferrite_db *db, const char *key, size_t key_len, size_t *count,
                             ferrite_error **err) {
    return list(db, (ferrite_slice){key, key_len}, HASH_FIELDS, count, err);
}

ferrite_slice *ferrite_hvals(ferrite_db *db, const char *key, size_t key_len, size_t *count,
                             ferrite_error **err) {
    return list(db, (ferrite_slice){key, key_len}, HASH_VALUES, count, err);
}

static int delete_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return hash_delete(ks, call->key, call->items, call->count, &call->number);
}

int ferrite_hdel_many(ferrite_db *db, const char *key, size_t key_len, const ferrite_slice *fields,
                      size_t count, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .items = fields, .count = count};
    int code = fields_check(call.key, fields, count);
    if (code == FERRITE_OK) code = db_write(db, WRITE_FREES, delete_operation, &call);
    return db_answer(code, (int)call.number, err);
}

int ferrite_hdel(ferrite_db *db, const char *key, size_t key_len, const char *field,
                 size_t field_len, ferrite_error **err) {
    const ferrite_slice item = {field, field_len};
    return ferrite_hdel_many(db, key, key_len, &item, 1, err);
}

/* ---- looking without values ---- */

static int value_len_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return hash_value_len(ks, call->key, call->field, &call->number, &call->done);
}

static int value_len_of(ferrite_db *db, struct call *call) {
    int code = call_check(call);
    return code == FERRITE_OK ? db_read(db, value_len_operation, call) : code;
}

int ferrite_hexists(ferrite_db *db, const char *key, size_t key_len, const char *field,
                    size_t field_len, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .field = {field, field_len}};
    int code = value_len_of(db, &call);
    return db_answer(code, call.done, err);
}

int ferrite_hstrlen(ferrite_db *db, const char *key, size_t key_len, const char *field,
                    size_t field_len, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .field = {field, field_len}};
    int code = value_len_of(db, &call);
    return db_answer(code, (int)call.number, err);
}

static int len_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return hash_len(ks, call->key, &call->number);
}

int ferrite_hlen(ferrite_db *db, const char *key, size_t key_len, uint64_t *count,
                 ferrite_error **err) {
    struct call call = {.key = {key, key_len}};
    int code = key_check(call.key);
    if (code == FERRITE_OK) code = db_read(db, len_operation, &call);
    if (count != NULL) *count = call.number;
    return db_answer(code, 0, err);
}

/* ---- numbers ---- */

static int add_int_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return hash_add_int(ks, call->key, call->field, call->increment, &call->integer);
}

int ferrite_hincrby(ferrite_db *db, const char *key, size_t key_len, const char *field,
                    size_t field_len, int64_t increment, int64_t *result, ferrite_error **err) {
    struct call call = {
        .key = {key, key_len}, .field = {field, field_len}, .increment = increment};
    int code = call_check(&call);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, add_int_operation, &call);
    if (code == FERRITE_OK && result != NULL) *result = call.integer;
    return db_answer(code, 0, err);
}

static int add_float_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    text_forget(call);
    return hash_add_float(ks, call->key, call->field, call->fraction, &call->text, &call->len);
}

char *ferrite_hincrbyfloat_text(ferrite_db *db, const char *key, size_t key_len, const char *field,
                                size_t field_len, const char *increment, size_t increment_len,
                                size_t *value_len, ferrite_error **err) {
    struct call call = {
        .key = {key, key_len}, .field = {field, field_len}, .value = {increment, increment_len}};
    int code = call_check(&call);
    if (code == FERRITE_OK && !number_parse_float(increment, increment_len, &call.fraction))
        code = error_set(FERRITE_RANGE, "ERR value is not a valid float");
    if (code == FERRITE_OK && isinf(call.fraction))
        code = error_set(FERRITE_RANGE, "ERR value is NaN or Infinity");
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, add_float_operation, &call);
    return block_answer(code, call.text, call.len, value_len, err);
}

int ferrite_hincrbyfloat(ferrite_db *db, const char *key, size_t key_len, const char *field,
                         size_t field_len, double increment, double *result, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .field = {field, field_len}};
    int code = call_check(&call);
    if (code == FERRITE_OK && (isnan(increment) || isinf(increment)))
        code = error_set(FERRITE_RANGE, "ERR value is NaN or Infinity");
    if (code == FERRITE_OK) {
        call.fraction = number_meant(increment);
        code = db_write(db, WRITE_ADDS, add_float_operation, &call);
    }
    long double value = 0;
    if (code == FERRITE_OK && number_parse_float(call.text, call.len, &value) && result != NULL)
        *result = (double)value;
    mem_free(call.text);
    return db_answer(code, 0, err);
}

/* ---- random fields, scans ---- */

static int random_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return hash_random(ks, call->key, call->increment, call->flags, &call->list);
}

ferrite_slice *ferrite_hrandfield(ferrite_db *db, const char *key, size_t key_len, int64_t how_many,
                                  int with_values, size_t *count, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .increment = how_many};
    call.flags = with_values ? HASH_FIELDS | HASH_VALUES : HASH_FIELDS;
    int code = key_check(call.key);
    if (code == FERRITE_OK) code = sample_check(how_many);
    if (code == FERRITE_OK) code = db_read(db, random_operation, &call);
    return slices_answer(code, &call.list, count, err);
}

static int scan_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return hash_scan(ks, &call->scan, &call->list);
}

ferrite_slice *ferrite_hscan(ferrite_db *db, const char *key, size_t key_len, uint64_t *cursor,
                             const char *pattern, size_t pattern_len, size_t effort, size_t *count,
                             ferrite_error **err) {
    struct call call = {.scan = {{key, key_len}, {pattern, pattern_len}, effort, 0}};
    int code = db_scan(db, &call.scan, cursor, scan_operation, &call);
    return db_scan_end(&call.scan, cursor, slices_answer(code, &call.list, count, err));
}

/* ---- zero-copy ---- */

static int view_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return hash_view(ks, call->key, call->field, &call->value, &call->done);
}

int ferrite_hview(ferrite_db *db, const char *key, size_t key_len, const char *field,
                  size_t field_len, ferrite_slice *out, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .field = {field, field_len}};
    int code = view_check(db, out);
    if (code == FERRITE_OK) code = call_check(&call);
    if (code == FERRITE_OK) code = db_read(db, view_operation, &call);
    if (out != NULL) *out = call.value;
    return db_answer(code, call.done, err);
}
