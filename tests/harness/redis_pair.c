/*
 * redis_pair.c - the same random commands to Redis and to Ferrite. See redis_pair.h.
 *
 * After a difference both are emptied, so that one mistake is told once. Random choices are taken
 * from each, looked at, and Redis then made to hold what Ferrite holds.
 */
#include "redis_pair.h"

#include "../../cli/print.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TOLD_MAX      10u
#define NEAR_MS       5000
#define COMPARE_EVERY 2500u
#define REOPEN_EVERY  600u
#define DATABASES     16

struct pair {
    const struct redis_plan *plan;
    redisContext *redis;
    ferrite_db *db;
    ferrite_session *session;
    struct choices choices;
    struct redis_result result;
    struct redis_command command;
};

/* ---- one command on one side ---- */

static ferrite_reply *theirs_words(struct pair *pair, int argc, const char **argv,
                                   const size_t *lens, redisReply **raw) {
    *raw = redisCommandArgv(pair->redis, argc, argv, lens);
    cr_assert_not_null(*raw, "redis-server: %s", pair->redis->errstr);
    return replies_convert(*raw);
}

static ferrite_reply *ours_words(struct pair *pair, int argc, const char **argv,
                                 const size_t *lens) {
    ferrite_error *err = NULL;
    ferrite_reply *reply = ferrite_session_command(pair->session, argc, argv, lens, &err);
    cr_assert_not_null(reply, "%s", ferrite_error_message(err));
    return reply;
}

/* Both replies of one command. */
struct answers {
    redisReply *raw;
    ferrite_reply *theirs, *ours;
};

static struct answers ask(struct pair *pair, int argc, const char **argv, const size_t *lens) {
    struct answers answers;
    answers.theirs = theirs_words(pair, argc, argv, lens, &answers.raw);
    answers.ours = ours_words(pair, argc, argv, lens);
    return answers;
}

static void answers_free(struct answers *answers) {
    replies_free(answers->theirs);
    ferrite_free(answers->ours);
    freeReplyObject(answers->raw);
}

static struct answers ask_text(struct pair *pair, const char *name, const char *key, size_t len,
                               const char *first, const char *second) {
    const char *argv[4] = {name, key, first, second};
    size_t lens[4] = {strlen(name), len, first ? strlen(first) : 0, second ? strlen(second) : 0};
    return ask(pair, !key ? 1 : !first ? 2 : !second ? 3 : 4, argv, lens);
}

/* ---- telling ---- */

static void print_words(FILE *out, int argc, const char **argv, const size_t *lens) {
    for (int i = 0; i < argc; i++) {
        putc(' ', out);
        print_quoted(out, argv[i], lens[i] < 200 ? lens[i] : 200);
    }
    putc('\n', out);
}

static void tell(struct pair *pair, const char *what, const struct answers *answers) {
    if (++pair->result.differences > TOLD_MAX) return;
    printf("difference at command %" PRIu64 " of seed %" PRIu64 " (%s): %s\n",
           pair->result.commands, pair->plan->seed, pair->plan->path ? "file" : "memory", what);
    print_words(stdout, pair->command.argc, pair->command.argv, pair->command.lens);
    if (!answers) return;
    puts("redis-server:");
    print_reply(stdout, PRINT_TYPED, answers->theirs, false);
    puts("ferrite:");
    print_reply(stdout, PRINT_TYPED, answers->ours, false);
    fflush(stdout);
}

static void empty_both(struct pair *pair) {
    struct answers answers = ask_text(pair, "FLUSHALL", NULL, 0, NULL, NULL);
    answers_free(&answers);
}

/* ---- scans ---- */

/* All that a scan gives, as an array that owns copies; a reply that is an error as it is. */
struct found {
    ferrite_reply reply;
    ferrite_reply *elements;
    size_t cap;
};

static void found_add(struct found *found, const ferrite_reply *element) {
    if (found->reply.count == found->cap) {
        found->cap = found->cap * 2 + 64;
        found->elements = realloc(found->elements, found->cap * sizeof *found->elements);
        cr_assert_not_null(found->elements);
        found->reply.elements = found->elements;
    }
    char *copy = malloc(element->len + 1);
    cr_assert_not_null(copy);
    memcpy(copy, element->str, element->len);
    copy[element->len] = 0;
    ferrite_reply *last = &found->elements[found->reply.count++];
    *last = *element;
    last->str = copy;
}

static void found_free(struct found *found) {
    for (size_t i = 0; i < found->reply.count; i++) free((void *)found->elements[i].str);
    free(found->elements);
}

/* One step's elements, and the next cursor. False: the reply is no step. */
static bool found_step(struct found *found, const ferrite_reply *reply, char cursor[32]) {
    if (reply->type != FERRITE_REPLY_ARRAY || reply->count != 2) return false;
    snprintf(cursor, 32, "%s", reply->elements[0].str);
    const ferrite_reply *list = &reply->elements[1];
    for (size_t i = 0; i < list->count; i++) found_add(found, &list->elements[i]);
    return true;
}

static bool scan_words(struct pair *pair, bool ours, struct found *found) {
    struct redis_command *command = &pair->command;
    const char *argv[REDIS_WORDS_MAX];
    size_t lens[REDIS_WORDS_MAX];
    char cursor[32] = "0";
    int at = strncasecmp(command->argv[0], "scan", 4) == 0 ? 1 : 2;
    memcpy(argv, command->argv, sizeof argv);
    memcpy(lens, command->lens, sizeof lens);
    found->reply.type = FERRITE_REPLY_ARRAY;
    bool step = true;
    for (int i = 0; step && (i == 0 || strcmp(cursor, "0") != 0); i++) {
        redisReply *raw = NULL;
        argv[at] = cursor;
        lens[at] = strlen(cursor);
        ferrite_reply *reply = ours ? ours_words(pair, command->argc, argv, lens)
                                    : theirs_words(pair, command->argc, argv, lens, &raw);
        step = found_step(found, reply, cursor);
        if (ours)
            ferrite_free(reply);
        else
            replies_free(reply);
        if (raw) freeReplyObject(raw);
        cr_assert_lt(i, 100000, "a scan that does not end");
    }
    return step;
}

static void compare_scans(struct pair *pair, size_t unit) {
    struct answers first = ask(pair, pair->command.argc, pair->command.argv, pair->command.lens);
    struct found theirs = {0}, ours = {0};
    if (first.theirs->type != FERRITE_REPLY_ARRAY || first.ours->type != FERRITE_REPLY_ARRAY) {
        if (!replies_same(first.theirs, first.ours)) tell(pair, "reply", &first);
    } else {
        scan_words(pair, false, &theirs);
        scan_words(pair, true, &ours);
        if (!replies_same_elements(&theirs.reply, &ours.reply, unit, true)) {
            struct answers all = {NULL, &theirs.reply, &ours.reply};
            tell(pair, "what the scan gives", &all);
        }
    }
    found_free(&theirs);
    found_free(&ours);
    answers_free(&first);
}

/* ---- random choices ---- */

static bool is_there(struct pair *pair, const ferrite_reply *element) {
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
    ferrite_reply *reply = ours_words(pair, letter == 'r' ? 2 : 3, argv, lens);
    bool there = reply->type == FERRITE_REPLY_STRING || reply->integer == 1;
    ferrite_free(reply);
    return there;
}

static bool all_there(struct pair *pair, const ferrite_reply *reply) {
    if (reply->type == FERRITE_REPLY_STRING) return is_there(pair, reply);
    for (size_t i = 0; i < reply->count; i++)
        if (!is_there(pair, &reply->elements[i])) return false;
    return true;
}

/* A positive count gives each element once: then the reply has as many as it has without doubles. */
static bool are_different(const struct pair *pair, const ferrite_reply *reply) {
    bool may_repeat = pair->command.argc > 2 && pair->command.argv[2][0] == '-';
    for (size_t i = 0; i < reply->count && !may_repeat; i++)
        for (size_t k = 0; k < i; k++)
            if (replies_same(&reply->elements[i], &reply->elements[k])) return false;
    return true;
}

static bool same_shape(const struct answers *answers) {
    const ferrite_reply *a = answers->theirs, *b = answers->ours;
    if (a->type != b->type || a->count != b->count) return false;
    return a->type != FERRITE_REPLY_ERROR || replies_same(a, b);
}

static void compare_random(struct pair *pair) {
    struct answers answers = ask(pair, pair->command.argc, pair->command.argv, pair->command.lens);
    if (!same_shape(&answers))
        tell(pair, "reply", &answers);
    else if (!all_there(pair, answers.ours) || !are_different(pair, answers.ours))
        tell(pair, "random choice", &answers);
    answers_free(&answers);
}

static void send_members(struct pair *pair, const char *name, const ferrite_reply *members) {
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
        replies_free(theirs_words(pair, (int)count + 2, argv, lens, &raw));
        freeReplyObject(raw);
    }
}

/* What Redis took it gets back, and loses what Ferrite took. When both took everything there is
 * nothing to do, and the key is gone on both sides. */
static void compare_popped(struct pair *pair) {
    struct answers answers = ask(pair, pair->command.argc, pair->command.argv, pair->command.lens);
    bool data =
        answers.ours->type == FERRITE_REPLY_ARRAY || answers.ours->type == FERRITE_REPLY_STRING;
    if (!same_shape(&answers)) {
        tell(pair, "reply", &answers);
    } else if (data && !replies_same_elements(answers.theirs, answers.ours, 1, false)) {
        send_members(pair, "SADD", answers.theirs);
        if (!are_different(pair, answers.ours)) tell(pair, "random choice", &answers);
        send_members(pair, "SREM", answers.ours);
    }
    answers_free(&answers);
}

/* ---- one command ---- */

static void compare_replies(struct pair *pair) {
    struct redis_command *command = &pair->command;
    struct answers answers = ask(pair, command->argc, command->argv, command->lens);
    bool same = command->match == REDIS_KIND   ? same_shape(&answers)
                : command->match == REDIS_NEAR ? replies_near(answers.theirs, answers.ours, NEAR_MS)
                : command->match == REDIS_ELEMENTS || command->match == REDIS_PAIRS
                    ? replies_same_elements(answers.theirs, answers.ours,
                                            command->match == REDIS_PAIRS ? 2 : 1, false)
                    : replies_same(answers.theirs, answers.ours);
    pair->result.errors += answers.theirs->type == FERRITE_REPLY_ERROR;
    if (!same) tell(pair, "reply", &answers);
    answers_free(&answers);
}

static void compare_one(struct pair *pair) {
    switch (pair->command.match) {
    case REDIS_SCAN:
        compare_scans(pair, 1);
        break;
    case REDIS_SCAN_PAIRS:
        compare_scans(pair, 2);
        break;
    case REDIS_RANDOM:
        compare_random(pair);
        break;
    case REDIS_POPPED:
        compare_popped(pair);
        break;
    default:
        compare_replies(pair);
    }
}

/* ---- all that is there ---- */

static void compare_answer(struct pair *pair, struct answers answers, size_t unit, int64_t apart) {
    bool same = unit    ? replies_same_elements(answers.theirs, answers.ours, unit, false)
                : apart ? replies_near(answers.theirs, answers.ours, apart)
                        : replies_same(answers.theirs, answers.ours);
    if (!same) tell(pair, "content, after", &answers);
    answers_free(&answers);
}

static void compare_key(struct pair *pair, const char *key, size_t len) {
    struct answers type = ask_text(pair, "TYPE", key, len, NULL, NULL);
    const char *name = type.ours->str;
    compare_answer(pair, ask_text(pair, "PEXPIRETIME", key, len, NULL, NULL), 0, NEAR_MS);
    if (strcmp(name, "hash") == 0)
        compare_answer(pair, ask_text(pair, "HGETALL", key, len, NULL, NULL), 2, 0);
    else if (strcmp(name, "set") == 0)
        compare_answer(pair, ask_text(pair, "SMEMBERS", key, len, NULL, NULL), 1, 0);
    else if (strcmp(name, "list") == 0)
        compare_answer(pair, ask_text(pair, "LRANGE", key, len, "0", "-1"), 0, 0);
    else if (strcmp(name, "zset") == 0)
        compare_answer(pair, ask_text(pair, "ZRANGEBYSCORE", key, len, "-inf", "+inf"), 0, 0);
    else
        compare_answer(pair, ask_text(pair, "GET", key, len, NULL, NULL), 0, 0);
    compare_answer(pair, type, 0, 0);
    pair->result.compared++;
}

static void compare_database(struct pair *pair) {
    struct answers keys = ask_text(pair, "KEYS", "*", 1, NULL, NULL);
    if (!replies_same_elements(keys.theirs, keys.ours, 1, false)) tell(pair, "keys", &keys);
    for (size_t i = 0; i < keys.ours->count; i++)
        compare_key(pair, keys.ours->elements[i].str, keys.ours->elements[i].len);
    answers_free(&keys);
}

static void select_both(struct pair *pair, int index) {
    char number[16];
    int len = snprintf(number, sizeof number, "%d", index);
    struct answers answers = ask_text(pair, "SELECT", number, (size_t)len, NULL, NULL);
    answers_free(&answers);
}

static void compare_all(struct pair *pair) {
    int selected = ferrite_session_database(pair->session);
    for (int index = 0; index < DATABASES; index++) {
        select_both(pair, index);
        compare_database(pair);
    }
    select_both(pair, selected);
}

/* ---- a run ---- */

/* Another cache and compression at each open; bounds that are never reached, but counted for. */
static void choose_budgets(struct pair *pair, ferrite_options *options) {
    static const uint64_t caches[] = {4 << 10, 64 << 10, 0, FERRITE_CACHE_OFF};
    options->cache_size = caches[choose(&pair->choices, 4)];
    options->compression = (int)choose(&pair->choices, 3);
    options->compression_min = choose(&pair->choices, 2) ? 1 : 0;
    options->max_keys = 1u << 30;
    options->max_memory = UINT64_C(1) << 33;
    options->max_size = UINT64_C(1) << 33;
}

static void open_ours(struct pair *pair, int index) {
    ferrite_error *err = NULL;
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.log_size = 256 << 10; /* so that checkpoints come often */
    choose_budgets(pair, &options);
    pair->db = ferrite_open_with(pair->plan->path, &options, &err);
    cr_assert_not_null(pair->db, "%s", ferrite_error_message(err));
    pair->session = ferrite_session_open(pair->db, &err);
    cr_assert_not_null(pair->session);
    select_both(pair, index);
}

static void close_ours(struct pair *pair) {
    ferrite_session_close(pair->session);
    ferrite_close(pair->db);
}

static void reopen(struct pair *pair) {
    int index = ferrite_session_database(pair->session);
    close_ours(pair);
    open_ours(pair, index);
    pair->result.reopened++;
}

static void expect_sound(struct pair *pair) {
    uint64_t findings = 0;
    ferrite_error *err = NULL;
    int result = ferrite_check(pair->db, NULL, &findings, &err);
    if (result < 0 || findings) tell(pair, "the check finds damage", NULL);
    ferrite_error_free(err);
}

static void step(struct pair *pair) {
    uint64_t before = pair->result.differences;
    redis_command_make(&pair->command, &pair->choices);
    compare_one(pair);
    pair->result.commands++;
    if (pair->plan->path && choose_once_in(&pair->choices, REOPEN_EVERY)) reopen(pair);
    if (choose_once_in(&pair->choices, COMPARE_EVERY)) compare_all(pair);
    bool differs = pair->result.differences != before;
    if (differs || choose_once_in(&pair->choices, 2 * COMPARE_EVERY)) empty_both(pair);
}

struct redis_result redis_run(const struct redis_plan *plan) {
    struct pair *pair = calloc(1, sizeof *pair);
    cr_assert_not_null(pair);
    pair->plan = plan;
    pair->choices = choices_seeded(plan->seed);
    pair->redis = redisConnectUnix(plan->socket);
    cr_assert(pair->redis && !pair->redis->err, "no redis-server at %s", plan->socket);
    open_ours(pair, 0);
    empty_both(pair);
    while (pair->result.commands < plan->commands && pair->result.differences < TOLD_MAX)
        step(pair);
    compare_all(pair);
    expect_sound(pair);
    close_ours(pair);
    redisFree(pair->redis);
    struct redis_result result = pair->result;
    free(pair);
    return result;
}
