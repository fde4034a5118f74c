/*
 * tight.c - see tight.h.
 */
#include "tight.h"

#include <inttypes.h>
#include <stdio.h>

#include "choices.h"

#define POLICIES (FERRITE_EVICT_VOLATILE_TTL + 1)

static void choose_cache_and_compression(ferrite_options *options, struct choices *choices) {
    static const uint64_t caches[] = {FERRITE_CACHE_OFF, 4 << 10, 64 << 10, 1 << 20, 0};
    static const int levels[] = {0, 1, 1, 9};
    static const uint32_t shortest[] = {0, 1, 200};
    options->cache_size = caches[choose(choices, 5)];
    options->compression = levels[choose(choices, 4)];
    options->compression_min = shortest[choose(choices, 3)];
}

static void choose_bound(ferrite_options *options, struct choices *choices, bool in_file,
                         enum tight_scale scale) {
    uint32_t kind = choose(choices, 3), less = scale == TIGHT_SHORT_SESSION ? 8 : 1;
    if (kind == 0)
        options->max_keys = choose_between(choices, 4, 200 / less);
    else if (in_file)
        options->max_size = choose_between(choices, 24, 400 / less) * UINT64_C(4096);
    else
        options->max_memory = choose_between(choices, 64, 500) * UINT64_C(4096);
    if (kind == 2) options->max_memory = choose_between(choices, 64, 500) * UINT64_C(4096);
}

void tight_choose(ferrite_options *options, uint64_t seed, bool in_file, enum tight_scale scale) {
    struct choices choices = choices_seeded(seed);
    if (seed % 3 == 0) return;
    choose_cache_and_compression(options, &choices);
    if (seed % 3 == 1) return;
    choose_bound(options, &choices, in_file, scale);
    options->eviction = (ferrite_eviction)(seed / 3 % POLICIES);
}

void tight_choose_volatile(ferrite_options *options, uint64_t seed) {
    struct choices choices = choices_seeded(seed);
    choose_cache_and_compression(options, &choices);
    options->max_keys = choose_between(&choices, 100, 2000);
    options->eviction = (ferrite_eviction)(FERRITE_EVICT_VOLATILE_LRU + seed % 4);
}

bool tight_is_bounded(const ferrite_options *options) {
    return options->max_memory || options->max_size || options->max_keys;
}

static int describe_bounds(const ferrite_options *options, char *text, size_t size) {
    return snprintf(text, size,
                    ", max memory %" PRIu64 ", size %" PRIu64 ", keys %" PRIu64 ", eviction %d",
                    options->max_memory, options->max_size, options->max_keys,
                    (int)options->eviction);
}

const char *tight_describe(const ferrite_options *options, char *text, size_t size) {
    int len = tight_is_bounded(options) ? describe_bounds(options, text, size) : 0;
    text[len] = '\0';
    if (options->cache_size == 0 && options->compression == 0) return text;
    snprintf(text + len, size - (size_t)len, ", cache %" PRId64 ", LZ4 %d",
             (int64_t)options->cache_size, options->compression);
    return text;
}
