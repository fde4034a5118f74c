/*
 * db_cache.c - reading and renewing strings in the hot cache of a root handle. See db.h and cache/cache.h.
 */
#include "db.h"

#include "os/mem.h"

#define BUDGET_DEFAULT  (256ull << 20)
/* Of max_memory. What the cache takes of a database in memory is no longer there for data, and a key that had to go
 * costs its user more than a walk down the tree. */
#define SHARE_BESIDE_FILE 4u
#define SHARE_BESIDE_DATA 16u

uint64_t cache_budget(const ferrite_options *options, bool in_memory) {
    const uint64_t memory = options->max_memory, size = options->cache_size;
    if (size == FERRITE_CACHE_OFF) return 0;
    if (size != 0) return in_memory && memory != 0 && size > memory / 2 ? memory / 2 : size;
    if (memory == 0) return BUDGET_DEFAULT;
    return memory / (in_memory ? SHARE_BESIDE_DATA : SHARE_BESIDE_FILE);
}

/* As keyspace_expired judges; only values that expire ask the clock. */
static bool has_expired(struct core *core, const struct shard_value *value) {
    if (__builtin_expect(value->expire_ms == 0, 1)) return false;
    return core->clock.now_ms(core->clock.ctx) > value->expire_ms;
}

/* The one place where a read that the cache answers is noted. Whatever is wrong with the handle or the key, the way
 * through the tree says. */
static inline bool look(ferrite_db *db, ferrite_slice key, bool copy, struct shard_value *value) {
    if (db == NULL || db->session != NULL || !cache_is_there(&db->core->cache)) return false;
    struct core *core = db->core;
    if (core_check(core) != FERRITE_OK) return false;
    if (!cache_get(&core->cache, db->db, key.data, key.len, copy, value)) return false;
    if (__builtin_expect(has_expired(core, value), 0)) {
        mem_free(value->copy);
        cache_count(&core->cache, false);
        return false;
    }
    cache_count(&core->cache, true);
    return true;
}

bool cached_get(ferrite_db *db, ferrite_slice key, char **copy, size_t *len) {
    struct shard_value value;
    if (!look(db, key, true, &value)) return false;
    core_note_read(db->core, db->db, key.data, key.len);
    *copy = value.copy;
    *len = value.len;
    return true;
}

bool cached_len(ferrite_db *db, ferrite_slice key, size_t *len) {
    struct shard_value value;
    if ((key.data == NULL && key.len != 0) || !look(db, key, false, &value)) return false;
    *len = value.len;
    return true;
}

void cached_set(ferrite_db *db, ferrite_slice key, ferrite_slice value, uint64_t txid) {
    if (txid == 0 || !cache_is_there(&db->core->cache)) return;
    if (db->session != NULL || value.len > ENTRY_VALUE_MAX) return;
    struct cache_content content = {value.data, (uint32_t)value.len, 0};
    cache_renew(&db->core->cache, db->db, key.data, key.len, &content, txid);
}
