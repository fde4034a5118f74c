/*
 * damage_files_test.c - 2,000 mutations of data file, log and lock file (E6).
 */
#include <criterion/criterion.h>

#include "harness/damage.h"

static void damage(uint64_t seed) {
    struct damage_plan plan = {.seed = seed, .mutations = 500};
    struct damage_result result = damage_run(&plan);
    cr_assert_eq(result.failures, 0);
    cr_assert_eq(result.mutations, 500);
    cr_assert_gt(result.reported, 50, "the damage was hardly ever met");
}

Test(damage_files, give_right_data_or_a_clear_error) { damage(1000); }
Test(damage_files, give_right_data_or_a_clear_error_again) { damage(2000); }
Test(damage_files, give_right_data_or_a_clear_error_once_more) { damage(3000); }
Test(damage_files, give_right_data_or_a_clear_error_to_the_end) { damage(4000); }

/* A branch that leads to itself: the path of an insertion had the copy of another page at its end. */
Test(damage_files, a_page_that_is_its_own_child_is_no_place_to_write) {
    struct damage_plan plan = {.seed = 94477, .mutations = 1};
    cr_assert_eq(damage_run(&plan).failures, 0);
}
