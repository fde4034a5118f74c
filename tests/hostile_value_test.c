/*
 * hostile_value_test.c - compressed and long values that are not what they say (E6).
 */
#include <criterion/criterion.h>
#include <string.h>

#include "support/hostile.h"

static struct bed bed;
static struct image image;

static void setup(void) { hostile_begin(&bed, &image); }
static void teardown(void) { hostile_end(&bed, &image); }
TestSuite(hostile_value, .init = setup, .fini = teardown, .timeout = 300);

static void expect_refused(const char *command) {
    char text[300];
    cr_expect(hostile_refused(&bed, &image, command, text), "%s", command);
    cr_expect(strstr(text, "WRONGTYPE") == NULL, "%s", text);
}

/* ---- compressed forms ---- */

/* The header of the form says this length in so many bytes (it had two). */
static void squeezed_claim(const char *key, const unsigned char *header, size_t len) {
    unsigned char *payload;
    struct forge_value value = forge_record(&image, key, &payload);
    cr_assert(value.bytes[0] & 0x08);
    memcpy(payload, header, len);
    forge_seal(&image, value.page);
}

static void claim_and_use(const unsigned char *header, size_t len) {
    squeezed_claim("squeezed", header, len);
    expect_refused("GET squeezed");
    hostile_expect_finding(&bed, &image, "ompress");
}

Test(hostile_value, a_form_of_no_bytes) { claim_and_use((const unsigned char[]){0x80, 0x00}, 2); }
Test(hostile_value, a_form_of_fewer_bytes_than_any_has) {
    claim_and_use((const unsigned char[]){31, 0x80}, 2);
}
Test(hostile_value, a_form_of_one_byte_less) {
    claim_and_use((const unsigned char[]){0x83, 0x07}, 2);
}
Test(hostile_value, a_form_of_one_byte_more) {
    claim_and_use((const unsigned char[]){0x85, 0x07}, 2);
}
Test(hostile_value, a_form_of_the_most_bytes) {
    claim_and_use((const unsigned char[]){0x80, 0x80, 0x04}, 3);
}
Test(hostile_value, a_form_of_more_bytes_than_any_has) {
    claim_and_use((const unsigned char[]){0x81, 0x80, 0x04}, 3);
}
Test(hostile_value, a_form_of_four_gigabytes) {
    claim_and_use((const unsigned char[]){0xff, 0xff, 0xff, 0xff, 0x0f}, 5);
}
Test(hostile_value, a_form_of_two_to_the_sixty_fourth) {
    claim_and_use(
        (const unsigned char[]){0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, 10);
}
Test(hostile_value, a_form_whose_length_does_not_end) {
    claim_and_use((const unsigned char[]){0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                          0xff, 0xff, 0xff},
                  12);
}

/* A block that would give 255 bytes for each of its own. */
Test(hostile_value, a_block_that_expands_for_ever) {
    unsigned char *payload;
    struct forge_value value = forge_record(&image, "squeezed", &payload);
    const size_t len = value.len - (size_t)(payload - value.bytes);
    memset(payload + 2, 0xff, len - 2);
    payload[2] = 0x1f, payload[4] = 1,
    payload[5] = 0; /* a literal, then a match of what is one byte back */
    forge_seal(&image, value.page);
    expect_refused("GET squeezed");
    hostile_expect_finding(&bed, &image, "ompress");
}

static void say_compressed(const char *key, const char *command) {
    unsigned char *payload;
    struct forge_value value = forge_record(&image, key, &payload);
    value.bytes[0] |= 0x08;
    forge_seal(&image, value.page);
    expect_refused(command);
    hostile_expect_finding(&bed, &image, "");
}

Test(hostile_value, a_string_that_is_said_to_be_compressed) { say_compressed("str:0700", "GET str:0700"); }
Test(hostile_value, a_run_that_is_said_to_be_compressed) { say_compressed("run", "GET run"); }

/* ---- blobs: u64 bytes, u32 run or root, u32 kind ---- */

static void blob_put(const char *key, uint64_t len, uint32_t page, uint32_t kind) {
    unsigned char *payload;
    struct forge_value value = forge_record(&image, key, &payload);
    cr_assert(value.bytes[0] & 0x20);
    if (page == 0) memcpy(&page, payload + 8, 4);
    memcpy(payload, &len, 8);
    memcpy(payload + 8, &page, 4);
    memcpy(payload + 12, &kind, 4);
    forge_seal(&image, value.page);
}

static uint32_t blob_page(const char *key) {
    unsigned char *payload;
    uint32_t page;
    forge_record(&image, key, &payload);
    memcpy(&page, payload + 8, 4);
    return page;
}

static void blob_and_use(const char *key, const char *get, uint64_t len, uint32_t page,
                         uint32_t kind) {
    blob_put(key, len, page, kind);
    expect_refused(get);
    hostile_expect_finding(&bed, &image, "");
}

Test(hostile_value, a_run_of_more_bytes) { blob_and_use("run", "GET run", 20001, 0, 0); }
Test(hostile_value, a_run_of_more_bytes_than_any_has) {
    blob_and_use("run", "GET run", 65537, 0, 0);
}
Test(hostile_value, a_run_of_two_to_the_sixty_fourth_bytes) {
    blob_and_use("run", "GET run", UINT64_MAX, 0, 0);
}
Test(hostile_value, a_run_of_four_gigabytes_and_its_length) {
    blob_and_use("run", "GET run", (UINT64_C(1) << 32) + 20000, 0, 0);
}
Test(hostile_value, a_run_that_is_a_meta_page) { blob_and_use("run", "GET run", 20000, 1, 0); }
Test(hostile_value, a_run_beyond_the_file) { blob_and_use("run", "GET run", 20000, 0xfffffff0, 0); }
Test(hostile_value, a_run_that_is_said_to_be_a_tree) {
    blob_and_use("run", "GET run", 20000, 0, 1);
}
Test(hostile_value, a_tree_that_is_said_to_be_a_run) {
    blob_and_use("blob", "GET blob", 60000, 0, 0);
}
Test(hostile_value, a_blob_of_an_unknown_kind) { blob_and_use("blob", "GET blob", 200000, 0, 7); }
Test(hostile_value, a_blob_of_half_a_gigabyte) {
    blob_and_use("blob", "GET blob", 512u << 20, 0, 1);
}
Test(hostile_value, a_blob_of_more_than_any_has) {
    blob_and_use("blob", "GET blob", (512ull << 20) + 1, 0, 1);
}
Test(hostile_value, a_blob_that_is_the_tree_of_a_list) {
    blob_and_use("blob", "GET blob", 200000, forge_record_root(&image, "list", 0).page, 1);
}

/* All pieces are one and the same run. */
Test(hostile_value, a_blob_whose_pieces_are_one_run) {
    struct page *leaf = forge_page(&image, blob_page("blob"));
    uint16_t first, at;
    cr_assert_eq(leaf->type, PAGE_POS_LEAF);
    memcpy(&first, leaf->body, 2);
    for (uint32_t i = 1; i + 1 < leaf->slots; i++) {
        memcpy(&at, leaf->body + 2 * i, 2);
        memcpy((char *)leaf + at + 2, (char *)leaf + first + 2, 8);
    }
    forge_seal(&image, leaf->pgno);
    hostile_expect_finding(&bed, &image, "used twice");
}

/* A piece is the tree itself. */
Test(hostile_value, a_blob_that_is_a_piece_of_itself) {
    struct page *leaf = forge_page(&image, blob_page("blob"));
    uint16_t first;
    memcpy(&first, leaf->body, 2);
    memcpy((char *)leaf + first + 2, &leaf->pgno, 4);
    forge_seal(&image, leaf->pgno);
    expect_refused("GET blob");
    hostile_expect_finding(&bed, &image, "page ");
}

/* Its tree goes round. */
Test(hostile_value, a_blob_whose_tree_is_a_circle) {
    uint32_t root = forge_append(&image, PAGE_POS_BRANCH, 1, TAG_BLOB);
    struct page *page = forge_page(&image, root);
    const uint64_t count = 4;
    page->slots = 1;
    memcpy(page->body, &root, 4);
    memcpy(page->body + 4, &count, 8);
    forge_seal(&image, root);
    blob_and_use("blob", "GET blob", 200000, root, 1);
}
