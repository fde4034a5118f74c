/*
 * redis_words.h - random commands for comparing with Redis: every command, its options, and what is
 * wrong in all the usual ways. A function of the choices alone.
 */
#ifndef FERRITE_TESTS_REDIS_WORDS_H
#define FERRITE_TESTS_REDIS_WORDS_H

#include "choices.h"

#include <stddef.h>

/* What of two replies must be the same. */
enum redis_match {
    REDIS_SAME,
    REDIS_ELEMENTS, /* an array in any order */
    REDIS_PAIRS,    /* the same of field, value, … */
    REDIS_NEAR,     /* a time, which goes on between the two */
    REDIS_SCAN,     /* all that a scan from this cursor on gives */
    REDIS_SCAN_PAIRS,
    REDIS_KIND,   /* the kind of reply: what is in it is not the same here */
    REDIS_RANDOM, /* so many, and all of them there */
    REDIS_POPPED, /* the same, and then removed */
};

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
