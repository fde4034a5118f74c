/*
 * session.h - what a shell or a connection remembers between commands.
 *
 * A session is used by one thread at a time. session.c owns the handles and the dispatch,
 * transactions.c the queue of MULTI, watch.c the keys of WATCH.
 */
#ifndef FERRITE_COMMAND_SESSION_H
#define FERRITE_COMMAND_SESSION_H

#include "command.h"

struct queued {
    const struct command *command;
    ferrite_slice *args; /* one block with the bytes */
    int argc;
};

struct watched {
    struct watched *next;
    int index;
    size_t key_len;
    char key[];
};

struct ferrite_session {
    ferrite_db *base; /* the user's handle; never closed here */
    ferrite_db *db;   /* what commands use: base, or another logical database of it, or in EXEC
                             the transaction's handle */
    bool owns_db;     /* db is to be closed here */
    int index;        /* of db */
    bool in_multi;
    bool doomed; /* a command could not be queued: EXEC will refuse */
    struct queued *queue;
    size_t queue_count, queue_cap;
    struct watched *watched;
    ferrite_db *watch_snapshot; /* the database as it was at the first WATCH */
};

/* Makes the session's handle one for the index; within EXEC, of the transaction. 0 or -1 with *err. */
int session_select(ferrite_session *session, int index, ferrite_error **err);

/* ---- transactions.c ---- */

bool transaction_runs_at_once(const struct command *command); /* is not queued after MULTI */
void transaction_queue(ferrite_session *session, struct command_call *call);
/* The command of this name was refused when it was to be queued: EXEC will refuse, too. A refused EXEC
 * is the end of the transaction itself. */
void transaction_refused(ferrite_session *session, ferrite_slice name);
void transaction_clear(ferrite_session *session); /* leaves MULTI, forgets queue and watched keys */

/* ---- watch.c ---- */

int watch_add(ferrite_session *session, ferrite_slice key, ferrite_error **err);
/* 1: some watched key differs in tx from what it was; 0: none; -1 with *err. */
int watch_changed(const ferrite_session *session, ferrite_db *tx, ferrite_error **err);
void watch_clear(ferrite_session *session);

#endif
