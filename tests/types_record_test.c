/* types_record_test.c - records as they come from a file: read, or refused. */
#include <criterion/criterion.h>
#include <string.h>

#include "libferrite/types/record.h"

static int parse(const void *bytes, uint32_t len, bool spilled, struct record *out) {
    struct tree_value value = {bytes, len, spilled, false};
    return record_parse(&value, out);
}

Test(record, header_there_and_back) {
    uint8_t bytes[32];
    struct record record;
    uint8_t *payload =
        record_write_header(bytes, FERRITE_TYPE_STRING | RECORD_EXPIRES, 1700000000000);
    memcpy(payload, "abc", 3);
    cr_assert_eq(parse(bytes, (uint32_t)(payload - bytes) + 3, false, &record), FERRITE_OK);
    cr_expect_eq(record_type(&record), FERRITE_TYPE_STRING);
    cr_expect_eq(record.expire_ms, 1700000000000);
    cr_expect_eq(record.payload_len, 3);
    cr_expect_eq(record_string_len(&record), 3);
}

Test(record, blob_descriptor_gives_the_length) {
    uint8_t bytes[17] = {FERRITE_TYPE_STRING | RECORD_BLOB};
    struct blob blob = {100000, 7, BLOB_TREE};
    struct record record;
    memcpy(bytes + 1, &blob, sizeof blob);
    cr_assert_eq(parse(bytes, sizeof bytes, true, &record), FERRITE_OK);
    cr_expect_eq(record_string_len(&record), 100000);
}

static void expect_damage(const void *bytes, uint32_t len, bool spilled) {
    struct record record;
    cr_expect_eq(parse(bytes, len, spilled, &record), FERRITE_CORRUPT);
}

Test(record, damage_is_refused) {
    expect_damage("", 0, false);
    expect_damage("\x00x", 2, false);                 /* no type */
    expect_damage("\x07x", 2, false);                 /* unknown type */
    expect_damage("\x81x", 2, false);                 /* reserved bit */
    expect_damage("\x11xxxxxxx", 8, false);           /* expiry cut short */
    expect_damage("\x01x", 2, true);                  /* spilled, but inline */
    expect_damage("\x21xxxxxxxxxxxxxxxx", 17, false); /* blob, but not spilled */
    expect_damage("\x21xxx", 4, true);                /* no descriptor */
    expect_damage("\x61xxxxxxxxxxxxxxxx", 17, true);  /* blob and trees */
    expect_damage("\x41xxxxxxxxxxxxxxxx", 17, true);  /* a string of trees */
    uint8_t bytes[17] = {0x21};
    const struct blob wrong[] = {
        {0, 7, BLOB_RUN}, {BLOB_MAX + 1, 7, BLOB_TREE}, {10, 1, BLOB_RUN}, {10, 7, 2}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        memcpy(bytes + 1, &wrong[i], sizeof wrong[i]);
        expect_damage(bytes, sizeof bytes, true);
    }
}
