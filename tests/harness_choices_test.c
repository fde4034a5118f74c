/* harness_choices_test.c - what the harnesses take their decisions from. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "harness/choices.h"

enum { SEEDS = 64, CHOICES = 200 };

static int order(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

Test(harness_choices, neighbouring_seeds_have_nothing_in_common) {
    static uint64_t all[SEEDS * CHOICES];
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct choices c = choices_seeded(seed);
        for (int i = 0; i < CHOICES; i++) all[seed * CHOICES + (uint64_t)i] = choices_next(&c);
    }
    qsort(all, SEEDS * CHOICES, sizeof *all, order);
    for (int i = 1; i < SEEDS * CHOICES; i++) cr_assert_neq(all[i], all[i - 1]);
}

Test(harness_choices, a_seed_repeats_itself) {
    struct choices a = choices_seeded(7), b = choices_seeded(7);
    for (int i = 0; i < CHOICES; i++) cr_assert_eq(choices_next(&a), choices_next(&b));
}
