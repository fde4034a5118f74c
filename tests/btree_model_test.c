/*
 * btree_model_test.c - keyed trees against a sorted array, under random operations.
 *
 * Older roots are kept across commits and must stay as they were (E4); at the end every page must
 * have been given back.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "../libferrite/btree/tree.h"
#include "../libferrite/error.h"
#include "support/key_shapes.h"
#include "support/page_bed.h"

#define OK(call) cr_assert_eq((call), FERRITE_OK, "%s", error_text(FERRITE_CORRUPT))

struct pair {
    uint8_t *key;
    size_t key_len;
    uint64_t seed; /* value: value_len bytes drawn from it */
    uint32_t value_len;
    bool spilled;
};

struct model {
    struct pair *pairs;
    size_t count, cap;
};

struct setup {
    struct bed *bed;
    struct tree tree;
    struct model model;
    uint64_t rng;
};

static int key_order(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len) {
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    return order ? order : (a_len > b_len) - (a_len < b_len);
}

static size_t model_find(const struct model *m, const uint8_t *key, size_t len, bool *exact) {
    size_t lo = 0, hi = m->count;
    *exact = false;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int order = key_order(m->pairs[mid].key, m->pairs[mid].key_len, key, len);
        if (order == 0) *exact = true;
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void model_put(struct model *m, const uint8_t *key, size_t len, struct pair pair) {
    bool exact;
    size_t at = model_find(m, key, len, &exact);
    if (!exact) {
        if (m->count == m->cap) {
            m->cap = m->cap ? m->cap * 2 : 64;
            m->pairs = realloc(m->pairs, m->cap * sizeof *m->pairs);
        }
        memmove(m->pairs + at + 1, m->pairs + at, (m->count - at) * sizeof *m->pairs);
        m->count++;
        pair.key = malloc(len + 1);
        memcpy(pair.key, key, len);
        pair.key_len = len;
    } else {
        pair.key = m->pairs[at].key;
        pair.key_len = len;
    }
    m->pairs[at] = pair;
}

static void model_delete(struct model *m, size_t at) {
    free(m->pairs[at].key);
    m->count--;
    memmove(m->pairs + at, m->pairs + at + 1, (m->count - at) * sizeof *m->pairs);
}

static void model_copy(const struct model *m, struct model *out) {
    *out = (struct model){0};
    for (size_t i = 0; i < m->count; i++)
        model_put(out, m->pairs[i].key, m->pairs[i].key_len, m->pairs[i]);
}

static void model_free(struct model *m) {
    for (size_t i = 0; i < m->count; i++) free(m->pairs[i].key);
    free(m->pairs);
    *m = (struct model){0};
}

static void value_draw(const struct pair *pair, uint8_t *out) {
    uint64_t rng = pair->seed;
    for (uint32_t i = 0; i < pair->value_len; i++) out[i] = (uint8_t)rng_next(&rng);
}

static void value_check(const struct pair *pair, const struct tree_value *value) {
    uint8_t expected[TREE_VALUE_MAX];
    cr_assert_eq(value->len, pair->value_len);
    cr_assert_eq(value->spilled, pair->spilled);
    value_draw(pair, expected);
    cr_assert(memcmp(value->data, expected, pair->value_len) == 0, "another value");
}

static uint32_t length_draw(uint64_t *rng) {
    switch (rng_below(rng, 8)) {
    case 0:
        return 0;
    case 1:
        return TREE_VALUE_MAX;
    case 2:
        return (uint32_t)rng_below(rng, TREE_VALUE_MAX + 1);
    default:
        return (uint32_t)rng_below(rng, 120);
    }
}

static void put(struct setup *s, const uint8_t *key, size_t len) {
    uint8_t bytes[TREE_VALUE_MAX];
    struct pair pair = {.seed = rng_next(&s->rng),
                        .value_len = length_draw(&s->rng),
                        .spilled = rng_below(&s->rng, 10) == 0};
    struct tree_value value = {bytes, pair.value_len, pair.spilled, false}, found;
    struct tree_cursor c;
    bool exact, expected;
    value_draw(&pair, bytes);
    model_find(&s->model, key, len, &expected);
    cursor_init(&c, bed_pages(s->bed), &s->tree);
    OK(cursor_seek(&c, key, len, &exact));
    cr_assert_eq(exact, expected);
    OK(cursor_put(&c, key, len, exact, &value));
    model_put(&s->model, key, len, pair);
    const uint8_t *at;
    size_t at_len;
    cr_assert(c.valid);
    OK(cursor_key(&c, &at, &at_len));
    cr_assert(key_order(at, at_len, key, len) == 0, "the cursor left the entry it has put");
    OK(cursor_value(&c, &found));
    value_check(&pair, &found);
    cursor_done(&c);
}

/* The cursor stands on the pair `at` of the model, or at the end. */
static void place_check(struct setup *s, struct tree_cursor *c, size_t at) {
    uint64_t rank;
    OK(cursor_rank(c, &rank));
    cr_assert_eq(rank, at);
    cr_assert_eq(c->valid, at < s->model.count);
    if (!c->valid) return;
    const uint8_t *key;
    size_t len;
    struct tree_value value;
    OK(cursor_key(c, &key, &len));
    cr_assert(key_order(key, len, s->model.pairs[at].key, s->model.pairs[at].key_len) == 0);
    OK(cursor_value(c, &value));
    value_check(&s->model.pairs[at], &value);
}

static void delete (struct setup *s, const uint8_t *key, size_t len, uint32_t more) {
    struct tree_cursor c;
    bool exact, expected;
    size_t at = model_find(&s->model, key, len, &expected);
    cursor_init(&c, bed_pages(s->bed), &s->tree);
    OK(cursor_seek(&c, key, len, &exact));
    cr_assert_eq(exact, expected);
    for (; c.valid && more > 0; more--) {
        OK(cursor_delete(&c));
        model_delete(&s->model, at);
        place_check(s, &c, at);
    }
    cursor_done(&c);
}

static void get(struct setup *s, const uint8_t *key, size_t len) {
    struct tree_value value;
    bool exact;
    size_t at = model_find(&s->model, key, len, &exact);
    int rc = tree_get(bed_pages(s->bed), &s->tree, key, len, &value);
    cr_assert_eq(rc, exact ? FERRITE_OK : FERRITE_NOTFOUND);
    if (exact) value_check(&s->model.pairs[at], &value);
}

/* A few steps to and fro from a key. */
static void stroll(struct setup *s, const uint8_t *key, size_t len) {
    struct tree_cursor c;
    bool exact;
    size_t at = model_find(&s->model, key, len, &exact);
    cursor_init(&c, bed_pages(s->bed), &s->tree);
    OK(cursor_seek(&c, key, len, &exact));
    if (rng_below(&s->rng, 2)) place_check(s, &c, at);
    for (int i = 0; i < 12; i++) {
        if (rng_below(&s->rng, 2)) {
            if (at == s->model.count) continue;
            OK(cursor_next(&c));
            at++;
        } else {
            if (at == 0) continue;
            OK(cursor_prev(&c));
            at--;
        }
        if (rng_below(&s->rng, 2)) place_check(s, &c, at);
    }
    cursor_done(&c);
}

static void select_one(struct setup *s) {
    struct tree_cursor c;
    uint64_t rank = rng_below(&s->rng, s->model.count + 2);
    cursor_init(&c, bed_pages(s->bed), &s->tree);
    OK(cursor_seek_rank(&c, rank));
    place_check(s, &c, rank < s->model.count ? rank : s->model.count);
    cursor_done(&c);
}

struct walk_count {
    const struct model *model;
    size_t entries;
    uint64_t pages;
};

static int walk_on_page(void *ctx, pgno no, uint32_t count) {
    (void)no;
    ((struct walk_count *)ctx)->pages += count;
    return 0;
}

static int walk_on_entry(void *ctx, const uint8_t *key, size_t len,
                         const struct tree_value *value) {
    struct walk_count *w = ctx;
    cr_assert_lt(w->entries, w->model->count);
    const struct pair *pair = &w->model->pairs[w->entries++];
    cr_assert(key_order(key, len, pair->key, pair->key_len) == 0, "another key");
    value_check(pair, value);
    return 0;
}

/* Each page passes node_check, as it must when it comes from the file. */
static uint64_t tree_check(struct bed *bed, const struct tree *tree, const struct model *model) {
    struct walk_count w = {model, 0, 0};
    struct tree_visitor visitor = {&w, walk_on_page, walk_on_entry, NULL};
    OK(tree_walk(bed_pages(bed), tree, &visitor));
    cr_assert_eq(w.entries, model->count);
    cr_assert_eq(tree->count, model->count);
    return w.pages;
}

static int check_on_page(void *ctx, pgno no, uint32_t count) {
    (void)count;
    const struct page *page = bed_page(ctx, no);
    return node_check(page, UINT32_MAX);
}

static void everything_check(struct setup *s) {
    struct tree_visitor visitor = {s->bed, check_on_page, NULL, NULL};
    OK(tree_walk(bed_pages(s->bed), &s->tree, &visitor));
    uint64_t pages = tree_check(s->bed, &s->tree, &s->model);
    cr_assert_eq(pages, bed_live(s->bed), "%llu pages in the tree, %llu in use",
                 (unsigned long long)pages, (unsigned long long)bed_live(s->bed));
    struct tree_cursor c;
    cursor_init(&c, bed_pages(s->bed), &s->tree);
    OK(cursor_last(&c));
    for (size_t i = s->model.count; i-- > 0;) {
        const uint8_t *key;
        size_t len;
        cr_assert(c.valid);
        OK(cursor_key(&c, &key, &len));
        cr_assert(key_order(key, len, s->model.pairs[i].key, s->model.pairs[i].key_len) == 0);
        OK(cursor_prev(&c));
    }
    cr_assert(!c.valid);
    cursor_done(&c);
}

#define OLDER 3

static void operations(struct setup *s, enum key_shape shape, uint32_t count, uint32_t span) {
    static uint8_t key[KEY_SHAPE_MAX];
    struct tree older_tree[OLDER] = {{0}};
    struct model older_model[OLDER] = {{0}};
    for (uint32_t i = 0; i < count; i++) {
        size_t len = key_shape_draw(shape, &s->rng, i, span, key);
        /* Times of growth and times of decline. */
        bool grow = i / (count / 4 + 1) % 2 == 0;
        uint64_t what = rng_below(&s->rng, 16);
        if (what < (grow ? 9u : 3u))
            put(s, key, len);
        else if (what < 12 && s->model.count > 0 && rng_below(&s->rng, 3) != 0) {
            const struct pair *pair = &s->model.pairs[rng_below(&s->rng, s->model.count)];
            memcpy(key, pair->key, len = pair->key_len);
            delete (s, key, len, 1 + (uint32_t)rng_below(&s->rng, 3));
        } else if (what < 13)
            stroll(s, key, len);
        else if (what < 14)
            select_one(s);
        else
            get(s, key, len);
        if (rng_below(&s->rng, 20) == 0) {
            bed_commit(s->bed);
            size_t k = rng_below(&s->rng, OLDER);
            if (rng_below(&s->rng, 20) == 0) {
                tree_check(s->bed, &older_tree[k], &older_model[k]);
                model_free(&older_model[k]);
                older_tree[k] = s->tree;
                model_copy(&s->model, &older_model[k]);
            }
        }
        if (i % (count / 8 + 1) == 0) everything_check(s);
    }
    for (size_t k = 0; k < OLDER; k++) {
        tree_check(s->bed, &older_tree[k], &older_model[k]);
        model_free(&older_model[k]);
    }
}

/* Takes the tree down, one way or the other. */
static void take_down(struct setup *s, bool by_delete) {
    everything_check(s);
    while (by_delete && s->model.count > 0) {
        const struct pair *pair = &s->model.pairs[rng_below(&s->rng, s->model.count)];
        static uint8_t key[KEY_SHAPE_MAX];
        size_t len = pair->key_len;
        memcpy(key, pair->key, len);
        delete (s, key, len, 1);
    }
    while (s->tree.root != 0) {
        uint64_t budget = 1 + rng_below(&s->rng, 20);
        OK(tree_free(bed_pages(s->bed), &s->tree, &budget, NULL, NULL));
        while (s->model.count > s->tree.count) model_delete(&s->model, s->model.count - 1);
        everything_check(s);
        if (rng_below(&s->rng, 2)) bed_commit(s->bed);
    }
    cr_assert_eq(s->tree.count, 0);
    cr_assert_eq(bed_live(s->bed), 0, "%llu pages left", (unsigned long long)bed_live(s->bed));
}

static void shape_run(enum key_shape shape, uint32_t count, uint32_t span) {
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct setup s = {.bed = bed_open(), .rng = seed * 7919 + shape};
        operations(&s, shape, count, span);
        take_down(&s, seed == 2);
        bed_commit(s.bed);
        model_free(&s.model);
        bed_close(s.bed);
    }
}

Test(btree_model, ascending_keys) { shape_run(KEYS_SEQUENTIAL, 6000, 1); }
Test(btree_model, descending_keys) { shape_run(KEYS_DESCENDING, 6000, 1); }
Test(btree_model, decimal_keys_of_varying_length) { shape_run(KEYS_DECIMAL, 6000, 3000); }
Test(btree_model, keys_of_one_length) { shape_run(KEYS_FIXED, 12000, 4000); }
Test(btree_model, tiny_keys_with_zeros_and_the_empty_key) { shape_run(KEYS_TINY, 6000, 1); }
Test(btree_model, keys_of_zero_bytes_only) { shape_run(KEYS_ZEROS, 4000, 700); }
Test(btree_model, random_binary_keys) { shape_run(KEYS_BINARY, 6000, 100000); }
Test(btree_model, keys_with_a_long_common_prefix) { shape_run(KEYS_PREFIXED, 6000, 3000); }
Test(btree_model, keys_about_as_long_as_fit_inline) { shape_run(KEYS_INLINE_EDGE, 3000, 900); }
Test(btree_model, long_keys_that_begin_alike) { shape_run(KEYS_LONG_ALIKE, 3000, 900); }
Test(btree_model, huge_keys) { shape_run(KEYS_HUGE, 500, 200); }
Test(btree_model, keys_of_all_shapes_mixed) { shape_run(KEYS_MIXED, 3000, 300); }

Test(btree_model, limits_of_key_and_value_are_refused) {
    struct bed *bed = bed_open();
    struct tree tree = {0};
    struct tree_cursor c;
    static uint8_t long_key[TREE_KEY_MAX + 1];
    uint8_t long_value[TREE_VALUE_MAX + 1] = {0};
    bool exact;
    struct tree_value value = {long_value, TREE_VALUE_MAX + 1, false, false};
    cursor_init(&c, bed_pages(bed), &tree);
    OK(cursor_seek(&c, "k", 1, &exact));
    cr_assert_eq(cursor_put(&c, "k", 1, false, &value), FERRITE_LIMIT);
    value.len = 1;
    cr_assert_eq(cursor_put(&c, long_key, sizeof long_key, false, &value), FERRITE_LIMIT);
    OK(cursor_put(&c, long_key, TREE_KEY_MAX, false, &value));
    cr_assert_eq(tree.count, 1);
    cursor_done(&c);
    bed_close(bed);
}
