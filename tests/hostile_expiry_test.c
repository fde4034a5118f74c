/*
 * hostile_expiry_test.c - keys that expire, and a tree by time that says otherwise (E6).
 */
#include <criterion/criterion.h>
#include <string.h>

#include "support/hostile.h"

static struct bed bed;
static struct image image;

static void setup(void) { hostile_begin(&bed, &image); }
static void teardown(void) { hostile_end(&bed, &image); }
TestSuite(hostile_expiry, .init = setup, .fini = teardown, .timeout = 300);

/* The tree by time: 51 entries, one leaf, those that expire first before the others. */
static struct page *times(void) {
    struct page *leaf = forge_page(&image, forge_meta_get_u32(&image, FORGE_EXPIRY));
    cr_assert_eq(leaf->level, 0);
    return leaf;
}

static unsigned char *slot_at(uint32_t slot) { return times()->body + 8 * slot; }

static uint16_t u16_at(const unsigned char *at) {
    uint16_t value;
    memcpy(&value, at, 2);
    return value;
}

static void times_done(const char *part) {
    forge_seal(&image, times()->pgno);
    hostile_expect_finding(&bed, &image, part);
}

static void count_put(uint64_t count) { forge_meta_put(&image, FORGE_EXPIRY + 8, &count, 8); }

Test(hostile_expiry, a_key_without_its_entry) {
    struct page *leaf = times();
    const unsigned char *last = slot_at(leaf->slots - 1u);
    const uint16_t rest = u16_at(last + 6);
    leaf->slots--;
    leaf->garbage = (uint16_t)(leaf->garbage + 2 + (rest > 4 ? rest - 4 : 0));
    count_put(leaf->slots);
    times_done("no entry by time");
}

Test(hostile_expiry, no_entries_at_all) {
    const unsigned char none[16] = {0};
    forge_meta_put(&image, FORGE_EXPIRY, none, sizeof none);
    hostile_expect_finding(&bed, &image, "no entry by time");
}

Test(hostile_expiry, an_entry_without_its_key) {
    for (uint32_t slot = 3; slot < 9; slot++) {
        const unsigned char *at = slot_at(slot);
        unsigned char *cell = (unsigned char *)times() + u16_at(at + 4);
        cell[2 + u16_at(at + 6) - 4 - 1] = '~'; /* the last byte of the key */
    }
    times_done("no entry by time");
}

static struct forge_value ttl_record(unsigned char **payload) {
    struct forge_value value = forge_record(&image, "ttl:07", payload);
    cr_assert(value.bytes[0] & 0x10);
    return value;
}

Test(hostile_expiry, an_entry_of_a_key_that_does_not_expire) {
    unsigned char *payload;
    struct forge_value value = ttl_record(&payload);
    value.bytes[0] &= (unsigned char)~0x10;
    forge_seal(&image, value.page);
    hostile_expect_finding(&bed, &image, "keys expire, but there are");
}

static void moment_and_use(int64_t moment_ms) {
    unsigned char *payload;
    struct forge_value value = ttl_record(&payload);
    memcpy(value.bytes + 1, &moment_ms, 8);
    forge_seal(&image, value.page);
    hostile_expect_finding(&bed, &image, "no entry by time");
}

Test(hostile_expiry, a_key_that_expires_later_than_its_entry) { moment_and_use(2000000); }
Test(hostile_expiry, a_key_that_expires_sooner_than_its_entry) { moment_and_use(1000001); }
Test(hostile_expiry, a_key_that_expires_at_0) { moment_and_use(0); }
Test(hostile_expiry, a_key_that_expired_before_all_time) { moment_and_use(INT64_MIN); }
Test(hostile_expiry, a_key_that_expires_at_the_end_of_time) { moment_and_use(INT64_MAX); }

static void first_field_and_use(int64_t moment_ms, const char *part) {
    unsigned char *payload;
    struct forge_value value = forge_record(&image, "ttl-hash", &payload);
    cr_assert(value.bytes[0] & 0x80);
    memcpy(payload, &moment_ms, 8);
    forge_seal(&image, value.page);
    hostile_expect_finding(&bed, &image, part);
}

Test(hostile_expiry, fields_that_expire_later_than_they_do) { first_field_and_use(2000000, ""); }
Test(hostile_expiry, fields_that_expire_sooner_than_they_do) { first_field_and_use(1000001, ""); }
Test(hostile_expiry, fields_that_expired_before_all_time) {
    first_field_and_use(INT64_MIN, "expiring fields");
}
Test(hostile_expiry, fields_that_expire_at_the_end_of_time) { first_field_and_use(INT64_MAX, ""); }

/* An entry of fewer bytes than a moment has. */
Test(hostile_expiry, an_entry_without_a_moment) {
    unsigned char *at = slot_at(0);
    const uint16_t rest = u16_at(at + 6), none = 0;
    struct page *leaf = times();
    cr_assert_lt(leaf->prefix_len, 8);
    memset(at, 0, 4);
    memcpy(at + 6, &none, 2);
    leaf->garbage = (uint16_t)(leaf->garbage + (rest > 4 ? rest - 4 : 0));
    times_done("");
}
