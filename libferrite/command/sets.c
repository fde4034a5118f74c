/*
 * sets.c - the commands on sets, and their rows of the table.
 */
#include "command.h"

#define GROUP "set"
#define SINCE "0.1.0"

/* ---- members ---- */

static int sadd_command(struct command_call *call) {
    return integer_reply(call, ferrite_sadd_many(call->db, ARG(call, 1), call->args + 2,
                                                 (size_t)call->argc - 2, &call->err));
}

static int srem_command(struct command_call *call) {
    return integer_reply(call, ferrite_srem_many(call->db, ARG(call, 1), call->args + 2,
                                                 (size_t)call->argc - 2, &call->err));
}

static int smove_command(struct command_call *call) {
    return integer_reply(call, ferrite_smove(call->db, ARG(call, 1), ARG(call, 2), ARG(call, 3),
                                             &call->err));
}

static int sismember_command(struct command_call *call) {
    return integer_reply(call, ferrite_sismember(call->db, ARG(call, 1), ARG(call, 2), &call->err));
}

static int smismember_command(struct command_call *call) {
    for (int i = 2; i < call->argc; i++) {
        int there = ferrite_sismember(call->db, ARG(call, 1), ARG(call, i), &call->err);
        if (there < 0) return -1;
        if (i == 2) reply_array(call->reply, (size_t)call->argc - 2);
        reply_integer(call->reply, there);
    }
    return 0;
}

static int number_reply(struct command_call *call, int result, uint64_t number) {
    if (result < 0) return -1;
    reply_integer(call->reply, (int64_t)number);
    return 0;
}

static int scard_command(struct command_call *call) {
    uint64_t count = 0;
    int result = ferrite_scard(call->db, ARG(call, 1), &count, &call->err);
    return number_reply(call, result, count);
}

static int smembers_command(struct command_call *call) {
    size_t count = 0;
    ferrite_slice *members = ferrite_smembers(call->db, ARG(call, 1), &count, &call->err);
    return slices_reply(call, members, count);
}

static int sscan_command(struct command_call *call) {
    return scan_elements(call, FERRITE_TYPE_SET, ferrite_sscan);
}

/* ---- random members ---- */

static int spop_command(struct command_call *call) {
    size_t count = 0;
    int64_t how_many;
    if (call->argc == 2) {
        char *member = ferrite_spop(call->db, ARG(call, 1), &count, &call->err);
        return take_reply(call, member, count);
    }
    if (call->argc > 3) return syntax_error(call);
    if (!word_integer(call->args[2], &how_many) || how_many < 0) {
        reply_error(call->reply, "ERR value is out of range, must be positive");
        return 0;
    }
    ferrite_slice *members =
        ferrite_spop_many(call->db, ARG(call, 1), (uint64_t)how_many, &count, &call->err);
    return slices_reply(call, members, count);
}

static int srandmember_command(struct command_call *call) {
    size_t count = 0;
    int64_t how_many;
    if (call->argc == 2) {
        char *member = ferrite_srandmember(call->db, ARG(call, 1), &count, &call->err);
        return take_reply(call, member, count);
    }
    if (call->argc > 3) return syntax_error(call);
    if (!arg_sample(call, 2, &how_many)) return 0;
    ferrite_slice *members =
        ferrite_srandmember_many(call->db, ARG(call, 1), how_many, &count, &call->err);
    return slices_reply(call, members, count);
}

/* ---- several sets ---- */

typedef ferrite_slice *(*combine_function)(ferrite_db *, const ferrite_slice *, size_t, size_t *,
                                           ferrite_error **);

static int combine_reply(struct command_call *call, combine_function function) {
    size_t count = 0;
    ferrite_slice *members =
        function(call->db, call->args + 1, (size_t)call->argc - 1, &count, &call->err);
    return slices_reply(call, members, count);
}

static int sunion_command(struct command_call *call) { return combine_reply(call, ferrite_sunion); }
static int sinter_command(struct command_call *call) { return combine_reply(call, ferrite_sinter); }
static int sdiff_command(struct command_call *call) { return combine_reply(call, ferrite_sdiff); }

typedef int (*store_function)(ferrite_db *, const char *, size_t, const ferrite_slice *, size_t,
                              uint64_t *, ferrite_error **);

static int store_reply(struct command_call *call, store_function function) {
    uint64_t count = 0;
    int result = function(call->db, ARG(call, 1), call->args + 2, (size_t)call->argc - 2, &count,
                          &call->err);
    return number_reply(call, result, count);
}

static int sunionstore_command(struct command_call *call) {
    return store_reply(call, ferrite_sunionstore);
}
static int sinterstore_command(struct command_call *call) {
    return store_reply(call, ferrite_sinterstore);
}
static int sdiffstore_command(struct command_call *call) {
    return store_reply(call, ferrite_sdiffstore);
}

/* LIMIT may be given again: the last one counts. False after adding the error reply. */
static bool parse_limit(struct command_call *call, int i, int64_t *limit) {
    *limit = 0;
    for (; i < call->argc; i += 2) {
        if (!word_is(call->args[i], "LIMIT") || i + 1 == call->argc) {
            syntax_error(call);
            return false;
        }
        if (!word_integer(call->args[i + 1], limit) || *limit < 0) {
            reply_error(call->reply, "ERR LIMIT can't be negative");
            return false;
        }
    }
    return true;
}

static int sintercard_command(struct command_call *call) {
    int64_t keys, limit;
    uint64_t count = 0;
    if (!arg_key_count(call, 1, &keys) || !parse_limit(call, 2 + (int)keys, &limit)) return 0;
    int result = ferrite_sintercard(call->db, call->args + 2, (size_t)keys, (uint64_t)limit, &count,
                                    &call->err);
    return number_reply(call, result, count);
}

/* ---- rows ---- */

#define IN_ORDER "Members come in the order of their bytes."

static const struct command rows[] = {
    ROW("sadd", sadd_command, -3, WRITE | FAST, KEYS(1, 1, 1), "key member [member ...]",
        "O(n log k), n members", "Adds members to a set and answers how many are new.", NULL),
    ROW("scard", scard_command, 2, READ | FAST, KEYS(1, 1, 1), "key", "O(log k)",
        "Answers the number of members of a set.", NULL),
    ROW("sdiff", sdiff_command, -2, READ, KEYS(1, -1, 1), "key [key ...]",
        "O(n m log k), n members of the first of m sets",
        "Answers the members of the first set that are in no other.", IN_ORDER),
    ROW("sdiffstore", sdiffstore_command, -3, WRITE, KEYS(1, -1, 1), "destination key [key ...]",
        "O(n m log k), n members of the first of m sets",
        "Stores what SDIFF answers and answers its size.", NULL),
    ROW("sinter", sinter_command, -2, READ, KEYS(1, -1, 1), "key [key ...]",
        "O(n m log k), n members of the smallest of m sets",
        "Answers the members that are in all of the sets.", IN_ORDER),
    ROW("sintercard", sintercard_command, -3, READ, NO_KEYS, "numkeys key [key ...] [LIMIT limit]",
        "O(n m log k), n members of the smallest of m sets",
        "Answers how many members are in all of the sets, counting up to a limit.", NULL),
    ROW("sinterstore", sinterstore_command, -3, WRITE, KEYS(1, -1, 1), "destination key [key ...]",
        "O(n m log k), n members of the smallest of m sets",
        "Stores what SINTER answers and answers its size.", NULL),
    ROW("sismember", sismember_command, 3, READ | FAST, KEYS(1, 1, 1), "key member", "O(log k)",
        "Answers whether a set has a member.", NULL),
    ROW("smembers", smembers_command, 2, READ, KEYS(1, 1, 1), "key", "O(n), n the size of the set",
        "Answers all members of a set.", IN_ORDER),
    ROW("smismember", smismember_command, -3, READ | FAST, KEYS(1, 1, 1), "key member [member ...]",
        "O(n log k), n members", "Answers for each of several members whether a set has it.", NULL),
    ROW("smove", smove_command, 4, WRITE | FAST, KEYS(1, 2, 1), "source destination member",
        "O(log k)", "Moves a member from one set to another.", NULL),
    ROW("spop", spop_command, -2, WRITE | FAST, KEYS(1, 1, 1), "key [count]",
        "O(n log k), n members", "Removes random members of a set and answers them.",
        "Each member is equally likely."),
    ROW("srandmember", srandmember_command, -2, READ, KEYS(1, 1, 1), "key [count]",
        "O(n log k), n members", "Answers random members of a set; a negative count allows repeats.",
        "Each member is equally likely. A negative count goes to -134217728."),
    ROW("srem", srem_command, -3, WRITE | FAST, KEYS(1, 1, 1), "key member [member ...]",
        "O(n log k), n members", "Removes members from a set and answers how many there were.",
        NULL),
    ROW("sscan", sscan_command, -3, READ, KEYS(1, 1, 1), "key cursor [MATCH pattern] [COUNT count]",
        "O(count) a call", "Answers the next cursor and some members.", IN_ORDER),
    ROW("sunion", sunion_command, -2, READ, KEYS(1, -1, 1), "key [key ...]",
        "O(n m), n members in m sets", "Answers the members that are in any of the sets.",
        IN_ORDER),
    ROW("sunionstore", sunionstore_command, -3, WRITE, KEYS(1, -1, 1), "destination key [key ...]",
        "O(n m), n members in m sets", "Stores what SUNION answers and answers its size.", NULL),
};

const struct command_group set_commands = {rows, sizeof rows / sizeof *rows};
