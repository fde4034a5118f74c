/*
 * db_backup.c - ferrite_backup: a whole copy of a database that is in use. See db.h.
 *
 * What a snapshot sees is copied tree by tree into a database of its own, in one transaction; its pages go to
 * the file as they become too many for memory, and a checkpoint makes the whole of it count. The log is never begun.
 */
#include "db_backup.h"


#include "db_target.h"
#include "types/garbage.h"
#include "types/mutate.h"

#define BACKUP_DIRTY_LIMIT (16u << 20) /* memory for pages on their way to the file */

int path_check(const char *path) {
    if (path == NULL) return error_set(FERRITE_INVALID, "the path is NULL");
    return path[0] != '\0' ? FERRITE_OK : error_set(FERRITE_INVALID, "the path is empty");
}

int source_open(ferrite_db *db, const char *what, struct source *source) {
    int code = db_check(db);
    source->session = NULL;
    if (code != FERRITE_OK) return code;
    if (db->session != NULL && db->session->kind == SESSION_SNAPSHOT) {
        session_retain(source->session = db->session);
        source->txn = db->session->read;
        return FERRITE_OK;
    }
    if (db->session != NULL) return db_check_root(db, what);
    code = txn_begin_read(db->core->engine, &source->txn);
    if (code == FERRITE_OK) txn_detach(&source->txn, &source->roots);
    return code;
}

void source_close(struct source *source) {
    if (source->session != NULL)
        session_release(source->session);
    else
        txn_end_read(&source->txn);
}

static int engine_fill(struct engine *engine, struct source *source,
                       const struct transfer_watch *watch) {
    struct txn *txn;
    int code = txn_begin_write(engine, true, &txn);
    if (code != FERRITE_OK) return code;
    code = transfer_all(&source->txn, txn, watch);
    if (code == FERRITE_OK) return txn_commit(txn);
    txn_rollback(txn);
    return code;
}

/* The transaction is committed by a checkpoint, whatever the modes, so that no log is made. */
static int file_write(struct source *source, struct target *target,
                      const struct transfer_watch *watch) {
    const struct engine_config config = {.os = target->os,
                                         .path = target->temporary,
                                         .no_threads = true,
                                         .sync_mode = FERRITE_SYNC_NORMAL,
                                         .databases = source->txn.databases,
                                         .dirty_limit = BACKUP_DIRTY_LIMIT,
                                         .apply = mutate_apply,
                                         .tidy = garbage_step};
    struct engine *engine;
    int code = engine_open(&config, &engine);
    if (code != FERRITE_OK) return code;
    const struct error_kept filled = error_keep(engine_fill(engine, source, watch));
    code = engine_close_locked(engine, &target->written);
    return filled.code == FERRITE_OK ? code : error_restore(&filled);
}

int source_write(struct source *source, const char *path, const struct transfer_watch *watch) {
    struct target target;
    struct os *os = engine_os(source->txn.engine);
    int code = target_begin(&target, os, path);
    if (code != FERRITE_OK) return code;
    code = file_write(source, &target, watch);
    return code == FERRITE_OK ? target_put(&target) : target_drop(&target, code);
}

int ferrite_backup(ferrite_db *db, const char *path, const ferrite_monitor *monitor,
                   ferrite_error **err) {
    struct transfer_watch watch = {0};
    struct source source;
    if (monitor != NULL) watch = (struct transfer_watch){monitor->ctx, monitor->progress};
    int code = path_check(path);
    if (code == FERRITE_OK) code = source_open(db, "a backup", &source);
    if (code != FERRITE_OK) return error_give(err, code);
    code = source_write(&source, path, &watch);
    source_close(&source);
    if (code == FERRITE_OK) log_at(&db->core->log, FERRITE_LOG_NOTICE, "backed up to %s", path);
    return db_answer(code, 0, err);
}
