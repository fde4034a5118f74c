/*
 * btree_sequence_test.c - positional trees against an array, and how densely lists are kept.
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

struct element {
    uint64_t seed;
    uint32_t len;
    uint32_t alike; /* so many of its first bytes are those of all others */
};

struct setup {
    struct bed *bed;
    struct tree tree;
    struct element *elements;
    size_t count, cap;
    uint64_t rng;
    bool alike; /* elements begin alike, most of them */
};

static struct setup setup_open(uint64_t seed) {
    return (struct setup){.bed = bed_open(), .tree = {.flags = TREE_POSITIONAL}, .rng = seed};
}

static void setup_close(struct setup *s) {
    free(s->elements);
    bed_close(s->bed);
}

static void element_bytes(const struct element *e, uint8_t *out) {
    uint64_t rng = e->seed;
    for (uint32_t i = 0; i < e->len; i++) out[i] = i < e->alike ? 'a' : (uint8_t)rng_next(&rng);
}

static void element_check(const struct element *e, struct tree_cursor *c) {
    uint8_t expected[TREE_VALUE_MAX];
    struct tree_value value;
    OK(cursor_value(c, &value));
    cr_assert_eq(value.len, e->len);
    element_bytes(e, expected);
    cr_assert(memcmp(value.data, expected, e->len) == 0, "another element");
}

static void insert(struct setup *s, size_t at, struct element e) {
    uint8_t bytes[TREE_VALUE_MAX];
    struct tree_value value = {bytes, e.len, false, false};
    struct tree_cursor c;
    element_bytes(&e, bytes);
    cursor_init(&c, bed_pages(s->bed), &s->tree);
    OK(cursor_seek_rank(&c, at));
    OK(cursor_insert(&c, &value));
    cr_assert(c.valid);
    element_check(&e, &c);
    cursor_done(&c);
    if (s->count == s->cap)
        s->elements = realloc(s->elements, (s->cap = s->cap * 2 + 64) * sizeof *s->elements);
    memmove(s->elements + at + 1, s->elements + at, (s->count - at) * sizeof *s->elements);
    s->elements[at] = e;
    s->count++;
}

static void replace(struct setup *s, size_t at, struct element e) {
    uint8_t bytes[TREE_VALUE_MAX];
    struct tree_value value = {bytes, e.len, false, false};
    struct tree_cursor c;
    uint64_t rank;
    element_bytes(&e, bytes);
    cursor_init(&c, bed_pages(s->bed), &s->tree);
    OK(cursor_seek_rank(&c, at));
    OK(cursor_replace(&c, &value));
    s->elements[at] = e;
    element_check(&e, &c);
    OK(cursor_rank(&c, &rank));
    cr_assert_eq(rank, at);
    cursor_done(&c);
}

static void delete (struct setup *s, size_t at) {
    struct tree_cursor c;
    uint64_t rank;
    cursor_init(&c, bed_pages(s->bed), &s->tree);
    OK(cursor_seek_rank(&c, at));
    OK(cursor_delete(&c));
    s->count--;
    memmove(s->elements + at, s->elements + at + 1, (s->count - at) * sizeof *s->elements);
    OK(cursor_rank(&c, &rank));
    cr_assert_eq(rank, at);
    cr_assert_eq(c.valid, at < s->count);
    if (c.valid) element_check(&s->elements[at], &c);
    cursor_done(&c);
}

struct walked {
    struct setup *setup;
    size_t entries;
    uint64_t pages;
};

static int on_page(void *ctx, pgno no, uint32_t count) {
    struct walked *w = ctx;
    w->pages += count;
    return node_check(bed_page(w->setup->bed, no), UINT32_MAX);
}

static int on_entry(void *ctx, const uint8_t *key, size_t len, const struct tree_value *value) {
    struct walked *w = ctx;
    (void)key;
    (void)len;
    cr_assert_lt(w->entries, w->setup->count);
    cr_assert_eq(value->len, w->setup->elements[w->entries++].len);
    return 0;
}

static void everything_check(struct setup *s) {
    struct walked w = {s, 0, 0};
    struct tree_visitor visitor = {&w, on_page, on_entry, NULL};
    struct tree_cursor c;
    OK(tree_walk(bed_pages(s->bed), &s->tree, &visitor));
    cr_assert_eq(w.entries, s->count);
    cr_assert_eq(s->tree.count, s->count);
    cr_assert_eq(w.pages, bed_live(s->bed));
    cursor_init(&c, bed_pages(s->bed), &s->tree);
    OK(cursor_first(&c));
    for (size_t i = 0; i < s->count; i++) {
        cr_assert(c.valid);
        element_check(&s->elements[i], &c);
        OK(cursor_next(&c));
    }
    cr_assert(!c.valid);
    cursor_done(&c);
}

static struct element draw(struct setup *s, uint32_t max_len) {
    struct element e = {.len = (uint32_t)rng_below(&s->rng, max_len + 1)};
    if (rng_below(&s->rng, 30) == 0) e.len = TREE_VALUE_MAX;
    e.seed = rng_next(&s->rng);
    if (s->alike) e.alike = rng_below(&s->rng, 40) ? max_len * 3 / 4 : max_len / 4;
    return e;
}

static void operations(struct setup *s, uint32_t count, uint32_t max_len) {
    for (uint32_t i = 0; i < count; i++) {
        bool grow = i / (count / 4 + 1) % 2 == 0;
        uint64_t what = rng_below(&s->rng, 10);
        size_t at = rng_below(&s->rng, s->count + 1);
        if (what < (grow ? 3u : 1u))
            insert(s, at, draw(s, max_len));
        else if (what < (grow ? 5u : 2u))
            insert(s, rng_below(&s->rng, 2) ? 0 : s->count, draw(s, max_len));
        else if (s->count == 0)
            continue;
        else if (what < 6)
            replace(s, at == s->count ? 0 : at, draw(s, max_len));
        else
            delete (s,
                    rng_below(&s->rng, 3) ? at % s->count : rng_below(&s->rng, 2) * (s->count - 1));
        if (rng_below(&s->rng, 30) == 0) bed_commit(s->bed);
        if (i % (count / 6 + 1) == 0) everything_check(s);
    }
    everything_check(s);
}

static void take_down(struct setup *s) {
    while (s->tree.root != 0) {
        uint64_t budget = 1 + rng_below(&s->rng, 9);
        OK(tree_free(bed_pages(s->bed), &s->tree, &budget, NULL, NULL));
        s->count = s->tree.count;
        everything_check(s);
        bed_commit(s->bed);
    }
    cr_assert_eq(s->count, 0);
    cr_assert_eq(bed_live(s->bed), 0);
}

static void model_run(uint32_t count, uint32_t max_len, bool alike) {
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct setup s = setup_open(seed * 31337);
        s.alike = alike;
        operations(&s, count, max_len);
        take_down(&s);
        setup_close(&s);
    }
}

Test(btree_sequence, short_elements) { model_run(8000, 12, false); }
Test(btree_sequence, elements_of_no_bytes) { model_run(8000, 0, false); }
Test(btree_sequence, elements_of_all_lengths) { model_run(8000, TREE_VALUE_MAX, false); }
Test(btree_sequence, elements_that_begin_alike) { model_run(8000, 16, true); }
Test(btree_sequence, long_elements_that_begin_alike) { model_run(8000, 140, true); }

/* Bytes of payload by bytes of pages. */
static double density(struct setup *s, uint32_t element_len) {
    return (double)s->count * element_len / ((double)bed_live(s->bed) * PAGE_SIZE);
}

Test(btree_sequence, pushing_right_fills_the_pages) {
    struct setup s = setup_open(5);
    for (int i = 0; i < 5000; i++) insert(&s, s.count, (struct element){rng_next(&s.rng), 60, 0});
    cr_assert_gt(density(&s, 60), 0.9);
    everything_check(&s);
    setup_close(&s);
}

Test(btree_sequence, pushing_left_fills_the_pages) {
    struct setup s = setup_open(6);
    for (int i = 0; i < 5000; i++) insert(&s, 0, (struct element){rng_next(&s.rng), 60, 0});
    cr_assert_gt(density(&s, 60), 0.9);
    everything_check(&s);
    setup_close(&s);
}

/* 14 of 20 bytes are common: 6 remain, and 4 of slot and length. */
static void push_alike(struct setup *s, bool right) {
    for (int i = 0; i < 10000; i++)
        insert(s, right ? s->count : 0, (struct element){rng_next(&s->rng), 20, 14});
    cr_expect_lt((double)bed_live(s->bed) * PAGE_SIZE, 10.8 * (double)s->count);
    everything_check(s);
}

Test(btree_sequence, what_elements_begin_with_is_kept_once) {
    for (int right = 0; right < 2; right++) {
        struct setup s = setup_open(9);
        push_alike(&s, right);
        setup_close(&s);
    }
}

Test(btree_sequence, an_element_unlike_the_others_costs_no_more_than_itself) {
    struct setup s = setup_open(10);
    push_alike(&s, true);
    const uint64_t pages = bed_live(s.bed);
    for (size_t at = 0; at + 250 < s.count; at += 500) {
        insert(&s, at, (struct element){rng_next(&s.rng), 20, 0});
        replace(&s, at + 250, (struct element){rng_next(&s.rng), 20, 0});
    }
    cr_expect_lt(bed_live(s.bed), pages + 25);
    everything_check(&s);
    setup_close(&s);
}

static void push_counting(struct setup *s, uint32_t n) {
    char text[40];
    uint8_t room[sizeof text];
    for (uint32_t i = 0; i < n; i++) {
        struct tree_value value = {text, (uint32_t)sprintf(text, "number %010u", i), false, false};
        struct tree_cursor c;
        cursor_init(&c, bed_pages(s->bed), &s->tree);
        OK(cursor_seek_rank(&c, i));
        OK(cursor_insert(&c, &value));
        OK(cursor_value(&c, &value));
        memcpy(room, value.data, value.len);
        cr_assert(value.len == 17 && memcmp(room, text, 17) == 0);
        cursor_done(&c);
    }
}

Test(btree_sequence, the_prefix_follows_what_is_pushed) {
    struct setup s = setup_open(11);
    push_counting(&s, 30000);
    cr_expect_lt((double)bed_live(s.bed) * PAGE_SIZE, 9.0 * 30000);
    struct tree_cursor c;
    char text[40];
    uint64_t passed;
    bool found;
    cursor_init(&c, bed_pages(s.bed), &s.tree);
    for (uint32_t i = 0; i < 30000; i += 1999) {
        OK(cursor_first(&c));
        OK(cursor_find(&c, true, text, (uint32_t)sprintf(text, "number %010u", i), UINT64_MAX,
                       &passed, &found));
        cr_assert(found);
        cr_assert_eq(passed, i);
    }
    OK(cursor_first(&c));
    OK(cursor_find(&c, true, "number 00000", 12, UINT64_MAX, &passed, &found));
    cr_assert(!found);
    cursor_done(&c);
    setup_close(&s);
}

/* What has nothing in common takes what it took before there were prefixes. */
Test(btree_sequence, random_elements_are_kept_whole) {
    struct setup s = setup_open(12);
    for (int i = 0; i < 10000; i++)
        insert(&s, s.count, (struct element){rng_next(&s.rng), 16, 0});
    cr_expect_eq(bed_live(s.bed), (10000 + 202) / 203 + 1);
    setup_close(&s);
}

Test(btree_sequence, a_queue_keeps_few_pages) {
    struct setup s = setup_open(7);
    for (int i = 0; i < 4000; i++) {
        insert(&s, s.count, (struct element){rng_next(&s.rng), 60, 0});
        if (s.count > 100) delete (&s, 0);
    }
    cr_assert_lt(bed_live(s.bed), 8);
    everything_check(&s);
    setup_close(&s);
}

Test(btree_sequence, has_no_keys) {
    struct setup s = setup_open(8);
    insert(&s, 0, (struct element){1, 1, 0});
    struct tree_value value;
    bool exact;
    struct tree_cursor c;
    cr_assert_eq(tree_get(bed_pages(s.bed), &s.tree, "k", 1, &value), FERRITE_INVALID);
    cursor_init(&c, bed_pages(s.bed), &s.tree);
    cr_assert_eq(cursor_seek(&c, "k", 1, &exact), FERRITE_INVALID);
    cursor_done(&c);
    setup_close(&s);
}
