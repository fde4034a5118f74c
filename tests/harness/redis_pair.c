/*
 * redis_pair.c - the same random commands to Redis and to Ferrite. See redis_pair.h.
 *
 * After a difference both are emptied, so that one mistake is told once.
 */
#include "redis_sides.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define COMPARE_EVERY     2500u
#define REOPEN_EVERY      600u
#define TRANSACTION_EVERY 30u
#define DATABASES         16

/* ---- one command ---- */

static void compare_replies(struct redis_pair *pair) {
    struct redis_answers answers = redis_ask_command(pair);
    bool same = redis_answers_match(pair->command.match, answers.theirs, answers.ours);
    pair->result.errors += answers.theirs->type == FERRITE_REPLY_ERROR;
    if (!same) redis_tell(pair, "reply", &answers);
    redis_answers_free(&answers);
}

static void compare_one(struct redis_pair *pair) {
    switch (pair->command.match) {
    case REDIS_SCAN:
        redis_compare_scans(pair, 1);
        break;
    case REDIS_SCAN_PAIRS:
        redis_compare_scans(pair, 2);
        break;
    case REDIS_RANDOM:
        redis_compare_random(pair);
        break;
    case REDIS_POPPED:
        redis_compare_popped(pair);
        break;
    default:
        compare_replies(pair);
    }
}

/* ---- all that is there ---- */

static void compare_answer(struct redis_pair *pair, struct redis_answers answers, size_t unit,
                           int64_t apart) {
    bool same = unit    ? replies_same_elements(answers.theirs, answers.ours, unit, false)
                : apart ? replies_near(answers.theirs, answers.ours, apart)
                        : replies_same(answers.theirs, answers.ours);
    if (!same) redis_tell(pair, "content, after", &answers);
    redis_answers_free(&answers);
}

static void compare_key(struct redis_pair *pair, const char *key, size_t len) {
    struct redis_answers type = redis_ask_text(pair, "TYPE", key, len, NULL, NULL);
    const char *name = type.ours->str;
    compare_answer(pair, redis_ask_text(pair, "PEXPIRETIME", key, len, NULL, NULL), 0,
                   REDIS_NEAR_MS);
    if (strcmp(name, "hash") == 0)
        compare_answer(pair, redis_ask_text(pair, "HGETALL", key, len, NULL, NULL), 2, 0);
    else if (strcmp(name, "set") == 0)
        compare_answer(pair, redis_ask_text(pair, "SMEMBERS", key, len, NULL, NULL), 1, 0);
    else if (strcmp(name, "list") == 0)
        compare_answer(pair, redis_ask_text(pair, "LRANGE", key, len, "0", "-1"), 0, 0);
    else if (strcmp(name, "zset") == 0)
        compare_answer(pair, redis_ask_text(pair, "ZRANGEBYSCORE", key, len, "-inf", "+inf"), 0, 0);
    else
        compare_answer(pair, redis_ask_text(pair, "GET", key, len, NULL, NULL), 0, 0);
    compare_answer(pair, type, 0, 0);
    pair->result.compared++;
}

static void compare_database(struct redis_pair *pair) {
    struct redis_answers keys = redis_ask_text(pair, "KEYS", "*", 1, NULL, NULL);
    if (!replies_same_elements(keys.theirs, keys.ours, 1, false)) redis_tell(pair, "keys", &keys);
    for (size_t i = 0; i < keys.ours->count; i++)
        compare_key(pair, keys.ours->elements[i].str, keys.ours->elements[i].len);
    redis_answers_free(&keys);
}

static void select_both(struct redis_pair *pair, int index) {
    char number[16];
    int len = snprintf(number, sizeof number, "%d", index);
    struct redis_answers answers = redis_ask_text(pair, "SELECT", number, (size_t)len, NULL, NULL);
    redis_answers_free(&answers);
}

static void compare_all(struct redis_pair *pair) {
    int selected = ferrite_session_database(pair->session);
    for (int index = 0; index < DATABASES; index++) {
        select_both(pair, index);
        compare_database(pair);
    }
    select_both(pair, selected);
}

/* ---- a run ---- */

/* Another cache and compression at each open; bounds that are never reached, but counted for. */
static void choose_budgets(struct redis_pair *pair, ferrite_options *options) {
    static const uint64_t caches[] = {4 << 10, 64 << 10, 0, FERRITE_CACHE_OFF};
    options->cache_size = caches[choose(&pair->choices, 4)];
    options->compression = (int)choose(&pair->choices, 3);
    options->compression_min = choose(&pair->choices, 2) ? 1 : 0;
    options->max_keys = 1u << 30;
    options->max_memory = UINT64_C(1) << 33;
    options->max_size = UINT64_C(1) << 33;
}

static void open_ours(struct redis_pair *pair, int index) {
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

static void close_ours(struct redis_pair *pair) {
    ferrite_session_close(pair->session);
    ferrite_close(pair->db);
}

static void reopen(struct redis_pair *pair) {
    int index = ferrite_session_database(pair->session);
    close_ours(pair);
    open_ours(pair, index);
    pair->result.reopened++;
}

static void expect_sound(struct redis_pair *pair) {
    uint64_t findings = 0;
    ferrite_error *err = NULL;
    int result = ferrite_check(pair->db, NULL, &findings, &err);
    if (result < 0 || findings) redis_tell(pair, "the check finds damage", NULL);
    ferrite_error_free(err);
}

static void step(struct redis_pair *pair) {
    uint64_t before = pair->result.differences;
    if (choose_once_in(&pair->choices, TRANSACTION_EVERY)) {
        redis_compare_transaction(pair);
    } else {
        redis_command_make(&pair->command, &pair->choices);
        compare_one(pair);
        pair->result.commands++;
    }
    if (pair->plan->path && choose_once_in(&pair->choices, REOPEN_EVERY)) reopen(pair);
    if (choose_once_in(&pair->choices, COMPARE_EVERY)) compare_all(pair);
    bool differs = pair->result.differences != before;
    if (differs || choose_once_in(&pair->choices, 2 * COMPARE_EVERY)) redis_empty_both(pair);
}

struct redis_result redis_run(const struct redis_plan *plan) {
    struct redis_pair *pair = calloc(1, sizeof *pair);
    cr_assert_not_null(pair);
    pair->plan = plan;
    pair->choices = choices_seeded(plan->seed);
    pair->redis = redisConnectUnix(plan->socket);
    cr_assert(pair->redis && !pair->redis->err, "no redis-server at %s", plan->socket);
    open_ours(pair, 0);
    redis_empty_both(pair);
    while (pair->result.commands < plan->commands && pair->result.differences < REDIS_TOLD_MAX)
        step(pair);
    compare_all(pair);
    expect_sound(pair);
    close_ours(pair);
    redisFree(pair->redis);
    struct redis_result result = pair->result;
    free(pair);
    return result;
}
