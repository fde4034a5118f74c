/*
 * option_text.c - values of options as text: sizes, durations, numbers, words. See options.h.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "error.h"
#include "options.h"

struct unit {
    const char *name;
    uint64_t factor;
};

/* Digits alone at the start of text; *rest stands behind them. False: none, or too many. */
static bool digits_read(const char *text, uint64_t *value, const char **rest) {
    uint64_t sum = 0;
    const char *at = text;
    for (; isdigit((unsigned char)*at); at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (sum > (UINT64_MAX - digit) / 10) return false;
        sum = sum * 10 + digit;
    }
    *value = sum;
    *rest = at;
    return at != text;
}

/* A number with one of the units behind it. */
static bool quantity_read(const char *text, const struct unit *units, uint64_t *value) {
    const char *rest;
    uint64_t number;
    if (text == NULL || !digits_read(text, &number, &rest)) return false;
    for (; units->name != NULL; units++) {
        if (strcasecmp(rest, units->name) != 0) continue;
        return !__builtin_mul_overflow(number, units->factor, value);
    }
    return false;
}

int text_size(const char *text, uint64_t *bytes) {
    static const struct unit units[] = {{"", 1},           {"b", 1},           {"k", 1000},
                                        {"kb", 1 << 10},   {"m", 1000000},     {"mb", 1 << 20},
                                        {"g", 1000000000}, {"gb", 1ull << 30}, {NULL, 0}};
    if (quantity_read(text, units, bytes)) return FERRITE_OK;
    return error_set(FERRITE_INVALID, "argument must be a memory value");
}

int text_duration(const char *text, uint64_t *ms) {
    static const struct unit units[] = {{"", 1},        {"ms", 1},       {"s", 1000}, {"m", 60000},
                                        {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
    if (quantity_read(text, units, ms)) return FERRITE_OK;
    return error_set(FERRITE_INVALID, "argument must be a time: milliseconds, or 10s, 5m, 2h, 7d");
}

int text_number(const char *text, uint64_t max, uint64_t *value) {
    const char *rest;
    if (text == NULL || !digits_read(text, value, &rest) || *rest != '\0')
        return error_set(FERRITE_INVALID, "argument couldn't be parsed into an integer");
    if (*value <= max) return FERRITE_OK;
    return error_set(FERRITE_INVALID, "argument must be between 0 and %llu inclusive",
                     (unsigned long long)max);
}

int text_yesno(const char *text, uint64_t *value) {
    static const struct option_word words[] = {{"yes", 1},  {"no", 0},    {"1", 1}, {"0", 0},
                                               {"true", 1}, {"false", 0}, {NULL, 0}};
    if (text_word(words, text, strlen(text), value)) return FERRITE_OK;
    return error_set(FERRITE_INVALID, "argument must be 'yes' or 'no'");
}

bool text_word(const struct option_word *words, const char *text, size_t len, uint64_t *value) {
    for (; words->word != NULL; words++) {
        if (strlen(words->word) != len || strncasecmp(words->word, text, len) != 0) continue;
        *value = words->value;
        return true;
    }
    return false;
}

void words_list(const struct option_word *words, char *text, size_t size) {
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; words[i].word != NULL && len < size; i++)
        len += (size_t)snprintf(text + len, size - len, "%s%s", i != 0 ? ", " : "", words[i].word);
}

int ferrite_parse_size(const char *text, uint64_t *bytes, ferrite_error **err) {
    uint64_t parsed = 0;
    int code = text_size(text, &parsed);
    if (code != FERRITE_OK) {
        error_set(code, "'%.64s' is no size: digits, then b, k, kb, m, mb, g, gb or nothing",
                  text != NULL ? text : "");
        return error_give(err, code);
    }
    if (bytes != NULL) *bytes = parsed;
    return 0;
}
