/*
 * btree_damage_test.c - trees whose pages were changed by somebody who gets the checksums right
 * (E6).
 *
 * Pages are mutated at random and in the fields that hurt most. What node_check refuses, no tree
 * ever sees. With what it lets pass every operation may fail with FERRITE_CORRUPT or give odd
 * answers, but must come to an end and stay inside its pages (the sanitizers watch).
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "../libferrite/btree/tree.h"
#include "../libferrite/error.h"
#include "support/key_shapes.h"
#include "support/page_bed.h"

#define PAGES_MAX 4096

struct setup {
    struct bed *bed;
    struct tree tree;
    uint64_t rng;
    pgno pages[PAGES_MAX];
    uint32_t page_count;
};

static const enum key_shape shapes[] = {KEYS_FIXED,       KEYS_TINY,   KEYS_PREFIXED,
                                        KEYS_INLINE_EDGE, KEYS_BINARY, KEYS_LONG_ALIKE,
                                        KEYS_MIXED};
#define SHAPES (sizeof shapes / sizeof *shapes)

static uint8_t key[KEY_SHAPE_MAX], bytes[TREE_VALUE_MAX];

static bool bearable(int rc) {
    return rc == FERRITE_OK || rc == FERRITE_NOTFOUND || rc == FERRITE_CORRUPT;
}

static int note_page(void *ctx, pgno no, uint32_t count) {
    struct setup *s = ctx;
    (void)count;
    if (s->page_count < PAGES_MAX) s->pages[s->page_count++] = no;
    return 0;
}

static int write_one(struct setup *s, struct tree_cursor *c, size_t len) {
    struct tree_value value = {bytes, (uint32_t)rng_below(&s->rng, 4) ? 20 : 900, false, false};
    bool exact;
    if (s->tree.flags & TREE_POSITIONAL) { /* zeros, then some that differ: leaves with prefixes */
        for (uint32_t i = 15; i < 20; i++) bytes[i] = (uint8_t)rng_next(&s->rng);
        value.len = rng_below(&s->rng, 50) ? 20 : 900;
        int rc = cursor_seek_rank(c, rng_below(&s->rng, s->tree.count % 100000 + 1));
        if (rc != FERRITE_OK) return rc;
        return rng_below(&s->rng, 3) || !c->valid ? cursor_insert(c, &value)
                                                  : cursor_replace(c, &value);
    }
    int rc = cursor_seek(c, key, len, &exact);
    return rc == FERRITE_OK ? cursor_put(c, key, len, exact, &value) : rc;
}

static void build(struct setup *s, enum key_shape shape, bool positional, uint32_t count) {
    s->bed = bed_open();
    s->tree = (struct tree){.flags = positional ? TREE_POSITIONAL : 0};
    for (uint32_t i = 0; i < count; i++) {
        struct tree_cursor c;
        cursor_init(&c, bed_pages(s->bed), &s->tree);
        cr_assert_eq(write_one(s, &c, key_shape_draw(shape, &s->rng, i, 2000, key)), FERRITE_OK);
        cursor_done(&c);
    }
    struct tree_visitor visitor = {s, note_page, NULL, NULL};
    s->page_count = 0;
    cr_assert_eq(tree_walk(bed_pages(s->bed), &s->tree, &visitor), FERRITE_OK);
    bed_commit(s->bed);
}

static void put_u16(struct page *page, uint32_t at, uint32_t value) {
    uint16_t v = (uint16_t)value;
    memcpy((uint8_t *)page + at, &v, 2);
}

static void put_u32(struct page *page, uint32_t at, uint32_t value) {
    if (at <= PAGE_SIZE - 4) memcpy((uint8_t *)page + at, &value, 4);
}

/* Points some child or count of a branch elsewhere. */
static void mutate_links(struct setup *s, struct page *page) {
    bool positional = page->type == PAGE_POS_BRANCH;
    if (page->slots == 0 || page->slots > 300) return;
    uint32_t slot = (uint32_t)rng_below(&s->rng, page->slots), at = 32 + 12 * slot;
    if (!positional) {
        uint16_t off;
        memcpy(&off, (uint8_t *)page + 32 + 8 * slot + 4, 2);
        at = off;
    }
    if (at > PAGE_SIZE - 12) return;
    uint64_t counts[] = {0, 1, ~0ull, ~0ull - 5, 1ull << 63, rng_below(&s->rng, 100)};
    if (rng_below(&s->rng, 2))
        put_u32(page, at, s->pages[rng_below(&s->rng, s->page_count)]);
    else
        memcpy((uint8_t *)page + at + 4, &counts[rng_below(&s->rng, 6)], 8);
}

static void mutate(struct setup *s, struct page *page) {
    uint32_t at = (uint32_t)rng_below(&s->rng, PAGE_SIZE - 2);
    switch (rng_below(&s->rng, 10)) {
    case 0:
        ((uint8_t *)page)[at] ^= (uint8_t)(1u << rng_below(&s->rng, 8));
        break;
    case 1:
        ((uint8_t *)page)[at] = (uint8_t)rng_next(&s->rng);
        break;
    case 2:
        put_u16(page, 4 + (uint32_t)rng_below(&s->rng, 24), (uint32_t)rng_next(&s->rng));
        break;
    case 3: /* a slot */
        at = 32 + (uint32_t)rng_below(&s->rng, 8u * page->slots % 3000 + 1);
        put_u16(page, at, (uint32_t)rng_below(&s->rng, 2) ? 0xFFFF : (uint32_t)rng_next(&s->rng));
        break;
    case 4:
        page->garbage = (uint16_t)(page->garbage + rng_below(&s->rng, 40) - 20);
        break;
    case 5:
        page->prefix_len = (uint16_t)rng_below(&s->rng, 600);
        break;
    case 6: { /* another page in its place */
        struct page *other = bed_page(s->bed, s->pages[rng_below(&s->rng, s->page_count)]);
        memcpy(page, other, PAGE_SIZE);
        break;
    }
    case 7: /* the length field of an element */
        if (page->type == PAGE_POS_LEAF) {
            memcpy(&at, page->body + 2 * rng_below(&s->rng, page->slots + 1u) % 3000, 2);
            at %= PAGE_SIZE - 2;
        }
        put_u16(page, at, (uint32_t)rng_next(&s->rng) & 0xE0FF);
        break;
    default:
        if (page->type == PAGE_BRANCH || page->type == PAGE_POS_BRANCH)
            mutate_links(s, page);
        else
            put_u16(page, at, (uint32_t)rng_next(&s->rng));
    }
}

/* Changes some pages, but none in a way that node_check sees. */
static void damage(struct setup *s, uint32_t changes) {
    for (int tries = 0; changes > 0 && tries < 500; tries++) {
        pgno no = s->pages[rng_below(&s->rng, s->page_count)];
        struct page *page = bed_page(s->bed, no), before;
        if (page->type == PAGE_RUN) {
            page->body[rng_below(&s->rng, 64)] ^= 1;
            changes--;
            continue;
        }
        memcpy(&before, page, PAGE_SIZE);
        for (uint32_t n = 1 + (uint32_t)rng_below(&s->rng, 3); n > 0; n--) mutate(s, page);
        page->pgno = no;
        page->birth = before.birth;
        if (node_check(page, UINT32_MAX) == FERRITE_OK)
            changes--;
        else
            memcpy(page, &before, PAGE_SIZE);
    }
}

static int read_one(struct setup *s, struct tree_cursor *c, size_t len) {
    struct tree_value value;
    const uint8_t *at;
    size_t at_len;
    uint64_t rank;
    bool exact;
    int rc;
    if (s->tree.flags & TREE_POSITIONAL)
        rc = cursor_seek_rank(c, rng_below(&s->rng, 3000));
    else if ((rc = tree_get(bed_pages(s->bed), &s->tree, key, len, &value)) != FERRITE_CORRUPT)
        rc = cursor_seek(c, key, len, &exact);
    cr_assert(bearable(rc));
    for (int i = 0; rc == FERRITE_OK && c->valid && i < 60; i++) {
        if (!(s->tree.flags & TREE_POSITIONAL)) rc = cursor_key(c, &at, &at_len);
        if (rc == FERRITE_OK && c->valid) rc = cursor_value(c, &value);
        if (rc == FERRITE_OK && c->valid) rc = cursor_rank(c, &rank);
        if (rc == FERRITE_OK) rc = i % 16 < 8 ? cursor_next(c) : cursor_prev(c);
    }
    return rc;
}

static int delete_one(struct setup *s, struct tree_cursor *c, size_t len) {
    bool exact;
    int rc = s->tree.flags & TREE_POSITIONAL ? cursor_seek_rank(c, rng_below(&s->rng, 500))
                                             : cursor_seek(c, key, len, &exact);
    for (int i = 0; rc == FERRITE_OK && c->valid && i < 3; i++) rc = cursor_delete(c);
    return rc;
}

static int on_damage(void *ctx, pgno no, const char *what) {
    (void)ctx;
    (void)no;
    cr_assert_not_null(what);
    return 0;
}

static int on_value(void *ctx, const struct tree_value *value) {
    (void)ctx;
    return value->len <= TREE_VALUE_MAX ? 0 : -1;
}

/* All kinds of operations; a failed change ends them, as it does a transaction. */
static void use(struct setup *s, enum key_shape shape) {
    int rc = FERRITE_OK;
    struct tree_visitor visitor = {s, NULL, NULL, on_damage};
    tree_walk(bed_pages(s->bed), &s->tree, &visitor);
    for (uint32_t i = 0; i < 150 && rc != FERRITE_CORRUPT; i++) {
        struct tree_cursor c;
        cursor_init(&c, bed_pages(s->bed), &s->tree);
        size_t len = key_shape_draw(shape, &s->rng, i, 2000, key);
        switch (rng_below(&s->rng, 3)) {
        case 0:
            cr_assert(bearable(read_one(s, &c, len)));
            break;
        case 1:
            rc = write_one(s, &c, len);
            break;
        default:
            rc = delete_one(s, &c, len);
        }
        cr_assert(bearable(rc), "%d", rc);
        cursor_done(&c);
        if (rng_below(&s->rng, 10) == 0) bed_commit(s->bed);
    }
    if (rc != FERRITE_OK) return;
    tree_walk(bed_pages(s->bed), &s->tree, &visitor);
    uint64_t budget = rng_below(&s->rng, 2) ? UINT64_MAX : rng_below(&s->rng, 20);
    cr_assert(bearable(tree_free(bed_pages(s->bed), &s->tree, &budget, on_value, NULL)));
}

static void fuzz(bool positional, uint64_t rounds) {
    for (uint64_t round = 1; round <= rounds; round++) {
        struct setup s = {.rng = round * 104729 + positional};
        enum key_shape shape = positional ? KEYS_FIXED : shapes[round % SHAPES];
        build(&s, shape, positional, 100 + (uint32_t)rng_below(&s.rng, 1200));
        damage(&s, 1 + (uint32_t)rng_below(&s.rng, 6));
        use(&s, shape);
        bed_close(s.bed);
    }
}

static uint64_t rounds(uint64_t usual) {
    const char *n = getenv("FERRITE_DAMAGE_ROUNDS");
    return n ? strtoull(n, NULL, 10) : usual;
}

Test(btree_damage, changed_keyed_pages_never_lead_out_of_bounds) { fuzz(false, rounds(150)); }
Test(btree_damage, changed_positional_pages_never_lead_out_of_bounds) { fuzz(true, rounds(100)); }

Test(btree_damage, every_field_of_the_page_header_is_checked) {
    struct setup s = {.rng = 5};
    build(&s, KEYS_FIXED, false, 1000);
    struct page *page = bed_page(s.bed, s.pages[1]), copy;
    cr_assert_eq(node_check(page, UINT32_MAX), FERRITE_OK);
#define REFUSED(change)                                                        \
    do {                                                                       \
        copy = *page;                                                          \
        change;                                                                \
        cr_assert_eq(node_check(&copy, UINT32_MAX), FERRITE_CORRUPT, #change); \
    } while (0)
    REFUSED(copy.type = 99);
    REFUSED(copy.type = PAGE_META);
    REFUSED(copy.type = PAGE_BRANCH);
    REFUSED(copy.level = 1);
    REFUSED(copy.slots = 0);
    REFUSED(copy.slots = 600);
    REFUSED(copy.slots = 0xFFFF);
    REFUSED(copy.heap = 0);
    REFUSED(copy.heap = 40);
    REFUSED(copy.heap = 0xFFFF);
    REFUSED(copy.garbage ^= 1);
    REFUSED(copy.prefix_len = 509);
    REFUSED(copy.prefix_len = 0xFFFF);
    REFUSED(copy.body[4] = copy.body[12]; copy.body[5] = copy.body[13]); /* two slots, one cell */
    cr_assert_eq(node_check(bed_page(s.bed, s.tree.root), 3), FERRITE_CORRUPT,
                 "children beyond the file");
    bed_close(s.bed);
}

Test(btree_damage, the_prefix_of_a_sequence_is_checked) {
    struct setup s = {.rng = 7};
    build(&s, KEYS_FIXED, true, 1000);
    struct page *page = NULL, copy;
    for (uint32_t i = 0; i < s.page_count && (page == NULL || page->prefix_len == 0); i++)
        page = bed_page(s.bed, s.pages[i]);
    cr_assert_gt(page->prefix_len, 0, "elements of many zeros share them");
    cr_assert_eq(node_check(page, UINT32_MAX), FERRITE_OK);
    REFUSED(copy.prefix_len = 0);
    REFUSED(copy.prefix_len--);
    REFUSED(copy.prefix_len++);
    REFUSED(copy.prefix_len = 129);
    for (uint32_t i = 0; i < page->slots; i++) {
        uint16_t off, field;
        memcpy(&off, page->body + 2 * i, 2);
        memcpy(&field, (uint8_t *)page + off, 2);
        if (!(field & 0x2000)) continue;
        REFUSED(put_u16(&copy, off, field | 0x8000)); /* spilled as well */
        REFUSED(put_u16(&copy, off, field | 0x0800)); /* a bit without meaning */
        REFUSED(put_u16(&copy, off, field + 1));
    }
    bed_close(s.bed);
}

Test(btree_damage, walk_tells_what_is_wrong_with_counts_order_and_levels) {
    struct setup s = {.rng = 6};
    struct tree_visitor visitor = {NULL, NULL, NULL, NULL};
    build(&s, KEYS_FIXED, false, 1000);
    struct page *root = bed_page(s.bed, s.tree.root), before = *root;
    s.tree.count++;
    cr_assert_eq(tree_walk(bed_pages(s.bed), &s.tree, &visitor), FERRITE_CORRUPT);
    s.tree.count--;
    cr_assert_eq(tree_walk(bed_pages(s.bed), &s.tree, &visitor), FERRITE_OK);
    uint16_t a, b;
    memcpy(&a, root->body + 4, 2);
    memcpy(&b, root->body + 12, 2);
    ((uint8_t *)root)[a + 4] ^= 1;
    cr_assert_eq(tree_walk(bed_pages(s.bed), &s.tree, &visitor), FERRITE_CORRUPT, "count");
    *root = before;
    memcpy((uint8_t *)root + a, (uint8_t *)&before + b, 12);
    cr_assert_eq(tree_walk(bed_pages(s.bed), &s.tree, &visitor), FERRITE_CORRUPT, "order");
    *root = before;
    put_u32(root, a, s.tree.root);
    cr_assert_eq(tree_walk(bed_pages(s.bed), &s.tree, &visitor), FERRITE_CORRUPT, "level");
    bed_close(s.bed);
}
