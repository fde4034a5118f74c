/* bitmap.c - see bitmap.h. */
#include "bitmap.h"

#include <string.h>

#include "../error.h"
#include "../os/mem.h"

void bitmap_done(struct bitmap *map) {
    mem_free(map->words);
    memset(map, 0, sizeof *map);
}

int bitmap_reserve(struct bitmap *map, uint32_t bits) {
    uint32_t need = bits / 64 + 1;
    if (need <= map->word_count) return FERRITE_OK;
    uint32_t grown = map->word_count + map->word_count / 2 + 16;
    if (grown < need) grown = need;
    uint64_t *words = mem_calloc((size_t)grown * sizeof *words); /* of a large one the system gives what is touched */
    if (words == NULL) return error_nomem();
    if (map->word_count > 0) memcpy(words, map->words, (size_t)map->word_count * sizeof *words);
    mem_free(map->words);
    map->words = words;
    map->word_count = grown;
    return FERRITE_OK;
}

bool bitmap_next_run(const struct bitmap *map, uint32_t from, uint32_t end, uint32_t *first,
                     uint32_t *count) {
    uint32_t word = from / 64;
    uint64_t bits = word < map->word_count ? map->words[word] & (~0ull << (from % 64)) : 0;
    while (bits == 0) {
        if (++word >= map->word_count) return false;
        bits = map->words[word];
    }
    uint32_t start = word * 64 + (uint32_t)__builtin_ctzll(bits);
    if (start >= end) return false;
    uint64_t holes = ~map->words[word] & (~0ull << (start % 64));
    while (holes == 0 && ++word < map->word_count) holes = ~map->words[word];
    uint32_t stop = word < map->word_count ? word * 64 + (uint32_t)__builtin_ctzll(holes) : word * 64;
    if (stop > end) stop = end;
    *first = start;
    *count = stop - start;
    return true;
}

static uint32_t find_one(struct bitmap *map, uint32_t end) {
    while (map->low < map->word_count && map->words[map->low] == 0) map->low++;
    if (map->low >= map->word_count) return UINT32_MAX;
    uint32_t bit = map->low * 64 + (uint32_t)__builtin_ctzll(map->words[map->low]);
    return bit < end ? bit : UINT32_MAX;
}

uint32_t bitmap_find(struct bitmap *map, uint32_t count, uint32_t end) {
    uint32_t first = find_one(map, end); /* also moves `low` up */
    if (count == 1 || first == UINT32_MAX) return first;
    uint32_t length;
    while (bitmap_next_run(map, first, end, &first, &length)) {
        if (length >= count) return first;
        first += length;
    }
    return UINT32_MAX;
}

uint32_t bitmap_run_down(const struct bitmap *map, uint32_t end) {
    while (end > 0 && bitmap_test(map, end - 1)) {
        const bool whole = end % 64 == 0 && map->words[end / 64 - 1] == UINT64_MAX;
        end -= whole ? 64 : 1;
    }
    return end;
}

/* The bits of a word from `first` on and below `end`, both counted from the word's first one. */
static uint64_t bits_between(uint32_t first, uint32_t end) {
    return (~0ull << first) & (end < 64 ? (1ull << end) - 1 : ~0ull);
}

void bitmap_fill(struct bitmap *map, uint32_t first, uint32_t count, bool value) {
    const uint64_t end = (uint64_t)first + count;
    if (value && count > 0 && first / 64 < map->low) map->low = first / 64;
    for (uint64_t at = first; at < end; at = (at / 64 + 1) * 64) {
        uint64_t *word = &map->words[at / 64], left = end - at / 64 * 64;
        const uint64_t mask = bits_between(at % 64, left < 64 ? (uint32_t)left : 64);
        const uint64_t now = value ? *word | mask : *word & ~mask;
        map->set += (uint64_t)__builtin_popcountll(now) - (uint64_t)__builtin_popcountll(*word);
        if (now != *word) *word = now;
    }
}

void bitmap_join(struct bitmap *map, const struct bitmap *other) {
    const uint32_t words = map->word_count < other->word_count ? map->word_count : other->word_count;
    for (uint32_t i = 0; i < words; i++)
        if (other->words[i] != 0) map->words[i] |= other->words[i];
}

int bitmap_copy(const struct bitmap *map, struct bitmap *out) {
    memset(out, 0, sizeof *out);
    if (map->word_count == 0) return FERRITE_OK;
    out->words = mem_calloc((size_t)map->word_count * sizeof *out->words);
    if (out->words == NULL) return error_nomem();
    out->word_count = map->word_count;
    bitmap_join(out, map);
    out->low = map->low;
    out->set = map->set;
    return FERRITE_OK;
}
