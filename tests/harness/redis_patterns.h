/*
 * redis_patterns.h - the commands that are compared with Redis, with letters in the place of words.
 *
 * A pattern is a command with letters in the place of words:
 *
 *   t h l s z   a key of strings, hashes, lists, sets, sorted sets, now and then of another type
 *   q           a key of sorted sets whose scores are all 0: what order by members needs
 *   k           any key             w   a key that SORT's patterns reach
 *   v m         a value, a member   V M several of them, now and then very many
 *   F S Q       fields with values, scores with members, zeros with members
 *   n f x       an integer, a float, a score, each nearly one now and then
 *   i c         an index, a count   b y a bound of scores, of members
 *   e a A       seconds from now on, a moment in s, in ms
 *   p           a moment in s that is no past one: Redis keeps and counts a key set so for a while
 *   U           a number of sets and sorted sets, and they
 *   d o g       a database, an offset, a glob pattern
 *   ?           one of the row's options, or nothing
 *
 * Constant; used by redis_words.c.
 */
#ifndef FERRITE_TESTS_REDIS_PATTERNS_H
#define FERRITE_TESTS_REDIS_PATTERNS_H

#include "choices.h"

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

struct redis_pattern {
    const char *words, *options; /* options are separated by | */
    enum redis_match match;
};

const struct redis_pattern *redis_pattern_choose(struct choices *choices);

#endif
