/*
 * hostile_sparse_test.c - files of a terabyte that hold less than one megabyte, the rest being a hole: what is done
 * with them takes the time and the memory of what they hold (E6). The suite's timeout is part of each test.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "libferrite/wal/wal.h"
#include "support/hostile.h"

#define TERABYTE (UINT64_C(1) << 40)
#define PAGES    ((uint32_t)(TERABYTE / PAGE_SIZE))

static struct bed bed;
static struct image image;

static void setup(void) {
    hostile_begin(&bed, &image);
    image.part[IMAGE_DATA].length = TERABYTE;
}

/* Not what was asked for, but what was touched. */
static void teardown(void) {
    struct rusage usage;
    hostile_end(&bed, &image);
    cr_assert_eq(getrusage(RUSAGE_SELF, &usage), 0);
    cr_expect_lt(usage.ru_maxrss, 1 << 20, "%ld KiB were in use", usage.ru_maxrss);
}
TestSuite(hostile_sparse, .init = setup, .fini = teardown, .timeout = 100);

static uint32_t keys_leaf(uint32_t slot) {
    return forge_child(forge_page(&image, forge_meta_get_u32(&image, FORGE_KEYS)), slot);
}

static void expect_opened(void) {
    const struct hostile result = hostile_use(&bed, &image);
    cr_expect_eq(result.opened, FERRITE_OK, "%s", result.refusal);
    cr_expect_eq(result.opened_to_read, FERRITE_OK);
}

/* So many keys are recovered. */
static void expect_recovered(uint64_t keys) {
    char out[128];
    ferrite_recovery result;
    ferrite_error *err = NULL;
    bed_path(&bed, "recovered.ferrite", out);
    image_save(&image, bed.path);
    cr_assert_eq(ferrite_recover(bed.path, out, NULL, &result, &err), 0, "%s", ferrite_error_message(err));
    cr_expect_eq(result.keys, keys, "%llu", (unsigned long long)result.keys);
    bed_unlink(out);
}

static uint64_t bytes_on_disk(const char *path) {
    struct stat st;
    cr_assert_eq(stat(path, &st), 0);
    return (uint64_t)st.st_blocks * 512;
}

/* ---- pages that nobody claims ---- */

Test(hostile_sparse, a_hole_behind_the_last_page) {
    expect_opened();
    expect_recovered(1561);
}

Test(hostile_sparse, a_damaged_leaf_before_the_hole) {
    const uint32_t leaf = keys_leaf(3);
    const uint64_t lost = forge_page(&image, leaf)->slots;
    forge_page(&image, leaf)->body[2000] ^= 1;
    hostile_expect_finding(&bed, &image, "bad checksum");
    expect_recovered(1561 - lost);
}

Test(hostile_sparse, damaged_meta_pages_before_the_hole) {
    for (uint32_t slot = 0; slot < 2; slot++) forge_page(&image, slot)->body[20] ^= 1;
    hostile_expect_refusal(&bed, &image, "damaged meta page");
    expect_recovered(1561);
}

Test(hostile_sparse, no_meta_page_before_the_hole) {
    for (uint32_t slot = 0; slot < 2; slot++) memset(forge_page(&image, slot), 0, PAGE_SIZE);
    hostile_expect_refusal(&bed, &image, "not a Ferrite database");
    expect_recovered(1561);
}

/* And a page behind it, which is found. */
Test(hostile_sparse, a_leaf_far_behind_the_others) {
    const uint32_t far = PAGES / 2 + 77;
    struct page leaf = *forge_page(&image, keys_leaf(3));
    struct image_file page = {(unsigned char *)&leaf, sizeof leaf, 0, true};
    char out[128];
    ferrite_recovery result;
    leaf.pgno = far;
    image_seal(&page, 0, 1);
    for (uint32_t slot = 0; slot < 2; slot++) forge_page(&image, slot)->body[20] ^= 1;
    memset(forge_page(&image, keys_leaf(3)), 0, PAGE_SIZE);
    image_save(&image, bed.path);
    FILE *file = fopen(bed.path, "r+");
    cr_assert_eq(fseeko(file, (off_t)far * PAGE_SIZE, SEEK_SET), 0);
    cr_assert_eq(fwrite(&leaf, sizeof leaf, 1, file), 1);
    fclose(file);
    bed_path(&bed, "recovered.ferrite", out);
    cr_assert_eq(ferrite_recover(bed.path, out, NULL, &result, NULL), 0);
    cr_expect_eq(result.keys, 1561);
    bed_unlink(out);
}

/* ---- pages that the meta page claims ---- */

static void note_finding(void *ctx, const char *text) {
    if (strstr(text, "neither used nor free") != NULL) ++*(int *)ctx;
}

Test(hostile_sparse, pages_in_use_that_are_a_hole) {
    int gaps = 0;
    const ferrite_monitor monitor = {&gaps, note_finding, NULL};
    forge_meta_u32(&image, FORGE_PAGE_COUNT, PAGES);
    expect_opened();
    image_save(&image, bed.path);
    ferrite_db *db = api_open_quick(bed.path);
    cr_assert_eq(ferrite_check(db, &monitor, NULL, NULL), 0);
    cr_expect(gaps > 0 && gaps < 200, "%d findings, not one a page", gaps);
    ferrite_close(db);
}

/* The reserve for a full disk (E7) is a share of what the file holds. */
Test(hostile_sparse, pages_in_use_that_are_a_hole_want_no_reserve) {
    image.part[IMAGE_DATA].length = TERABYTE / 2;
    forge_meta_u32(&image, FORGE_PAGE_COUNT, PAGES / 2);
    forge_meta_u32(&image, FORGE_FREE_LIST, 0);
    forge_meta_u32(&image, FORGE_FREE_LIST_PAGES, 0);
    forge_meta_put(&image, FORGE_FREE_PAGES, &(uint64_t){0}, 8);
    image_save(&image, bed.path);
    ferrite_db *db = api_open_quick(bed.path);
    api_set(db, "str:0001", "changed");
    cr_assert_eq(ferrite_checkpoint(db, NULL), 0);
    api_expect(db, "str:0001", "changed");
    cr_expect_lt(bytes_on_disk(bed.path), 64u << 20);
    ferrite_close(db);
}

Test(hostile_sparse, free_pages_that_are_a_hole) {
    const uint32_t had = forge_meta_get_u32(&image, FORGE_PAGE_COUNT) + 1;
    const uint32_t extent[1][2] = {{had, PAGES - had}};
    forge_free_list(&image, extent, 1);
    forge_meta_u32(&image, FORGE_PAGE_COUNT, PAGES);
    expect_opened();
    expect_recovered(1561);
}

/* So that they cannot be cut off. */
Test(hostile_sparse, free_pages_that_are_a_hole_before_one_in_use) {
    const uint32_t had = forge_meta_get_u32(&image, FORGE_PAGE_COUNT) + 1;
    const uint32_t extent[1][2] = {{had, PAGES - had - 1}};
    forge_free_list(&image, extent, 1);
    forge_meta_u32(&image, FORGE_PAGE_COUNT, PAGES);
    expect_opened();
}

Test(hostile_sparse, a_free_list_that_goes_round_for_ever) {
    const uint32_t nothing[1][2] = {{0, 0}}, page = forge_free_list(&image, nothing, 0);
    memcpy(forge_page(&image, page)->body, &page, 4);
    forge_seal(&image, page);
    forge_meta_u32(&image, FORGE_PAGE_COUNT, PAGES);
    forge_meta_u32(&image, FORGE_FREE_LIST_PAGES, PAGES);
    hostile_expect_refusal(&bed, &image, "goes round");
}

/* A circle of three behind a beginning of five. */
Test(hostile_sparse, a_free_list_that_comes_to_go_round) {
    uint32_t pages[8];
    for (int i = 0; i < 8; i++) pages[i] = forge_append(&image, PAGE_FREE_LIST, 0, TAG_NONE);
    for (int i = 0; i < 8; i++) {
        memcpy(forge_page(&image, pages[i])->body, &pages[i < 7 ? i + 1 : 5], 4);
        forge_seal(&image, pages[i]);
    }
    forge_meta_u32(&image, FORGE_FREE_LIST, pages[0]);
    forge_meta_u32(&image, FORGE_PAGE_COUNT, PAGES);
    forge_meta_u32(&image, FORGE_FREE_LIST_PAGES, PAGES);
    hostile_expect_refusal(&bed, &image, "goes round");
}

/* ---- values and trees that a terabyte could hold, and these pages cannot ---- */

Test(hostile_sparse, a_value_of_half_a_gigabyte) {
    const uint64_t len = 500u << 20;
    unsigned char *payload;
    const struct forge_value value = forge_record(&image, "blob", &payload);
    forge_meta_u32(&image, FORGE_PAGE_COUNT, PAGES);
    memcpy(payload, &len, sizeof len);
    forge_seal(&image, value.page);
    expect_opened();
}

static void count_and_use(const char *key, unsigned trees) {
    forge_meta_u32(&image, FORGE_PAGE_COUNT, PAGES);
    for (unsigned which = 0; which < trees; which++) {
        struct forge_root root = forge_record_root(&image, key, which);
        root.count = UINT64_C(1) << 36;
        forge_record_root_put(&image, key, which, root);
    }
    expect_opened();
}
Test(hostile_sparse, a_list_of_two_to_the_thirty_sixth) { count_and_use("list", 1); }
Test(hostile_sparse, a_hash_of_two_to_the_thirty_sixth) { count_and_use("hash", 1); }
Test(hostile_sparse, a_sorted_set_of_two_to_the_thirty_sixth) { count_and_use("zset", 2); }

/* ---- the log ---- */

static void log_header_put(uint32_t offset, uint64_t value) {
    for (int copy = 0; copy < 2; copy++) {
        memcpy(image.part[IMAGE_LOG].data + 512 * copy + offset, &value, sizeof value);
        image_seal_header(&image.part[IMAGE_LOG], copy);
    }
}

static void make_open(uint64_t log_length) {
    image_free(&image);
    hostile_make_open(&bed, &image);
    image.part[IMAGE_LOG].length = log_length;
}

Test(hostile_sparse, a_hole_behind_the_log) {
    make_open(TERABYTE);
    expect_opened();
}

/* A log of a terabyte, whose frames are where they were; the place of the last one. */
static unsigned char *log_stretch(void) {
    uint64_t base, capacity, lsns[64];
    make_open(TERABYTE);
    const unsigned char *header = image.part[IMAGE_LOG].data;
    const size_t frames = image_frames(&image, lsns, 64);
    memcpy(&base, header + 48, sizeof base);
    memcpy(&capacity, header + 56, sizeof capacity);
    const uint64_t first = (lsns[0] - base) % capacity, last = first + lsns[frames - 1] - lsns[0];
    cr_assert_lt(last, capacity, "they do not wrap");
    log_header_put(48, lsns[0] - first);
    log_header_put(56, TERABYTE - WAL_HEADER_SIZE);
    log_header_put(64, lsns[0]);
    return image.part[IMAGE_LOG].data + WAL_HEADER_SIZE + last;
}

/* Giving such a log its places would fill the disk. */
Test(hostile_sparse, a_log_that_is_a_hole_gets_no_places) {
    char log[140];
    log_stretch();
    image_save(&image, bed.path);
    snprintf(log, sizeof log, "%s-wal", bed.path);
    ferrite_db *db = api_open_quick(bed.path);
    api_set(db, "str:0001", "once more");
    api_expect(db, "str:0001", "once more");
    api_expect(db, "str:0002", "changed");
    cr_expect_lt(bytes_on_disk(log), 64u << 20);
    ferrite_close(db);
}

Test(hostile_sparse, a_log_that_is_a_hole_but_for_its_frames) {
    log_stretch();
    expect_opened();
}

/* The last frame says how much follows. */
Test(hostile_sparse, a_frame_of_two_hundred_megabytes_that_are_a_hole) {
    const uint32_t len = 200000000;
    memcpy(log_stretch() + 4, &len, sizeof len);
    expect_opened();
}
