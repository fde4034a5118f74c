/*
 * zset_model_test.c - sorted sets against a plain array kept in order: random changes, through packed records and
 * trees and back, copied, closed, and out of the log.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"

static struct bed bed;
static ferrite_db *db;

static void begin(void) { bed_begin(&bed, &db); }
static void end(void) { bed_end(&bed, db); }

TestSuite(zset_model, .init = begin, .fini = end, .timeout = 120);

static uint64_t card(ferrite_db *of, const char *key) {
    uint64_t count = 0;
    cr_assert_eq(ferrite_zcard(of, key, strlen(key), &count, NULL), 0);
    return count;
}

/* ---- a plain array, kept in order ---- */

#define MODEL_MAX 3000

struct element {
    char *member;
    size_t len;
    double score;
};

static struct {
    struct element at[MODEL_MAX];
    int count;
} model;
static uint64_t seed;

static uint32_t draw(uint32_t below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

static int compare_elements(const void *a, const void *b) {
    const struct element *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? -1 : 1;
    size_t common = x->len < y->len ? x->len : y->len;
    int order = memcmp(x->member, y->member, common);
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static int model_find(const char *member, size_t len) {
    for (int i = 0; i < model.count; i++)
        if (model.at[i].len == len && memcmp(model.at[i].member, member, len) == 0) return i;
    return -1;
}

static void model_put(const char *member, size_t len, double score) {
    int i = model_find(member, len);
    if (i < 0) {
        i = model.count++;
        model.at[i].member = malloc(len + 1);
        model.at[i].len = len;
        memcpy(model.at[i].member, member, len);
    }
    model.at[i].score = score;
    qsort(model.at, (size_t)model.count, sizeof *model.at, compare_elements);
}

static void model_remove(int i) {
    free(model.at[i].member);
    memmove(model.at + i, model.at + i + 1, (size_t)(--model.count - i) * sizeof *model.at);
}

static double draw_score(void) {
    static const double some[] = {0, 1, 1, 2, -1, INFINITY, -INFINITY, 1e300, -1e-300, 0.1};
    return draw(2) ? some[draw(10)] : (double)draw(100000) / 8 - 5000;
}

/* From a few hundred; a few are long enough to lie in runs of their own. */
static size_t draw_member(char *out, uint32_t variety) {
    uint32_t which = draw(variety);
    size_t len = which % 97 == 5 ? 3000 + which : which % 31 == 3 ? 300 : which % 12;
    memset(out, 'a' + (int)(which % 26), len);
    int written = snprintf(out + len, 16, "%u", which);
    return len + (size_t)written;
}

static void do_put(uint32_t variety) {
    static char member[8192];
    double score = draw_score();
    size_t len = draw_member(member, variety);
    int is_new = model_find(member, len) < 0;
    cr_assert_eq(ferrite_zadd(db, S("z"), score, member, len, NULL), is_new);
    model_put(member, len, score);
}

static void do_remove(uint32_t variety) {
    static char member[8192];
    size_t len = draw_member(member, variety);
    int i = model_find(member, len);
    cr_assert_eq(ferrite_zrem(db, S("z"), member, len, NULL), i >= 0);
    if (i >= 0) model_remove(i);
}

static void do_remove_ranks(void) {
    ferrite_zspan span = FERRITE_ZSPAN_INIT;
    uint64_t removed = 0, expected;
    if (model.count == 0) return;
    span.start = draw((uint32_t)model.count);
    span.stop = span.start + draw(4);
    expected = (uint64_t)(span.stop >= model.count ? model.count - span.start
                                                   : span.stop - span.start + 1);
    cr_assert_eq(ferrite_zremrange(db, S("z"), &span, &removed, NULL), 0);
    cr_assert_eq(removed, expected);
    while (expected-- > 0) model_remove((int)span.start);
}

static void do_pop(void) {
    size_t count = 0;
    bool highest = draw(2);
    ferrite_zitem *items = highest ? ferrite_zpopmax(db, S("z"), 1, &count, NULL)
                                   : ferrite_zpopmin(db, S("z"), 1, &count, NULL);
    cr_assert_eq(count, model.count > 0);
    if (count) {
        int i = highest ? model.count - 1 : 0;
        cr_assert_eq(items[0].score, model.at[i].score);
        cr_assert_eq(items[0].member.len, model.at[i].len);
        model_remove(i);
    }
    ferrite_free(items);
}

static void do_one(bool growing, uint32_t variety) {
    uint32_t kind = draw(100);
    if (kind < (growing ? 75u : 30u))
        do_put(variety);
    else if (kind < 90)
        do_remove(variety);
    else if (kind < 95)
        do_pop();
    else
        do_remove_ranks();
}

static void compare_items(const ferrite_zitem *items, size_t count, bool reverse) {
    cr_assert_eq(count, (size_t)model.count);
    for (size_t i = 0; i < count; i++) {
        const struct element *element = &model.at[reverse ? count - 1 - i : i];
        cr_assert_eq(items[i].score, element->score);
        cr_assert_eq(items[i].member.len, element->len);
        cr_assert_eq(memcmp(items[i].member.data, element->member, element->len), 0);
    }
}

static void compare_one(ferrite_db *of, int i) {
    const struct element *element = &model.at[i];
    uint64_t rank = 99999;
    double score = -7;
    cr_assert_eq(ferrite_zrank(of, S("z"), element->member, element->len, &rank, &score, NULL), 1);
    cr_assert_eq(rank, (uint64_t)i);
    cr_assert_eq(score, element->score);
    cr_assert_eq(ferrite_zrevrank(of, S("z"), element->member, element->len, &rank, NULL, NULL),
                 1);
    cr_assert_eq(rank, (uint64_t)(model.count - 1 - i));
    cr_assert_eq(ferrite_zscore(of, S("z"), element->member, element->len, &score, NULL), 1);
    cr_assert_eq(score, element->score);
}

static void compare(ferrite_db *of) {
    size_t count = 0;
    ferrite_zitem *items = ferrite_zrange(of, S("z"), 0, -1, &count, NULL);
    compare_items(items, count, false);
    ferrite_free(items);
    items = ferrite_zrevrange(of, S("z"), 0, -1, &count, NULL);
    compare_items(items, count, true);
    ferrite_free(items);
    cr_assert_eq(card(of, "z"), (uint64_t)model.count);
    for (int i = 0; i < model.count; i += 1 + model.count / 40) compare_one(of, i);
}

static int model_count(double min, double max) {
    int count = 0;
    for (int i = 0; i < model.count; i++)
        count += model.at[i].score >= min && model.at[i].score <= max;
    return count;
}

static void compare_scores(void) {
    double min = draw_score(), max = draw_score();
    uint64_t counted = 99999;
    size_t count = 0;
    cr_assert_eq(ferrite_zcount(db, S("z"), min, max, &counted, NULL), 0);
    cr_assert_eq(counted, (uint64_t)model_count(min, max));
    ferrite_zitem *items = ferrite_zrangebyscore(db, S("z"), min, max, &count, NULL);
    cr_assert_eq(count, counted);
    for (size_t i = 0; i < count; i++)
        cr_assert(items[i].score >= min && items[i].score <= max);
    ferrite_free(items);
}

static void model_end(void) {
    while (model.count > 0) model_remove(0);
}

Test(zset_model, does_what_a_sorted_array_does_while_it_grows_and_shrinks) {
    for (uint64_t turn = 1; turn < 5; turn++) {
        seed = turn;
        for (int i = 0; i < 1200; i++) {
            do_one(i % 400 < 230, 30u + 60u * (uint32_t)turn);
            if (i % 60 == 0) compare(db);
            if (i % 10 == 0) compare_scores();
        }
        compare(db);
    }
    model_end();
}

/* Small ones lie in the record: going over to trees and back shows in nothing but the space. */
Test(zset_model, goes_over_to_trees_and_back) {
    char member[32];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 400; i++) {
            int len = snprintf(member, sizeof member, "member-%03d", i * 7 % 400);
            cr_assert_eq(ferrite_zadd(db, S("z"), i % 10, member, (size_t)len, NULL), 1);
            model_put(member, (size_t)len, i % 10);
        }
        compare(db);
        while (model.count > 3) {
            cr_assert_eq(ferrite_zrem(db, S("z"), model.at[1].member, model.at[1].len, NULL), 1);
            model_remove(1);
            if (model.count % 50 == 0) compare(db);
        }
        compare(db);
        while (model.count > 0) {
            cr_assert_eq(ferrite_zrem(db, S("z"), model.at[0].member, model.at[0].len, NULL), 1);
            model_remove(0);
        }
        cr_expect_eq(ferrite_exists(db, S("z"), NULL), 0);
    }
}

/* ---- out of the log ---- */

/* The files as a program that was killed leaves them. */
Test(zset_model, the_log_gives_back_every_change) {
    char copy[128];
    bed_path(&bed, "copy.ferrite", copy);
    for (uint64_t turn = 10; turn < 16; turn++) {
        seed = turn;
        for (int i = 0; i < 200; i++) do_one(turn % 2 == 0, 200);
        compare(db);
        bed_copy(&bed, copy);
        ferrite_db *recovered = api_open_quick(copy);
        compare(recovered);
        api_expect_sound(recovered);
        ferrite_close(recovered);
        bed_unlink(copy);
    }
    model_end();
}

Test(zset_model, copies_and_closed_files_hold_the_same) {
    seed = 77;
    for (int i = 0; i < 600; i++) do_one(true, 300);
    cr_assert_eq(ferrite_rename(db, S("z"), S("y"), NULL), 0);
    cr_assert_eq(ferrite_copy(db, S("y"), S("z"), 0, 0, NULL), 1);
    cr_assert_eq(ferrite_del(db, S("y"), NULL), 1);
    compare(db);
    ferrite_close(db);
    db = api_open_quick(bed.path);
    compare(db);
    model_end();
}
