/*
 * engine_hash.c - a bare hash table, for scale: open addressing, keys and values inline in slots of 116
 * bytes, a load of about a half, no deletion, no locks. Two engines: `hash` looks at the value where it
 * lies, `hash-copy` gives a copy of it in a block of its own, as ferrite_get does.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

struct slot {
    char key[KEY_LEN]; /* begins with a zero: empty; no key does */
    char value[VALUE_LEN];
};

struct hash {
    struct slot *slots;
    uint64_t mask;
};

static uint64_t key_hash(const char *key) {
    uint64_t words[2];
    memcpy(words, key, sizeof words);
    uint64_t h = (words[0] ^ 0x9E3779B97F4A7C15u) * 0xBF58476D1CE4E5B9u;
    h = (h ^ (h >> 32) ^ words[1]) * 0x94D049BB133111EBu;
    return h ^ (h >> 29);
}

/* The slot of the key, or the empty one where it would go. */
static struct slot *slot_find(const struct hash *hash, const char *key) {
    uint64_t at = key_hash(key) & hash->mask;
    while (hash->slots[at].key[0] && memcmp(hash->slots[at].key, key, KEY_LEN))
        at = (at + 1) & hash->mask;
    return &hash->slots[at];
}

static void *hash_open(const char *dir, bool durable) {
    struct hash *hash = calloc(1, sizeof *hash);
    uint64_t slots = 2;
    (void)dir;
    (void)durable;
    while (slots < 2 * bench_keys) slots *= 2;
    hash->slots = calloc(slots, sizeof *hash->slots);
    if (!hash->slots) bench_die("hash: out of memory");
    hash->mask = slots - 1;
    return hash;
}

static void hash_close(void *handle) {
    struct hash *hash = handle;
    free(hash->slots);
    free(hash);
}

static void *hash_session_open(void *hash) { return hash; }
static void hash_session_close(void *hash) { (void)hash; }

static void hash_put(void *hash, const char *key, const char *value) {
    struct slot *slot = slot_find(hash, key);
    memcpy(slot->key, key, KEY_LEN);
    memcpy(slot->value, value, VALUE_LEN);
}

static int hash_get(void *hash, const char *key) {
    const struct slot *slot = slot_find(hash, key);
    return slot->key[0] ? (unsigned char)slot->value[0] : -1;
}

/* Kept from being optimised away. */
static __attribute__((noinline)) char *value_copy(const struct slot *slot) {
    char *copy = malloc(VALUE_LEN + 1);
    if (!copy) bench_die("hash: out of memory");
    memcpy(copy, slot->value, VALUE_LEN);
    copy[VALUE_LEN] = 0;
    return copy;
}

static int hash_get_copy(void *hash, const char *key) {
    const struct slot *slot = slot_find(hash, key);
    if (!slot->key[0]) return -1;
    char *copy = value_copy(slot);
    int byte = *(unsigned char *)copy;
    free(copy);
    return byte;
}

#define HASH_CALLS                                                                                 \
    .special = true, .transient = true, .open = hash_open, .close = hash_close,                    \
    .session_open = hash_session_open,                                       \
    .session_close = hash_session_close, .put = hash_put

const struct bench_engine engine_hash = {
    .name = "hash",
    .settings = "open addressing, slots of 116 B inline, half full, no copy, no lock",
    HASH_CALLS,
    .get = hash_get,
};

const struct bench_engine engine_hash_copy = {
    .name = "hash-copy",
    .settings = "the same, each value copied to a block of malloc",
    HASH_CALLS,
    .get = hash_get_copy,
};
