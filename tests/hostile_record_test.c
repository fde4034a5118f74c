/*
 * hostile_record_test.c - each byte of a record is changed to what hurts most (E6).
 *
 * Strings, packed collections, descriptors and roots: whatever they say then, using the key comes back.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/clock.h"
#include "support/hostile.h"

static struct bed bed;
static struct image image;

static void fill(ferrite_db *db) {
    for (int i = 0; i < 6; i++) {
        char item[16], *end = item + snprintf(item, sizeof item, "item:%04d", i);
        const size_t len = (size_t)(end - item);
        const ferrite_slice field = {item, len};
        int64_t result;
        ferrite_hset(db, S("hash"), item, len, S("value"), NULL);
        ferrite_hset(db, S("fields"), item, len, S("value"), NULL);
        if (i % 2) ferrite_hpexpire(db, S("fields"), 5000 + i, 0, &field, 1, &result, NULL);
        ferrite_sadd(db, S("set"), item, len, NULL);
        ferrite_zadd(db, S("zset"), i * 1.5 - 3, item, len, NULL);
        ferrite_rpush(db, S("list"), item, len, NULL);
    }
    char value[30000];
    memset(value, 'a', sizeof value);
    ferrite_set(db, S("string"), S("value"), NULL);
    ferrite_pexpire(db, S("string"), 5000, NULL);
    ferrite_set(db, S("squeezed"), value, 700, NULL);
    for (size_t i = 0; i < sizeof value; i++) value[i] = (char)(i * i / 7);
    ferrite_set(db, S("run"), value, sizeof value, NULL);
    ferrite_sadd(db, S("large"), value, 2000, NULL);
    for (int i = 0; i < 300; i++) {
        char item[16];
        const size_t len = (size_t)snprintf(item, sizeof item, "item:%04d", i);
        ferrite_sadd(db, S("large"), item, len, NULL);
        ferrite_zadd(db, S("zlarge"), i % 10, item, len, NULL);
        ferrite_rpush(db, S("llarge"), item, len, NULL);
    }
}

static void setup(void) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.clock_ms = clock_now;
    options.compression = 1;
    bed = bed_make();
    ferrite_db *db = api_open_with(bed.path, &options);
    fill(db);
    ferrite_close(db);
    image_load(&image, bed.path);
}
static void teardown(void) { hostile_end(&bed, &image); }
TestSuite(hostile_record, .init = setup, .fini = teardown, .timeout = 300);

static void change_each_byte(const char *key) {
    unsigned char *payload;
    const struct forge_value value = forge_record(&image, key, &payload);
    for (uint32_t at = 0; at < value.len; at++) {
        const unsigned char kept = value.bytes[at];
        const unsigned char odd[] = {0, 0xff, 0x80, (unsigned char)(kept + 1),
                                     (unsigned char)(kept ^ 0x40)};
        for (size_t i = 0; i < sizeof odd; i++) {
            value.bytes[at] = odd[i];
            forge_seal(&image, value.page);
            cr_expect(hostile_use_key(&bed, &image, key), "byte %u is %u", at, odd[i]);
        }
        value.bytes[at] = kept;
    }
    forge_seal(&image, value.page);
}

Test(hostile_record, of_a_string) { change_each_byte("string"); }
Test(hostile_record, of_a_compressed_string) { change_each_byte("squeezed"); }
Test(hostile_record, of_a_long_string) { change_each_byte("run"); }
Test(hostile_record, of_a_packed_hash) { change_each_byte("hash"); }
Test(hostile_record, of_a_packed_hash_whose_fields_expire) { change_each_byte("fields"); }
Test(hostile_record, of_a_packed_set) { change_each_byte("set"); }
Test(hostile_record, of_a_packed_sorted_set) { change_each_byte("zset"); }
Test(hostile_record, of_a_packed_list) { change_each_byte("list"); }
Test(hostile_record, of_a_set_with_a_tree) { change_each_byte("large"); }
Test(hostile_record, of_a_sorted_set_with_trees) { change_each_byte("zlarge"); }
Test(hostile_record, of_a_list_with_a_tree) { change_each_byte("llarge"); }
