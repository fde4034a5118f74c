/* types_glob_test.c - the patterns of KEYS and SCAN. */
#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#include "libferrite/types/glob.h"

struct example {
    const char *pattern, *text;
};

static bool matches(const struct example *e) {
    return glob_match(e->pattern, strlen(e->pattern), e->text, strlen(e->text));
}

Test(glob, what_matches) {
    const struct example examples[] = {
        {"", ""},       {"abc", "abc"},   {"*", "abc"},         {"a*", "a"},
        {"*c", "abc"},  {"a*c", "abbbc"}, {"a*b*c", "axxbyyc"}, {"?", "x"},
        {"a?c", "abc"}, {"[abc]", "b"},   {"[a-c]x", "bx"},     {"[c-a]", "b"},
        {"[^a]", "b"},  {"[^a-c]", "d"},  {"\\*", "*"},         {"\\a", "a"},
        {"a\\", "a\\"}, {"[\\]]", "]"},   {"[\\-]", "-"},       {"[a", "a"},
        {"[^]", "x"},   {"[ab", "b"},     {"**a**", "a"},       {"h[^e]llo", "hallo"},
        {"[a-]", "a"},  {"[a-]", "]"},    {"*[0-9]", "key:7"},  {"a**", "a"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        cr_expect(matches(&examples[i]), "%s on %s", examples[i].pattern, examples[i].text);
}

Test(glob, what_does_not_match) {
    const struct example examples[] = {
        {"", "a"},      {"abc", "ab"},   {"abc", "abcd"},  {"?", ""},   {"?", "ab"},
        {"[abc]", "d"}, {"[^a]", "a"},   {"[", "["},       {"[]", "a"}, {"[]a]", "a"},
        {"[a-c]", "d"}, {"\\*", "a"},    {"a*c", "abcd"},  {"**", ""},  {"*", ""},
        {"A", "a"},     {"[^a-c]", "b"}, {"a\\*c", "abc"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        cr_expect_not(matches(&examples[i]), "%s on %s", examples[i].pattern, examples[i].text);
}

Test(glob, bytes_are_bytes) {
    cr_expect(glob_match("a?b", 3, "a\0b", 3));
    cr_expect(glob_match("[\x80-\xff]", 5, "\xc3", 1));
    cr_expect(glob_match("\0*", 2, "\0x", 2));
}

/* With backtracking into every star this would take longer than the universe has existed. */
Test(glob, many_stars_take_no_time) {
    char pattern[201], text[10000];
    for (int i = 0; i < 200; i += 2) memcpy(pattern + i, "a*", 2);
    pattern[200] = 'b';
    memset(text, 'a', sizeof text);
    clock_t begin = clock();
    cr_expect_not(glob_match(pattern, sizeof pattern, text, sizeof text));
    cr_expect_lt(clock() - begin, CLOCKS_PER_SEC);
}

static size_t prefix(const char *pattern, char *out) {
    return glob_prefix(pattern, strlen(pattern), out, 8);
}

Test(glob, prefix_is_what_all_matches_begin_with) {
    char out[8];
    cr_expect_eq(prefix("user:*", out), 5);
    cr_expect_arr_eq(out, "user:", 5);
    cr_expect_eq(prefix("a\\*b?", out), 3);
    cr_expect_arr_eq(out, "a*b", 3);
    cr_expect_eq(prefix("*", out), 0);
    cr_expect_eq(prefix("[a]b", out), 0);
    cr_expect_eq(prefix("0123456789", out), 8);
}
