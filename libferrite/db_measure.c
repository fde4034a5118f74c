/*
 * db_measure.c - how keys are stored and used, in ferrite.h: operations on types/measure.h, and
 * recency. See db.h.
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

/* ---- how keys are used ---- */

static int there_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    struct record record;
    int code = keyspace_look(ks, call->key.data, call->key.len, &record);
    call->there = code == FERRITE_OK;
    return code == FERRITE_NOTFOUND ? FERRITE_OK : code;
}

/* The key's place in the marks of recency, when these are of the kind. */
static int use_call(ferrite_db *db, struct call *call, enum recency_kind kind,
                    struct recency **recency, uint64_t *hash) {
    *recency = NULL;
    int code = key_check(call->key);
    if (code == FERRITE_OK) code = db_read(db, there_operation, call);
    if (code != FERRITE_OK || !call->there) return code;
    struct recency *noting = core_recency(db->core);
    if (noting == NULL || atomic_load_explicit(&noting->kind, memory_order_relaxed) != (int)kind)
        return FERRITE_OK;
    *recency = noting;
    *hash = recency_hash(noting, db->db, call->key.data, call->key.len);
    return FERRITE_OK;
}

static bool policy_is_lfu(const ferrite_db *db) {
    const int policy = (int)OPTION(db->core, eviction);
    return policy == FERRITE_EVICT_ALL_LFU || policy == FERRITE_EVICT_VOLATILE_LFU;
}

int ferrite_idle_time(ferrite_db *db, const char *key, size_t key_len, int64_t *idle_ms,
                      ferrite_error **err) {
    struct call call = {.key = {key, key_len}};
    struct recency *recency;
    uint64_t hash = 0;
    int code = use_call(db, &call, RECENCY_LRU, &recency, &hash);
    if (code == FERRITE_OK && call.there && policy_is_lfu(db))
        code = error_set(FERRITE_INVALID,
                         "ERR An LFU maxmemory policy is selected, idle time not tracked. Please "
                         "note that when switching between policies at runtime LRU and LFU data "
                         "will take some time to adjust.");
    if (code == FERRITE_OK && call.there && idle_ms != NULL)
        *idle_ms = recency != NULL ? recency_idle_ms(recency, hash) : 0;
    return db_answer(code, call.there, err);
}

int ferrite_frequency(ferrite_db *db, const char *key, size_t key_len, int *frequency,
                      ferrite_error **err) {
    struct call call = {.key = {key, key_len}};
    struct recency *recency;
    uint64_t hash = 0;
    int code = use_call(db, &call, RECENCY_LFU, &recency, &hash);
    if (code == FERRITE_OK && call.there && recency == NULL)
        code = error_set(FERRITE_INVALID,
                         "ERR An LFU maxmemory policy is not selected, access frequency not "
                         "tracked. Please note that when switching between policies at runtime LRU "
                         "and LFU data will take some time to adjust.");
    if (code == FERRITE_OK && call.there && frequency != NULL)
        *frequency = (int)recency_count(recency, hash);
    return db_answer(code, call.there, err);
}
