/*
 * expire_test.c - keys that expire, under a clock that the tests set: who sees what when, that the
 * order by time follows every change, and that the space comes back.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"
#include "support/clock.h"

#define KEY(text) text, strlen(text)
#define START     1000000

static ferrite_db *open_with(const char *path, int64_t default_ttl_ms) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.clock_ms = clock_now;
    options.default_ttl_ms = default_ttl_ms;
    options.sync_mode = FERRITE_SYNC_NONE;
    return api_open_with(path, &options);
}

static ferrite_db *db;

static void begin(void) {
    now_ms = START;
    db = open_with(NULL, 0);
}

static void end(void) {
    api_expect_sound(db);
    ferrite_close(db);
}

static bool there(ferrite_db *handle, const char *key) {
    return ferrite_exists(handle, KEY(key), NULL) == 1;
}

static int64_t left(ferrite_db *handle, const char *key) {
    int64_t ms = 0;
    cr_assert_eq(ferrite_pttl(handle, KEY(key), &ms, NULL), 0);
    return ms;
}

static uint64_t stored(ferrite_db *handle) {
    uint64_t count = 0;
    cr_assert_eq(ferrite_dbsize(handle, &count, NULL), 0);
    return count;
}

static void put(const char *key, int64_t ttl_ms) {
    cr_assert_eq(ferrite_psetex(db, KEY(key), ttl_ms, "v", 1, NULL), 0);
}

TestSuite(expire, .init = begin, .fini = end);

Test(expire, a_key_is_gone_for_every_reader_the_millisecond_after_its_moment) {
    put("k", 100);
    ferrite_db *other = ferrite_select(db, 0, NULL);
    now_ms += 100;
    cr_expect(there(db, "k") && there(other, "k"));
    cr_expect_eq(left(db, "k"), 0);
    now_ms += 1;
    cr_expect(!there(db, "k") && !there(other, "k"));
    cr_expect_eq(left(db, "k"), -2);
    cr_expect_null(ferrite_get(db, KEY("k"), NULL, NULL));
    cr_expect_eq(ferrite_type(db, KEY("k"), NULL), FERRITE_TYPE_NONE);
    size_t count = 1;
    ferrite_free(ferrite_keys(db, "*", 1, &count, NULL));
    cr_expect_eq(count, 0);
    cr_expect_null(ferrite_randomkey(db, NULL, NULL));
    cr_expect_eq(stored(db), 1, "no write has removed it yet");
    ferrite_close(other);
}

Test(expire, a_snapshot_judges_by_its_own_moment) {
    put("k", 100);
    ferrite_db *early = ferrite_snapshot(db, NULL);
    now_ms += 200;
    ferrite_db *late = ferrite_snapshot(db, NULL);
    cr_expect(there(early, "k") && !there(late, "k") && !there(db, "k"));
    cr_expect_eq(left(early, "k"), 100);
    cr_assert_eq(ferrite_set(db, KEY("other"), "x", 1, NULL), 0);
    cr_expect_eq(stored(db), 1, "the write has removed it");
    cr_expect(there(early, "k"));
    now_ms = START;
    cr_expect(!there(late, "k"), "a clock set back changes nothing for it");
    ferrite_close(early);
    ferrite_close(late);
}

Test(expire, a_transaction_sees_a_key_go) {
    put("k", 100);
    ferrite_db *tx = ferrite_begin(db, NULL);
    cr_expect(there(tx, "k"));
    now_ms += 101;
    cr_expect(!there(tx, "k"));
    cr_expect_eq(ferrite_del(tx, KEY("k"), NULL), 0, "what has expired is not deleted by DEL");
    cr_assert_eq(ferrite_commit(tx, NULL), 0);
    ferrite_close(tx);
    cr_expect_eq(stored(db), 0);
}

Test(expire, writes_on_an_expired_key_begin_anew) {
    int64_t value = 0;
    put("n", 100);
    put("s", 100);
    put("x", 100);
    now_ms += 101;
    cr_expect_eq(ferrite_incr(db, KEY("n"), &value, NULL), -1 + 1);
    cr_expect_eq(value, 1);
    cr_expect_eq(left(db, "n"), -1);
    cr_expect_eq(ferrite_append(db, KEY("s"), "ab", 2, NULL), 2);
    cr_expect_eq(ferrite_setnx(db, KEY("x"), "new", 3, NULL), 1);
    cr_expect_eq(ferrite_persist(db, KEY("x"), NULL), 0);
}

Test(expire, each_time_function_means_what_it_says) {
    int64_t value = 0;
    cr_assert_eq(ferrite_set(db, KEY("k"), "v", 1, NULL), 0);
    cr_expect_eq(ferrite_expire(db, KEY("k"), 2, NULL), 1);
    cr_expect_eq(left(db, "k"), 2000);
    cr_expect_eq(ferrite_pexpire(db, KEY("k"), 1499, NULL), 1);
    cr_expect_eq(ferrite_ttl(db, KEY("k"), &value, NULL), 0);
    cr_expect_eq(value, 1);
    cr_expect_eq(ferrite_pexpire(db, KEY("k"), 1500, NULL), 1);
    cr_expect_eq(ferrite_ttl(db, KEY("k"), &value, NULL), 0);
    cr_expect_eq(value, 2);
    cr_expect_eq(ferrite_expireat(db, KEY("k"), START / 1000 + 7, NULL), 1);
    cr_expect_eq(left(db, "k"), 7000);
    cr_expect_eq(ferrite_pexpireat(db, KEY("k"), START + 9, NULL), 1);
    cr_expect_eq(ferrite_pexpiretime(db, KEY("k"), &value, NULL), 0);
    cr_expect_eq(value, START + 9);
    cr_expect_eq(ferrite_expiretime(db, KEY("k"), &value, NULL), 0);
    cr_expect_eq(value, START / 1000);
    cr_expect_eq(ferrite_persist(db, KEY("k"), NULL), 1);
    cr_expect_eq(left(db, "k"), -1);
    cr_expect_eq(ferrite_pexpireat(db, KEY("k"), START, NULL), 1, "now is the past");
    cr_expect(!there(db, "k"));
    cr_expect_eq(stored(db), 0, "and deletes at once");
}

Test(expire, arguments_that_mean_no_moment_are_refused) {
    ferrite_error *err = NULL;
    cr_assert_eq(ferrite_set(db, KEY("k"), "v", 1, NULL), 0);
    cr_expect_eq(ferrite_expire(db, KEY("k"), INT64_MAX, &err), -1);
    cr_expect_eq(ferrite_error_code(err), FERRITE_RANGE);
    ferrite_error_free(err);
    cr_expect_eq(ferrite_pexpire(db, KEY("k"), INT64_MAX, NULL), -1);
    cr_expect_eq(ferrite_expire(db, KEY("k"), INT64_MIN, NULL), -1);
    cr_expect_eq(ferrite_setex(db, KEY("k"), 0, "v", 1, NULL), -1);
    cr_expect_eq(ferrite_psetex(db, KEY("k"), -1, "v", 1, NULL), -1);
    cr_expect_null(ferrite_getex(db, KEY("k"), -1, NULL, NULL));
    cr_expect_eq(
        ferrite_pexpireat_with(db, KEY("k"), 1, FERRITE_EXPIRE_NX | FERRITE_EXPIRE_GT, NULL), -1);
    cr_expect_eq(ferrite_pexpireat_with(db, KEY("k"), 1, 16, NULL), -1);
    cr_expect_eq(ferrite_expire_cycle(db, -1, NULL), -1);
    cr_expect_eq(left(db, "k"), -1);
}

Test(expire, the_longest_keys_expire_too) {
    char *key = calloc(1, 65537);
    ferrite_error *err = NULL;
    for (size_t len = 65520; len <= 65536; len++) {
        cr_assert_eq(ferrite_set(db, key, len, "v", 1, NULL), 0);
        cr_assert_eq(ferrite_expire(db, key, len, 10, NULL), 1);
    }
    cr_assert_eq(ferrite_persist(db, key, 65536, NULL), 1);
    cr_assert_eq(ferrite_setex(db, key, 65536, 10, "v", 1, NULL), 0);
    cr_assert_eq(ferrite_rename(db, key, 65536, key, 65520, NULL), 0);
    cr_assert_eq(ferrite_rename(db, key, 65520, key, 65536, NULL), 0);
    cr_expect_eq(ferrite_expire(db, key, 65537, 10, &err), -1);
    cr_expect_eq(ferrite_error_code(err), FERRITE_LIMIT);
    ferrite_error_free(err);
    cr_expect_eq(stored(db), 16);
    now_ms += 10001;
    cr_expect_eq(ferrite_expire_cycle(db, 100, NULL), 16);
    cr_expect_eq(stored(db), 0);
    free(key);
}

Test(expire, the_order_by_time_follows_every_change_of_keys) {
    put("a", 100);
    put("b", 200);
    put("c", 300);
    cr_expect_eq(ferrite_rename(db, KEY("a"), KEY("b"), NULL), 0);
    api_expect_sound(db);
    cr_expect_eq(ferrite_copy(db, KEY("b"), KEY("c"), -1, 1, NULL), 1);
    api_expect_sound(db);
    cr_expect_eq(ferrite_copy(db, KEY("b"), KEY("b"), 2, 0, NULL), 1);
    cr_expect_eq(ferrite_move(db, KEY("c"), 2, NULL), 1);
    api_expect_sound(db);
    cr_expect_eq(ferrite_swapdb(db, 0, 2, NULL), 0);
    api_expect_sound(db);
    cr_expect_eq(ferrite_set(db, KEY("b"), "plain", 5, NULL), 0);
    api_expect_sound(db);
    cr_expect_eq(left(db, "c"), 100);
    ferrite_free(ferrite_getdel(db, KEY("c"), NULL, NULL));
    api_expect_sound(db);
    put("d", 100);
    cr_expect_eq(ferrite_flushdb(db, NULL), 0);
    api_expect_sound(db);
    cr_expect_eq(ferrite_flushall(db, NULL), 0);
}

Test(expire, a_long_value_keeps_its_bytes_when_its_expiry_changes) {
    size_t len = 300000, got = 0;
    char *value = malloc(len);
    memset(value, 'x', len);
    cr_assert_eq(ferrite_set(db, KEY("long"), value, len, NULL), 0);
    cr_expect_eq(ferrite_expire(db, KEY("long"), 10, NULL), 1);
    cr_expect_eq(ferrite_expire(db, KEY("long"), 20, NULL), 1);
    api_expect_sound(db);
    char *read = ferrite_getex(db, KEY("long"), 0, &got, NULL);
    cr_expect_eq(got, len);
    cr_expect_arr_eq(read, value, len);
    cr_expect_eq(left(db, "long"), -1);
    ferrite_free(read);
    free(value);
}

static void put_many(int from, int to, int64_t ttl_ms) {
    ferrite_db *tx = ferrite_begin(db, NULL);
    char key[32];
    for (int i = from; i < to; i++) {
        int len = snprintf(key, sizeof key, "key:%08d", i);
        cr_assert_eq(ferrite_psetex(tx, key, (size_t)len, ttl_ms, "value", 5, NULL), 0);
    }
    cr_assert_eq(ferrite_commit(tx, NULL), 0);
    ferrite_close(tx);
}

Test(expire, writes_remove_a_bounded_number_of_expired_keys_each) {
    put_many(0, 1000, 100);
    now_ms += 101;
    for (uint64_t before = 1000; before > 0;) {
        ferrite_del(db, KEY("missing"), NULL);
        uint64_t after = stored(db);
        cr_expect(after <= before && before - after <= 4, "%d", (int)(before - after));
        if (after == before) cr_assert_eq(ferrite_set(db, KEY("k"), "v", 1, NULL), 0);
        before = stored(db);
        if (before == 1) break;
    }
    cr_expect_eq(stored(db), 1);
}

Test(expire, other_databases_are_freed_of_expired_keys_too) {
    ferrite_db *third = ferrite_select(db, 3, NULL);
    cr_assert_eq(ferrite_psetex(third, KEY("k"), 5, "v", 1, NULL), 0);
    now_ms += 6;
    for (int i = 0; i < 16 * 8; i++) cr_assert_eq(ferrite_set(db, KEY("x"), "v", 1, NULL), 0);
    cr_expect_eq(stored(third), 0);
    ferrite_close(third);
}

Test(expire, a_cycle_removes_the_oldest_first_and_stops_at_those_to_come) {
    put_many(0, 100, 50);
    put_many(100, 200, 10);
    put_many(200, 300, 500);
    now_ms += 100;
    int removed = ferrite_expire_cycle(db, 150, NULL);
    cr_expect_eq(removed, 150);
    removed += ferrite_expire_cycle(db, 1000, NULL);
    cr_expect_leq(removed, 200);
    cr_expect_eq(stored(db), 100);
    cr_expect(there(db, "key:00000250"));
    cr_expect_eq(ferrite_expire_cycle(db, 1000, NULL), 0);
}

Test(expire, a_batch_collects_expiries_without_looking) {
    cr_assert_eq(ferrite_set(db, KEY("k"), "v", 1, NULL), 0);
    put("p", 100);
    put("q", 100);
    ferrite_db *batch = ferrite_batch(db, NULL);
    cr_expect_eq(ferrite_pexpire(batch, KEY("k"), 70, NULL), 0);
    cr_expect_eq(ferrite_pexpire(batch, KEY("missing"), 70, NULL), 0);
    cr_expect_eq(ferrite_persist(batch, KEY("p"), NULL), 0);
    cr_expect_eq(ferrite_pexpire(batch, KEY("q"), -1, NULL), 0);
    cr_expect_eq(ferrite_psetex(batch, KEY("new"), 50, "v", 1, NULL), 0);
    cr_expect_eq(ferrite_pexpireat_with(batch, KEY("k"), 5, FERRITE_EXPIRE_XX, NULL), -1);
    cr_assert_eq(ferrite_commit(batch, NULL), 0);
    ferrite_close(batch);
    cr_expect_eq(left(db, "k"), 70);
    cr_expect_eq(left(db, "missing"), -2);
    cr_expect_eq(left(db, "p"), -1);
    cr_expect_eq(left(db, "q"), -2);
    cr_expect_eq(left(db, "new"), 50);
}

Test(expire, a_default_gives_new_keys_an_end) {
    ferrite_db *d = open_with(NULL, 1000);
    int64_t number;
    ferrite_slice pairs[] = {{"m", 1}, {"v", 1}};
    ferrite_set_options keep = FERRITE_SET_OPTIONS_INIT;
    keep.flags = FERRITE_SET_KEEPTTL;
    cr_assert_eq(ferrite_set(d, KEY("s"), "v", 1, NULL), 0);
    cr_assert_eq(ferrite_append(d, KEY("a"), "v", 1, NULL), 1);
    cr_assert_eq(ferrite_setrange(d, KEY("r"), 2, "v", 1, NULL), 3);
    cr_assert_eq(ferrite_incr(d, KEY("n"), &number, NULL), 0);
    cr_assert_eq(ferrite_mset(d, pairs, 2, NULL), 0);
    cr_assert_eq(ferrite_psetex(d, KEY("own"), 7, "v", 1, NULL), 0);
    cr_assert_eq(ferrite_set_with(d, KEY("keep"), "v", 1, &keep, NULL, NULL, NULL), 1);
    const char *keys[] = {"s", "a", "r", "n", "m", "keep"};
    for (size_t i = 0; i < 6; i++) cr_expect_eq(left(d, keys[i]), 1000, "%s", keys[i]);
    cr_expect_eq(left(d, "own"), 7);
    cr_expect_eq(ferrite_persist(d, KEY("a"), NULL), 1);
    cr_assert_eq(ferrite_append(d, KEY("a"), "v", 1, NULL), 2);
    cr_assert_eq(ferrite_set_with(d, KEY("a"), "v", 1, &keep, NULL, NULL, NULL), 1);
    cr_expect_eq(left(d, "a"), -1, "changing a value keeps what its key has");
    now_ms += 400;
    cr_assert_eq(ferrite_incr(d, KEY("n"), &number, NULL), 0);
    cr_assert_eq(ferrite_set(d, KEY("s"), "v", 1, NULL), 0);
    cr_expect_eq(left(d, "n"), 600);
    cr_expect_eq(left(d, "s"), 1000);
    api_expect_sound(d);
    ferrite_close(d);
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.default_ttl_ms = -1;
    cr_expect_null(ferrite_open_with(NULL, &options, NULL));
}

/* ---- in a file ---- */

static struct bed bed;

static void begin_file(void) {
    now_ms = START;
    bed = bed_make();
    db = open_with(bed.path, 0);
}

static void end_file(void) {
    end();
    bed_remove(&bed);
}

TestSuite(expire_file, .init = begin_file, .fini = end_file);

Test(expire_file, space_of_expired_keys_is_used_again) {
    ferrite_stats stats;
    uint64_t pages = 0;
    for (int round = 0; round < 40; round++) {
        put_many(round * 2000, round * 2000 + 2000, 90);
        now_ms += 100;
        cr_assert_eq(ferrite_checkpoint(db, NULL), 0);
        stats = api_stats(db);
        if (round == 9) pages = stats.page_count;
    }
    cr_expect_lt(stats.keys, 6000);
    cr_expect_leq(stats.page_count, pages + pages / 4, "%d then %d", (int)pages,
                  (int)stats.page_count);
}

/* The program ends without closing: what was committed is in the log only. */
static void child_writes(void) {
    put("a", 100);
    put("b", 100);
    put("gone", 100);
    cr_assert_eq(ferrite_persist(db, KEY("b"), NULL), 0 + 1);
    cr_assert_eq(ferrite_expire(db, KEY("a"), 5, NULL), 1);
    ferrite_db *tx = ferrite_begin(db, NULL);
    cr_assert_eq(ferrite_rename(tx, KEY("a"), KEY("c"), NULL), 0);
    cr_assert_eq(ferrite_pexpire(tx, KEY("c"), 4000, NULL), 1);
    cr_assert_eq(ferrite_pexpire(tx, KEY("gone"), -1, NULL), 1);
    cr_assert_eq(ferrite_commit(tx, NULL), 0);
    ferrite_close(tx);
}

Test(expire_file, expiries_come_back_from_the_log) {
    char copy[128];
    child_writes();
    bed_path(&bed, "copy.ferrite", copy);
    bed_copy(&bed, copy);
    ferrite_db *again = open_with(copy, 0);
    cr_expect_eq(left(again, "c"), 4000);
    cr_expect_eq(left(again, "b"), -1);
    cr_expect_eq(left(again, "a"), -2);
    cr_expect_eq(left(again, "gone"), -2);
    api_expect_sound(again);
    ferrite_close(again);
}
