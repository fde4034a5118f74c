/*
 * evict_pool.c - LRU and LFU: samples of keys, of which the coldest wait in a pool until their turn comes.
 */
#include "../os/mem.h"
#include "evict_internal.h"

#define SAMPLES       10u /* entries looked at, of one leaf */
#define SAMPLE_EVERY  2u  /* evictions: the pool lasts so long */
#define SAMPLES_FIRST 4u  /* leaves looked at while the pool is not full */
#define TRIES         16u

#define EVICT_MARKED (1ull << 62)

static ferrite_slice candidate_key(const struct evict_candidate *candidate) {
    const uint8_t *key = candidate->long_key != NULL ? candidate->long_key : candidate->key;
    return (ferrite_slice){(const char *)key, candidate->key_len};
}

int evict_cursor_hash(const struct keyspace *ks, struct tree_cursor *cursor, bool by_time,
                      uint64_t *hash) {
    ferrite_slice key;
    int code = evict_cursor_key(cursor, by_time, &key);
    if (code == FERRITE_OK) *hash = recency_hash(ks->recency, ks->db, key.data, key.len);
    return code;
}

uint64_t evict_warmth(const struct keyspace *ks, uint64_t hash, uint64_t birth) {
    const uint64_t warmth = recency_warmth(ks->recency, hash);
    return warmth == RECENCY_UNKNOWN ? birth : EVICT_MARKED + warmth;
}

void evict_pool_clear(struct evictor *evictor) {
    for (uint32_t i = 0; i < evictor->count; i++) mem_free(evictor->pool[i].long_key);
    evictor->count = 0;
    evictor->met_count = 0;
}

static bool pool_has(const struct evictor *evictor, uint64_t hash) {
    for (uint32_t i = 0; i < evictor->count; i++)
        if (evictor->pool[i].hash == hash) return true;
    return false;
}

static void pool_remove(struct evictor *evictor, uint32_t index) {
    mem_free(evictor->pool[index].long_key);
    memmove(&evictor->pool[index], &evictor->pool[index + 1],
            (--evictor->count - index) * sizeof *evictor->pool);
}

/* A place for a key of that warmth, unless the pool has it already or is full of colder ones. */
static bool pool_takes(struct evictor *evictor, uint64_t hash, uint64_t warmth) {
    const bool full = evictor->count == EVICT_POOL;
    if (full && warmth >= evictor->pool[EVICT_POOL - 1].warmth) return false;
    return !pool_has(evictor, hash);
}

static int pool_insert(struct evictor *evictor, uint32_t db, ferrite_slice key, uint64_t hash,
                       uint64_t warmth) {
    struct evict_candidate *pool = evictor->pool;
    uint8_t *long_key = NULL;
    if (key.len > EVICT_KEY_KEPT && (long_key = mem_dup(key.data, key.len)) == NULL)
        return error_nomem();
    if (evictor->count == EVICT_POOL) pool_remove(evictor, EVICT_POOL - 1);
    uint32_t at = evictor->count++;
    for (; at > 0 && pool[at - 1].warmth > warmth; at--) pool[at] = pool[at - 1];
    pool[at] = (struct evict_candidate){.warmth = warmth,
                                        .hash = hash,
                                        .db = db,
                                        .key_len = (uint32_t)key.len,
                                        .long_key = long_key};
    if (long_key == NULL && key.len != 0) memcpy(pool[at].key, key.data, key.len);
    return FERRITE_OK;
}

struct offering {
    struct evictor *evictor;
    bool by_time;
};

static int entry_offer(void *ctx, struct keyspace *ks, struct tree_cursor *cursor, uint64_t hash) {
    const struct offering *offering = ctx;
    const uint64_t warmth = evict_warmth(ks, hash, evict_leaf_of(cursor)->birth);
    ferrite_slice key;
    if (!pool_takes(offering->evictor, hash, warmth)) return FERRITE_OK;
    int code = evict_cursor_key(cursor, offering->by_time, &key);
    if (code != FERRITE_OK || keyspace_spares(ks, key.data, key.len)) return code;
    return pool_insert(offering->evictor, ks->db, key, hash, warmth);
}

/* The key at the random rank itself: all keys are as likely to be met. */
static int key_meet(struct evictor *evictor, struct keyspace *ks, struct tree_cursor *cursor,
                    bool by_time) {
    uint64_t hash;
    int code = evict_cursor_hash(ks, cursor, by_time, &hash);
    if (code == FERRITE_OK)
        evictor->met[evictor->met_count++ % EVICT_MET] =
            evict_warmth(ks, hash, evict_leaf_of(cursor)->birth);
    return code;
}

bool evict_cold_most(const struct evictor *evictor, uint64_t *most) {
    uint64_t least = UINT64_MAX;
    *most = UINT64_MAX; /* the second of them */
    for (uint32_t i = 0; i < EVICT_MET; i++) {
        const uint64_t warmth = evictor->met[i];
        if (warmth < least)
            *most = least;
        else if (warmth < *most)
            *most = warmth;
        if (warmth < least) least = warmth;
    }
    return evictor->met_count >= EVICT_MET;
}

bool evict_hot_but(const struct evictor *evictor, uint64_t *most) {
    uint64_t warmest = 0;
    *most = 0; /* the second of them */
    for (uint32_t i = 0; i < EVICT_MET; i++) {
        const uint64_t warmth = evictor->met[i];
        if (warmth > warmest) {
            *most = warmest;
            warmest = warmth;
        } else if (warmth > *most) {
            *most = warmth;
        }
    }
    return evictor->met_count >= EVICT_MET;
}

/* So many entries that they reach all over the leaf: neighbours were often written together. */
int evict_pool_sample(struct evictor *evictor, struct keyspace *ks, bool by_time) {
    const uint64_t count = evict_count(ks, by_time);
    struct offering offering = {evictor, by_time};
    struct keyspace in = *ks;
    struct tree_cursor cursor;
    if (count == 0) return FERRITE_OK;
    int code = evict_seek(&in, by_time, evict_random_below(evictor, count), &cursor);
    if (code == FERRITE_OK && cursor.valid) {
        code = key_meet(evictor, &in, &cursor, by_time);
        const uint32_t apart = evict_leaf_of(&cursor)->slots / SAMPLES + 1;
        if (code == FERRITE_OK)
            code = evict_leaf_look(&in, &cursor, by_time, apart, entry_offer, &offering);
    }
    cursor_done(&cursor);
    return code;
}

static int pool_fill(struct evictor *evictor, struct keyspace *ks, bool by_time) {
    const bool low = evictor->count < EVICT_POOL / 2;
    int code = FERRITE_OK;
    if (!low && ++evictor->turn % SAMPLE_EVERY != 0) return FERRITE_OK;
    for (uint32_t i = 0; i < (low ? SAMPLES_FIRST : 1u) && code == FERRITE_OK; i++)
        code = evict_pool_sample(evictor, ks, by_time);
    return code;
}

/* The coldest of the pool, unless it was used since it came there. */
static int pool_evict(struct evictor *evictor, struct keyspace *ks, bool by_time,
                      const struct evict_listener *listener, bool *done) {
    int code = FERRITE_OK;
    while (!*done && evictor->count > 0 && code == FERRITE_OK) {
        struct evict_candidate *coldest = &evictor->pool[0];
        const uint64_t warmth = evict_warmth(ks, coldest->hash, 0);
        const bool is_gone = warmth < EVICT_MARKED && coldest->warmth >= EVICT_MARKED; /* with its mark */
        if (warmth <= coldest->warmth && !is_gone) {
            struct keyspace in = *ks;
            in.db = coldest->db;
            code = evict_key(&in, candidate_key(coldest), by_time, listener, done);
            if (*done && code == FERRITE_OK)
                code = evict_leaf_share(evictor, &in, candidate_key(coldest), coldest->warmth, by_time);
        }
        pool_remove(evictor, 0);
    }
    return code;
}

int evict_coldest(struct evictor *evictor, struct keyspace *ks, bool by_time,
                  const struct evict_listener *listener, bool *done) {
    int code = FERRITE_OK;
    for (uint32_t i = 0; i < TRIES && !*done && code == FERRITE_OK; i++) {
        if (evict_count(ks, by_time) == 0) return FERRITE_OK;
        code = pool_fill(evictor, ks, by_time);
        if (code == FERRITE_OK) code = pool_evict(evictor, ks, by_time, listener, done);
    }
    return code;
}
