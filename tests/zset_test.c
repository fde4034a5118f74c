/*
 * zset_test.c - sorted sets of a million members and with members to 64 KiB; parts, iterators, unions, conditions,
 * handles and mistakes. zset_model_test.c has random changes.
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

TestSuite(zset, .init = begin, .fini = end, .timeout = 120);

static void add(const char *key, double score, const char *member) {
    cr_assert_geq(ferrite_zadd(db, key, strlen(key), score, member, strlen(member), NULL), 0);
}

/* The items are `text`, written "member:score member:score"; they are freed. */
static void expect_items(ferrite_zitem *items, size_t count, const char *text) {
    char got[1024] = "";
    cr_assert_not_null(items);
    for (size_t i = 0; i < count; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%.*s:%g", i ? " " : "",
                 (int)items[i].member.len, items[i].member.data, items[i].score);
    cr_expect_str_eq(got, text);
    ferrite_free(items);
}

static uint64_t card(ferrite_db *of, const char *key) {
    uint64_t count = 0;
    cr_assert_eq(ferrite_zcard(of, key, strlen(key), &count, NULL), 0);
    return count;
}

static uint64_t seed;

static uint32_t draw(uint32_t below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

/* ---- sizes ---- */

#define MANY 1000000

static int add_many(ferrite_db *tx, void *ctx, ferrite_error **err) {
    char member[32];
    (void)ctx;
    for (int i = 0; i < MANY; i++) {
        int place = (int)((int64_t)i * 7919 % MANY);
        int len = snprintf(member, sizeof member, "m%07d", place);
        if (ferrite_zadd(tx, S("z"), place / 2, member, (size_t)len, err) < 0) return -1;
    }
    return 0;
}

Test(zset, holds_a_million_members) {
    uint64_t number = 0;
    size_t count = 0;
    double score = 0;
    ferrite_error *err = NULL;
    cr_assert_eq(ferrite_transaction(db, add_many, NULL, &err), 0, "%s",
                 ferrite_error_message(err));
    cr_expect_eq(card(db, "z"), MANY);
    cr_assert_eq(ferrite_zrank(db, S("z"), S("m0765432"), &number, &score, NULL), 1);
    cr_expect(number == 765432 && score == 382716);
    cr_assert_eq(ferrite_zrevrank(db, S("z"), S("m0765432"), &number, NULL, NULL), 1);
    cr_expect_eq(number, MANY - 1 - 765432);
    cr_assert_eq(ferrite_zcount(db, S("z"), 100, 300099, &number, NULL), 0);
    cr_expect_eq(number, 600000);
    expect_items(ferrite_zrange(db, S("z"), 500000, 500001, &count, NULL), 2,
                 "m0500000:250000 m0500001:250000");
    ferrite_zspan span = FERRITE_ZSPAN_INIT;
    span.by = FERRITE_ZBY_SCORE;
    span.min = 10;
    span.max = 499989;
    cr_assert_eq(ferrite_zremrange(db, S("z"), &span, &number, NULL), 0);
    cr_expect_eq(number, MANY - 40);
    cr_expect_eq(card(db, "z"), 40);
    expect_items(ferrite_zrange(db, S("z"), 19, 20, &count, NULL), 2, "m0000019:9 m0999980:499990");
    api_expect_sound(db);
    cr_assert_eq(ferrite_del(db, S("z"), NULL), 1);
}

Test(zset, members_are_64_kib_long) {
    enum { LONG = 65536 };
    char *member = malloc(LONG + 1);
    uint64_t rank = 9;
    double score = 0;
    ferrite_error *err = NULL;
    memset(member, 'x', LONG + 1);
    for (int i = 0; i < 20; i++) {
        member[LONG - 1] = (char)('a' + i);
        cr_assert_eq(ferrite_zadd(db, S("z"), i % 3, member, LONG, NULL), 1);
    }
    cr_expect_eq(ferrite_zrank(db, S("z"), member, LONG, &rank, &score, NULL), 1);
    cr_expect(rank == 13 && score == 1);
    cr_expect_eq(ferrite_zadd(db, S("z"), 5, member, LONG, NULL), 0);
    cr_expect_eq(ferrite_zrank(db, S("z"), member, LONG, &rank, &score, NULL), 1);
    cr_expect(rank == 19 && score == 5);
    api_expect_sound(db);
    cr_expect_eq(ferrite_zrem(db, S("z"), member, LONG, NULL), 1);
    cr_expect_eq(ferrite_zadd(db, S("z"), 5, member, LONG + 1, &err), -1);
    api_expect_error(&err, FERRITE_LIMIT, NULL);
    size_t count = 0;
    ferrite_zitem *items = ferrite_zpopmin(db, S("z"), 18, &count, NULL);
    cr_expect(count == 18 && items[17].member.len == LONG && items[17].score == 2);
    ferrite_free(items);
    cr_expect_eq(card(db, "z"), 1);
    free(member);
}

/* ---- parts ---- */

Test(zset, a_part_is_by_rank_score_or_member) {
    ferrite_zspan span = FERRITE_ZSPAN_INIT;
    size_t count = 0;
    uint64_t number = 0;
    const char *const names[] = {"a", "b", "c", "d", "e"};
    for (int i = 0; i < 5; i++) add("z", i, names[i]);
    for (int i = 0; i < 5; i++) add("l", 0, names[i]);
    expect_items(ferrite_zrange_with(db, S("z"), NULL, &count, NULL), 5, "a:0 b:1 c:2 d:3 e:4");
    span.by = FERRITE_ZBY_SCORE;
    span.min = 1;
    span.max = 3;
    span.flags = FERRITE_ZSPAN_ABOVE_MIN;
    expect_items(ferrite_zrange_with(db, S("z"), &span, &count, NULL), 2, "c:2 d:3");
    span.flags = FERRITE_ZSPAN_REVERSE | FERRITE_ZSPAN_BELOW_MAX;
    expect_items(ferrite_zrange_with(db, S("z"), &span, &count, NULL), 2, "c:2 b:1");
    span.offset = 1;
    span.limit = 1;
    expect_items(ferrite_zrange_with(db, S("z"), &span, &count, NULL), 1, "b:1");
    cr_assert_eq(ferrite_zrangestore(db, S("part"), S("z"), &span, &number, NULL), 0);
    cr_expect(number == 1 && card(db, "part") == 1);
    span = (ferrite_zspan)FERRITE_ZSPAN_INIT;
    span.by = FERRITE_ZBY_MEMBER;
    span.min_member = (ferrite_slice){"b", 1};
    cr_assert_eq(ferrite_zcount_with(db, S("l"), &span, &number, NULL), 0);
    cr_expect_eq(number, 4);
    span.max_member = (ferrite_slice){"d", 1};
    span.flags = FERRITE_ZSPAN_BELOW_MAX;
    cr_assert_eq(ferrite_zremrange(db, S("l"), &span, &number, NULL), 0);
    cr_expect_eq(number, 2);
    expect_items(ferrite_zrange(db, S("l"), 0, -1, &count, NULL), 3, "a:0 d:0 e:0");
}

/* Collects what an iterator gives as text and closes it. */
static void expect_iterated(ferrite_ziterator *it, int from, int to, int step) {
    ferrite_zitem item;
    char text[32];
    cr_assert_not_null(it);
    for (int i = from; i != to; i += step) {
        cr_assert_eq(ferrite_ziterator_next(it, &item, NULL), 1);
        snprintf(text, sizeof text, "m%04d", i);
        cr_assert(item.score == i && item.member.len == 5 && !memcmp(item.member.data, text, 5));
    }
    cr_expect_eq(ferrite_ziterator_next(it, &item, NULL), 0);
    cr_expect_eq(ferrite_ziterator_next(it, &item, NULL), 0);
    ferrite_ziterator_close(it);
}

Test(zset, an_iterator_gives_a_part_of_the_moment_it_was_made) {
    ferrite_zspan span = FERRITE_ZSPAN_INIT;
    char member[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(member, sizeof member, "m%04d", i);
        add("z", i, member);
    }
    ferrite_ziterator *it = ferrite_ziterate(db, S("z"), NULL, NULL);
    cr_assert_eq(ferrite_del(db, S("z"), NULL), 1);
    expect_iterated(it, 0, 1000, 1);
    expect_iterated(ferrite_ziterate(db, S("z"), NULL, NULL), 0, 0, 1);
    for (int i = 0; i < 1000; i++) {
        snprintf(member, sizeof member, "m%04d", i);
        add("z", i, member);
    }
    span.flags = FERRITE_ZSPAN_REVERSE;
    expect_iterated(ferrite_ziterate(db, S("z"), &span, NULL), 999, -1, -1);
    span.by = FERRITE_ZBY_SCORE;
    span.min = 100;
    span.max = 800;
    span.offset = 10;
    span.limit = 300;
    expect_iterated(ferrite_ziterate(db, S("z"), &span, NULL), 790, 490, -1);
    ferrite_ziterator_close(NULL);
}

Test(zset, an_iterator_on_a_transaction_sees_its_changes) {
    ferrite_zitem item;
    ferrite_db *tx = ferrite_begin(db, NULL);
    cr_assert_eq(ferrite_zadd(tx, S("z"), 1, S("a"), NULL), 1);
    cr_assert_eq(ferrite_zadd(tx, S("z"), 2, S("b"), NULL), 1);
    ferrite_ziterator *it = ferrite_ziterate(tx, S("z"), NULL, NULL);
    cr_expect_eq(ferrite_ziterator_next(it, &item, NULL), 1);
    cr_expect_eq(item.score, 1);
    cr_assert_eq(ferrite_zrem(tx, S("z"), S("b"), NULL), 1);
    cr_assert_eq(ferrite_zadd(tx, S("z"), 3, S("c"), NULL), 1);
    cr_expect_eq(ferrite_ziterator_next(it, &item, NULL), 1);
    cr_expect_eq(item.score, 3);
    cr_expect_eq(ferrite_ziterator_next(it, &item, NULL), 0);
    ferrite_ziterator_close(it);
    ferrite_close(tx);
    cr_expect_eq(card(db, "z"), 0);
}

/* ---- several ---- */

Test(zset, unions_and_the_like_take_sets_too) {
    size_t count = 0;
    uint64_t number = 0;
    const ferrite_slice keys[] = {{"x", 1}, {"y", 1}, {"s", 1}};
    const double weights[] = {1, 10, 100};
    add("x", 1, "a");
    add("x", 2, "b");
    add("y", 3, "b");
    cr_assert_eq(ferrite_sadd(db, S("s"), S("b"), NULL), 1);
    expect_items(ferrite_zcombine(db, FERRITE_ZUNION, keys, 3, weights, FERRITE_ZSUM, &count, NULL),
                 2, "a:1 b:132");
    expect_items(ferrite_zcombine(db, FERRITE_ZINTER, keys, 3, NULL, FERRITE_ZMAX, &count, NULL),
                 1, "b:3");
    expect_items(ferrite_zcombine(db, FERRITE_ZDIFF, keys, 3, NULL, FERRITE_ZSUM, &count, NULL), 1,
                 "a:1");
    cr_assert_eq(ferrite_zintercard(db, keys, 3, 0, &number, NULL), 0);
    cr_expect_eq(number, 1);
    cr_assert_eq(ferrite_zcombinestore(db, FERRITE_ZUNION, S("s"), keys, 3, NULL, FERRITE_ZMIN,
                                       &number, NULL),
                 0);
    cr_expect(number == 2 && ferrite_type(db, S("s"), NULL) == FERRITE_TYPE_ZSET);
}

/* The scan begins with large trees, and most of the members go or get other scores meanwhile. */
Test(zset, a_scan_gives_every_member_that_stays) {
    char member[16], seen[2000] = {0};
    uint64_t cursor = 0;
    for (int i = 0; i < 2000; i++) {
        snprintf(member, sizeof member, "m%04d", i);
        add("z", i, member);
    }
    seed = 5;
    do {
        size_t count = 0;
        ferrite_zitem *items = ferrite_zscan(db, S("z"), &cursor, NULL, 0, 20, &count, NULL);
        cr_assert_not_null(items);
        for (size_t i = 0; i < count; i++) seen[atoi(items[i].member.data + 1)] = 1;
        ferrite_free(items);
        for (int i = 0; i < 20; i++) {
            snprintf(member, sizeof member, "m%04d", (int)draw(1000) * 2);
            ferrite_zrem(db, S("z"), member, 5, NULL);
            snprintf(member, sizeof member, "m%04d", (int)draw(1000) * 2 + 1);
            add("z", draw(5000), member);
        }
    } while (cursor != 0);
    for (int i = 1; i < 2000; i += 2) cr_expect(seen[i], "m%04d", i);
}

Test(zset, random_members_are_any_of_them) {
    int seen[3] = {0};
    size_t count = 0;
    add("z", 1, "0");
    add("z", 2, "1");
    add("z", 3, "2");
    ferrite_error *err = NULL;
    cr_expect_null(ferrite_zrandmember(db, S("z"), INT64_MIN, &count, &err));
    api_expect_error(&err, FERRITE_LIMIT, NULL);
    ferrite_zitem *items = ferrite_zrandmember(db, S("z"), -3000, &count, NULL);
    cr_assert_eq(count, 3000);
    for (size_t i = 0; i < count; i++) seen[items[i].member.data[0] - '0']++;
    ferrite_free(items);
    for (int i = 0; i < 3; i++) cr_expect(seen[i] > 800 && seen[i] < 1200);
    items = ferrite_zrandmember(db, S("z"), 2, &count, NULL);
    cr_expect(count == 2 && items[0].score != items[1].score);
    ferrite_free(items);
}

/* ---- adding with conditions ---- */

Test(zset, flags_say_what_may_be_added) {
    const ferrite_zitem items[] = {{{"a", 1}, 5}, {{"b", 1}, 5}};
    double result = 0;
    size_t count = 0;
    ferrite_error *err = NULL;
    add("z", 4, "a");
    cr_expect_eq(ferrite_zadd_many(db, S("z"), items, 2, FERRITE_ZADD_NX, NULL), 1);
    cr_expect_eq(ferrite_zadd_many(db, S("z"), items, 2, FERRITE_ZADD_XX | FERRITE_ZADD_CH, NULL),
                 1);
    cr_expect_eq(ferrite_zadd_incr(db, S("z"), FERRITE_ZADD_GT, -1, S("a"), &result, NULL), 0);
    cr_expect_eq(ferrite_zadd_incr(db, S("z"), FERRITE_ZADD_GT, 1, S("a"), &result, NULL), 1);
    cr_expect_eq(result, 6);
    expect_items(ferrite_zrange(db, S("z"), 0, -1, &count, NULL), 2, "b:5 a:6");
    cr_expect_eq(ferrite_zadd_many(db, S("z"), items, 2, FERRITE_ZADD_XX | FERRITE_ZADD_NX, &err),
                 -1);
    api_expect_error(&err, FERRITE_SYNTAX, NULL);
    cr_expect_eq(ferrite_zadd_many(db, S("z"), items, 2, 64, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_zadd(db, S("z"), NAN, S("a"), &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    add("z", INFINITY, "a");
    cr_expect_eq(ferrite_zincrby(db, S("z"), -INFINITY, S("a"), &result, &err), -1);
    api_expect_error(&err, FERRITE_RANGE, "ERR resulting score is not a number (NaN)");
}

Test(zset, minus_zero_is_zero) {
    double score = 1;
    add("z", -0.0, "b");
    add("z", 0.0, "a");
    size_t count = 0;
    expect_items(ferrite_zrange(db, S("z"), 0, -1, &count, NULL), 2, "a:0 b:0");
    cr_expect_eq(ferrite_zscore(db, S("z"), S("b"), &score, NULL), 1);
    cr_expect_eq(signbit(score), 0);
}

/* ---- handles ---- */

Test(zset, snapshots_and_rolled_back_transactions_change_nothing) {
    add("z", 1, "a");
    ferrite_db *snapshot = ferrite_snapshot(db, NULL), *tx = ferrite_begin(db, NULL);
    cr_expect_eq(ferrite_zadd(tx, S("z"), 2, S("b"), NULL), 1);
    cr_expect_eq(card(tx, "z"), 2);
    cr_expect_eq(card(snapshot, "z"), 1);
    ferrite_close(tx);
    cr_expect_eq(card(db, "z"), 1);
    cr_expect_eq(ferrite_zadd(snapshot, S("z"), 2, S("b"), NULL), -1);
    ferrite_close(snapshot);
}

Test(zset, a_batch_collects_additions_and_removals) {
    const ferrite_zitem items[] = {{{"a", 1}, 5}, {{"b", 1}, -0.0}};
    ferrite_error *err = NULL;
    size_t count = 0;
    add("z", 1, "x");
    ferrite_db *batch = ferrite_batch(db, NULL);
    cr_expect_eq(ferrite_zadd_many(batch, S("z"), items, 2, 0, NULL), 0);
    cr_expect_eq(ferrite_zrem(batch, S("z"), S("x"), NULL), 0);
    cr_expect_eq(ferrite_zadd_many(batch, S("z"), items, 2, FERRITE_ZADD_NX, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_null(ferrite_zpopmin(batch, S("z"), 1, &count, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(card(db, "z"), 1);
    cr_assert_eq(ferrite_commit(batch, NULL), 0);
    ferrite_close(batch);
    expect_items(ferrite_zrange(db, S("z"), 0, -1, &count, NULL), 2, "b:0 a:5");
}

Test(zset, another_type_is_refused_and_stays) {
    ferrite_error *err = NULL;
    size_t count = 0;
    api_set(db, "s", "v");
    cr_expect_eq(ferrite_zadd(db, S("s"), 1, S("a"), &err), -1);
    api_expect_error(&err, FERRITE_WRONGTYPE, NULL);
    cr_expect_eq(ferrite_zrem(db, S("s"), S("a"), &err), -1);
    api_expect_error(&err, FERRITE_WRONGTYPE, NULL);
    cr_expect_null(ferrite_zrange(db, S("s"), 0, -1, &count, &err));
    api_expect_error(&err, FERRITE_WRONGTYPE, NULL);
    cr_expect_null(ferrite_zpopmax(db, S("s"), 1, &count, &err));
    api_expect_error(&err, FERRITE_WRONGTYPE, NULL);
    add("z", 1, "a");
    cr_expect_eq(ferrite_sadd(db, S("z"), S("a"), &err), -1);
    api_expect_error(&err, FERRITE_WRONGTYPE, NULL);
    cr_expect_null(ferrite_get(db, S("z"), NULL, &err));
    api_expect_error(&err, FERRITE_WRONGTYPE, NULL);
    api_expect(db, "s", "v");
}

Test(zset, a_span_that_is_none_is_refused) {
    ferrite_error *err = NULL;
    ferrite_zspan span = {0};
    cr_expect_null(ferrite_zrange_with(db, S("z"), &span, NULL, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
    span = (ferrite_zspan)FERRITE_ZSPAN_INIT;
    span.min = NAN;
    cr_expect_eq(ferrite_zremrange(db, S("z"), &span, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    span.min = 0;
    span.by = 3;
    cr_expect_null(ferrite_ziterate(db, S("z"), &span, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
}
