/*
 * scores.c - see scores.h.
 */
#define _GNU_SOURCE /* strtod_l */
#include "scores.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX_LEN 1024u /* longer words are no numbers */

/* The C locale, so that a program running in a locale with decimal commas still gets points. */
static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void c_locale_make(void) { c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0); }

static double number_of(const char *text, char **end) {
    pthread_once(&c_locale_once, c_locale_make);
    errno = 0;
    return c_locale != (locale_t)0 ? strtod_l(text, end, c_locale) : strtod(text, end);
}

bool word_score(ferrite_slice word, double *score) {
    char text[WORD_MAX_LEN], *end;
    if (word.len == 0 || word.len >= sizeof text || isspace((unsigned char)word.data[0]))
        return false;
    memcpy(text, word.data, word.len);
    text[word.len] = '\0';
    double value = number_of(text, &end);
    if (end != text + word.len || isnan(value)) return false;
    if (errno == ERANGE && (isinf(value) || fpclassify(value) == FP_ZERO)) return false;
    *score = value;
    return true;
}

bool arg_score(struct command_call *call, int i, double *score) {
    if (word_score(call->args[i], score)) return true;
    reply_error(call->reply, "ERR value is not a valid float");
    return false;
}

static size_t integer_text(int64_t value, char *text) {
    char digits[20];
    size_t count = 0, len = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do digits[count++] = (char)('0' + rest % 10);
    while ((rest /= 10));
    if (value < 0) text[len++] = '-';
    while (count > 0) text[len++] = digits[--count];
    return len;
}

/* Whole numbers are the common case, and need no printf. */
size_t score_text(double score, char text[SCORE_TEXT_MAX]) {
    if (isinf(score)) return (size_t)snprintf(text, SCORE_TEXT_MAX, score > 0 ? "inf" : "-inf");
    bool whole = fabs(score) < 1e15 && score == (double)(int64_t)score;
    if (whole && !(score == 0 && signbit(score))) return integer_text((int64_t)score, text);
    pthread_once(&c_locale_once, c_locale_make);
    locale_t before = c_locale != (locale_t)0 ? uselocale(c_locale) : (locale_t)0;
    int len = snprintf(text, SCORE_TEXT_MAX, "%.17g", score);
    if (before != (locale_t)0) uselocale(before);
    return (size_t)len;
}

void reply_score(struct reply *reply, double score) {
    char text[SCORE_TEXT_MAX];
    reply_string(reply, text, score_text(score, text));
}

/* Redis reads bounds less strictly: spaces before, an empty word (0) and overflow are fine. */
static bool parse_score_bound(ferrite_slice word, double *bound, bool *open) {
    char text[WORD_MAX_LEN], *end;
    *open = word.len > 0 && word.data[0] == '(';
    if (word.len >= sizeof text) return false;
    memcpy(text, word.data, word.len);
    text[word.len] = '\0';
    *bound = number_of(text + *open, &end);
    return *end == '\0' && !isnan(*bound);
}

bool arg_score_bounds(struct command_call *call, int min, int max, ferrite_zspan *span) {
    bool min_open, max_open;
    span->by = FERRITE_ZBY_SCORE;
    if (!parse_score_bound(call->args[min], &span->min, &min_open) ||
        !parse_score_bound(call->args[max], &span->max, &max_open)) {
        reply_error(call->reply, "ERR min or max is not a float");
        return false;
    }
    if (min_open) span->flags |= FERRITE_ZSPAN_ABOVE_MIN;
    if (max_open) span->flags |= FERRITE_ZSPAN_BELOW_MAX;
    return true;
}

/* `-` and `+` are before and after everything: *end -1, 1, else 0. */
static bool parse_member_bound(ferrite_slice word, ferrite_slice *bound, bool *open, int *end) {
    *end = 0;
    *open = false;
    if (word.len == 1 && (word.data[0] == '-' || word.data[0] == '+')) {
        *end = word.data[0] == '-' ? -1 : 1;
        return true;
    }
    if (word.len == 0 || (word.data[0] != '[' && word.data[0] != '(')) return false;
    *bound = (ferrite_slice){word.data + 1, word.len - 1};
    *open = word.data[0] == '(';
    return true;
}

bool arg_member_bounds(struct command_call *call, int min, int max, ferrite_zspan *span) {
    bool min_open, max_open;
    int min_end, max_end;
    span->by = FERRITE_ZBY_MEMBER;
    if (!parse_member_bound(call->args[min], &span->min_member, &min_open, &min_end) ||
        !parse_member_bound(call->args[max], &span->max_member, &max_open, &max_end)) {
        reply_error(call->reply, "ERR min or max not valid string range item");
        return false;
    }
    if (min_open) span->flags |= FERRITE_ZSPAN_ABOVE_MIN;
    if (max_open) span->flags |= FERRITE_ZSPAN_BELOW_MAX;
    if (min_end > 0 || max_end < 0) span->limit = 0;
    return true;
}
