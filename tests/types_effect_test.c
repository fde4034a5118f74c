/* types_effect_test.c - the encoding of effects: there and back, small, and safe against anything. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libferrite/error.h"
#include "libferrite/types/batch.h"
#include "libferrite/types/effect.h"
#include "libferrite/types/record.h"

static const struct effect samples[] = {
    {.op = EFFECT_PUT, .db = 3, .head = FERRITE_TYPE_STRING, .key = {"key", 3}, .data = {"v", 1}},
    {.op = EFFECT_PUT,
     .head = FERRITE_TYPE_STRING | RECORD_EXPIRES,
     .expire_ms = 1234567890123,
     .key = {"", 0},
     .data = {"", 0}},
    {.op = EFFECT_DELETE, .db = 63, .key = {"gone", 4}},
    {.op = EFFECT_WRITE, .offset = 300000, .key = {"k", 1}, .data = {"bytes", 5}},
    {.op = EFFECT_MOVE, .to_db = 5, .key = {"a", 1}, .data = {"bb", 2}},
    {.op = EFFECT_COPY, .db = 1, .key = {"a", 1}, .data = {"b", 1}},
    {.op = EFFECT_FLUSH, .db = 9},
    {.op = EFFECT_FLUSH_ALL},
    {.op = EFFECT_SWAP, .db = 1, .to_db = 2},
    {.op = EFFECT_HASH_PUT, .db = 2, .key = {"h", 1}, .item = {"f", 1}, .data = {"value", 5}},
    {.op = EFFECT_HASH_PUT, .key = {"", 0}, .item = {"", 0}, .data = {"", 0}},
    {.op = EFFECT_HASH_DELETE, .key = {"h", 1}, .item = {"field", 5}},
    {.op = EFFECT_HASH_EXPIRE, .expire_ms = 1234567890123, .key = {"h", 1}, .item = {"f", 1}},
    {.op = EFFECT_SET_ADD, .db = 5, .key = {"s", 1}, .item = {"member", 6}},
    {.op = EFFECT_SET_REMOVE, .key = {"s", 1}, .item = {"m", 1}},
    {.op = EFFECT_ZSET_ADD, .key = {"z", 1}, .item = {"m", 1}, .score = -1.5},
    {.op = EFFECT_ZSET_REMOVE, .db = 3, .key = {"z", 1}, .item = {"", 0}},
    {.op = EFFECT_ZSET_REMOVE_RANKS, .key = {"z", 1}, .offset = 1000000, .count = 256},
    {.op = EFFECT_LIST_INSERT, .key = {"l", 1}, .offset = 70000, .data = {"element", 7}},
    {.op = EFFECT_LIST_REMOVE, .db = 1, .key = {"l", 1}, .offset = 5, .count = 300},
    {.op = EFFECT_LIST_REPLACE, .key = {"l", 1}, .data = {"", 0}},
};
#define SAMPLES (sizeof samples / sizeof *samples)

static bool same_slice(ferrite_slice a, ferrite_slice b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

Test(effect, stream_reads_as_it_was_written) {
    struct batch batch = {0};
    for (size_t i = 0; i < SAMPLES; i++) cr_assert_eq(batch_add(&batch, &samples[i]), FERRITE_OK);
    const uint8_t *at = batch.bytes, *end = at + batch.len;
    for (size_t i = 0; i < SAMPLES; i++) {
        struct effect found;
        cr_assert_eq(effect_read(&at, end, &found), FERRITE_OK, "%zu", i);
        cr_expect_eq(found.op, samples[i].op);
        cr_expect_eq(found.db, samples[i].db);
        cr_expect_eq(found.to_db, samples[i].to_db);
        cr_expect_eq(found.head, samples[i].head);
        cr_expect_eq(found.expire_ms, samples[i].expire_ms);
        cr_expect_eq(found.offset, samples[i].offset);
        cr_expect_eq(found.count, samples[i].count);
        cr_expect_eq(found.score, samples[i].score);
        cr_expect(same_slice(found.key, samples[i].key), "%zu", i);
        cr_expect(same_slice(found.item, samples[i].item), "%zu", i);
        cr_expect(same_slice(found.data, samples[i].data), "%zu", i);
    }
    cr_expect_eq(at, end);
    batch_clear(&batch);
}

Test(effect, set_of_100_bytes_costs_little_more) {
    char key[16] = {0}, value[100] = {0};
    struct effect effect = {.op = EFFECT_PUT,
                            .head = FERRITE_TYPE_STRING,
                            .key = {key, sizeof key},
                            .data = {value, sizeof value}};
    cr_expect_leq(effect_size(&effect), 125);
}

Test(effect, every_cut_is_damage) {
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t size = effect_size(&samples[i]);
        uint8_t *bytes = malloc(size);
        effect_write(&samples[i], bytes);
        for (size_t cut = 1; cut < size; cut++) {
            uint8_t *shorter = malloc(cut); /* of its own, so that a sanitizer sees its end */
            memcpy(shorter, bytes, cut);
            const uint8_t *at = shorter;
            struct effect found;
            cr_expect_eq(effect_read(&at, shorter + cut, &found), FERRITE_CORRUPT, "%zu %zu", i,
                         cut);
            cr_expect_eq(at, shorter);
            free(shorter);
        }
        free(bytes);
    }
}

static void expect_damage(const void *bytes, size_t len) {
    const uint8_t *at = bytes;
    struct effect found;
    cr_expect_eq(effect_read(&at, at + len, &found), FERRITE_CORRUPT);
}

Test(effect, impossible_values_are_damage) {
    expect_damage("\x00\x00", 2); /* no such op */
    expect_damage("\x09\x00", 2);
    expect_damage("\x06\x40", 2); /* database 64 */
    expect_damage("\x08\x00\x40", 3);
    expect_damage("\x02\x00\x81\x80\x04", 5);                              /* key of 65,537 bytes */
    expect_damage("\x02\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 12); /* over 64 bits */
    expect_damage("\x02\x00\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 13);
    expect_damage("\x01\x00\x00\x00", 4);                       /* a record of no bytes */
    expect_damage("\x01\x00\x00\x01\x21", 5);                   /* BLOB in an effect */
    expect_damage("\x01\x00\x00\x01\x00", 5);                   /* no type */
    expect_damage("\x01\x00\x00\x02\x11z", 6);                  /* expiry cut short */
    expect_damage("\x03\x00\x00\x80\x80\x80\x80\x02\x01z", 10); /* ends beyond 512 MiB */
}

Test(effect, random_bytes_never_harm) {
    srand(1);
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[24];
        for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)rand();
        bytes[0] %= 10;
        bytes[1] %= 80;
        const uint8_t *at = bytes;
        struct effect found;
        if (effect_read(&at, bytes + sizeof bytes, &found) == FERRITE_OK)
            cr_expect_leq(at, bytes + sizeof bytes);
    }
}

Test(effect, words_for_people) {
    struct effect_words words;
    effect_words(&samples[1], &words);
    cr_expect_eq(words.count, 4);
    cr_expect_arr_eq(words.word[3].data, "1234567890123", 13);
    effect_words(&samples[3], &words);
    cr_expect_arr_eq(words.word[0].data, "write", 5);
    cr_expect_arr_eq(words.word[2].data, "300000", 6);
    for (size_t i = 0; i < SAMPLES; i++) {
        effect_words(&samples[i], &words);
        cr_expect_geq(words.count, 1);
    }
}

Test(effect, a_score_is_a_number_and_shown_as_one) {
    struct effect effect = {
        .op = EFFECT_ZSET_ADD, .key = {"z", 1}, .item = {"m", 1}, .score = 2.5};
    uint8_t bytes[64];
    const uint8_t *at = bytes;
    struct effect_words words;
    effect_words(&effect, &words);
    cr_assert_eq(words.count, 4);
    cr_expect(words.word[2].len == 3 && memcmp(words.word[2].data, "2.5", 3) == 0);
    effect.score = NAN;
    effect_write(&effect, bytes);
    cr_expect_eq(effect_read(&at, bytes + effect_size(&effect), &effect), FERRITE_CORRUPT);
}
