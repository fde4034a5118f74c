/*
 * api_cache_test.c - the hot cache as ferrite.h shows it: whatever writes, the next read sees it.
 *
 * Each test makes the cache come into being (`warm`) and reads the key that it changes before and after.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libferrite/os/mem.h"
#include "support/api.h"
#include "support/clock.h"
#include "support/sim_os.h"

static ferrite_db *db;
static ferrite_error *err;

static ferrite_options options_of(uint64_t cache_size) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.clock_ms = clock_now;
    options.cache_size = cache_size;
    return options;
}

/* Reads until there is a cache. */
static void warm(ferrite_db *of) {
    api_set(of, "warm", "warm");
    for (int i = 0; i < 200; i++) api_expect(of, "warm", "warm");
}

static void setup(void) {
    ferrite_options options = options_of(1 << 20);
    db = api_open_with(NULL, &options);
    warm(db);
}
static void teardown(void) {
    api_expect_sound(db);
    ferrite_close(db);
}
TestSuite(api_cache, .init = setup, .fini = teardown);

/* Reads the key twice, the second time from the cache. */
static void expect_cached(const char *key, const char *value) {
    api_expect(db, key, value);
    uint64_t hits = api_stats(db).cache_hits;
    api_expect(db, key, value);
    cr_expect_eq(api_stats(db).cache_hits, hits + 1, "%s was not in the cache", key);
}

static void cached(const char *key, const char *value) {
    api_set(db, key, value);
    expect_cached(key, value);
}

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
    cached("k", "one");
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
    cached("k", "10");
    cr_expect_eq(ferrite_incrby(db, S("k"), 5, NULL, &err), 0);
    expect_cached("k", "15");
    cr_expect_eq(ferrite_incrbyfloat(db, S("k"), 0.5, NULL, &err), 0);
    expect_cached("k", "15.5");
    cr_expect_eq(ferrite_append(db, S("k"), S("x"), &err), 5);
    expect_cached("k", "15.5x");
    cr_expect_eq(ferrite_setrange(db, S("k"), 0, S("99"), &err), 5);
    expect_cached("k", "99.5x");
    cr_expect_eq(ferrite_set_with(db, S("k"), S("xx"), &xx, &old, NULL, &err), 1);
    expect_cached("k", "xx");
    api_expect_text(ferrite_getset(db, S("k"), S("getset"), &len, &err), &len, "xx");
    expect_cached("k", "getset");
    cr_expect_eq(ferrite_mset(db, pairs, 4, &err), 0);
    expect_cached("k", "mset");
    cr_expect_eq(ferrite_setex(db, S("k"), 100, S("setex"), &err), 0);
    expect_cached("k", "setex");
    api_expect_text(ferrite_getdel(db, S("k"), &len, &err), &len, "setex");
    api_expect(db, "k", NULL);
    cr_expect_eq(ferrite_setnx(db, S("k"), S("setnx"), &err), 1);
    expect_cached("k", "setnx");
}

Test(api_cache, keys_that_go_or_move_are_seen) {
    cached("a", "1");
    cr_expect_eq(ferrite_del(db, S("a"), &err), 1);
    api_expect(db, "a", NULL);
    cr_expect_eq(ferrite_exists(db, S("a"), &err), 0);
    cached("a", "2");
    cached("b", "3");
    cr_expect_eq(ferrite_rename(db, S("a"), S("b"), &err), 0);
    api_expect(db, "a", NULL);
    expect_cached("b", "2");
    cached("c", "4");
    cr_expect_eq(ferrite_copy(db, S("b"), S("c"), -1, 1, &err), 1);
    expect_cached("c", "2");
    expect_cached("b", "2");
    ferrite_db *one = ferrite_select(db, 1, &err);
    api_expect(one, "b", NULL);
    cr_expect_eq(ferrite_move(db, S("b"), 1, &err), 1);
    api_expect(db, "b", NULL);
    api_expect(one, "b", "2");
    ferrite_close(one);
}

Test(api_cache, a_string_that_becomes_another_type_is_seen) {
    const ferrite_slice member = SLICE("m");
    cached("k", "string");
    cr_expect_eq(ferrite_del(db, S("k"), &err), 1);
    cr_expect_eq(ferrite_sadd_many(db, S("k"), &member, 1, &err), 1);
    cr_expect_null(ferrite_get(db, S("k"), NULL, &err));
    api_expect_error(&err, FERRITE_WRONGTYPE, NULL);
    cr_expect_eq(ferrite_strlen(db, S("k"), &err), -1);
    api_expect_error(&err, FERRITE_WRONGTYPE, NULL);
    api_set(db, "k", "again");
    expect_cached("k", "again");
    const char *const words[] = {"SUNIONSTORE", "k", "absent"};
    ferrite_free(ferrite_command(db, 3, words, NULL, &err));
    api_expect(db, "k", NULL);
}

Test(api_cache, whole_databases_are_seen_to_go_and_change_places) {
    ferrite_db *one = ferrite_select(db, 1, &err);
    cached("k", "zero");
    api_set(one, "k", "one");
    api_expect(one, "k", "one");
    cr_expect_eq(ferrite_swapdb(db, 0, 1, &err), 0);
    expect_cached("k", "one");
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
    cached("k", "v");
    cr_expect_eq(ferrite_pexpireat(db, S("k"), now_ms + 100, &err), 1);
    expect_cached("k", "v");
    now_ms += 100;
    expect_cached("k", "v");
    now_ms += 1;
    api_expect(db, "k", NULL);
    cr_expect_eq(ferrite_exists(db, S("k"), &err), 0);
    cr_expect_eq(ferrite_setex(db, S("l"), 10, S("v"), &err), 0);
    expect_cached("l", "v");
    cr_expect_eq(ferrite_persist(db, S("l"), &err), 1);
    expect_cached("l", "v");
    now_ms += 20000;
    expect_cached("l", "v");
    cr_expect_eq(ferrite_pexpireat(db, S("l"), now_ms - 1, &err), 1);
    api_expect(db, "l", NULL);
}

Test(api_cache, a_transaction_is_seen_at_its_commit_and_never_before) {
    cached("a", "1");
    cached("b", "1");
    ferrite_db *tx = ferrite_begin(db, &err);
    api_set(tx, "a", "2");
    api_set(tx, "b", "2");
    api_expect(tx, "a", "2");
    expect_cached("a", "1");
    ferrite_db *snapshot = ferrite_snapshot(db, &err);
    cr_expect_eq(ferrite_commit(tx, &err), 0);
    ferrite_close(tx);
    expect_cached("a", "2");
    expect_cached("b", "2");
    api_expect(snapshot, "a", "1");
    ferrite_close(snapshot);
}

Test(api_cache, what_is_rolled_back_changes_nothing) {
    cached("a", "1");
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
    cached("a", "1");
    cached("b", "1");
    ferrite_db *batch = ferrite_batch(db, &err);
    cr_expect_eq(ferrite_set(batch, S("a"), S("2"), &err), 0);
    cr_expect_eq(ferrite_del(batch, S("b"), &err), 0);
    expect_cached("a", "1");
    cr_expect_eq(ferrite_commit(batch, &err), 0);
    ferrite_close(batch);
    expect_cached("a", "2");
    api_expect(db, "b", NULL);
}

Test(api_cache, a_transaction_of_very_many_keys_is_seen) {
    char key[32];
    cached("k50000", "old");
    cached("untouched", "value");
    ferrite_db *tx = ferrite_begin(db, &err);
    for (int i = 0; i < 70000; i++) {
        int len = snprintf(key, sizeof key, "k%d", i);
        cr_assert_eq(ferrite_set(tx, key, (size_t)len, S("new"), &err), 0);
    }
    cr_expect_eq(ferrite_commit(tx, &err), 0);
    ferrite_close(tx);
    expect_cached("k50000", "new");
    expect_cached("untouched", "value");
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
    cached("k", "short");
    api_set(db, "k", value);
    api_expect(db, "k", value);
    free(value);
    free(key);
}

Test(api_cache, its_budget_can_be_changed) {
    const ferrite_slice off[] = {SLICE("cache-size"), SLICE("off")};
    const ferrite_slice on[] = {SLICE("cache-size"), SLICE("64kb")};
    cached("k", "v");
    cr_expect_eq(ferrite_config_set(db, off, 2, &err), 0);
    cr_expect_eq(api_stats(db).cache_entries, 0);
    for (int i = 0; i < 100; i++) api_expect(db, "k", "v");
    cr_expect_eq(api_stats(db).cache_entries, 0);
    cr_expect_eq(ferrite_config_set(db, on, 2, &err), 0);
    expect_cached("k", "v");
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

/* ---- with databases of their own ---- */

Test(hot_cache, without_reads_there_is_none_and_off_means_off) {
    ferrite_options options = options_of(0);
    db = api_open_with(NULL, &options);
    for (int i = 0; i < 1000; i++) api_set(db, "k", "v");
    for (int i = 0; i < 32; i++) api_expect(db, "k", "v");
    cr_expect_eq(api_stats(db).cache_bytes, 0);
    ferrite_close(db);
    options.cache_size = FERRITE_CACHE_OFF;
    db = api_open_with(NULL, &options);
    warm(db);
    cr_expect_eq(api_stats(db).cache_bytes, 0);
    cr_expect_eq(api_stats(db).cache_hits, 0);
    cr_expect_eq(api_stats(db).keyspace_hits, 200);
    ferrite_close(db);
}

/* Reads more than any cache here could hold, and tells what it takes. */
static uint64_t bytes_grown_to(ferrite_db *of) {
    char key[24], value[1000];
    memset(value, 'v', sizeof value);
    for (int i = 0; i < 4000; i++) {
        snprintf(key, sizeof key, "key:%d", i);
        cr_assert_eq(ferrite_set(of, S(key), value, sizeof value, &err), 0);
        ferrite_free(ferrite_get(of, S(key), NULL, &err));
    }
    return api_stats(of).cache_bytes;
}

Test(hot_cache, in_memory_it_leaves_nearly_all_of_max_memory_to_data) {
    const uint64_t bound = 8u << 20;
    ferrite_options options = options_of(0);
    options.max_memory = bound;
    options.eviction = FERRITE_EVICT_ALL_RANDOM;
    ferrite_db *memory = ferrite_open_with(NULL, &options, &err);
    const uint64_t bytes = bytes_grown_to(memory);
    cr_expect(bytes > bound / 32 && bytes <= bound / 16, "%llu", (unsigned long long)bytes);
    ferrite_close(memory);
}

Test(hot_cache, comes_into_being_in_the_middle_of_a_transaction) {
    ferrite_options options = options_of(0);
    db = api_open_with(NULL, &options);
    api_set(db, "a", "1");
    ferrite_db *tx = ferrite_begin(db, &err);
    api_set(tx, "a", "2");
    for (int i = 0; i < 200; i++) api_expect(db, "a", "1");
    cr_expect_gt(api_stats(db).cache_hits, 0);
    cr_expect_eq(ferrite_commit(tx, &err), 0);
    ferrite_close(tx);
    api_expect(db, "a", "2");
    ferrite_close(db);
}

Test(hot_cache, a_default_expiry_holds_for_cached_values) {
    ferrite_options options = options_of(1 << 20);
    options.default_ttl_ms = 1000;
    db = api_open_with(NULL, &options);
    warm(db);
    cached("k", "v");
    api_set(db, "k", "w");
    api_expect(db, "k", "w");
    now_ms += 1001;
    api_expect(db, "k", NULL);
    ferrite_close(db);
}

static void file_writes(ferrite_sync_mode mode) {
    struct bed bed = bed_make();
    ferrite_options options = options_of(1 << 20);
    options.sync_mode = mode;
    options.no_threads = 1;
    db = api_open_with(bed.path, &options);
    api_set(db, "a", "0"); /* in a durable mode the lone first commit, by a checkpoint */
    ferrite_close(db);
    db = api_open_with(bed.path, &options);
    for (int i = 0; i < 200; i++) api_expect(db, "a", "0");
    cr_expect_gt(api_stats(db).cache_hits, 0);
    for (int i = 1; i < 20; i++) {
        char value[16];
        snprintf(value, sizeof value, "%d", i);
        api_set(db, "a", value);
        expect_cached("a", value);
        if (i % 5 == 0) cr_expect_eq(ferrite_checkpoint(db, &err), 0);
    }
    api_expect_sound(db);
    ferrite_close(db);
    bed_remove(&bed);
}

Test(hot_cache, every_sync_mode_tells_it_of_commits) {
    for (ferrite_sync_mode mode = FERRITE_SYNC_NORMAL; mode <= FERRITE_SYNC_FULL; mode++)
        file_writes(mode);
}

/* The commit is refused, and so is every later one; what is read stays what it was. */
Test(hot_cache, after_a_failed_sync_the_last_durable_values_are_read) {
    struct bed bed = bed_make();
    struct sim *sim = sim_new();
    os_set_default(sim_os(sim));
    ferrite_options options = options_of(1 << 20);
    options.no_threads = 1;
    db = api_open_with(bed.path, &options);
    api_set(db, "a", "1");
    api_set(db, "b", "1");
    warm(db);
    cached("a", "1");
    const struct sim_fault fault = {
        .calls = SIM_DATASYNC, .nth = 1, .errnum = 5, .from_then_on = true};
    sim_fault_set(sim, &fault);
    cr_expect_eq(ferrite_set(db, S("a"), S("2"), &err), -1);
    api_expect_error(&err, FERRITE_IO, NULL);
    sim_fault_set(sim, NULL);
    for (int i = 0; i < 100; i++) {
        api_expect(db, "a", "1");
        api_expect(db, "b", "1");
    }
    ferrite_close(db);
    os_set_default(os_posix());
    sim_free(sim);
    bed_remove(&bed);
}

static int refuse_all(size_t size) {
    (void)size;
    return 1;
}

/* A read whose copy cannot be made says so; without memory for notes every entry is given up. */
Test(hot_cache, without_memory_it_is_only_slower) {
    ferrite_options options = options_of(1 << 20);
    db = api_open_with(NULL, &options);
    warm(db);
    cached("k", "v");
    mem_fail_hook = refuse_all;
    cr_expect_null(ferrite_get(db, S("k"), NULL, &err));
    mem_fail_hook = NULL;
    api_expect_error(&err, FERRITE_NOMEM, NULL);
    expect_cached("k", "v");
    ferrite_close(db);
}

/* No address space, no random numbers: no cache, and nothing else is different. */
Test(hot_cache, without_address_space_there_is_none) {
    static const uint32_t calls[] = {SIM_RESERVE, SIM_RANDOM};
    for (size_t i = 0; i < 2; i++) {
        struct sim *sim = sim_new();
        os_set_default(sim_os(sim));
        ferrite_options options = options_of(1 << 20);
        db = api_open_with(NULL, &options);
        api_set(db, "k", "v");
        const struct sim_fault fault = {calls[i], 1, 12, true};
        sim_fault_set(sim, &fault);
        for (int read = 0; read < 300; read++) api_expect(db, "k", "v");
        cr_expect_gt(sim_faults_made(sim), 0);
        cr_expect_leq(sim_faults_made(sim), 12, "it is not tried again and again");
        sim_fault_set(sim, NULL);
        cr_expect_eq(api_stats(db).cache_bytes, 0);
        ferrite_close(db);
        os_set_default(os_posix());
        sim_free(sim);
    }
}
