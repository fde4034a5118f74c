/*
 * choices.h - where a harness gets its decisions from: a seed, or the bytes of a fuzzer.
 *
 * Every random sequence of the harnesses is a function of one `struct choices`, so a seed
 * repeats a failure exactly, and a fuzzer can steer the same code with its input.
 * One thread at a time per struct.
 */
#ifndef FERRITE_TESTS_CHOICES_H
#define FERRITE_TESTS_CHOICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct choices {
    uint64_t state;      /* of the generator, when `data` is NULL */
    const uint8_t *data; /* a fuzzer's input, used up from the front */
    size_t len;
    bool done; /* the input is used up: every further choice is 0 */
};

#define CHOICES_STEP 0x9E3779B97F4A7C15u

/* splitmix64's: every output bit depends on every input bit, and no two inputs have one output. */
static inline uint64_t choices_mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* The seed is mixed: states only a few steps apart would give near seeds the same sequence, shifted. */
static inline struct choices choices_seeded(uint64_t seed) {
    return (struct choices){.state = choices_mix(seed + CHOICES_STEP)};
}

static inline struct choices choices_from_bytes(const uint8_t *data, size_t len) {
    return (struct choices){.data = data, .len = len};
}

static inline uint64_t choices_next(struct choices *c) {
    return choices_mix(c->state += CHOICES_STEP);
}

static inline uint32_t choices_take_byte(struct choices *c) {
    if (c->len == 0) {
        c->done = true;
        return 0;
    }
    c->len--;
    return *c->data++;
}

/* A number below `bound` (at least 1). A fuzzer pays one input byte for bounds to 256. */
static inline uint32_t choose(struct choices *c, uint32_t bound) {
    if (c->data == NULL) return (uint32_t)((choices_next(c) >> 32) * bound >> 32);
    uint32_t value = choices_take_byte(c);
    for (uint64_t reach = 256; reach < bound; reach <<= 8)
        value = value << 8 | choices_take_byte(c);
    return value % bound;
}

/* True once in `n` times. */
static inline bool choose_once_in(struct choices *c, uint32_t n) { return choose(c, n) == 0; }

static inline uint32_t choose_between(struct choices *c, uint32_t low, uint32_t high) {
    return low + choose(c, high - low + 1);
}

#endif
