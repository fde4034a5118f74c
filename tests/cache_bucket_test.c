/* cache_bucket_test.c - a bucket of the hot cache: finding tags, parting when the table doubles. */
#include <criterion/criterion.h>
#include <string.h>

#include "libferrite/cache/bucket.h"

static void bucket_fill(struct bucket *bucket, uint32_t taken, uint32_t marks) {
    memset(bucket, 0, sizeof *bucket);
    for (uint32_t slot = 0; slot < BUCKET_SLOTS; slot++)
        bucket_set(bucket, slot, taken >> slot & 1 ? (uint8_t)(0x80 + slot) : 0, 100 + slot,
                   marks >> slot & 1);
}

static void expect_slot(const struct bucket *bucket, uint32_t slot, bool there, bool marked) {
    cr_assert_eq(bucket_tag(bucket, slot), there ? 0x80 + slot : 0);
    if (!there) return;
    cr_assert_eq(bucket_load(&bucket->at[slot]), 100 + slot);
    cr_assert_eq(bucket_marked(bucket, slot), marked);
}

Test(bucket, taken_slots_are_found_lowest_first) {
    struct bucket bucket;
    for (uint32_t taken = 0; taken < 1u << BUCKET_SLOTS; taken++) {
        bucket_fill(&bucket, taken, 0);
        struct bucket_match match = bucket_taken(&bucket);
        for (uint32_t slot = 0; slot < BUCKET_SLOTS; slot++)
            if (taken >> slot & 1) cr_assert_eq(bucket_match_next(&match), slot);
        cr_assert_eq(bucket_match_next(&match), BUCKET_SLOTS);
    }
}

Test(bucket, slots_that_part_are_in_the_other_one_and_only_there) {
    for (uint32_t round = 0; round < 1u << BUCKET_SLOTS; round++) {
        struct bucket from, to;
        uint32_t taken = round * 2654435761u >> 16 & 0xfff, marks = taken & round * 40503u >> 4;
        uint32_t goes = round & taken;
        bucket_fill(&from, taken, marks);
        memset(&to, 0xff, sizeof to);
        bucket_part(&from, &to, goes);
        for (uint32_t slot = 0; slot < BUCKET_SLOTS; slot++) {
            const bool there = taken >> slot & 1, gone = goes >> slot & 1, marked = marks >> slot & 1;
            expect_slot(&from, slot, there && !gone, marked);
            expect_slot(&to, slot, there && gone, marked);
        }
        cr_assert_eq(from.marks | to.marks, marks);
        cr_assert_eq(from.marks & to.marks, 0);
    }
}
