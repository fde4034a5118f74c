/*
 * redis_transaction.c - MULTI, random commands, and EXEC or DISCARD, on both sides; sometimes a key is watched, and
 * sometimes written meanwhile. Or the commands of EXEC run on a transaction's handle. See redis_sides.h.
 */
#include "redis_sides.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define QUEUE_MAX 12u

struct transaction {
    uint32_t queued; /* commands that were accepted */
    enum redis_match matches[QUEUE_MAX];
    char names[QUEUE_MAX][32];
};

static void transaction_note(struct transaction *tx, const struct redis_command *command) {
    tx->matches[tx->queued] = command->match;
    snprintf(tx->names[tx->queued++], sizeof tx->names[0], "%.*s", (int)command->lens[0],
             command->argv[0]);
}

/* The same reply to one of the commands around the queue. False: it was told. */
static bool frame_same(struct redis_pair *pair, const char *name, const char *key,
                       const char *value) {
    struct redis_answers answers =
        redis_ask_text(pair, name, key, key != NULL ? strlen(key) : 0, value, NULL);
    const bool same = replies_same(answers.theirs, answers.ours);
    if (!same) redis_tell(pair, name, &answers);
    redis_answers_free(&answers);
    return same;
}

/* What is written to a watched key is new each time: for Ferrite one that was changed back was not changed. */
static bool watch(struct redis_pair *pair) {
    static const char *const keys[] = {"t1", "l1", "s2", "z1", "t3"};
    const char *key = keys[choose(&pair->choices, 5)];
    char value[24];
    snprintf(value, sizeof value, "%llu", (unsigned long long)pair->result.commands);
    if (!frame_same(pair, "WATCH", key, keys[choose(&pair->choices, 5)])) return false;
    if (choose(&pair->choices, 2) && !frame_same(pair, "SET", key, value)) return false;
    return !choose_once_in(&pair->choices, 5) || frame_same(pair, "UNWATCH", NULL, NULL);
}

static bool ends_queue(const struct redis_command *command) {
    static const char *const names[] = {"EXEC", "DISCARD", "RESET"};
    for (size_t i = 0; i < 3; i++)
        if (strncasecmp(command->argv[0], names[i], command->lens[0]) == 0) return true;
    return false;
}

/* Scans and random choices are not for comparing as a part of EXEC's reply. */
static bool is_for_queue(const struct redis_command *command) {
    switch (command->match) {
    case REDIS_SCAN:
    case REDIS_SCAN_PAIRS:
    case REDIS_RANDOM:
    case REDIS_POPPED:
        return false;
    default:
        return !ends_queue(command);
    }
}

static bool queue_one(struct redis_pair *pair, struct transaction *tx) {
    struct redis_command *command = &pair->command;
    do redis_command_make(command, &pair->choices);
    while (!is_for_queue(command));
    struct redis_answers answers = redis_ask_command(pair);
    const bool same = replies_same(answers.theirs, answers.ours);
    if (answers.ours->type != FERRITE_REPLY_ERROR) transaction_note(tx, command);
    if (!same) redis_tell(pair, "queueing", &answers);
    redis_answers_free(&answers);
    return same;
}

static void compare_results(struct redis_pair *pair, const struct transaction *tx,
                            const struct redis_answers *answers) {
    char what[64];
    for (uint32_t i = 0; i < tx->queued; i++) {
        struct redis_answers one = {NULL, (ferrite_reply *)&answers->theirs->elements[i],
                                    (ferrite_reply *)&answers->ours->elements[i]};
        if (redis_answers_match(tx->matches[i], one.theirs, one.ours)) continue;
        snprintf(what, sizeof what, "result %u of EXEC, %s", i, tx->names[i]);
        redis_tell(pair, what, &one);
        return;
    }
}

static void execute(struct redis_pair *pair, const struct transaction *tx) {
    struct redis_answers answers = redis_ask_text(pair, "EXEC", NULL, 0, NULL, NULL);
    if (!redis_same_shape(answers.theirs, answers.ours))
        redis_tell(pair, "EXEC", &answers);
    else if (answers.ours->type == FERRITE_REPLY_ARRAY)
        compare_results(pair, tx, &answers);
    redis_answers_free(&answers);
}

static void compare_sessions(struct redis_pair *pair) {
    struct transaction tx = {0};
    uint32_t count = choose(&pair->choices, QUEUE_MAX + 1);
    if (choose_once_in(&pair->choices, 3) && !watch(pair)) return;
    if (!frame_same(pair, "MULTI", NULL, NULL)) return;
    while (count-- > 0 && queue_one(pair, &tx)) pair->result.commands++;
    if (choose_once_in(&pair->choices, 8))
        (void)frame_same(pair, "DISCARD", NULL, NULL);
    else
        execute(pair, &tx);
}

/* ---- on a handle ---- */

static ferrite_reply *theirs_text(struct redis_pair *pair, const char *name, redisReply **raw) {
    const size_t len = strlen(name);
    return redis_theirs(pair, 1, &name, &len, raw);
}

/* One without a session's state. */
static void make_for_handle(struct redis_pair *pair) {
    const ferrite_command_info *info;
    do {
        redis_command_make(&pair->command, &pair->choices);
        info = ferrite_command_find(pair->command.argv[0], pair->command.lens[0]);
    } while (!is_for_queue(&pair->command) ||
             (info != NULL && info->flags & FERRITE_COMMAND_SESSION));
}

/* Queued there, done here. False: it cannot be queued, which is told here too. */
static bool handle_one(struct redis_pair *pair, ferrite_db *db, ferrite_reply **ours) {
    struct redis_command *command = &pair->command;
    struct redis_answers answers;
    make_for_handle(pair);
    answers.theirs = redis_theirs(pair, command->argc, command->argv, command->lens, &answers.raw);
    answers.ours = ferrite_command(db, command->argc, command->argv, command->lens, NULL);
    cr_assert_not_null(answers.ours);
    const bool queued = answers.theirs->type != FERRITE_REPLY_ERROR;
    if (!queued && !replies_same(answers.theirs, answers.ours))
        redis_tell(pair, "refused", &answers);
    *ours = answers.ours;
    replies_free(answers.theirs);
    freeReplyObject(answers.raw);
    return queued;
}

static void results_compare(struct redis_pair *pair, const struct transaction *tx,
                            ferrite_reply **ours) {
    redisReply *raw;
    ferrite_reply *theirs = theirs_text(pair, "EXEC", &raw);
    cr_assert_eq(theirs->count, tx->queued);
    for (uint32_t i = 0; i < tx->queued; i++) {
        struct redis_answers one = {NULL, (ferrite_reply *)&theirs->elements[i], ours[i]};
        if (redis_answers_match(tx->matches[i], one.theirs, one.ours)) continue;
        redis_tell(pair, tx->names[i], &one);
        break;
    }
    replies_free(theirs);
    freeReplyObject(raw);
}

static void compare_handle(struct redis_pair *pair) {
    struct transaction tx = {0};
    ferrite_reply *ours[QUEUE_MAX] = {0};
    redisReply *raw;
    ferrite_db *root = ferrite_select(pair->db, ferrite_session_database(pair->session), NULL);
    ferrite_db *db = ferrite_begin(root, NULL);
    uint32_t count = choose(&pair->choices, QUEUE_MAX + 1), done = 0;
    cr_assert_not_null(db);
    replies_free(theirs_text(pair, "MULTI", &raw));
    freeReplyObject(raw);
    for (; done < count && handle_one(pair, db, &ours[done]); done++)
        transaction_note(&tx, &pair->command);
    const bool commits = done == count && !choose_once_in(&pair->choices, 8);
    if (commits) {
        results_compare(pair, &tx, ours);
        cr_assert_eq(ferrite_commit(db, NULL), 0);
    } else {
        replies_free(theirs_text(pair, "DISCARD", &raw));
        freeReplyObject(raw);
    }
    for (uint32_t i = 0; i < QUEUE_MAX; i++) ferrite_free(ours[i]);
    pair->result.commands += done;
    ferrite_close(db);
    ferrite_close(root);
}

void redis_compare_transaction(struct redis_pair *pair) {
    if (choose(&pair->choices, 2))
        compare_sessions(pair);
    else
        compare_handle(pair);
}
