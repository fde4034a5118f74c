/* api_iterate_test.c - walking keys in order, on every kind of handle. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"

static ferrite_db *db;
static ferrite_error *err;
static void setup(void) {
    const char *names[] = {"a", "ab", "abc", "abd", "b", "ba", "c", "c\xff", "c\xff\xff", "d"};
    db = api_memory();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) api_set(db, names[i], names[i]);
}
static void teardown(void) { ferrite_close(db); }
TestSuite(api_iterate, .init = setup, .fini = teardown);

/* All that is left, as "a ab abc". */
static const char *rest(ferrite_iterator *it) {
    static char text[512];
    ferrite_slice key, value;
    int more;
    text[0] = '\0';
    while ((more = ferrite_iterator_next(it, &key, &value, &err)) == 1) {
        cr_assert_eq(key.len, value.len);
        cr_assert_eq(memcmp(key.data, value.data, key.len), 0);
        cr_assert_eq(ferrite_iterator_type(it), FERRITE_TYPE_STRING);
        strncat(text, key.data, key.len);
        strcat(text, " ");
    }
    cr_assert_eq(more, 0);
    cr_assert_eq(ferrite_iterator_next(it, &key, &value, &err), 0);
    return text;
}

static void expect_walk(ferrite_db *on, ferrite_range range, const char *forward,
                        const char *backward) {
    ferrite_iterator *it = ferrite_iterate(on, &range, &err);
    cr_assert_not_null(it);
    const char *found = rest(it);
    cr_expect_str_eq(found, forward, "'%s' not '%s'", found, forward);
    ferrite_iterator_close(it);
    range.flags |= FERRITE_RANGE_REVERSE;
    it = ferrite_iterate(on, &range, &err);
    cr_assert_not_null(it);
    found = rest(it);
    cr_expect_str_eq(found, backward, "'%s' not '%s'", found, backward);
    ferrite_iterator_close(it);
}

static void expect_all_ranges(ferrite_db *on) {
    const ferrite_range all = FERRITE_RANGE_INIT;
    ferrite_range r = all;
    expect_walk(on, all, "a ab abc abd b ba c c\xff c\xff\xff d ",
                "d c\xff\xff c\xff c ba b abd abc ab a ");
    r.prefix = (ferrite_slice)SLICE("ab");
    expect_walk(on, r, "ab abc abd ", "abd abc ab ");
    r.prefix = (ferrite_slice)SLICE("c\xff");
    expect_walk(on, r, "c\xff c\xff\xff ", "c\xff\xff c\xff ");
    r.prefix = (ferrite_slice)SLICE("\xff");
    expect_walk(on, r, "", "");
    r = all;
    r.start = (ferrite_slice)SLICE("abc");
    r.end = (ferrite_slice)SLICE("c");
    expect_walk(on, r, "abc abd b ba c ", "c ba b abd abc ");
    r.flags = FERRITE_RANGE_AFTER_START | FERRITE_RANGE_BEFORE_END;
    expect_walk(on, r, "abd b ba ", "ba b abd ");
    r.start = (ferrite_slice)SLICE("aa");
    r.end = (ferrite_slice)SLICE("bz");
    expect_walk(on, r, "ab abc abd b ba ", "ba b abd abc ab ");
    r = all;
    r.start = (ferrite_slice)SLICE("c");
    r.end = (ferrite_slice)SLICE("a");
    expect_walk(on, r, "", "");
    r = all;
    r.prefix = (ferrite_slice)SLICE("ab");
    r.start = (ferrite_slice)SLICE("abc");
    expect_walk(on, r, "abc abd ", "abd abc ");
    r.start = (ferrite_slice)SLICE("a");
    r.end = (ferrite_slice)SLICE("abc");
    expect_walk(on, r, "ab abc ", "abc ab ");
    r.end = (ferrite_slice)SLICE("z");
    expect_walk(on, r, "ab abc abd ", "abd abc ab ");
    r = all;
    r.end = (ferrite_slice)SLICE("");
    expect_walk(on, r, "", "");
}

Test(api_iterate, ranges_and_prefixes_on_every_kind_of_handle) {
    ferrite_db *snapshot = ferrite_snapshot(db, &err), *tx = ferrite_begin(db, &err);
    expect_all_ranges(db);
    expect_all_ranges(snapshot);
    expect_all_ranges(tx);
    ferrite_close(snapshot);
    ferrite_close(tx);
}

Test(api_iterate, from_any_point) {
    ferrite_range range = FERRITE_RANGE_INIT;
    range.start = (ferrite_slice)SLICE("ab");
    range.end = (ferrite_slice)SLICE("c");
    ferrite_iterator *it = ferrite_iterate(db, &range, &err);
    cr_expect_eq(ferrite_iterator_seek(it, S("b"), &err), 0);
    cr_expect_str_eq(rest(it), "b ba c ");
    cr_expect_eq(ferrite_iterator_seek(it, S("aba"), &err), 0); /* also after the end */
    cr_expect_str_eq(rest(it), "abc abd b ba c ");
    cr_expect_eq(ferrite_iterator_seek(it, S("a"), &err), 0);
    cr_expect_str_eq(rest(it), "ab abc abd b ba c ");
    cr_expect_eq(ferrite_iterator_seek(it, S("x"), &err), 0);
    cr_expect_str_eq(rest(it), "");
    ferrite_iterator_close(it);
    range.flags = FERRITE_RANGE_REVERSE;
    it = ferrite_iterate(db, &range, &err);
    cr_expect_eq(ferrite_iterator_seek(it, S("b"), &err), 0);
    cr_expect_str_eq(rest(it), "b abd abc ab ");
    cr_expect_eq(ferrite_iterator_seek(it, S("abcx"), &err), 0);
    cr_expect_str_eq(rest(it), "abc ab ");
    cr_expect_eq(ferrite_iterator_seek(it, S("x"), &err), 0);
    cr_expect_str_eq(rest(it), "c ba b abd abc ab ");
    ferrite_iterator_close(it);
}

Test(api_iterate, on_a_root_handle_it_is_a_snapshot) {
    ferrite_iterator *it = ferrite_iterate(db, NULL, &err);
    ferrite_slice key;
    cr_expect_eq(ferrite_iterator_next(it, &key, NULL, &err), 1);
    ferrite_flushall(db, NULL);
    api_set(db, "new", "new");
    cr_expect_str_eq(rest(it), "ab abc abd b ba c c\xff c\xff\xff d ");
    ferrite_iterator_close(it);
}

/* Deleting what it stands on, and all around it, in both directions. */
static void expect_deleting(uint32_t flags) {
    ferrite_db *tx = ferrite_begin(db, &err);
    ferrite_range range = FERRITE_RANGE_INIT;
    range.flags = flags;
    for (int i = 0; i < 3000; i++) {
        char key[16];
        snprintf(key, sizeof key, "key%05d", i);
        api_set(tx, key, key);
    }
    ferrite_iterator *it = ferrite_iterate(tx, &range, &err);
    ferrite_slice key, value;
    int count = 0;
    while (ferrite_iterator_next(it, &key, &value, &err) == 1) {
        cr_assert_eq(memcmp(key.data, value.data, key.len), 0);
        cr_assert_eq(ferrite_del(tx, key.data, key.len, &err), 1);
        count++;
    }
    cr_expect_null(err);
    cr_expect_eq(count, 3010);
    cr_expect_eq(api_dbsize(tx), 0);
    ferrite_iterator_close(it);
    ferrite_close(tx);
}

Test(api_iterate, in_a_transaction_keys_can_be_deleted_on_the_way) {
    expect_deleting(0);
    expect_deleting(FERRITE_RANGE_REVERSE);
}

Test(api_iterate, in_a_transaction_it_sees_what_is_written_ahead_of_it) {
    ferrite_db *tx = ferrite_begin(db, &err);
    ferrite_iterator *it = ferrite_iterate(tx, NULL, &err);
    ferrite_slice key;
    for (int i = 0; i < 5; i++) cr_assert_eq(ferrite_iterator_next(it, &key, NULL, &err), 1);
    cr_assert_eq(memcmp(key.data, "b", 1), 0);
    api_set(tx, "aa", "aa");
    api_set(tx, "bb", "bb");
    ferrite_del(tx, S("c"), NULL);
    cr_expect_str_eq(rest(it), "ba bb c\xff c\xff\xff d ");
    cr_expect_eq(ferrite_commit(tx, &err), 0);
    cr_expect_eq(ferrite_iterator_seek(it, S("a"), &err), 0);
    cr_expect_eq(ferrite_iterator_next(it, &key, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_iterator_close(it);
    ferrite_close(tx);
}

Test(api_iterate, large_values_come_whole) {
    char *big = malloc(400000);
    memset(big, 'x', 400000);
    ferrite_flushall(db, NULL);
    ferrite_set(db, S("1"), big, 2000, NULL);
    ferrite_set(db, S("2"), big, 65536, NULL);
    ferrite_set(db, S("3"), big, 400000, NULL);
    ferrite_iterator *it = ferrite_iterate(db, NULL, &err);
    const size_t sizes[] = {2000, 65536, 400000};
    for (int i = 0; i < 3; i++) {
        ferrite_slice value;
        cr_assert_eq(ferrite_iterator_next(it, NULL, &value, &err), 1);
        cr_assert_eq(value.len, sizes[i]);
        cr_expect_eq(memcmp(value.data, big, value.len), 0);
    }
    ferrite_iterator_close(it);
    free(big);
}

Test(api_iterate, wrong_arguments_are_invalid) {
    ferrite_range range = FERRITE_RANGE_INIT;
    range.struct_size = 1;
    cr_expect_null(ferrite_iterate(db, &range, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
    range = (ferrite_range)FERRITE_RANGE_INIT;
    range.flags = 64;
    cr_expect_null(ferrite_iterate(db, &range, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_null(ferrite_iterate(NULL, NULL, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_iterator_next(NULL, NULL, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_iterator_seek(NULL, S("k"), &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
}

/* ---- views ---- */

Test(api_iterate, views_point_at_the_value) {
    char *big = malloc(200000);
    for (int i = 0; i < 200000; i++) big[i] = (char)(i % 251);
    ferrite_set(db, S("one piece"), big, 65536, NULL);
    ferrite_set(db, S("pieces"), big, 200000, NULL);
    ferrite_db *snapshot = ferrite_snapshot(db, &err), *tx = ferrite_begin(db, &err);
    ferrite_slice view;
    cr_expect_eq(ferrite_view(snapshot, S("abc"), &view, &err), 1);
    api_set(tx, "abc", "changed");
    cr_expect_eq(view.len, 3);
    cr_expect_arr_eq(view.data, "abc", 3);
    cr_expect_eq(ferrite_view(tx, S("abc"), &view, &err), 1);
    cr_expect_arr_eq(view.data, "changed", 7);
    cr_expect_eq(ferrite_view(snapshot, S("none"), &view, &err), 0);
    cr_expect_eq(ferrite_view(snapshot, S("one piece"), &view, &err), 1);
    cr_expect_eq(view.len, 65536);
    cr_expect_eq(memcmp(view.data, big, view.len), 0);
    cr_expect_eq(ferrite_view(snapshot, S("pieces"), &view, &err), -1);
    api_expect_error(&err, FERRITE_LIMIT, NULL);
    size_t offset = 0;
    for (;;) {
        cr_assert_eq(ferrite_view_at(snapshot, S("pieces"), offset, &view, &err), 1);
        if (view.len == 0) break;
        cr_expect_eq(memcmp(view.data, big + offset, view.len), 0);
        offset += view.len;
    }
    cr_expect_eq(offset, 200000);
    cr_expect_eq(ferrite_view_at(snapshot, S("pieces"), UINT64_MAX, &view, &err), 1);
    cr_expect_eq(view.len, 0);
    cr_expect_eq(ferrite_view(db, S("abc"), &view, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_view(snapshot, S("abc"), NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(tx);
    ferrite_close(snapshot);
    free(big);
}

/* ---- random walks in a transaction, against a plain model ---- */

#define UNIVERSE 400

static bool model[UNIVERSE];

static void walk_change(ferrite_db *tx) {
    for (int n = rand() % 6; n > 0; n--) {
        char key[16];
        int i = rand() % UNIVERSE;
        snprintf(key, sizeof key, "%04d", i);
        model[i] = rand() % 2;
        if (model[i])
            api_set(tx, key, key);
        else
            ferrite_del(tx, key, 4, NULL);
    }
}

/* The key that must come after place i (exclusive) in the model; -1: none. */
static int model_next(int i, bool reverse) {
    for (i += reverse ? -1 : 1; i >= 0 && i < UNIVERSE; i += reverse ? -1 : 1)
        if (model[i]) return i;
    return -1;
}

static void walk_randomly(ferrite_db *tx, bool reverse) {
    ferrite_range range = FERRITE_RANGE_INIT;
    range.flags = reverse ? FERRITE_RANGE_REVERSE : 0;
    ferrite_iterator *it = ferrite_iterate(tx, &range, &err);
    int at = reverse ? UNIVERSE : -1;
    for (int step = 0; step < 2000; step++) {
        ferrite_slice key, value;
        if (rand() % 3 == 0) walk_change(tx);
        if (rand() % 50 == 0) {
            char to[16];
            int i = rand() % UNIVERSE;
            snprintf(to, sizeof to, "%04d", i);
            cr_assert_eq(ferrite_iterator_seek(it, to, 4, &err), 0);
            at = reverse ? i + 1 : i - 1;
        }
        int expected = model_next(at, reverse);
        int more = ferrite_iterator_next(it, &key, &value, &err);
        cr_assert_eq(more, expected >= 0, "step %d", step);
        if (more == 1) {
            char text[5] = {0};
            memcpy(text, key.data, 4);
            cr_assert_eq(atoi(text), expected);
            cr_assert_eq(memcmp(key.data, value.data, 4), 0);
            at = expected;
        } else { /* an end stays one until the next seek */
            cr_assert_eq(ferrite_iterator_seek(it, S("0200"), &err), 0);
            at = reverse ? 201 : 199;
        }
    }
    ferrite_iterator_close(it);
}

Test(api_iterate, random_walks_beside_writes_agree_with_a_model) {
    srand(11);
    ferrite_flushall(db, NULL);
    ferrite_db *tx = ferrite_begin(db, &err);
    for (int round = 0; round < 6; round++) walk_randomly(tx, round % 2);
    ferrite_close(tx);
}
