/*
 * hashes.c - the commands on hashes, and their rows of the table.
 */
#include "command.h"

#define GROUP "hash"
#define SINCE "0.1.0"

/* ---- putting ---- */

static int hset_command(struct command_call *call) {
    if (call->argc % 2 != 0) return arity_error(call);
    return integer_reply(call, ferrite_hset_many(call->db, ARG(call, 1), call->args + 2,
                                                 (size_t)call->argc - 2, &call->err));
}

static int hmset_command(struct command_call *call) {
    if (call->argc % 2 != 0) return arity_error(call);
    return status_reply(call, ferrite_hset_many(call->db, ARG(call, 1), call->args + 2,
                                                (size_t)call->argc - 2, &call->err));
}

static int hsetnx_command(struct command_call *call) {
    return integer_reply(call, ferrite_hsetnx(call->db, ARG(call, 1), ARG(call, 2), ARG(call, 3),
                                              &call->err));
}

static int hdel_command(struct command_call *call) {
    return integer_reply(call, ferrite_hdel_many(call->db, ARG(call, 1), call->args + 2,
                                                 (size_t)call->argc - 2, &call->err));
}

/* ---- getting ---- */

static int hget_command(struct command_call *call) {
    size_t len = 0;
    char *value = ferrite_hget(call->db, ARG(call, 1), ARG(call, 2), &len, &call->err);
    return take_reply(call, value, len);
}

static int hmget_command(struct command_call *call) {
    size_t count = (size_t)call->argc - 2;
    return slices_reply(
        call, ferrite_hmget(call->db, ARG(call, 1), call->args + 2, count, &call->err), count);
}

typedef ferrite_slice *(*list_function)(ferrite_db *, const char *, size_t, size_t *,
                                        ferrite_error **);

static int list_reply(struct command_call *call, list_function function) {
    size_t count = 0;
    ferrite_slice *items = function(call->db, ARG(call, 1), &count, &call->err);
    return slices_reply(call, items, count);
}

static int hgetall_command(struct command_call *call) { return list_reply(call, ferrite_hgetall); }
static int hkeys_command(struct command_call *call) { return list_reply(call, ferrite_hkeys); }
static int hvals_command(struct command_call *call) { return list_reply(call, ferrite_hvals); }

static int hexists_command(struct command_call *call) {
    return integer_reply(call, ferrite_hexists(call->db, ARG(call, 1), ARG(call, 2), &call->err));
}

static int hstrlen_command(struct command_call *call) {
    return integer_reply(call, ferrite_hstrlen(call->db, ARG(call, 1), ARG(call, 2), &call->err));
}

static int hlen_command(struct command_call *call) {
    uint64_t count = 0;
    if (ferrite_hlen(call->db, ARG(call, 1), &count, &call->err) < 0) return -1;
    reply_integer(call->reply, (int64_t)count);
    return 0;
}

static int hscan_command(struct command_call *call) {
    return scan_elements(call, FERRITE_TYPE_HASH, ferrite_hscan);
}

/* ---- numbers ---- */

static int hincrby_command(struct command_call *call) {
    int64_t increment, value = 0;
    if (!arg_integer(call, 3, &increment)) return 0;
    if (ferrite_hincrby(call->db, ARG(call, 1), ARG(call, 2), increment, &value, &call->err) < 0)
        return -1;
    reply_integer(call->reply, value);
    return 0;
}

static int hincrbyfloat_command(struct command_call *call) {
    size_t len = 0;
    char *value = ferrite_hincrbyfloat_text(call->db, ARG(call, 1), ARG(call, 2), ARG(call, 3),
                                            &len, &call->err);
    return take_reply(call, value, len);
}

/* ---- HRANDFIELD ---- */

static int hrandfield_one(struct command_call *call) {
    size_t count = 0;
    ferrite_slice *fields = ferrite_hrandfield(call->db, ARG(call, 1), -1, 0, &count, &call->err);
    if (!fields) return -1;
    if (count)
        reply_borrow(call->reply, fields[0].data, fields[0].len);
    else
        reply_nil(call->reply);
    reply_own(call->reply, fields);
    return 0;
}

static int hrandfield_command(struct command_call *call) {
    int64_t how_many;
    size_t count = 0;
    bool with_values = call->argc == 4 && word_is(call->args[3], "WITHVALUES");
    if (call->argc == 2) return hrandfield_one(call);
    if (!arg_sample(call, 2, &how_many)) return 0;
    if (call->argc > 4 || (call->argc == 4 && !with_values)) return syntax_error(call);
    if (with_values && (how_many < INT64_MIN / 2 || how_many > INT64_MAX / 2)) {
        reply_error(call->reply, "ERR value is out of range");
        return 0;
    }
    ferrite_slice *items =
        ferrite_hrandfield(call->db, ARG(call, 1), how_many, with_values, &count, &call->err);
    return slices_reply(call, items, count);
}

/* ---- rows ---- */

static const struct command rows[] = {
    ROW("hdel", hdel_command, -3, WRITE | FAST, KEYS(1, 1, 1), "key field [field ...]",
        "O(n log k), n fields", "Deletes fields of a hash and answers how many there were.", NULL),
    ROW("hexists", hexists_command, 3, READ | FAST, KEYS(1, 1, 1), "key field", "O(log k)",
        "Answers whether a hash has a field.", NULL),
    ROW("hget", hget_command, 3, READ | FAST, KEYS(1, 1, 1), "key field", "O(log k)",
        "Answers the value of a field, nil when it is missing.", NULL),
    ROW("hgetall", hgetall_command, 2, READ, KEYS(1, 1, 1), "key", "O(n), n the size of the hash",
        "Answers all fields of a hash, each followed by its value.",
        "Fields come in the order of their bytes."),
    ROW("hincrby", hincrby_command, 4, WRITE | FAST, KEYS(1, 1, 1), "key field increment",
        "O(log k)", "Adds a number to the integer of a field, which begins at 0.", NULL),
    ROW("hincrbyfloat", hincrbyfloat_command, 4, WRITE | FAST, KEYS(1, 1, 1),
        "key field increment", "O(log k)",
        "Adds a fraction to the number of a field, which begins at 0.", NULL),
    ROW("hkeys", hkeys_command, 2, READ, KEYS(1, 1, 1), "key", "O(n), n the size of the hash",
        "Answers all fields of a hash.", "Fields come in the order of their bytes."),
    ROW("hlen", hlen_command, 2, READ | FAST, KEYS(1, 1, 1), "key", "O(log k)",
        "Answers the number of fields of a hash.",
        "Fields that have expired do not count, as for every reader."),
    ROW("hmget", hmget_command, -3, READ | FAST, KEYS(1, 1, 1), "key field [field ...]",
        "O(n log k), n fields", "Answers the values of several fields.", NULL),
    ROW("hmset", hmset_command, -4, WRITE | FAST, KEYS(1, 1, 1), "key field value [field value ...]",
        "O(n log k), n fields", "An old form of HSET that answers OK.", NULL),
    ROW("hrandfield", hrandfield_command, -2, READ, KEYS(1, 1, 1), "key [count [WITHVALUES]]",
        "O(n log k), n fields", "Answers random fields of a hash; a negative count allows repeats.",
        "Each field is equally likely. A negative count goes to -134217728."),
    ROW("hscan", hscan_command, -3, READ, KEYS(1, 1, 1), "key cursor [MATCH pattern] [COUNT count]",
        "O(count) a call", "Answers the next cursor and some fields with their values.",
        "Fields come in the order of their bytes."),
    ROW("hset", hset_command, -4, WRITE | FAST, KEYS(1, 1, 1), "key field value [field value ...]",
        "O(n log k), n fields", "Sets fields of a hash and answers how many are new.", NULL),
    ROW("hsetnx", hsetnx_command, 4, WRITE | FAST, KEYS(1, 1, 1), "key field value", "O(log k)",
        "Sets a field when it is missing.", NULL),
    ROW("hstrlen", hstrlen_command, 3, READ | FAST, KEYS(1, 1, 1), "key field", "O(log k)",
        "Answers the length of a field's value, 0 when it is missing.", NULL),
    ROW("hvals", hvals_command, 2, READ, KEYS(1, 1, 1), "key", "O(n), n the size of the hash",
        "Answers all values of a hash.", "Values come in the order of their fields' bytes."),
};

const struct command_group hash_commands = {rows, sizeof rows / sizeof *rows};
