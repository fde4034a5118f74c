/*
 * list_model_test.c - lists against a plain array: random changes at sizes around those where the form changes,
 * through packed records and trees and back, reopened and out of the log.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"

#define KEY(text) text, strlen(text)

static struct bed bed;
static ferrite_db *db;

static void begin(void) { bed_begin(&bed, &db); }
static void end(void) { bed_end(&bed, db); }

TestSuite(list_model, .init = begin, .fini = end, .timeout = 120);

/* ---- a plain array ---- */

#define MODEL_MAX 4000

struct model {
    char *element[MODEL_MAX];
    size_t len[MODEL_MAX];
    int count;
};

static struct model model;
static uint64_t seed;

static uint32_t draw(uint32_t below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

/* Mostly short, some from a few that come again and again, some too long for a record or a run. */
static size_t draw_element(char **out) {
    uint32_t kind = draw(100);
    size_t len = kind < 50   ? draw(12)
                 : kind < 90 ? draw(100)
                 : kind < 98 ? draw(3000)
                             : draw(200000);
    char *bytes = malloc(len + 1);
    for (size_t i = 0; i < len; i++) bytes[i] = (char)draw(256);
    if (kind < 20 && len > 0) {
        memset(bytes, 'a' + (int)draw(3), 1);
        len = 1;
    }
    *out = bytes;
    return len;
}

static void model_insert(int at, char *element, size_t len) {
    memmove(model.element + at + 1, model.element + at,
            (size_t)(model.count - at) * sizeof *model.element);
    memmove(model.len + at + 1, model.len + at, (size_t)(model.count - at) * sizeof *model.len);
    model.element[at] = element;
    model.len[at] = len;
    model.count++;
}

static void model_remove(int at) {
    free(model.element[at]);
    model.count--;
    memmove(model.element + at, model.element + at + 1,
            (size_t)(model.count - at) * sizeof *model.element);
    memmove(model.len + at, model.len + at + 1, (size_t)(model.count - at) * sizeof *model.len);
}

static bool model_equal(int at, const char *element, size_t len) {
    return model.len[at] == len && memcmp(model.element[at], element, len) == 0;
}

static void compare(void) {
    size_t count = 0;
    ferrite_slice *all = ferrite_lrange(db, KEY("l"), 0, -1, &count, NULL);
    cr_assert_not_null(all);
    cr_assert_eq((int)count, model.count);
    for (int i = 0; i < model.count; i++)
        cr_assert(model_equal(i, all[i].data, all[i].len), "element %d of %d", i, model.count);
    ferrite_free(all);
    cr_assert_eq(ferrite_llen(db, KEY("l"), NULL), model.count);
    cr_assert_eq(ferrite_exists(db, KEY("l"), NULL), model.count > 0);
}

static void do_push(void) {
    char *element;
    size_t len = draw_element(&element);
    bool left = draw(2);
    int now = left ? ferrite_lpush(db, KEY("l"), element, len, NULL)
                   : ferrite_rpush(db, KEY("l"), element, len, NULL);
    model_insert(left ? 0 : model.count, element, len);
    cr_assert_eq(now, model.count);
}

static void do_pop(void) {
    bool left = draw(2);
    size_t len = 0;
    ferrite_error *err = NULL;
    char *got =
        left ? ferrite_lpop(db, KEY("l"), &len, &err) : ferrite_rpop(db, KEY("l"), &len, &err);
    cr_assert_eq(got != NULL, model.count > 0, "%s", err ? ferrite_error_message(err) : "");
    if (got == NULL) return;
    int at = left ? 0 : model.count - 1;
    cr_assert(model_equal(at, got, len));
    model_remove(at);
    ferrite_free(got);
}

static void do_pop_many(void) {
    size_t max = draw(draw(4) == 0 ? 300 : 5), count = 0;
    bool left = draw(2);
    ferrite_slice *got = left ? ferrite_lpop_many(db, KEY("l"), max, &count, NULL)
                              : ferrite_rpop_many(db, KEY("l"), max, &count, NULL);
    cr_assert_eq(got != NULL, model.count > 0);
    if (got == NULL) return;
    cr_assert_eq(count, max < (size_t)model.count ? max : (size_t)model.count);
    for (size_t i = 0; i < count; i++) {
        int at = left ? 0 : model.count - 1;
        cr_assert(model_equal(at, got[i].data, got[i].len));
        model_remove(at);
    }
    ferrite_free(got);
}

static void do_set(void) {
    if (model.count == 0) return;
    char *element;
    size_t len = draw_element(&element);
    int at = (int)draw((uint32_t)model.count);
    int64_t index = draw(2) ? at : at - model.count;
    cr_assert_eq(ferrite_lset(db, KEY("l"), index, element, len, NULL), 0);
    free(model.element[at]);
    model.element[at] = element;
    model.len[at] = len;
}

static void do_insert(void) {
    char *element;
    size_t len = draw_element(&element);
    int at = (int)draw((uint32_t)model.count + 1);
    int now = ferrite_linsert_at(db, KEY("l"), at, element, len, NULL);
    if (model.count == 0) {
        cr_assert_eq(now, -1);
        free(element);
        return;
    }
    model_insert(at, element, len);
    cr_assert_eq(now, model.count);
}

static void do_insert_beside(void) {
    if (model.count == 0) return;
    char *element;
    size_t len = draw_element(&element);
    int pivot = (int)draw((uint32_t)model.count), first = 0, after = (int)draw(2);
    int64_t length = 0;
    while (!model_equal(first, model.element[pivot], model.len[pivot])) first++;
    cr_assert_eq(ferrite_linsert(db, KEY("l"), after, model.element[pivot], model.len[pivot],
                                 element, len, &length, NULL),
                 1);
    model_insert(first + after, element, len);
    cr_assert_eq(length, model.count);
}

static void do_remove(void) {
    if (model.count == 0) return;
    int pivot = (int)draw((uint32_t)model.count), count = (int)draw(7) - 3, removed = 0;
    size_t len = model.len[pivot];
    char *value = malloc(len + 1);
    memcpy(value, model.element[pivot], len);
    int max = count == 0 ? MODEL_MAX : abs(count);
    for (int i = 0; count >= 0 && i < model.count && removed < max;) {
        bool equal = model_equal(i, value, len);
        if (equal) model_remove(i);
        removed += equal;
        i += !equal;
    }
    for (int i = model.count - 1; count < 0 && i >= 0 && removed < max; i--) {
        bool equal = model_equal(i, value, len);
        if (equal) model_remove(i);
        removed += equal;
    }
    cr_assert_eq(ferrite_lrem(db, KEY("l"), count, value, len, NULL), removed);
    free(value);
}

static void do_trim(void) {
    if (model.count == 0) return;
    int from = (int)draw(20), to = model.count - 1 - (int)draw(20);
    if (to < 0) return; /* would count from the end */
    cr_assert_eq(ferrite_ltrim(db, KEY("l"), from, to, NULL), 0);
    while (model.count > 0 && model.count - 1 > to) model_remove(model.count - 1);
    if (from > to)
        while (model.count > 0) model_remove(0);
    for (int i = 0; i < from && model.count > 0; i++) model_remove(0);
}

static void do_move(void) {
    bool from_left = draw(2), to_left = draw(2);
    size_t len = 0;
    char *got = ferrite_lmove(db, KEY("l"), KEY("l"), !from_left, !to_left, &len, NULL);
    cr_assert_eq(got != NULL, model.count > 0);
    if (got == NULL) return;
    int at = from_left ? 0 : model.count - 1;
    cr_assert(model_equal(at, got, len));
    model_remove(at);
    char *moved = malloc(len + 1);
    memcpy(moved, got, len);
    model_insert(to_left ? 0 : model.count, moved, len);
    ferrite_free(got);
}

static void do_look(void) {
    if (model.count == 0) return;
    int at = (int)draw((uint32_t)model.count), first = 0, last = model.count - 1;
    size_t len = 0;
    char *got = ferrite_lindex(db, KEY("l"), at - model.count, &len, NULL);
    int64_t index = -1;
    cr_assert(model_equal(at, got, len));
    while (!model_equal(first, got, len)) first++;
    while (!model_equal(last, got, len)) last--;
    cr_assert_eq(ferrite_lpos(db, KEY("l"), got, len, 1, 0, &index, NULL), 1);
    cr_assert_eq(index, first);
    cr_assert_eq(ferrite_lpos(db, KEY("l"), got, len, -1, 0, &index, NULL), 1);
    cr_assert_eq(index, last);
    ferrite_free(got);
}

static void do_one(bool growing) {
    uint32_t kind = draw(100);
    if (kind < (growing ? 60u : 25u))
        do_push();
    else if (kind < 70)
        do_pop();
    else if (kind < 73)
        do_pop_many();
    else if (kind < 80)
        do_set();
    else if (kind < 85)
        do_insert();
    else if (kind < 88)
        do_insert_beside();
    else if (kind < 91)
        do_remove();
    else if (kind < 92)
        do_trim();
    else if (kind < 96)
        do_move();
    else
        do_look();
}

static void against_model(uint64_t from_seed, int rounds, int operations) {
    seed = from_seed;
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < operations; i++) do_one(round % 2 == 0);
        compare();
        api_expect_sound(db);
        ferrite_close(db);
        db = api_open_quick(bed.path);
        compare();
    }
    while (model.count > 0) model_remove(0);
}

Test(list_model, many_changes_give_what_they_give_in_an_array) { against_model(1, 12, 400); }

Test(list_model, a_small_list_goes_over_the_threshold_and_back_again_and_again) {
    against_model(2, 40, 40);
}

/* The threshold is crossed by one element each way, at either end and in the middle. */
Test(list_model, growing_and_shrinking_one_by_one_changes_nothing_else) {
    char text[64];
    for (int turn = 0; turn < 3; turn++) {
        for (int i = 0; i < 60; i++) {
            int len = snprintf(text, sizeof text, "element number %d of the list", i);
            int64_t at = turn == 0 ? i : turn == 1 ? 0 : i / 2;
            if (i == 0)
                cr_assert_eq(ferrite_rpush(db, KEY("l"), text, (size_t)len, NULL), 1);
            else
                cr_assert_eq(ferrite_linsert_at(db, KEY("l"), at, text, (size_t)len, NULL), i + 1);
            model_insert((int)at, strndup(text, (size_t)len), (size_t)len);
            compare();
        }
        while (model.count > 0) {
            size_t len;
            char *got = turn == 1 ? ferrite_lpop(db, KEY("l"), &len, NULL)
                                  : ferrite_rpop(db, KEY("l"), &len, NULL);
            model_remove(turn == 1 ? 0 : model.count - 1);
            ferrite_free(got);
            compare();
        }
    }
}

/* ---- out of the log ---- */

/* The files as a program that was killed leaves them. */
Test(list_model, the_log_gives_back_every_change_of_lists) {
    char copy[128];
    bed_path(&bed, "copy.ferrite", copy);
    for (uint64_t turn = 10; turn < 16; turn++) {
        seed = turn;
        for (int i = 0; i < 250; i++) do_one(turn % 2 == 0);
        compare();
        bed_copy(&bed, copy);
        ferrite_db *kept = db;
        db = api_open_quick(copy);
        compare();
        api_expect_sound(db);
        ferrite_close(db);
        db = kept;
        bed_unlink(copy);
    }
    while (model.count > 0) model_remove(0);
}
