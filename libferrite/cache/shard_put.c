/* shard_put.c - see shard.h: taking entries in, making them stale, giving the oldest up. */
#include <sched.h>

#include "shard_internal.h"

#define SPINS       100u /* before the processor is left to whoever holds the lock */
#define PLACE_STEPS 64u  /* entries looked at to make room for one: more is not worth it */
#define CHANCES     4u   /* of these, entries appended again because they were read */
#define ADMIT_EVERY 4u   /* see admitted */
#define ENTRIES_MIN 8u   /* a ring has room for so many of the largest it takes */

void shard_lock(struct shard *shard) {
    for (uint32_t i = 0; !shard_lock_try(shard); i++)
        if (i >= SPINS) sched_yield();
}

/* The slot of a key's entry, stale or not. */
static bool slot_find(const struct shard *shard, const struct cache_key *key, struct slot *slot) {
    uint64_t meta;
    slot->bucket = bucket_of(shard, key->hash);
    struct bucket_match match = bucket_match(slot->bucket, hash_tag(key->hash));
    while ((slot->index = bucket_match_next(&match)) < BUCKET_SLOTS) {
        slot->entry = shard->words + bucket_load(&slot->bucket->at[slot->index]);
        if (entry_is(slot->entry, key, ENTRY_STALE_BIT, &meta)) return true;
    }
    return false;
}

/* The slot that points at a place in the ring, if one still does. */
static bool slot_at(const struct shard *shard, uint64_t hash, uint32_t at, struct slot *slot) {
    slot->bucket = bucket_of(shard, hash);
    slot->entry = shard->words + at;
    for (slot->index = 0; slot->index < BUCKET_SLOTS; slot->index++)
        if (bucket_load(&slot->bucket->at[slot->index]) == at &&
            bucket_tag(slot->bucket, slot->index) != 0)
            return true;
    return false;
}

/* ---- making room ---- */

static void entry_drop(struct shard *shard, const struct slot *slot) {
    if (!slot_stale(slot)) count_add(&shard->dropped, 1);
    slot_free(shard, slot);
}

/* The entry, given up already, is appended again. `to` is not above it: words go up one by one. */
static bool entry_spare(struct shard *shard, const struct slot *slot, uint32_t words) {
    uint32_t to;
    if (!ring_place(&shard->ring, words, &to)) return false;
    for (uint32_t i = 0; i < words; i++)
        entry_store(shard->words + to + i, entry_load(slot->entry + i));
    bucket_store(&slot->bucket->at[slot->index], to);
    bucket_mark(slot->bucket, slot->index, false);
    return true;
}

/* False: it was read, and enough of those were appended again already. */
static bool oldest_drop(struct shard *shard, uint32_t *chances) {
    struct slot slot;
    uint32_t at = (uint32_t)shard->ring.tail;
    uint64_t hash = entry_load(shard->words + at);
    uint32_t words = entry_words(entry_load(shard->words + at + 1));
    bool there = slot_at(shard, hash, at, &slot);
    bool spare = there && !slot_stale(&slot) && bucket_marked(slot.bucket, slot.index);
    if (spare && (*chances)-- == 0) return false;
    ring_drop(&shard->ring, words);
    if (there && !(spare && entry_spare(shard, &slot, words))) entry_drop(shard, &slot);
    return true;
}

/* May fail: then the newcomer stays outside, and the next one finds more room. */
static bool room_make(struct shard *shard, uint32_t words, uint32_t *at) {
    uint32_t chances = CHANCES;
    for (uint32_t i = 0; i < PLACE_STEPS; i++) {
        if (ring_place(&shard->ring, words, at)) return true;
        if (ring_empty(&shard->ring) || !oldest_drop(shard, &chances)) return false;
    }
    return false;
}

/* A free slot of the bucket, if need be by dropping an entry that nobody read. */
static uint32_t slot_clear(struct shard *shard, struct bucket *bucket, uint64_t hash) {
    struct slot slot = {bucket, bucket_free(bucket), NULL};
    if (slot.index < BUCKET_SLOTS) return slot.index;
    slot.index = (uint32_t)(hash >> 32) % BUCKET_SLOTS;
    for (uint32_t i = 0; i < BUCKET_SLOTS && bucket_marked(bucket, slot.index); i++)
        slot.index = (slot.index + 1) % BUCKET_SLOTS;
    slot.entry = shard->words + bucket_load(&bucket->at[slot.index]);
    entry_drop(shard, &slot);
    return slot.index;
}

/* ---- taking in ---- */

/* Once the ring is full, each newcomer costs another its place: only some are let in. A key that is read
 * again and again comes soon, and a scan of everything leaves most of what was hot. */
static bool admitted(struct shard *shard) {
    const struct ring *ring = &shard->ring;
    return (!ring->wrapped && ring->tail == 0 && ring->head < ring->limit - ring->limit / 64) ||
           shard->turn++ % ADMIT_EVERY == 0;
}

static void entry_append(struct shard *shard, const struct cache_key *key,
                         const struct cache_content *content, uint32_t words) {
    uint32_t at;
    change_begin(shard);
    if (room_make(shard, words, &at)) {
        struct bucket *bucket = bucket_of(shard, key->hash);
        uint32_t slot = slot_clear(shard, bucket, key->hash);
        entry_write(shard->words + at, key, content);
        bucket_set(bucket, slot, hash_tag(key->hash), at, false);
        count_add(&shard->slots, 1);
    }
    bytes_update(shard);
    change_end(shard);
}

/* A stale entry gets its new value in place when that has the same size: keys written often use up no ring. The
 * mark goes: the next write asks whether somebody has read this value. */
static bool entry_renew(struct shard *shard, const struct slot *slot, const struct cache_key *key,
                        const struct cache_content *content, uint32_t words) {
    bool fits = entry_words(entry_load(slot->entry + 1)) == words;
    change_begin(shard);
    if (fits) {
        count_add(&shard->stale, (uint64_t)-1);
        entry_write(slot->entry, key, content);
        bucket_mark(slot->bucket, slot->index, false);
    } else {
        slot_free(shard, slot);
    }
    change_end(shard);
    return fits;
}

static unsigned put_locked(struct shard *shard, const struct cache_key *key,
                           const struct cache_content *content, uint64_t txid, bool known) {
    struct slot slot;
    uint32_t words = entry_words(entry_meta(key, content));
    if (txid < shard->last_write || words > shard->ring.limit / ENTRIES_MIN) return 0;
    if (slot_find(shard, key, &slot)) {
        if (!slot_stale(&slot)) {
            if (!known) bucket_mark(slot.bucket, slot.index, true); /* that was a read */
            return SHARD_THERE;
        }
        if ((known && !bucket_marked(slot.bucket, slot.index)) ||
            entry_renew(shard, &slot, key, content, words))
            return SHARD_ABSENT;
    } else if (known || !admitted(shard)) {
        return SHARD_ABSENT;
    }
    entry_append(shard, key, content, words);
    table_consider(shard);
    return SHARD_ABSENT;
}

unsigned shard_put(struct shard *shard, const struct cache_key *key,
                   const struct cache_content *content, uint64_t txid, bool known) {
    if (key->len > ENTRY_KEY_MAX || content->len > ENTRY_VALUE_MAX) return 0;
    if (!shard_lock_try(shard)) return 0;
    unsigned answer = put_locked(shard, key, content, txid, known);
    if (ring_can_enlarge(shard) || table_can_enlarge(shard)) answer |= SHARD_ERRAND;
    shard_unlock(shard);
    return answer;
}

/* ---- coherence ---- */

static void entry_expel(struct shard *shard, const struct slot *slot) {
    if (slot_stale(slot)) return;
    change_begin(shard);
    entry_store(slot->entry + 1, entry_load(slot->entry + 1) | ENTRY_STALE_BIT);
    count_add(&shard->stale, 1);
    change_end(shard);
}

void shard_expel(struct shard *shard, uint64_t hash, uint64_t txid) {
    struct slot slot;
    shard_lock(shard);
    shard->last_write = txid;
    slot.bucket = bucket_of(shard, hash);
    struct bucket_match match = bucket_match(slot.bucket, hash_tag(hash));
    while ((slot.index = bucket_match_next(&match)) < BUCKET_SLOTS) {
        slot.entry = shard->words + bucket_load(&slot.bucket->at[slot.index]);
        if (entry_load(slot.entry) == hash) entry_expel(shard, &slot);
    }
    shard_unlock(shard);
}
