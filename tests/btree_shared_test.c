/*
 * btree_shared_test.c - pages of a damaged file that hang in two places (E6).
 *
 * What is freed by way of one link is not met by way of the other, and a cursor that stood on it writes nowhere.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "../libferrite/btree/node.h"
#include "../libferrite/error.h"
#include "support/page_bed.h"

#define ENTRIES 600

static struct bed *bed;
static struct tree tree;

static void key_make(int number, char key[16]) { snprintf(key, 16, "key:%06d", number); }

/* A root with some leaves, all of them the open transaction's own. */
static void setup(void) {
    static const char value[40];
    const struct tree_value put = {value, sizeof value, false, false};
    bed = bed_open();
    tree = (struct tree){.tag = TAG_KEYS};
    for (int i = 0; i < ENTRIES; i++) {
        struct tree_cursor c;
        char key[16];
        bool exact;
        key_make(i, key);
        cursor_init(&c, bed_pages(bed), &tree);
        cr_assert_eq(cursor_seek(&c, key, 10, &exact), FERRITE_OK);
        cr_assert_eq(cursor_put(&c, key, 10, exact, &put), FERRITE_OK);
        cursor_done(&c);
    }
    cr_assert_eq(bed_page(bed, tree.root)->level, 1);
    cr_assert_gt(bed_page(bed, tree.root)->slots, 5);
}
static void teardown(void) { bed_close(bed); }
TestSuite(btree_shared, .init = setup, .fini = teardown);

static struct page *root(void) { return bed_page(bed, tree.root); }

/* The leaves are full: the first one goes when it is empty. */
static void first_leaf_free(void) {
    const uint16_t slots = root()->slots;
    struct tree_cursor c;
    cursor_init(&c, bed_pages(bed), &tree);
    cr_assert_eq(cursor_first(&c), FERRITE_OK);
    while (root()->slots == slots) cr_assert_eq(cursor_delete(&c), FERRITE_OK);
    cursor_done(&c);
}

static int seek_last(struct tree_cursor *c) {
    cursor_init(c, bed_pages(bed), &tree);
    return cursor_seek_rank(c, tree.count - 1);
}

/* The last slot leads to the first leaf as well. */
static void link_freed(void) {
    node_set_child(root(), root()->slots - 1u, node_child(root(), 0));
    first_leaf_free();
}

Test(btree_shared, a_page_freed_by_way_of_one_link_is_not_met_by_way_of_the_other) {
    struct tree_cursor c;
    link_freed();
    cr_assert_eq(seek_last(&c), FERRITE_CORRUPT);
    cursor_done(&c);
}

Test(btree_shared, nor_when_it_was_freed_by_an_earlier_transaction) {
    struct tree_cursor c;
    bed_reuse(bed);
    bed_commit(bed);
    link_freed();
    bed_commit(bed);
    cr_assert_eq(seek_last(&c), FERRITE_CORRUPT);
    cursor_done(&c);
}

/* The last leaf is a tree of its own too. That one is dropped while a cursor stands in the leaf. */
static void stand_on_freed(struct tree_cursor *c) {
    struct tree other = {.root = node_child(root(), root()->slots - 1u), .tag = TAG_KEYS};
    uint64_t budget = 10;
    other.count = bed_page(bed, other.root)->slots;
    cr_assert_eq(seek_last(c), FERRITE_OK);
    cr_assert_eq(tree_free(bed_pages(bed), &other, &budget, NULL, NULL), FERRITE_OK);
}

Test(btree_shared, a_cursor_does_not_write_to_a_page_that_was_freed) {
    const struct tree_value longer = {bed, 900, false, false};
    struct tree_cursor c;
    char key[16];
    key_make(ENTRIES - 1, key);
    stand_on_freed(&c);
    cr_assert_eq(cursor_put(&c, key, 10, true, &longer), FERRITE_CORRUPT);
    cr_assert_eq(cursor_delete(&c), FERRITE_CORRUPT);
    cursor_done(&c);
}

Test(btree_shared, nor_to_what_took_its_place) {
    const struct tree_value value = {"value", 5, false, false};
    struct page *taken;
    struct tree_cursor c;
    stand_on_freed(&c);
    const pgno no = c.path[c.depth - 1].page->pgno;
    cr_assert_eq(page_new(bed_pages(bed), PAGE_BRANCH, 1, TAG_KEYS, &taken), FERRITE_OK);
    cr_assert_eq(taken->pgno, no);
    cr_assert_eq(cursor_put(&c, "key:999999", 10, false, &value), FERRITE_CORRUPT);
    cr_assert_eq(taken->slots, 0);
    cursor_done(&c);
}

Test(btree_shared, a_run_is_not_freed_while_a_page_inside_it_is_looked_at) {
    struct page *run, *page;
    cr_assert_eq(run_new(bed_pages(bed), TAG_BLOB, 3 * PAGE_SIZE, &run), FERRITE_OK);
    const pgno no = run->pgno;
    cr_assert_eq(page_new(bed_pages(bed), PAGE_LEAF, 0, TAG_KEYS, &page), FERRITE_OK);
    bed_link(bed, no + 1, page);
    cr_assert_eq(run_free(bed_pages(bed), no, 3 * PAGE_SIZE), FERRITE_CORRUPT);
    bed_link(bed, no + 1, NULL);
    cr_assert_eq(run_free(bed_pages(bed), no, 3 * PAGE_SIZE), FERRITE_OK);
}
