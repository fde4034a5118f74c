/* types_number_test.c - numbers as Redis reads and writes them. */
#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include "libferrite/types/number.h"

static bool is_int(const char *text, int64_t expected) {
    int64_t value;
    return number_parse_int(text, strlen(text), &value) && value == expected;
}

static bool no_int(const char *text) {
    int64_t value;
    return !number_parse_int(text, strlen(text), &value);
}

Test(number, integers_to_both_ends) {
    cr_expect(is_int("0", 0));
    cr_expect(is_int("-1", -1));
    cr_expect(is_int("9223372036854775807", INT64_MAX));
    cr_expect(is_int("-9223372036854775808", INT64_MIN));
}

Test(number, only_the_canonical_form_is_an_integer) {
    const char *wrong[] = {"",
                           "-",
                           "+1",
                           " 1",
                           "1 ",
                           "01",
                           "-0",
                           "00",
                           "-01",
                           "1.0",
                           "0x1",
                           "1a",
                           "a",
                           "9223372036854775808",
                           "-9223372036854775809",
                           "18446744073709551616",
                           "100000000000000000000",
                           "99999999999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect(no_int(wrong[i]), "'%s'", wrong[i]);
}

Test(number, integers_are_written_as_they_are_read) {
    const int64_t values[] = {0, 1, -1, 10, -10, INT64_MAX, INT64_MIN, 1234567890123456789};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char text[NUMBER_INT_TEXT_MAX];
        size_t len = number_format_int(values[i], text);
        cr_expect_eq(len, strlen(text));
        cr_expect(is_int(text, values[i]), "%s", text);
    }
}

static void expect_float(const char *text, const char *written) {
    long double value;
    char out[NUMBER_FLOAT_TEXT_MAX];
    cr_assert(number_parse_float(text, strlen(text), &value), "'%s'", text);
    cr_expect_eq(number_format_float(value, out), strlen(written));
    cr_expect_str_eq(out, written);
}

Test(number, floats_are_written_plainly) {
    expect_float("3.0", "3");
    expect_float("10.50", "10.5");
    expect_float("5.0e3", "5000");
    expect_float("-0.0", "0");
    expect_float("0.1", "0.1");
    expect_float("1e-17", "0.00000000000000001");
    expect_float("1e-18", "0");
    expect_float("0x10", "16");
    expect_float("-.5", "-0.5");
}

Test(number, largest_float_fits) {
    char out[NUMBER_FLOAT_TEXT_MAX];
    long double largest = 1.18973149535723176502e+4932L;
    size_t len = number_format_float(-largest, out);
    cr_expect_eq(len, 4934);
    long double again;
    cr_expect(number_parse_float(out, len, &again));
    cr_expect_eq(again, -largest);
}

Test(number, what_is_no_float) {
    const char *wrong[] = {"", " 1", "1 ", "abc", "1a", "nan", "-nan", "1e5000", "1e-5000", "--1"};
    long double value;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(number_parse_float(wrong[i], strlen(wrong[i]), &value), "'%s'", wrong[i]);
    cr_expect_not(number_parse_float("1\0", 2, &value));
    cr_expect(number_parse_float("-inf", 4, &value));
    cr_expect(isinf(value));
}

Test(number, texts_of_any_length_are_refused_safely) {
    static char digits[2 * NUMBER_FLOAT_TEXT_MAX];
    memset(digits, '1', sizeof digits);
    long double value;
    int64_t integer;
    cr_expect_not(number_parse_float(digits, sizeof digits, &value));
    cr_expect_not(number_parse_int(digits, sizeof digits, &integer));
}

Test(number, locale_of_the_program_does_not_matter) {
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL && setlocale(LC_ALL, "fr_FR.UTF-8") == NULL)
        cr_skip_test("no locale with a decimal comma is installed");
    expect_float("10.5", "10.5");
}
