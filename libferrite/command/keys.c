/*
 * keys.c - the commands on keys of any type, and their rows of the table.
 */
#include "command.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
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

static int slices_reply(struct command_call *call, ferrite_slice *slices, size_t count) {
    if (!slices && call->err) return -1;
    reply_array(call->reply, count);
    for (size_t i = 0; i < count; i++) reply_borrow(call->reply, slices[i].data, slices[i].len);
    reply_own(call->reply, slices);
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

#define TYPE_UNKNOWN 1000 /* matches nothing */

struct scan_arguments {
    uint64_t cursor;
    ferrite_slice pattern;
    int64_t effort;
    int type;
};

static int type_number(ferrite_slice name) {
    for (int type = FERRITE_TYPE_STRING; ferrite_type_name(type); type++)
        if (word_is(name, ferrite_type_name(type))) return type;
    return TYPE_UNKNOWN;
}

/* Redis reads cursors with strtoul: empty is 0, a sign is allowed, spaces and overflow are not. */
static bool parse_cursor(struct command_call *call, uint64_t *cursor) {
    ferrite_slice word = call->args[1];
    char text[32], *end = text;
    bool valid = word.len < sizeof text && !(word.len && isspace((unsigned char)word.data[0]));
    if (valid) {
        memcpy(text, word.data, word.len);
        text[word.len] = 0;
        errno = 0;
        *cursor = strtoull(text, &end, 10);
        valid = !errno && end == text + word.len;
    }
    if (!valid) reply_error(call->reply, "ERR invalid cursor");
    return valid;
}

static bool parse_scan(struct command_call *call, struct scan_arguments *scan) {
    if (!parse_cursor(call, &scan->cursor)) return false;
    for (int i = 2; i < call->argc; i += 2) {
        bool paired = i + 1 < call->argc;
        if (paired && word_is(call->args[i], "COUNT")) {
            if (!arg_integer(call, i + 1, &scan->effort)) return false;
            if (scan->effort >= 1) continue;
        } else if (paired && word_is(call->args[i], "MATCH")) {
            scan->pattern = call->args[i + 1];
            continue;
        } else if (paired && word_is(call->args[i], "TYPE")) {
            scan->type = type_number(call->args[i + 1]);
            continue;
        }
        syntax_error(call);
        return false;
    }
    return true;
}

static void add_cursor(struct reply *reply, uint64_t cursor) {
    char text[20];
    size_t at = sizeof text;
    do text[--at] = (char)('0' + cursor % 10);
    while ((cursor /= 10));
    reply_string(reply, text + at, sizeof text - at);
}

static int scan_command(struct command_call *call) {
    struct scan_arguments scan = {0, {NULL, 0}, 10, FERRITE_TYPE_NONE};
    size_t count = 0;
    if (!parse_scan(call, &scan)) return 0;
    ferrite_slice *keys = ferrite_scan(call->db, &scan.cursor, scan.pattern.data, scan.pattern.len,
                                       (size_t)scan.effort, scan.type, &count, &call->err);
    if (!keys && call->err) return -1;
    reply_array(call->reply, 2);
    add_cursor(call->reply, scan.cursor);
    return slices_reply(call, keys, count);
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
    ROW("keys", keys_command, 2, READ, NO_KEYS, "pattern", "O(k), all keys looked at",
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
        "Both return pages to the free list in the same transaction: they do the same."),
};

const struct command_group key_commands = {rows, sizeof rows / sizeof *rows};
