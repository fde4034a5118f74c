/*
 * mutate_apply.c - effects done again: for recovery and for batches. See mutate.h.
 */
#include "hash.h"
#include "list.h"
#include "mutate_internal.h"
#include "packed.h"
#include "set.h"
#include "zset.h"

static int apply_put(struct keyspace *ks, const struct effect *effect) {
    struct content content = {effect->head, effect->expire_ms, effect->data};
    const struct record record = {effect->head, (uint32_t)effect->data.len, effect->expire_ms,
                                  (const uint8_t *)effect->data.data};
    if (record_type(&record) != FERRITE_TYPE_STRING) {
        int code = packed_record_check(&record);
        if (code != FERRITE_OK) return code;
    }
    return mutate_put_blind(ks, effect->key.data, effect->key.len, &content);
}

static int apply_delete(struct keyspace *ks, const struct effect *effect) {
    bool deleted;
    return mutate_delete_blind(ks, effect->key.data, effect->key.len, &deleted);
}

static int impossible(const struct effect *effect, const char *why) {
    return error_set(FERRITE_CORRUPT, "an effect in the log (op %u) does not fit: %s", effect->op,
                     why);
}

static int apply_write(struct keyspace *ks, const struct effect *effect) {
    struct entry entry;
    int code = entry_open(ks, effect->key.data, effect->key.len, &entry);
    if (code == FERRITE_OK && entry.exists && record_type(&entry.record) != FERRITE_TYPE_STRING)
        code = impossible(effect, "the key holds no string");
    if (code == FERRITE_OK) code = mutate_write(ks, &entry, effect->offset, effect->data);
    entry_close(&entry);
    return code;
}

static int apply_pair(struct keyspace *ks, const struct effect *effect) {
    if (effect->db == effect->to_db && effect->key.len == effect->data.len &&
        memcmp(effect->key.data, effect->data.data, effect->key.len) == 0)
        return impossible(effect, "a key onto itself");
    struct entry entry;
    int code = entry_open(ks, effect->key.data, effect->key.len, &entry);
    if (code == FERRITE_OK && !entry.exists) code = impossible(effect, "there is no such key");
    if (code == FERRITE_OK)
        code = effect->op == EFFECT_MOVE ? mutate_move(ks, &entry, effect->to_db, effect->data)
                                         : mutate_copy(ks, &entry, effect->to_db, effect->data);
    entry_close(&entry);
    return code;
}

static int apply_expire(struct keyspace *ks, const struct effect *effect) {
    return mutate_expire_blind(ks, effect->key.data, effect->key.len, effect->expire_ms);
}

static bool effect_frees(const struct effect *effect) {
    return effect->op == EFFECT_DELETE || effect->op == EFFECT_FLUSH ||
           effect->op == EFFECT_FLUSH_ALL || effect->op == EFFECT_HASH_DELETE ||
           effect->op == EFFECT_SET_REMOVE || effect->op == EFFECT_LIST_REMOVE ||
           effect->op == EFFECT_ZSET_REMOVE || effect->op == EFFECT_ZSET_REMOVE_RANKS;
}

static int apply_one(struct keyspace *ks, const struct effect *effect) {
    if (effect->db >= ks->txn->databases || effect->to_db >= ks->txn->databases)
        return impossible(effect, "there are fewer logical databases");
    switch (effect->op) {
    case EFFECT_PUT:
        return apply_put(ks, effect);
    case EFFECT_DELETE:
        return apply_delete(ks, effect);
    case EFFECT_WRITE:
        return apply_write(ks, effect);
    case EFFECT_MOVE:
    case EFFECT_COPY:
        return apply_pair(ks, effect);
    case EFFECT_FLUSH:
        return mutate_flush(ks);
    case EFFECT_FLUSH_ALL:
        return mutate_flush_all(ks);
    case EFFECT_SWAP:
        return mutate_swap(ks, effect->to_db);
    case EFFECT_EXPIRE_AT:
        return apply_expire(ks, effect);
    case EFFECT_HASH_PUT:
    case EFFECT_HASH_DELETE:
    case EFFECT_HASH_EXPIRE:
        return hash_apply(ks, effect);
    case EFFECT_SET_ADD:
    case EFFECT_SET_REMOVE:
        return set_apply(ks, effect);
    case EFFECT_ZSET_ADD:
    case EFFECT_ZSET_REMOVE:
    case EFFECT_ZSET_REMOVE_RANKS:
        return zset_apply(ks, effect);
    case EFFECT_LIST_INSERT:
    case EFFECT_LIST_REMOVE:
    case EFFECT_LIST_REPLACE:
        return list_apply(ks, effect);
    default:
        return impossible(effect, "unknown");
    }
}

int mutate_apply(void *like, struct txn *txn, const uint8_t *effects, size_t len) {
    const struct keyspace *model = like;
    if (len == 0) return FERRITE_OK; /* and then there may be no bytes to point at */
    const uint8_t *at = effects, *end = effects + len;
    while (at < end) {
        struct effect effect;
        int code = effect_read(&at, end, &effect);
        if (code == FERRITE_OK) code = txn_operation(txn, effect_frees(&effect));
        struct keyspace ks = {.txn = txn, .db = effect.db};
        if (model != NULL) {
            ks.clock = model->clock;
            ks.default_ttl_ms = model->default_ttl_ms;
            ks.compressor = model->compressor;
            ks.recency = model->recency;
            ks.spared = model->spared;
        }
        if (code == FERRITE_OK) code = apply_one(&ks, &effect);
        if (code == FERRITE_WRONGTYPE && model == NULL)
            code = impossible(&effect, "the key holds another type");
        if (code != FERRITE_OK) return code;
    }
    return FERRITE_OK;
}
