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
    uint64_t *words = mem_realloc(map->words, (size_t)grown * sizeof *words);
    if (words == NULL) return error_nomem();
    memset(words + map->word_count, 0, (size_t)(grown - map->word_count) * sizeof *words);
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

int bitmap_copy(const struct bitmap *map, struct bitmap *out) {
    memset(out, 0, sizeof *out);
    if (map->word_count == 0) return FERRITE_OK;
    out->words = mem_alloc((size_t)map->word_count * sizeof *out->words);
    if (out->words == NULL) return error_nomem();
    memcpy(out->words, map->words, (size_t)map->word_count * sizeof *out->words);
    out->word_count = map->word_count;
    out->low = map->low;
    out->set = map->set;
    return FERRITE_OK;
}
