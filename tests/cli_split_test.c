/*
 * cli_split_test.c - a line as words.
 */
#include "../cli/split.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_words(const char *line, int argc, const char *const *argv) {
    struct words words = {0};
    cr_assert_eq(words_split(&words, line, strlen(line)), SPLIT_OK, "%s", line);
    cr_assert_eq(words.argc, argc, "%s: %d words", line, words.argc);
    for (int i = 0; i < argc; i++) {
        cr_expect_str_eq(words.argv[i], argv[i], "%s", line);
        cr_expect_eq(words.lens[i], strlen(argv[i]), "%s", line);
    }
    words_free(&words);
}

#define EXPECT_WORDS(line, ...)                                                       \
    expect_words(line, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)), \
                 (const char *[]){__VA_ARGS__})

Test(cli_split, separates_words_by_any_white_space) {
    EXPECT_WORDS("  a\tb \v c\r\n", "a", "b", "c");
    /* as in redis-cli: these two only beside other space */
    EXPECT_WORDS("a\vb\fc \vd\v", "a\vb\fc", "d\v");
    expect_words("", 0, NULL);
    expect_words(" \t ", 0, NULL);
}

Test(cli_split, reads_escapes_in_double_quotes_only) {
    EXPECT_WORDS("\"\\n\\r\\t\\a\\b\\\\\\\"\\z\"", "\n\r\t\a\b\\\"z");
    EXPECT_WORDS("\"\\x41\\x6a\\xzz\\x4\"", "Ajxzzx4");
    EXPECT_WORDS("a\\n \\x41", "a\\n", "\\x41");
    EXPECT_WORDS("'\\n\\'' 'a\"b'", "\\n'", "a\"b");
}

Test(cli_split, keeps_empty_words_and_quotes_within_words) {
    EXPECT_WORDS("\"\" ''", "", "");
    EXPECT_WORDS("a\"b c\" d'e f'", "ab c", "de f");
}

Test(cli_split, refuses_open_quotes_and_text_behind_closed_ones) {
    static const char *const lines[] = {"\"",   "'",       "\"a",  "'a",    "\"a\"b",
                                        "'a'b", "a \"b\\", "'\\'", "\"\\\""};
    struct words words = {0};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        cr_expect_eq(words_split(&words, lines[i], strlen(lines[i])), SPLIT_UNBALANCED, "%s",
                     lines[i]);
    words_free(&words);
}

Test(cli_split, takes_zero_bytes_as_bytes) {
    struct words words = {0};
    cr_assert_eq(words_split(&words, "a\0b \"\0\\x00\"", 11), SPLIT_OK);
    cr_assert_eq(words.argc, 2);
    cr_expect_eq(words.lens[0], 3);
    cr_expect_eq(words.lens[1], 2);
    cr_expect_eq(memcmp(words.argv[0], "a\0b", 4), 0);
    words_free(&words);
}

Test(cli_split, uses_its_memory_again) {
    struct words words = {0};
    cr_assert_eq(words_split(&words, "one two three", 13), SPLIT_OK);
    cr_assert_eq(words_split(&words, "four", 4), SPLIT_OK);
    cr_assert_eq(words.argc, 1);
    cr_expect_str_eq(words.argv[0], "four");
    words_free(&words);
}
