/*
 * btree_fill_test.c - how full pages are after loads and deletions of different order.
 *
 * Records of 116 bytes (16 of key, 100 of value), as in the benchmarks: a million of them in random
 * order must take at most 143 MB of pages, so each at most 143 bytes.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libferrite/btree/tree.h"
#include "../libferrite/error.h"
#include "support/key_shapes.h"
#include "support/page_bed.h"

#define OK(call) cr_assert_eq((call), FERRITE_OK, "%s", error_text(FERRITE_CORRUPT))

static void put(struct bed *bed, struct tree *tree, const char *format, uint32_t number,
                uint32_t len) {
    char key[64], bytes[TREE_VALUE_MAX] = {0};
    struct tree_value value = {bytes, len, false, false};
    struct tree_cursor c;
    bool exact;
    int key_len = snprintf(key, sizeof key, format, number);
    cursor_init(&c, bed_pages(bed), tree);
    OK(cursor_seek(&c, key, (size_t)key_len, &exact));
    OK(cursor_put(&c, key, (size_t)key_len, exact, &value));
    cursor_done(&c);
}

static void delete (struct bed *bed, struct tree *tree, const char *format, uint32_t number) {
    char key[64];
    struct tree_cursor c;
    bool exact;
    int key_len = snprintf(key, sizeof key, format, number);
    cursor_init(&c, bed_pages(bed), tree);
    OK(cursor_seek(&c, key, (size_t)key_len, &exact));
    cr_assert(exact);
    OK(cursor_delete(&c));
    cursor_done(&c);
}

static uint32_t *shuffled(uint32_t count, uint64_t seed) {
    uint32_t *order = malloc(count * sizeof *order);
    for (uint32_t i = 0; i < count; i++) order[i] = i;
    for (uint32_t i = count - 1; i > 0; i--) {
        uint32_t k = (uint32_t)rng_below(&seed, i + 1), t = order[i];
        order[i] = order[k];
        order[k] = t;
    }
    return order;
}

static double bytes_a_record(struct bed *bed, uint32_t count) {
    return (double)bed_live(bed) * PAGE_SIZE / count;
}

static void sound(struct bed *bed, const struct tree *tree) {
    struct tree_visitor visitor = {NULL, NULL, NULL, NULL};
    OK(tree_walk(bed_pages(bed), tree, &visitor));
}

Test(btree_fill, random_load_is_four_fifths_full) {
    enum { COUNT = 60000 };
    struct bed *bed = bed_open();
    struct tree tree = {0};
    uint32_t *order = shuffled(COUNT, 3);
    for (uint32_t i = 0; i < COUNT; i++) put(bed, &tree, "key:%012u", order[i], 100);
    cr_assert_leq(bytes_a_record(bed, COUNT), 143, "%f", bytes_a_record(bed, COUNT));
    sound(bed, &tree);
    free(order);
    bed_close(bed);
}

Test(btree_fill, ascending_load_is_full) {
    struct bed *bed = bed_open();
    struct tree tree = {0};
    for (uint32_t i = 0; i < 30000; i++) put(bed, &tree, "key:%012u", i, 100);
    cr_assert_leq(bytes_a_record(bed, 30000), 118, "%f", bytes_a_record(bed, 30000));
    bed_close(bed);
}

Test(btree_fill, descending_load_is_full) {
    struct bed *bed = bed_open();
    struct tree tree = {0};
    for (uint32_t i = 30000; i > 0; i--) put(bed, &tree, "key:%012u", i, 100);
    cr_assert_leq(bytes_a_record(bed, 30000), 120, "%f", bytes_a_record(bed, 30000));
    bed_close(bed);
}

Test(btree_fill, ascending_runs_in_the_middle_are_nearly_full) {
    struct bed *bed = bed_open();
    struct tree tree = {0};
    for (uint32_t i = 0; i < 3000; i++) put(bed, &tree, "user:%06u", i, 100);
    for (uint32_t i = 0; i < 30000; i++) put(bed, &tree, "middle:%012u", i, 100);
    for (uint32_t i = 0; i < 30000; i++) put(bed, &tree, "later:%012u", i, 100);
    cr_assert_leq(bytes_a_record(bed, 63000), 122, "%f", bytes_a_record(bed, 63000));
    sound(bed, &tree);
    bed_close(bed);
}

Test(btree_fill, deleting_nine_of_ten_gives_pages_back) {
    enum { COUNT = 30000 };
    struct bed *bed = bed_open();
    struct tree tree = {0};
    uint32_t *order = shuffled(COUNT, 4);
    for (uint32_t i = 0; i < COUNT; i++) put(bed, &tree, "key:%012u", order[i], 100);
    uint64_t before = bed_live(bed);
    for (uint32_t i = 0; i < COUNT / 10 * 9; i++) delete (bed, &tree, "key:%012u", order[i]);
    cr_assert_lt(bed_live(bed), before / 3);
    sound(bed, &tree);
    for (uint32_t i = COUNT / 10 * 9; i < COUNT; i++) delete (bed, &tree, "key:%012u", order[i]);
    cr_assert_eq(bed_live(bed), 0);
    cr_assert_eq(tree.root, 0);
    free(order);
    bed_close(bed);
}

/* As eviction at random does to a cache. */
Test(btree_fill, leaves_that_lose_entries_here_and_there_merge) {
    enum { COUNT = 30000 };
    struct bed *bed = bed_open();
    struct tree tree = {0};
    uint32_t *order = shuffled(COUNT, 5);
    for (uint32_t i = 0; i < COUNT; i++) put(bed, &tree, "key:%012u", i, 100);
    for (uint32_t i = 0; i < COUNT / 10 * 6; i++) delete (bed, &tree, "key:%012u", order[i]);
    const double bytes = bytes_a_record(bed, COUNT / 10 * 4);
    cr_assert_leq(bytes, 200, "%f", bytes);
    sound(bed, &tree);
    free(order);
    bed_close(bed);
}

Test(btree_fill, freeing_in_steps_leaves_a_sound_tree_of_the_first_entries) {
    struct bed *bed = bed_open();
    struct tree tree = {0};
    for (uint32_t i = 0; i < 30000; i++) put(bed, &tree, "key:%012u", i, 100);
    for (uint64_t live = bed_live(bed); tree.root != 0;) {
        uint64_t budget = 37, count = tree.count;
        OK(tree_free(bed_pages(bed), &tree, &budget, NULL, NULL));
        sound(bed, &tree);
        cr_assert_lt(tree.count, count);
        cr_assert_leq(live - bed_live(bed), 37 + 3);
        live = bed_live(bed);
        bed_commit(bed);
    }
    cr_assert_eq(bed_live(bed), 0);
    bed_close(bed);
}

Test(btree_fill, overwriting_with_the_same_length_copies_the_path_and_no_more) {
    struct bed *bed = bed_open();
    struct tree tree = {0};
    for (uint32_t i = 0; i < 20000; i++) put(bed, &tree, "key:%012u", i, 100);
    bed_commit(bed);
    uint64_t before = bed_live(bed);
    pgno root = tree.root;
    for (uint32_t i = 0; i < 100; i++) {
        put(bed, &tree, "key:%012u", i * 97, 100);
        cr_assert_eq(bed_live(bed), before);
        cr_assert_neq(tree.root, root, "a committed page was written");
        root = tree.root;
        pgno again = tree.root;
        put(bed, &tree, "key:%012u", i * 97, 50);
        cr_assert_eq(tree.root, again, "an own page was copied");
        bed_commit(bed);
    }
    bed_close(bed);
}

Test(btree_fill, values_that_grow_one_by_one_split_their_pages) {
    struct bed *bed = bed_open();
    struct tree tree = {0};
    for (uint32_t len = 0; len <= TREE_VALUE_MAX; len += 13)
        for (uint32_t i = 0; i < 200; i++) put(bed, &tree, "key:%06u", i * 71 % 200, len);
    cr_assert_eq(tree.count, 200);
    sound(bed, &tree);
    bed_close(bed);
}

/* The largest entries there are, in an order that splits at every place. */
Test(btree_fill, largest_entries_always_find_room) {
    struct bed *bed = bed_open();
    struct tree tree = {0};
    static uint8_t key[2000], bytes[TREE_VALUE_MAX];
    uint64_t rng = 9;
    for (int i = 0; i < 3000; i++) {
        struct tree_value value = {bytes, rng_below(&rng, 3) ? TREE_VALUE_MAX : 0, false, false};
        struct tree_cursor c;
        bool exact;
        size_t len = rng_below(&rng, 2) ? 512 : 513 + rng_below(&rng, 1000);
        memset(key, 'k', sizeof key);
        key[rng_below(&rng, 2) ? 0 : 505 + rng_below(&rng, 12)] = (uint8_t)rng_below(&rng, 256);
        key[1 + rng_below(&rng, 508)] = (uint8_t)rng_below(&rng, 3);
        cursor_init(&c, bed_pages(bed), &tree);
        OK(cursor_seek(&c, key, len, &exact));
        OK(cursor_put(&c, key, len, exact, &value));
        cursor_done(&c);
        if (i % 100 == 0) sound(bed, &tree);
    }
    sound(bed, &tree);
    bed_close(bed);
}
