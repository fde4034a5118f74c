/*
 * session.h - a random program using one database, with the oracle beside it.
 *
 * Each step is one thing a user may do: a change of its own, a transaction in either form, a
 * batch, a snapshot taken or compared and closed, a look, a checkpoint, a close and reopen. The
 * session knows what the database must hold after each step and says at once when it does not. With
 * bounds in the options it follows (follow.h): keys may go at any write, and a write that is refused for
 * the bound's sake has not happened.
 * The power-cut, fault and model harnesses and the fuzzer of operations all run sessions; they
 * differ in the `struct os` beneath and in what they do at commits and errors.
 *
 * One thread at a time.
 */
#ifndef FERRITE_TESTS_SESSION_H
#define FERRITE_TESTS_SESSION_H

#include "choices.h"
#include "follow.h"
#include "op.h"
#include "oracle.h"
#include "state.h"
#include "verdict.h"

#define SESSION_SNAPSHOTS 4u

/* Told about commits. Each may be NULL. */
struct session_events {
    void *ctx;
    void (*committing)(void *ctx, const struct oracle *next); /* about to commit: this follows */
    void (*committed)(void *ctx);                             /* it was acknowledged */
    void (*refused)(void *ctx);                               /* or did not happen after all */
    /* Keys went with the commit under way: `next` is what really follows. Before `committed`. */
    void (*evicted)(void *ctx, const struct oracle *next);
    void (*durable)(
        void *ctx); /* all acknowledged is durable, whatever the mode: checkpoint, close */
};

struct session_config {
    const char *path; /* NULL: in memory */
    ferrite_options options;
    struct op_profile profile;
    struct session_events events;
    unsigned reopen_one_in;   /* steps; 0: never */
    unsigned check_one_in;    /* steps; 0: never */
    unsigned backup_one_in;   /* steps; 0: never */
    unsigned transaction_max; /* operations in a transaction or batch */
    unsigned snapshots;       /* at most so many at once, SESSION_SNAPSHOTS at most */
};

struct session_snapshot {
    struct handles handles;
    struct oracle *oracle; /* NULL: free slot */
};

struct session {
    struct session_config config;
    struct choices *choices;
    struct handles handles;   /* db[0] NULL: not open */
    struct oracle *committed; /* what was acknowledged */
    struct oracle *next;      /* as `committed`, or with a commit that is under way or failed */
    struct oracle *doubtful;  /* an earlier failed commit, which a reopen may still show, or NULL */
    struct session_snapshot snapshots[SESSION_SNAPSHOTS];
    struct finding finding; /* of the last step that was not VERDICT_OK */
    uint64_t steps;
    struct victims victims; /* told by on_evict since the last commit */
    uint64_t evicted, refused;
    bool guessed; /* who went with a commit could not be read: it may have written one of them again */
    uint64_t gone; /* of the transaction under way, seen by its operations */
};

/* Prepares; opens nothing. `initial` (copied; NULL: empty) is what the database holds. */
void session_init(struct session *session, const struct session_config *config,
                  struct choices *choices, const struct oracle *initial);
/* Closes what is open; frees the oracles. */
void session_done(struct session *session);

enum verdict session_open(struct session *session);
void session_close(struct session *session);

enum verdict session_step(struct session *session);

/* Where a session on `path` leaves its backups. */
void session_copy_path(const char *path, char out[300]);

/* Compares everything and runs the database's own check. */
enum verdict session_verify(struct session *session);

/* After VERDICT_ERROR: the handle as it is must show exactly what was acknowledged. */
enum verdict session_verify_readable(struct session *session);

/* After VERDICT_ERROR, before further steps on the same handle: what failed did not happen. Only
 * when no later commit succeeds may a reopen still show it. */
void session_forget_failed(struct session *session);

/* After VERDICT_ERROR of a commit in a mode that publishes before it syncs: the change may be visible,
 * and then it counts. */
void session_adopt_if_visible(struct session *session);

/* After VERDICT_ERROR: closes, opens again, and finds out whether a commit that failed happened
 * or not (both are right after a reopen); then compares and checks everything. */
enum verdict session_reopen_after_error(struct session *session);

#endif
