/*
 * session.c - the life of a session, which step comes next, and what is known after an error.
 * session_write.c and session_care.c have the steps.
 */
#include "session.h"

#include <stdio.h>
#include <string.h>

#include "look.h"
#include "session_steps.h"
#include "tight.h"

/* ---- life ---- */

void session_init(struct session *session, const struct session_config *config,
                  struct choices *choices, const struct oracle *initial) {
    *session = (struct session){.config = *config, .choices = choices};
    session->committed = initial != NULL ? oracle_copy(initial) : oracle_new();
    session->next = oracle_copy(session->committed);
}

void session_done(struct session *session) {
    session_close(session);
    oracle_free(session->committed);
    oracle_free(session->next);
    oracle_free(session->doubtful);
    session->committed = session->next = session->doubtful = NULL;
    victims_done(&session->victims);
}

static void on_evict(void *ctx, int database, const char *key, size_t key_len) {
    victims_add(&((struct session *)ctx)->victims, database, key, key_len);
}

bool session_is_bounded(const struct session *session) {
    return tight_is_bounded(&session->config.options);
}

enum verdict session_open(struct session *session) {
    ferrite_error *err = NULL;
    ferrite_options options = session->config.options;
    if (session_is_bounded(session)) {
        options.on_evict = on_evict;
        options.on_evict_ctx = session;
    }
    ferrite_db *db = ferrite_open_with(session->config.path, &options, &err);
    if (db == NULL) return verdict_error(&session->finding, &err, "open");
    if (handles_from(db, &session->handles, &err) != FERRITE_OK) {
        return verdict_error(&session->finding, &err, "select");
    }
    return VERDICT_OK;
}

void session_snapshot_drop(struct session_snapshot *snapshot) {
    handles_close(&snapshot->handles);
    oracle_free(snapshot->oracle);
    snapshot->oracle = NULL;
}

void session_close(struct session *session) {
    for (unsigned i = 0; i < SESSION_SNAPSHOTS; i++) session_snapshot_drop(&session->snapshots[i]);
    handles_close(&session->handles);
}

/* What was begun did not happen. */
void session_forget_next(struct session *session) {
    oracle_free(session->next);
    session->next = oracle_copy(session->committed);
}

static void adopt(struct session *session, const struct oracle *state) {
    struct oracle *copy = oracle_copy(state);
    oracle_free(session->committed);
    session->committed = copy;
}

/* As near as one comes without reading what is there. */
static void believe_on_evict(struct session *session) {
    for (size_t i = 0; i < session->victims.count; i++) {
        const struct victim *victim = &session->victims.list[i];
        oracle_del(session->next, victim->db, victim->key, victim->key_len);
    }
    victims_forget(&session->victims);
}

/* Keys went with the commit that was just acknowledged; op NULL: it was more than one operation. */
static enum verdict follow_commit(struct session *session, const struct op *op) {
    const struct session_events *events = &session->config.events;
    const struct follow follow = {&session->handles, op, &session->victims};
    uint64_t gone = session->gone;
    session->gone = 0;
    if (session->victims.count == 0 && gone == 0) return VERDICT_OK;
    enum verdict verdict =
        follow_evictions(&follow, &session->next, &gone, &session->finding);
    if (verdict == VERDICT_ERROR) {
        believe_on_evict(session);
        session->guessed = true;
    }
    if (verdict != VERDICT_OK) return verdict;
    if (gone > session->victims.count) {
        return verdict_wrong(&session->finding, "%u keys went, and on_evict told of %zu",
                             (unsigned)gone, session->victims.count);
    }
    session->evicted += session->victims.count;
    if (events->evicted != NULL) events->evicted(events->ctx, session->next);
    victims_forget(&session->victims);
    return VERDICT_OK;
}

void session_tell_committing(struct session *session) {
    const struct session_events *events = &session->config.events;
    if (events->committing != NULL) events->committing(events->ctx, session->next);
}

/* A commit was acknowledged: what followed from it counts now. */
enum verdict session_settle(struct session *session, const struct op *op) {
    enum verdict verdict = follow_commit(session, op);
    if (verdict == VERDICT_WRONG) return verdict;
    adopt(session, session->next);
    oracle_free(session->doubtful);
    session->doubtful = NULL;
    const struct session_events *events = &session->config.events;
    if (events->committed != NULL) events->committed(events->ctx);
    return verdict;
}

void session_tell_durable(struct session *session) {
    const struct session_events *events = &session->config.events;
    if (events->durable != NULL) events->durable(events->ctx);
}

/* ---- steps ---- */

static bool comes_up(struct session *session, unsigned one_in) {
    return one_in > 0 && choose_once_in(session->choices, one_in);
}

/* A bound refused what the step wanted: it did not happen, and the session goes on. */
static bool was_refused(const struct session *session) {
    return session->finding.code == FERRITE_FULL && session_is_bounded(session) &&
           (strstr(session->finding.text, "OOM ") || strstr(session->finding.text, "max_size"));
}

static enum verdict step_refused(struct session *session) {
    const struct session_events *events = &session->config.events;
    session_forget_next(session);
    session->gone = 0;
    session->refused++;
    if (events->refused != NULL) events->refused(events->ctx);
    if (session->victims.count == 0) return VERDICT_OK;
    return verdict_wrong(&session->finding, "keys were evicted by a write that was refused");
}

static enum verdict step_any(struct session *session) {
    static enum verdict (*const steps[32])(struct session *) = {
        step_change,   step_change,    step_change, step_change,   step_change,   step_change,
        step_change,   step_change,    step_change, step_change,   step_change,   step_change,
        step_change,   step_change,    step_begin,  step_begin,    step_begin,    step_callback,
        step_callback, step_batch,     step_batch,  step_snapshot, step_snapshot, step_look,
        step_look,     step_look,      step_look,   step_look,     step_look,     step_look,
        step_compact,  step_checkpoint};
    if (comes_up(session, session->config.reopen_one_in)) return step_reopen(session);
    if (comes_up(session, session->config.check_one_in)) return step_check(session);
    if (comes_up(session, session->config.backup_one_in)) return step_backup(session);
    return steps[choose(session->choices, 32)](session);
}

enum verdict session_step(struct session *session) {
    session->steps++;
    session->finding.code = FERRITE_OK;
    enum verdict verdict = step_any(session);
    return verdict == VERDICT_ERROR && was_refused(session) ? step_refused(session) : verdict;
}

enum verdict session_verify(struct session *session) {
    for (unsigned i = 0; i < SESSION_SNAPSHOTS; i++) {
        if (session->snapshots[i].oracle == NULL) continue;
        enum verdict verdict = session_snapshot_compare(session, &session->snapshots[i]);
        if (verdict != VERDICT_OK) return verdict;
    }
    enum verdict verdict = look_all(&session->handles, session->committed, &session->finding);
    return verdict == VERDICT_OK ? step_check(session) : verdict;
}

enum verdict session_verify_readable(struct session *session) {
    return look_all(&session->handles, session->committed, &session->finding);
}

void session_forget_failed(struct session *session) {
    oracle_free(session->doubtful);
    session->doubtful = session->next;
    session->next = oracle_copy(session->committed);
}

/* A commit whose error says that it may have happened evicts keys without telling. */
static bool adopt_less_than(struct session *session, const struct oracle *state) {
    struct oracle *found = NULL;
    if (!session_is_bounded(session) || state == NULL) return false;
    if (oracle_digest(state) == oracle_digest(session->committed)) return false;
    if (state_read(&session->handles, &found, NULL) != FERRITE_OK) return false;
    bool within = oracle_within(found, state);
    if (within) adopt(session, found);
    oracle_free(found);
    return within;
}

void session_adopt_if_visible(struct session *session) {
    uint64_t digest;
    if (state_digest(&session->handles, &digest, NULL) != FERRITE_OK) return;
    if (digest == oracle_digest(session->committed)) return;
    if (digest == oracle_digest(session->next))
        adopt(session, session->next);
    else
        adopt_less_than(session, session->next);
    victims_forget(&session->victims);
}

enum verdict session_reopen_after_error(struct session *session) {
    session_close(session);
    enum verdict verdict = session_open(session);
    if (verdict != VERDICT_OK) return verdict;
    ferrite_error *err = NULL;
    uint64_t digest;
    if (state_digest(&session->handles, &digest, &err) != FERRITE_OK) {
        return verdict_error(&session->finding, &err, "reading after a reopen");
    }
    if (digest != oracle_digest(session->committed)) {
        if (digest == oracle_digest(session->next))
            adopt(session, session->next);
        else if (session->doubtful != NULL && digest == oracle_digest(session->doubtful)) {
            adopt(session, session->doubtful);
        } else if (!adopt_less_than(session, session->next)) {
            adopt_less_than(session, session->doubtful);
        }
    }
    session_forget_next(session);
    victims_forget(&session->victims);
    return session_verify(session);
}
