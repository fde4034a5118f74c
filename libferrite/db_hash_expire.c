/*
 * db_hash_expire.c - the functions of ferrite.h on fields that expire. See db.h.
 */
#include "db.h"
#include "types/expiry.h"
#include "types/hash.h"

struct call {
    ferrite_slice key;
    int64_t moment;
    bool relative; /* moment counts from now, or the answers do */
    uint32_t flags;
    const ferrite_slice *fields;
    size_t count;
    int64_t *results;
};

static int call_check(const struct call *call) {
    int code = key_check(call->key);
    if (code == FERRITE_OK && (call->fields == NULL || call->results == NULL) && call->count != 0)
        code = error_set(FERRITE_INVALID, "ERR fields or results is NULL");
    for (size_t i = 0; i < call->count && code == FERRITE_OK; i++) {
        if (call->fields[i].len > FERRITE_KEY_MAX)
            code = error_set(FERRITE_LIMIT, "ERR field is longer than %u bytes", FERRITE_KEY_MAX);
        else if (call->fields[i].data == NULL && call->fields[i].len != 0)
            code = error_set(FERRITE_INVALID, "ERR field is NULL");
    }
    return code;
}

static int flags_check(uint32_t flags) {
    const uint32_t known =
        FERRITE_EXPIRE_NX | FERRITE_EXPIRE_XX | FERRITE_EXPIRE_GT | FERRITE_EXPIRE_LT;
    if ((flags & ~known) == 0 && (flags & (flags - 1)) == 0) return FERRITE_OK;
    return error_set(FERRITE_SYNTAX, "ERR Multiple condition flags specified");
}

static int expire_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    int64_t at_ms = call->moment;
    if (call->relative && __builtin_add_overflow(at_ms, keyspace_now(ks), &at_ms))
        return error_set(FERRITE_RANGE, "ERR invalid expire time");
    return hash_expire(ks, call->key, at_ms, call->flags, call->fields, call->count,
                       call->results);
}

static int expire(ferrite_db *db, struct call *call, ferrite_error **err) {
    int code = call_check(call);
    if (code == FERRITE_OK) code = flags_check(call->flags);
    if (code == FERRITE_OK) code = db_write(db, WRITE_FREES, expire_operation, call);
    return db_answer(code, 0, err);
}

int ferrite_hpexpireat(ferrite_db *db, const char *key, size_t key_len, int64_t at_ms,
                       uint32_t flags, const ferrite_slice *fields, size_t count, int64_t *results,
                       ferrite_error **err) {
    struct call call = {{key, key_len}, at_ms, false, flags, fields, count, results};
    return expire(db, &call, err);
}

int ferrite_hpexpire(ferrite_db *db, const char *key, size_t key_len, int64_t ms, uint32_t flags,
                     const ferrite_slice *fields, size_t count, int64_t *results,
                     ferrite_error **err) {
    struct call call = {{key, key_len}, ms, true, flags, fields, count, results};
    return expire(db, &call, err);
}

static int persist_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return hash_persist(ks, call->key, call->fields, call->count, call->results);
}

int ferrite_hpersist(ferrite_db *db, const char *key, size_t key_len, const ferrite_slice *fields,
                     size_t count, int64_t *results, ferrite_error **err) {
    struct call call = {{key, key_len}, 0, false, 0, fields, count, results};
    int code = call_check(&call);
    if (code == FERRITE_OK) code = db_write(db, WRITE_MOVES, persist_operation, &call);
    return db_answer(code, 0, err);
}

static int ask_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    int code = hash_expiry(ks, call->key, call->fields, call->count, call->results);
    for (size_t i = 0; code == FERRITE_OK && call->relative && i < call->count; i++)
        if (call->results[i] >= 0) call->results[i] -= keyspace_now(ks);
    return code;
}

static int ask(ferrite_db *db, struct call *call, ferrite_error **err) {
    int code = call_check(call);
    if (code == FERRITE_OK) code = db_read(db, ask_operation, call);
    return db_answer(code, 0, err);
}

int ferrite_hpexpiretime(ferrite_db *db, const char *key, size_t key_len,
                         const ferrite_slice *fields, size_t count, int64_t *results,
                         ferrite_error **err) {
    struct call call = {{key, key_len}, 0, false, 0, fields, count, results};
    return ask(db, &call, err);
}

int ferrite_hpttl(ferrite_db *db, const char *key, size_t key_len, const ferrite_slice *fields,
                  size_t count, int64_t *results, ferrite_error **err) {
    struct call call = {{key, key_len}, 0, true, 0, fields, count, results};
    return ask(db, &call, err);
}
