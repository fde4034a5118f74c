/*
 * session_steps.h - the steps of a session, and what they share. For session*.c alone.
 */
#ifndef FERRITE_TESTS_SESSION_STEPS_H
#define FERRITE_TESTS_SESSION_STEPS_H

#include "session.h"

/* session_write.c */
enum verdict step_change(struct session *session);
enum verdict step_begin(struct session *session);
enum verdict step_callback(struct session *session);
enum verdict step_batch(struct session *session);

/* session_care.c */
enum verdict step_snapshot(struct session *session);
enum verdict step_look(struct session *session);
enum verdict step_checkpoint(struct session *session);
enum verdict step_compact(struct session *session);
enum verdict step_backup(struct session *session);
enum verdict step_reopen(struct session *session);
enum verdict step_check(struct session *session);
/* It shows what it showed at first (E4), and is closed. */
enum verdict session_snapshot_compare(struct session *session, struct session_snapshot *snapshot);

/* session.c */
bool session_is_bounded(const struct session *session);
void session_forget_next(struct session *session); /* what was begun did not happen */
void session_tell_committing(struct session *session);
void session_tell_durable(struct session *session);
/* A commit was acknowledged: what followed from it counts now. `op` NULL: it was more than one operation. */
enum verdict session_settle(struct session *session, const struct op *op);
void session_snapshot_drop(struct session_snapshot *snapshot);

#endif
