/*
 * redis_pair.h - a redis-server and a Ferrite database that are given the same commands.
 */
#ifndef FERRITE_TESTS_REDIS_PAIR_H
#define FERRITE_TESTS_REDIS_PAIR_H

#include "redis_replies.h"
#include "redis_words.h"

struct redis_plan {
    uint64_t seed, commands;
    const char *socket; /* of the server, which is emptied */
    const char *path;   /* of the file, reopened now and then; NULL: in memory */
};

struct redis_result {
    uint64_t commands, errors;   /* run, and how many were answered with an error */
    uint64_t reopened, compared; /* keys compared as a whole */
    uint64_t differences;        /* the first ones are printed */
};

struct redis_result redis_run(const struct redis_plan *plan);

#endif
