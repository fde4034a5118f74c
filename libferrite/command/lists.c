/*
 * lists.c - the commands on lists, and their rows of the table.
 */
#include "command.h"

#include <string.h>

#define GROUP "list"
#define SINCE "0.1.0"

/* ---- pushing and popping ---- */

typedef int (*push_function)(ferrite_db *, const char *, size_t, const ferrite_slice *, size_t,
                             ferrite_error **);

static int push_reply(struct command_call *call, push_function push) {
    return integer_reply(
        call, push(call->db, ARG(call, 1), call->args + 2, (size_t)call->argc - 2, &call->err));
}

static int lpush_command(struct command_call *call) { return push_reply(call, ferrite_lpush_many); }
static int rpush_command(struct command_call *call) { return push_reply(call, ferrite_rpush_many); }
static int lpushx_command(struct command_call *call) { return push_reply(call, ferrite_lpushx); }
static int rpushx_command(struct command_call *call) { return push_reply(call, ferrite_rpushx); }

static void add_elements(struct reply *reply, ferrite_slice *elements, size_t count) {
    reply_array(reply, count);
    for (size_t i = 0; i < count; i++) reply_borrow(reply, elements[i].data, elements[i].len);
    reply_own(reply, elements);
}

/* NULL without an error is nil. */
static int elements_reply(struct command_call *call, ferrite_slice *elements, size_t count) {
    if (!elements && call->err) return -1;
    if (elements)
        add_elements(call->reply, elements, count);
    else
        reply_nil(call->reply);
    return 0;
}

static bool arg_positive(struct command_call *call, int i, int64_t *value) {
    if (word_integer(call->args[i], value) && *value >= 0) return true;
    reply_error(call->reply, "ERR value is out of range, must be positive");
    return false;
}

static int pop_reply(struct command_call *call, int side) {
    int64_t max;
    size_t len = 0;
    if (call->argc > 3) return arity_error(call);
    if (call->argc == 2) {
        char *element = side == FERRITE_LEFT
                            ? ferrite_lpop(call->db, ARG(call, 1), &len, &call->err)
                            : ferrite_rpop(call->db, ARG(call, 1), &len, &call->err);
        return take_reply(call, element, len);
    }
    if (!arg_positive(call, 2, &max)) return 0;
    ferrite_slice *elements =
        side == FERRITE_LEFT
            ? ferrite_lpop_many(call->db, ARG(call, 1), (size_t)max, &len, &call->err)
            : ferrite_rpop_many(call->db, ARG(call, 1), (size_t)max, &len, &call->err);
    return elements_reply(call, elements, len);
}

static int lpop_command(struct command_call *call) { return pop_reply(call, FERRITE_LEFT); }
static int rpop_command(struct command_call *call) { return pop_reply(call, FERRITE_RIGHT); }

/* False after adding the error reply. */
static bool arg_side(struct command_call *call, int i, int *side) {
    *side = word_is(call->args[i], "LEFT") ? FERRITE_LEFT : FERRITE_RIGHT;
    if (*side == FERRITE_LEFT || word_is(call->args[i], "RIGHT")) return true;
    syntax_error(call);
    return false;
}

static bool arg_above_zero(struct command_call *call, int i, const char *what, int64_t *value) {
    if (word_integer(call->args[i], value) && *value > 0) return true;
    reply_error(call->reply, "ERR %s should be greater than 0", what);
    return false;
}

static bool parse_lmpop(struct command_call *call, int64_t *keys, int *side, int64_t *max) {
    *max = 1;
    if (!arg_above_zero(call, 1, "numkeys", keys)) return false;
    if (*keys > call->argc - 3) {
        syntax_error(call);
        return false;
    }
    int at = (int)*keys + 2;
    if (!arg_side(call, at++, side)) return false;
    if (at == call->argc) return true;
    if (at + 2 == call->argc && word_is(call->args[at], "COUNT"))
        return arg_above_zero(call, at + 1, "count", max);
    /* Redis reads COUNT's number before it sees what stands behind. */
    bool counted = at + 2 < call->argc && word_is(call->args[at], "COUNT");
    if (!counted || arg_above_zero(call, at + 1, "count", max)) syntax_error(call);
    return false;
}

static int lmpop_command(struct command_call *call) {
    int64_t keys, max;
    int side;
    size_t which = 0, count = 0;
    if (!parse_lmpop(call, &keys, &side, &max)) return 0;
    ferrite_slice *elements = ferrite_lmpop(call->db, call->args + 2, (size_t)keys, side,
                                            (size_t)max, &which, &count, &call->err);
    if (!elements) return elements_reply(call, NULL, 0);
    reply_array(call->reply, 2);
    reply_borrow(call->reply, call->args[2 + which].data, call->args[2 + which].len);
    add_elements(call->reply, elements, count);
    return 0;
}

/* ---- looking ---- */

static int llen_command(struct command_call *call) {
    return integer_reply(call, ferrite_llen(call->db, ARG(call, 1), &call->err));
}

/* Redis looks at the key before the number: without a list the number is not judged. False with
 * the error reply added, or call->err set. */
static bool arg_index(struct command_call *call, int i, int64_t *index) {
    *index = 0;
    if (word_integer(call->args[i], index)) return true;
    int there = ferrite_llen(call->db, ARG(call, 1), &call->err);
    return there > 0 ? arg_integer(call, i, index) : there == 0;
}

static int lindex_command(struct command_call *call) {
    int64_t index;
    size_t len = 0;
    if (!arg_index(call, 2, &index)) return call->err ? -1 : 0;
    char *element = ferrite_lindex(call->db, ARG(call, 1), index, &len, &call->err);
    return take_reply(call, element, len);
}

static int lrange_command(struct command_call *call) {
    int64_t start, stop;
    size_t count = 0;
    if (!arg_integer(call, 2, &start) || !arg_integer(call, 3, &stop)) return 0;
    ferrite_slice *elements =
        ferrite_lrange(call->db, ARG(call, 1), start, stop, &count, &call->err);
    return elements_reply(call, elements, count);
}

struct lpos_arguments {
    int64_t rank, count, max_len; /* count -1: not given */
};

static bool arg_not_negative(struct command_call *call, int i, const char *what, int64_t *value) {
    if (word_integer(call->args[i], value) && *value >= 0) return true;
    reply_error(call->reply, "ERR %s can't be negative", what);
    return false;
}

static bool arg_rank(struct command_call *call, int i, int64_t *rank) {
    if (!arg_integer(call, i, rank)) return false;
    if (*rank != 0) return true;
    reply_error(call->reply, "ERR RANK can't be zero: use 1 to start from the first match, 2 from "
                             "the second ... or use negative to start from the end of the list");
    return false;
}

/* False after adding the error reply. */
static bool parse_lpos(struct command_call *call, struct lpos_arguments *lpos) {
    for (int i = 3; i < call->argc; i += 2) {
        bool paired = i + 1 < call->argc, valid;
        if (paired && word_is(call->args[i], "RANK"))
            valid = arg_rank(call, i + 1, &lpos->rank);
        else if (paired && word_is(call->args[i], "COUNT"))
            valid = arg_not_negative(call, i + 1, "COUNT", &lpos->count);
        else if (paired && word_is(call->args[i], "MAXLEN"))
            valid = arg_not_negative(call, i + 1, "MAXLEN", &lpos->max_len);
        else
            valid = syntax_error(call) != 0;
        if (!valid) return false;
    }
    return true;
}

static int lpos_many_reply(struct command_call *call, const struct lpos_arguments *lpos) {
    size_t count = 0;
    int64_t *found =
        ferrite_lpos_many(call->db, ARG(call, 1), ARG(call, 2), lpos->rank, (size_t)lpos->count,
                          (uint64_t)lpos->max_len, &count, &call->err);
    if (!found) return -1;
    reply_array(call->reply, count);
    for (size_t i = 0; i < count; i++) reply_integer(call->reply, found[i]);
    ferrite_free(found);
    return 0;
}

static int lpos_command(struct command_call *call) {
    struct lpos_arguments lpos = {1, -1, 0};
    int64_t index = 0;
    if (!parse_lpos(call, &lpos)) return 0;
    if (lpos.count >= 0) return lpos_many_reply(call, &lpos);
    int found = ferrite_lpos(call->db, ARG(call, 1), ARG(call, 2), lpos.rank,
                             (uint64_t)lpos.max_len, &index, &call->err);
    if (found < 0) return -1;
    if (found)
        reply_integer(call->reply, index);
    else
        reply_nil(call->reply);
    return 0;
}

/* ---- changing ---- */

static int lset_command(struct command_call *call) {
    int64_t index;
    if (!arg_index(call, 2, &index)) return call->err ? -1 : 0;
    return status_reply(call,
                        ferrite_lset(call->db, ARG(call, 1), index, ARG(call, 3), &call->err));
}

static int linsert_command(struct command_call *call) {
    bool after = word_is(call->args[2], "AFTER");
    int64_t length = 0;
    if (!after && !word_is(call->args[2], "BEFORE")) return syntax_error(call);
    if (ferrite_linsert(call->db, ARG(call, 1), after ? FERRITE_AFTER : FERRITE_BEFORE,
                        ARG(call, 3), ARG(call, 4), &length, &call->err) < 0)
        return -1;
    reply_integer(call->reply, length);
    return 0;
}

static int lrem_command(struct command_call *call) {
    int64_t count;
    if (!arg_integer(call, 2, &count)) return 0;
    return integer_reply(call,
                         ferrite_lrem(call->db, ARG(call, 1), count, ARG(call, 3), &call->err));
}

static int ltrim_command(struct command_call *call) {
    int64_t start, stop;
    if (!arg_integer(call, 2, &start) || !arg_integer(call, 3, &stop)) return 0;
    return status_reply(call, ferrite_ltrim(call->db, ARG(call, 1), start, stop, &call->err));
}

static int lmove_command(struct command_call *call) {
    int from, to;
    size_t len = 0;
    if (!arg_side(call, 3, &from) || !arg_side(call, 4, &to)) return 0;
    char *moved = ferrite_lmove(call->db, ARG(call, 1), ARG(call, 2), from, to, &len, &call->err);
    return take_reply(call, moved, len);
}

static int rpoplpush_command(struct command_call *call) {
    size_t len = 0;
    char *moved = ferrite_rpoplpush(call->db, ARG(call, 1), ARG(call, 2), &len, &call->err);
    return take_reply(call, moved, len);
}

/* ---- rows ---- */

static const struct command rows[] = {
    ROW("lindex", lindex_command, 3, READ | FAST, KEYS(1, 1, 1), "key index", "O(log n)",
        "Answers the element at an index; negative counts from the end.", NULL),
    ROW("linsert", linsert_command, 5, WRITE, KEYS(1, 1, 1), "key BEFORE | AFTER pivot element",
        "O(n), to find the pivot",
        "Puts an element beside the first one like pivot; answers the length, -1 without pivot.",
        NULL),
    ROW("llen", llen_command, 2, READ | FAST, KEYS(1, 1, 1), "key", "O(log k)",
        "Answers the length of a list, 0 when it is missing.", NULL),
    ROW("lmove", lmove_command, 5, WRITE | FAST, KEYS(1, 2, 1),
        "source destination LEFT | RIGHT LEFT | RIGHT", "O(log n)",
        "Moves an element from an end of one list to an end of another, or of the same.", NULL),
    ROW("lmpop", lmpop_command, -4, WRITE, NO_KEYS,
        "numkeys key [key ...] LEFT | RIGHT [COUNT count]", "O(k + n), k keys, n elements",
        "Removes elements from the first of the lists that exists, and answers its name and them.",
        NULL),
    ROW("lpop", lpop_command, -2, WRITE | FAST, KEYS(1, 1, 1), "key [count]",
        "O(n), n elements removed", "Removes the first elements and answers them.", NULL),
    ROW("lpos", lpos_command, -3, READ, KEYS(1, 1, 1),
        "key element [RANK rank] [COUNT num-matches] [MAXLEN len]", "O(n)",
        "Answers the indexes of elements of this value.", NULL),
    ROW("lpush", lpush_command, -3, WRITE | FAST, KEYS(1, 1, 1), "key element [element ...]",
        "O(log n) an element", "Puts elements before the first one; answers the length.", NULL),
    ROW("lpushx", lpushx_command, -3, WRITE | FAST, KEYS(1, 1, 1), "key element [element ...]",
        "O(log n) an element", "Puts elements before the first one of a list that exists.", NULL),
    ROW("lrange", lrange_command, 4, READ, KEYS(1, 1, 1), "key start stop",
        "O(log n + m), m elements answered",
        "Answers the elements from start to stop, both included; negative counts from the end.",
        NULL),
    ROW("lrem", lrem_command, 4, WRITE, KEYS(1, 1, 1), "key count element", "O(n)",
        "Removes elements of this value, from the end when count is negative, all when it is 0.",
        NULL),
    ROW("lset", lset_command, 4, WRITE | FAST, KEYS(1, 1, 1), "key index element", "O(log n)",
        "Replaces the element at an index.", NULL),
    ROW("ltrim", ltrim_command, 4, WRITE, KEYS(1, 1, 1), "key start stop",
        "O(log n + m), m elements removed", "Keeps the elements from start to stop.", NULL),
    ROW("rpop", rpop_command, -2, WRITE | FAST, KEYS(1, 1, 1), "key [count]",
        "O(n), n elements removed", "Removes the last elements and answers them.", NULL),
    ROW("rpoplpush", rpoplpush_command, 3, WRITE | FAST, KEYS(1, 2, 1), "source destination",
        "O(log n)", "Moves the last element of a list to the start of another, or of the same.",
        NULL),
    ROW("rpush", rpush_command, -3, WRITE | FAST, KEYS(1, 1, 1), "key element [element ...]",
        "O(log n) an element", "Puts elements behind the last one; answers the length.", NULL),
    ROW("rpushx", rpushx_command, -3, WRITE | FAST, KEYS(1, 1, 1), "key element [element ...]",
        "O(log n) an element", "Puts elements behind the last one of a list that exists.", NULL),
};

const struct command_group list_commands = {rows, sizeof rows / sizeof *rows};
