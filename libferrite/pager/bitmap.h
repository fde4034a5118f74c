/*
 * bitmap.h - a growing set of page numbers.
 *
 * Used by space.c for what is free. No lock of its own: the engine's writer lock covers it.
 */
#ifndef FERRITE_BITMAP_H
#define FERRITE_BITMAP_H

#include <stdbool.h>
#include <stdint.h>

struct bitmap {
    uint64_t *words;
    uint32_t word_count;
    uint32_t low;    /* no word below this one has a bit set */
    uint64_t set;    /* bits set */
};

void bitmap_done(struct bitmap *map);

/* Makes bits below `bits` usable. FERRITE_NOMEM. */
int bitmap_reserve(struct bitmap *map, uint32_t bits);

/* Bits beyond the reserved end read as clear. */
static inline bool bitmap_test(const struct bitmap *map, uint32_t bit) {
    uint32_t word = bit / 64;
    return word < map->word_count && (map->words[word] >> (bit % 64) & 1);
}

/* The bit must lie in the reserved range. Setting a set bit or clearing a clear one is harmless. */
static inline void bitmap_set(struct bitmap *map, uint32_t bit) {
    uint64_t mask = 1ull << (bit % 64);
    uint64_t *word = &map->words[bit / 64];
    map->set += !(*word & mask);
    *word |= mask;
    if (bit / 64 < map->low) map->low = bit / 64;
}

static inline void bitmap_clear(struct bitmap *map, uint32_t bit) {
    uint64_t mask = 1ull << (bit % 64);
    uint64_t *word = &map->words[bit / 64];
    map->set -= !!(*word & mask);
    *word &= ~mask;
}

/* The lowest run of `count` set bits below `end`: its first bit, or UINT32_MAX. O(words). */
uint32_t bitmap_find(struct bitmap *map, uint32_t count, uint32_t end);

/* The first maximal run of set bits at or after `from` and below `end`: false when there is none. */
bool bitmap_next_run(const struct bitmap *map, uint32_t from, uint32_t end, uint32_t *first,
                     uint32_t *count);

/* The first bit of the run of set bits that ends before `end`; `end`: the bit before it is clear. */
uint32_t bitmap_run_down(const struct bitmap *map, uint32_t end);

/* Sets or clears so many bits in the reserved range, word by word. */
void bitmap_fill(struct bitmap *map, uint32_t first, uint32_t count, bool value);

/* Sets in map's range what is set in the other one; for maps whose `set` and `low` nobody asks for any more. */
void bitmap_join(struct bitmap *map, const struct bitmap *other);

int bitmap_copy(const struct bitmap *map, struct bitmap *out);

#endif
