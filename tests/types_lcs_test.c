/* types_lcs_test.c - the longest common subsequence, against values given by redis-server 7.0. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "libferrite/error.h"
#include "libferrite/types/lcs.h"

static int range_print(void *ctx, const struct lcs_match *match) {
    char *out = ctx;
    sprintf(out + strlen(out), "%d-%d/%d-%d ", (int)match->a_start, (int)match->a_end,
            (int)match->b_start, (int)match->b_end);
    return 0;
}

static void expect_lcs(const char *a, const char *b, const char *text, const char *ranges) {
    struct lcs lcs;
    char found[256] = "", found_ranges[256] = "";
    cr_assert_eq(lcs_compute(&lcs, a, strlen(a), b, strlen(b), true), FERRITE_OK);
    cr_expect_eq(lcs.len, strlen(text));
    lcs_text(&lcs, found);
    cr_expect_str_eq(found, text);
    lcs_matches(&lcs, range_print, found_ranges);
    cr_expect_str_eq(found_ranges, ranges);
    lcs_done(&lcs);
}

Test(lcs, text_and_ranges) {
    expect_lcs("ohmytext", "mynewtext", "mytext", "4-7/5-8 2-3/0-1 ");
    expect_lcs("abc", "abc", "abc", "0-2/0-2 ");
    expect_lcs("abc", "xyz", "", "");
    expect_lcs("", "abc", "", "");
    expect_lcs("rabbit", "rabbbit", "rabbit", "2-5/3-6 0-1/0-1 ");
    expect_lcs("abcbdab", "bdcaba", "bdab", "5-6/3-4 3-4/0-1 ");
}

Test(lcs, length_alone_needs_no_trace) {
    struct lcs lcs;
    cr_assert_eq(lcs_compute(&lcs, "ohmytext", 8, "mynewtext", 9, false), FERRITE_OK);
    cr_expect_eq(lcs.len, 6);
    cr_expect_null(lcs.up);
    lcs_done(&lcs);
}

Test(lcs, strings_that_would_take_minutes_are_refused) {
    static char long_text[20000];
    struct lcs lcs;
    cr_expect_eq(lcs_compute(&lcs, long_text, sizeof long_text, long_text, sizeof long_text, true),
                 FERRITE_LIMIT);
    lcs_done(&lcs);
}
