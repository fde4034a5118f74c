/*
 * session_care.c - steps of a session that change nothing: snapshots, looks, checkpoints, compaction, backups, reopening
 * and the database's own check.
 */
#include <stdio.h>

#include "look.h"
#include "session_steps.h"

/* ---- snapshots ---- */

enum verdict session_snapshot_compare(struct session *session,
                                      struct session_snapshot *snapshot) {
    enum verdict verdict = look_all(&snapshot->handles, snapshot->oracle, &session->finding);
    if (verdict == VERDICT_WRONG) {
        return verdict_wrong(&session->finding, "a snapshot changed (E4)");
    }
    if (verdict == VERDICT_OK) session_snapshot_drop(snapshot);
    return verdict;
}

/* Takes a snapshot into a free slot, or compares and closes the one that is there. */
enum verdict step_snapshot(struct session *session) {
    if (session->config.snapshots == 0) return VERDICT_OK;
    struct session_snapshot *snapshot =
        &session->snapshots[choose(session->choices, session->config.snapshots)];
    if (snapshot->oracle != NULL) return session_snapshot_compare(session, snapshot);
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

enum verdict step_look(struct session *session) {
    const struct session_snapshot *snapshot =
        &session->snapshots[choose(session->choices, SESSION_SNAPSHOTS)];
    bool old = snapshot->oracle != NULL && choose_once_in(session->choices, 2);
    return look_random(session->choices, &session->config.profile,
                       old ? &snapshot->handles : &session->handles,
                       old ? snapshot->oracle : session->committed, &session->finding);
}

enum verdict step_checkpoint(struct session *session) {
    ferrite_error *err = NULL;
    if (ferrite_checkpoint(session->handles.db[0], &err) < 0) {
        return verdict_error(&session->finding, &err, "checkpoint");
    }
    session_tell_durable(session);
    return VERDICT_OK;
}

static uint64_t file_bytes(const struct session *session) {
    ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
    return ferrite_info(session->handles.db[0], &stats, NULL) < 0 ? 0 : stats.file_bytes;
}

/* E8: the file does not become longer, with snapshots open or not. */
enum verdict step_compact(struct session *session) {
    ferrite_error *err = NULL;
    const uint64_t before = file_bytes(session);
    int result = ferrite_compact(session->handles.db[0], NULL, NULL, &err);
    if (before != 0 && file_bytes(session) > before) {
        ferrite_error_free(err);
        return verdict_wrong(&session->finding, "compact made the file longer: %llu, then %llu",
                             (unsigned long long)before, (unsigned long long)file_bytes(session));
    }
    if (result < 0) return verdict_error(&session->finding, &err, "compact");
    if (session->config.path != NULL) session_tell_durable(session);
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
enum verdict step_backup(struct session *session) {
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

enum verdict step_reopen(struct session *session) {
    if (session->config.path == NULL) return VERDICT_OK;
    session_close(session);
    session_tell_durable(session);
    enum verdict verdict = session_open(session);
    if (verdict != VERDICT_OK) return verdict;
    return look_all(&session->handles, session->committed, &session->finding);
}

enum verdict step_check(struct session *session) {
    char text[500];
    int code = state_check(session->handles.db[0], text, sizeof text);
    if (code == FERRITE_OK) return VERDICT_OK;
    if (code == FERRITE_CORRUPT) return verdict_wrong(&session->finding, "%s", text);
    session->finding.code = code;
    snprintf(session->finding.text, sizeof session->finding.text, "check: %s", text);
    return VERDICT_ERROR;
}
