/*
 * bucket.h - twelve places of a shard's table in one line of the processor's cache.
 *
 *   0   u8 x 12   tag of each slot: eight bits of the key's hash, 0: the slot is free
 *   12  u16       marks: bit i is set when slot i was read since it was filled or spared
 *   14  u16       nothing
 *   16  u32 x 12  where in the shard's ring each slot's entry stands
 *
 * Changed under the shard's lock, but for the marks, which readers set: two that race may lose one,
 * and no more. All loads and stores are relaxed atomics: readers look without a lock and then ask
 * whether the shard has changed meanwhile (shard.h).
 */
#ifndef FERRITE_CACHE_BUCKET_H
#define FERRITE_CACHE_BUCKET_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define BUCKET_SLOTS 12u

struct bucket {
    _Atomic uint64_t low;  /* tags of slots 0 to 7 */
    _Atomic uint32_t high; /* tags of slots 8 to 11 */
    _Atomic uint16_t marks;
    uint16_t nothing;
    _Atomic uint32_t at[BUCKET_SLOTS];
};
static_assert(sizeof(struct bucket) == 64, "a bucket is a line of the processor's cache");

#define bucket_load(place)         atomic_load_explicit(place, memory_order_relaxed)
#define bucket_store(place, value) atomic_store_explicit(place, value, memory_order_relaxed)

/* Slots that have a tag, lowest first: one bit, the highest, in the byte of each. */
struct bucket_match {
    uint64_t low;
    uint32_t high;
};

#define BUCKET_ONES 0x0101010101010101u

/* A bit where a byte is zero: of the other bytes either a low bit carries into the highest, or that is set. */
#define BUCKET_ZERO(word, sevens) (~((((word) & (sevens)) + (sevens)) | (word) | (sevens)))

static inline struct bucket_match bucket_match(const struct bucket *bucket, uint8_t tag) {
    uint64_t low = bucket_load(&bucket->low) ^ tag * BUCKET_ONES;
    uint32_t high = bucket_load(&bucket->high) ^ tag * (uint32_t)BUCKET_ONES;
    return (struct bucket_match){BUCKET_ZERO(low, 0x7f * BUCKET_ONES),
                                 BUCKET_ZERO(high, 0x7f * (uint32_t)BUCKET_ONES)};
}

/* The next slot, taken out of the match; BUCKET_SLOTS: no more. */
static inline uint32_t bucket_match_next(struct bucket_match *match) {
    uint32_t slot;
    if (match->low != 0) {
        slot = (uint32_t)__builtin_ctzll(match->low) / 8;
        match->low &= match->low - 1;
        return slot;
    }
    if (match->high == 0) return BUCKET_SLOTS;
    slot = 8 + (uint32_t)__builtin_ctz(match->high) / 8;
    match->high &= match->high - 1;
    return slot;
}

/* Slots that are taken. */
static inline struct bucket_match bucket_taken(const struct bucket *bucket) {
    struct bucket_match nothing = bucket_match(bucket, 0);
    return (struct bucket_match){~nothing.low & 0x80 * BUCKET_ONES,
                                 ~nothing.high & 0x80 * (uint32_t)BUCKET_ONES};
}

static inline uint8_t bucket_tag(const struct bucket *bucket, uint32_t slot) {
    if (slot < 8) return (uint8_t)(bucket_load(&bucket->low) >> slot * 8);
    return (uint8_t)(bucket_load(&bucket->high) >> (slot - 8) * 8);
}

static inline void bucket_tag_set(struct bucket *bucket, uint32_t slot, uint8_t tag) {
    if (slot < 8) {
        uint64_t others = bucket_load(&bucket->low) & ~((uint64_t)0xff << slot * 8);
        bucket_store(&bucket->low, others | (uint64_t)tag << slot * 8);
    } else {
        uint32_t others = bucket_load(&bucket->high) & ~((uint32_t)0xff << (slot - 8) * 8);
        bucket_store(&bucket->high, others | (uint32_t)tag << (slot - 8) * 8);
    }
}

static inline bool bucket_marked(const struct bucket *bucket, uint32_t slot) {
    return bucket_load(&bucket->marks) >> slot & 1;
}

/* Stores only what changes: a line that many read stays with all of them. */
static inline void bucket_mark(struct bucket *bucket, uint32_t slot, bool marked) {
    uint16_t marks = bucket_load(&bucket->marks);
    uint16_t wanted = (uint16_t)(marked ? marks | 1u << slot : marks & ~(1u << slot));
    if (wanted != marks) bucket_store(&bucket->marks, wanted);
}

static inline void bucket_set(struct bucket *bucket, uint32_t slot, uint8_t tag, uint32_t at,
                              bool marked) {
    bucket_tag_set(bucket, slot, tag);
    bucket_store(&bucket->at[slot], at);
    bucket_mark(bucket, slot, marked);
}

static inline void bucket_clear(struct bucket *bucket) {
    bucket_store(&bucket->low, 0);
    bucket_store(&bucket->high, 0);
    bucket_store(&bucket->marks, 0);
}

/* A byte of ones for each of eight bits. */
static inline uint64_t bucket_bytes(uint64_t bits) {
    uint64_t spread = (bits & 0xff) * BUCKET_ONES & 0x8040201008040201u;
    return ((spread + 0x7f * BUCKET_ONES) >> 7 & BUCKET_ONES) * 0xff;
}

/* These slots, a bit each, leave for the same ones of another bucket, which has nothing. */
static inline void bucket_part(struct bucket *from, struct bucket *to, uint32_t slots) {
    const uint64_t low = bucket_bytes(slots);
    const uint32_t high = (uint32_t)bucket_bytes(slots >> 8);
    for (uint32_t i = 0; i < BUCKET_SLOTS; i++) bucket_store(&to->at[i], bucket_load(&from->at[i]));
    bucket_store(&to->low, bucket_load(&from->low) & low);
    bucket_store(&to->high, bucket_load(&from->high) & high);
    bucket_store(&to->marks, (uint16_t)(bucket_load(&from->marks) & slots));
    bucket_store(&from->low, bucket_load(&from->low) & ~low);
    bucket_store(&from->high, bucket_load(&from->high) & ~high);
    bucket_store(&from->marks, (uint16_t)(bucket_load(&from->marks) & ~slots));
}

/* The lowest free slot; BUCKET_SLOTS: none. */
static inline uint32_t bucket_free(const struct bucket *bucket) {
    struct bucket_match match = bucket_match(bucket, 0);
    return bucket_match_next(&match);
}

#endif
