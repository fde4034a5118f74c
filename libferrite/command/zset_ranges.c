/*
 * zset_ranges.c - the commands on parts of sorted sets, and their rows of the table.
 */
#include "scores.h"

#include <string.h>

#define GROUP "sorted-set"
#define SINCE "0.1.0"

/* What the words behind the key say. */
struct range_arguments {
    ferrite_zspan span;
    int by;      /* FERRITE_ZBY_*, -1: the words may say */
    int reverse; /* 0, 1, -1: the words may say */
    bool scores;
};

/* ---- reading the words ---- */

/* LIMIT offset count, standing at *i. */
static bool parse_limit(struct command_call *call, int *i, struct range_arguments *range) {
    if (!arg_integer(call, *i + 1, &range->span.offset) ||
        !arg_integer(call, *i + 2, &range->span.limit))
        return false;
    *i += 2;
    return true;
}

/* The options from word i on; `store`: there is no reply for WITHSCORES. False after the error. */
static bool parse_options(struct command_call *call, int i, bool store,
                          struct range_arguments *range) {
    for (; i < call->argc; i++) {
        const ferrite_slice word = call->args[i];
        if (!store && word_is(word, "WITHSCORES"))
            range->scores = true;
        else if (word_is(word, "LIMIT") && call->argc - i > 2) {
            if (!parse_limit(call, &i, range)) return false;
        } else if (range->reverse < 0 && word_is(word, "REV"))
            range->reverse = 1;
        else if (range->by < 0 && word_is(word, "BYLEX"))
            range->by = FERRITE_ZBY_MEMBER;
        else if (range->by < 0 && word_is(word, "BYSCORE"))
            range->by = FERRITE_ZBY_SCORE;
        else
            return syntax_error(call) != 0;
    }
    if (range->by < 0) range->by = FERRITE_ZBY_RANK;
    if (range->reverse < 0) range->reverse = 0;
    return true;
}

static bool check_options(struct command_call *call, const struct range_arguments *range) {
    if (range->span.limit != -1 && range->by == FERRITE_ZBY_RANK)
        reply_error(call->reply, "ERR syntax error, LIMIT is only supported in combination with "
                                 "either BYSCORE or BYLEX");
    else if (range->scores && range->by == FERRITE_ZBY_MEMBER)
        reply_error(call->reply, "ERR syntax error, WITHSCORES not supported in combination with "
                                 "BYLEX");
    else
        return true;
    return false;
}

/* The bounds, words i and i + 1: reversed, the greater one comes first. */
static bool parse_bounds(struct command_call *call, int i, int by, bool reverse,
                         ferrite_zspan *span) {
    if (reverse) span->flags |= FERRITE_ZSPAN_REVERSE;
    int min = reverse ? i + 1 : i, max = reverse ? i : i + 1;
    if (by == FERRITE_ZBY_SCORE) return arg_score_bounds(call, min, max, span);
    if (by == FERRITE_ZBY_MEMBER) return arg_member_bounds(call, min, max, span);
    span->offset = 0; /* Redis takes LIMIT n -1 for none */
    return arg_integer(call, i, &span->start) && arg_integer(call, i + 1, &span->stop);
}

/* Everything behind the key, word `key`. False after adding the error reply. */
static bool parse_range(struct command_call *call, int key, bool store,
                        struct range_arguments *range) {
    return parse_options(call, key + 3, store, range) && check_options(call, range) &&
           parse_bounds(call, key + 1, range->by, range->reverse, &range->span);
}

/* ---- listing ---- */

static int range_reply(struct command_call *call, int by, int reverse) {
    struct range_arguments range = {FERRITE_ZSPAN_INIT, by, reverse, false};
    size_t count = 0;
    if (!parse_range(call, 1, false, &range)) return 0;
    ferrite_zitem *items =
        ferrite_zrange_with(call->db, ARG(call, 1), &range.span, &count, &call->err);
    return zitems_reply(call, items, count, range.scores);
}

static int zrange_command(struct command_call *call) { return range_reply(call, -1, -1); }
static int zrevrange_command(struct command_call *call) {
    return range_reply(call, FERRITE_ZBY_RANK, 1);
}
static int zrangebyscore_command(struct command_call *call) {
    return range_reply(call, FERRITE_ZBY_SCORE, 0);
}
static int zrevrangebyscore_command(struct command_call *call) {
    return range_reply(call, FERRITE_ZBY_SCORE, 1);
}
static int zrangebylex_command(struct command_call *call) {
    return range_reply(call, FERRITE_ZBY_MEMBER, 0);
}
static int zrevrangebylex_command(struct command_call *call) {
    return range_reply(call, FERRITE_ZBY_MEMBER, 1);
}

static int zrangestore_command(struct command_call *call) {
    struct range_arguments range = {FERRITE_ZSPAN_INIT, -1, -1, false};
    uint64_t count = 0;
    if (!parse_range(call, 2, true, &range)) return 0;
    int result = ferrite_zrangestore(call->db, ARG(call, 1), ARG(call, 2), &range.span, &count,
                                     &call->err);
    return count_reply(call, result, count);
}

/* ---- counting and removing ---- */

typedef int (*span_function)(ferrite_db *, const char *, size_t, const ferrite_zspan *,
                             uint64_t *, ferrite_error **);

static int span_reply(struct command_call *call, int by, span_function function) {
    ferrite_zspan span = FERRITE_ZSPAN_INIT;
    uint64_t count = 0;
    if (!parse_bounds(call, 2, by, false, &span)) return 0;
    int result = function(call->db, ARG(call, 1), &span, &count, &call->err);
    return count_reply(call, result, count);
}

static int zcount_command(struct command_call *call) {
    return span_reply(call, FERRITE_ZBY_SCORE, ferrite_zcount_with);
}
static int zlexcount_command(struct command_call *call) {
    return span_reply(call, FERRITE_ZBY_MEMBER, ferrite_zcount_with);
}
static int zremrangebyrank_command(struct command_call *call) {
    return span_reply(call, FERRITE_ZBY_RANK, ferrite_zremrange);
}
static int zremrangebyscore_command(struct command_call *call) {
    return span_reply(call, FERRITE_ZBY_SCORE, ferrite_zremrange);
}
static int zremrangebylex_command(struct command_call *call) {
    return span_reply(call, FERRITE_ZBY_MEMBER, ferrite_zremrange);
}

/* ---- rows ---- */

#define LISTING "O(log n + m), m members answered"
#define LEX                                                                                       \
    "When scores differ the answer is undefined, as in Redis, and may be another than Redis's."
#define BYLEX "With BYLEX, when scores differ, the answer is undefined, as in Redis."

static const struct command rows[] = {
    ROW("zcount", zcount_command, 4, READ | FAST, KEYS(1, 1, 1), "key min max", "O(log n)",
        "Answers how many members have scores from min to max.", NULL),
    ROW("zlexcount", zlexcount_command, 4, READ | FAST, KEYS(1, 1, 1), "key min max", "O(log n)",
        "Answers how many members of equal scores lie between two in the order of bytes.", LEX),
    ROW("zrange", zrange_command, -4, READ, KEYS(1, 1, 1),
        "key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]", LISTING,
        "Answers members by rank, score or, of equal scores, bytes.", BYLEX),
    ROW("zrangebylex", zrangebylex_command, -4, READ, KEYS(1, 1, 1),
        "key min max [LIMIT offset count]", LISTING,
        "Answers the members of equal scores between two in the order of bytes.", LEX),
    ROW("zrangebyscore", zrangebyscore_command, -4, READ, KEYS(1, 1, 1),
        "key min max [WITHSCORES] [LIMIT offset count]", LISTING,
        "Answers the members with scores from min to max.", NULL),
    ROW("zrangestore", zrangestore_command, -5, WRITE, KEYS(1, 2, 1),
        "dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]", "O(log n + m log m)",
        "Stores what ZRANGE answers and answers how many they are.", BYLEX),
    ROW("zremrangebylex", zremrangebylex_command, 4, WRITE, KEYS(1, 1, 1), "key min max",
        "O(m log n), m members removed",
        "Removes the members of equal scores between two in the order of bytes.", LEX),
    ROW("zremrangebyrank", zremrangebyrank_command, 4, WRITE, KEYS(1, 1, 1), "key start stop",
        "O(m log n), m members removed", "Removes the members of the ranks start to stop.", NULL),
    ROW("zremrangebyscore", zremrangebyscore_command, 4, WRITE, KEYS(1, 1, 1), "key min max",
        "O(m log n), m members removed", "Removes the members with scores from min to max.",
        NULL),
    ROW("zrevrange", zrevrange_command, -4, READ, KEYS(1, 1, 1), "key start stop [WITHSCORES]",
        LISTING, "Answers members by rank from the highest score down.", NULL),
    ROW("zrevrangebylex", zrevrangebylex_command, -4, READ, KEYS(1, 1, 1),
        "key max min [LIMIT offset count]", LISTING,
        "Answers the members of equal scores between two, the last first.", LEX),
    ROW("zrevrangebyscore", zrevrangebyscore_command, -4, READ, KEYS(1, 1, 1),
        "key max min [WITHSCORES] [LIMIT offset count]", LISTING,
        "Answers the members with scores from max down to min.", NULL),
};

const struct command_group zset_range_commands = {rows, sizeof rows / sizeof *rows};
