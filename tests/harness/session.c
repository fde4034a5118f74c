/*
 * session.c - the steps of a session.
 */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "look.h"
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

static bool is_bounded(const struct session *session) {
    return tight_is_bounded(&session->config.options);
}

enum verdict session_open(struct session *session) {
    ferrite_error *err = NULL;
    ferrite_options options = session->config.options;
    if (is_bounded(session)) {
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

static void snapshot_drop(struct session_snapshot *snapshot) {
    handles_close(&snapshot->handles);
    oracle_free(snapshot->oracle);
    snapshot->oracle = NULL;
}

void session_close(struct session *session) {
    for (unsigned i = 0; i < SESSION_SNAPSHOTS; i++) snapshot_drop(&session->snapshots[i]);
    handles_close(&session->handles);
}

/* What was begun did not happen. */
static void forget_next(struct session *session) {
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

static void tell_committing(struct session *session) {
    const struct session_events *events = &session->config.events;
    if (events->committing != NULL) events->committing(events->ctx, session->next);
}

/* A commit was acknowledged: what followed from it counts now. */
static enum verdict settle(struct session *session, const struct op *op) {
    enum verdict verdict = follow_commit(session, op);
    if (verdict == VERDICT_WRONG) return verdict;
    adopt(session, session->next);
    oracle_free(session->doubtful);
    session->doubtful = NULL;
    const struct session_events *events = &session->config.events;
    if (events->committed != NULL) events->committed(events->ctx);
    return verdict;
}

static void tell_durable(struct session *session) {
    const struct session_events *events = &session->config.events;
    if (events->durable != NULL) events->durable(events->ctx);
}

/* ---- changes ---- */

static enum verdict op_error(struct session *session, const struct op *op, ferrite_error **err) {
    char text[180];
    op_describe(op, text, sizeof text);
    return verdict_error(&session->finding, err, text);
}

static enum verdict answer_wrong(struct session *session, const struct op *op,
                                 const struct op_answer *answer, const struct op_answer *expected) {
    char text[180];
    op_describe(op, text, sizeof text);
    return verdict_wrong(&session->finding, "%s answered %lld%s, expected %lld%s%s", text,
                         (long long)answer->number, answer->nil ? " nil" : "",
                         (long long)expected->number, expected->nil ? " nil" : "",
                         answer->digest != expected->digest ? ", and other bytes" : "");
}

/* Runs one op on the given handles and compares the answers. Keys may have gone before it, so that it
 * answers otherwise than expected: then *differs, and the finding says how. */
static enum verdict run_op(struct session *session, const struct handles *handles,
                           const struct op *op, const struct op_answer *expected, bool *differs) {
    ferrite_error *err = NULL;
    struct op_answer answer;
    *differs = false;
    if (op_run(handles->db, op, &answer, &err) != FERRITE_OK) return op_error(session, op, &err);
    if (op_answer_equal(&answer, expected)) return VERDICT_OK;
    answer_wrong(session, op, &answer, expected);
    *differs = true;
    return is_bounded(session) ? VERDICT_OK : VERDICT_WRONG;
}

static enum verdict step_change(struct session *session) {
    struct op op = op_choose(session->choices, &session->config.profile);
    struct op_answer expected;
    bool differs;
    op_apply(session->next, &op, &expected);
    tell_committing(session);
    enum verdict verdict = run_op(session, &session->handles, &op, &expected, &differs);
    if (verdict != VERDICT_OK) return verdict;
    if (differs && session->victims.count == 0) return VERDICT_WRONG;
    return settle(session, &op);
}

/* ---- transactions ---- */

/* An op in a transaction. When keys went with it, nobody is told before the commit. */
static enum verdict run_op_in(struct session *session, const struct handles *handles,
                              const struct op *op, const struct op_answer *expected) {
    const struct follow follow = {handles, op, NULL};
    uint64_t before = session->gone;
    bool differs;
    enum verdict verdict = run_op(session, handles, op, expected, &differs);
    if (verdict != VERDICT_OK || !is_bounded(session)) return verdict;
    if (!differs && follow_counts_agree(handles, session->next)) return VERDICT_OK;
    struct finding finding = session->finding;
    verdict = follow_evictions(&follow, &session->next, &session->gone, &session->finding);
    if (verdict != VERDICT_OK || session->gone != before) return verdict;
    session->finding = finding; /* nothing went that could explain it */
    return differs ? VERDICT_WRONG : VERDICT_OK;
}

/* The operations of a transaction, with looks at what it sees and at what others see. */
static enum verdict transaction_body(struct session *session, ferrite_db *tx) {
    struct choices *choices = session->choices;
    const struct op_profile *profile = &session->config.profile;
    struct handles handles = {{tx}};
    ferrite_error *err = NULL;
    enum verdict verdict = VERDICT_OK;
    for (int i = 1; i < (int)ORACLE_DATABASES && verdict == VERDICT_OK; i++) {
        handles.db[i] = ferrite_select(tx, i, &err);
        if (handles.db[i] == NULL) {
            verdict = verdict_error(&session->finding, &err, "select in a transaction");
        }
    }
    unsigned count = choose_between(choices, 1, session->config.transaction_max);
    while (verdict == VERDICT_OK && count-- > 0) {
        struct op op = op_choose(choices, profile);
        struct op_answer expected;
        op_apply(session->next, &op, &expected);
        verdict = run_op_in(session, &handles, &op, &expected);
        if (verdict == VERDICT_OK && choose_once_in(choices, 6)) {
            verdict = look_random(choices, profile, &handles, session->next, &session->finding);
        }
        if (verdict == VERDICT_OK && choose_once_in(choices, 10)) {
            verdict = look_random(choices, profile, &session->handles, session->committed,
                                  &session->finding);
        }
    }
    handles.db[0] = NULL; /* the transaction itself is its beginner's to close */
    handles_close(&handles);
    return verdict;
}

static enum verdict roll_back(struct session *session, ferrite_db *tx, enum verdict verdict) {
    ferrite_error *err = NULL;
    int result = ferrite_rollback(tx, &err);
    ferrite_close(tx);
    forget_next(session);
    session->gone = 0;
    if (result >= 0 || verdict != VERDICT_OK) {
        ferrite_error_free(err);
        return verdict;
    }
    return verdict_error(&session->finding, &err, "rollback");
}

static enum verdict commit(struct session *session, ferrite_db *tx, const char *what) {
    ferrite_error *err = NULL;
    tell_committing(session);
    int result = ferrite_commit(tx, &err);
    ferrite_close(tx);
    if (result < 0) return verdict_error(&session->finding, &err, what);
    return settle(session, NULL);
}

static enum verdict step_begin(struct session *session) {
    ferrite_error *err = NULL;
    ferrite_db *tx = ferrite_begin(session->handles.db[0], &err);
    if (tx == NULL) return verdict_error(&session->finding, &err, "begin");
    enum verdict verdict = transaction_body(session, tx);
    if (verdict != VERDICT_OK) return roll_back(session, tx, verdict);
    if (choose_once_in(session->choices, 5)) return roll_back(session, tx, VERDICT_OK);
    return commit(session, tx, "commit");
}

struct callback {
    struct session *session;
    enum verdict verdict; /* of the body */
};

enum { CALLBACK_COMMIT = 0, CALLBACK_ROLLBACK = 7 };

static int transaction_callback(ferrite_db *tx, void *ctx, ferrite_error **err) {
    struct callback *callback = ctx;
    (void)err;
    callback->verdict = transaction_body(callback->session, tx);
    if (callback->verdict != VERDICT_OK) return CALLBACK_ROLLBACK;
    if (choose_once_in(callback->session->choices, 5)) return CALLBACK_ROLLBACK;
    tell_committing(callback->session);
    return CALLBACK_COMMIT;
}

static enum verdict step_callback(struct session *session) {
    ferrite_error *err = NULL;
    struct callback callback = {session, VERDICT_OK};
    int result = ferrite_transaction(session->handles.db[0], transaction_callback, &callback, &err);
    if (callback.verdict != VERDICT_OK || result == CALLBACK_ROLLBACK) {
        ferrite_error_free(err);
        forget_next(session);
        session->gone = 0;
        return callback.verdict;
    }
    if (result != 0) return verdict_error(&session->finding, &err, "transaction");
    return settle(session, NULL);
}

static enum verdict step_batch(struct session *session) {
    ferrite_error *err = NULL;
    ferrite_db *batch = ferrite_batch(session->handles.db[0], &err);
    if (batch == NULL) return verdict_error(&session->finding, &err, "batch");
    unsigned count = choose_between(session->choices, 1, session->config.transaction_max);
    while (count-- > 0) {
        struct op op = op_choose_blind(session->choices, &session->config.profile);
        struct op_answer answer;
        ferrite_db *const handles[ORACLE_DATABASES] = {batch};
        op.db = 0;
        op_apply(session->next, &op, &answer);
        if (op_run(handles, &op, &answer, &err) == FERRITE_OK) continue;
        return roll_back(session, batch, op_error(session, &op, &err));
    }
    if (choose_once_in(session->choices, 6)) return roll_back(session, batch, VERDICT_OK);
    return commit(session, batch, "commit of a batch");
}

/* ---- snapshots ---- */

static enum verdict snapshot_compare(struct session *session, struct session_snapshot *snapshot) {
    enum verdict verdict = look_all(&snapshot->handles, snapshot->oracle, &session->finding);
    if (verdict == VERDICT_WRONG) {
        return verdict_wrong(&session->finding, "a snapshot changed (E4)");
    }
    if (verdict == VERDICT_OK) snapshot_drop(snapshot);
    return verdict;
}

/* Takes a snapshot into a free slot, or compares and closes the one that is there. */
static enum verdict step_snapshot(struct session *session) {
    if (session->config.snapshots == 0) return VERDICT_OK;
    struct session_snapshot *snapshot =
        &session->snapshots[choose(session->choices, session->config.snapshots)];
    if (snapshot->oracle != NULL) return snapshot_compare(session, snapshot);
    ferrite_error *err = NULL;
    ferrite_db *db = ferrite_snapshot(session->handles.db[0], &err);
    if (db == NULL) return verdict_error(&session->finding, &err, "snapshot");
    if (handles_from(db, &snapshot->handles, &err) != FERRITE_OK) {
        return verdict_error(&session->finding, &err, "select in a snapshot");
    }
    snapshot->oracle = oracle_copy(session->committed);
    return VERDICT_OK;
}

/* ---- the rest ---- */

static enum verdict step_look(struct session *session) {
    const struct session_snapshot *snapshot =
        &session->snapshots[choose(session->choices, SESSION_SNAPSHOTS)];
    bool old = snapshot->oracle != NULL && choose_once_in(session->choices, 2);
    return look_random(session->choices, &session->config.profile,
                       old ? &snapshot->handles : &session->handles,
                       old ? snapshot->oracle : session->committed, &session->finding);
}

static enum verdict step_checkpoint(struct session *session) {
    ferrite_error *err = NULL;
    if (ferrite_checkpoint(session->handles.db[0], &err) < 0) {
        return verdict_error(&session->finding, &err, "checkpoint");
    }
    tell_durable(session);
    return VERDICT_OK;
}

static uint64_t file_bytes(const struct session *session) {
    ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
    return ferrite_info(session->handles.db[0], &stats, NULL) < 0 ? 0 : stats.file_bytes;
}

/* E8: the file does not become longer, with snapshots open or not. */
static enum verdict step_compact(struct session *session) {
    ferrite_error *err = NULL;
    const uint64_t before = file_bytes(session);
    int result = ferrite_compact(session->handles.db[0], NULL, NULL, &err);
    if (before != 0 && file_bytes(session) > before) {
        ferrite_error_free(err);
        return verdict_wrong(&session->finding, "compact made the file longer: %llu, then %llu",
                             (unsigned long long)before, (unsigned long long)file_bytes(session));
    }
    if (result < 0) return verdict_error(&session->finding, &err, "compact");
    if (session->config.path != NULL) tell_durable(session);
    return VERDICT_OK;
}

void session_copy_path(const char *path, char out[300]) { snprintf(out, 300, "%s.copy", path); }

/* What a copy holds, and that it is sound. */
static enum verdict copy_look(struct session *session, const char *path, uint64_t expected) {
    ferrite_error *err = NULL;
    ferrite_options options = session->config.options;
    struct handles handles;
    uint64_t digest = 0;
    char text[500];
    options.read_only = 1;
    ferrite_db *db = ferrite_open_with(path, &options, &err);
    if (db == NULL || handles_from(db, &handles, &err) != FERRITE_OK)
        return verdict_error(&session->finding, &err, "opening a backup");
    int code = state_digest(&handles, &digest, &err);
    if (code == FERRITE_OK) code = state_check(handles.db[0], text, sizeof text);
    handles_close(&handles);
    if (err != NULL) return verdict_error(&session->finding, &err, "reading a backup");
    if (code == FERRITE_CORRUPT) return verdict_wrong(&session->finding, "a backup: %s", text);
    if (code != FERRITE_OK) {
        session->finding.code = code;
        return VERDICT_ERROR;
    }
    return digest == expected ? VERDICT_OK : verdict_wrong(&session->finding, "a backup holds something else");
}

/* Of the newest state or of a snapshot, in place of the one before. */
static enum verdict step_backup(struct session *session) {
    char path[300];
    ferrite_error *err = NULL;
    const struct session_snapshot *snapshot = &session->snapshots[choose(session->choices, SESSION_SNAPSHOTS)];
    const bool old = snapshot->oracle != NULL;
    if (session->config.path == NULL) return VERDICT_OK;
    session_copy_path(session->config.path, path);
    ferrite_db *db = old ? snapshot->handles.db[0] : session->handles.db[0];
    if (ferrite_backup(db, path, NULL, &err) < 0)
        return verdict_error(&session->finding, &err, "backup");
    return copy_look(session, path, oracle_digest(old ? snapshot->oracle : session->committed));
}

static enum verdict step_reopen(struct session *session) {
    if (session->config.path == NULL) return VERDICT_OK;
    session_close(session);
    tell_durable(session);
    enum verdict verdict = session_open(session);
    if (verdict != VERDICT_OK) return verdict;
    return look_all(&session->handles, session->committed, &session->finding);
}

static enum verdict step_check(struct session *session) {
    char text[500];
    int code = state_check(session->handles.db[0], text, sizeof text);
    if (code == FERRITE_OK) return VERDICT_OK;
    if (code == FERRITE_CORRUPT) return verdict_wrong(&session->finding, "%s", text);
    session->finding.code = code;
    snprintf(session->finding.text, sizeof session->finding.text, "check: %s", text);
    return VERDICT_ERROR;
}

static bool comes_up(struct session *session, unsigned one_in) {
    return one_in > 0 && choose_once_in(session->choices, one_in);
}

/* A bound refused what the step wanted: it did not happen, and the session goes on. */
static bool was_refused(const struct session *session) {
    return session->finding.code == FERRITE_FULL && is_bounded(session) &&
           (strstr(session->finding.text, "OOM ") || strstr(session->finding.text, "max_size"));
}

static enum verdict step_refused(struct session *session) {
    const struct session_events *events = &session->config.events;
    forget_next(session);
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
        enum verdict verdict = snapshot_compare(session, &session->snapshots[i]);
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
    if (!is_bounded(session) || state == NULL) return false;
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
    forget_next(session);
    victims_forget(&session->victims);
    return session_verify(session);
}
