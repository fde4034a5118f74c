/*
 * evict.c - see evict.h.
 */
#include "evict.h"

#include "../cache/recency.h"
#include "../os/mem.h"
#include "expiry.h"
#include "mutate.h"

#define SAMPLES       10u /* entries looked at, of one leaf */
#define SAMPLE_EVERY  2u  /* evictions: the pool lasts so long */
#define SAMPLES_FIRST 4u  /* leaves looked at while the pool is not full */
#define RANDOM_TRIES  16u
#define SEARCH_MAX    4096u /* entries by time looked at for a key with an expiry of its own */

#define EVICT_MARKED (1ull << 62)

int evictor_init(struct evictor *evictor, struct os *os) {
    memset(evictor, 0, sizeof *evictor);
    evictor->pool = mem_calloc(EVICT_POOL * sizeof *evictor->pool);
    if (evictor->pool == NULL) return error_nomem();
    int code = os_random(os, &evictor->random, sizeof evictor->random);
    evictor->random |= 1;
    return code;
}

/* What it had in mind goes: another policy begins. */
static void evictor_forget(struct evictor *evictor) {
    for (uint32_t i = 0; i < evictor->count; i++) mem_free(evictor->pool[i].long_key);
    evictor->count = 0;
}

void evictor_done(struct evictor *evictor) {
    evictor_forget(evictor);
    mem_free(evictor->pool);
    evictor->pool = NULL;
}

static uint64_t random_below(struct evictor *evictor, uint64_t count) {
    uint64_t x = evictor->random;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    evictor->random = x;
    return x % count;
}

static bool is_volatile(int policy) { return policy >= FERRITE_EVICT_VOLATILE_LRU; }

static bool is_by_recency(int policy) {
    return policy == FERRITE_EVICT_ALL_LRU || policy == FERRITE_EVICT_ALL_LFU ||
           policy == FERRITE_EVICT_VOLATILE_LRU || policy == FERRITE_EVICT_VOLATILE_LFU;
}

/* The tree that the policy chooses from. */
static struct tree *policy_tree(struct keyspace *ks, uint32_t db, bool by_time) {
    return by_time ? txn_expiry(ks->txn, db) : txn_keys(ks->txn, db);
}

static uint64_t policy_count(struct keyspace *ks, bool by_time) {
    uint64_t count = 0;
    for (uint32_t db = 0; db < ks->txn->databases; db++) count += policy_tree(ks, db, by_time)->count;
    return count;
}

/* The logical database that holds the rank among all of them; *rank becomes the one inside it. */
static uint32_t rank_database(struct keyspace *ks, bool by_time, uint64_t *rank) {
    uint32_t db = 0;
    while (*rank >= policy_tree(ks, db, by_time)->count) *rank -= policy_tree(ks, db++, by_time)->count;
    return db;
}

/* The user's key under the cursor: in the trees by time it stands behind its moment. */
static int cursor_user_key(struct tree_cursor *cursor, bool by_time, ferrite_slice *key) {
    const uint8_t *bytes;
    size_t len;
    int code = cursor_key(cursor, &bytes, &len);
    if (code != FERRITE_OK) return code;
    const size_t skip = by_time ? EXPIRY_TIME_LEN : 0;
    if (len < skip) return error_set(FERRITE_CORRUPT, "an entry by time is too short");
    *key = (ferrite_slice){(const char *)bytes + skip, len - skip};
    return FERRITE_OK;
}

/* ---- deleting ---- */

static int entry_delete(struct keyspace *ks, struct entry *entry,
                        const struct evict_listener *listener) {
    const struct evict_victim victim = {ks->db, entry->key, entry->key_len};
    int code = listener != NULL ? listener->told(listener->ctx, &victim) : FERRITE_OK;
    return code == FERRITE_OK ? mutate_delete(ks, entry) : code;
}

/* *done false: there is no such key, or it has no expiry of its own where it needs one. */
static int key_delete(struct keyspace *ks, ferrite_slice key, bool expiring,
                      const struct evict_listener *listener, bool *done) {
    struct entry entry;
    struct keyspace quiet = *ks;
    uint8_t *copy = NULL;
    *done = false;
    if (keyspace_spares(ks, key.data, key.len)) return FERRITE_OK;
    quiet.recency = NULL; /* looking at a victim is no use of it */
    quiet.spared = NULL;
    if (key.len > EVICT_KEY_KEPT) { /* it may lie in pages that go with it */
        if ((copy = mem_dup(key.data, key.len)) == NULL) return error_nomem();
        key.data = (const char *)copy;
    }
    int code = txn_operation(ks->txn, true);
    if (code != FERRITE_OK) {
        mem_free(copy);
        return code;
    }
    code = entry_open(&quiet, key.data, key.len, &entry);
    if (code == FERRITE_OK && entry.exists &&
        (!expiring || (entry.record.head & RECORD_EXPIRES) != 0)) {
        code = entry_delete(ks, &entry, listener);
        *done = code == FERRITE_OK;
    }
    entry_close(&entry);
    mem_free(copy);
    return code;
}

/* ---- the pool ---- */

static ferrite_slice candidate_key(const struct evict_candidate *candidate) {
    const uint8_t *key = candidate->long_key != NULL ? candidate->long_key : candidate->key;
    return (ferrite_slice){(const char *)key, candidate->key_len};
}

static uint64_t warmth_of(const struct keyspace *ks, uint64_t hash, uint64_t birth) {
    const uint64_t warmth = recency_warmth(ks->recency, hash);
    return warmth == RECENCY_UNKNOWN ? birth : EVICT_MARKED + warmth;
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

/* Takes the key in if it is colder than the warmest there, or there is room. */
static int pool_offer(struct evictor *evictor, struct keyspace *ks, ferrite_slice key,
                      uint64_t birth) {
    struct evict_candidate *pool = evictor->pool;
    const uint64_t hash = recency_hash(ks->recency, ks->db, key.data, key.len);
    const uint64_t warmth = warmth_of(ks, hash, birth);
    const bool full = evictor->count == EVICT_POOL;
    if (keyspace_spares(ks, key.data, key.len)) return FERRITE_OK;
    if (full && warmth >= pool[EVICT_POOL - 1].warmth) return FERRITE_OK;
    if (pool_has(evictor, hash)) return FERRITE_OK;
    uint8_t *long_key = NULL;
    if (key.len > EVICT_KEY_KEPT && (long_key = mem_dup(key.data, key.len)) == NULL)
        return error_nomem();
    if (full) pool_remove(evictor, EVICT_POOL - 1);
    uint32_t at = evictor->count++;
    for (; at > 0 && pool[at - 1].warmth > warmth; at--) pool[at] = pool[at - 1];
    pool[at] = (struct evict_candidate){.warmth = warmth,
                                        .hash = hash,
                                        .db = ks->db,
                                        .key_len = (uint32_t)key.len,
                                        .long_key = long_key};
    if (long_key == NULL && key.len != 0) memcpy(pool[at].key, key.data, key.len);
    return FERRITE_OK;
}

/* Offers entries of the cursor's leaf, from its slot on and round, so far apart that SAMPLES of them
 * reach all over it: neighbours were often written together. */
static int leaf_sample(struct evictor *evictor, struct keyspace *ks, struct tree_cursor *cursor,
                       bool by_time) {
    const struct page *leaf = cursor->path[cursor->depth - 1].page;
    uint32_t *slot = &cursor->path[cursor->depth - 1].slot;
    const uint32_t apart = leaf->slots / SAMPLES + 1;
    int code = FERRITE_OK;
    *slot %= apart;
    for (; *slot < leaf->slots && code == FERRITE_OK; *slot += apart) {
        ferrite_slice key;
        code = cursor_user_key(cursor, by_time, &key);
        if (code == FERRITE_OK) code = pool_offer(evictor, ks, key, leaf->birth);
    }
    return code;
}

static int sample(struct evictor *evictor, struct keyspace *ks, bool by_time, uint64_t count) {
    uint64_t rank = random_below(evictor, count);
    struct keyspace in = *ks;
    struct tree_cursor cursor;
    in.db = rank_database(ks, by_time, &rank);
    cursor_init(&cursor, &ks->txn->pages, policy_tree(ks, in.db, by_time));
    int code = cursor_seek_rank(&cursor, rank);
    if (code == FERRITE_OK && cursor.valid) code = leaf_sample(evictor, &in, &cursor, by_time);
    cursor_done(&cursor);
    return code;
}

static int pool_fill(struct evictor *evictor, struct keyspace *ks, bool by_time) {
    const uint64_t count = policy_count(ks, by_time);
    const bool low = evictor->count < EVICT_POOL / 2;
    int code = FERRITE_OK;
    if (count == 0 || (!low && ++evictor->turn % SAMPLE_EVERY != 0)) return FERRITE_OK;
    for (uint32_t i = 0; i < (low ? SAMPLES_FIRST : 1u) && code == FERRITE_OK; i++)
        code = sample(evictor, ks, by_time, count);
    return code;
}

/* The coldest of the pool, unless it was used since it came there. */
static int pool_evict(struct evictor *evictor, struct keyspace *ks, bool by_time,
                      const struct evict_listener *listener, bool *done) {
    int code = FERRITE_OK;
    while (!*done && evictor->count > 0 && code == FERRITE_OK) {
        struct evict_candidate *coldest = &evictor->pool[0];
        const uint64_t warmth = warmth_of(ks, coldest->hash, 0);
        if (warmth <= coldest->warmth) {
            struct keyspace in = *ks;
            in.db = coldest->db;
            code = key_delete(&in, candidate_key(coldest), by_time, listener, done);
        }
        pool_remove(evictor, 0);
    }
    return code;
}

/* ---- one by its rank ---- */

static int evict_at_rank(struct keyspace *ks, bool by_time, uint64_t rank,
                         const struct evict_listener *listener, bool *done) {
    struct keyspace in = *ks;
    struct tree_cursor cursor;
    ferrite_slice key;
    in.db = rank_database(ks, by_time, &rank);
    cursor_init(&cursor, &ks->txn->pages, policy_tree(ks, in.db, by_time));
    int code = cursor_seek_rank(&cursor, rank);
    if (code == FERRITE_OK) code = cursor_user_key(&cursor, by_time, &key);
    if (code == FERRITE_OK) code = key_delete(&in, key, by_time, listener, done);
    cursor_done(&cursor);
    return code;
}

/* Whatever can go, from a place on. For when samples find nothing: there are few keys, or hashes of which only
 * fields expire, which stand in the tree by time, too. */
static int evict_next(struct evictor *evictor, struct keyspace *ks, bool by_time,
                      const struct evict_listener *listener, bool *done) {
    const uint64_t count = policy_count(ks, by_time);
    int code = FERRITE_OK;
    for (uint32_t i = 0; i < SEARCH_MAX && i < count && !*done && code == FERRITE_OK; i++)
        code = evict_at_rank(ks, by_time, evictor->scanned++ % count, listener, done);
    return code;
}

/* ---- the policies ---- */

static int evict_coldest(struct evictor *evictor, struct keyspace *ks, bool by_time,
                         const struct evict_listener *listener, bool *done) {
    int code = FERRITE_OK;
    for (uint32_t i = 0; i < RANDOM_TRIES && !*done && code == FERRITE_OK; i++) {
        if (policy_count(ks, by_time) == 0) return FERRITE_OK;
        code = pool_fill(evictor, ks, by_time);
        if (code == FERRITE_OK) code = pool_evict(evictor, ks, by_time, listener, done);
    }
    return code;
}

static int evict_random(struct evictor *evictor, struct keyspace *ks, bool by_time,
                        const struct evict_listener *listener, bool *done) {
    const uint64_t count = policy_count(ks, by_time);
    int code = FERRITE_OK;
    for (uint32_t i = 0; i < RANDOM_TRIES && count != 0 && !*done && code == FERRITE_OK; i++)
        code = evict_at_rank(ks, by_time, random_below(evictor, count), listener, done);
    return code;
}

/* The key of one logical database that expires first by an expiry of its own. A hash may stand
 * earlier in the tree, for the sake of a field: so the search goes on to the moment found. */
struct first {
    int64_t at_ms; /* INT64_MAX: none */
    uint32_t db;
    uint8_t *key;
    size_t key_len;
};

static int first_offer(struct keyspace *ks, ferrite_slice key, struct first *first) {
    struct record record;
    struct tree_value value;
    int code = tree_get(&ks->txn->pages, txn_keys(ks->txn, ks->db), key.data, key.len, &value);
    if (code == FERRITE_OK) code = record_parse(&value, &record);
    if (code == FERRITE_NOTFOUND)
        return error_set(FERRITE_CORRUPT, "database %u: an entry by time without its key", ks->db);
    if (code != FERRITE_OK || !(record.head & RECORD_EXPIRES) ||
        keyspace_spares(ks, key.data, key.len))
        return code;
    if (first->key != NULL && record.expire_ms >= first->at_ms) return code;
    uint8_t *copy = mem_dup(key.data, key.len);
    if (copy == NULL) return error_nomem();
    mem_free(first->key);
    *first = (struct first){record.expire_ms, ks->db, copy, key.len};
    return FERRITE_OK;
}

static int first_of_database(struct keyspace *ks, struct first *first) {
    struct tree_cursor cursor;
    cursor_init(&cursor, &ks->txn->pages, txn_expiry(ks->txn, ks->db));
    int code = cursor_first(&cursor);
    for (uint32_t i = 0; i < SEARCH_MAX && code == FERRITE_OK && cursor.valid; i++) {
        const uint8_t *bytes;
        size_t len;
        ferrite_slice key = {NULL, 0};
        code = cursor_key(&cursor, &bytes, &len);
        if (code == FERRITE_OK) code = cursor_user_key(&cursor, true, &key);
        if (code != FERRITE_OK || (first->key != NULL && timed_moment(bytes) >= first->at_ms)) break;
        code = first_offer(ks, key, first);
        if (code == FERRITE_OK) code = cursor_next(&cursor);
    }
    cursor_done(&cursor);
    return code;
}

static int evict_first(struct keyspace *ks, const struct evict_listener *listener, bool *done) {
    struct first first = {INT64_MAX, 0, NULL, 0};
    struct keyspace in = *ks;
    int code = FERRITE_OK;
    for (in.db = 0; in.db < ks->txn->databases && code == FERRITE_OK; in.db++)
        if (txn_expiry(ks->txn, in.db)->count != 0) code = first_of_database(&in, &first);
    in.db = first.db;
    if (code == FERRITE_OK && first.key != NULL)
        code = key_delete(&in, (ferrite_slice){(const char *)first.key, first.key_len}, true,
                          listener, done);
    mem_free(first.key);
    return code;
}

int evict_one(struct evictor *evictor, struct keyspace *ks, int policy,
              const struct evict_listener *listener, bool *done) {
    const bool by_time = is_volatile(policy);
    int code = FERRITE_OK;
    *done = false;
    if (evictor->policy != policy) evictor_forget(evictor);
    evictor->policy = policy;
    if (ks->recency == NULL && is_by_recency(policy)) /* the policy is being changed this moment */
        policy = by_time ? FERRITE_EVICT_VOLATILE_RANDOM : FERRITE_EVICT_ALL_RANDOM;
    switch (policy) {
    case FERRITE_EVICT_ALL_LRU:
    case FERRITE_EVICT_ALL_LFU:
    case FERRITE_EVICT_VOLATILE_LRU:
    case FERRITE_EVICT_VOLATILE_LFU:
        code = evict_coldest(evictor, ks, by_time, listener, done);
        break;
    case FERRITE_EVICT_ALL_RANDOM:
    case FERRITE_EVICT_VOLATILE_RANDOM:
        code = evict_random(evictor, ks, by_time, listener, done);
        break;
    case FERRITE_EVICT_VOLATILE_TTL:
        return evict_first(ks, listener, done);
    default:
        return FERRITE_OK;
    }
    return *done || code != FERRITE_OK ? code : evict_next(evictor, ks, by_time, listener, done);
}
