/*
 * evict.c - see evict.h.
 */
#include "evict_internal.h"

#include "../os/mem.h"
#include "expiry.h"
#include "mutate.h"

#define RANDOM_TRIES 16u
#define SEARCH_MAX   4096u /* entries by time looked at for a key with an expiry of its own */

int evictor_init(struct evictor *evictor, struct os *os) {
    memset(evictor, 0, sizeof *evictor);
    evictor->pool = mem_calloc(EVICT_POOL * sizeof *evictor->pool);
    if (evictor->pool == NULL) return error_nomem();
    int code = os_random(os, &evictor->random, sizeof evictor->random);
    evictor->random |= 1;
    return code;
}

void evictor_done(struct evictor *evictor) {
    evict_pool_clear(evictor);
    trail_done(&evictor->trail);
    mem_free(evictor->pool);
    evictor->pool = NULL;
}

uint64_t evict_random_below(struct evictor *evictor, uint64_t count) {
    uint64_t x = evictor->random;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    evictor->random = x;
    return x % count;
}

/* The tree that the policy chooses from. */
static struct tree *policy_tree(struct keyspace *ks, uint32_t db, bool by_time) {
    return by_time ? txn_expiry(ks->txn, db) : txn_keys(ks->txn, db);
}

uint64_t evict_count(struct keyspace *ks, bool by_time) {
    uint64_t count = 0;
    for (uint32_t db = 0; db < ks->txn->databases; db++) count += policy_tree(ks, db, by_time)->count;
    return count;
}

int evict_seek(struct keyspace *ks, bool by_time, uint64_t rank, struct tree_cursor *cursor) {
    for (ks->db = 0; rank >= policy_tree(ks, ks->db, by_time)->count; ks->db++)
        rank -= policy_tree(ks, ks->db, by_time)->count;
    cursor_init(cursor, &ks->txn->pages, policy_tree(ks, ks->db, by_time));
    return cursor_seek_rank(cursor, rank);
}

int evict_cursor_key(struct tree_cursor *cursor, bool by_time, ferrite_slice *key) {
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

/* An entry with its key apart from the pages that go with it. */
struct victim {
    struct entry entry;
    uint8_t key[EVICT_KEY_KEPT];
    uint8_t *long_key;
};

static int victim_name(struct victim *victim, ferrite_slice key) {
    victim->entry.key = victim->key;
    victim->entry.key_len = key.len;
    if (key.len > sizeof victim->key) {
        if ((victim->long_key = mem_dup(key.data, key.len)) == NULL) return error_nomem();
        victim->entry.key = victim->long_key;
    } else if (key.len != 0) {
        memcpy(victim->key, key.data, key.len);
    }
    return FERRITE_OK;
}

static int victim_delete(struct keyspace *ks, struct victim *victim, bool expiring,
                         const struct evict_listener *listener, bool *done) {
    struct entry *entry = &victim->entry;
    const struct evict_victim told = {ks->db, entry->key, entry->key_len};
    if (!entry->exists || (expiring && !(entry->record.head & RECORD_EXPIRES))) return FERRITE_OK;
    if (keyspace_spares(ks, entry->key, entry->key_len)) return FERRITE_OK;
    int code = listener != NULL ? listener->told(listener->ctx, &told) : FERRITE_OK;
    if (code == FERRITE_OK) code = mutate_delete(ks, entry);
    *done = code == FERRITE_OK;
    return code;
}

static void victim_done(struct victim *victim) {
    entry_close(&victim->entry);
    mem_free(victim->long_key);
}

int evict_key(struct keyspace *ks, ferrite_slice key, bool expiring,
              const struct evict_listener *listener, bool *done) {
    struct victim victim = {.long_key = NULL};
    struct keyspace quiet = *ks;
    *done = false;
    if (keyspace_spares(ks, key.data, key.len)) return FERRITE_OK;
    quiet.recency = NULL; /* looking at a victim is no use of it */
    quiet.spared = NULL;
    int code = txn_operation(ks->txn, true);
    if (code == FERRITE_OK) code = victim_name(&victim, key);
    if (code != FERRITE_OK) return code;
    code = entry_open(&quiet, victim.entry.key, victim.entry.key_len, &victim.entry);
    if (code == FERRITE_OK) code = victim_delete(ks, &victim, expiring, listener, done);
    victim_done(&victim);
    return code;
}

/* The entry under its cursor. */
static int victim_take(struct victim *victim) {
    struct entry *entry = &victim->entry;
    struct tree_value value;
    ferrite_slice key;
    int code = evict_cursor_key(&entry->cursor, false, &key);
    if (code == FERRITE_OK) code = victim_name(victim, key);
    if (code == FERRITE_OK) code = cursor_value(&entry->cursor, &value);
    if (code == FERRITE_OK) code = record_parse(&value, &entry->record);
    entry->exists = true;
    return code;
}

int evict_at_rank(struct keyspace *ks, bool expiring, uint64_t rank,
                  const struct evict_listener *listener, bool *done) {
    struct victim victim = {.long_key = NULL};
    struct keyspace in = *ks;
    *done = false;
    int code = txn_operation(ks->txn, true);
    if (code != FERRITE_OK) return code;
    code = evict_seek(&in, false, rank, &victim.entry.cursor);
    if (code == FERRITE_OK) code = victim_take(&victim);
    if (code == FERRITE_OK) code = victim_delete(&in, &victim, expiring, listener, done);
    victim_done(&victim);
    return code;
}

/* The key of the entry by time with this rank, if the expiry is its own. */
static int evict_timed(struct keyspace *ks, uint64_t rank, const struct evict_listener *listener,
                       bool *done) {
    struct keyspace in = *ks;
    struct tree_cursor cursor;
    ferrite_slice key;
    int code = evict_seek(&in, true, rank, &cursor);
    if (code == FERRITE_OK) code = evict_cursor_key(&cursor, true, &key);
    if (code == FERRITE_OK) code = evict_key(&in, key, true, listener, done);
    cursor_done(&cursor);
    return code;
}

/* From the trees of keys, or by time. */
static int evict_any(struct keyspace *ks, bool by_time, uint64_t rank,
                     const struct evict_listener *listener, bool *done) {
    return by_time ? evict_timed(ks, rank, listener, done) : evict_at_rank(ks, false, rank, listener, done);
}

/* Whatever can go, from a place on. For when samples find nothing: there are few keys, or hashes of which only
 * fields expire, which stand in the tree by time, too. */
static int evict_next(struct evictor *evictor, struct keyspace *ks, bool by_time,
                      const struct evict_listener *listener, bool *done) {
    const uint64_t count = evict_count(ks, by_time);
    int code = FERRITE_OK;
    for (uint32_t i = 0; i < SEARCH_MAX && i < count && !*done && code == FERRITE_OK; i++)
        code = evict_any(ks, by_time, evictor->scanned++ % count, listener, done);
    return code;
}

/* ---- the policies ---- */

static int evict_random(struct evictor *evictor, struct keyspace *ks, bool by_time,
                        const struct evict_listener *listener, bool *done) {
    const uint64_t count = evict_count(ks, by_time);
    uint64_t rank = 0;
    int code = FERRITE_OK;
    for (uint32_t i = 0; i < RANDOM_TRIES && count != 0 && !*done && code == FERRITE_OK; i++) {
        rank = evict_random_below(evictor, count);
        code = evict_any(ks, by_time, rank, listener, done);
    }
    return *done && !by_time && code == FERRITE_OK ? evict_leaf_draw(evictor, ks, rank) : code;
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
        if (code == FERRITE_OK) code = evict_cursor_key(&cursor, true, &key);
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
        code = evict_key(&in, (ferrite_slice){(const char *)first.key, first.key_len}, true,
                          listener, done);
    mem_free(first.key);
    return code;
}

int evict_one(struct evictor *evictor, struct keyspace *ks, int policy,
              const struct evict_listener *listener, bool *done) {
    const bool by_time = evict_is_volatile(policy);
    int code = FERRITE_OK;
    *done = false;
    if (evictor->policy != policy) evict_pool_clear(evictor); /* another policy begins */
    evictor->policy = policy;
    if (ks->recency == NULL && evict_is_by_recency(policy)) /* the policy is being changed this moment */
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
        code = evict_first(ks, listener, done);
        break;
    default:
        return FERRITE_OK;
    }
    return *done || code != FERRITE_OK ? code : evict_next(evictor, ks, by_time, listener, done);
}
