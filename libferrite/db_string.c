/*
 * db_string.c - the string functions of ferrite.h: arguments checked, wrapped into operations on
 * types/string.h. See db.h.
 */
#include <math.h>

#include "db.h"
#include "db_answer.h"
#include "os/mem.h"
#include "types/number.h"
#include "types/string.h"

/* The arguments and answers of one call; each operation uses what it needs. */
struct call {
    ferrite_slice key, value;
    const ferrite_slice *items;
    size_t count;
    int64_t start, end;
    long double increment;
    struct string_set *set;
    char *text;
    size_t len;
    int64_t integer;
    uint64_t length;
    bool done;
};

/* An operation runs again when its commit found the disk full: its first answer goes. */
static void text_forget(struct call *call) {
    mem_free(call->text);
    call->text = NULL;
    call->len = 0;
}

/* ---- GET and SET: the hot paths, with arguments of their own ---- */

struct get_call {
    ferrite_slice key;
    char *value;
    size_t len;
};

static int get_operation(struct keyspace *ks, void *ctx) {
    struct get_call *call = ctx;
    return string_get(ks, call->key, &call->value, &call->len);
}

char *ferrite_get(ferrite_db *db, const char *key, size_t key_len, size_t *value_len,
                  ferrite_error **err) {
    struct get_call call = {{key, key_len}, NULL, 0};
    int code = key_check(call.key);
    if (code == FERRITE_OK && !cached_get(db, call.key, &call.value, &call.len))
        code = db_read(db, get_operation, &call);
    if (value_len != NULL) *value_len = call.len;
    if (__builtin_expect(code == FERRITE_OK, 1)) return call.value;
    error_give(err, code);
    return NULL;
}

struct set_call {
    ferrite_slice key, value;
    uint64_t txid; /* of the transaction, when the value has no expiry */
};

static int set_operation(struct keyspace *ks, void *ctx) {
    struct set_call *call = ctx;
    if (ks->txn != NULL && ks->default_ttl_ms == 0) call->txid = ks->txn->pages.txid;
    return string_set(ks, call->key, call->value);
}

static int pair_check(ferrite_slice key, ferrite_slice value) {
    int code = key_check(key);
    return code == FERRITE_OK ? value_check(value) : code;
}

int ferrite_set(ferrite_db *db, const char *key, size_t key_len, const char *value,
                size_t value_len, ferrite_error **err) {
    struct set_call call = {{key, key_len}, {value, value_len}, 0};
    int code = pair_check(call.key, call.value);
    if (code == FERRITE_OK) code = value_fits(db, call.value);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, set_operation, &call);
    if (code == FERRITE_OK) cached_set(db, call.key, call.value, call.txid);
    return db_answer(code, 0, err);
}

/* ---- SET's relatives ---- */

static int set_with_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    mem_free(call->set->old);
    call->set->old = NULL;
    return string_set_with(ks, call->key, call->value, call->set);
}

static int set_with(ferrite_db *db, ferrite_slice key, ferrite_slice value,
                    struct string_set *set) {
    struct call call = {.key = key, .value = value, .set = set};
    int code = pair_check(key, value);
    if (code == FERRITE_OK) code = value_fits(db, value);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, set_with_operation, &call);
    if (code != FERRITE_OK) {
        mem_free(set->old);
        *set = (struct string_set){0};
    }
    return code;
}

static int set_options_check(const ferrite_set_options *options, char **old) {
    const uint32_t known =
        FERRITE_SET_NX | FERRITE_SET_XX | FERRITE_SET_GET | FERRITE_SET_KEEPTTL;
    if (options == NULL) return FERRITE_OK;
    if (options->struct_size != sizeof *options)
        return error_set(FERRITE_INVALID,
                         "set options: struct_size is %u; begin with FERRITE_SET_OPTIONS_INIT",
                         options->struct_size);
    if ((options->flags & ~known) != 0 ||
        ((options->flags & FERRITE_SET_NX) && (options->flags & FERRITE_SET_XX)) ||
        ((options->flags & FERRITE_SET_KEEPTTL) && options->expire_at_ms != 0))
        return error_set(FERRITE_SYNTAX, "ERR syntax error");
    if (options->expire_at_ms < 0)
        return error_set(FERRITE_RANGE, "ERR invalid expire time in 'set' command");
    if ((options->flags & FERRITE_SET_GET) && old == NULL)
        return error_set(FERRITE_INVALID, "set options: GET needs a place for the old value");
    return FERRITE_OK;
}

int ferrite_set_with(ferrite_db *db, const char *key, size_t key_len, const char *value,
                     size_t value_len, const ferrite_set_options *options, char **old,
                     size_t *old_len, ferrite_error **err) {
    struct string_set set = {0};
    if (old != NULL) *old = NULL;
    if (old_len != NULL) *old_len = 0;
    int code = set_options_check(options, old);
    if (code == FERRITE_OK && options != NULL) {
        set.flags = options->flags;
        set.expire_at_ms = options->expire_at_ms;
    }
    if (code == FERRITE_OK)
        code = set_with(db, (ferrite_slice){key, key_len}, (ferrite_slice){value, value_len}, &set);
    if (code == FERRITE_OK && old != NULL) *old = set.old;
    if (code == FERRITE_OK && old_len != NULL) *old_len = set.old_len;
    return db_answer(code, set.done, err);
}

int ferrite_setnx(ferrite_db *db, const char *key, size_t key_len, const char *value,
                  size_t value_len, ferrite_error **err) {
    struct string_set set = {.flags = FERRITE_SET_NX};
    int code = set_with(db, (ferrite_slice){key, key_len}, (ferrite_slice){value, value_len}, &set);
    return db_answer(code, set.done, err);
}

char *ferrite_getset(ferrite_db *db, const char *key, size_t key_len, const char *value,
                     size_t value_len, size_t *old_len, ferrite_error **err) {
    struct string_set set = {.flags = FERRITE_SET_GET};
    int code = set_with(db, (ferrite_slice){key, key_len}, (ferrite_slice){value, value_len}, &set);
    struct call call = {.text = set.old, .len = set.old_len};
    return block_answer(code, call.text, call.len, old_len, err);
}

static int getdel_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    text_forget(call);
    return string_get_delete(ks, call->key, &call->text, &call->len);
}

char *ferrite_getdel(ferrite_db *db, const char *key, size_t key_len, size_t *value_len,
                     ferrite_error **err) {
    struct call call = {.key = {key, key_len}};
    int code = key_check(call.key);
    if (code == FERRITE_OK) code = db_write(db, WRITE_FREES, getdel_operation, &call);
    return block_answer(code, call.text, call.len, value_len, err);
}

/* ---- numbers ---- */

static int add_int_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return string_add_int(ks, call->key, call->start, &call->integer);
}

int ferrite_incrby(ferrite_db *db, const char *key, size_t key_len, int64_t increment,
                   int64_t *result, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .start = increment};
    int code = key_check(call.key);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, add_int_operation, &call);
    if (code == FERRITE_OK && result != NULL) *result = call.integer;
    return db_answer(code, 0, err);
}

int ferrite_decrby(ferrite_db *db, const char *key, size_t key_len, int64_t decrement,
                   int64_t *result, ferrite_error **err) {
    if (decrement != INT64_MIN)
        return ferrite_incrby(db, key, key_len, -decrement, result, err);
    return error_give(err, error_set(FERRITE_RANGE, "ERR decrement would overflow"));
}

int ferrite_incr(ferrite_db *db, const char *key, size_t key_len, int64_t *result,
                 ferrite_error **err) {
    return ferrite_incrby(db, key, key_len, 1, result, err);
}

int ferrite_decr(ferrite_db *db, const char *key, size_t key_len, int64_t *result,
                 ferrite_error **err) {
    return ferrite_incrby(db, key, key_len, -1, result, err);
}

static int add_float_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    text_forget(call);
    return string_add_float(ks, call->key, call->increment, &call->text, &call->len);
}

char *ferrite_incrbyfloat_text(ferrite_db *db, const char *key, size_t key_len,
                               const char *increment, size_t increment_len, size_t *value_len,
                               ferrite_error **err) {
    struct call call = {.key = {key, key_len}};
    int code = pair_check(call.key, (ferrite_slice){increment, increment_len});
    if (code == FERRITE_OK && !number_parse_float(increment, increment_len, &call.increment))
        code = error_set(FERRITE_RANGE, "ERR value is not a valid float");
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, add_float_operation, &call);
    return block_answer(code, call.text, call.len, value_len, err);
}

int ferrite_incrbyfloat(ferrite_db *db, const char *key, size_t key_len, double increment,
                        double *result, ferrite_error **err) {
    struct call call = {.key = {key, key_len}};
    int code = key_check(call.key);
    if (code == FERRITE_OK && (isnan(increment) || isinf(increment)))
        code = error_set(FERRITE_RANGE, "ERR increment would produce NaN or Infinity");
    if (code == FERRITE_OK) {
        call.increment = number_meant(increment);
        code = db_write(db, WRITE_ADDS, add_float_operation, &call);
    }
    long double value = 0;
    if (code == FERRITE_OK && number_parse_float(call.text, call.len, &value) && result != NULL)
        *result = (double)value;
    mem_free(call.text);
    return db_answer(code, 0, err);
}

/* ---- parts of strings ---- */

static int append_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return string_append(ks, call->key, call->value, &call->length);
}

int ferrite_append(ferrite_db *db, const char *key, size_t key_len, const char *value,
                   size_t value_len, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .value = {value, value_len}};
    int code = pair_check(call.key, call.value);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, append_operation, &call);
    return db_answer(code, (int)call.length, err);
}

static int set_range_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return string_set_range(ks, call->key, call->start, call->value, &call->length);
}

int ferrite_setrange(ferrite_db *db, const char *key, size_t key_len, int64_t offset,
                     const char *value, size_t value_len, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .value = {value, value_len}, .start = offset};
    int code = pair_check(call.key, call.value);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, set_range_operation, &call);
    return db_answer(code, (int)call.length, err);
}

static int len_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return string_len(ks, call->key, &call->length);
}

int ferrite_strlen(ferrite_db *db, const char *key, size_t key_len, ferrite_error **err) {
    struct call call = {.key = {key, key_len}};
    size_t len;
    int code = key_check(call.key);
    if (code == FERRITE_OK && cached_len(db, call.key, &len)) {
        core_note_read(db->core, db->db, key, key_len);
        return (int)len;
    }
    if (code == FERRITE_OK) code = db_read(db, len_operation, &call);
    return db_answer(code, (int)call.length, err);
}

static int get_range_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return string_get_range(ks, call->key, call->start, call->end, &call->text, &call->len);
}

char *ferrite_getrange(ferrite_db *db, const char *key, size_t key_len, int64_t start, int64_t end,
                       size_t *len, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .start = start, .end = end};
    int code = key_check(call.key);
    if (code == FERRITE_OK) code = db_read(db, get_range_operation, &call);
    return block_answer(code, call.text, call.len, len, err);
}
