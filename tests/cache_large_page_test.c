/*
 * cache_large_page_test.c - parts of a shard that are in use from end to end, or soon will be, become large pages: each
 * once, nothing is lost, what is made counts, and memory that went back meanwhile stays away.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "libferrite/cache/key_hash.h"
#include "libferrite/cache/shard.h"
#include "libferrite/os/mem.h"

#define BUDGET    (32u << 20)
#define VALUE_LEN 1000u
#define PAGE      4096u

static struct shard *shard;
static uint64_t offered; /* keys 0 to this; few find their bucket full and push another out */

static void setup(void) {
    void *memory;
    cr_assert_eq(posix_memalign((void **)&shard, 64, sizeof *shard), 0);
    memset(shard, 0, sizeof *shard);
    cr_assert_eq(os_reserve(os_default(), shard_footprint(BUDGET) + OS_LARGE_PAGE, &memory), 0);
    uintptr_t aligned = ((uintptr_t)memory + OS_LARGE_PAGE - 1) / OS_LARGE_PAGE * OS_LARGE_PAGE;
    shard_init(shard, (void *)aligned, BUDGET, BUDGET);
}

TestSuite(cache_large_page, .init = setup);

static struct cache_key key_of(uint64_t *number) {
    return (struct cache_key){number, sizeof *number, 0, key_hash(7, 0, number, sizeof *number)};
}

static bool put(uint64_t number) {
    char value[VALUE_LEN];
    struct cache_key key = key_of(&number);
    struct cache_content content = {value, VALUE_LEN, 0};
    memset(value, (int)number, VALUE_LEN);
    return shard_put(shard, &key, &content, 1, false) & SHARD_ERRAND;
}

/* Whether the last of them found something to enlarge. */
static bool put_bytes(uint64_t bytes) {
    bool large = false;
    while (shard->ring.head * 8 < bytes) large = put(offered++);
    return large;
}

/* Entries of 32 bytes: their table grows fast. */
static void put_small(uint64_t count) {
    char value = 'v';
    struct cache_content content = {&value, 1, 0};
    for (uint64_t i = 0; i < count; i++) {
        struct cache_key key = key_of(&i);
        shard_put(shard, &key, &content, 1, false);
    }
}

static uint64_t table_len(void) { return ((uint64_t)shard->mask + 1) * sizeof(struct bucket); }

static void expect_bytes(uint64_t table, uint64_t ring) {
    cr_expect_eq(shard->ring.high * 8, ring);
    cr_expect_eq(shard->bytes, table + ring);
    cr_expect_leq(shard->bytes, BUDGET);
}

static uint64_t found(void) {
    uint64_t right = 0;
    for (uint64_t i = 0; i < offered; i++) {
        struct cache_key key = key_of(&i);
        struct shard_value value;
        if (shard_get(shard, &key, true, &value) != SHARD_HIT) continue;
        right += value.len == VALUE_LEN && value.copy[0] == (char)i && value.copy[VALUE_LEN - 1] == (char)i;
        mem_free(value.copy);
    }
    return right;
}

static uint64_t enlarged(void) {
    uint64_t count = 0;
    while (shard_enlarge(shard)) count++;
    return count;
}

static uint64_t resident_pages(const void *base, uint64_t len) {
    unsigned char *pages = malloc(len / PAGE);
    uint64_t count = 0;
    cr_assert_eq(mincore((void *)(uintptr_t)base, len, pages), 0);
    for (uint64_t i = 0; i < len / PAGE; i++) count += pages[i] & 1;
    free(pages);
    return count;
}

Test(cache_large_page, is_made_of_what_is_in_use_and_only_once) {
    cr_expect_not(put_bytes(OS_LARGE_PAGE - 2 * VALUE_LEN));
    cr_expect_eq(enlarged(), 0);
    cr_expect(put_bytes(OS_LARGE_PAGE + 100));
    cr_expect_eq(found(), shard->slots);
    cr_expect_eq(enlarged(), 1);
    cr_expect_eq(found(), shard->slots, "nothing is lost");
    cr_expect_eq(enlarged(), 0);
    cr_expect_not(put_bytes(OS_LARGE_PAGE + 5000));
}

Test(cache_large_page, is_made_before_it_is_needed_once_the_ring_is_long) {
    cr_expect(put_bytes(2 * OS_LARGE_PAGE + 100));
    cr_expect_eq(enlarged(), 3);
    expect_bytes(table_len(), 3 * OS_LARGE_PAGE);
    cr_expect_eq(found(), shard->slots);
    cr_expect_not(put_bytes(5 * OS_LARGE_PAGE / 2 - 2 * VALUE_LEN));
    cr_expect(put_bytes(5 * OS_LARGE_PAGE / 2));
    cr_expect_eq(enlarged(), 1);
    expect_bytes(table_len(), 4 * OS_LARGE_PAGE);
    cr_expect_eq(found(), shard->slots);
}

Test(cache_large_page, is_never_made_beyond_the_budget) {
    for (int i = 0; i < 100000; i++) {
        if (put(offered++)) enlarged();
        cr_assert_leq(shard->bytes, BUDGET);
        cr_assert_leq(shard->ring_large, shard->ring.limit * 8);
    }
    cr_expect_gt(shard->ring_large + OS_LARGE_PAGE, shard->ring.limit * 8);
    cr_expect_eq(found(), shard->slots);
}

Test(cache_large_page, of_a_table_that_was_emptied_counts_still) {
    put_small(75000);
    enlarged();
    cr_assert_eq(shard->table_large, OS_LARGE_PAGE);
    shard_expel_all(shard, 1, false);
    for (int i = 0; i < 50000; i++) {
        if (put(offered++)) enlarged();
        cr_assert_leq(shard->bytes, BUDGET);
    }
    cr_expect_gt(shard->bytes, BUDGET - OS_LARGE_PAGE);
}

Test(cache_large_page, is_made_of_the_table_too) {
    put_small(400000);
    uint64_t table = table_len(), pages = enlarged();
    cr_assert_geq(table, OS_LARGE_PAGE);
    cr_expect_eq(pages, table / OS_LARGE_PAGE + shard->ring.high * 8 / OS_LARGE_PAGE);
    cr_expect_eq(shard->table_large, table);
}

Test(cache_large_page, is_made_before_the_table_doubles_into_it) {
    put_small(70000);
    cr_assert_eq(table_len(), OS_LARGE_PAGE / 2);
    cr_expect_eq(enlarged(), 1, "of the ring");
    put_small(75000);
    cr_expect_eq(enlarged(), 1);
    cr_assert_eq(table_len(), OS_LARGE_PAGE / 2);
    expect_bytes(OS_LARGE_PAGE, shard->ring.high * 8);
    cr_expect_eq(shard->ring.limit, (BUDGET - OS_LARGE_PAGE) / 8);
    shard_expel_all(shard, 1, false);
    cr_expect_lt(table_len(), OS_LARGE_PAGE / 2);
    expect_bytes(OS_LARGE_PAGE, shard->ring.high * 8);
    put_small(100000);
    cr_assert_eq(table_len(), OS_LARGE_PAGE);
    expect_bytes(OS_LARGE_PAGE, shard->ring.high * 8);
    shard_expel_all(shard, 1, true);
    expect_bytes(table_len(), 0);
    cr_expect_eq(resident_pages(shard->buckets, OS_LARGE_PAGE), 1);
    cr_expect_eq(shard->ring.limit, (BUDGET - table_len()) / 8);
}

Test(cache_large_page, is_made_again_of_memory_that_went_back) {
    put_bytes(2 * OS_LARGE_PAGE + 100);
    cr_expect_eq(enlarged(), 3);
    shard_expel_all(shard, 1, true);
    cr_expect_eq(resident_pages(shard->words, 4 * OS_LARGE_PAGE), 0);
    cr_expect_eq(enlarged(), 0);
    put_bytes(2 * OS_LARGE_PAGE + 100);
    cr_expect_eq(enlarged(), 3);
    cr_expect_eq(found(), shard->slots);
}

static void *enlarge_one(void *ctx) {
    shard_enlarge(ctx);
    return NULL;
}

static uint64_t ring_large(void) { return *(volatile uint64_t *)&shard->ring_large; }

/* The system takes milliseconds; what is put in meanwhile makes it want the memory again. */
Test(cache_large_page, does_not_bring_back_memory_that_goes_meanwhile) {
    for (int round = 0; round < 20; round++) {
        pthread_t thread;
        put_bytes(OS_LARGE_PAGE + 100);
        cr_assert_eq(pthread_create(&thread, NULL, enlarge_one, shard), 0);
        while (ring_large() == 0) sched_yield();
        shard_expel_all(shard, 1, true);
        put(offered++);
        pthread_join(thread, NULL);
        cr_assert_leq(resident_pages(shard->words, 2 * OS_LARGE_PAGE), 2, "round %d", round);
        cr_assert_eq(shard->ring_large, 0);
    }
}
