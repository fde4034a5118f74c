/* harness_choices_test.c - what the harnesses draw from their seeds. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "harness/choices.h"

enum { SEEDS = 1000, DRAWN = 50 };

static uint64_t drawn[SEEDS * DRAWN];

static int compare(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

Test(choices, near_seeds_draw_nothing_in_common) {
    for (size_t seed = 0; seed < SEEDS; seed++) {
        struct choices choices = choices_seeded(seed);
        for (size_t i = 0; i < DRAWN; i++) drawn[seed * DRAWN + i] = choices_next(&choices);
    }
    qsort(drawn, SEEDS * DRAWN, sizeof *drawn, compare);
    for (size_t i = 1; i < SEEDS * DRAWN; i++) cr_assert_neq(drawn[i], drawn[i - 1]);
}

Test(choices, a_seed_draws_the_same_again) {
    struct choices a = choices_seeded(7), b = choices_seeded(7);
    for (int i = 0; i < 1000; i++) cr_assert_eq(choices_next(&a), choices_next(&b));
}

Test(choices, all_numbers_below_a_bound_come) {
    struct choices choices = choices_seeded(1);
    unsigned seen[7] = {0};
    for (int i = 0; i < 7000; i++) seen[choose(&choices, 7)]++;
    for (int i = 0; i < 7; i++) cr_expect(seen[i] > 800 && seen[i] < 1200, "%d: %u times", i, seen[i]);
}

/* A fuzzer pays a byte for a small choice, two for a larger one; then all is 0. */
Test(choices, a_fuzzers_bytes_are_used_up_from_the_front) {
    static const uint8_t bytes[] = {3, 255, 1, 0};
    struct choices choices = choices_from_bytes(bytes, sizeof bytes);
    cr_expect_eq(choose(&choices, 256), 3);
    cr_expect_eq(choose(&choices, 10), 5);
    cr_expect_eq(choose(&choices, 300), 256);
    cr_expect_not(choices.done);
    cr_expect_eq(choose_between(&choices, 4, 9), 4);
    cr_expect(choices.done);
}
