/*
 * zset_combine.c - the commands on several sorted sets, and their rows of the table.
 */
#include "scores.h"

#include "../os/mem.h"

#define GROUP "sorted-set"
#define SINCE "0.1.0"

struct combine_arguments {
    int operation;
    int first; /* word of the first key */
    size_t keys;
    double *weights; /* a block, or NULL */
    int aggregate;
    bool store, scores;
};

/* ---- reading the words ---- */

static bool parse_keys(struct command_call *call, int i, struct combine_arguments *combine) {
    int64_t keys;
    if (!arg_integer(call, i, &keys)) return false;
    if (keys < 1)
        reply_error(call->reply, "ERR at least 1 input key is needed for '%s' command",
                    call->command->info.name);
    else if (keys > call->argc - i - 1)
        syntax_error(call);
    else {
        combine->first = i + 1;
        combine->keys = (size_t)keys;
        return true;
    }
    return false;
}

/* Redis looks at the keys before the options. */
static bool check_types(struct command_call *call, const struct combine_arguments *combine) {
    for (size_t i = 0; i < combine->keys; i++) {
        int type = ferrite_type(call->db, ARG(call, (size_t)combine->first + i), &call->err);
        if (type < 0) return false;
        if (type == FERRITE_TYPE_NONE || type == FERRITE_TYPE_SET || type == FERRITE_TYPE_ZSET)
            continue;
        wrong_type_error(call);
        return false;
    }
    return true;
}

static bool parse_weights(struct command_call *call, int i, struct combine_arguments *combine) {
    if (combine->weights == NULL)
        combine->weights = mem_alloc(combine->keys * sizeof *combine->weights);
    call->reply->no_memory |= combine->weights == NULL;
    if (combine->weights == NULL) return false;
    for (size_t k = 0; k < combine->keys; k++) {
        if (word_score(call->args[(size_t)i + k], &combine->weights[k])) continue;
        reply_error(call->reply, "ERR weight value is not a float");
        return false;
    }
    return true;
}

static bool parse_aggregate(struct command_call *call, int i, struct combine_arguments *combine) {
    const ferrite_slice word = call->args[i];
    if (word_is(word, "SUM"))
        combine->aggregate = FERRITE_ZSUM;
    else if (word_is(word, "MIN"))
        combine->aggregate = FERRITE_ZMIN;
    else if (word_is(word, "MAX"))
        combine->aggregate = FERRITE_ZMAX;
    else
        return syntax_error(call) != 0;
    return true;
}

/* False after adding the error reply. */
static bool parse_options(struct command_call *call, struct combine_arguments *combine) {
    const bool weighs = combine->operation != FERRITE_ZDIFF;
    const int keys = (int)combine->keys;
    for (int i = combine->first + keys; i < call->argc; i++) {
        const ferrite_slice word = call->args[i];
        if (weighs && call->argc - i > keys && word_is(word, "WEIGHTS")) {
            if (!parse_weights(call, i + 1, combine)) return false;
            i += keys;
        } else if (weighs && call->argc - i > 1 && word_is(word, "AGGREGATE")) {
            if (!parse_aggregate(call, ++i, combine)) return false;
        } else if (!combine->store && word_is(word, "WITHSCORES")) {
            combine->scores = true;
        } else {
            return syntax_error(call) != 0;
        }
    }
    return true;
}

/* ---- the commands ---- */

static int combine_list(struct command_call *call, const struct combine_arguments *combine) {
    size_t count = 0;
    ferrite_zitem *items =
        ferrite_zcombine(call->db, combine->operation, call->args + combine->first, combine->keys,
                         combine->weights, combine->aggregate, &count, &call->err);
    return zitems_reply(call, items, count, combine->scores);
}

static int combine_store(struct command_call *call, const struct combine_arguments *combine) {
    uint64_t count = 0;
    int result = ferrite_zcombinestore(call->db, combine->operation, ARG(call, 1),
                                       call->args + combine->first, combine->keys,
                                       combine->weights, combine->aggregate, &count, &call->err);
    return count_reply(call, result, count);
}

static int combine_reply(struct command_call *call, int operation, bool store) {
    struct combine_arguments combine = {.operation = operation, .store = store};
    int result = 0;
    if (!parse_keys(call, store ? 2 : 1, &combine)) return 0;
    if (!check_types(call, &combine)) return call->err ? -1 : 0;
    if (parse_options(call, &combine))
        result = store ? combine_store(call, &combine) : combine_list(call, &combine);
    mem_free(combine.weights);
    return result;
}

static int zunion_command(struct command_call *call) {
    return combine_reply(call, FERRITE_ZUNION, false);
}
static int zinter_command(struct command_call *call) {
    return combine_reply(call, FERRITE_ZINTER, false);
}
static int zdiff_command(struct command_call *call) {
    return combine_reply(call, FERRITE_ZDIFF, false);
}
static int zunionstore_command(struct command_call *call) {
    return combine_reply(call, FERRITE_ZUNION, true);
}
static int zinterstore_command(struct command_call *call) {
    return combine_reply(call, FERRITE_ZINTER, true);
}
static int zdiffstore_command(struct command_call *call) {
    return combine_reply(call, FERRITE_ZDIFF, true);
}

/* LIMIT, perhaps several times. */
static bool parse_card_limit(struct command_call *call, int i, int64_t *limit) {
    for (; i < call->argc; i += 2) {
        if (i + 1 == call->argc || !word_is(call->args[i], "LIMIT"))
            return syntax_error(call) != 0;
        if (word_integer(call->args[i + 1], limit) && *limit >= 0) continue;
        reply_error(call->reply, "ERR LIMIT can't be negative");
        return false;
    }
    return true;
}

static int zintercard_command(struct command_call *call) {
    struct combine_arguments combine = {.operation = FERRITE_ZINTER};
    int64_t limit = 0;
    uint64_t count = 0;
    if (!parse_keys(call, 1, &combine)) return 0;
    if (!check_types(call, &combine)) return call->err ? -1 : 0;
    if (!parse_card_limit(call, combine.first + (int)combine.keys, &limit)) return 0;
    int result = ferrite_zintercard(call->db, call->args + combine.first, combine.keys,
                                    (uint64_t)limit, &count, &call->err);
    return count_reply(call, result, count);
}

/* ---- rows ---- */

#define COST    "O(m log m), m the members of all keys"
#define OPTIONS "[WEIGHTS weight [weight ...]] [AGGREGATE SUM | MIN | MAX]"

static const struct command rows[] = {
    ROW("zdiff", zdiff_command, -3, READ, NO_KEYS, "numkeys key [key ...] [WITHSCORES]", COST,
        "Answers the members of the first sorted set that no other has.", NULL),
    ROW("zdiffstore", zdiffstore_command, -4, WRITE, KEYS(1, 1, 1),
        "destination numkeys key [key ...]", COST,
        "Stores what ZDIFF answers and answers how many they are.", NULL),
    ROW("zinter", zinter_command, -3, READ, NO_KEYS,
        "numkeys key [key ...] " OPTIONS " [WITHSCORES]", COST,
        "Answers the members that all sorted sets have, with scores added up.", NULL),
    ROW("zintercard", zintercard_command, -3, READ, NO_KEYS, "numkeys key [key ...] [LIMIT limit]",
        "O(m k log n), m the smallest of k keys",
        "Answers how many members all sorted sets have.", NULL),
    ROW("zinterstore", zinterstore_command, -4, WRITE, KEYS(1, 1, 1),
        "destination numkeys key [key ...] " OPTIONS, COST,
        "Stores what ZINTER answers and answers how many they are.", NULL),
    ROW("zunion", zunion_command, -3, READ, NO_KEYS,
        "numkeys key [key ...] " OPTIONS " [WITHSCORES]", COST,
        "Answers the members that any sorted set has, with scores added up.", NULL),
    ROW("zunionstore", zunionstore_command, -4, WRITE, KEYS(1, 1, 1),
        "destination numkeys key [key ...] " OPTIONS, COST,
        "Stores what ZUNION answers and answers how many they are.", NULL),
};

const struct command_group zset_combine_commands = {rows, sizeof rows / sizeof *rows};
