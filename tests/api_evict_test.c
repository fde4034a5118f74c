/*
 * api_evict_test.c - the eight policies through ferrite.h: who goes, over a restart and a crash too, and what
 * the policies know of a key.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "support/api.h"
#include "support/bounded.h"
#include "support/clock.h"

static ferrite_error *err;

/* ---- who goes ---- */

static void hot_survive(ferrite_eviction eviction) {
    ferrite_options options = bounded_options(eviction);
    options.max_keys = 2000;
    ferrite_db *db = api_open_with(NULL, &options);
    const int64_t life = eviction >= FERRITE_EVICT_VOLATILE_LRU ? 10000 : 0;
    for (unsigned i = 0; i < 20000; i++) {
        cr_assert_eq(numbered_set(db, i, 20, life, &err), 0);
        for (unsigned hot = 0; hot < 5; hot++) numbered_get(db, (i * 5 + hot) % 200);
    }
    unsigned alive = 0;
    for (unsigned hot = 0; hot < 200; hot++) alive += numbered_exists(db, hot) == 1;
    cr_expect_gt(alive, 195, "policy %d: %u hot keys are left", (int)eviction, alive);
    cr_expect_eq(api_dbsize(db), 2000);
    cr_expect_eq(api_stats(db).evicted_keys, 18000);
    ferrite_close(db);
}

Test(api_evict, keys_in_use_survive_with_lru_and_lfu) {
    hot_survive(FERRITE_EVICT_ALL_LRU);
    hot_survive(FERRITE_EVICT_ALL_LFU);
    hot_survive(FERRITE_EVICT_VOLATILE_LRU);
    hot_survive(FERRITE_EVICT_VOLATILE_LFU);
}

/* Keys come in their order, so that leaves are emptied: those of the hot ones hold the coldest, too. */
static void strewn_survive(ferrite_eviction eviction) {
    ferrite_options options = bounded_options(eviction);
    options.max_memory = 2 << 20;
    ferrite_db *db = api_open_with(NULL, &options);
    const int64_t life = eviction >= FERRITE_EVICT_VOLATILE_LRU ? 10000 : 0;
    for (unsigned i = 0; i < 30000; i++) {
        cr_assert_eq(numbered_set(db, i, 100, life, &err), 0);
        if (i >= 300) numbered_get(db, i % 100 * 3);
    }
    unsigned alive = 0;
    for (unsigned hot = 0; hot < 300; hot += 3) alive += numbered_exists(db, hot) == 1;
    cr_expect_gt(alive, 95, "policy %d: %u of 100 hot keys are left", (int)eviction, alive);
    ferrite_close(db);
}

Test(api_evict, keys_in_use_survive_among_cold_ones) {
    strewn_survive(FERRITE_EVICT_ALL_LRU);
    strewn_survive(FERRITE_EVICT_ALL_LFU);
    strewn_survive(FERRITE_EVICT_VOLATILE_LRU);
    strewn_survive(FERRITE_EVICT_VOLATILE_LFU);
}

Test(api_evict, volatile_policies_never_touch_keys_without_an_expiry_of_their_own) {
    for (int policy = FERRITE_EVICT_VOLATILE_LRU; policy <= FERRITE_EVICT_VOLATILE_TTL; policy++) {
        ferrite_options options = bounded_options((ferrite_eviction)policy);
        options.max_keys = 100;
        ferrite_db *db = api_open_with(NULL, &options);
        const ferrite_slice field[] = {SLICE("f")};
        int64_t result[1];
        for (unsigned i = 0; i < 40; i++) cr_assert_eq(numbered_set(db, i, 10, 0, &err), 0);
        cr_assert_eq(ferrite_hset(db, S("hash"), S("f"), S("v"), NULL), 1);
        cr_assert_eq(ferrite_hpexpireat(db, S("hash"), now_ms + 5000, 0, field, 1, result, &err),
                     0);
        for (unsigned i = 1000; i < 1500; i++) cr_assert_eq(numbered_set(db, i, 10, 50, &err), 0);
        cr_expect_eq(api_dbsize(db), 100);
        for (unsigned i = 0; i < 40; i++) cr_expect_eq(numbered_exists(db, i), 1);
        cr_expect_eq(ferrite_exists(db, S("hash"), NULL), 1);
        for (unsigned i = 2000; i < 2059; i++) cr_assert_eq(numbered_set(db, i, 10, 0, &err), 0);
        expect_oom(numbered_set(db, 3000, 10, 0, &err), &err);
        ferrite_close(db);
    }
}

Test(api_evict, volatile_ttl_takes_always_the_key_that_would_go_first) {
    ferrite_options options = bounded_options(FERRITE_EVICT_VOLATILE_TTL);
    options.max_keys = 50;
    ferrite_db *db = api_open_with(NULL, &options), *other = ferrite_select(db, 3, NULL);
    for (unsigned i = 0; i < 25; i++) {
        cr_assert_eq(numbered_set(db, i, 10, 100 + 2 * i, &err), 0);
        cr_assert_eq(numbered_set(other, i, 10, 101 + 2 * i, &err), 0);
    }
    for (unsigned i = 0; i < 40; i++) {
        cr_assert_eq(numbered_set(db, 100 + i, 10, 100000, &err), 0);
        cr_expect_eq(numbered_exists(i % 2 == 0 ? db : other, i / 2), 0);
        if (i + 1 < 50) cr_expect_eq(numbered_exists(i % 2 == 0 ? other : db, (i + 1) / 2), 1);
    }
    ferrite_close(other);
    ferrite_close(db);
}

Test(api_evict, after_a_restart_those_used_since_survive) {
    struct bed bed = bed_make();
    ferrite_options options = bounded_options(FERRITE_EVICT_ALL_LRU);
    ferrite_db *db = api_open_with(bed.path, &options);
    for (unsigned i = 0; i < 20000; i++) cr_assert_eq(numbered_set(db, i, 20, 0, &err), 0);
    ferrite_close(db);
    options.max_keys = 10000;
    db = api_open_with(bed.path, &options);
    for (unsigned i = 50000; i < 50400; i++) cr_assert_eq(numbered_set(db, i, 20, 0, &err), 0);
    cr_expect_eq(api_dbsize(db), 10000);
    for (unsigned i = 50000; i < 50400; i++) cr_expect_eq(numbered_exists(db, i), 1);
    ferrite_close(db);
    bed_remove(&bed);
}

static unsigned count_numbers(ferrite_db *db, unsigned from, unsigned to) {
    unsigned count = 0;
    for (unsigned i = from; i < to; i++) count += numbered_exists(db, i) == 1;
    return count;
}

static void set_numbers(ferrite_db *db, unsigned count, int64_t life) {
    for (unsigned i = 0; i < count; i++, now_ms += 10)
        cr_assert_eq(numbered_set(db, i, 20, life, &err), 0);
}

/* Coarsely, and for as long as few go: without a mark since the restart, keys are told apart by when their leaf was
 * last written, and an eviction writes it, too. By chance a hundred of each half would go. */
static void old_go_first(ferrite_eviction eviction) {
    enum { EACH = 20000, GONE = 200 };
    struct bed bed = bed_make();
    ferrite_options options = bounded_options(eviction);
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
        cr_assert_eq(numbered_set(db, i, 20, life, &err), 0);
    cr_expect_eq(api_dbsize(db), options.max_keys);
    const unsigned older = EACH - count_numbers(db, EACH, 2 * EACH);
    cr_expect_geq(older, GONE * 3 / 4, "policy %d: %u of the older half went", (int)eviction,
                  older);
    ferrite_close(db);
    bed_remove(&bed);
}

Test(api_evict, after_a_restart_those_written_later_are_warmer) {
    old_go_first(FERRITE_EVICT_ALL_LRU);
    old_go_first(FERRITE_EVICT_ALL_LFU);
    old_go_first(FERRITE_EVICT_VOLATILE_LRU);
    old_go_first(FERRITE_EVICT_VOLATILE_LFU);
}

/* ---- a crash ---- */

Test(api_evict, evictions_are_found_again_after_a_crash) {
    struct bed bed = bed_make();
    char copy[128];
    bed_path(&bed, "copy", copy);
    ferrite_options options = bounded_options(FERRITE_EVICT_ALL_RANDOM);
    options.max_keys = 500;
    ferrite_db *db = api_open_with(bed.path, &options);
    for (unsigned i = 0; i < 3000; i++) cr_assert_eq(numbered_set(db, i, 30, 0, &err), 0);
    bed_copy(&bed, copy);
    ferrite_db *again = api_open_with(copy, &options);
    cr_expect_eq(api_dbsize(again), 500);
    for (unsigned i = 0; i < 3000; i++)
        cr_expect_eq(numbered_exists(again, i), numbered_exists(db, i));
    api_expect_sound(again);
    ferrite_close(again);
    ferrite_close(db);
    bed_unlink(copy);
    bed_remove(&bed);
}

/* ---- asking ---- */

Test(api_evict, idle_time_and_frequency_are_answered_by_the_policy) {
    ferrite_options options = bounded_options(FERRITE_EVICT_ALL_LRU);
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
