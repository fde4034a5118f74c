/*
 * expiry.c - the commands on the expiry of keys, and their rows of the table.
 */
#include "command.h"

#define SINCE "0.1.0"

/* ---- setting ---- */

static const struct expire_word {
    const char *name;
    uint32_t flag;
} expire_words[] = {{"NX", FERRITE_EXPIRE_NX},
                    {"XX", FERRITE_EXPIRE_XX},
                    {"GT", FERRITE_EXPIRE_GT},
                    {"LT", FERRITE_EXPIRE_LT}};

static uint32_t expire_flag(ferrite_slice word) {
    for (size_t i = 0; i < sizeof expire_words / sizeof *expire_words; i++)
        if (word_is(word, expire_words[i].name)) return expire_words[i].flag;
    return 0;
}

/* False after adding the error reply. Which flags go together is for the function to say. */
static bool parse_flags(struct command_call *call, uint32_t *flags) {
    *flags = 0;
    for (int i = 3; i < call->argc; i++) {
        uint32_t flag = expire_flag(call->args[i]);
        if (!flag) {
            reply_error(call->reply, "ERR Unsupported option %.*s", (int)call->args[i].len,
                        call->args[i].data);
            return false;
        }
        *flags |= flag;
    }
    return true;
}

static bool invalid_time(struct command_call *call) {
    reply_error(call->reply, "ERR invalid expire time in '%s' command", call->command->info.name);
    return false;
}

/* Any moment, the past included, in ms. */
static bool parse_moment(struct command_call *call, bool seconds, bool relative, int64_t *at_ms) {
    int64_t value, base_us = 0;
    if (!arg_integer(call, 2, &value)) return false;
    if (seconds && (value > INT64_MAX / 1000 || value < INT64_MIN / 1000))
        return invalid_time(call);
    if (seconds) value *= 1000;
    if (relative && ferrite_time(call->db, &base_us, NULL) < 0) base_us = 0;
    if (value > INT64_MAX - base_us / 1000) return invalid_time(call);
    *at_ms = value + base_us / 1000;
    return true;
}

static int expire_reply(struct command_call *call, bool seconds, bool relative) {
    uint32_t flags;
    int64_t at_ms;
    if (!parse_flags(call, &flags)) return 0;
    if ((flags & FERRITE_EXPIRE_NX) && flags != FERRITE_EXPIRE_NX) {
        reply_error(call->reply, "ERR NX and XX, GT or LT options at the same time are not "
                                 "compatible");
        return 0;
    }
    if ((flags & FERRITE_EXPIRE_GT) && (flags & FERRITE_EXPIRE_LT)) {
        reply_error(call->reply, "ERR GT and LT options at the same time are not compatible");
        return 0;
    }
    if (!parse_moment(call, seconds, relative, &at_ms)) return 0;
    return integer_reply(call,
                         ferrite_pexpireat_with(call->db, ARG(call, 1), at_ms, flags, &call->err));
}

static int expire_command(struct command_call *call) { return expire_reply(call, true, true); }
static int pexpire_command(struct command_call *call) { return expire_reply(call, false, true); }
static int expireat_command(struct command_call *call) { return expire_reply(call, true, false); }
static int pexpireat_command(struct command_call *call) { return expire_reply(call, false, false); }

static int persist_command(struct command_call *call) {
    return integer_reply(call, ferrite_persist(call->db, ARG(call, 1), &call->err));
}

/* ---- asking ---- */

typedef int (*ask_function)(ferrite_db *, const char *, size_t, int64_t *, ferrite_error **);

static int ask_reply(struct command_call *call, ask_function function) {
    int64_t answer;
    if (function(call->db, ARG(call, 1), &answer, &call->err) < 0) return -1;
    reply_integer(call->reply, answer);
    return 0;
}

static int ttl_command(struct command_call *call) { return ask_reply(call, ferrite_ttl); }
static int pttl_command(struct command_call *call) { return ask_reply(call, ferrite_pttl); }
static int expiretime_command(struct command_call *call) {
    return ask_reply(call, ferrite_expiretime);
}
static int pexpiretime_command(struct command_call *call) {
    return ask_reply(call, ferrite_pexpiretime);
}

/* ---- strings with an expiry ---- */

static int setex_reply(struct command_call *call, bool seconds) {
    ferrite_set_options options = FERRITE_SET_OPTIONS_INIT;
    if (!arg_expire_time(call, 2, seconds, false, &options.expire_at_ms)) return 0;
    return status_reply(call, ferrite_set_with(call->db, ARG(call, 1), ARG(call, 3), &options, NULL,
                                               NULL, &call->err));
}

static int setex_command(struct command_call *call) { return setex_reply(call, true); }
static int psetex_command(struct command_call *call) { return setex_reply(call, false); }

static const struct getex_word {
    const char *name;
    bool takes_time, seconds, absolute;
} getex_words[] = {{"EX", true, true, false},
                   {"PX", true, false, false},
                   {"EXAT", true, true, true},
                   {"PXAT", true, false, true},
                   {"PERSIST", false, false, false}};

static const struct getex_word *find_getex_word(ferrite_slice word) {
    for (size_t i = 0; i < sizeof getex_words / sizeof *getex_words; i++)
        if (word_is(word, getex_words[i].name)) return &getex_words[i];
    return NULL;
}

/* Redis looks at the key before the number: without a value the number is not judged. */
static int getex_reply(struct command_call *call, const struct getex_word *word, int time_at) {
    size_t len = 0;
    int64_t at_ms = 0;
    char *value = ferrite_get(call->db, ARG(call, 1), &len, &call->err);
    if (!value || !word) return take_reply(call, value, len);
    ferrite_free(value);
    if (word->takes_time && !arg_expire_time(call, time_at, word->seconds, word->absolute, &at_ms))
        return 0;
    value = ferrite_getex(call->db, ARG(call, 1), at_ms, &len, &call->err);
    return take_reply(call, value, len);
}

static int getex_command(struct command_call *call) {
    const struct getex_word *chosen = NULL;
    int time_at = 0;
    for (int i = 2; i < call->argc; i++) {
        const struct getex_word *word = find_getex_word(call->args[i]);
        bool again = chosen && word == chosen; /* Redis takes the last of the same kind */
        if (!word || (chosen && !again) || (word->takes_time && i + 1 == call->argc))
            return syntax_error(call);
        chosen = word;
        if (word->takes_time) time_at = ++i;
    }
    return getex_reply(call, chosen, time_at);
}

/* ---- rows ---- */

#define EXPIRE_FLAGS "[NX | XX | GT | LT]"
#define O_LOG        "O(log k)"

static const struct command rows[] = {
#define GROUP "generic"
    ROW("expire", expire_command, -3, WRITE | FAST, KEYS(1, 1, 1), "key seconds " EXPIRE_FLAGS,
        O_LOG, "Lets a key go after so many seconds.", NULL),
    ROW("expireat", expireat_command, -3, WRITE | FAST, KEYS(1, 1, 1),
        "key unix-time-seconds " EXPIRE_FLAGS, O_LOG,
        "Lets a key go at a moment, in seconds since the epoch.", NULL),
    ROW("expiretime", expiretime_command, 2, READ | FAST, KEYS(1, 1, 1), "key", O_LOG,
        "Answers the moment when a key goes, -1 when it never does, -2 when it is missing.", NULL),
    ROW("persist", persist_command, 2, WRITE | FAST, KEYS(1, 1, 1), "key", O_LOG,
        "Lets a key stay for good.", NULL),
    ROW("pexpire", pexpire_command, -3, WRITE | FAST, KEYS(1, 1, 1),
        "key milliseconds " EXPIRE_FLAGS, O_LOG, "Lets a key go after so many milliseconds.", NULL),
    ROW("pexpireat", pexpireat_command, -3, WRITE | FAST, KEYS(1, 1, 1),
        "key unix-time-milliseconds " EXPIRE_FLAGS, O_LOG,
        "Lets a key go at a moment, in milliseconds since the epoch.", NULL),
    ROW("pexpiretime", pexpiretime_command, 2, READ | FAST, KEYS(1, 1, 1), "key", O_LOG,
        "Answers the moment when a key goes in milliseconds, -1 for never, -2 without the key.",
        NULL),
    ROW("pttl", pttl_command, 2, READ | FAST, KEYS(1, 1, 1), "key", O_LOG,
        "Answers the milliseconds a key has left, -1 when it stays, -2 when it is missing.", NULL),
    ROW("ttl", ttl_command, 2, READ | FAST, KEYS(1, 1, 1), "key", O_LOG,
        "Answers the seconds a key has left, -1 when it stays, -2 when it is missing.", NULL),
#undef GROUP
#define GROUP "string"
    ROW("getex", getex_command, -2, WRITE | FAST, KEYS(1, 1, 1),
        "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | "
        "PXAT unix-time-milliseconds | PERSIST]",
        O_LOG, "Answers the value of a key and sets or removes its expiry.", NULL),
    ROW("psetex", psetex_command, 4, WRITE, KEYS(1, 1, 1), "key milliseconds value", O_LOG,
        "Sets a key that goes after so many milliseconds.", NULL),
    ROW("setex", setex_command, 4, WRITE, KEYS(1, 1, 1), "key seconds value", O_LOG,
        "Sets a key that goes after so many seconds.", NULL),
};

const struct command_group expiry_commands = {rows, sizeof rows / sizeof *rows};
