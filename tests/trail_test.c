/* trail_test.c - the last keys that were written. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "libferrite/types/trail.h"

static void note(struct trail *trail, unsigned number) {
    char key[16];
    const int len = snprintf(key, sizeof key, "%u", number);
    trail_note(trail, number % 3, key, (size_t)len);
}

static void expect_next(struct trail *trail, unsigned number) {
    char key[16];
    const int len = snprintf(key, sizeof key, "%u", number);
    const struct trail_step *step = trail_take(trail);
    cr_assert_not_null(step);
    cr_expect_eq(step->db, number % 3);
    cr_assert_eq(step->key_len, (uint32_t)len);
    cr_expect_eq(memcmp(step->key, key, (size_t)len), 0);
}

Test(trail, the_newest_comes_first_and_each_once) {
    struct trail trail = {0};
    cr_expect_null(trail_take(&trail));
    for (unsigned i = 0; i < 3; i++) note(&trail, i);
    expect_next(&trail, 2);
    note(&trail, 7);
    expect_next(&trail, 7);
    expect_next(&trail, 1);
    expect_next(&trail, 0);
    cr_expect_null(trail_take(&trail));
    trail_done(&trail);
}

Test(trail, holds_so_many_and_forgets_the_oldest) {
    struct trail trail = {0};
    for (unsigned i = 0; i < 3 * TRAIL_KEYS + 5; i++) note(&trail, i);
    for (unsigned i = 0; i < TRAIL_KEYS; i++) expect_next(&trail, 3 * TRAIL_KEYS + 4 - i);
    cr_expect_null(trail_take(&trail));
    note(&trail, 1);
    trail_forget(&trail);
    cr_expect_null(trail_take(&trail));
    trail_done(&trail);
}

Test(trail, the_empty_key_leaves_a_step_and_a_long_one_none) {
    static const char name[TRAIL_KEY_MAX + 1];
    struct trail trail = {0};
    trail_note(&trail, 0, NULL, 0);
    trail_note(&trail, 0, name, sizeof name);
    const struct trail_step *step = trail_take(&trail);
    cr_assert_not_null(step);
    cr_expect_eq(step->key_len, 0);
    cr_expect_null(trail_take(&trail));
    trail_note(&trail, 0, name, TRAIL_KEY_MAX);
    cr_expect_eq(trail_take(&trail)->key_len, TRAIL_KEY_MAX);
    trail_done(&trail);
}
