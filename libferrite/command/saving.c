/*
 * saving.c - SAVE, BGSAVE, LASTSAVE, and their rows of the table.
 */
#include "command.h"

#include <stdlib.h>
#include <string.h>

#define GROUP "server"
#define SINCE "0.1.0"

/* Word i as a path; false after adding the error reply. */
static bool arg_path(struct command_call *call, int i, char path[4096]) {
    const ferrite_slice word = call->args[i];
    if (word.len == 0 || word.len >= 4096 || memchr(word.data, 0, word.len) != NULL) {
        reply_error(call->reply, "ERR invalid path");
        return false;
    }
    memcpy(path, word.data, word.len);
    path[word.len] = '\0';
    return true;
}

static int save_command(struct command_call *call) {
    char path[4096];
    if (call->argc > 2) return arity_error(call);
    if (call->argc == 2 && !arg_path(call, 1, path)) return 0;
    return status_reply(call, ferrite_save(call->db, call->argc == 2 ? path : NULL, &call->err));
}

static int bgsave_command(struct command_call *call) {
    char path[4096];
    bool scheduled = call->argc == 2 && word_is(call->args[1], "schedule");
    bool named = call->argc == 2 && !scheduled;
    if (call->argc > 2) return syntax_error(call);
    if (named && !arg_path(call, 1, path)) return 0;
    if (ferrite_bgsave(call->db, named ? path : NULL, NULL, NULL, &call->err) < 0) return -1;
    reply_status(call->reply, "Background saving started");
    return 0;
}

static int lastsave_command(struct command_call *call) {
    int64_t unix_time = 0;
    int result = ferrite_lastsave(call->db, &unix_time, &call->err);
    return integer_reply(call, result < 0 ? -1 : unix_time);
}

static const struct command rows[] = {
    ROW("bgsave", bgsave_command, -1, NO_MULTI, NO_KEYS, "[SCHEDULE | path]", "O(data)",
        "Saves in the background, as SAVE does.",
        "Without a path a database in memory cannot be saved; SCHEDULE means nothing; INFO persistence "
        "tells whether it goes on and how it ended. Between MULTI and EXEC it is refused, as SAVE is, and not put off."),
    ROW("lastsave", lastsave_command, 1, FAST, NO_KEYS, "", "O(1)",
        "Answers when the last save or checkpoint was done, in seconds since the epoch.", NULL),
    ROW("save", save_command, -1, NO_MULTI, NO_KEYS, "[path]", "O(data)",
        "Writes what is not in the database file yet to it, or with a path a copy of everything to a "
        "new file.",
        "The path is Ferrite's own; a database in memory needs one."),
};

const struct command_group saving_commands = {rows, sizeof rows / sizeof *rows};
