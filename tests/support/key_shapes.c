/* key_shapes.c - see key_shapes.h. */
#include "key_shapes.h"

#include <stdio.h>
#include <string.h>

static size_t draw_number(uint8_t *out, const char *format, uint64_t number) {
    return (size_t)sprintf((char *)out, format, (unsigned long long)number);
}

/* Bytes that depend on `number` alone, so that the same keys come again. */
static void fill(uint8_t *out, size_t len, uint64_t number) {
    uint64_t rng = number * 2654435761u + 88172645463325252ull;
    for (size_t i = 0; i < len; i++) out[i] = (uint8_t)rng_next(&rng);
}

static size_t draw_tiny(uint64_t *rng, uint8_t *out) {
    static const uint8_t bytes[] = {0x00, 0x01, 0xFF};
    size_t len = rng_below(rng, 9);
    for (size_t i = 0; i < len; i++) out[i] = bytes[rng_below(rng, 3)];
    return len;
}

/* `common` equal bytes and then, somewhere, a number. */
static size_t draw_tail(uint8_t *out, size_t common, size_t extra, uint64_t number) {
    memset(out, 'c', common + extra);
    return common + extra + draw_number(out + common + extra, "%06llu", number);
}

size_t key_shape_draw(enum key_shape shape, uint64_t *rng, uint32_t index, uint32_t span,
                      uint8_t *out) {
    const uint64_t number = rng_below(rng, span);
    switch (shape) {
    case KEYS_SEQUENTIAL:
        return draw_number(out, "key:%012llu", index);
    case KEYS_DESCENDING:
        return draw_number(out, "key:%012llu", 1000000000u - index);
    case KEYS_DECIMAL:
        return draw_number(out, "user:%llu", number);
    case KEYS_FIXED:
        return draw_number(out, "key:%012llu", number);
    case KEYS_TINY:
        return draw_tiny(rng, out);
    case KEYS_ZEROS:
        memset(out, 0, 700);
        return number % 700;
    case KEYS_BINARY:
        fill(out, 8, number);
        return 8;
    case KEYS_PREFIXED:
        return draw_tail(out, 100 + number % 30, 0, number);
    case KEYS_INLINE_EDGE: {
        size_t len = 500 + number % 26;
        fill(out, len, number);
        return len;
    }
    case KEYS_LONG_ALIKE:
        return draw_tail(out, 600, number % 5 * 400, number);
    case KEYS_HUGE: {
        size_t len = number % 7 == 0 ? KEY_SHAPE_MAX - number % 3 : 10000 + number % 5000;
        fill(out, len, number);
        return len;
    }
    default:
        return key_shape_draw((enum key_shape)rng_below(rng, KEYS_MIXED), rng, index, span, out);
    }
}
