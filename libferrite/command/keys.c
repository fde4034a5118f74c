/*
 * keys.c - the commands on keys of any type, and their rows of the table.
 */
#include "command.h"

#include <string.h>

#define GROUP "generic"
#define SINCE "0.1.0"

/* ---- several keys at once ---- */

typedef int (*many_function)(ferrite_db *, const ferrite_slice *, size_t, ferrite_error **);

static int many_reply(struct command_call *call, many_function function) {
    return integer_reply(call,
                         function(call->db, call->args + 1, (size_t)call->argc - 1, &call->err));
}

static int del_command(struct command_call *call) { return many_reply(call, ferrite_del_many); }

static int unlink_command(struct command_call *call) {
    return many_reply(call, ferrite_unlink_many);
}

static int exists_command(struct command_call *call) {
    return many_reply(call, ferrite_exists_many);
}

static int touch_command(struct command_call *call) { return many_reply(call, ferrite_touch_many); }

/* ---- looking around ---- */

static int type_command(struct command_call *call) {
    int type = ferrite_type(call->db, ARG(call, 1), &call->err);
    if (type < 0) return -1;
    reply_status(call->reply, ferrite_type_name(type));
    return 0;
}

static int keys_command(struct command_call *call) {
    size_t count = 0;
    ferrite_slice *keys = ferrite_keys(call->db, ARG(call, 1), &count, &call->err);
    return slices_reply(call, keys, count);
}

static int randomkey_command(struct command_call *call) {
    size_t len = 0;
    char *key = ferrite_randomkey(call->db, &len, &call->err);
    return take_reply(call, key, len);
}

/* ---- SCAN ---- */

static int scan_command(struct command_call *call) {
    struct scan_arguments scan = SCAN_ARGUMENTS_INIT;
    size_t count = 0;
    if (!scan_cursor(call, 1, &scan) || !scan_options(call, 2, true, &scan)) return 0;
    ferrite_slice *keys = ferrite_scan(call->db, &scan.cursor, scan.pattern.data, scan.pattern.len,
                                       (size_t)scan.effort, scan.type, &count, &call->err);
    return scan_reply(call, scan.cursor, keys, count);
}

/* ---- moving ---- */

static int rename_command(struct command_call *call) {
    return status_reply(call, ferrite_rename(call->db, ARG(call, 1), ARG(call, 2), &call->err));
}

static int renamenx_command(struct command_call *call) {
    return integer_reply(call, ferrite_renamenx(call->db, ARG(call, 1), ARG(call, 2), &call->err));
}

static int same_objects(struct command_call *call) {
    reply_error(call->reply, "ERR source and destination objects are the same");
    return 0;
}

static int copy_command(struct command_call *call) {
    int database = ferrite_database(call->db);
    bool replace = false;
    for (int i = 3; i < call->argc; i++) {
        if (word_is(call->args[i], "REPLACE"))
            replace = true;
        else if (word_is(call->args[i], "DB") && i + 1 < call->argc) {
            if (!arg_database(call, ++i, &database)) return 0;
        } else
            return syntax_error(call);
    }
    ferrite_slice from = call->args[1], to = call->args[2];
    if (database == ferrite_database(call->db) && from.len == to.len &&
        memcmp(from.data, to.data, from.len) == 0)
        return same_objects(call);
    return integer_reply(call, ferrite_copy(call->db, from.data, from.len, to.data, to.len,
                                            database, replace, &call->err));
}

static int move_command(struct command_call *call) {
    int database;
    if (!arg_database(call, 2, &database)) return 0;
    if (database == ferrite_database(call->db)) return same_objects(call);
    return integer_reply(call, ferrite_move(call->db, ARG(call, 1), database, &call->err));
}

/* ---- rows ---- */

static const struct command rows[] = {
    ROW("copy", copy_command, -3, WRITE, KEYS(1, 2, 1),
        "source destination [DB destination-db] [REPLACE]", "O(n), n the size of the value",
        "Copies a key, also to another logical database.", NULL),
    ROW("del", del_command, -2, WRITE, KEYS(1, -1, 1), "key [key ...]", "O(n log k), n keys",
        "Deletes keys and answers how many there were.", NULL),
    ROW("exists", exists_command, -2, READ | FAST, KEYS(1, -1, 1), "key [key ...]",
        "O(n log k), n keys", "Answers how many of the keys exist; one named twice counts twice.",
        NULL),
    ROW("keys", keys_command, 2, READ, NO_KEYS, "pattern", "O(n), n keys that begin as the pattern does",
        "Answers all keys that match a glob pattern.", "Keys come in key order."),
    ROW("move", move_command, 3, WRITE | FAST, KEYS(1, 1, 1), "key db", "O(log k)",
        "Moves a key to another logical database.", NULL),
    ROW("randomkey", randomkey_command, 1, READ, NO_KEYS, "", "O(log k)",
        "Answers a key chosen at random, nil when there is none.", NULL),
    ROW("rename", rename_command, 3, WRITE, KEYS(1, 2, 1), "key newkey", "O(log k)",
        "Renames a key; a key of the new name is replaced.", NULL),
    ROW("renamenx", renamenx_command, 3, WRITE | FAST, KEYS(1, 2, 1), "key newkey", "O(log k)",
        "Renames a key if the new name is free.", NULL),
    ROW("scan", scan_command, -2, READ, NO_KEYS, "cursor [MATCH pattern] [COUNT count] [TYPE type]",
        "O(count) a call", "Answers the next cursor and some keys; the scan is over at cursor 0.",
        "A cursor of another database or a foreign number gives some keys, as in Redis, but "
        "never an error."),
    ROW("touch", touch_command, -2, READ | FAST, KEYS(1, -1, 1), "key [key ...]",
        "O(n log k), n keys", "Marks keys as used and answers how many exist.", NULL),
    ROW("type", type_command, 2, READ | FAST, KEYS(1, 1, 1), "key", "O(log k)",
        "Answers the type of the value: string, …, or none.", NULL),
    ROW("unlink", unlink_command, -2, WRITE | FAST, KEYS(1, -1, 1), "key [key ...]",
        "O(n log k), n keys", "Deletes keys, as DEL.",
        "DEL gives the space back in steps as well: they do the same."),
};

const struct command_group key_commands = {rows, sizeof rows / sizeof *rows};
