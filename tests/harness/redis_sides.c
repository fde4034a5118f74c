/* redis_sides.c - see redis_sides.h. */
#include "redis_sides.h"

#include "../../cli/print.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- one command on one side ---- */

ferrite_reply *redis_theirs(struct redis_pair *pair, int argc, const char **argv,
                            const size_t *lens, redisReply **raw) {
    *raw = redisCommandArgv(pair->redis, argc, argv, lens);
    cr_assert_not_null(*raw, "redis-server: %s", pair->redis->errstr);
    return replies_convert(*raw);
}

ferrite_reply *redis_ours(struct redis_pair *pair, int argc, const char **argv,
                          const size_t *lens) {
    ferrite_error *err = NULL;
    ferrite_reply *reply = ferrite_session_command(pair->session, argc, argv, lens, &err);
    cr_assert_not_null(reply, "%s", ferrite_error_message(err));
    return reply;
}

struct redis_answers redis_ask(struct redis_pair *pair, int argc, const char **argv,
                               const size_t *lens) {
    struct redis_answers answers;
    answers.theirs = redis_theirs(pair, argc, argv, lens, &answers.raw);
    answers.ours = redis_ours(pair, argc, argv, lens);
    return answers;
}

struct redis_answers redis_ask_command(struct redis_pair *pair) {
    return redis_ask(pair, pair->command.argc, pair->command.argv, pair->command.lens);
}

void redis_answers_free(struct redis_answers *answers) {
    replies_free(answers->theirs);
    ferrite_free(answers->ours);
    freeReplyObject(answers->raw);
}

struct redis_answers redis_ask_text(struct redis_pair *pair, const char *name, const char *key,
                                    size_t len, const char *first, const char *second) {
    const char *argv[4] = {name, key, first, second};
    size_t lens[4] = {strlen(name), len, first ? strlen(first) : 0, second ? strlen(second) : 0};
    return redis_ask(pair, !key ? 1 : !first ? 2 : !second ? 3 : 4, argv, lens);
}

bool redis_same_shape(const ferrite_reply *a, const ferrite_reply *b) {
    if (a->type != b->type || a->count != b->count) return false;
    return a->type != FERRITE_REPLY_ERROR || replies_same(a, b);
}

bool redis_answers_match(enum redis_match match, const ferrite_reply *theirs,
                         const ferrite_reply *ours) {
    switch (match) {
    case REDIS_KIND:
    case REDIS_RANDOM:
        return redis_same_shape(theirs, ours);
    case REDIS_NEAR:
        return replies_near(theirs, ours, REDIS_NEAR_MS);
    case REDIS_ELEMENTS:
    case REDIS_PAIRS:
        return replies_same_elements(theirs, ours, match == REDIS_PAIRS ? 2 : 1, false);
    default:
        return replies_same(theirs, ours);
    }
}

/* ---- telling ---- */

static void redis_print_words(FILE *out, int argc, const char **argv, const size_t *lens) {
    for (int i = 0; i < argc; i++) {
        putc(' ', out);
        print_quoted(out, argv[i], lens[i] < 200 ? lens[i] : 200);
    }
    putc('\n', out);
}

void redis_tell(struct redis_pair *pair, const char *what, const struct redis_answers *answers) {
    if (++pair->result.differences > REDIS_TOLD_MAX) return;
    printf("difference at command %" PRIu64 " of seed %" PRIu64 " (%s): %s\n",
           pair->result.commands, pair->plan->seed, pair->plan->path ? "file" : "memory", what);
    redis_print_words(stdout, pair->command.argc, pair->command.argv, pair->command.lens);
    if (!answers) return;
    puts("redis-server:");
    print_reply(stdout, PRINT_TYPED, answers->theirs, false);
    puts("ferrite:");
    print_reply(stdout, PRINT_TYPED, answers->ours, false);
    fflush(stdout);
}

void redis_empty_both(struct redis_pair *pair) {
    struct redis_answers answers = redis_ask_text(pair, "FLUSHALL", NULL, 0, NULL, NULL);
    redis_answers_free(&answers);
}
