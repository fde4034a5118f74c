/*
 * redis_words.h - random commands for comparing with Redis: every command, its options, and what is
 * wrong in all the usual ways. A function of the choices alone.
 */
#ifndef FERRITE_TESTS_REDIS_WORDS_H
#define FERRITE_TESTS_REDIS_WORDS_H

#include "redis_patterns.h"

#include <stddef.h>

#define REDIS_WORDS_MAX 700

struct redis_command {
    enum redis_match match;
    int argc;
    const char *argv[REDIS_WORDS_MAX];
    size_t lens[REDIS_WORDS_MAX];
    char bytes[1 << 18];
    size_t used;
};

/* The next command; only of those that ferrite_command_find knows. */
void redis_command_make(struct redis_command *command, struct choices *choices);

#endif
