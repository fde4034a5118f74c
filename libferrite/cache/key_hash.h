/*
 * key_hash.h - a 64-bit hash of a key, by folding 128-bit products.
 *
 * For tables in memory only: never written to a file, and different with each seed, so that nobody
 * who chooses keys can choose collisions. A collision costs time and never a wrong answer. Called by
 * the cache, and by whoever keeps a table of keys in memory. Pure functions; any thread.
 */
#ifndef FERRITE_CACHE_KEY_HASH_H
#define FERRITE_CACHE_KEY_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Odd numbers with as many ones as zeros, drawn at random. */
#define KEY_HASH_A 0x9d3a5c61f04be287u
#define KEY_HASH_B 0x61c8b7e21d953ac7u
#define KEY_HASH_C 0xb5297a4d3f84d5b9u

/* Both halves of a product, one folded onto the other. */
static inline uint64_t key_hash_fold(uint64_t a, uint64_t b) {
#ifdef __SIZEOF_INT128__
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    uint64_t a_low = (uint32_t)a, a_high = a >> 32, b_low = (uint32_t)b, b_high = b >> 32;
    uint64_t low = a_low * b_low, mid = a_high * b_low + (low >> 32);
    uint64_t other = a_low * b_high + (uint32_t)mid;
    uint64_t high = a_high * b_high + (mid >> 32) + (other >> 32);
    return (a * b) ^ high;
#endif
}

static inline uint64_t key_hash_word(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* The last 1 to 16 bytes as two words; words may overlap, the length tells such keys apart. */
static inline void key_hash_tail(const uint8_t *at, size_t len, uint64_t *a, uint64_t *b) {
    if (len >= 8) {
        *a = key_hash_word(at);
        *b = key_hash_word(at + len - 8);
    } else if (len >= 4) {
        uint32_t first, last;
        memcpy(&first, at, 4);
        memcpy(&last, at + len - 4, 4);
        *a = first;
        *b = last;
    } else {
        *a = len == 0 ? 0 : (uint64_t)at[0] << 16 | (uint64_t)at[len / 2] << 8 | at[len - 1];
        *b = 0;
    }
}

/* Of a key in logical database `db`. */
static inline uint64_t key_hash(uint64_t seed, uint32_t db, const void *key, size_t len) {
    const uint8_t *at = key;
    uint64_t a, b, state = seed ^ ((uint64_t)db + 1) * KEY_HASH_C;
    size_t left = len;
    for (; left > 16; left -= 16, at += 16)
        state = key_hash_fold(key_hash_word(at) ^ KEY_HASH_A ^ state,
                              key_hash_word(at + 8) ^ KEY_HASH_B) +
                state;
    key_hash_tail(at, left, &a, &b);
    state = key_hash_fold(a ^ KEY_HASH_A ^ state, b ^ KEY_HASH_B ^ len) + state;
    return key_hash_fold(state ^ KEY_HASH_C, KEY_HASH_A);
}

#endif
