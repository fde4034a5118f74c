/*
 * session_write.c - steps of a session that change data: a change of its own, transactions in both forms, batches.
 */
#include "look.h"
#include "session_steps.h"

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
    return session_is_bounded(session) ? VERDICT_OK : VERDICT_WRONG;
}

enum verdict step_change(struct session *session) {
    struct op op = op_choose(session->choices, &session->config.profile);
    struct op_answer expected;
    bool differs;
    op_apply(session->next, &op, &expected);
    session_tell_committing(session);
    enum verdict verdict = run_op(session, &session->handles, &op, &expected, &differs);
    if (verdict != VERDICT_OK) return verdict;
    if (differs && session->victims.count == 0) return VERDICT_WRONG;
    return session_settle(session, &op);
}

/* ---- transactions ---- */

/* An op in a transaction. When keys went with it, nobody is told before the commit. */
static enum verdict run_op_in(struct session *session, const struct handles *handles,
                              const struct op *op, const struct op_answer *expected) {
    const struct follow follow = {handles, op, NULL};
    uint64_t before = session->gone;
    bool differs;
    enum verdict verdict = run_op(session, handles, op, expected, &differs);
    if (verdict != VERDICT_OK || !session_is_bounded(session)) return verdict;
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
    session_forget_next(session);
    session->gone = 0;
    if (result >= 0 || verdict != VERDICT_OK) {
        ferrite_error_free(err);
        return verdict;
    }
    return verdict_error(&session->finding, &err, "rollback");
}

static enum verdict commit(struct session *session, ferrite_db *tx, const char *what) {
    ferrite_error *err = NULL;
    session_tell_committing(session);
    int result = ferrite_commit(tx, &err);
    ferrite_close(tx);
    if (result < 0) return verdict_error(&session->finding, &err, what);
    return session_settle(session, NULL);
}

enum verdict step_begin(struct session *session) {
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
    session_tell_committing(callback->session);
    return CALLBACK_COMMIT;
}

enum verdict step_callback(struct session *session) {
    ferrite_error *err = NULL;
    struct callback callback = {session, VERDICT_OK};
    int result = ferrite_transaction(session->handles.db[0], transaction_callback, &callback, &err);
    if (callback.verdict != VERDICT_OK || result == CALLBACK_ROLLBACK) {
        ferrite_error_free(err);
        session_forget_next(session);
        session->gone = 0;
        return callback.verdict;
    }
    if (result != 0) return verdict_error(&session->finding, &err, "transaction");
    return session_settle(session, NULL);
}

enum verdict step_batch(struct session *session) {
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
