/*
 * blob_test.c - long values against plain memory.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "../libferrite/btree/blob.h"
#include "../libferrite/error.h"
#include "support/key_shapes.h"
#include "support/page_bed.h"

#define OK(call)  cr_assert_eq((call), FERRITE_OK, "%s", error_text(FERRITE_CORRUPT))
#define MODEL_MAX (5u * BLOB_RUN_MAX)

static uint8_t model[MODEL_MAX], noise[MODEL_MAX];

static void noise_fill(uint64_t *rng) {
    for (uint32_t i = 0; i < MODEL_MAX; i += 8) {
        uint64_t n = rng_next(rng);
        memcpy(noise + i, &n, 8);
    }
}

static int count_pages(void *ctx, pgno no, uint32_t count) {
    (void)no;
    *(uint64_t *)ctx += count;
    return 0;
}

static void blob_check(struct bed *bed, const struct blob *blob, uint64_t len) {
    uint64_t pages = 0;
    uint8_t *bytes = malloc(len + 1);
    struct tree_visitor visitor = {&pages, count_pages, NULL, NULL};
    cr_assert_eq(blob->len, len);
    OK(blob_read(bed_pages(bed), blob, 0, bytes, len));
    cr_assert(memcmp(bytes, model, len) == 0, "other bytes");
    OK(blob_walk(bed_pages(bed), blob, &visitor));
    cr_assert_eq(pages, bed_live(bed));
    free(bytes);
}

static const uint64_t lengths[] = {0,
                                   1,
                                   4064,
                                   4065,
                                   RUN_FULL_PAYLOAD - 1,
                                   RUN_FULL_PAYLOAD,
                                   RUN_FULL_PAYLOAD + 1,
                                   BLOB_RUN_MAX,
                                   BLOB_RUN_MAX + 1,
                                   2 * RUN_FULL_PAYLOAD,
                                   2 * RUN_FULL_PAYLOAD + 1,
                                   200001};
#define LENGTHS (sizeof lengths / sizeof *lengths)

Test(blob, of_every_edge_length_comes_back_and_goes_without_trace) {
    uint64_t rng = 11;
    noise_fill(&rng);
    memcpy(model, noise, sizeof model);
    for (size_t i = 0; i < LENGTHS; i++) {
        struct bed *bed = bed_open();
        struct blob blob;
        OK(blob_create(bed_pages(bed), model, lengths[i], &blob));
        blob_check(bed, &blob, lengths[i]);
        bed_commit(bed);
        OK(blob_free(bed_pages(bed), &blob));
        cr_assert_eq(bed_live(bed), 0);
        bed_close(bed);
    }
}

Test(blob, grows_from_any_length_to_any_other_with_zeros_between) {
    uint64_t rng = 12;
    noise_fill(&rng);
    for (size_t i = 0; i < LENGTHS; i++)
        for (size_t k = 0; k < LENGTHS; k++) {
            struct bed *bed = bed_open();
            struct blob blob;
            memset(model, 0, sizeof model);
            memcpy(model, noise, lengths[i]);
            OK(blob_create(bed_pages(bed), model, lengths[i], &blob));
            if (rng_below(&rng, 2)) bed_commit(bed);
            memcpy(model + lengths[k], noise + 77, 1000);
            OK(blob_write(bed_pages(bed), &blob, lengths[k], noise + 77, 1000));
            uint64_t end = lengths[k] + 1000;
            blob_check(bed, &blob, end > lengths[i] ? end : lengths[i]);
            bed_close(bed);
        }
}

static void random_writes(struct bed *bed, uint64_t *rng) {
    struct blob blob = {0, 0, BLOB_RUN}, older = blob;
    uint64_t len = 0, older_len = 0;
    uint8_t *older_bytes = malloc(MODEL_MAX), *bytes = malloc(MODEL_MAX);
    memset(model, 0, sizeof model);
    for (int i = 0; i < 60; i++) {
        uint64_t at = rng_below(rng, rng_below(rng, 3) ? len + 1 : MODEL_MAX);
        uint64_t n = rng_below(rng, rng_below(rng, 3) ? 300 : 100000);
        if (at + n > MODEL_MAX) n = MODEL_MAX - at;
        const uint8_t *data = noise + rng_below(rng, MODEL_MAX - n + 1);
        OK(blob_write(bed_pages(bed), &blob, at, data, n));
        memcpy(model + at, data, n);
        if (n > 0 && at + n > len) len = at + n;
        blob_check(bed, &blob, len);
        if (rng_below(rng, 4) == 0) {
            OK(blob_read(bed_pages(bed), &older, 0, bytes, older_len));
            cr_assert(memcmp(bytes, older_bytes, older_len) == 0, "an older version changed");
            bed_commit(bed);
            older = blob;
            memcpy(older_bytes, model, older_len = len);
        }
    }
    OK(blob_free(bed_pages(bed), &blob));
    cr_assert_eq(bed_live(bed), 0);
    free(older_bytes);
    free(bytes);
}

Test(blob, takes_random_writes_and_leaves_older_versions_alone) {
    uint64_t rng = 13;
    noise_fill(&rng);
    for (int round = 0; round < 6; round++) {
        struct bed *bed = bed_open();
        random_writes(bed, &rng);
        bed_close(bed);
    }
}

Test(blob, copy_is_independent) {
    uint64_t rng = 14;
    noise_fill(&rng);
    memcpy(model, noise, sizeof model);
    for (size_t i = 0; i < LENGTHS; i++) {
        struct bed *bed = bed_open();
        struct blob blob, copy;
        OK(blob_create(bed_pages(bed), model, lengths[i], &blob));
        struct tree_copying copying = {.from = bed_pages(bed), .to = bed_pages(bed)};
        OK(blob_copy(&copying, &blob, &copy));
        if (lengths[i] > 0) OK(blob_write(bed_pages(bed), &blob, 0, "changed", 7));
        OK(blob_free(bed_pages(bed), &blob));
        blob_check(bed, &copy, lengths[i]);
        bed_close(bed);
    }
}

Test(blob, up_to_64_kib_is_one_piece) {
    struct bed *bed = bed_open();
    struct blob blob;
    const void *data;
    uint64_t len;
    OK(blob_create(bed_pages(bed), noise, BLOB_RUN_MAX, &blob));
    OK(blob_piece(bed_pages(bed), &blob, 10, &data, &len));
    cr_assert_eq(len, BLOB_RUN_MAX - 10);
    cr_assert_eq(bed_live(bed), 17);
    bed_close(bed);
}

Test(blob, damaged_descriptions_are_refused) {
    struct bed *bed = bed_open();
    struct blob blob, bad;
    uint8_t byte;
    OK(blob_create(bed_pages(bed), noise, 200001, &blob));
    struct blob bads[] = {{blob.len, 0, blob.kind},
                          {blob.len, blob.root, 7},
                          {BLOB_MAX + 1, blob.root, 1},
                          {0, blob.root, BLOB_TREE},
                          {100, blob.root, BLOB_RUN},
                          {100, 1 << 30, BLOB_RUN},
                          {blob.len + 1, blob.root, BLOB_TREE}};
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
        bad = bads[i];
        int rc = bad.len ? blob_read(bed_pages(bed), &bad, bad.len - 1, &byte, 1)
                         : blob_free(bed_pages(bed), &bad);
        cr_assert_eq(rc, FERRITE_CORRUPT, "case %zu", i);
    }
    bed_close(bed);
}
