/*
 * redis_words.c - see redis.h. A template is parsed once, so that filling it in costs no more than
 * what the functions for Ferrite do.
 */
#include "redis.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

double redis_score(uint64_t number) { return (double)(number * 7919 % redis_data.count); }

void redis_value(uint64_t number, char value[VALUE_LEN]) {
    struct bench_random random = {number};
    value_make(&random, value);
}

/* So few that most counters are there already. */
uint64_t redis_counter(uint64_t number) { return number % (redis_data.count / 10 + 1); }

void redis_words_parse(struct redis_words *words, const char *from) {
    memset(words, 0, sizeof *words);
    while (*from) {
        int i = words->count++;
        size_t len = strcspn(from, " ");
        if (len == 1 && isupper((unsigned char)*from)) words->kind[i] = *from;
        memcpy(words->text[i], from, len);
        words->at[i] = words->text[i];
        words->len[i] = len;
        from += len + strspn(from + len, " ");
    }
}

static size_t number_make(char *text, double number) {
    return (size_t)snprintf(text, VALUE_LEN, "%.0f", number);
}

static size_t word_make(char kind, char *text, uint64_t number) {
    uint64_t count = redis_data.count;
    switch (kind) {
    case 'K':
        key_make(number, text);
        return KEY_LEN;
    case 'C':
        key_make(redis_counter(number), text);
        return KEY_LEN;
    case 'P':
        key_make(redis_data.order[count / 2], text);
        return KEY_LEN; /* amid the list */
    case 'V':
        redis_value(number, text);
        return VALUE_LEN;
    case 'S':
        return number_make(text, redis_score(number));
    case 'L':
        return number_make(text, (double)(number / 2)); /* L to H: half of the scores */
    case 'H':
        return number_make(text, (double)(number / 2 + count / 2));
    case 'M':
        return number_make(text, (double)(count / 2));
    default:
        bench_die("no such kind of word: %c", kind);
    }
}

void redis_words_fill(struct redis_words *words, uint64_t number) {
    for (int i = 0; i < words->count; i++)
        if (words->kind[i]) words->len[i] = word_make(words->kind[i], words->text[i], number);
}
