/* types_compress_test.c - compressed forms: there and back at every level, when they are made, and what hostile
 * ones do. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "libferrite/os/mem.h"
#include "libferrite/types/compress.h"

static char value[COMPRESS_MOST + 1], out[COMPRESS_MOST + 1];

static uint64_t rng = 88172645463325252u;
static uint64_t next_random(void) {
    rng ^= rng << 13;
    rng ^= rng >> 7;
    return rng ^= rng << 17;
}

static void fill_noise(size_t from, size_t to) {
    for (size_t i = from; i < to; i++) value[i] = (char)next_random();
}

static bool comes_back(struct stored stored, size_t len) {
    struct compressed form;
    const uint8_t *bytes = (const uint8_t *)stored.bytes.data;
    if (compressed_read(bytes, (uint32_t)stored.bytes.len, &form) != FERRITE_OK) return false;
    memset(out, 0xee, sizeof out);
    return form.len == len && compressed_expand(&form, out) == FERRITE_OK &&
           memcmp(out, value, len) == 0 && out[len] == (char)0xee &&
           compressed_check(stored.bytes) == FERRITE_OK;
}

Test(compress, every_level_gives_back_what_it_was_given) {
    const size_t lengths[] = {32, 33, 63, 64, 100, 127, 128, 1000, 1024, 16383, 16384, 65535, 65536};
    for (int level = 1; level <= COMPRESS_LEVEL_MAX; level++) {
        struct compressor *c = compressor_new(level);
        compressor_set_min(c, 0);
        cr_expect_eq(compressor_level(c), level);
        for (int round = 0; round < 3; round++)
            for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
                fill_noise(0, lengths[i] / 4);
                for (size_t j = lengths[i] / 4; j < lengths[i]; j++) value[j] = value[j % 7];
                struct stored stored = compress(c, (ferrite_slice){value, lengths[i]});
                cr_assert(stored.compressed, "level %d, %zu bytes", level, lengths[i]);
                cr_assert_lt(stored.bytes.len, lengths[i]);
                cr_assert(comes_back(stored, lengths[i]), "level %d, %zu bytes", level, lengths[i]);
            }
        compressor_free(c);
    }
}

Test(compress, fifty_bytes_twice_take_sixty_two) {
    struct compressor *c = compressor_new(1);
    fill_noise(0, 50);
    memcpy(value + 50, value, 50);
    struct stored stored = compress(c, (ferrite_slice){value, 100});
    cr_expect(stored.compressed);
    cr_expect_leq(stored.bytes.len, 62);
    compressor_free(c);
}

Test(compress, what_is_too_short_or_too_long_or_saves_too_little_stays_as_it_is) {
    struct compressor *c = compressor_new(1);
    memset(value, 'a', sizeof value);
    cr_expect_not(compress(NULL, (ferrite_slice){value, 1000}).compressed);
    cr_expect_not(compress(c, (ferrite_slice){NULL, 0}).compressed);
    cr_expect_not(compress(c, (ferrite_slice){value, 63}).compressed);
    cr_expect(compress(c, (ferrite_slice){value, 64}).compressed);
    compressor_set_min(c, 200);
    cr_expect_not(compress(c, (ferrite_slice){value, 199}).compressed);
    cr_expect(compress(c, (ferrite_slice){value, 200}).compressed);
    compressor_set_min(c, 1); /* numbers stay readable */
    cr_expect_not(compress(c, (ferrite_slice){value, COMPRESS_LEAST - 1}).compressed);
    cr_expect(compress(c, (ferrite_slice){value, COMPRESS_LEAST}).compressed);
    cr_expect(compress(c, (ferrite_slice){value, COMPRESS_MOST}).compressed);
    cr_expect_not(compress(c, (ferrite_slice){value, COMPRESS_MOST + 1}).compressed);
    /* Noise with more and more of it repeated: an eighth decides. */
    bool made = false;
    for (size_t repeated = 0; repeated < 400; repeated++) {
        fill_noise(0, 1000);
        memcpy(value + 1000 - repeated, value, repeated);
        struct stored stored = compress(c, (ferrite_slice){value, 1000});
        cr_expect(!made || stored.compressed);
        made = stored.compressed;
        if (made) cr_expect_leq(stored.bytes.len, 875);
        if (!made) cr_expect_eq(stored.bytes.data, value);
    }
    cr_expect(made);
    compressor_free(c);
}

/* Whatever the bytes are: the right length and nothing beyond it, or FERRITE_CORRUPT. */
static void expand_hostile(const uint8_t *bytes, uint32_t len) {
    uint8_t *exact = malloc(len + 1); /* so that the sanitizers see each byte too many */
    struct compressed form;
    memcpy(exact, bytes, len);
    int code = compressed_read(exact, len, &form);
    if (code == FERRITE_OK) {
        cr_assert(form.len >= COMPRESS_LEAST && form.len <= COMPRESS_MOST);
        char *room = malloc(form.len);
        code = compressed_expand(&form, room);
        free(room);
    }
    cr_assert(code == FERRITE_OK || code == FERRITE_CORRUPT);
    free(exact);
}

Test(compress, hostile_forms_are_refused_and_harm_nothing) {
    struct compressor *c = compressor_new(1);
    struct compressed form;
    uint8_t bytes[600];
    cr_expect_eq(compressed_read((const uint8_t *)"", 0, &form), FERRITE_CORRUPT);
    cr_expect_eq(compressed_read((const uint8_t *)"\x80\x80\x80", 3, &form), FERRITE_CORRUPT);
    cr_expect_eq(compressed_read((const uint8_t *)"\x1f", 1, &form), FERRITE_CORRUPT);
    cr_expect_eq(compressed_read((const uint8_t *)"\x81\x80\x04", 3, &form), FERRITE_CORRUPT);
    cr_expect_eq(compressed_check((ferrite_slice){"\x40", 1}), FERRITE_CORRUPT);
    for (int round = 0; round < 3000; round++) {
        size_t len = 40 + next_random() % 500;
        fill_noise(0, len);
        memcpy(value + len / 2, value, len / 2);
        struct stored stored = compress(c, (ferrite_slice){value, len});
        if (!stored.compressed) continue;
        memcpy(bytes, stored.bytes.data, stored.bytes.len);
        uint32_t cut = (uint32_t)(next_random() % (stored.bytes.len + 1));
        expand_hostile(bytes, cut);
        for (int i = 0; i < 3; i++) bytes[next_random() % stored.bytes.len] = (uint8_t)next_random();
        expand_hostile(bytes, (uint32_t)stored.bytes.len);
    }
    for (int round = 0; round < 3000; round++) {
        for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)next_random();
        expand_hostile(bytes, (uint32_t)(next_random() % sizeof bytes));
    }
    compressor_free(c);
}

static int refuse(size_t size) {
    (void)size;
    return 1;
}

Test(compress, without_memory_there_is_no_compressor) {
    mem_fail_hook = refuse;
    struct compressor *none = compressor_new(1), *high = compressor_new(9);
    mem_fail_hook = NULL;
    cr_expect_null(none);
    cr_expect_null(high);
    compressor_free(NULL);
}
