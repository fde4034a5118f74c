/*
 * api_bounds_test.c - max_memory, max_size, max_keys, max_value_size and the eight policies, through
 * ferrite.h: that bounds hold after each commit, who goes, who is refused, and who is told.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"
#include "support/clock.h"

static ferrite_error *err;

static ferrite_options options_of(ferrite_eviction eviction) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.eviction = eviction;
    options.clock_ms = clock_now;
    options.cache_size = FERRITE_CACHE_OFF;
    options.sync_mode = FERRITE_SYNC_NONE;
    return options;
}

static int set_number(ferrite_db *db, unsigned number, size_t len, int64_t seconds) {
    char key[32], value[4096];
    int key_len = snprintf(key, sizeof key, "key:%06u", number);
    memset(value, 'v', len);
    if (seconds > 0) return ferrite_setex(db, key, (size_t)key_len, seconds, value, len, &err);
    return ferrite_set(db, key, (size_t)key_len, value, len, &err);
}

static int has_number(ferrite_db *db, unsigned number) {
    char key[32];
    int key_len = snprintf(key, sizeof key, "key:%06u", number);
    return ferrite_exists(db, key, (size_t)key_len, NULL);
}

static void get_number(ferrite_db *db, unsigned number) {
    char key[32];
    int key_len = snprintf(key, sizeof key, "key:%06u", number);
    ferrite_free(ferrite_get(db, key, (size_t)key_len, NULL, NULL));
}

static void expect_oom(int result) {
    cr_assert_eq(result, -1);
    api_expect_error(&err, FERRITE_FULL, "OOM command not allowed when used memory > 'maxmemory'.");
}

/* ---- bounds that hold ---- */

static void churn_within(const char *path, ferrite_eviction eviction, uint64_t bound) {
    ferrite_options options = options_of(eviction);
    if (path != NULL)
        options.max_size = bound;
    else
        options.max_memory = bound;
    ferrite_db *db = api_open_with(path, &options);
    const bool expire = eviction >= FERRITE_EVICT_VOLATILE_LRU;
    for (unsigned i = 0; i < 30000; i++) {
        cr_assert_eq(set_number(db, i * 7919u % 100000u, 50 + i % 200, expire ? 1000 + i % 77 : 0), 0,
                     "%s", ferrite_error_message(err));
        if (i % 97 != 0) continue;
        ferrite_stats stats = api_stats(db);
        cr_assert_leq(path != NULL ? stats.used_bytes : stats.memory_bytes, bound + 8192);
        if (path != NULL)
            cr_assert_leq(stats.file_bytes, bound + bound / 4 + (1u << 20), "policy %d: %llu", (int)eviction,
                          (unsigned long long)stats.file_bytes);
    }
    ferrite_stats stats = api_stats(db);
    cr_expect_gt(stats.evicted_keys, 20000);
    cr_expect_eq(stats.evicted_keys + stats.keys, 30000);
    cr_expect_gt(path != NULL ? stats.used_bytes : stats.memory_bytes, bound * 9 / 10);
    api_expect_sound(db);
    ferrite_close(db);
}

Test(api_bounds, each_policy_keeps_a_database_in_memory_within_max_memory) {
    for (int policy = FERRITE_EVICT_ALL_LRU; policy <= FERRITE_EVICT_VOLATILE_TTL; policy++)
        churn_within(NULL, (ferrite_eviction)policy, 1u << 20);
}

Test(api_bounds, each_policy_keeps_data_and_file_within_max_size) {
    for (int policy = FERRITE_EVICT_ALL_LRU; policy <= FERRITE_EVICT_VOLATILE_TTL; policy++) {
        struct bed bed = bed_make();
        churn_within(bed.path, (ferrite_eviction)policy, 1u << 20);
        bed_remove(&bed);
    }
}

Test(api_bounds, without_a_policy_what_adds_is_refused_and_the_rest_works) {
    ferrite_options options = options_of(FERRITE_EVICT_NONE);
    options.max_memory = 512 << 10;
    ferrite_db *db = api_open_with(NULL, &options);
    unsigned count = 0;
    while (set_number(db, count, 1000, 0) == 0) count++;
    expect_oom(-1);
    cr_expect_gt(count, 300);
    cr_expect_leq(api_stats(db).used_bytes, options.max_memory);
    cr_expect_eq(api_dbsize(db), count);
    cr_expect_eq(has_number(db, count - 1), 1);
    cr_expect_eq(set_number(db, 5, 1000, 0), 0, "overwriting adds nothing");
    for (unsigned i = 0; i < 10; i++) cr_expect_eq(ferrite_del(db, S("key:000001"), &err), i == 0);
    for (unsigned i = 10; i < 20; i++) {
        char key[32];
        snprintf(key, sizeof key, "key:%06u", i);
        cr_expect_eq(ferrite_del(db, key, 10, &err), 1);
    }
    cr_expect_eq(set_number(db, 10, 1000, 0), 0);
    api_expect_sound(db);
    ferrite_close(db);
}

static int expire_all(ferrite_db *tx, void *ctx, ferrite_error **error) {
    char key[32];
    for (unsigned i = 0; i < *(unsigned *)ctx; i++) {
        int key_len = snprintf(key, sizeof key, "key:%06u", i);
        if (ferrite_expire(tx, key, (size_t)key_len, 1000 + i, error) != 1) return -1;
    }
    return 0;
}

static int expire_and_add(ferrite_db *tx, void *ctx, ferrite_error **error) {
    return expire_all(tx, ctx, error) == 0 ? ferrite_set(tx, S("one more"), S("1"), error) : -1;
}

/* As of each of its operations alone: moments of expiry take pages, and EXPIRE is never refused. */
Test(api_bounds, a_transaction_that_adds_nothing_is_never_refused) {
    ferrite_options options = options_of(FERRITE_EVICT_NONE);
    options.max_memory = 1 << 20;
    ferrite_db *db = api_open_with(NULL, &options);
    unsigned count = 0;
    while (set_number(db, count, 100, 0) == 0) count++;
    expect_oom(-1);
    expect_oom(ferrite_transaction(db, expire_and_add, &count, &err));
    cr_assert_eq(ferrite_transaction(db, expire_all, &count, &err), 0, "%s",
                 ferrite_error_message(err));
    expect_oom(set_number(db, count, 100, 0));
    ferrite_close(db);
}

/* Small keys until some go, then values that take the place of thousands of them. */
static void large_among_small(ferrite_eviction eviction, uint64_t bound) {
    static char large[100000];
    ferrite_options options = options_of(eviction);
    options.max_memory = bound;
    ferrite_db *db = api_open_with(NULL, &options);
    for (unsigned i = 0; i < 40000 || api_stats(db).evicted_keys == 0; i++)
        cr_assert_eq(set_number(db, i * 7919u % 1000003u, 1, 0), 0);
    for (unsigned i = 0; i < 40; i++) {
        char key[16];
        int len = snprintf(key, sizeof key, "%u", i % 10);
        cr_assert_eq(ferrite_set(db, key, (size_t)len, large, sizeof large, &err), 0, "policy %d, %u: %s",
                     (int)eviction, i, ferrite_error_message(err));
        cr_expect_leq(api_stats(db).used_bytes, bound + bound / 8, "policy %d, %u", (int)eviction, i);
    }
    api_expect_sound(db);
    ferrite_close(db);
}

Test(api_bounds, large_values_find_room_among_the_smallest_keys) {
    large_among_small(FERRITE_EVICT_ALL_LRU, 2 << 20);
    large_among_small(FERRITE_EVICT_ALL_RANDOM, 2 << 20);
}

/* In a file they need free neighbours too, where all that is free stands apart. */
static void large_among_small_in_file(ferrite_eviction eviction, uint64_t bound) {
    static char large[100000];
    struct bed bed = bed_make();
    ferrite_options options = options_of(eviction);
    options.max_size = bound;
    ferrite_db *db = api_open_with(bed.path, &options);
    for (unsigned i = 0; api_stats(db).evicted_keys == 0; i++)
        cr_assert_eq(set_number(db, i * 7919u % 1000003u, 1, 0), 0);
    unsigned refused = 0;
    for (unsigned i = 0; i < 100; i++) {
        char key[16];
        int len = snprintf(key, sizeof key, "%u", i % 10);
        refused += ferrite_set(db, key, (size_t)len, large, sizeof large, NULL) != 0;
        cr_assert_leq(api_stats(db).file_bytes, bound + bound / 4 + (1u << 20));
    }
    cr_expect_leq(refused, 2);
    api_expect_sound(db);
    ferrite_close(db);
    bed_remove(&bed);
}

Test(api_bounds, large_values_find_room_in_a_file_of_the_smallest_keys) {
    large_among_small_in_file(FERRITE_EVICT_ALL_LRU, 4 << 20);
    large_among_small_in_file(FERRITE_EVICT_ALL_RANDOM, 4 << 20);
}

/* ---- who goes ---- */

static void hot_survive(ferrite_eviction eviction) {
    ferrite_options options = options_of(eviction);
    options.max_keys = 2000;
    ferrite_db *db = api_open_with(NULL, &options);
    const int64_t life = eviction >= FERRITE_EVICT_VOLATILE_LRU ? 10000 : 0;
    for (unsigned i = 0; i < 20000; i++) {
        cr_assert_eq(set_number(db, i, 20, life), 0);
        for (unsigned hot = 0; hot < 5; hot++) get_number(db, (i * 5 + hot) % 200);
    }
    unsigned alive = 0;
    for (unsigned hot = 0; hot < 200; hot++) alive += has_number(db, hot) == 1;
    cr_expect_gt(alive, 195, "policy %d: %u hot keys are left", (int)eviction, alive);
    cr_expect_eq(api_dbsize(db), 2000);
    cr_expect_eq(api_stats(db).evicted_keys, 18000);
    ferrite_close(db);
}

Test(api_bounds, keys_in_use_survive_with_lru_and_lfu) {
    hot_survive(FERRITE_EVICT_ALL_LRU);
    hot_survive(FERRITE_EVICT_ALL_LFU);
    hot_survive(FERRITE_EVICT_VOLATILE_LRU);
    hot_survive(FERRITE_EVICT_VOLATILE_LFU);
}

Test(api_bounds, volatile_policies_never_touch_keys_without_an_expiry_of_their_own) {
    for (int policy = FERRITE_EVICT_VOLATILE_LRU; policy <= FERRITE_EVICT_VOLATILE_TTL; policy++) {
        ferrite_options options = options_of((ferrite_eviction)policy);
        options.max_keys = 100;
        ferrite_db *db = api_open_with(NULL, &options);
        const ferrite_slice field[] = {SLICE("f")};
        int64_t result[1];
        for (unsigned i = 0; i < 40; i++) cr_assert_eq(set_number(db, i, 10, 0), 0);
        cr_assert_eq(ferrite_hset(db, S("hash"), S("f"), S("v"), NULL), 1);
        cr_assert_eq(ferrite_hpexpireat(db, S("hash"), now_ms + 5000, 0, field, 1, result, &err), 0);
        for (unsigned i = 1000; i < 1500; i++) cr_assert_eq(set_number(db, i, 10, 50), 0);
        cr_expect_eq(api_dbsize(db), 100);
        for (unsigned i = 0; i < 40; i++) cr_expect_eq(has_number(db, i), 1);
        cr_expect_eq(ferrite_exists(db, S("hash"), NULL), 1);
        for (unsigned i = 2000; i < 2059; i++) cr_assert_eq(set_number(db, i, 10, 0), 0);
        expect_oom(set_number(db, 3000, 10, 0));
        ferrite_close(db);
    }
}

Test(api_bounds, volatile_ttl_takes_always_the_key_that_would_go_first) {
    ferrite_options options = options_of(FERRITE_EVICT_VOLATILE_TTL);
    options.max_keys = 50;
    ferrite_db *db = api_open_with(NULL, &options), *other = ferrite_select(db, 3, NULL);
    for (unsigned i = 0; i < 25; i++) {
        cr_assert_eq(set_number(db, i, 10, 100 + 2 * i), 0);
        cr_assert_eq(set_number(other, i, 10, 101 + 2 * i), 0);
    }
    for (unsigned i = 0; i < 40; i++) {
        cr_assert_eq(set_number(db, 100 + i, 10, 100000), 0);
        cr_expect_eq(has_number(i % 2 == 0 ? db : other, i / 2), 0);
        if (i + 1 < 50) cr_expect_eq(has_number(i % 2 == 0 ? other : db, (i + 1) / 2), 1);
    }
    ferrite_close(other);
    ferrite_close(db);
}

Test(api_bounds, after_a_restart_those_used_since_survive) {
    struct bed bed = bed_make();
    ferrite_options options = options_of(FERRITE_EVICT_ALL_LRU);
    ferrite_db *db = api_open_with(bed.path, &options);
    for (unsigned i = 0; i < 20000; i++) cr_assert_eq(set_number(db, i, 20, 0), 0);
    ferrite_close(db);
    options.max_keys = 10000;
    db = api_open_with(bed.path, &options);
    for (unsigned i = 50000; i < 50400; i++) cr_assert_eq(set_number(db, i, 20, 0), 0);
    cr_expect_eq(api_dbsize(db), 10000);
    for (unsigned i = 50000; i < 50400; i++) cr_expect_eq(has_number(db, i), 1);
    ferrite_close(db);
    bed_remove(&bed);
}

static unsigned count_numbers(ferrite_db *db, unsigned from, unsigned to) {
    unsigned count = 0;
    for (unsigned i = from; i < to; i++) count += has_number(db, i) == 1;
    return count;
}

static void set_numbers(ferrite_db *db, unsigned count, int64_t life) {
    for (unsigned i = 0; i < count; i++, now_ms += 10) cr_assert_eq(set_number(db, i, 20, life), 0);
}

/* Coarsely, and for as long as few go: without a mark since the restart, keys are told apart by when their leaf was
 * last written, and an eviction writes it, too. By chance a hundred of each half would go. */
static void old_go_first(ferrite_eviction eviction) {
    enum { EACH = 20000, GONE = 200 };
    struct bed bed = bed_make();
    ferrite_options options = options_of(eviction);
    const int64_t life = eviction >= FERRITE_EVICT_VOLATILE_LRU ? 10000 : 0;
    ferrite_db *db = api_open_with(bed.path, &options);
    set_numbers(db, 2 * EACH, life);
    ferrite_close(db);
    db = api_open_with(bed.path, &options);
    set_numbers(db, EACH, life);
    ferrite_close(db);
    options.max_keys = 2 * EACH - GONE;
    db = api_open_with(bed.path, &options);
    for (unsigned i = 0; api_dbsize(db) > options.max_keys && i < GONE; i++)
        cr_assert_eq(set_number(db, i, 20, life), 0);
    cr_expect_eq(api_dbsize(db), options.max_keys);
    const unsigned older = EACH - count_numbers(db, EACH, 2 * EACH);
    cr_expect_geq(older, GONE * 3 / 4, "policy %d: %u of the older half went", (int)eviction, older);
    ferrite_close(db);
    bed_remove(&bed);
}

Test(api_bounds, after_a_restart_those_written_later_are_warmer) {
    old_go_first(FERRITE_EVICT_ALL_LRU);
    old_go_first(FERRITE_EVICT_ALL_LFU);
    old_go_first(FERRITE_EVICT_VOLATILE_LRU);
    old_go_first(FERRITE_EVICT_VOLATILE_LFU);
}

/* ---- transactions ---- */

struct told {
    unsigned count;
    char last[64];
    ferrite_db *db;
};

static void on_evict(void *ctx, int database, const char *key, size_t key_len) {
    struct told *told = ctx;
    told->count++;
    snprintf(told->last, sizeof told->last, "%d:%.*s", database, (int)key_len, key);
    if (told->db != NULL) cr_expect_eq(ferrite_exists(told->db, key, key_len, NULL), 0);
}

static ferrite_db *open_telling(struct told *told, uint64_t max_keys) {
    ferrite_options options = options_of(FERRITE_EVICT_ALL_LRU);
    options.max_keys = max_keys;
    options.on_evict = on_evict;
    options.on_evict_ctx = told;
    ferrite_db *db = api_open_with(NULL, &options);
    told->db = db;
    return db;
}

Test(api_bounds, on_evict_is_told_each_key_after_the_commit) {
    struct told told = {0};
    ferrite_db *db = open_telling(&told, 2);
    api_set(db, "a", "1");
    api_set(db, "b", "1");
    cr_expect_eq(told.count, 0);
    api_set(db, "c", "1");
    cr_expect_eq(told.count, 1);
    cr_expect_str_eq(told.last, "0:a");
    api_expect(db, "a", NULL);
    api_expect(db, "c", "1");
    ferrite_close(db);
}

Test(api_bounds, what_a_rolled_back_transaction_evicted_is_still_there) {
    struct told told = {0};
    ferrite_db *db = open_telling(&told, 100);
    for (unsigned i = 0; i < 100; i++) cr_assert_eq(set_number(db, i, 10, 0), 0);
    ferrite_db *tx = ferrite_begin(db, &err);
    for (unsigned i = 100; i < 2000; i++) cr_assert_eq(set_number(tx, i, 10, 0), 0);
    cr_assert_eq(ferrite_rollback(tx, &err), 0);
    ferrite_close(tx);
    for (unsigned i = 0; i < 100; i++) cr_expect_eq(has_number(db, i), 1);
    cr_expect_eq(told.count, 0);
    cr_expect_eq(api_stats(db).evicted_keys, 0);
    tx = ferrite_begin(db, &err);
    for (unsigned i = 100; i < 150; i++) cr_assert_eq(set_number(tx, i, 10, 0), 0);
    for (unsigned i = 0; i < 100; i++) cr_expect_eq(has_number(tx, i), 1, "before the commit");
    cr_assert_eq(ferrite_commit(tx, &err), 0);
    ferrite_close(tx);
    cr_expect_eq(told.count, 50);
    cr_expect_eq(api_stats(db).evicted_keys, 50);
    cr_expect_eq(api_dbsize(db), 100);
    ferrite_close(db);
}

Test(api_bounds, a_batch_evicts_at_its_commit) {
    struct told told = {0};
    ferrite_db *db = open_telling(&told, 100);
    for (unsigned i = 0; i < 100; i++) cr_assert_eq(set_number(db, i, 10, 0), 0);
    ferrite_db *batch = ferrite_batch(db, &err);
    for (unsigned i = 100; i < 130; i++) cr_assert_eq(set_number(batch, i, 10, 0), 0);
    cr_assert_eq(ferrite_commit(batch, &err), 0);
    ferrite_close(batch);
    cr_expect_eq(told.count, 30);
    cr_expect_eq(api_dbsize(db), 100);
    ferrite_close(db);
}

Test(api_bounds, a_transaction_that_cannot_make_room_is_undone) {
    ferrite_options options = options_of(FERRITE_EVICT_NONE);
    options.max_keys = 3;
    ferrite_db *db = api_open_with(NULL, &options);
    api_set(db, "a", "1");
    api_set(db, "b", "1");
    ferrite_db *tx = ferrite_begin(db, &err);
    api_set(tx, "c", "1");
    api_set(tx, "d", "1");
    expect_oom(ferrite_set(tx, S("e"), S("1"), &err));
    expect_oom(ferrite_commit(tx, &err));
    ferrite_close(tx);
    cr_expect_eq(api_dbsize(db), 2);
    tx = ferrite_begin(db, &err);
    api_set(tx, "c", "1");
    api_set(tx, "d", "1");
    cr_expect_eq(ferrite_del(tx, S("a"), &err), 1);
    cr_expect_eq(ferrite_commit(tx, &err), 0);
    ferrite_close(tx);
    cr_expect_eq(api_dbsize(db), 3);
    ferrite_close(db);
}

/* ---- what is large ---- */

Test(api_bounds, a_huge_collection_goes_without_taking_all_else_along) {
    ferrite_options options = options_of(FERRITE_EVICT_VOLATILE_TTL);
    options.max_memory = 24u << 20;
    ferrite_db *db = api_open_with(NULL, &options);
    char member[64];
    for (unsigned i = 0; i < 100000; i++) {
        int len = snprintf(member, sizeof member, "member:%040u", i);
        cr_assert_eq(ferrite_sadd(db, S("huge"), member, (size_t)len, &err), 1);
    }
    unsigned count = 0;
    cr_assert_eq(ferrite_expire(db, S("huge"), 10, &err), 1);
    while (ferrite_exists(db, S("huge"), NULL) == 1 && count < 200000)
        cr_assert_eq(set_number(db, count++, 100, 1000), 0);
    for (unsigned i = 0; i < 100; i++) cr_assert_eq(set_number(db, count++, 100, 1000), 0);
    cr_expect_eq(api_stats(db).evicted_keys, 1);
    cr_expect_leq(api_stats(db).memory_bytes, options.max_memory);
    api_expect_sound(db);
    ferrite_close(db);
}

Test(api_bounds, what_alone_is_larger_than_the_bound_is_refused_and_evicts_nobody) {
    ferrite_options options = options_of(FERRITE_EVICT_ALL_LRU);
    options.max_memory = 1u << 20;
    ferrite_db *db = api_open_with(NULL, &options);
    char *value = calloc(1, 2u << 20);
    for (unsigned i = 0; i < 1000; i++) cr_assert_eq(set_number(db, i, 100, 0), 0);
    expect_oom(ferrite_set(db, S("large"), value, 2u << 20, &err));
    cr_expect_eq(api_dbsize(db), 1000);
    free(value);
    ferrite_close(db);
}

Test(api_bounds, longer_values_than_max_value_size_are_refused) {
    ferrite_options options = options_of(FERRITE_EVICT_NONE);
    options.max_value_size = 4;
    ferrite_db *db = api_open_with(NULL, &options);
    const ferrite_slice pair[] = {SLICE("a"), SLICE("12345")};
    cr_expect_eq(ferrite_set(db, S("k"), S("1234"), &err), 0);
#define LIMITED(call)            \
    cr_expect_eq(call, -1);      \
    api_expect_error(&err, FERRITE_LIMIT, NULL)
    LIMITED(ferrite_set(db, S("k"), S("12345"), &err));
    LIMITED(ferrite_setnx(db, S("n"), S("12345"), &err));
    LIMITED(ferrite_setex(db, S("k"), 10, S("12345"), &err));
    LIMITED(ferrite_mset(db, pair, 2, &err));
    LIMITED(ferrite_append(db, S("k"), S("5"), &err));
    LIMITED(ferrite_setrange(db, S("k"), 4, S("5"), &err));
    LIMITED(ferrite_hset(db, S("h"), S("f"), S("12345"), &err));
    LIMITED(ferrite_rpush(db, S("l"), S("12345"), &err));
    LIMITED(ferrite_sadd(db, S("s"), S("12345"), &err));
    LIMITED(ferrite_zadd(db, S("z"), 1, S("12345"), &err));
    cr_expect_eq(ferrite_setrange(db, S("k"), 3, S("5"), &err), 0 + 4);
    cr_expect_eq(api_dbsize(db), 1);
    ferrite_close(db);
}

/* ---- a crash ---- */

Test(api_bounds, evictions_are_found_again_after_a_crash) {
    struct bed bed = bed_make();
    char copy[128];
    bed_path(&bed, "copy", copy);
    ferrite_options options = options_of(FERRITE_EVICT_ALL_RANDOM);
    options.max_keys = 500;
    ferrite_db *db = api_open_with(bed.path, &options);
    for (unsigned i = 0; i < 3000; i++) cr_assert_eq(set_number(db, i, 30, 0), 0);
    bed_copy(&bed, copy);
    ferrite_db *again = api_open_with(copy, &options);
    cr_expect_eq(api_dbsize(again), 500);
    for (unsigned i = 0; i < 3000; i++) cr_expect_eq(has_number(again, i), has_number(db, i));
    api_expect_sound(again);
    ferrite_close(again);
    ferrite_close(db);
    bed_unlink(copy);
    bed_remove(&bed);
}

/* ---- asking ---- */

Test(api_bounds, idle_time_and_frequency_are_answered_by_the_policy) {
    ferrite_options options = options_of(FERRITE_EVICT_ALL_LRU);
    ferrite_db *db = api_open_with(NULL, &options);
    ferrite_slice lfu[] = {SLICE("maxmemory-policy"), SLICE("allkeys-lfu")};
    int64_t idle_ms = -1;
    int frequency = -1;
    api_set(db, "k", "v");
    now_ms += 30000;
    api_set(db, "other", "v");
    cr_expect_eq(ferrite_idle_time(db, S("k"), &idle_ms, &err), 1);
    cr_expect(idle_ms >= 29000 && idle_ms <= 31000, "%lld", (long long)idle_ms);
    cr_expect_eq(ferrite_idle_time(db, S("none"), &idle_ms, &err), 0);
    cr_expect_eq(ferrite_frequency(db, S("k"), &frequency, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_assert_eq(ferrite_config_set(db, lfu, 2, &err), 0);
    for (int i = 0; i < 100; i++) api_expect(db, "k", "v");
    cr_expect_eq(ferrite_frequency(db, S("k"), &frequency, &err), 1);
    cr_expect(frequency > 5 && frequency < 20, "%d", frequency);
    cr_expect_eq(ferrite_idle_time(db, S("k"), &idle_ms, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(db);
}
