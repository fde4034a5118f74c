/*
 * set_test.c - sets against a plain model: random changes and combinations, through packed records and
 * trees and back, out of the log; then fairness, scans and size.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"

TestSuite(set, .timeout = 300);

static uint64_t seed = 1;
static uint32_t draw(uint32_t below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

/* ---- the model: which of the members each of some sets has ---- */

#define MEMBERS 400
#define SETS 5
static bool has[SETS][MEMBERS];
static char names[MEMBERS][1100];
static size_t lens[MEMBERS];
static const ferrite_slice keys[SETS] = {SLICE("a"), SLICE("b"), SLICE("c"), SLICE(""),
                                         SLICE("e")};

static void model_make(void) {
    for (int i = 0; i < MEMBERS; i++) {
        lens[i] = (size_t)sprintf(names[i], "%d", i);
        if (i % 40 == 7) { /* too long for a leaf, or for a record */
            memset(names[i] + lens[i], 'x', 1090 - lens[i]);
            lens[i] = i % 80 == 7 ? 1090 : 600;
        }
    }
    lens[MEMBERS - 1] = 0;
}

static int member_of(ferrite_slice name) {
    if (name.len == 0) return MEMBERS - 1;
    return atoi(name.data);
}

static int count_of(int set) {
    int count = 0;
    for (int i = 0; i < MEMBERS; i++) count += has[set][i];
    return count;
}

static void expect_members(ferrite_slice *list, size_t count, const bool *expected) {
    size_t expected_count = 0;
    cr_assert_not_null(list);
    for (int i = 0; i < MEMBERS; i++) expected_count += expected[i];
    cr_assert_eq(count, expected_count, "%zu members, not %zu", count, expected_count);
    for (size_t i = 0; i < count; i++) {
        int member = member_of(list[i]);
        cr_assert(expected[member]);
        cr_assert(list[i].len == lens[member] &&
                  memcmp(list[i].data, names[member], lens[member]) == 0);
    }
    ferrite_free(list);
}

static void step_pop(ferrite_db *db, int set) {
    size_t count, expected = (size_t)count_of(set), want = draw(10);
    if (want < expected) expected = want;
    ferrite_slice *list =
        ferrite_spop_many(db, keys[set].data, keys[set].len, want, &count, NULL);
    cr_assert_eq(count, expected);
    for (size_t i = 0; i < count; i++) {
        cr_assert(has[set][member_of(list[i])]);
        has[set][member_of(list[i])] = false;
    }
    ferrite_free(list);
}

static void step_move(ferrite_db *db, int set, int member) {
    int to = (int)draw(SETS);
    cr_assert_eq(ferrite_smove(db, keys[set].data, keys[set].len, keys[to].data, keys[to].len,
                               names[member], lens[member], NULL),
                 has[set][member]);
    if (!has[set][member]) return;
    has[set][member] = false;
    has[to][member] = true;
}

static bool wanted(uint32_t operation, const int *sets, int count, int member) {
    bool in_all = true, in_any = false, in_others = false;
    for (int i = 0; i < count; i++) {
        in_all = in_all && has[sets[i]][member];
        in_any = in_any || has[sets[i]][member];
        in_others = in_others || (i > 0 && has[sets[i]][member]);
    }
    return operation == 0 ? in_any : operation == 1 ? in_all : has[sets[0]][member] && !in_others;
}

static void step_combine(ferrite_db *db) {
    int sets[3], count = 1 + (int)draw(3), to = (int)draw(SETS);
    uint32_t operation = draw(3);
    bool expected[MEMBERS];
    ferrite_slice named[3];
    for (int i = 0; i < count; i++) named[i] = keys[sets[i] = (int)draw(SETS)];
    for (int i = 0; i < MEMBERS; i++) expected[i] = wanted(operation, sets, count, i);
    size_t listed;
    ferrite_slice *list = operation == 0   ? ferrite_sunion(db, named, (size_t)count, &listed, NULL)
                          : operation == 1 ? ferrite_sinter(db, named, (size_t)count, &listed, NULL)
                                           : ferrite_sdiff(db, named, (size_t)count, &listed, NULL);
    expect_members(list, listed, expected);
    uint64_t number = 99;
    if (operation == 1) {
        cr_assert_eq(ferrite_sintercard(db, named, (size_t)count, 3, &number, NULL), 0);
        cr_assert_eq(number, listed < 3 ? listed : 3);
    }
    if (draw(3) != 0) return;
    int (*store)(ferrite_db *, const char *, size_t, const ferrite_slice *, size_t, uint64_t *,
                 ferrite_error **) = operation == 0   ? ferrite_sunionstore
                                     : operation == 1 ? ferrite_sinterstore
                                                      : ferrite_sdiffstore;
    cr_assert_eq(store(db, keys[to].data, keys[to].len, named, (size_t)count, &number, NULL), 0);
    cr_assert_eq(number, listed);
    memcpy(has[to], expected, sizeof expected);
}

static void step(ferrite_db *db, uint32_t members, uint32_t removals) {
    int set = (int)draw(SETS), member = (int)draw(members);
    uint32_t kind = draw(100);
    if (members == MEMBERS && draw(100) == 0) member = MEMBERS - 1;
    if (kind < removals) {
        cr_assert_eq(ferrite_srem(db, keys[set].data, keys[set].len, names[member], lens[member],
                                  NULL),
                     has[set][member]);
        has[set][member] = false;
    } else if (kind < 90) {
        cr_assert_eq(ferrite_sadd(db, keys[set].data, keys[set].len, names[member], lens[member],
                                  NULL),
                     !has[set][member]);
        has[set][member] = true;
    } else if (kind < 93) {
        step_pop(db, set);
    } else if (kind < 97) {
        step_move(db, set, member);
    } else {
        step_combine(db);
    }
}

static void compare(ferrite_db *db) {
    for (int set = 0; set < SETS; set++) {
        uint64_t number = 99;
        size_t count;
        cr_assert_eq(ferrite_scard(db, keys[set].data, keys[set].len, &number, NULL), 0);
        cr_assert_eq(number, (uint64_t)count_of(set));
        cr_assert_eq(ferrite_exists(db, keys[set].data, keys[set].len, NULL), number != 0);
        ferrite_slice *list =
            ferrite_smembers(db, keys[set].data, keys[set].len, &count, NULL);
        expect_members(list, count, has[set]);
        for (int i = 0; i < MEMBERS; i++)
            cr_assert_eq(ferrite_sismember(db, keys[set].data, keys[set].len, names[i], lens[i],
                                           NULL),
                         has[set][i]);
    }
}

Test(set, equals_a_model_whatever_its_size) {
    struct bed bed = bed_make();
    char path[128];
    model_make();
    ferrite_db *db = api_open_quick(bed.path);
    for (int round = 0; round < 24; round++) {
        uint32_t members = round % 4 == 0 ? 6 : round % 4 == 1 ? MEMBERS : 100;
        for (int i = 0; i < 600; i++) step(db, members, round % 3 == 2 ? 85 : 20);
        compare(db);
        api_expect_sound(db);
        if (round % 5 != 0) continue;
        bed_path(&bed, "killed.ferrite", path);
        bed_copy(&bed, path);
        ferrite_db *killed = api_open_quick(path);
        compare(killed);
        api_expect_sound(killed);
        ferrite_close(killed);
        bed_unlink(path);
    }
    ferrite_close(db);
    db = api_open_quick(bed.path);
    compare(db);
    ferrite_close(db);
    bed_remove(&bed);
}

/* ---- one thing at a time ---- */

#define KEY S("the set")

Test(set, other_types_are_refused_by_all) {
    ferrite_db *db = api_memory();
    ferrite_error *err = NULL;
    const ferrite_slice one = SLICE("s"), two[] = {SLICE("none"), SLICE("s")};
    uint64_t number, cursor = 0;
    size_t len;
    int there;
    api_set(db, "s", "text");
#define REFUSED(call)                                                                          \
    cr_expect(call);                                                                           \
    api_expect_error(&err, FERRITE_WRONGTYPE,                                                  \
                     "WRONGTYPE Operation against a key holding the wrong kind of value")
    REFUSED(ferrite_sadd(db, S("s"), S("m"), &err) < 0);
    REFUSED(ferrite_srem(db, S("s"), S("m"), &err) < 0);
    REFUSED(ferrite_sismember(db, S("s"), S("m"), &err) < 0);
    REFUSED(ferrite_smismember(db, S("s"), &one, 1, &there, &err) < 0);
    REFUSED(!ferrite_smembers(db, S("s"), &len, &err));
    REFUSED(ferrite_scard(db, S("s"), &number, &err) < 0);
    REFUSED(!ferrite_spop(db, S("s"), &len, &err));
    REFUSED(!ferrite_spop_many(db, S("s"), 2, &len, &err));
    REFUSED(!ferrite_srandmember(db, S("s"), &len, &err));
    REFUSED(!ferrite_srandmember_many(db, S("s"), 0, &len, &err));
    REFUSED(!ferrite_sunion(db, two, 2, &len, &err));
    REFUSED(!ferrite_sinter(db, two, 2, &len, &err));
    REFUSED(!ferrite_sdiff(db, two, 2, &len, &err));
    REFUSED(ferrite_sunionstore(db, KEY, two, 2, &number, &err) < 0);
    REFUSED(ferrite_sintercard(db, two, 2, 0, &number, &err) < 0);
    REFUSED(!ferrite_sscan(db, S("s"), &cursor, NULL, 0, 0, &len, &err));
    cr_expect_eq(ferrite_sadd(db, KEY, S("m"), NULL), 1);
    REFUSED(ferrite_smove(db, KEY, S("s"), S("m"), &err) < 0);
    REFUSED(ferrite_smove(db, S("s"), KEY, S("m"), &err) < 0);
    cr_expect_eq(ferrite_sismember(db, KEY, S("m"), NULL), 1);
    ferrite_close(db);
}

Test(set, the_longest_members_and_one_byte_more) {
    ferrite_db *db = api_memory();
    ferrite_error *err = NULL;
    char *longest = calloc(1, 65537);
    cr_expect_eq(ferrite_sadd(db, KEY, longest, 65536, NULL), 1);
    cr_expect_eq(ferrite_sadd(db, KEY, longest, 65535, NULL), 1);
    cr_expect_eq(ferrite_sadd(db, KEY, longest, 65536, NULL), 0);
    cr_expect_eq(ferrite_sadd(db, KEY, longest, 65537, &err), -1);
    api_expect_error(&err, FERRITE_LIMIT, NULL);
    cr_expect_eq(ferrite_copy(db, KEY, S("copy"), -1, 0, NULL), 1);
    cr_expect_eq(ferrite_srem(db, KEY, longest, 65536, NULL), 1);
    cr_expect_eq(ferrite_sismember(db, S("copy"), longest, 65536, NULL), 1);
    api_expect_sound(db);
    ferrite_close(db);
    free(longest);
}

static void fill(ferrite_db *db, int count) {
    char member[32];
    for (int i = 0; i < count; i++)
        ferrite_sadd(db, KEY, member, (size_t)sprintf(member, "%07d", i), NULL);
}

static void expect_even(const int *drawn, int count, int each) {
    double square = 0; /* chi squared: about `count`, its deviation sqrt(2 count) */
    for (int i = 0; i < count; i++) square += (double)(drawn[i] - each) * (drawn[i] - each) / each;
    cr_expect_lt(square, 5.0 * count, "%f of %d", square, count);
}

Test(set, random_members_are_fair) {
    ferrite_db *db = api_memory();
    int drawn[500] = {0};
    size_t len;
    fill(db, 500);
    for (int i = 0; i < 500 * 100; i++) {
        char *member = ferrite_srandmember(db, KEY, &len, NULL);
        drawn[atoi(member)]++;
        ferrite_free(member);
    }
    expect_even(drawn, 500, 100);
    ferrite_close(db);
}

Test(set, popped_members_are_fair) {
    int drawn[10] = {0};
    for (int i = 0; i < 1000; i++) {
        ferrite_db *db = api_memory();
        size_t count;
        fill(db, 10);
        ferrite_slice *list = ferrite_spop_many(db, KEY, 3, &count, NULL);
        cr_assert_eq(count, 3);
        for (size_t k = 0; k < count; k++) drawn[atoi(list[k].data)]++;
        ferrite_free(list);
        ferrite_close(db);
    }
    expect_even(drawn, 10, 300);
}

Test(set, the_last_member_takes_the_key_with_it) {
    ferrite_db *db = api_memory();
    size_t len;
    ferrite_sadd(db, KEY, S("m"), NULL);
    api_expect_text(ferrite_spop(db, KEY, &len, NULL), &len, "m");
    cr_expect_eq(ferrite_exists(db, KEY, NULL), 0);
    cr_expect_null(ferrite_spop(db, KEY, &len, NULL));
    ferrite_close(db);
}

Test(set, a_scan_beside_changes_meets_all_that_stays) {
    ferrite_db *db = api_memory();
    char member[32];
    bool met[3000] = {false};
    uint64_t cursor = 0;
    int next = 0;
    fill(db, 3000);
    do {
        size_t count;
        ferrite_slice *list = ferrite_sscan(db, KEY, &cursor, NULL, 0, 50, &count, NULL);
        for (size_t i = 0; i < count; i++) met[atoi(list[i].data)] = true;
        ferrite_free(list);
        for (int i = 0; i < 20 && next < 2990; i++, next += 2)
            ferrite_srem(db, KEY, member, (size_t)sprintf(member, "%07d", next), NULL);
    } while (cursor != 0);
    for (int i = 1; i < 3000; i += 2) cr_assert(met[i], "member %d", i);
    ferrite_close(db);
}

Test(set, iterators_walk_it_in_order_on_any_handle) {
    ferrite_db *db = api_memory();
    ferrite_slice member;
    for (int count = 0; count <= 2000; count += 20 + count) {
        fill(db, count);
        ferrite_db *handles[] = {db, ferrite_snapshot(db, NULL), ferrite_begin(db, NULL)};
        for (int i = 0; i < 3; i++) {
            ferrite_siterator *it = ferrite_siterate(handles[i], KEY, NULL);
            int met = 0;
            for (; ferrite_siterator_next(it, &member, NULL) == 1; met++)
                cr_assert_eq(atoi(member.data), met);
            cr_expect_eq(met, count);
            ferrite_siterator_close(it);
        }
        ferrite_close(handles[2]);
        ferrite_close(handles[1]);
    }
    ferrite_close(db);
}

Test(set, a_rolled_back_transaction_leaves_it_as_it_was) {
    ferrite_db *db = api_memory();
    uint64_t count;
    fill(db, 500);
    ferrite_db *before = ferrite_snapshot(db, NULL), *tx = ferrite_begin(db, NULL);
    ferrite_slice *popped = ferrite_spop_many(tx, KEY, 400, NULL, NULL);
    ferrite_free(popped);
    ferrite_sadd(tx, S("another"), S("m"), NULL);
    cr_expect_eq(ferrite_rollback(tx, NULL), 0);
    ferrite_close(tx);
    ferrite_scard(db, KEY, &count, NULL);
    cr_expect_eq(count, 500);
    cr_expect_eq(ferrite_exists(db, S("another"), NULL), 0);
    ferrite_del(db, KEY, NULL);
    ferrite_scard(before, KEY, &count, NULL);
    cr_expect_eq(count, 500);
    ferrite_close(before);
    api_expect_sound(db);
    ferrite_close(db);
}

Test(set, a_million_members) {
    struct bed bed = bed_make();
    ferrite_db *db = api_open_quick(bed.path);
    uint64_t count;
    size_t listed;
    fill(db, 1000000);
    const ferrite_slice both[] = {SLICE("the set"), SLICE("half")};
    ferrite_slice *half = ferrite_srandmember_many(db, KEY, 500000, &listed, NULL);
    cr_expect_eq(listed, 500000);
    cr_expect_eq(ferrite_sadd_many(db, S("half"), half, listed, NULL), 500000);
    ferrite_free(half);
    cr_expect_eq(ferrite_sdiffstore(db, S("rest"), both, 2, &count, NULL), 0);
    cr_expect_eq(count, 500000);
    cr_expect_eq(ferrite_sintercard(db, both, 2, 0, &count, NULL), 0);
    cr_expect_eq(count, 500000);
    ferrite_close(db);
    db = api_open_quick(bed.path);
    api_expect_sound(db);
    ferrite_slice *popped = ferrite_spop_many(db, KEY, 999990, &listed, NULL);
    cr_expect_eq(listed, 999990);
    ferrite_free(popped);
    cr_expect_eq(ferrite_scard(db, KEY, &count, NULL), 0);
    cr_expect_eq(count, 10);
    api_expect_sound(db);
    ferrite_close(db);
    bed_remove(&bed);
}
