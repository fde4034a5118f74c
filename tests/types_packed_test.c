/* types_packed_test.c - items of packed collections: in and out, in order, and safe against damage. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "libferrite/types/packed.h"

#define BYTES(text) ((const uint8_t *)(text))

static uint8_t bytes[2048];
static uint32_t len;

static void insert(uint32_t at, const char *item) {
    packed_insert(bytes, &len, at, item, strlen(item));
}

static void expect_items(const char *const *items, uint32_t count) {
    struct packed_item item;
    uint32_t found, at = 0;
    cr_assert_eq(packed_count(bytes, len, &found), FERRITE_OK);
    cr_assert_eq(found, count);
    for (uint32_t i = 0; i < count; i++, at = item.next) {
        cr_assert_eq(packed_read(bytes, len, at, &item), FERRITE_OK);
        cr_assert_eq(item.at, at);
        cr_assert(item.len == strlen(items[i]) && memcmp(item.data, items[i], item.len) == 0);
    }
    cr_assert_eq(at, len);
}

Test(packed, items_go_in_and_out_anywhere) {
    len = 0;
    insert(0, "bb");
    insert(0, "");
    insert(1, "a");
    insert(len, "ccc");
    expect_items((const char *const[]){"", "a", "bb", "ccc"}, 4);
    packed_remove(bytes, &len, 1, 3);
    expect_items((const char *const[]){"", "bb", "ccc"}, 3);
    packed_remove(bytes, &len, 0, len);
    expect_items(NULL, 0);
}

Test(packed, items_of_every_length) {
    static char item[1025];
    memset(item, 'x', 1024);
    for (size_t size = 0; size <= 1024; size++) {
        struct packed_item found;
        len = 0;
        packed_insert(bytes, &len, 0, item, size);
        cr_assert_eq(len, packed_size(size));
        cr_assert_eq(packed_read(bytes, len, 0, &found), FERRITE_OK);
        cr_assert_eq(found.len, size);
        cr_assert_eq(found.next, len);
    }
    cr_expect_gt(packed_size(1025), 100000);
    cr_expect_gt(packed_size(SIZE_MAX / 2), 100000);
}

Test(packed, seeking_finds_keys_and_places) {
    uint32_t at;
    bool exact;
    len = 0;
    insert(len, "b");
    insert(len, "value of b");
    insert(len, "d");
    insert(len, "value of d");
    cr_assert_eq(packed_seek(bytes, len, 2, (ferrite_slice){"a", 1}, &at, &exact), FERRITE_OK);
    cr_expect(at == 0 && !exact);
    cr_assert_eq(packed_seek(bytes, len, 2, (ferrite_slice){"d", 1}, &at, &exact), FERRITE_OK);
    cr_expect(at == 13 && exact);
    cr_assert_eq(packed_seek(bytes, len, 2, (ferrite_slice){"c", 1}, &at, &exact), FERRITE_OK);
    cr_expect(at == 13 && !exact);
    cr_assert_eq(packed_seek(bytes, len, 2, (ferrite_slice){"da", 2}, &at, &exact), FERRITE_OK);
    cr_expect(at == len && !exact);
}

static void expect_damage(const char *damaged, uint32_t damaged_len) {
    uint32_t count;
    cr_expect_eq(packed_count(BYTES(damaged), damaged_len, &count), FERRITE_CORRUPT);
}

Test(packed, damage_is_noticed) {
    expect_damage("\x02x", 2);              /* cut short */
    expect_damage("\x80", 1);               /* the length is cut short */
    expect_damage("\xff\xff\xff\xff\x7f", 5);
    expect_damage("\x01x\x7f", 3);
    expect_damage("\x80\x80\x80\x80", 4);
}

static int check_items(uint32_t stride, bool in_order) {
    return packed_check(bytes, len, stride, stride, in_order);
}

Test(packed, a_whole_collection_is_checked) {
    len = 0;
    cr_expect_eq(check_items(1, true), FERRITE_CORRUPT); /* empty */
    insert(len, "a");
    insert(len, "z");
    insert(len, "b");
    cr_expect_eq(check_items(2, true), FERRITE_CORRUPT); /* a field without a value */
    insert(len, "y");
    cr_expect_eq(check_items(2, true), FERRITE_OK);
    cr_expect_eq(check_items(1, true), FERRITE_CORRUPT); /* out of order */
    cr_expect_eq(check_items(1, false), FERRITE_OK);
    insert(len, "b");
    insert(len, "y");
    cr_expect_eq(check_items(2, true), FERRITE_CORRUPT); /* twice the same */
}

/* Any bytes at all: an answer, and never a look beyond the end. */
Test(packed, any_bytes_are_safe) {
    uint64_t seed = 7;
    for (int i = 0; i < 20000; i++) {
        uint32_t count, size = (uint32_t)(i % 40);
        uint8_t *exact = malloc(size != 0 ? size : 1);
        for (uint32_t k = 0; k < size; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            exact[k] = (uint8_t)(seed >> (seed >> 61 & 1 ? 33 : 60));
        }
        int code = packed_count(exact, size, &count);
        cr_assert(code == FERRITE_OK || code == FERRITE_CORRUPT);
        free(exact);
    }
}
