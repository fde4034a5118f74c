/*
 * redis_sides.h - the two sides of a comparison: a connection to redis-server and a session of Ferrite, what each answers
 * to a command, and telling of a difference. Shared by redis_pair.c, redis_scan.c, redis_chance.c, redis_transaction.c;
 * one thread.
 */
#ifndef FERRITE_TESTS_REDIS_SIDES_H
#define FERRITE_TESTS_REDIS_SIDES_H

#include "redis_pair.h"

#define REDIS_TOLD_MAX 10u /* differences */
#define REDIS_NEAR_MS  5000

struct redis_pair {
    const struct redis_plan *plan;
    redisContext *redis;
    ferrite_db *db;
    ferrite_session *session;
    struct choices choices;
    struct redis_result result;
    struct redis_command command; /* the present one */
};

/* Both replies of one command. */
struct redis_answers {
    redisReply *raw; /* whose strings `theirs` has */
    ferrite_reply *theirs, *ours;
};

ferrite_reply *redis_theirs(struct redis_pair *pair, int argc, const char **argv,
                            const size_t *lens, redisReply **raw);
ferrite_reply *redis_ours(struct redis_pair *pair, int argc, const char **argv, const size_t *lens);
struct redis_answers redis_ask(struct redis_pair *pair, int argc, const char **argv,
                               const size_t *lens);
/* A name, and a key of `len` bytes and words, each of which may be NULL: then there is no more. */
struct redis_answers redis_ask_text(struct redis_pair *pair, const char *name, const char *key,
                                    size_t len, const char *first, const char *second);
struct redis_answers redis_ask_command(struct redis_pair *pair);
void redis_answers_free(struct redis_answers *answers);

/* Do two replies to a command of that match say the same? (Not for scans and what was popped.) */
bool redis_answers_match(enum redis_match match, const ferrite_reply *theirs,
                         const ferrite_reply *ours);
/* The same kind of reply, of the same length; errors are the same. */
bool redis_same_shape(const ferrite_reply *theirs, const ferrite_reply *ours);

/* Counts a difference, and prints it with the present command; answers may be NULL. */
void redis_tell(struct redis_pair *pair, const char *what, const struct redis_answers *answers);
void redis_empty_both(struct redis_pair *pair);

/* ---- the present command: asked, compared, told ---- */

void redis_compare_scans(struct redis_pair *pair, size_t unit); /* redis_scan.c */
void redis_compare_random(struct redis_pair *pair);             /* redis_chance.c */
void redis_compare_popped(struct redis_pair *pair);
void redis_compare_transaction(
    struct redis_pair *pair); /* redis_transaction.c: of commands of its own */

#endif
