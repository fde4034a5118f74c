/*
 * hash_expiry.c - the commands on fields that expire, as Redis 7.4 has them, and their rows of the
 * table.
 */
#include "command.h"

#include "../os/mem.h"

#define GROUP "hash"
#define SINCE "0.1.0"

#define DIFFERENCES "As in Redis 7.4; 7.0 does not have it."

static bool is_hash_or_missing(struct command_call *call) {
    int type = ferrite_type(call->db, ARG(call, 1), &call->err);
    if (type == FERRITE_TYPE_NONE || type == FERRITE_TYPE_HASH) return true;
    if (type > 0) wrong_type_error(call);
    return false;
}

/* Word i is FIELDS, behind it stand their number and the fields. */
static bool fields_valid(struct command_call *call, int i, const char *not_positive) {
    int64_t count;
    const char *wrong = NULL;
    if (i + 1 >= call->argc || !word_is(call->args[i], "FIELDS"))
        wrong = "Mandatory argument FIELDS is missing or not at the right position";
    else if (!word_integer(call->args[i + 1], &count) || count < 1)
        wrong = not_positive;
    else if (count != call->argc - i - 2)
        wrong = "The `numfields` parameter must match the number of arguments";
    if (wrong) reply_error(call->reply, "ERR %s", wrong);
    return !wrong;
}

/* From answers in ms to what the command answers. */
static int results_reply(struct command_call *call, int done, int64_t *results, size_t count,
                         bool seconds) {
    if (done == 0) {
        reply_array(call->reply, count);
        for (size_t i = 0; i < count; i++) {
            bool time = seconds && results[i] > 0;
            reply_integer(call->reply, time ? (results[i] - 1) / 1000 + 1 : results[i]);
        }
    }
    mem_free(results);
    return done;
}

static int64_t *results_make(struct command_call *call, size_t count) {
    int64_t *results = mem_alloc(count * sizeof *results);
    if (!results) call->reply->no_memory = true;
    return results;
}

/* ---- setting ---- */

static bool time_valid(struct command_call *call, bool seconds, bool relative, int64_t *at_ms) {
    int64_t value, base_us = 0;
    if (!arg_integer(call, 2, &value)) return false;
    if (value < 0) {
        reply_error(call->reply, "ERR invalid expire time, must be >= 0");
        return false;
    }
    bool valid = !seconds || value <= INT64_MAX / 1000;
    if (valid && seconds) value *= 1000;
    if (relative && ferrite_time(call->db, &base_us, NULL) < 0) base_us = 0;
    valid = valid && value <= INT64_MAX - base_us / 1000;
    if (!valid)
        reply_error(call->reply, "ERR invalid expire time in '%s' command",
                    call->command->info.name);
    if (valid) *at_ms = value + base_us / 1000;
    return valid;
}

static uint32_t condition_flag(ferrite_slice word) {
    if (word_is(word, "NX")) return FERRITE_EXPIRE_NX;
    if (word_is(word, "XX")) return FERRITE_EXPIRE_XX;
    if (word_is(word, "GT")) return FERRITE_EXPIRE_GT;
    return word_is(word, "LT") ? FERRITE_EXPIRE_LT : 0;
}

static int expire_reply(struct command_call *call, bool seconds, bool relative) {
    int64_t at_ms, *results;
    if (!is_hash_or_missing(call)) return call->err ? -1 : 0;
    if (!time_valid(call, seconds, relative, &at_ms)) return 0;
    uint32_t flags = condition_flag(call->args[3]);
    int first = flags ? 6 : 5;
    if (!fields_valid(call, first - 2, "Parameter `numFields` should be greater than 0")) return 0;
    size_t count = (size_t)(call->argc - first);
    if (!(results = results_make(call, count))) return 0;
    int done = ferrite_hpexpireat(call->db, ARG(call, 1), at_ms, flags, call->args + first, count,
                                  results, &call->err);
    return results_reply(call, done, results, count, false);
}

static int hexpire_command(struct command_call *call) { return expire_reply(call, true, true); }
static int hpexpire_command(struct command_call *call) { return expire_reply(call, false, true); }
static int hexpireat_command(struct command_call *call) { return expire_reply(call, true, false); }
static int hpexpireat_command(struct command_call *call) {
    return expire_reply(call, false, false);
}

/* ---- asking ---- */

typedef int (*ask_function)(ferrite_db *, const char *, size_t, const ferrite_slice *, size_t,
                            int64_t *, ferrite_error **);

static int ask_reply(struct command_call *call, ask_function function, bool seconds) {
    int64_t *results;
    if (!is_hash_or_missing(call)) return call->err ? -1 : 0;
    if (!fields_valid(call, 2, "Number of fields must be a positive integer")) return 0;
    size_t count = (size_t)(call->argc - 4);
    if (!(results = results_make(call, count))) return 0;
    int done = function(call->db, ARG(call, 1), call->args + 4, count, results, &call->err);
    return results_reply(call, done, results, count, seconds);
}

static int httl_command(struct command_call *call) { return ask_reply(call, ferrite_hpttl, true); }
static int hpttl_command(struct command_call *call) {
    return ask_reply(call, ferrite_hpttl, false);
}
static int hexpiretime_command(struct command_call *call) {
    return ask_reply(call, ferrite_hpexpiretime, true);
}
static int hpexpiretime_command(struct command_call *call) {
    return ask_reply(call, ferrite_hpexpiretime, false);
}
static int hpersist_command(struct command_call *call) {
    return ask_reply(call, ferrite_hpersist, false);
}

/* ---- rows ---- */

#define SET_ARGUMENTS(time) "key " time " [NX | XX | GT | LT] FIELDS numfields field [field ...]"
#define ASK_ARGUMENTS "key FIELDS numfields field [field ...]"

static const struct command rows[] = {
    ROW("hexpire", hexpire_command, -6, WRITE | FAST, KEYS(1, 1, 1), SET_ARGUMENTS("seconds"),
        "O(n log k), n fields", "Lets fields of a hash expire in so many seconds.", DIFFERENCES),
    ROW("hexpireat", hexpireat_command, -6, WRITE | FAST, KEYS(1, 1, 1),
        SET_ARGUMENTS("unix-time-seconds"), "O(n log k), n fields",
        "Lets fields of a hash expire at a moment in seconds.", DIFFERENCES),
    ROW("hexpiretime", hexpiretime_command, -5, READ | FAST, KEYS(1, 1, 1), ASK_ARGUMENTS,
        "O(n log k), n fields", "Answers the moments, in seconds, when fields expire.",
        DIFFERENCES),
    ROW("hpersist", hpersist_command, -5, WRITE | FAST, KEYS(1, 1, 1), ASK_ARGUMENTS,
        "O(n log k), n fields", "Takes the expiry of fields away.", DIFFERENCES),
    ROW("hpexpire", hpexpire_command, -6, WRITE | FAST, KEYS(1, 1, 1),
        SET_ARGUMENTS("milliseconds"), "O(n log k), n fields",
        "Lets fields of a hash expire in so many milliseconds.", DIFFERENCES),
    ROW("hpexpireat", hpexpireat_command, -6, WRITE | FAST, KEYS(1, 1, 1),
        SET_ARGUMENTS("unix-time-milliseconds"), "O(n log k), n fields",
        "Lets fields of a hash expire at a moment in milliseconds.", DIFFERENCES),
    ROW("hpexpiretime", hpexpiretime_command, -5, READ | FAST, KEYS(1, 1, 1), ASK_ARGUMENTS,
        "O(n log k), n fields", "Answers the moments, in milliseconds, when fields expire.",
        DIFFERENCES),
    ROW("hpttl", hpttl_command, -5, READ | FAST, KEYS(1, 1, 1), ASK_ARGUMENTS,
        "O(n log k), n fields", "Answers how many milliseconds fields have left.", DIFFERENCES),
    ROW("httl", httl_command, -5, READ | FAST, KEYS(1, 1, 1), ASK_ARGUMENTS,
        "O(n log k), n fields", "Answers how many seconds fields have left.", DIFFERENCES),
};

const struct command_group hash_expiry_commands = {rows, sizeof rows / sizeof *rows};
