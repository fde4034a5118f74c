/* cache_ring_test.c - the ring of a shard of the hot cache: where entries go, and which go. */
#include <criterion/criterion.h>

#include "libferrite/cache/ring.h"

static struct ring ring_of(uint64_t limit) { return (struct ring){.limit = limit}; }

static uint32_t placed(struct ring *ring, uint32_t words) {
    uint32_t at;
    cr_assert(ring_place(ring, words, &at));
    return at;
}

static bool refused(struct ring *ring, uint32_t words) {
    uint32_t at;
    return !ring_place(ring, words, &at);
}

Test(ring, entries_stand_one_behind_the_other) {
    struct ring ring = ring_of(100);
    cr_expect(ring_empty(&ring));
    cr_expect_eq(placed(&ring, 30), 0);
    cr_expect_eq(placed(&ring, 30), 30);
    cr_expect_eq(placed(&ring, 40), 60);
    cr_expect_eq(ring.high, 100);
    cr_expect_not(ring_empty(&ring));
}

Test(ring, the_oldest_makes_room_for_the_next_lap) {
    struct ring ring = ring_of(100);
    placed(&ring, 40);
    placed(&ring, 40);
    cr_expect(refused(&ring, 30));
    ring_drop(&ring, 40);
    cr_expect_eq(placed(&ring, 30), 0);
    cr_expect(refused(&ring, 30)); /* only ten are left before the tail */
    ring_drop(&ring, 40);
    cr_expect_eq(placed(&ring, 60), 30);
    ring_drop(&ring, 30);
    ring_drop(&ring, 60);
    cr_expect(ring_empty(&ring));
}

Test(ring, what_is_larger_than_all_never_fits) {
    struct ring ring = ring_of(10);
    cr_expect(refused(&ring, 11));
    cr_expect_eq(placed(&ring, 10), 0);
    cr_expect(refused(&ring, 1));
    ring_drop(&ring, 10);
    cr_expect_eq(placed(&ring, 1), 0);
}

/* Entries of random sizes: no two that are there overlap, none lies beyond the limit. */
Test(ring, entries_never_overlap) {
    struct {
        uint32_t at, words;
    } fifo[1000];
    struct ring ring = ring_of(500);
    uint32_t first = 0, count = 0, random = 1;
    for (int i = 0; i < 20000; i++) {
        random = random * 1664525u + 1013904223u;
        uint32_t words = 1 + (random >> 8) % 60, at;
        if (i % 5000 == 4999) ring.limit = ring.limit == 500 ? 300 : 500;
        while (!ring_place(&ring, words, &at)) {
            cr_assert_gt(count, 0);
            cr_assert_eq(fifo[first].at, ring.tail);
            ring_drop(&ring, fifo[first].words);
            first = (first + 1) % 1000;
            count--;
        }
        cr_assert_leq(at + words, ring.limit);
        for (uint32_t k = 0; k < count; k++) {
            uint32_t other = fifo[(first + k) % 1000].at;
            cr_assert(at + words <= other || other + fifo[(first + k) % 1000].words <= at);
        }
        fifo[(first + count) % 1000].at = at;
        fifo[(first + count) % 1000].words = words;
        count++;
    }
}

Test(ring, a_lower_limit_is_kept_from_the_next_lap_on) {
    struct ring ring = ring_of(100);
    placed(&ring, 50);
    placed(&ring, 50);
    ring.limit = 60;
    cr_expect_not(ring_settled(&ring, 60));
    cr_expect(refused(&ring, 20));
    ring_drop(&ring, 50);
    cr_expect_eq(placed(&ring, 20), 0);
    cr_expect_not(ring_settled(&ring, 60));
    ring_drop(&ring, 50);
    cr_expect(ring_settled(&ring, 60));
    cr_expect_eq(placed(&ring, 40), 20);
    cr_expect(refused(&ring, 1));
}
