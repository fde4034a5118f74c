/*
 * import.c - runs the commands that import reads. See import.h.
 */
#include "import.h"

#include "print.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define COMMIT_COMMANDS 20000u
#define COMMIT_BYTES    ((uint64_t)16 << 20)

int import_problem(struct import *import, const char *format, ...) {
    va_list args;
    if (import->problem[0]) return -1;
    va_start(args, format);
    vsnprintf(import->problem, sizeof import->problem, format, args);
    va_end(args);
    return -1;
}

static int take_error(struct import *import, ferrite_error *err) {
    import_problem(import, "%s", ferrite_error_message(err));
    ferrite_error_free(err);
    return -1;
}

/* ---- transactions ---- */

static int begin(struct import *import) {
    ferrite_error *err = NULL;
    import->tx = ferrite_begin(import->db, &err);
    if (import->tx) import->session = ferrite_session_open(import->tx, &err);
    return import->session ? 0 : take_error(import, err);
}

static void let_go(struct import *import) {
    ferrite_session_close(import->session);
    ferrite_close(import->tx);
    import->session = NULL;
    import->tx = NULL;
    import->pending_commands = import->pending_bytes = 0;
}

static int commit(struct import *import) {
    ferrite_error *err = NULL;
    if (!import->tx) return 0;
    int result = ferrite_commit(import->tx, &err) < 0 ? take_error(import, err) : 0;
    if (result == 0) import->commands += import->pending_commands;
    let_go(import);
    return result;
}

/* What stands before a bad line is sound, and stays; only a failure of the database itself takes
 * the open transaction with it. */
int import_finish(struct import *import) {
    if (import->problem[0]) {
        char problem[sizeof import->problem];
        memcpy(problem, import->problem, sizeof problem);
        commit(import);
        memcpy(import->problem, problem, sizeof problem);
        return -1;
    }
    return commit(import);
}

/* ---- commands ---- */

static int run(struct import *import, int argc, const char *const *argv, const size_t *lens) {
    ferrite_error *err = NULL;
    ferrite_reply *reply = ferrite_session_command(import->session, argc, argv, lens, &err);
    if (!reply) return take_error(import, err);
    int result = 0;
    if (reply_has_error(reply))
        result = import_problem(import, "%s",
                                reply->type == FERRITE_REPLY_ERROR ? reply->str
                                                                   : "an error within the reply");
    ferrite_free(reply);
    return result;
}

/* A new transaction goes on in the database that was selected. */
static int ready(struct import *import) {
    if (import->tx) return 0;
    char number[16];
    const char *select[] = {"SELECT", number};
    if (begin(import) < 0) return -1;
    if (ferrite_session_database(import->session) == import->database) return 0;
    snprintf(number, sizeof number, "%d", import->database);
    return run(import, 2, select, NULL);
}

/* MULTI and EXEC, as in a log of Redis. */
static bool is_bracket(struct import *import, int argc, const char *name, size_t len) {
    bool multi = argc == 1 && len == 5 && strncasecmp(name, "multi", 5) == 0;
    bool exec = argc == 1 && len == 4 && strncasecmp(name, "exec", 4) == 0;
    if (multi) import->in_multi = true;
    if (exec) import->in_multi = false;
    return multi || exec;
}

int import_command(struct import *import, int argc, const char *const *argv, const size_t *lens) {
    if (argc < 1 || is_bracket(import, argc, argv[0], lens[0])) return 0;
    if (ready(import) < 0 || run(import, argc, argv, lens) < 0) return -1;
    import->database = ferrite_session_database(import->session);
    import->pending_commands++;
    for (int i = 0; i < argc; i++) import->pending_bytes += lens[i];
    if (import->in_multi) return 0;
    if (import->pending_commands < COMMIT_COMMANDS && import->pending_bytes < COMMIT_BYTES)
        return 0;
    return commit(import);
}

int import_gathered(struct import *import, struct gather *gather) {
    if (!gather_finish(gather)) return import_problem(import, "out of memory");
    return import_command(import, (int)gather->count, gather->argv, gather->lens);
}

/* ---- input ---- */

int import_line(struct import *import, const char **line, size_t *len) {
    int more = lines_next(&import->lines, line, len, NULL);
    if (more < 0) return import_problem(import, "cannot read: %s", strerror(errno));
    if (more) {
        import->place++;
        import->read += *len + 1;
        if (import->size) progress_show(&import->progress, import->read, import->size);
    }
    return more;
}
