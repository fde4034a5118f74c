/*
 * number.c - strict integer and long double texts. Any thread.
 */
#define _GNU_SOURCE /* strtold_l */
#include "number.h"

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool number_parse_int(const char *text, size_t len, int64_t *out) {
    if (len == 0 || len >= NUMBER_INT_TEXT_MAX) return false;
    if (len == 1 && text[0] == '0') {
        *out = 0;
        return true;
    }
    bool negative = text[0] == '-';
    size_t i = negative;
    if (i == len || text[i] < '1' || text[i] > '9') return false;
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    uint64_t value = 0;
    for (; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        unsigned digit = (unsigned)(text[i] - '0');
        if (value > (limit - digit) / 10) return false;
        value = value * 10 + digit;
    }
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

size_t number_format_int(int64_t value, char out[NUMBER_INT_TEXT_MAX]) {
    char reversed[NUMBER_INT_TEXT_MAX];
    size_t digits = 0, len = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        reversed[digits++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0) out[len++] = '-';
    while (digits > 0) out[len++] = reversed[--digits];
    out[len] = '\0';
    return len;
}

/* The C locale, so that a program running in a locale with decimal commas still gets points. */
static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void c_locale_make(void) { c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0); }

static locale_t c_locale_get(void) {
    pthread_once(&c_locale_once, c_locale_make);
    return c_locale;
}

bool number_parse_float(const char *text, size_t len, long double *out) {
    char copy[NUMBER_FLOAT_TEXT_MAX];
    if (len == 0 || len >= sizeof copy || isspace((unsigned char)text[0])) return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    char *end;
    errno = 0;
    locale_t locale = c_locale_get();
    long double value = locale != (locale_t)0 ? strtold_l(copy, &end, locale) : strtold(copy, &end);
    if (end != copy + len || isnan(value)) return false;
    if (errno == ERANGE && (isinf(value) || fpclassify(value) == FP_ZERO)) return false;
    *out = value;
    return true;
}

static size_t without_trailing_zeros(char *text, size_t len) {
    if (memchr(text, '.', len) == NULL) return len;
    while (text[len - 1] == '0') len--;
    if (text[len - 1] == '.') len--;
    return len;
}

size_t number_format_float(long double value, char out[NUMBER_FLOAT_TEXT_MAX]) {
    locale_t locale = c_locale_get();
    locale_t before = locale != (locale_t)0 ? uselocale(locale) : (locale_t)0;
    int printed = snprintf(out, NUMBER_FLOAT_TEXT_MAX, "%.17Lf", value);
    if (before != (locale_t)0) uselocale(before);
    if (printed <= 0 || (size_t)printed >= NUMBER_FLOAT_TEXT_MAX) return 0;
    size_t len = without_trailing_zeros(out, (size_t)printed);
    if (len == 2 && memcmp(out, "-0", 2) == 0) {
        out[0] = '0';
        len = 1;
    }
    out[len] = '\0';
    return len;
}

long double number_meant(double value) {
    char text[32];
    long double meant = value;
    for (int digits = DBL_DIG; digits <= DBL_DIG + 2; digits++) {
        int len = snprintf(text, sizeof text, "%.*e", digits - 1, value);
        for (int i = 0; i < len; i++)
            if (text[i] == ',') text[i] = '.';
        if (number_parse_float(text, (size_t)len, &meant) && (double)meant == value) break;
    }
    return meant;
}
