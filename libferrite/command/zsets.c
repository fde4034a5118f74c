/*
 * zsets.c - the commands on one sorted set, and their rows of the table.
 */
#include "scores.h"

#include "../error.h"
#include "../os/mem.h"

#include <math.h>
#include <string.h>

#define GROUP "sorted-set"
#define SINCE "0.1.0"

/* ---- replies ---- */

/* NULL without an error is nil. Members, and behind each its score if wanted. */
int zitems_reply(struct command_call *call, ferrite_zitem *items, size_t count, bool scores) {
    if (!items && call->err) return -1;
    if (!items) {
        reply_nil(call->reply);
        return 0;
    }
    reply_array(call->reply, scores ? 2 * count : count);
    for (size_t i = 0; i < count; i++) {
        reply_borrow(call->reply, items[i].member.data, items[i].member.len);
        if (scores) reply_score(call->reply, items[i].score);
    }
    reply_own(call->reply, items);
    return 0;
}

int count_reply(struct command_call *call, int result, uint64_t count) {
    if (result < 0) return -1;
    reply_integer(call->reply, (int64_t)count);
    return 0;
}

/* ---- ZADD, ZINCRBY ---- */

struct zadd_arguments {
    uint32_t flags;
    bool incr;
    int at; /* the first score */
    size_t count;
};

static const struct zadd_word {
    const char *name;
    uint32_t flag; /* 0: INCR */
} zadd_words[] = {{"NX", FERRITE_ZADD_NX}, {"XX", FERRITE_ZADD_XX}, {"GT", FERRITE_ZADD_GT},
                  {"LT", FERRITE_ZADD_LT}, {"CH", FERRITE_ZADD_CH}, {"INCR", 0}};

static bool zadd_option(ferrite_slice word, struct zadd_arguments *zadd) {
    if (word.len < 2 || word.len > 4) return false;
    for (size_t i = 0; i < sizeof zadd_words / sizeof *zadd_words; i++)
        if (word_is(word, zadd_words[i].name)) {
            zadd->flags |= zadd_words[i].flag;
            zadd->incr |= zadd_words[i].flag == 0;
            return true;
        }
    return false;
}

/* False after adding the error reply. */
static bool parse_zadd(struct command_call *call, struct zadd_arguments *zadd) {
    for (zadd->at = 2; zadd->at < call->argc; zadd->at++)
        if (!zadd_option(call->args[zadd->at], zadd)) break;
    int words = call->argc - zadd->at;
    zadd->count = (size_t)words / 2;
    bool nx = zadd->flags & FERRITE_ZADD_NX, gt = zadd->flags & FERRITE_ZADD_GT,
         lt = zadd->flags & FERRITE_ZADD_LT;
    if (words % 2 || !words)
        syntax_error(call);
    else if (nx && (zadd->flags & FERRITE_ZADD_XX))
        reply_error(call->reply, "ERR XX and NX options at the same time are not compatible");
    else if ((gt && nx) || (lt && nx) || (gt && lt))
        reply_error(call->reply,
                    "ERR GT, LT, and/or NX options at the same time are not compatible");
    else if (zadd->incr && zadd->count > 1)
        reply_error(call->reply, "ERR INCR option supports a single increment-element pair");
    else
        return true;
    return false;
}

static int zadd_incr(struct command_call *call, const struct zadd_arguments *zadd) {
    double increment, score = 0;
    if (!arg_score(call, zadd->at, &increment)) return 0;
    int done = ferrite_zadd_incr(call->db, ARG(call, 1), zadd->flags, increment,
                                 ARG(call, zadd->at + 1), &score, &call->err);
    if (done < 0) return -1;
    if (done)
        reply_score(call->reply, score);
    else
        reply_nil(call->reply);
    return 0;
}

static int zadd_items(struct command_call *call, const struct zadd_arguments *zadd,
                      ferrite_zitem *items) {
    for (size_t i = 0; i < zadd->count; i++) {
        int at = zadd->at + 2 * (int)i;
        items[i].member = call->args[at + 1];
        if (!arg_score(call, at, &items[i].score)) return 0;
    }
    return integer_reply(call, ferrite_zadd_many(call->db, ARG(call, 1), items, zadd->count,
                                                 zadd->flags, &call->err));
}

static int zadd_reply(struct command_call *call, struct zadd_arguments zadd) {
    ferrite_zitem space[8], *items = space;
    if (!parse_zadd(call, &zadd)) return 0;
    if (zadd.incr) return zadd_incr(call, &zadd);
    if (zadd.count > sizeof space / sizeof *space) {
        items = mem_alloc(zadd.count * sizeof *items);
        call->reply->no_memory |= items == NULL;
        if (items == NULL) return 0;
    }
    int result = zadd_items(call, &zadd, items);
    if (items != space) mem_free(items);
    return result;
}

static int zadd_command(struct command_call *call) {
    return zadd_reply(call, (struct zadd_arguments){0});
}

static int zincrby_command(struct command_call *call) {
    return zadd_reply(call, (struct zadd_arguments){.incr = true});
}

static int zrem_command(struct command_call *call) {
    return integer_reply(call, ferrite_zrem_many(call->db, ARG(call, 1), call->args + 2,
                                                 (size_t)call->argc - 2, &call->err));
}

/* ---- looking ---- */

static int zcard_command(struct command_call *call) {
    uint64_t count = 0;
    int result = ferrite_zcard(call->db, ARG(call, 1), &count, &call->err);
    return count_reply(call, result, count);
}

static int zscore_command(struct command_call *call) {
    double score = 0;
    int there = ferrite_zscore(call->db, ARG(call, 1), ARG(call, 2), &score, &call->err);
    if (there < 0) return -1;
    if (there)
        reply_score(call->reply, score);
    else
        reply_nil(call->reply);
    return 0;
}

static int zmscore_command(struct command_call *call) {
    size_t count = (size_t)call->argc - 2;
    double *scores = mem_alloc(count * sizeof *scores);
    call->reply->no_memory |= scores == NULL;
    if (scores == NULL) return 0;
    int result = ferrite_zmscore(call->db, ARG(call, 1), call->args + 2, count, scores, &call->err);
    if (result == 0) reply_array(call->reply, count);
    for (size_t i = 0; result == 0 && i < count; i++) {
        if (isnan(scores[i]))
            reply_nil(call->reply);
        else
            reply_score(call->reply, scores[i]);
    }
    mem_free(scores);
    return result;
}

typedef int (*rank_function)(ferrite_db *, const char *, size_t, const char *, size_t, uint64_t *,
                             double *, ferrite_error **);

static int rank_reply(struct command_call *call, rank_function function) {
    uint64_t rank = 0;
    double score = 0;
    bool with_score = call->argc == 4;
    if (call->argc > 4) return arity_error(call);
    if (with_score && !word_is(call->args[3], "WITHSCORE")) return syntax_error(call);
    int there = function(call->db, ARG(call, 1), ARG(call, 2), &rank, &score, &call->err);
    if (there < 0) return -1;
    if (!there) {
        reply_nil(call->reply);
        return 0;
    }
    if (with_score) reply_array(call->reply, 2);
    reply_integer(call->reply, (int64_t)rank);
    if (with_score) reply_score(call->reply, score);
    return 0;
}

static int zrank_command(struct command_call *call) { return rank_reply(call, ferrite_zrank); }
static int zrevrank_command(struct command_call *call) {
    return rank_reply(call, ferrite_zrevrank);
}

/* ---- popping ---- */

typedef ferrite_zitem *(*pop_function)(ferrite_db *, const char *, size_t, uint64_t, size_t *,
                                       ferrite_error **);

static int pop_reply(struct command_call *call, pop_function function) {
    int64_t how_many = 1;
    size_t count = 0;
    if (call->argc > 3) return syntax_error(call);
    if (call->argc == 3 && (!word_integer(call->args[2], &how_many) || how_many < 0)) {
        reply_error(call->reply, "ERR value is out of range, must be positive");
        return 0;
    }
    ferrite_zitem *items =
        function(call->db, ARG(call, 1), (uint64_t)how_many, &count, &call->err);
    return zitems_reply(call, items, count, true);
}

static int zpopmin_command(struct command_call *call) { return pop_reply(call, ferrite_zpopmin); }
static int zpopmax_command(struct command_call *call) { return pop_reply(call, ferrite_zpopmax); }

static bool arg_above_zero(struct command_call *call, int i, const char *what, int64_t *value) {
    if (word_integer(call->args[i], value) && *value > 0) return true;
    reply_error(call->reply, "ERR %s should be greater than 0", what);
    return false;
}

/* False after adding the error reply. */
static bool parse_zmpop(struct command_call *call, int64_t *keys, int *highest, int64_t *max) {
    bool counted = false;
    *max = 1;
    if (!arg_above_zero(call, 1, "numkeys", keys)) return false;
    if (*keys > call->argc - 3) return syntax_error(call) != 0;
    int at = (int)*keys + 2;
    *highest = word_is(call->args[at], "MAX");
    if (!*highest && !word_is(call->args[at], "MIN")) return syntax_error(call) != 0;
    for (at++; at < call->argc; at += 2) {
        if (counted || at + 1 == call->argc || !word_is(call->args[at], "COUNT"))
            return syntax_error(call) != 0;
        if (!arg_above_zero(call, at + 1, "count", max)) return false;
        counted = true;
    }
    return true;
}

static int zmpop_command(struct command_call *call) {
    int64_t keys, max;
    int highest = 0;
    size_t which = 0, count = 0;
    if (!parse_zmpop(call, &keys, &highest, &max)) return 0;
    ferrite_zitem *items = ferrite_zmpop(call->db, call->args + 2, (size_t)keys, highest,
                                         (uint64_t)max, &which, &count, &call->err);
    if (!items) return zitems_reply(call, NULL, 0, false);
    reply_array(call->reply, 2);
    reply_borrow(call->reply, call->args[2 + which].data, call->args[2 + which].len);
    reply_array(call->reply, count);
    for (size_t i = 0; i < count; i++) {
        reply_array(call->reply, 2);
        reply_borrow(call->reply, items[i].member.data, items[i].member.len);
        reply_score(call->reply, items[i].score);
    }
    reply_own(call->reply, items);
    return 0;
}

/* ---- random members, scans ---- */

static int zrandmember_one(struct command_call *call) {
    size_t count = 0;
    ferrite_zitem *items = ferrite_zrandmember(call->db, ARG(call, 1), 1, &count, &call->err);
    if (!items) return -1;
    if (count != 0)
        reply_borrow(call->reply, items[0].member.data, items[0].member.len);
    else
        reply_nil(call->reply);
    reply_own(call->reply, items);
    return 0;
}

static int zrandmember_command(struct command_call *call) {
    int64_t how_many;
    size_t count = 0;
    bool scores = call->argc == 4;
    if (call->argc == 2) return zrandmember_one(call);
    if (!arg_sample(call, 2, &how_many)) return 0;
    if (call->argc > 4 || (scores && !word_is(call->args[3], "WITHSCORES")))
        return syntax_error(call);
    if (scores && (how_many < -(INT64_MAX / 2) || how_many > INT64_MAX / 2)) {
        reply_error(call->reply, "ERR value is out of range");
        return 0;
    }
    ferrite_zitem *items =
        ferrite_zrandmember(call->db, ARG(call, 1), how_many, &count, &call->err);
    return zitems_reply(call, items, count, scores);
}

/* The items as slices, member and score in turn, in one block. */
static ferrite_slice *zitems_slices(const ferrite_zitem *items, size_t count) {
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) bytes += items[i].member.len + SCORE_TEXT_MAX;
    ferrite_slice *slices = mem_alloc(2 * count * sizeof *slices + bytes + 1);
    char *text = (char *)(slices + 2 * count);
    for (size_t i = 0; slices != NULL && i < count; i++) {
        const ferrite_slice member = items[i].member;
        if (member.len != 0) memcpy(text, member.data, member.len);
        slices[2 * i] = (ferrite_slice){text, member.len};
        text += member.len;
        slices[2 * i + 1] = (ferrite_slice){text, score_text(items[i].score, text)};
        text += slices[2 * i + 1].len;
    }
    return slices;
}

static ferrite_slice *zscan_slices(ferrite_db *db, const char *key, size_t key_len,
                                   uint64_t *cursor, const char *pattern, size_t pattern_len,
                                   size_t effort, size_t *count, ferrite_error **err) {
    ferrite_zitem *items =
        ferrite_zscan(db, key, key_len, cursor, pattern, pattern_len, effort, count, err);
    if (!items) return NULL;
    ferrite_slice *slices = zitems_slices(items, *count);
    if (slices == NULL) error_give(err, error_nomem());
    ferrite_free(items);
    *count *= 2;
    return slices;
}

static int zscan_command(struct command_call *call) {
    return scan_elements(call, FERRITE_TYPE_ZSET, zscan_slices);
}

/* ---- rows ---- */

static const struct command rows[] = {
    ROW("zadd", zadd_command, -4, WRITE | FAST, KEYS(1, 1, 1),
        "key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]",
        "O(log n) a member", "Adds members or changes their scores; answers how many are new.",
        "The score -0 is stored as 0; Redis does so in small sorted sets and keeps it in large ones."),
    ROW("zcard", zcard_command, 2, READ | FAST, KEYS(1, 1, 1), "key", "O(log k)",
        "Answers the number of members.", NULL),
    ROW("zincrby", zincrby_command, 4, WRITE | FAST, KEYS(1, 1, 1), "key increment member",
        "O(log n)", "Adds to the score of a member, 0 when it is new; answers the new score.",
        NULL),
    ROW("zmpop", zmpop_command, -4, WRITE, NO_KEYS,
        "numkeys key [key ...] MIN | MAX [COUNT count]",
        "O(k + m log n), k keys, m members removed",
        "Removes members from the first of the sorted sets that exists, and answers its name and "
        "them.",
        NULL),
    ROW("zmscore", zmscore_command, -3, READ | FAST, KEYS(1, 1, 1), "key member [member ...]",
        "O(log n) a member", "Answers the scores of members, nil for those that are none.", NULL),
    ROW("zpopmax", zpopmax_command, -2, WRITE | FAST, KEYS(1, 1, 1), "key [count]",
        "O(m log n), m members removed",
        "Removes the members with the highest scores and answers them.", NULL),
    ROW("zpopmin", zpopmin_command, -2, WRITE | FAST, KEYS(1, 1, 1), "key [count]",
        "O(m log n), m members removed",
        "Removes the members with the lowest scores and answers them.", NULL),
    ROW("zrandmember", zrandmember_command, -2, READ, KEYS(1, 1, 1), "key [count [WITHSCORES]]",
        "O(log n) a member",
        "Answers random members, different ones; with a negative count the same may come again.",
        NULL),
    ROW("zrank", zrank_command, -3, READ | FAST, KEYS(1, 1, 1), "key member [WITHSCORE]",
        "O(log n)", "Answers how many members come before this one.",
        "WITHSCORE is that of Redis 7.2."),
    ROW("zrem", zrem_command, -3, WRITE | FAST, KEYS(1, 1, 1), "key member [member ...]",
        "O(log n) a member", "Removes members and answers how many there were.", NULL),
    ROW("zrevrank", zrevrank_command, -3, READ | FAST, KEYS(1, 1, 1), "key member [WITHSCORE]",
        "O(log n)", "Answers how many members come after this one.",
        "WITHSCORE is that of Redis 7.2."),
    ROW("zscan", zscan_command, -3, READ, KEYS(1, 1, 1), "key cursor [MATCH pattern] [COUNT count]",
        "O(count) a call",
        "Answers the next cursor and some members with their scores; over at cursor 0.", NULL),
    ROW("zscore", zscore_command, 3, READ | FAST, KEYS(1, 1, 1), "key member", "O(log n)",
        "Answers the score of a member.", NULL),
};

const struct command_group zset_commands = {rows, sizeof rows / sizeof *rows};
