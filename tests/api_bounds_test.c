/*
 * api_bounds_test.c - max_memory, max_size, max_keys, max_value_size through ferrite.h: that bounds hold after
 * each commit, and who is refused. See api_evict_test.c for who goes.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"
#include "support/bounded.h"

static ferrite_error *err;

/* ---- bounds that hold ---- */

static void churn_within(const char *path, ferrite_eviction eviction, uint64_t bound) {
    ferrite_options options = bounded_options(eviction);
    if (path != NULL)
        options.max_size = bound;
    else
        options.max_memory = bound;
    ferrite_db *db = api_open_with(path, &options);
    const bool expire = eviction >= FERRITE_EVICT_VOLATILE_LRU;
    for (unsigned i = 0; i < 30000; i++) {
        cr_assert_eq(
            numbered_set(db, i * 7919u % 100000u, 50 + i % 200, expire ? 1000 + i % 77 : 0, &err),
            0, "%s", ferrite_error_message(err));
        if (i % 97 != 0) continue;
        ferrite_stats stats = api_stats(db);
        cr_assert_leq(path != NULL ? stats.used_bytes : stats.memory_bytes, bound);
        if (path != NULL)
            cr_assert_leq(stats.file_bytes, bound + bound / 4 + (1u << 20), "policy %d: %llu",
                          (int)eviction, (unsigned long long)stats.file_bytes);
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

static int every_second_goes(ferrite_db *tx, void *ctx, ferrite_error **error) {
    for (unsigned i = 0; i < *(const unsigned *)ctx; i += 2)
        if (numbered_del(tx, i, error) < 0) return -1;
    return 0;
}

/* Deleting is never refused, and a transaction's pages come back after it alone. */
Test(api_bounds, a_file_that_a_large_deletion_let_grow_becomes_shorter_in_use) {
    const uint64_t bound = 4 << 20, limit = bound + bound / 4 + (1 << 20);
    unsigned keys = 20000;
    struct bed bed = bed_make();
    ferrite_options options = bounded_options(FERRITE_EVICT_ALL_LRU);
    options.max_size = bound;
    ferrite_db *db = api_open_with(bed.path, &options);
    numbered_fill(db, 0, keys, 150);
    cr_assert_eq(ferrite_checkpoint(db, &err), 0);
    cr_assert_eq(ferrite_transaction(db, every_second_goes, &keys, &err), 0);
    cr_assert_gt(api_stats(db).file_bytes, limit);
    for (int i = 0; i < 3; i++) {
        numbered_fill(db, 0, keys, 150);
        cr_assert_eq(ferrite_checkpoint(db, &err), 0);
    }
    cr_expect_leq(api_stats(db).file_bytes, limit, "%llu", (unsigned long long)api_stats(db).file_bytes);
    api_expect_sound(db);
    ferrite_close(db);
    bed_remove(&bed);
}

Test(api_bounds, without_a_policy_what_adds_is_refused_and_the_rest_works) {
    ferrite_options options = bounded_options(FERRITE_EVICT_NONE);
    options.max_memory = 512 << 10;
    ferrite_db *db = api_open_with(NULL, &options);
    unsigned count = 0;
    while (numbered_set(db, count, 1000, 0, &err) == 0) count++;
    expect_oom(-1, &err);
    cr_expect_gt(count, 300);
    cr_expect_leq(api_stats(db).used_bytes, options.max_memory);
    cr_expect_eq(api_dbsize(db), count);
    cr_expect_eq(numbered_exists(db, count - 1), 1);
    cr_expect_eq(numbered_set(db, 5, 1000, 0, &err), 0, "overwriting adds nothing");
    for (unsigned i = 0; i < 10; i++) cr_expect_eq(ferrite_del(db, S("key:000001"), &err), i == 0);
    for (unsigned i = 10; i < 20; i++) {
        char key[32];
        snprintf(key, sizeof key, "key:%06u", i);
        cr_expect_eq(ferrite_del(db, key, 10, &err), 1);
    }
    cr_expect_eq(numbered_set(db, 10, 1000, 0, &err), 0);
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
    ferrite_options options = bounded_options(FERRITE_EVICT_NONE);
    options.max_memory = 1 << 20;
    ferrite_db *db = api_open_with(NULL, &options);
    unsigned count = 0;
    while (numbered_set(db, count, 100, 0, &err) == 0) count++;
    expect_oom(-1, &err);
    expect_oom(ferrite_transaction(db, expire_and_add, &count, &err), &err);
    cr_assert_eq(ferrite_transaction(db, expire_all, &count, &err), 0, "%s",
                 ferrite_error_message(err));
    expect_oom(numbered_set(db, count, 100, 0, &err), &err);
    ferrite_close(db);
}

/* Small keys until some go, then values that take the place of thousands of them. */
static void large_among_small(ferrite_eviction eviction, uint64_t bound) {
    static char large[100000];
    ferrite_options options = bounded_options(eviction);
    options.max_memory = bound;
    ferrite_db *db = api_open_with(NULL, &options);
    for (unsigned i = 0; i < 40000 || api_stats(db).evicted_keys == 0; i++)
        cr_assert_eq(numbered_set(db, i * 7919u % 1000003u, 1, 0, &err), 0);
    for (unsigned i = 0; i < 40; i++) {
        char key[16];
        int len = snprintf(key, sizeof key, "%u", i % 10);
        cr_assert_eq(ferrite_set(db, key, (size_t)len, large, sizeof large, &err), 0,
                     "policy %d, %u: %s", (int)eviction, i, ferrite_error_message(err));
        cr_expect_leq(api_stats(db).memory_bytes, bound, "policy %d, %u", (int)eviction,
                      i);
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
    ferrite_options options = bounded_options(eviction);
    options.max_size = bound;
    ferrite_db *db = api_open_with(bed.path, &options);
    for (unsigned i = 0; api_stats(db).evicted_keys == 0; i++)
        cr_assert_eq(numbered_set(db, i * 7919u % 1000003u, 1, 0, &err), 0);
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

/* ---- what is large ---- */

Test(api_bounds, a_huge_collection_goes_without_taking_all_else_along) {
    ferrite_options options = bounded_options(FERRITE_EVICT_VOLATILE_TTL);
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
        cr_assert_eq(numbered_set(db, count++, 100, 1000, &err), 0);
    for (unsigned i = 0; i < 100; i++) cr_assert_eq(numbered_set(db, count++, 100, 1000, &err), 0);
    cr_expect_eq(api_stats(db).evicted_keys, 1);
    cr_expect_leq(api_stats(db).memory_bytes, options.max_memory);
    api_expect_sound(db);
    ferrite_close(db);
}

Test(api_bounds, what_alone_is_larger_than_the_bound_is_refused_and_evicts_nobody) {
    ferrite_options options = bounded_options(FERRITE_EVICT_ALL_LRU);
    options.max_memory = 1u << 20;
    ferrite_db *db = api_open_with(NULL, &options);
    char *value = calloc(1, 2u << 20);
    for (unsigned i = 0; i < 1000; i++) cr_assert_eq(numbered_set(db, i, 100, 0, &err), 0);
    expect_oom(ferrite_set(db, S("large"), value, 2u << 20, &err), &err);
    cr_expect_eq(api_dbsize(db), 1000);
    free(value);
    ferrite_close(db);
}

Test(api_bounds, longer_values_than_max_value_size_are_refused) {
    ferrite_options options = bounded_options(FERRITE_EVICT_NONE);
    options.max_value_size = 4;
    ferrite_db *db = api_open_with(NULL, &options);
    const ferrite_slice pair[] = {SLICE("a"), SLICE("12345")};
    cr_expect_eq(ferrite_set(db, S("k"), S("1234"), &err), 0);
#define LIMITED(call)       \
    cr_expect_eq(call, -1); \
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

/* What the hot cache and the marks of recency may take is kept free for them. */
static void expect_memory_bounded(ferrite_db *db, uint64_t bound) {
    const uint64_t memory = api_stats(db).memory_bytes;
    cr_assert_leq(memory, bound, "%llu", (unsigned long long)memory);
}

Test(api_bounds, reading_takes_no_memory_beyond_the_bound) {
    const uint64_t bound = 4 << 20;
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.max_memory = bound;
    options.eviction = FERRITE_EVICT_ALL_LRU;
    ferrite_db *db = api_open_with(NULL, &options);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 30000; i++) {
            numbered_fill(db, i, i + 1, 150);
            expect_memory_bounded(db, bound);
        }
        for (unsigned i = 0; i < 90000; i++) {
            numbered_get(db, i % 30000);
            if (i % 64 == 0) expect_memory_bounded(db, bound);
        }
    }
    cr_expect_gt(api_stats(db).memory_bytes, bound - bound / 32);
    ferrite_close(db);
}

Test(api_bounds, a_large_hot_cache_leaves_half_of_the_memory_for_data) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.max_memory = 4 << 20;
    options.cache_size = 64 << 20;
    ferrite_db *db = api_open_with(NULL, &options);
    numbered_fill(db, 0, 8000, 150);
    expect_memory_bounded(db, options.max_memory);
    ferrite_close(db);
}
