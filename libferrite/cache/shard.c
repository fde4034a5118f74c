/* shard.c - see shard.h: looking, without a lock. */
#include "../os/mem.h"
#include "shard_internal.h"

#define TRIES 4 /* before a reader leaves a shard that changes all the time */

static bool shard_unchanged(const struct shard *shard, uint64_t seq) {
    SHARD_FENCE(memory_order_acquire);
    return atomic_load_explicit(&shard->seq, memory_order_relaxed) == seq;
}

/* The slot of a key's fresh entry. What it says is true only if the shard has not changed. */
static bool slot_look(const struct shard *shard, const struct cache_key *key, struct slot *slot,
                      uint64_t *meta) {
    slot->bucket = bucket_of(shard, key->hash);
    struct bucket_match match = bucket_match(slot->bucket, hash_tag(key->hash));
    while ((slot->index = bucket_match_next(&match)) < BUCKET_SLOTS) {
        slot->entry = shard->words + bucket_load(&slot->bucket->at[slot->index]);
        __builtin_prefetch(slot->entry + 8); /* the lines that the value lies in */
        __builtin_prefetch(slot->entry + 16);
        if (entry_is(slot->entry, key, 0, meta)) return true;
    }
    return false;
}

/* A block with room for whole words. */
static char *value_copy(const struct slot *slot, uint64_t meta) {
    uint32_t len = entry_value_len(meta);
    char *copy = mem_alloc((len / 8 + 1) * 8);
    if (copy == NULL) return NULL;
    entry_words_load(slot->entry + entry_value_at(meta), copy, entry_words_of(len));
    copy[len] = '\0';
    return copy;
}

/* Once. False: the shard changed meanwhile. */
static bool look_once(struct shard *shard, uint64_t seq, const struct cache_key *key, bool copy,
                      struct shard_value *out, enum shard_answer *answer) {
    struct slot slot;
    uint64_t meta;
    *answer = SHARD_MISS;
    bool found = slot_look(shard, key, &slot, &meta);
    if (!shard_unchanged(shard, seq)) return false;
    if (!found) return true;
    out->len = entry_value_len(meta);
    out->expire_ms = meta & ENTRY_EXPIRES_BIT ? (int64_t)entry_load(slot.entry + 2) : 0;
    if (copy && (out->copy = value_copy(&slot, meta)) == NULL)
        return true; /* the tree's path will say it */
    if (!shard_unchanged(shard, seq)) {
        mem_free(out->copy);
        out->copy = NULL;
        return false;
    }
    bucket_mark(slot.bucket, slot.index, true);
    *answer = SHARD_HIT;
    return true;
}

enum shard_answer shard_get(struct shard *shard, const struct cache_key *key, bool copy,
                            struct shard_value *out) {
    out->copy = NULL;
    for (int i = 0; i < TRIES; i++) {
        enum shard_answer answer;
        uint64_t seq = atomic_load_explicit(&shard->seq, memory_order_acquire);
        if (__builtin_expect(seq & 1, 0)) continue;
        if (__builtin_expect(look_once(shard, seq, key, copy, out, &answer), 1)) return answer;
    }
    return SHARD_MISS;
}
