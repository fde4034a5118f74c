/*
 * db_measure.c - how keys are stored, in ferrite.h: operations on types/measure.h. See db.h.
 */
#include "db.h"
#include "types/measure.h"

struct call {
    ferrite_slice key;
    const char *name;
    uint64_t bytes;
    bool there;
};

static int encoding_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return key_encoding(ks, call->key, &call->name);
}

const char *ferrite_encoding(ferrite_db *db, const char *key, size_t key_len,
                             ferrite_error **err) {
    struct call call = {.key = {key, key_len}};
    int code = key_check(call.key);
    if (code == FERRITE_OK) code = db_read(db, encoding_operation, &call);
    if (code == FERRITE_OK) return call.name;
    error_give(err, code);
    return NULL;
}

static int usage_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return key_usage(ks, call->key, &call->bytes, &call->there);
}

int ferrite_memory_usage(ferrite_db *db, const char *key, size_t key_len, uint64_t *bytes,
                         ferrite_error **err) {
    struct call call = {.key = {key, key_len}};
    int code = key_check(call.key);
    if (code == FERRITE_OK) code = db_read(db, usage_operation, &call);
    if (code == FERRITE_OK && call.there && bytes != NULL) *bytes = call.bytes;
    return db_answer(code, call.there, err);
}
