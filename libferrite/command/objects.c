/*
 * objects.c - OBJECT: how keys are stored, and its row of the table.
 */
#include "command.h"

#define GROUP "generic"
#define SINCE "0.1.0"

static int object_encoding(struct command_call *call) {
    const char *name = ferrite_encoding(call->db, ARG(call, 2), &call->err);
    if (!name && call->err) return -1;
    if (name)
        reply_text(call->reply, name);
    else
        reply_nil(call->reply);
    return 0;
}

/* One number for all keys that are there. */
static int object_number(struct command_call *call, int64_t number) {
    int there = ferrite_exists(call->db, ARG(call, 2), &call->err);
    if (there < 0) return -1;
    if (there)
        reply_integer(call->reply, number);
    else
        reply_nil(call->reply);
    return 0;
}

static int object_refcount(struct command_call *call) { return object_number(call, 1); }

static int object_idletime(struct command_call *call) {
    int64_t idle_ms = 0;
    int there = ferrite_idle_time(call->db, ARG(call, 2), &idle_ms, &call->err);
    if (there < 0) return -1;
    if (there)
        reply_integer(call->reply, idle_ms / 1000);
    else
        reply_nil(call->reply);
    return 0;
}

static int object_freq(struct command_call *call) {
    int frequency = 0;
    int there = ferrite_frequency(call->db, ARG(call, 2), &frequency, &call->err);
    if (there < 0) return -1;
    if (there)
        reply_integer(call->reply, frequency);
    else
        reply_nil(call->reply);
    return 0;
}

static int object_help(struct command_call *call) {
    static const char *const lines[] = {
        "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "ENCODING <key>",
        "    The form in which a value is stored, by the name that Redis has for it.",
        "FREQ <key>",
        "    How often a key is used, with an LFU policy of eviction.",
        "IDLETIME <key>",
        "    Seconds since a key was used, with an LRU policy of eviction; 0 without one.",
        "REFCOUNT <key>",
        "    1: values are not shared.",
        "HELP",
        "    This text.",
    };
    return help_reply(call, lines, sizeof lines / sizeof *lines);
}

static const struct subcommand subcommands[] = {
    {"encoding", "object|encoding", 3, 2, object_encoding},
    {"freq", "object|freq", 3, 2, object_freq},
    {"help", "object|help", 2, 0, object_help},
    {"idletime", "object|idletime", 3, 2, object_idletime},
    {"refcount", "object|refcount", 3, 2, object_refcount},
};

static const struct command rows[] = {
    ROW_OF_SUBCOMMANDS(
        "object", run_subcommand, subcommands, -2, READ, KEYS(2, 2, 1),
        "ENCODING key | FREQ key | IDLETIME key | REFCOUNT key | HELP", "O(log n)",
        "Answers how a value is stored.",
        "Small collections are packed by size in bytes, not by count, and a small set of any "
        "members is a listpack; a string is int, embstr or raw by its bytes alone, also after "
        "APPEND, "
        "SETRANGE and INCRBYFLOAT; IDLETIME is 0 without an LRU policy of eviction."),
};

const struct command_group object_commands = {rows, sizeof rows / sizeof *rows};
