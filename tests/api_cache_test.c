/*
 * api_cache_test.c - the hot cache as ferrite.h shows it: whatever writes, the next read sees it.
 *
 * Each test makes the cache come into being (`warm_reads`) and reads the key that it changes before and after.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"
#include "support/clock.h"
#include "support/warm.h"

static ferrite_db *db;
static ferrite_error *err;

static void setup(void) {
    ferrite_options options = warm_options(1 << 20);
    db = api_open_with(NULL, &options);
    warm_reads(db);
}
static void teardown(void) {
    api_expect_sound(db);
    ferrite_close(db);
}
TestSuite(api_cache, .init = setup, .fini = teardown);

Test(api_cache, a_second_read_is_a_hit) {
    ferrite_stats before = api_stats(db);
    api_set(db, "k", "v");
    cr_expect_eq(api_stats(db).cache_entries, before.cache_entries, "a SET alone fills nothing");
    api_expect(db, "k", "v");
    cr_expect_eq(api_stats(db).cache_entries, before.cache_entries + 1);
    api_expect(db, "k", "v");
    api_expect(db, "absent", NULL);
    cr_expect_eq(ferrite_exists(db, S("k"), &err), 1);
    cr_expect_eq(ferrite_strlen(db, S("k"), &err), 1);
    ferrite_stats after = api_stats(db);
    cr_expect_eq(after.cache_hits - before.cache_hits, 3);
    cr_expect_eq(after.cache_misses - before.cache_misses, 2);
    cr_expect_eq(after.keyspace_hits - before.keyspace_hits, 4);
    cr_expect_eq(after.keyspace_misses - before.keyspace_misses, 1);
    cr_expect_leq(after.cache_bytes, 1u << 20);
}

/* After a long run of misses a key is looked for when its value is put in: see CACHE_RUN. */
Test(api_cache, a_hit_after_many_misses_counts_and_ends_them) {
    char key[16];
    warm_set(db, "k", "v");
    ferrite_stats before = api_stats(db);
    for (int i = 0; i < 300; i++) {
        snprintf(key, sizeof key, "absent%d", i);
        api_expect(db, key, NULL);
    }
    for (int i = 0; i < 3; i++) api_expect(db, "k", "v");
    cr_expect_eq(ferrite_strlen(db, S("k"), &err), 1);
    ferrite_stats after = api_stats(db);
    cr_expect_eq(after.cache_hits - before.cache_hits, 4);
    cr_expect_eq(after.cache_misses - before.cache_misses, 300);
    cr_expect_eq(after.keyspace_hits - before.keyspace_hits, 4);
    cr_expect_eq(after.cache_entries, before.cache_entries);
}

Test(api_cache, what_is_read_after_many_misses_is_there_next_time) {
    char key[16];
    for (int i = 0; i < 300; i++) {
        snprintf(key, sizeof key, "key%d", i);
        api_set(db, key, key);
    }
    ferrite_stats before = api_stats(db);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < 300; i++) {
            snprintf(key, sizeof key, "key%d", i);
            api_expect(db, key, key);
        }
    ferrite_stats after = api_stats(db);
    cr_expect_eq(after.cache_misses - before.cache_misses, 300);
    cr_expect_eq(after.cache_hits - before.cache_hits, 300);
}

Test(api_cache, info_tells_of_it) {
    const char *const words[] = {"INFO"};
    char line[64];
    ferrite_reply *reply = ferrite_command(db, 1, words, NULL, &err);
    cr_assert_not_null(reply);
    ferrite_stats stats = api_stats(db);
    snprintf(line, sizeof line, "\ncache_entries:%d\r", (int)stats.cache_entries);
    cr_expect_not_null(strstr(reply->str, line));
    snprintf(line, sizeof line, "\ncache_hits:%d\r", (int)stats.cache_hits);
    cr_expect_not_null(strstr(reply->str, line));
    ferrite_free(reply);
}

Test(api_cache, set_renews_what_was_cached) {
    warm_set(db, "k", "one");
    for (int i = 0; i < 50; i++) {
        char value[16];
        snprintf(value, sizeof value, "%d", i * 37);
        uint64_t hits = api_stats(db).cache_hits;
        api_set(db, "k", value);
        api_expect(db, "k", value);
        cr_expect_eq(api_stats(db).cache_hits, hits + 1);
    }
}

Test(api_cache, every_way_of_writing_a_string_is_seen) {
    char *old = NULL;
    size_t len;
    const ferrite_slice pairs[] = {SLICE("k"), SLICE("mset"), SLICE("l"), SLICE("other")};
    ferrite_set_options xx = FERRITE_SET_OPTIONS_INIT;
    warm_set(db, "k", "10");
    cr_expect_eq(ferrite_incrby(db, S("k"), 5, NULL, &err), 0);
    warm_expect(db, "k", "15");
    cr_expect_eq(ferrite_incrbyfloat(db, S("k"), 0.5, NULL, &err), 0);
    warm_expect(db, "k", "15.5");
    cr_expect_eq(ferrite_append(db, S("k"), S("x"), &err), 5);
    warm_expect(db, "k", "15.5x");
    cr_expect_eq(ferrite_setrange(db, S("k"), 0, S("99"), &err), 5);
    warm_expect(db, "k", "99.5x");
    cr_expect_eq(ferrite_set_with(db, S("k"), S("xx"), &xx, &old, NULL, &err), 1);
    warm_expect(db, "k", "xx");
    api_expect_text(ferrite_getset(db, S("k"), S("getset"), &len, &err), &len, "xx");
    warm_expect(db, "k", "getset");
    cr_expect_eq(ferrite_mset(db, pairs, 4, &err), 0);
    warm_expect(db, "k", "mset");
    cr_expect_eq(ferrite_setex(db, S("k"), 100, S("setex"), &err), 0);
    warm_expect(db, "k", "setex");
    api_expect_text(ferrite_getdel(db, S("k"), &len, &err), &len, "setex");
    api_expect(db, "k", NULL);
    cr_expect_eq(ferrite_setnx(db, S("k"), S("setnx"), &err), 1);
    warm_expect(db, "k", "setnx");
}

Test(api_cache, keys_that_go_or_move_are_seen) {
    warm_set(db, "a", "1");
    cr_expect_eq(ferrite_del(db, S("a"), &err), 1);
    api_expect(db, "a", NULL);
    cr_expect_eq(ferrite_exists(db, S("a"), &err), 0);
    warm_set(db, "a", "2");
    warm_set(db, "b", "3");
    cr_expect_eq(ferrite_rename(db, S("a"), S("b"), &err), 0);
    api_expect(db, "a", NULL);
    warm_expect(db, "b", "2");
    warm_set(db, "c", "4");
    cr_expect_eq(ferrite_copy(db, S("b"), S("c"), -1, 1, &err), 1);
    warm_expect(db, "c", "2");
    warm_expect(db, "b", "2");
    ferrite_db *one = ferrite_select(db, 1, &err);
    api_expect(one, "b", NULL);
    cr_expect_eq(ferrite_move(db, S("b"), 1, &err), 1);
    api_expect(db, "b", NULL);
    api_expect(one, "b", "2");
    ferrite_close(one);
}

Test(api_cache, a_string_that_becomes_another_type_is_seen) {
    const ferrite_slice member = SLICE("m");
    warm_set(db, "k", "string");
    cr_expect_eq(ferrite_del(db, S("k"), &err), 1);
    cr_expect_eq(ferrite_sadd_many(db, S("k"), &member, 1, &err), 1);
    cr_expect_null(ferrite_get(db, S("k"), NULL, &err));
    api_expect_error(&err, FERRITE_WRONGTYPE, NULL);
    cr_expect_eq(ferrite_strlen(db, S("k"), &err), -1);
    api_expect_error(&err, FERRITE_WRONGTYPE, NULL);
    api_set(db, "k", "again");
    warm_expect(db, "k", "again");
    const char *const words[] = {"SUNIONSTORE", "k", "absent"};
    ferrite_free(ferrite_command(db, 3, words, NULL, &err));
    api_expect(db, "k", NULL);
}

Test(api_cache, whole_databases_are_seen_to_go_and_change_places) {
    ferrite_db *one = ferrite_select(db, 1, &err);
    warm_set(db, "k", "zero");
    api_set(one, "k", "one");
    api_expect(one, "k", "one");
    cr_expect_eq(ferrite_swapdb(db, 0, 1, &err), 0);
    warm_expect(db, "k", "one");
    api_expect(one, "k", "zero");
    cr_expect_eq(ferrite_flushdb(db, &err), 0);
    api_expect(db, "k", NULL);
    api_expect(one, "k", "zero");
    cr_expect_eq(ferrite_flushall(one, &err), 0);
    api_expect(one, "k", NULL);
    cr_expect_eq(api_stats(db).cache_entries, 0);
    ferrite_close(one);
}

Test(api_cache, expiry_is_judged_at_each_read) {
    warm_set(db, "k", "v");
    cr_expect_eq(ferrite_pexpireat(db, S("k"), now_ms + 100, &err), 1);
    warm_expect(db, "k", "v");
    now_ms += 100;
    warm_expect(db, "k", "v");
    now_ms += 1;
    api_expect(db, "k", NULL);
    cr_expect_eq(ferrite_exists(db, S("k"), &err), 0);
    cr_expect_eq(ferrite_setex(db, S("l"), 10, S("v"), &err), 0);
    warm_expect(db, "l", "v");
    cr_expect_eq(ferrite_persist(db, S("l"), &err), 1);
    warm_expect(db, "l", "v");
    now_ms += 20000;
    warm_expect(db, "l", "v");
    cr_expect_eq(ferrite_pexpireat(db, S("l"), now_ms - 1, &err), 1);
    api_expect(db, "l", NULL);
}

Test(api_cache, a_transaction_is_seen_at_its_commit_and_never_before) {
    warm_set(db, "a", "1");
    warm_set(db, "b", "1");
    ferrite_db *tx = ferrite_begin(db, &err);
    api_set(tx, "a", "2");
    api_set(tx, "b", "2");
    api_expect(tx, "a", "2");
    warm_expect(db, "a", "1");
    ferrite_db *snapshot = ferrite_snapshot(db, &err);
    cr_expect_eq(ferrite_commit(tx, &err), 0);
    ferrite_close(tx);
    warm_expect(db, "a", "2");
    warm_expect(db, "b", "2");
    api_expect(snapshot, "a", "1");
    ferrite_close(snapshot);
}

Test(api_cache, what_is_rolled_back_changes_nothing) {
    warm_set(db, "a", "1");
    ferrite_db *tx = ferrite_begin(db, &err);
    api_set(tx, "a", "2");
    cr_expect_eq(ferrite_flushall(tx, &err), 0);
    cr_expect_eq(ferrite_rollback(tx, &err), 0);
    ferrite_close(tx);
    uint64_t hits = api_stats(db).cache_hits;
    api_expect(db, "a", "1");
    cr_expect_eq(api_stats(db).cache_hits, hits + 1);
    api_set(db, "b", "3"); /* the next transaction knows nothing of the last one's keys */
    api_expect(db, "a", "1");
    cr_expect_eq(api_stats(db).cache_hits, hits + 2);
}

Test(api_cache, a_batch_is_seen) {
    warm_set(db, "a", "1");
    warm_set(db, "b", "1");
    ferrite_db *batch = ferrite_batch(db, &err);
    cr_expect_eq(ferrite_set(batch, S("a"), S("2"), &err), 0);
    cr_expect_eq(ferrite_del(batch, S("b"), &err), 0);
    warm_expect(db, "a", "1");
    cr_expect_eq(ferrite_commit(batch, &err), 0);
    ferrite_close(batch);
    warm_expect(db, "a", "2");
    api_expect(db, "b", NULL);
}

Test(api_cache, a_transaction_of_very_many_keys_is_seen) {
    char key[32];
    warm_set(db, "k50000", "old");
    warm_set(db, "untouched", "value");
    ferrite_db *tx = ferrite_begin(db, &err);
    for (int i = 0; i < 70000; i++) {
        int len = snprintf(key, sizeof key, "k%d", i);
        cr_assert_eq(ferrite_set(tx, key, (size_t)len, S("new"), &err), 0);
    }
    cr_expect_eq(ferrite_commit(tx, &err), 0);
    ferrite_close(tx);
    warm_expect(db, "k50000", "new");
    warm_expect(db, "untouched", "value");
}

Test(api_cache, long_keys_and_values_are_read_from_the_tree) {
    char *value = calloc(1, 100001), *key = calloc(1, 601);
    memset(value, 'v', 100000);
    memset(key, 'k', 600);
    for (int i = 0; i < 3; i++) {
        api_set(db, "k", value);
        api_expect(db, "k", value);
        api_set(db, key, "value");
        api_expect(db, key, "value");
    }
    cr_expect_eq(ferrite_strlen(db, S("k"), &err), 100000);
    warm_set(db, "k", "short");
    api_set(db, "k", value);
    api_expect(db, "k", value);
    free(value);
    free(key);
}

Test(api_cache, its_budget_can_be_changed) {
    const ferrite_slice off[] = {SLICE("cache-size"), SLICE("off")};
    const ferrite_slice on[] = {SLICE("cache-size"), SLICE("64kb")};
    warm_set(db, "k", "v");
    cr_expect_eq(ferrite_config_set(db, off, 2, &err), 0);
    cr_expect_eq(api_stats(db).cache_entries, 0);
    for (int i = 0; i < 100; i++) api_expect(db, "k", "v");
    cr_expect_eq(api_stats(db).cache_entries, 0);
    cr_expect_eq(ferrite_config_set(db, on, 2, &err), 0);
    warm_expect(db, "k", "v");
    char key[32];
    for (int i = 0; i < 20000; i++) {
        snprintf(key, sizeof key, "key:%d", i);
        api_set(db, key, "a value");
        api_expect(db, key, "a value");
    }
    ferrite_stats stats = api_stats(db);
    cr_expect_leq(stats.cache_bytes, 64u << 10);
    cr_expect_gt(stats.cache_entries, 100);
}
