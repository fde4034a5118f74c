/*
 * redis_chance.c - commands that choose at random: each side's choice is looked at, and Redis then made to hold what
 * Ferrite holds. See redis_sides.h.
 */
#include "redis_sides.h"

#include <criterion/criterion.h>
#include <string.h>

static bool is_there(struct redis_pair *pair, const ferrite_reply *element) {
    static const struct {
        char letter;
        const char *question;
    } questions[] = {{'s', "SISMEMBER"}, {'h', "HEXISTS"}, {'z', "ZSCORE"}, {'r', "EXISTS"}};
    struct redis_command *command = &pair->command;
    char letter = command->argv[0][0] | 32;
    const char *question = "";
    for (size_t i = 0; i < 4; i++)
        if (questions[i].letter == letter) question = questions[i].question;
    const char *argv[3] = {question, command->argv[1], element->str};
    size_t lens[3] = {strlen(question), command->lens[1], element->len};
    if (letter == 'r') {
        argv[1] = element->str;
        lens[1] = element->len;
    }
    ferrite_reply *reply = redis_ours(pair, letter == 'r' ? 2 : 3, argv, lens);
    bool there = reply->type == FERRITE_REPLY_STRING || reply->integer == 1;
    ferrite_free(reply);
    return there;
}

static bool all_there(struct redis_pair *pair, const ferrite_reply *reply) {
    if (reply->type == FERRITE_REPLY_STRING) return is_there(pair, reply);
    for (size_t i = 0; i < reply->count; i++)
        if (!is_there(pair, &reply->elements[i])) return false;
    return true;
}

/* A positive count gives each element once: then the reply has as many as it has without doubles. */
static bool are_different(const struct redis_pair *pair, const ferrite_reply *reply) {
    bool may_repeat = pair->command.argc > 2 && pair->command.argv[2][0] == '-';
    for (size_t i = 0; i < reply->count && !may_repeat; i++)
        for (size_t k = 0; k < i; k++)
            if (replies_same(&reply->elements[i], &reply->elements[k])) return false;
    return true;
}

void redis_compare_random(struct redis_pair *pair) {
    struct redis_answers answers = redis_ask_command(pair);
    if (!redis_same_shape(answers.theirs, answers.ours))
        redis_tell(pair, "reply", &answers);
    else if (!all_there(pair, answers.ours) || !are_different(pair, answers.ours))
        redis_tell(pair, "random choice", &answers);
    redis_answers_free(&answers);
}

static void send_members(struct redis_pair *pair, const char *name, const ferrite_reply *members) {
    bool one = members->type == FERRITE_REPLY_STRING;
    size_t count = one ? 1 : members->count;
    const char *argv[REDIS_WORDS_MAX] = {name, pair->command.argv[1]};
    size_t lens[REDIS_WORDS_MAX] = {strlen(name), pair->command.lens[1]};
    cr_assert_lt(count + 2, REDIS_WORDS_MAX);
    for (size_t i = 0; i < count; i++) {
        argv[i + 2] = one ? members->str : members->elements[i].str;
        lens[i + 2] = one ? members->len : members->elements[i].len;
    }
    redisReply *raw;
    if (count) {
        replies_free(redis_theirs(pair, (int)count + 2, argv, lens, &raw));
        freeReplyObject(raw);
    }
}

/* What Redis took it gets back, and loses what Ferrite took. When both took everything there is
 * nothing to do, and the key is gone on both sides. */
void redis_compare_popped(struct redis_pair *pair) {
    struct redis_answers answers = redis_ask_command(pair);
    bool data =
        answers.ours->type == FERRITE_REPLY_ARRAY || answers.ours->type == FERRITE_REPLY_STRING;
    if (!redis_same_shape(answers.theirs, answers.ours)) {
        redis_tell(pair, "reply", &answers);
    } else if (data && !replies_same_elements(answers.theirs, answers.ours, 1, false)) {
        send_members(pair, "SADD", answers.theirs);
        if (!are_different(pair, answers.ours)) redis_tell(pair, "random choice", &answers);
        send_members(pair, "SREM", answers.ours);
    }
    redis_answers_free(&answers);
}
