/*
 * list_test.c - lists of a million elements, elements of 100 MB, views, iterators, handles and mistakes, a kill.
 * list_model_test.c has random changes.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/api.h"

#define KEY(text) text, strlen(text)

static struct bed bed;
static ferrite_db *db;

static void begin(void) { bed_begin(&bed, &db); }
static void end(void) { bed_end(&bed, db); }

TestSuite(list, .init = begin, .fini = end, .timeout = 120);

/* ---- a million ---- */

#define MILLION 1000000

static void push_million(void) {
    enum { STEP = 10000 };
    static char texts[STEP][16];
    static ferrite_slice items[STEP];
    ferrite_db *tx = ferrite_begin(db, NULL);
    for (int i = 0; i < MILLION; i += STEP) {
        for (int j = 0; j < STEP; j++)
            items[j] = (ferrite_slice){texts[j],
                                       (size_t)snprintf(texts[j], sizeof texts[j], "e%07d", i + j)};
        cr_assert_eq(ferrite_rpush_many(tx, KEY("l"), items, STEP, NULL), i + STEP);
    }
    cr_assert_eq(ferrite_commit(tx, NULL), 0);
    ferrite_close(tx);
}

static void expect_at(int64_t index, int number) {
    char text[16];
    size_t len = 0;
    snprintf(text, sizeof text, "e%07d", number);
    char *got = ferrite_lindex(db, KEY("l"), index, &len, NULL);
    cr_assert_not_null(got);
    cr_expect_str_eq(got, text);
    ferrite_free(got);
}

Test(list, a_million_elements_are_found_changed_and_trimmed_by_their_place) {
    size_t count = 0;
    int64_t index = 0, length = 0;
    push_million();
    expect_at(0, 0);
    expect_at(500000, 500000);
    expect_at(-1, MILLION - 1);
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(ferrite_linsert_at(db, KEY("l"), 500000, "new", 3, NULL), MILLION + i + 1);
    expect_at(499999, 499999);
    expect_at(501000, 500000);
    cr_expect_eq(ferrite_lset(db, KEY("l"), 600000, "set", 3, NULL), 0);
    cr_expect_eq(ferrite_lpos(db, KEY("l"), "set", 3, 1, 0, &index, NULL), 1);
    cr_expect_eq(index, 600000);
    cr_expect_eq(ferrite_linsert(db, KEY("l"), FERRITE_BEFORE, "set", 3, "x", 1, &length, NULL), 1);
    cr_expect_eq(length, MILLION + 1001);
    cr_expect_eq(ferrite_lrem(db, KEY("l"), 0, "new", 3, NULL), 1000);
    ferrite_free(ferrite_lrange(db, KEY("l"), 400000, 400099, &count, NULL));
    cr_expect_eq(count, 100);
    cr_expect_eq(ferrite_copy(db, KEY("l"), KEY("copy"), -1, 0, NULL), 1);
    cr_expect_eq(ferrite_ltrim(db, KEY("l"), 200000, 200009, NULL), 0);
    cr_expect_eq(ferrite_llen(db, KEY("l"), NULL), 10);
    expect_at(0, 200000);
    api_expect_sound(db);
    cr_expect_eq(ferrite_llen(db, KEY("copy"), NULL), MILLION + 1);
    cr_expect_eq(ferrite_del(db, KEY("copy"), NULL), 1);
    ferrite_close(db);
    db = api_open_quick(bed.path);
    expect_at(9, 200009);
}

/* ---- long elements ---- */

Test(list, an_element_of_100_mb_goes_in_and_out) {
    size_t size = 100u << 20, len = 0;
    char *large = malloc(size);
    memset(large, 'x', size);
    memcpy(large + size / 2, "middle", 6);
    cr_assert_eq(ferrite_rpush(db, KEY("l"), "before", 6, NULL), 1);
    cr_assert_eq(ferrite_rpush(db, KEY("l"), large, size, NULL), 2);
    cr_assert_eq(ferrite_rpush(db, KEY("l"), "after", 5, NULL), 3);
    int64_t index = 0;
    cr_expect_eq(ferrite_lpos(db, KEY("l"), large, size, 1, 0, &index, NULL), 1);
    cr_expect_eq(index, 1);
    large[size - 1] = 'y';
    cr_expect_eq(ferrite_lpos(db, KEY("l"), large, size, 1, 0, NULL, NULL), 0);
    large[size - 1] = 'x';
    ferrite_close(db);
    db = api_open_quick(bed.path);
    api_expect_sound(db);
    char *got = ferrite_lindex(db, KEY("l"), 1, &len, NULL);
    cr_assert_eq(len, size);
    cr_expect(memcmp(got, large, size) == 0);
    ferrite_free(got);
    cr_expect_eq(ferrite_lset(db, KEY("l"), 1, "short", 5, NULL), 0);
    api_expect_sound(db);
    cr_expect_eq(ferrite_llen(db, KEY("l"), NULL), 3);
    free(large);
}

Test(list, an_element_can_be_seen_where_it_lies) {
    ferrite_slice view = {NULL, 0};
    char *large = calloc(1, 200000);
    cr_assert_eq(ferrite_rpush(db, KEY("l"), "one", 3, NULL), 1);
    cr_assert_eq(ferrite_rpush(db, KEY("l"), large, 60000, NULL), 2);
    cr_assert_eq(ferrite_rpush(db, KEY("l"), large, 200000, NULL), 3);
    cr_expect_eq(ferrite_lindex_view(db, KEY("l"), 0, &view, NULL), -1, "needs a snapshot");
    ferrite_db *snapshot = ferrite_snapshot(db, NULL);
    cr_assert_eq(ferrite_ltrim(db, KEY("l"), 1, 0, NULL), 0);
    cr_expect_eq(ferrite_exists(db, KEY("l"), NULL), 0);
    cr_expect_eq(ferrite_lindex_view(snapshot, KEY("l"), 0, &view, NULL), 1);
    cr_expect(view.len == 3 && memcmp(view.data, "one", 3) == 0);
    cr_expect_eq(ferrite_lindex_view(snapshot, KEY("l"), 1, &view, NULL), 1);
    cr_expect(view.len == 60000 && memcmp(view.data, large, 60000) == 0);
    cr_expect_eq(ferrite_lindex_view(snapshot, KEY("l"), 2, &view, NULL), -1, "is in pieces");
    cr_expect_eq(ferrite_lindex_view(snapshot, KEY("l"), 3, &view, NULL), 0);
    ferrite_close(snapshot);
    free(large);
}

/* Elements that begin alike are kept without that; views of them are put together, each for itself. */
Test(list, views_of_elements_that_begin_alike_last_as_long_as_their_handle) {
    ferrite_slice view[500], seen;
    char element[40];
    for (int i = 0; i < 500; i++)
        ferrite_rpush(db, KEY("l"), element, (size_t)sprintf(element, "an element: %04d", i), NULL);
    ferrite_db *handles[] = {ferrite_snapshot(db, NULL), ferrite_begin(db, NULL)};
    for (int h = 0; h < 2; h++) {
        for (int i = 0; i < 500; i++)
            cr_assert_eq(ferrite_lindex_view(handles[h], KEY("l"), i, &view[i], NULL), 1);
        ferrite_literator *it = ferrite_literate(handles[h], KEY("l"), 0, 0, NULL);
        for (int i = 0; i < 500; i++) {
            size_t len = (size_t)sprintf(element, "an element: %04d", i);
            cr_assert(view[i].len == len && memcmp(view[i].data, element, len) == 0);
            cr_assert_eq(ferrite_literator_next(it, &seen, NULL), 1);
            cr_assert(seen.len == len && memcmp(seen.data, element, len) == 0);
        }
        ferrite_literator_close(it);
        cr_expect_eq(ferrite_llen(handles[h], KEY("l"), NULL), 500);
        ferrite_close(handles[h]);
    }
    cr_expect_eq(ferrite_lset(db, KEY("l"), 250, "other", 5, NULL), 0);
    int64_t at;
    cr_expect_eq(ferrite_lpos(db, KEY("l"), "an element: 0499", 16, -1, 0, &at, NULL), 1);
    cr_expect_eq(at, 499);
    api_expect_sound(db);
}

/* ---- handles and arguments ---- */

Test(list, a_snapshot_and_a_rolled_back_transaction_leave_a_list_alone) {
    cr_assert_eq(ferrite_rpush(db, KEY("l"), "a", 1, NULL), 1);
    ferrite_db *snapshot = ferrite_snapshot(db, NULL), *tx = ferrite_begin(db, NULL);
    cr_expect_eq(ferrite_rpush(tx, KEY("l"), "b", 1, NULL), 2);
    cr_expect_eq(ferrite_llen(tx, KEY("l"), NULL), 2);
    cr_expect_eq(ferrite_llen(snapshot, KEY("l"), NULL), 1);
    ferrite_close(tx);
    cr_expect_eq(ferrite_llen(db, KEY("l"), NULL), 1);
    cr_expect_eq(ferrite_rpush(snapshot, KEY("l"), "b", 1, NULL), -1);
    ferrite_close(snapshot);
}

/* call uses `err`. */
#define EXPECT_CODE(call, code)                                                        \
    do {                                                                               \
        ferrite_error *err = NULL;                                                     \
        cr_expect_eq(call, -1);                                                        \
        cr_expect_eq(ferrite_error_code(err), code, "%s", ferrite_error_message(err)); \
        ferrite_error_free(err);                                                       \
    } while (0)

Test(list, mistakes_are_told_by_their_codes) {
    cr_assert_eq(ferrite_set(db, KEY("s"), "v", 1, NULL), 0);
    EXPECT_CODE(ferrite_rpush(db, KEY("s"), "a", 1, &err), FERRITE_WRONGTYPE);
    EXPECT_CODE(ferrite_llen(db, KEY("s"), &err), FERRITE_WRONGTYPE);
    EXPECT_CODE(ferrite_lset(db, KEY("l"), 0, "a", 1, &err), FERRITE_NOTFOUND);
    cr_assert_eq(ferrite_rpush(db, KEY("l"), "a", 1, NULL), 1);
    EXPECT_CODE(ferrite_lset(db, KEY("l"), 1, "a", 1, &err), FERRITE_RANGE);
    EXPECT_CODE(ferrite_linsert_at(db, KEY("l"), 2, "a", 1, &err), FERRITE_RANGE);
    EXPECT_CODE(ferrite_linsert(db, KEY("l"), 7, "a", 1, "b", 1, NULL, &err), FERRITE_INVALID);
    EXPECT_CODE(ferrite_rpush_many(db, KEY("l"), NULL, 0, &err), FERRITE_INVALID);
    EXPECT_CODE(ferrite_lpos(db, KEY("l"), "a", 1, 0, 0, NULL, &err), FERRITE_RANGE);
    cr_expect_null(ferrite_lmove(db, KEY("l"), KEY("l"), 2, 0, NULL, NULL));
    cr_expect_null(ferrite_lmpop(db, NULL, 1, FERRITE_LEFT, 1, NULL, NULL, NULL));
    ferrite_db *batch = ferrite_batch(db, NULL);
    EXPECT_CODE(ferrite_rpush(batch, KEY("l"), "a", 1, &err), FERRITE_INVALID);
    ferrite_close(batch);
    cr_expect_eq(ferrite_llen(db, KEY("l"), NULL), 1);
}

Test(list, moving_to_a_wrong_type_moves_nothing) {
    size_t which = 9, count = 0;
    cr_assert_eq(ferrite_set(db, KEY("s"), "v", 1, NULL), 0);
    cr_assert_eq(ferrite_rpush(db, KEY("l"), "a", 1, NULL), 1);
    cr_expect_null(ferrite_rpoplpush(db, KEY("l"), KEY("s"), NULL, NULL));
    cr_expect_eq(ferrite_llen(db, KEY("l"), NULL), 1);
    const ferrite_slice keys[] = {{"none", 4}, {"l", 1}};
    ferrite_slice *got = ferrite_lmpop(db, keys, 2, FERRITE_RIGHT, 5, &which, &count, NULL);
    cr_assert_not_null(got);
    cr_expect(which == 1 && count == 1 && got[0].data[0] == 'a');
    ferrite_free(got);
}

Test(list, a_default_time_to_live_holds_for_new_lists) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.default_ttl_ms = 1000000;
    ferrite_db *own = ferrite_open_with(NULL, &options, NULL);
    int64_t left = 0;
    cr_assert_eq(ferrite_rpush(own, KEY("l"), "a", 1, NULL), 1);
    cr_assert_eq(ferrite_pttl(own, KEY("l"), &left, NULL), 0);
    cr_expect(left > 900000 && left <= 1000000);
    cr_assert_eq(ferrite_persist(own, KEY("l"), NULL), 1);
    cr_assert_eq(ferrite_rpush(own, KEY("l"), "a", 1, NULL), 2);
    cr_assert_eq(ferrite_pttl(own, KEY("l"), &left, NULL), 0);
    cr_expect_eq(left, -1);
    ferrite_close(own);
}

/* ---- walking ---- */

static void walk(ferrite_db *handle, int64_t index, int reverse, const char *expected) {
    ferrite_literator *it = ferrite_literate(handle, KEY("l"), index, reverse, NULL);
    ferrite_slice element;
    char got[64] = "";
    cr_assert_not_null(it);
    while (ferrite_literator_next(it, &element, NULL) == 1) strncat(got, element.data, element.len);
    cr_expect_str_eq(got, expected);
    cr_expect_eq(ferrite_literator_next(it, &element, NULL), 0, "the end is the end");
    ferrite_literator_close(it);
}

Test(list, an_iterator_walks_both_ways_from_any_index) {
    walk(db, 0, 0, "");
    for (char c = 'a'; c <= 'e'; c++) cr_assert_geq(ferrite_rpush(db, KEY("l"), &c, 1, NULL), 1);
    walk(db, 0, 0, "abcde");
    walk(db, -1, 1, "edcba");
    walk(db, 2, 0, "cde");
    walk(db, -3, 1, "cba");
    walk(db, 5, 0, "");
    walk(db, -6, 1, "");
}

Test(list, an_iterator_keeps_the_list_of_its_moment) {
    push_million();
    ferrite_literator *it = ferrite_literate(db, KEY("l"), 0, 0, NULL);
    ferrite_slice element;
    cr_assert_eq(ferrite_del(db, KEY("l"), NULL), 1);
    int count = 0;
    while (ferrite_literator_next(it, &element, NULL) == 1)
        cr_assert(element.len == 8 && atoi(element.data + 1) == count++);
    cr_expect_eq(count, MILLION);
    ferrite_literator_close(it);
}

Test(list, an_iterator_follows_its_transaction_by_index) {
    ferrite_slice element = {NULL, 0};
    char *large = calloc(1, 100000);
    ferrite_db *tx = ferrite_begin(db, NULL);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(ferrite_rpush(tx, KEY("l"), &"abc"[i], 1, NULL), i + 1);
    ferrite_literator *it = ferrite_literate(tx, KEY("l"), 0, 0, NULL);
    cr_expect_eq(ferrite_literator_next(it, &element, NULL), 1);
    cr_expect_eq(element.data[0], 'a');
    cr_assert_eq(ferrite_rpush(tx, KEY("l"), large, 100000, NULL), 4);
    cr_expect_eq(ferrite_literator_next(it, &element, NULL), 1);
    cr_expect_eq(element.data[0], 'b');
    ferrite_free(ferrite_lpop(tx, KEY("l"), NULL, NULL));
    cr_expect_eq(ferrite_literator_next(it, &element, NULL), 1);
    cr_expect_eq(element.len, 100000);
    cr_expect(memcmp(element.data, large, 100000) == 0);
    cr_expect_eq(ferrite_literator_next(it, &element, NULL), 0);
    ferrite_close(tx);
    cr_expect_eq(ferrite_literator_next(it, &element, NULL), -1, "its transaction has ended");
    ferrite_literator_close(it);
    free(large);
}

Test(list, an_iterator_needs_a_list_and_a_handle_to_read) {
    ferrite_error *err = NULL;
    cr_assert_eq(ferrite_set(db, KEY("s"), "v", 1, NULL), 0);
    cr_expect_null(ferrite_literate(db, KEY("s"), 0, 0, &err));
    cr_expect_eq(ferrite_error_code(err), FERRITE_WRONGTYPE);
    ferrite_error_free(err);
    ferrite_db *batch = ferrite_batch(db, NULL);
    cr_expect_null(ferrite_literate(batch, KEY("l"), 0, 0, NULL));
    cr_expect_null(ferrite_literate(NULL, KEY("l"), 0, 0, NULL));
    cr_expect_eq(ferrite_literator_next(NULL, NULL, NULL), -1);
    ferrite_literator_close(NULL);
    ferrite_close(batch);
}

/* E1: what a killed process has committed is there, and nothing half. */
Test(list, a_kill_in_the_midst_of_pushing_loses_nothing) {
    int told[2], count = 0;
    char byte;
    cr_assert_eq(pipe(told), 0);
    ferrite_close(db);
    pid_t child = fork();
    if (child == 0) {
        ferrite_db *own = api_open_quick(bed.path);
        for (;;) {
            ferrite_rpush(own, KEY("l"), "an element", 10, NULL);
            if (write(told[1], "x", 1) != 1) _exit(1);
        }
    }
    while (count < 3000 && read(told[0], &byte, 1) == 1) count++;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(told[1]);
    while (read(told[0], &byte, 1) == 1) count++;
    db = api_open_quick(bed.path);
    int found = ferrite_llen(db, KEY("l"), NULL);
    cr_expect(found == count || found == count + 1, "%d of %d", found, count);
}

/* Elements of every short length, with bytes that are like their length fields. */
static size_t short_element(unsigned i, char out[16]) {
    const size_t len = i % 12;
    memset(out, 0, 16);
    for (size_t at = 0; at < len; at++) out[at] = (char)(i / 12 >> (at % 4) & 15);
    return len;
}

Test(list, every_short_element_is_found_at_its_first_place_from_either_end) {
    enum { COUNT = 3000 };
    char a[16], b[16];
    ferrite_db *plain = ferrite_open_memory(NULL);
    for (unsigned i = 0; i < COUNT; i++)
        ferrite_rpush(plain, "short", 5, a, short_element(i, a), NULL);
    for (unsigned i = 0; i < COUNT; i += 7) {
        const size_t len = short_element(i, a);
        int64_t first = -1, last = -1, found = -1;
        for (unsigned k = 0; k < COUNT; k++)
            if (short_element(k, b) == len && memcmp(a, b, len) == 0) {
                if (first < 0) first = k;
                last = k;
            }
        cr_assert_eq(ferrite_lpos(plain, "short", 5, a, len, 1, 0, &found, NULL), 1);
        cr_assert_eq(found, first);
        cr_assert_eq(ferrite_lpos(plain, "short", 5, a, len, -1, 0, &found, NULL), 1);
        cr_assert_eq(found, last);
    }
    ferrite_close(plain);
}
