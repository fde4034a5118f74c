/*
 * entry.h - the copy of a record as it lies in a shard's ring: words of eight bytes.
 *
 *   0        the key's hash
 *   1        meta: u16 key length, u16 value length, u8 logical database, u8 flags
 *   2        with EXPIRES: the moment, ms since the epoch
 *   2|3      the key, filled up with zeros to a whole word
 *   then     the value, filled up likewise
 *
 * Written under the shard's lock and read without it, so every word is a relaxed atomic. A reader
 * may find anything here until it has asked whether the shard changed (shard.h); lengths have 16 bits, and
 * behind the ring there is room for the longest, so that even nonsense leads to no place that is not there.
 */
#ifndef FERRITE_CACHE_ENTRY_H
#define FERRITE_CACHE_ENTRY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef _Atomic uint64_t entry_word;

enum entry_flags { ENTRY_EXPIRES = 1, ENTRY_STALE = 2 }; /* STALE: the key was written since */

#define ENTRY_KEY_MAX     512u
#define ENTRY_VALUE_MAX   1024u
#define ENTRY_SLACK_BYTES (2u << 16) /* behind a ring: two lengths of 16 bits */

/* A key with its hash. */
struct cache_key {
    const void *data;
    uint32_t len;
    uint8_t db;
    uint64_t hash;
};

/* What is kept of its record. */
struct cache_content {
    const void *data;
    uint32_t len;
    int64_t expire_ms; /* 0: never */
};

#define ENTRY_STALE_BIT   ((uint64_t)ENTRY_STALE << 40)
#define ENTRY_EXPIRES_BIT ((uint64_t)ENTRY_EXPIRES << 40)
/* What the meta word of a fresh entry of a key has, under ENTRY_KEY_MASK. */
#define ENTRY_KEY_MASK (UINT64_C(0x000000ff0000ffff) | ENTRY_STALE_BIT)

static inline uint64_t entry_load(const entry_word *word) {
    return atomic_load_explicit(word, memory_order_relaxed);
}
static inline void entry_store(entry_word *word, uint64_t value) {
    atomic_store_explicit(word, value, memory_order_relaxed);
}

static inline uint64_t entry_key_meta(const struct cache_key *key) {
    return key->len | (uint64_t)key->db << 32;
}
static inline uint32_t entry_value_len(uint64_t meta) { return (uint16_t)(meta >> 16); }

static inline uint64_t entry_meta(const struct cache_key *key,
                                  const struct cache_content *content) {
    return entry_key_meta(key) | (uint64_t)content->len << 16 |
           (content->expire_ms != 0 ? ENTRY_EXPIRES_BIT : 0);
}

static inline uint32_t entry_words_of(size_t len) { return (uint32_t)((len + 7) / 8); }
static inline uint32_t entry_key_at(uint64_t meta) { return meta & ENTRY_EXPIRES_BIT ? 3 : 2; }
static inline uint32_t entry_value_at(uint64_t meta) {
    return entry_key_at(meta) + entry_words_of((uint16_t)meta);
}
static inline uint32_t entry_words(uint64_t meta) {
    return entry_value_at(meta) + entry_words_of(entry_value_len(meta));
}

static inline uint64_t entry_word_at(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* The last 1 to 7 bytes of `len`, filled up with zeros to a word. */
static inline uint64_t entry_last_word(const uint8_t *end, size_t len) {
    size_t rest = len % 8;
    uint64_t word = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (len >= 8) return entry_word_at(end - 8) >> (8 - rest) * 8;
#endif
    for (size_t i = 0; i < rest; i++) ((uint8_t *)&word)[i] = (end - rest)[i];
    return word;
}

static inline void entry_bytes_store(entry_word *to, const void *data, size_t len) {
    const uint8_t *at = data, *end = at + len;
    size_t words = len / 8;
    for (; words >= 4; words -= 4, at += 32, to += 4) {
        entry_store(to, entry_word_at(at));
        entry_store(to + 1, entry_word_at(at + 8));
        entry_store(to + 2, entry_word_at(at + 16));
        entry_store(to + 3, entry_word_at(at + 24));
    }
    for (; words > 0; words--, at += 8) entry_store(to++, entry_word_at(at));
    if (len % 8 != 0) entry_store(to, entry_last_word(end, len));
}

static inline void entry_word_copy(const entry_word *from, char *out) {
    uint64_t word = entry_load(from);
    memcpy(out, &word, sizeof word);
}

/* Whole words: `out` has room for them. */
static inline void entry_words_load(const entry_word *from, char *out, uint32_t words) {
    for (; words >= 4; words -= 4, from += 4, out += 32) {
        entry_word_copy(from, out);
        entry_word_copy(from + 1, out + 8);
        entry_word_copy(from + 2, out + 16);
        entry_word_copy(from + 3, out + 24);
    }
    for (; words > 0; words--, out += 8) entry_word_copy(from++, out);
}

static inline bool entry_bytes_equal(const entry_word *from, const void *data, size_t len) {
    const uint8_t *at = data;
    for (size_t i = 0; i < len / 8; i++)
        if (entry_load(from + i) != entry_word_at(at + i * 8)) return false;
    return len % 8 == 0 || entry_load(from + len / 8) == entry_last_word(at + len, len);
}

static inline void entry_write(entry_word *entry, const struct cache_key *key,
                               const struct cache_content *content) {
    uint64_t meta = entry_meta(key, content);
    entry_store(entry, key->hash);
    entry_store(entry + 1, meta);
    if (content->expire_ms != 0) entry_store(entry + 2, (uint64_t)content->expire_ms);
    entry_bytes_store(entry + entry_key_at(meta), key->data, key->len);
    entry_bytes_store(entry + entry_value_at(meta), content->data, content->len);
}

/* `ignore`: bits of the meta word that may differ besides lengths of values and expiry. */
static inline bool entry_is(const entry_word *entry, const struct cache_key *key, uint64_t ignore,
                            uint64_t *meta) {
    if (entry_load(entry) != key->hash) return false;
    *meta = entry_load(entry + 1);
    if ((*meta & ENTRY_KEY_MASK & ~ignore) != entry_key_meta(key)) return false;
    return entry_bytes_equal(entry + entry_key_at(*meta), key->data, key->len);
}

#endif
