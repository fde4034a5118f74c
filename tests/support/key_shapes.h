/*
 * key_shapes.h - kinds of keys that are hard on a tree, drawn from a seeded generator.
 */
#ifndef FERRITE_TESTS_KEY_SHAPES_H
#define FERRITE_TESTS_KEY_SHAPES_H

#include <stddef.h>
#include <stdint.h>

enum key_shape {
    KEYS_SEQUENTIAL,  /* key:000000000042, ascending */
    KEYS_DESCENDING,  /* the same, downwards */
    KEYS_DECIMAL,     /* user:7, user:70, … of varying length */
    KEYS_FIXED,       /* key:000000000042, at random */
    KEYS_TINY,        /* 0..8 bytes out of 00, 01, FF: ties in head and prefix */
    KEYS_ZEROS,       /* n zero bytes */
    KEYS_BINARY,      /* 8 random bytes */
    KEYS_PREFIXED,    /* 100 to 130 common bytes */
    KEYS_INLINE_EDGE, /* around the length where keys leave the page */
    KEYS_LONG_ALIKE,  /* long keys with their first 600 bytes in common */
    KEYS_HUGE,        /* up to 65536 bytes */
    KEYS_MIXED,       /* any of these */
    KEYS_SHAPES
};

#define KEY_SHAPE_MAX 65536u

/* xorshift: the same numbers everywhere for the same seed (not 0). */
static inline uint64_t rng_next(uint64_t *rng) {
    *rng ^= *rng << 13;
    *rng ^= *rng >> 7;
    *rng ^= *rng << 17;
    return *rng;
}
static inline uint64_t rng_below(uint64_t *rng, uint64_t n) { return (rng_next(rng) >> 11) % n; }

/* Writes key number `index` (used by ascending and descending shapes) of about `span` different
 * ones; returns its length. */
size_t key_shape_draw(enum key_shape shape, uint64_t *rng, uint32_t index, uint32_t span,
                      uint8_t *out);

#endif
