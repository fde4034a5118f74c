/*
 * databases.c - the commands on whole logical databases, and their rows of the table.
 */
#include "command.h"

#include "session.h"

#define GROUP "database"
#define SINCE "0.1.0"

static int dbsize_command(struct command_call *call) {
    uint64_t count = 0;
    if (ferrite_dbsize(call->db, &count, &call->err) < 0) return -1;
    reply_integer(call->reply, (int64_t)count);
    return 0;
}

static int select_command(struct command_call *call) {
    int index;
    if (!arg_database(call, 1, &index)) return 0;
    return status_reply(call, call->session ? session_select(call->session, index, &call->err) : 0);
}

static bool swap_index(struct command_call *call, int i, const char *which, int64_t *index) {
    if (word_integer(call->args[i], index) && *index >= INT32_MIN && *index <= INT32_MAX)
        return true;
    reply_error(call->reply, "ERR invalid %s DB index", which);
    return false;
}

static int swapdb_command(struct command_call *call) {
    int64_t a, b, count = ferrite_databases(call->db);
    if (!swap_index(call, 1, "first", &a) || !swap_index(call, 2, "second", &b)) return 0;
    if (a < 0 || a >= count || b < 0 || b >= count) {
        reply_error(call->reply, "ERR DB index is out of range");
        return 0;
    }
    return status_reply(call, ferrite_swapdb(call->db, (int)a, (int)b, &call->err));
}

static int flush_reply(struct command_call *call, int (*flush)(ferrite_db *, ferrite_error **)) {
    if (call->argc > 2 ||
        (call->argc == 2 && !word_is(call->args[1], "ASYNC") && !word_is(call->args[1], "SYNC")))
        return syntax_error(call);
    return status_reply(call, flush(call->db, &call->err));
}

static int flushdb_command(struct command_call *call) { return flush_reply(call, ferrite_flushdb); }

static int flushall_command(struct command_call *call) {
    return flush_reply(call, ferrite_flushall);
}

static const struct command rows[] = {
    ROW("dbsize", dbsize_command, 1, READ | FAST, NO_KEYS, "", "O(1)",
        "Answers the number of keys in the selected database.",
        "A key set with a moment that has passed is deleted at once and never counted; Redis counts it "
        "until it is looked at."),
    ROW("flushall", flushall_command, -1, WRITE, NO_KEYS, "[ASYNC | SYNC]", "O(1)",
        "Deletes all keys of all databases.", "ASYNC and SYNC do the same."),
    ROW("flushdb", flushdb_command, -1, WRITE, NO_KEYS, "[ASYNC | SYNC]", "O(1)",
        "Deletes all keys of the selected database.", "ASYNC and SYNC do the same."),
    ROW("select", select_command, 2, SESSION | FAST, NO_KEYS, "index", "O(1)",
        "Chooses the logical database that the next commands use.",
        "On a plain handle, without a session, the index is checked and nothing is chosen."),
    ROW("swapdb", swapdb_command, 3, WRITE | FAST, NO_KEYS, "index1 index2", "O(1)",
        "Exchanges two logical databases.", NULL),
};

const struct command_group database_commands = {rows, sizeof rows / sizeof *rows};
