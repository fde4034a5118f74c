/*
 * hostile_tree_test.c - trees whose pages are sound one by one, but not together (E6).
 */
#include <criterion/criterion.h>
#include <string.h>

#include "support/hostile.h"

static struct bed bed;
static struct image image;

static void setup(void) { hostile_begin(&bed, &image); }
static void teardown(void) { hostile_end(&bed, &image); }
TestSuite(hostile_tree, .init = setup, .fini = teardown, .timeout = 300);

static struct page *keys_root(void) {
    return forge_page(&image, forge_meta_get_u32(&image, FORGE_KEYS));
}
static struct page *tree_root(const char *key) {
    return forge_page(&image, forge_record_root(&image, key, 0).page);
}

/* ---- counts ---- */

static void below_put(struct page *branch, uint32_t slot, uint64_t count) {
    memcpy(forge_link(branch, slot) + 4, &count, 8);
    forge_seal(&image, branch->pgno);
}

static void count_and_use(uint64_t count) {
    below_put(keys_root(), 2, count);
    hostile_expect_finding(&bed, &image, "wrong entry count");
}

Test(hostile_tree, a_branch_that_counts_no_entries) { count_and_use(0); }
Test(hostile_tree, a_branch_that_counts_one_entry) { count_and_use(1); }
Test(hostile_tree, a_branch_that_counts_a_million) { count_and_use(1000000); }
Test(hostile_tree, a_branch_that_counts_two_to_the_sixty_third) {
    count_and_use(UINT64_C(1) << 63);
}
Test(hostile_tree, a_branch_that_counts_two_to_the_sixty_fourth) { count_and_use(UINT64_MAX); }

Test(hostile_tree, a_list_that_counts_two_to_the_sixty_fourth_in_all_slots) {
    struct page *root = tree_root("list");
    for (uint32_t i = 0; i < root->slots; i++) below_put(root, i, UINT64_MAX - i);
    hostile_expect_finding(&bed, &image, "wrong entry count");
}

static void meta_count(uint64_t count) { forge_meta_put(&image, FORGE_KEYS + 8, &count, 8); }

Test(hostile_tree, a_meta_page_that_counts_one_key_more) {
    meta_count(1612);
    hostile_expect_finding(&bed, &image, "wrong entry count");
}
Test(hostile_tree, a_meta_page_that_counts_no_key) {
    meta_count(0);
    hostile_expect_finding(&bed, &image, "wrong entry count");
}
Test(hostile_tree, a_meta_page_that_counts_more_keys_than_fit) {
    meta_count(UINT64_MAX);
    hostile_expect_refusal(&bed, &image, "more entries than the file could hold");
}

static void collection_count(const char *key, unsigned which, uint64_t count) {
    struct forge_root root = forge_record_root(&image, key, which);
    root.count = count;
    forge_record_root_put(&image, key, which, root);
    hostile_expect_finding(&bed, &image, "");
}

Test(hostile_tree, a_hash_that_counts_one) { collection_count("hash", 0, 1); }
Test(hostile_tree, a_hash_that_counts_too_many) { collection_count("hash", 0, UINT64_MAX); }
Test(hostile_tree, a_set_that_counts_as_many_as_the_file_could_hold) {
    collection_count("set", 0, 100000);
}
Test(hostile_tree, a_list_that_counts_too_many) { collection_count("list", 0, UINT64_C(1) << 63); }
Test(hostile_tree, a_list_that_counts_some_more) { collection_count("list", 0, 1700); }
Test(hostile_tree, members_that_count_more_than_scores) { collection_count("zset", 0, 1600); }
Test(hostile_tree, scores_that_count_more_than_members) { collection_count("zset", 1, 1600); }
Test(hostile_tree, scores_that_count_too_many) { collection_count("zset", 1, UINT64_MAX / 2); }

/* ---- order ---- */

/* The slots of two neighbours change places, and the heads with them. */
Test(hostile_tree, keys_out_of_order_in_a_leaf) {
    struct page *leaf = forge_page(&image, forge_child(keys_root(), 2));
    unsigned char slot[8];
    memcpy(slot, leaf->body + 8, 8);
    memcpy(leaf->body + 8, leaf->body + 16, 8);
    memcpy(leaf->body + 16, slot, 8);
    forge_seal(&image, leaf->pgno);
    hostile_expect_finding(&bed, &image, "keys out of order");
}

/* The next leaf is a copy of this one. */
Test(hostile_tree, the_same_keys_in_two_leaves) {
    struct page *leaf = forge_page(&image, forge_child(keys_root(), 2)),
                *other = forge_page(&image, forge_child(keys_root(), 3));
    const uint32_t number = other->pgno;
    *other = *leaf;
    other->pgno = number;
    forge_seal(&image, number);
    below_put(keys_root(), 3, leaf->slots);
    hostile_expect_finding(&bed, &image, "keys out of order");
}

Test(hostile_tree, leaves_that_change_places) {
    unsigned char link[12], *a = forge_link(keys_root(), 2), *b = forge_link(keys_root(), 4);
    memcpy(link, a, 12);
    memcpy(a, b, 12);
    memcpy(b, link, 12);
    forge_seal(&image, keys_root()->pgno);
    hostile_expect_finding(&bed, &image, "keys out of order");
}

/* ---- pages that hang in two places ---- */

static void child_put(struct page *branch, uint32_t slot, uint32_t child) {
    memcpy(forge_link(branch, slot), &child, 4);
    forge_seal(&image, branch->pgno);
}

Test(hostile_tree, two_slots_with_one_leaf) {
    child_put(keys_root(), 3, forge_child(keys_root(), 1));
    hostile_expect_finding(&bed, &image, "page ");
}

Test(hostile_tree, all_slots_with_one_leaf) {
    struct page *root = keys_root();
    for (uint32_t i = 1; i < root->slots; i++) child_put(root, i, forge_child(root, 0));
    hostile_expect_finding(&bed, &image, "page ");
}

Test(hostile_tree, a_list_with_one_leaf_in_all_slots) {
    struct page *root = tree_root("list");
    for (uint32_t i = 1; i < root->slots; i++) child_put(root, i, forge_child(root, 0));
    hostile_expect_finding(&bed, &image, "page ");
}

static void root_and_use(const char *key, unsigned which, uint32_t page) {
    struct forge_root root = forge_record_root(&image, key, which);
    root.page = page;
    forge_record_root_put(&image, key, which, root);
    hostile_expect_finding(&bed, &image, "database 0: ");
}

Test(hostile_tree, a_hash_in_the_pages_of_a_set) {
    root_and_use("hash", 0, tree_root("set")->pgno);
}
Test(hostile_tree, a_set_in_the_pages_of_a_zset) {
    root_and_use("set", 0, tree_root("zset")->pgno);
}
Test(hostile_tree, scores_in_the_pages_of_members) {
    root_and_use("zset", 1, tree_root("zset")->pgno);
}
Test(hostile_tree, members_in_the_pages_of_scores) {
    root_and_use("zset", 0, forge_record_root(&image, "zset", 1).page);
}
Test(hostile_tree, fields_in_the_pages_of_their_moments) {
    root_and_use("ttl-hash", 0, forge_record_root(&image, "ttl-hash", 1).page);
}
Test(hostile_tree, a_hash_in_the_pages_of_all_keys) { root_and_use("hash", 0, keys_root()->pgno); }
Test(hostile_tree, a_set_in_a_leaf_of_the_keys) {
    root_and_use("set", 0, forge_child(keys_root(), 2));
}
Test(hostile_tree, a_set_in_the_tree_of_moments) {
    root_and_use("set", 0, forge_meta_get_u32(&image, FORGE_EXPIRY));
}
Test(hostile_tree, a_list_in_the_pages_of_a_list_of_pieces) {
    root_and_use("list", 0, tree_root("blob-list")->pgno);
}
Test(hostile_tree, a_list_that_is_a_keyed_tree) { root_and_use("list", 0, tree_root("set")->pgno); }
Test(hostile_tree, a_set_in_meta_page_1) { root_and_use("set", 0, 1); }
Test(hostile_tree, a_set_in_meta_page_0_which_is_none) { root_and_use("set", 0, 0); }
Test(hostile_tree, a_set_beyond_the_file) { root_and_use("set", 0, 0xffffffff); }
Test(hostile_tree, a_set_at_the_end_of_the_file) { root_and_use("set", 0, forge_pages(&image)); }
Test(hostile_tree, a_set_in_a_run) {
    unsigned char *payload;
    uint32_t page;
    forge_record(&image, "run", &payload);
    memcpy(&page, payload + 8, 4);
    root_and_use("set", 0, page);
}

static void meta_root_and_use(uint32_t offset, uint32_t from) {
    struct forge_root root;
    forge_meta_get(&image, from, &root, sizeof root);
    forge_meta_put(&image, offset, &root, sizeof root);
    hostile_expect_finding(&bed, &image, "database ");
}

Test(hostile_tree, two_databases_in_the_same_pages) {
    meta_root_and_use(FORGE_KEYS + 16, FORGE_KEYS);
}
Test(hostile_tree, moments_in_the_pages_of_keys) { meta_root_and_use(FORGE_EXPIRY, FORGE_KEYS); }
Test(hostile_tree, keys_in_the_pages_of_moments) { meta_root_and_use(FORGE_KEYS, FORGE_EXPIRY); }

static void root_and_refuse(uint32_t offset, struct forge_root root) {
    forge_meta_put(&image, offset, &root, sizeof root);
    hostile_expect_refusal(&bed, &image, "another kind of tree");
}

Test(hostile_tree, a_list_of_what_is_to_be_freed_that_is_a_keyed_tree) {
    struct forge_root root;
    forge_meta_get(&image, FORGE_KEYS, &root, sizeof root);
    root_and_refuse(FORGE_GARBAGE, root);
}
Test(hostile_tree, keys_in_a_sequence_that_is_empty_yet) {
    root_and_refuse(FORGE_KEYS + 16, (struct forge_root){0, 1, TAG_KEYS, 0});
}
Test(hostile_tree, moments_in_a_sequence_that_is_empty_yet) {
    root_and_refuse(FORGE_EXPIRY + 16, (struct forge_root){0, 1, TAG_EXPIRY, 0});
}
Test(hostile_tree, a_tree_with_flags_that_nobody_knows) {
    root_and_refuse(FORGE_KEYS + 16, (struct forge_root){0, 0x8000, TAG_KEYS, 0});
}

/* What is to be freed is a sequence of roots; this one is that of the keys. */
static uint32_t garbage_of(const struct forge_root *roots, uint16_t count) {
    const uint32_t number = forge_append(&image, PAGE_POS_LEAF, 0, TAG_GARBAGE);
    struct page *page = forge_page(&image, number);
    page->slots = count;
    for (uint16_t i = 0; i < count; i++) {
        const uint16_t len = 16;
        page->heap = (uint16_t)(page->heap - 18);
        memcpy((char *)page + page->heap, &len, 2);
        memcpy((char *)page + page->heap + 2, &roots[i], 16);
        memcpy(page->body + 2 * i, &page->heap, 2);
    }
    forge_seal(&image, number);
    const struct forge_root list = {number, 3, TAG_GARBAGE, count};
    forge_meta_put(&image, FORGE_GARBAGE, &list, sizeof list);
    return number;
}

Test(hostile_tree, all_keys_are_to_be_freed) {
    struct forge_root root;
    forge_meta_get(&image, FORGE_KEYS, &root, sizeof root);
    garbage_of(&root, 1);
    hostile_expect_finding(&bed, &image, "used twice");
}

Test(hostile_tree, a_hash_is_to_be_freed_three_times) {
    const struct forge_root root = forge_record_root(&image, "hash", 0),
                            roots[3] = {root, root, root};
    garbage_of(roots, 3);
    hostile_expect_finding(&bed, &image, "used twice");
}

Test(hostile_tree, the_list_of_what_is_to_be_freed_is_to_be_freed) {
    struct forge_root root = {0, 3, TAG_GARBAGE, 1};
    root.page = forge_meta_get_u32(&image, FORGE_PAGE_COUNT);
    garbage_of(&root, 1);
    hostile_expect_finding(&bed, &image, "page ");
}

/* ---- circles ---- */

Test(hostile_tree, a_branch_that_leads_to_itself) {
    child_put(keys_root(), 2, keys_root()->pgno);
    hostile_expect_finding(&bed, &image, "page ");
}

Test(hostile_tree, a_tower_of_255_levels) {
    struct page *root = keys_root();
    root->level = 255;
    forge_seal(&image, root->pgno);
    hostile_expect_finding(&bed, &image, "impossible level");
}
