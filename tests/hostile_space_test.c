/*
 * hostile_space_test.c - free lists that are not true, and meta pages that claim what cannot be (E6).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/hostile.h"

static struct bed bed;
static struct image image;

static void setup(void) { hostile_begin(&bed, &image); }
static void teardown(void) { hostile_end(&bed, &image); }
TestSuite(hostile_space, .init = setup, .fini = teardown, .timeout = 300);

static uint32_t keys_leaf(uint32_t slot) {
    return forge_child(forge_page(&image, forge_meta_get_u32(&image, FORGE_KEYS)), slot);
}

static uint32_t run_page(void) {
    unsigned char *payload;
    uint32_t page;
    forge_record(&image, "run", &payload);
    memcpy(&page, payload + 8, 4);
    return page;
}

#define LIST(...)                                                                       \
    do {                                                                                \
        const uint32_t extents[][2] = {__VA_ARGS__};                                    \
        forge_free_list(&image, extents, (uint32_t)(sizeof extents / sizeof *extents)); \
    } while (0)

/* ---- pages that are used ---- */

Test(hostile_space, a_leaf_of_the_keys_is_free) {
    LIST({keys_leaf(3), 1});
    hostile_expect_finding(&bed, &image, "on the free list");
}
Test(hostile_space, the_root_of_the_keys_is_free) {
    LIST({forge_meta_get_u32(&image, FORGE_KEYS), 1});
    hostile_expect_finding(&bed, &image, "on the free list");
}
Test(hostile_space, a_run_is_free) {
    LIST({run_page(), 5});
    hostile_expect_finding(&bed, &image, "on the free list");
}
Test(hostile_space, the_later_pages_of_a_run_are_free) {
    LIST({run_page() + 1, 4});
    hostile_expect_finding(&bed, &image, "on the free list");
}
Test(hostile_space, all_pages_are_free) {
    LIST({2, forge_meta_get_u32(&image, FORGE_PAGE_COUNT) - 2});
    hostile_expect_finding(&bed, &image, "on the free list");
}

/* The last page of the file, which a cut would take away. */
static void last_page_free(uint32_t last) {
    LIST({last, forge_meta_get_u32(&image, FORGE_PAGE_COUNT) - last});
    hostile_expect_finding(&bed, &image, "on the free list");
}
Test(hostile_space, pages_at_the_end_of_the_file_are_free) {
    last_page_free(forge_meta_get_u32(&image, FORGE_PAGE_COUNT) - 20);
}

/* Forty free pages, so that none need be kept for a full disk; and a run of three pages at the very end, the later two
 * of which are free. */
static void run_at_the_end(void) {
    const uint64_t len = 3 * PAGE_SIZE - PAGE_HEADER_SIZE;
    unsigned char *payload;
    for (int i = 0; i < 40; i++) forge_append(&image, PAGE_LEAF, 0, TAG_KEYS);
    const uint32_t first = forge_append(&image, PAGE_RUN, 0, TAG_BLOB);
    for (int i = 0; i < 2; i++) forge_append(&image, PAGE_RUN, 0, TAG_BLOB);
    const struct forge_value value = forge_record(&image, "run", &payload);
    forge_page(&image, first)->length = (uint32_t)len;
    memcpy(payload, &len, 8);
    memcpy(payload + 8, &first, 4);
    forge_seal(&image, first);
    forge_seal(&image, value.page);
    LIST({first - 40, 40}, {first + 1, 2});
}

/* It is looked at, and then the file is cut in the middle of it. */
Test(hostile_space, a_run_is_not_read_beyond_the_end_of_a_file_that_was_cut) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    size_t len;
    run_at_the_end();
    image_save(&image, bed.path);
    options.no_threads = 1;
    ferrite_db *db = api_open_with(bed.path, &options);
    const uint64_t before = api_stats(db).file_bytes;
    ferrite_free(ferrite_get(db, S("run"), &len, NULL));
    cr_assert_eq(len, 3 * PAGE_SIZE - PAGE_HEADER_SIZE);
    api_set(db, "str:0001", "changed");
    ferrite_compact(db, NULL, NULL, NULL);
    cr_assert_lt(api_stats(db).file_bytes, before);
    ferrite_error *err = NULL;
    cr_expect_null(ferrite_get(db, S("run"), &len, &err));
    api_expect_error(&err, FERRITE_CORRUPT, NULL);
    ferrite_close(db);
    hostile_expect_finding(&bed, &image, "on the free list");
}

/* The pages of a run are handed out, and then the run is given up. */
Test(hostile_space, a_run_is_not_freed_under_pages_that_others_were_given) {
    ferrite_error *err = NULL;
    LIST({run_page() + 1, 4});
    image_save(&image, bed.path);
    ferrite_db *db = api_open_quick(bed.path);
    cr_assert_eq(ferrite_set(db, S("str:0001"), S("changed"), NULL), 0);
    cr_expect_eq(ferrite_del(db, S("run"), &err), -1);
    api_expect_error(&err, FERRITE_CORRUPT, NULL);
    api_expect(db, "str:0001", "changed");
    ferrite_checkpoint(db, NULL);
    api_expect(db, "str:0001", "changed");
    ferrite_close(db);
}

/* A leaf that is on the free list, met before and after its place was handed out. */
Test(hostile_space, a_page_on_the_free_list_is_not_read_as_a_leaf) {
    ferrite_error *err = NULL;
    const uint32_t leaf = keys_leaf(3);
    char text[60];
    LIST({leaf, 1});
    image_save(&image, bed.path);
    snprintf(text, sizeof text, "page %u: used, but on the free list", leaf);
    ferrite_db *db = api_open_quick(bed.path);
    uint64_t count;
    cr_assert_eq(ferrite_dbsize(db, &count, NULL), 0);
    int told = 0;
    for (int i = 0; i < 1500; i++) {
        char key[16];
        snprintf(key, sizeof key, "str:%04d", i);
        ferrite_free(ferrite_get(db, key, 8, NULL, &err));
        if (err == NULL) continue;
        told++;
        api_expect_error(&err, FERRITE_CORRUPT, text);
    }
    cr_expect_gt(told, 10);
    ferrite_close(db);
}

/* ---- lists that cannot be ---- */

Test(hostile_space, extents_that_overlap) {
    LIST({10, 5}, {12, 5});
    hostile_expect_refusal(&bed, &image, "impossible extent in the free list");
}
Test(hostile_space, extents_in_the_wrong_order) {
    LIST({20, 1}, {10, 1});
    hostile_expect_refusal(&bed, &image, "impossible extent in the free list");
}
Test(hostile_space, an_extent_of_no_pages) {
    LIST({10, 0});
    hostile_expect_refusal(&bed, &image, "impossible extent in the free list");
}
Test(hostile_space, an_extent_of_meta_pages) {
    LIST({0, 2});
    hostile_expect_refusal(&bed, &image, "impossible extent in the free list");
}
Test(hostile_space, an_extent_beyond_the_end) {
    LIST({10, 0xfffffffe});
    hostile_expect_refusal(&bed, &image, "impossible extent in the free list");
}
Test(hostile_space, an_extent_far_away) {
    LIST({0xfffffff0, 1});
    hostile_expect_refusal(&bed, &image, "impossible extent in the free list");
}
Test(hostile_space, a_list_that_lists_itself) {
    LIST({forge_meta_get_u32(&image, FORGE_PAGE_COUNT), 1});
    hostile_expect_refusal(&bed, &image, "the free list lists itself");
}
Test(hostile_space, a_list_of_more_extents_than_a_page_has) {
    LIST({10, 1});
    const uint32_t page = forge_meta_get_u32(&image, FORGE_FREE_LIST);
    forge_page(&image, page)->slots = 0xffff;
    forge_seal(&image, page);
    hostile_expect_refusal(&bed, &image, "too many extents");
}
Test(hostile_space, a_list_that_goes_round) {
    LIST({10, 1});
    const uint32_t page = forge_meta_get_u32(&image, FORGE_FREE_LIST);
    memcpy(forge_page(&image, page)->body, &page, 4);
    forge_seal(&image, page);
    forge_meta_u32(&image, FORGE_FREE_LIST_PAGES, forge_meta_get_u32(&image, FORGE_PAGE_COUNT));
    hostile_expect_refusal(&bed, &image, "free list");
}
Test(hostile_space, a_list_of_more_pages_than_the_file) {
    LIST({10, 1});
    forge_meta_u32(&image, FORGE_FREE_LIST_PAGES, 0xffffffff);
    hostile_expect_refusal(&bed, &image, "impossible free list length");
}
Test(hostile_space, a_list_that_is_a_leaf) {
    LIST({10, 1});
    forge_meta_u32(&image, FORGE_FREE_LIST, keys_leaf(0));
    hostile_expect_refusal(&bed, &image, "the free list is damaged");
}
Test(hostile_space, a_list_in_meta_page_1) {
    LIST({10, 1});
    forge_meta_u32(&image, FORGE_FREE_LIST, 1);
    hostile_expect_refusal(&bed, &image, "the free list is damaged");
}
Test(hostile_space, a_list_that_does_not_add_up) {
    const uint64_t pages = 7;
    LIST({10, 1});
    forge_meta_put(&image, FORGE_FREE_PAGES, &pages, 8);
    hostile_expect_refusal(&bed, &image, "does not add up");
}

/* ---- meta pages ---- */

static void meta_and_refuse(uint32_t offset, uint64_t value, size_t len, const char *part) {
    forge_meta_put(&image, offset, &value, len);
    hostile_expect_refusal(&bed, &image, part);
}

Test(hostile_space, more_pages_than_the_file) {
    meta_and_refuse(FORGE_PAGE_COUNT, 1000000, 4, "truncated");
}
Test(hostile_space, four_billion_pages) {
    meta_and_refuse(FORGE_PAGE_COUNT, 0xffffffff, 4, "truncated");
}
Test(hostile_space, one_page) { meta_and_refuse(FORGE_PAGE_COUNT, 1, 4, "impossible values"); }
Test(hostile_space, no_databases) { meta_and_refuse(128, 0, 4, "impossible values"); }
Test(hostile_space, four_billion_databases) {
    meta_and_refuse(128, 0xffffffff, 4, "impossible values");
}
Test(hostile_space, transaction_0) { meta_and_refuse(80, 0, 8, "impossible values"); }
Test(hostile_space, the_last_transaction_there_can_be) {
    meta_and_refuse(80, UINT64_MAX, 8, "impossible values");
}
Test(hostile_space, the_last_sequence_there_can_be) {
    meta_and_refuse(72, UINT64_MAX, 8, "impossible values");
}
Test(hostile_space, the_end_of_all_logs) {
    meta_and_refuse(88, UINT64_MAX, 8, "impossible values");
}
Test(hostile_space, a_log_that_is_not_there) { meta_and_refuse(104, 77, 8, "missing"); }

/* Fewer pages than the trees have. */
Test(hostile_space, two_pages) {
    forge_meta_u32(&image, FORGE_FREE_LIST, 0);
    forge_meta_u32(&image, FORGE_FREE_LIST_PAGES, 0);
    forge_meta_u32(&image, FORGE_PAGE_COUNT, 2);
    const struct hostile result = hostile_use(&bed, &image);
    cr_expect(result.opened == FERRITE_CORRUPT || result.findings > 0);
}

Test(hostile_space, one_transaction_before_the_last_there_can_be) {
    const uint64_t txid = UINT64_MAX / 2 - 1;
    forge_meta_put(&image, 80, &txid, 8);
    const struct hostile result = hostile_use(&bed, &image);
    cr_expect_eq(result.opened, FERRITE_OK);
}
