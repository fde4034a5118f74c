/*
 * session.c - sessions: the selected database and the dispatch of commands. See session.h.
 *
 * Called by the shell, by scripts and later by connections. One thread at a time.
 */
#include "session.h"

#include "../error.h"
#include "../os/mem.h"

ferrite_session *ferrite_session_open(ferrite_db *db, ferrite_error **err) {
    if (!db) {
        error_give(err, error_set(FERRITE_INVALID, "no database handle was given"));
        return NULL;
    }
    ferrite_session *session = mem_calloc(sizeof *session);
    if (!session) {
        error_give(err, error_nomem());
        return NULL;
    }
    session->base = session->db = db;
    session->index = ferrite_database(db);
    return session;
}

void ferrite_session_close(ferrite_session *session) {
    if (!session) return;
    transaction_clear(session);
    mem_free(session->queue);
    if (session->owns_db) ferrite_close(session->db);
    mem_free(session);
}

int ferrite_session_database(const ferrite_session *session) {
    return session != NULL ? session->index : -1;
}

int ferrite_session_in_multi(const ferrite_session *session) {
    return session != NULL && session->in_multi;
}

int session_select(ferrite_session *session, int index, ferrite_error **err) {
    if (index == session->index) return 0;
    ferrite_db *chosen = ferrite_select(session->db, index, err);
    if (!chosen) return -1;
    if (session->owns_db) ferrite_close(session->db);
    session->db = chosen;
    session->owns_db = true;
    session->index = index;
    return 0;
}

static void dispatch(void *ctx, struct reply *reply, const ferrite_slice *args, int argc) {
    ferrite_session *session = ctx;
    const struct command *command = command_lookup(reply, args, argc);
    struct command_call call = {command, session->db, session, argc, args, reply, NULL};
    if (!command)
        transaction_refused(session, args[0]);
    else if (session->in_multi && !transaction_runs_at_once(command))
        transaction_queue(session, &call);
    else
        command_run(&call);
}

ferrite_reply *ferrite_session_command(ferrite_session *session, int argc, const char *const *argv,
                                       const size_t *argv_len, ferrite_error **err) {
    if (session) return command_answer(argc, argv, argv_len, dispatch, session, err);
    error_give(err, error_set(FERRITE_INVALID, "no session was given"));
    return NULL;
}
