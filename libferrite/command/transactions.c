/*
 * transactions.c - MULTI, EXEC, DISCARD, WATCH, UNWATCH, RESET, and their rows of the table.
 *
 * After MULTI commands are checked and queued; EXEC runs them in one write transaction, or in one
 * snapshot when all of them only read. As in Redis, a command that fails there undoes nothing.
 */
#include "session.h"

#include "../error.h"
#include "../os/mem.h"

#include <string.h>

#define GROUP "transactions"
#define SINCE "0.1.0"

/* ---- the queue ---- */

static void queue_clear(ferrite_session *session) {
    for (size_t i = 0; i < session->queue_count; i++) mem_free(session->queue[i].args);
    session->queue_count = 0;
}

void transaction_clear(ferrite_session *session) {
    queue_clear(session);
    watch_clear(session);
    session->in_multi = session->doomed = false;
}

/* The slices, then their bytes, in one block. */
static ferrite_slice *copy_words(const ferrite_slice *args, int argc) {
    size_t size = (size_t)argc * sizeof *args;
    for (int i = 0; i < argc; i++) size += args[i].len;
    ferrite_slice *copy = mem_alloc(size);
    if (!copy) return NULL;
    char *bytes = (char *)(copy + argc);
    for (int i = 0; i < argc; i++) {
        copy[i] = (ferrite_slice){bytes, args[i].len};
        if (args[i].len) memcpy(bytes, args[i].data, args[i].len);
        bytes += args[i].len;
    }
    return copy;
}

static bool queue_add(ferrite_session *session, const struct command_call *call) {
    if (session->queue_count == session->queue_cap) {
        size_t cap = session->queue_cap ? session->queue_cap * 2 : 8;
        struct queued *grown = mem_realloc(session->queue, cap * sizeof *grown);
        if (!grown) return false;
        session->queue = grown;
        session->queue_cap = cap;
    }
    ferrite_slice *args = copy_words(call->args, call->argc);
    if (!args) return false;
    session->queue[session->queue_count++] = (struct queued){call->command, args, call->argc};
    return true;
}

void transaction_refused(ferrite_session *session, ferrite_slice name) {
    if (word_is(name, "EXEC"))
        transaction_clear(session);
    else
        session->doomed = session->in_multi;
}

void transaction_queue(ferrite_session *session, struct command_call *call) {
    if (call->command->info.flags & FERRITE_COMMAND_NO_MULTI) {
        session->doomed = true;
        reply_error(call->reply, "ERR Command not allowed inside a transaction");
    } else if (queue_add(session, call)) {
        reply_status(call->reply, "QUEUED");
    } else {
        session->doomed = true;
        call->reply->no_memory = true;
    }
}

static bool queue_writes(const ferrite_session *session) {
    for (size_t i = 0; i < session->queue_count; i++)
        if (session->queue[i].command->info.flags & FERRITE_COMMAND_WRITE) return true;
    return false;
}

/* ---- the commands ---- */

static bool no_session(struct command_call *call) {
    if (call->session) return false;
    reply_error(call->reply, "ERR '%s' needs a session: on a handle use ferrite_begin",
                call->command->info.name);
    return true;
}

static int multi_command(struct command_call *call) {
    if (no_session(call)) return 0;
    if (call->session->in_multi) {
        reply_error(call->reply, "ERR MULTI calls can not be nested");
        return 0;
    }
    call->session->in_multi = true;
    call->session->doomed = false;
    return status_reply(call, 0);
}

static bool not_in_multi(struct command_call *call, const char *name) {
    if (no_session(call)) return true;
    if (call->session->in_multi) return false;
    reply_error(call->reply, "ERR %s without MULTI", name);
    return true;
}

static int discard_command(struct command_call *call) {
    if (not_in_multi(call, "DISCARD")) return 0;
    transaction_clear(call->session);
    return status_reply(call, 0);
}

/* What the session's handle was before EXEC put the transaction in its place. */
struct outside {
    ferrite_db *db;
    bool owns_db;
    int index;
};

static struct outside enter(ferrite_session *session, ferrite_db *tx) {
    struct outside outside = {session->db, session->owns_db, session->index};
    session->db = tx;
    session->owns_db = false;
    return outside;
}

static void leave(ferrite_session *session, struct outside outside) {
    if (session->owns_db) ferrite_close(session->db);
    session->db = outside.db;
    session->owns_db = outside.owns_db;
    session->index = outside.index;
}

static void run_queue(ferrite_session *session, struct reply *reply) {
    reply_array(reply, session->queue_count);
    for (size_t i = 0; i < session->queue_count; i++) {
        const struct queued *queued = &session->queue[i];
        struct command_call call = {queued->command, session->db, session, queued->argc,
                                    queued->args,    reply,       NULL};
        command_run(&call);
    }
}

/* Replies may point into the queued words, so the caller clears the queue only in the end. */
static int run_in(struct command_call *call, ferrite_db *tx, bool writes) {
    ferrite_session *session = call->session;
    int changed = watch_changed(session, tx, &call->err);
    if (changed < 0) return -1;
    if (changed) {
        reply_nil(call->reply);
        return 0;
    }
    struct outside outside = enter(session, tx);
    run_queue(session, call->reply);
    int index = session->index;
    leave(session, outside);
    if (writes && ferrite_commit(tx, &call->err) < 0) return -1;
    return session_select(session, index, &call->err);
}

/* The words of the queue go with the reply: what it borrowed must outlive this call. */
static void hand_over_queue(ferrite_session *session, struct reply *reply) {
    for (size_t i = 0; i < session->queue_count; i++) reply_own(reply, session->queue[i].args);
    session->queue_count = 0;
}

static int exec_command(struct command_call *call) {
    if (not_in_multi(call, "EXEC")) return 0;
    ferrite_session *session = call->session;
    if (session->doomed) {
        transaction_clear(session);
        reply_error(call->reply, "EXECABORT Transaction discarded because of previous errors.");
        return 0;
    }
    bool writes = queue_writes(session);
    ferrite_db *tx =
        writes ? ferrite_begin(session->db, &call->err) : ferrite_snapshot(session->db, &call->err);
    session->in_multi = false;
    int result = tx ? run_in(call, tx, writes) : -1;
    if (tx) ferrite_close(tx); /* not committed: rolled back */
    hand_over_queue(session, call->reply);
    transaction_clear(session);
    return result;
}

static int watch_command(struct command_call *call) {
    if (no_session(call)) return 0;
    if (call->session->in_multi) {
        reply_error(call->reply, "ERR WATCH inside MULTI is not allowed");
        return 0;
    }
    for (int i = 1; i < call->argc; i++)
        if (watch_add(call->session, call->args[i], &call->err) < 0) return -1;
    return status_reply(call, 0);
}

static int unwatch_command(struct command_call *call) {
    if (no_session(call)) return 0;
    watch_clear(call->session);
    return status_reply(call, 0);
}

static int reset_command(struct command_call *call) {
    if (no_session(call)) return 0;
    transaction_clear(call->session);
    if (session_select(call->session, 0, &call->err) < 0) return -1;
    reply_status(call->reply, "RESET");
    return 0;
}

bool transaction_runs_at_once(const struct command *command) {
    command_handler handler = command->handler;
    return handler == exec_command || handler == discard_command || handler == multi_command ||
           handler == watch_command || handler == reset_command;
}

static const struct command rows[] = {
    ROW("discard", discard_command, 1, SESSION | FAST, NO_KEYS, "", "O(n), n commands queued",
        "Forgets the commands queued since MULTI.", NULL),
    ROW("exec", exec_command, 1, SESSION, NO_KEYS, "", "that of the queued commands",
        "Runs the commands queued since MULTI in one transaction.",
        "When the transaction cannot be committed, its error is the only reply."),
    ROW("multi", multi_command, 1, SESSION | FAST, NO_KEYS, "", "O(1)",
        "Begins a transaction: the next commands are queued until EXEC.", NULL),
    ROW("reset", reset_command, 1, SESSION | FAST, NO_KEYS, "", "O(1)",
        "Leaves MULTI, forgets watched keys, selects database 0.", NULL),
    ROW("unwatch", unwatch_command, 1, SESSION | FAST, NO_KEYS, "", "O(1)",
        "Forgets the watched keys.", NULL),
    ROW("watch", watch_command, -2, SESSION | FAST, KEYS(1, -1, 1), "key [key ...]",
        "O(n log k), n keys",
        "Lets the next EXEC do nothing and answer nil if one of the keys was changed before.",
        "A key that was changed and changed back counts as unchanged, and so does a hash of which "
        "nothing but the expiry of fields changed."),
};

const struct command_group transaction_commands = {rows, sizeof rows / sizeof *rows};
