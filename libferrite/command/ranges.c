/*
 * ranges.c - walking keys in key order, which Redis does not have: RANGE and PREFIX.
 *
 * Bounds are written as in ZRANGEBYLEX, so that any bytes can be a bound: "[a" includes a, "(a"
 * leaves it out, "-" and "+" are before and after everything. The last key of a page, with "(",
 * begins the next page.
 */
#include "command.h"

#define GROUP "range"
#define SINCE "0.1.0"

struct range_arguments {
    ferrite_range range;
    int64_t limit; /* -1: none */
    bool with_values;
};

static int bound_error(struct command_call *call) {
    reply_error(call->reply, "ERR min or max not valid string range item");
    return 0;
}

/* `open` is the word for no bound on this side; `closed` the word that leaves nothing. */
static bool parse_bound(ferrite_slice word, char open, ferrite_slice *bound, uint32_t *flags,
                        uint32_t exclusive) {
    if (word.len == 1 && word.data[0] == open) return true;
    if (word.len == 0 || (word.data[0] != '[' && word.data[0] != '(')) return false;
    *bound = (ferrite_slice){word.data + 1, word.len - 1};
    if (word.data[0] == '(') *flags |= exclusive;
    return true;
}

/* Options from word i on; AFTER belongs to PREFIX alone. False after adding the error reply. */
static bool parse_options(struct command_call *call, int i, bool prefix,
                          struct range_arguments *args, ferrite_slice *after) {
    for (; i < call->argc; i++) {
        if (word_is(call->args[i], "REV"))
            args->range.flags |= FERRITE_RANGE_REVERSE;
        else if (word_is(call->args[i], "WITHVALUES"))
            args->with_values = true;
        else if (word_is(call->args[i], "LIMIT") && i + 1 < call->argc) {
            if (!arg_integer(call, ++i, &args->limit)) return false;
        } else if (prefix && word_is(call->args[i], "AFTER") && i + 1 < call->argc) {
            *after = call->args[++i];
        } else {
            syntax_error(call);
            return false;
        }
    }
    return true;
}

static void add_entry(struct reply *reply, ferrite_slice key, ferrite_slice value,
                      bool with_value) {
    reply_string(reply, key.data, key.len);
    if (!with_value) return;
    if (value.data)
        reply_string(reply, value.data, value.len);
    else
        reply_nil(reply);
}

static int range_reply(struct command_call *call, const struct range_arguments *args) {
    ferrite_iterator *it = ferrite_iterate(call->db, &args->range, &call->err);
    if (!it) return -1;
    ferrite_slice key, value = {NULL, 0};
    size_t place = reply_array(call->reply, 0);
    int64_t count = 0;
    int more = 1;
    while (count != args->limit && !call->reply->no_memory &&
           (more = ferrite_iterator_next(it, &key, args->with_values ? &value : NULL, &call->err)) >
               0) {
        add_entry(call->reply, key, value, args->with_values);
        count++;
    }
    reply_array_count(call->reply, place, (size_t)count * (args->with_values ? 2 : 1));
    ferrite_iterator_close(it);
    return more < 0 ? -1 : 0;
}

static int range_command(struct command_call *call) {
    struct range_arguments args = {FERRITE_RANGE_INIT, -1, false};
    ferrite_range *range = &args.range;
    bool nothing = word_is(call->args[1], "+") || word_is(call->args[2], "-");
    if (!nothing &&
        (!parse_bound(call->args[1], '-', &range->start, &range->flags,
                      FERRITE_RANGE_AFTER_START) ||
         !parse_bound(call->args[2], '+', &range->end, &range->flags, FERRITE_RANGE_BEFORE_END)))
        return bound_error(call);
    if (!parse_options(call, 3, false, &args, NULL)) return 0;
    if (nothing) args.limit = 0;
    return range_reply(call, &args);
}

static int prefix_command(struct command_call *call) {
    struct range_arguments args = {FERRITE_RANGE_INIT, -1, false};
    ferrite_slice after = {NULL, 0};
    if (!parse_options(call, 2, true, &args, &after)) return 0;
    args.range.prefix = call->args[1];
    if (after.data && (args.range.flags & FERRITE_RANGE_REVERSE)) {
        args.range.end = after;
        args.range.flags |= FERRITE_RANGE_BEFORE_END;
    } else if (after.data) {
        args.range.start = after;
        args.range.flags |= FERRITE_RANGE_AFTER_START;
    }
    return range_reply(call, &args);
}

static const struct command rows[] = {
    ROW("prefix", prefix_command, -2, READ, NO_KEYS,
        "prefix [AFTER key] [REV] [LIMIT count] [WITHVALUES]", "O(log k + n), n keys answered",
        "Answers the keys that begin with a prefix, in key order, backwards with REV; AFTER goes "
        "on from the last key of a page.",
        "Redis has no such command."),
    ROW("range", range_command, -3, READ, NO_KEYS, "min max [REV] [LIMIT count] [WITHVALUES]",
        "O(log k + n), n keys answered",
        "Answers the keys from min to max in key order, backwards with REV: [key includes the "
        "key, (key leaves it out, - and + are before and after all keys.",
        "Redis has no such command; its ZRANGEBYLEX writes bounds likewise."),
};

const struct command_group range_commands = {rows, sizeof rows / sizeof *rows};
