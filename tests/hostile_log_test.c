/*
 * hostile_log_test.c - logs with right checksums and effects that nobody could have logged, and headers that claim what
 * cannot be (E6).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/hostile.h"

static struct bed bed;
static struct image image;

static void setup(void) {
    bed = bed_make();
    hostile_make_open(&bed, &image);
}
static void teardown(void) { hostile_end(&bed, &image); }
TestSuite(hostile_log, .init = setup, .fini = teardown, .timeout = 300);

/* ---- effects ---- */

static void frame_and_refuse(const unsigned char *payload, size_t len) {
    const struct image_payload frame = {payload, len};
    cr_assert(image_set_frames(&image, &frame, 1));
    hostile_expect_refusal(&bed, &image, "");
}

#define REFUSED(...)                                   \
    do {                                               \
        const unsigned char payload[] = {__VA_ARGS__}; \
        frame_and_refuse(payload, sizeof payload);     \
    } while (0)

#define HUGE_LEN 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01

Test(hostile_log, an_unknown_effect) { REFUSED(99, 0, 1, 'k'); }
Test(hostile_log, effect_0) { REFUSED(0, 0, 1, 'k'); }
Test(hostile_log, effect_255) { REFUSED(255, 0, 1, 'k'); }
Test(hostile_log, an_effect_cut_short) { REFUSED(1); }
Test(hostile_log, an_unknown_effect_behind_a_known_one) { REFUSED(2, 0, 1, 'k', 99, 0); }
Test(hostile_log, a_database_that_is_not_there) { REFUSED(2, 16, 1, 'k'); }
Test(hostile_log, database_255) { REFUSED(2, 255, 1, 'k'); }
Test(hostile_log, a_move_to_a_database_that_is_not_there) { REFUSED(4, 0, 200, 1, 1, 'a', 'b'); }
Test(hostile_log, a_swap_with_a_database_that_is_not_there) { REFUSED(8, 0, 64); }
Test(hostile_log, a_key_longer_than_the_frame) { REFUSED(2, 0, 100, 'k'); }
Test(hostile_log, a_key_of_two_to_the_sixty_fourth_bytes) { REFUSED(2, 0, HUGE_LEN, 'k'); }
Test(hostile_log, a_key_whose_length_does_not_end) {
    REFUSED(2, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 'k');
}
Test(hostile_log, a_record_longer_than_the_frame) { REFUSED(1, 0, 1, 50, 'k', 1, 'v'); }
Test(hostile_log, a_record_of_two_to_the_sixty_fourth_bytes) {
    REFUSED(1, 0, 1, HUGE_LEN, 'k', 1, 'v');
}
Test(hostile_log, lengths_whose_sum_is_small) { REFUSED(1, 0, 2, HUGE_LEN, 'k', 1, 'v'); }
Test(hostile_log, an_empty_record) { REFUSED(1, 0, 1, 0, 'k'); }
Test(hostile_log, a_record_of_type_0) { REFUSED(1, 0, 1, 2, 'k', 0, 'v'); }
Test(hostile_log, a_record_of_type_7) { REFUSED(1, 0, 1, 2, 'k', 7, 'v'); }
Test(hostile_log, a_record_that_is_a_descriptor) {
    REFUSED(1, 0, 1, 17, 'k', 0x21, 0, 0, 1, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0);
}
Test(hostile_log, a_record_of_roots) {
    REFUSED(1, 0, 1, 21, 'k', 0x43, 5, 0, 0, 0, 0, 0, 0, 4, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
Test(hostile_log, a_record_without_the_moment_it_promises) { REFUSED(1, 0, 1, 3, 'k', 0x11, 1, 2); }
Test(hostile_log, a_set_whose_members_are_out_of_order) {
    REFUSED(1, 0, 1, 5, 'k', 3, 1, 'b', 1, 'a');
}
Test(hostile_log, a_hash_with_a_field_without_a_value) { REFUSED(1, 0, 1, 3, 'k', 5, 1, 'f'); }
Test(hostile_log, a_compressed_record_that_is_not) {
    REFUSED(1, 0, 1, 6, 'k', 0x09, 0xff, 0xff, 0xff, 0x7f, 1);
}
Test(hostile_log, a_write_beyond_all_strings) { REFUSED(3, 0, 3, HUGE_LEN, 1, 'r', 'u', 'n', 'x'); }
Test(hostile_log, a_write_that_would_make_a_string_of_a_terabyte) {
    REFUSED(3, 0, 3, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 1, 'r', 'u', 'n', 'x');
}
Test(hostile_log, a_write_into_a_list) { REFUSED(3, 0, 4, 0, 1, 'l', 'i', 's', 't', 'x'); }
Test(hostile_log, a_field_of_a_list) { REFUSED(16, 0, 4, 1, 1, 'l', 'i', 's', 't', 'f', 'v'); }
Test(hostile_log, an_element_of_a_hash) { REFUSED(40, 0, 4, 1, 0, 'h', 'a', 's', 'h', 'e'); }
Test(hostile_log, an_insertion_far_behind_the_end) {
    REFUSED(40, 0, 4, 1, 0xff, 0xff, 0xff, 0x7f, 'l', 'i', 's', 't', 'e');
}
Test(hostile_log, a_removal_of_more_than_there_is) {
    REFUSED(41, 0, 4, 0, 0xff, 0xff, 0xff, 0x7f, 'l', 'i', 's', 't');
}
Test(hostile_log, a_removal_whose_end_wraps_around) {
    REFUSED(41, 0, 4, 5, HUGE_LEN, 'l', 'i', 's', 't');
}
Test(hostile_log, a_replacement_behind_the_end) {
    REFUSED(42, 0, 4, 1, 0xff, 0xff, 0x7f, 'l', 'i', 's', 't', 'e');
}
Test(hostile_log, a_score_that_is_no_number) {
    REFUSED(32, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f, 'z', 's', 'e', 't', 'm');
}
Test(hostile_log, a_compressed_element_that_is_not) {
    REFUSED(40 | 0x80, 0, 4, 3, 0, 'l', 'i', 's', 't', 0xff, 0xff, 0x7f);
}
Test(hostile_log, compression_of_what_has_none) { REFUSED(24 | 0x80, 0, 3, 1, 's', 'e', 't', 'm'); }
Test(hostile_log, a_copy_of_what_is_not_there) { REFUSED(5, 0, 0, 1, 1, '?', 'b'); }

/* What changes nothing is done, and the database is sound. */
static void frame_and_use(const unsigned char *payload, size_t len) {
    const struct image_payload frame = {payload, len};
    cr_assert(image_set_frames(&image, &frame, 1));
    const struct hostile result = hostile_use(&bed, &image);
    cr_expect_eq(result.opened, FERRITE_OK, "%s", result.refusal);
    cr_expect_eq(result.findings, 0, "%s", result.finding);
}

Test(hostile_log, a_removal_of_ranks_that_wraps_around) {
    const unsigned char payload[] = {34, 0, 4, 5, HUGE_LEN, 'z', 's', 'e', 't'};
    frame_and_use(payload, sizeof payload);
}
Test(hostile_log, a_field_that_expires_and_is_not_there) {
    const unsigned char payload[] = {18, 0, 4, 1, 1, 0, 0, 0, 0, 0, 0, 0, 'h', 'a', 's', 'h', '?'};
    frame_and_use(payload, sizeof payload);
}

/* A thousand changes of a database each, and then one that cannot be. */
Test(hostile_log, many_sound_effects_and_then_none) {
    unsigned char payload[1000 * 3 + 1];
    for (int i = 0; i < 1000; i++) memcpy(payload + 3 * i, "\x08\x00\x01", 3);
    payload[3000] = 77;
    frame_and_refuse(payload, sizeof payload);
}

/* ---- the header: at 0 and 512, see docs/FORMAT.md ---- */

enum { DATABASE_ID = 16, LOG_ID = 32, BASE = 48, CAPACITY = 56, RELEASED = 64 };

static void header_put(size_t offset, uint64_t value) {
    for (int copy = 0; copy < 2; copy++) {
        memcpy(image.part[IMAGE_LOG].data + 512 * copy + offset, &value, sizeof value);
        image_seal_header(&image.part[IMAGE_LOG], copy);
    }
}

static void header_and_refuse(size_t offset, uint64_t value) {
    header_put(offset, value);
    hostile_expect_refusal(&bed, &image, "-wal");
}

Test(hostile_log, of_another_database) { header_and_refuse(DATABASE_ID, 12345); }
Test(hostile_log, of_another_time) { header_and_refuse(LOG_ID, 12345); }
Test(hostile_log, of_no_capacity) { header_and_refuse(CAPACITY, 0); }
Test(hostile_log, of_a_capacity_of_24) { header_and_refuse(CAPACITY, 24); }
Test(hostile_log, of_a_terabyte) { header_and_refuse(CAPACITY, UINT64_C(1) << 40); }
Test(hostile_log, of_two_to_the_sixty_fourth) { header_and_refuse(CAPACITY, UINT64_MAX); }
Test(hostile_log, of_a_capacity_that_wraps_around_with_its_header) {
    header_and_refuse(CAPACITY, UINT64_MAX - 4095);
}
Test(hostile_log, that_begins_after_the_checkpoint) { header_and_refuse(BASE, UINT64_MAX / 2); }
Test(hostile_log, that_begins_at_the_end_of_all_logs) { header_and_refuse(BASE, UINT64_MAX); }
Test(hostile_log, that_was_released_for_ever) { header_and_refuse(RELEASED, UINT64_MAX); }
Test(hostile_log, that_was_released_to_the_last_number) {
    header_and_refuse(RELEASED, UINT64_MAX / 2 - 1);
}

Test(hostile_log, that_wraps_around_two_to_the_sixty_fourth) {
    header_put(BASE, UINT64_MAX - 100);
    header_put(RELEASED, UINT64_MAX - 50);
    hostile_expect_refusal(&bed, &image, "-wal");
}

/* A capacity of another size puts all frames in other places: none of them counts then. */
Test(hostile_log, of_another_capacity) {
    header_put(CAPACITY, 300000);
    const struct hostile result = hostile_use(&bed, &image);
    cr_expect(result.opened == FERRITE_OK || result.opened == FERRITE_CORRUPT);
}

Test(hostile_log, that_is_cut_at_any_page) {
    const size_t len = image.part[IMAGE_LOG].len;
    for (size_t at = 0; at < len; at = at < 16384 ? at + 2048 : at * 2) {
        struct image cut;
        image_copy(&cut, &image);
        image_resize(&cut.part[IMAGE_LOG], at);
        const struct hostile result = hostile_use(&bed, &cut);
        cr_expect(result.opened == FERRITE_OK || result.opened == FERRITE_CORRUPT);
        image_free(&cut);
    }
}
