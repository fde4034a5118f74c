/*
 * db_save.c - ferrite_save, ferrite_bgsave, ferrite_lastsave, ferrite_load. See db.h.
 *
 * At most one save goes on in the background, on a thread of its own. Whoever closes the last handle waits for it,
 * unless that is the callback at its end: then the thread closes the database, and nobody waits for the thread.
 */
#include "db_backup.h"

#include <string.h>

#include "os/mem.h"
#include "types/garbage.h"
#include "types/mutate.h"

struct saver {
    struct core *core;
    struct source source; /* with a path only */
    char *path;           /* NULL: a checkpoint */
    void (*done)(void *ctx, int code, const char *message);
    void *ctx;
    pthread_t thread;
    bool started;         /* to be joined */
    bool *closed; /* while `done` runs: it closed the last handle */
};

/* Without a path a file's newest state goes to that file. */
static int save_check(const struct core *core, const char *path) {
    if (path != NULL) return path_check(path);
    if (engine_in_memory(core->engine))
        return error_set(FERRITE_INVALID, "ERR the database is in memory: saving it needs a path");
    if (engine_read_only(core->engine))
        return error_set(FERRITE_READONLY, "the database was opened read-only");
    return FERRITE_OK;
}

static void saved_now(struct core *core) {
    atomic_store(&core->saved_ms, os_clock_ms(engine_os(core->engine)));
}

int ferrite_save(ferrite_db *db, const char *path, ferrite_error **err) {
    struct source source;
    int code = db_check_root(db, "saving");
    if (code == FERRITE_OK) code = save_check(db->core, path);
    if (code != FERRITE_OK) return error_give(err, code);
    if (path == NULL) {
        code = engine_checkpoint(db->core->engine);
    } else if ((code = source_open(db, "saving", &source)) == FERRITE_OK) {
        code = source_write(&source, path, NULL);
        source_close(&source);
    }
    if (code == FERRITE_OK && path != NULL)
        log_at(&db->core->log, FERRITE_LOG_NOTICE, "saved to %s", path);
    if (code == FERRITE_OK) saved_now(db->core);
    return db_answer(code, 0, err);
}

int ferrite_lastsave(ferrite_db *db, int64_t *unix_time, ferrite_error **err) {
    int code = db_check(db);
    if (code != FERRITE_OK) return error_give(err, code);
    int64_t engine_ms = engine_saved_ms(db->core->engine), ms = atomic_load(&db->core->saved_ms);
    if (unix_time != NULL) *unix_time = (engine_ms > ms ? engine_ms : ms) / 1000;
    return 0;
}

/* ---- in the background ---- */

static void saver_end(struct saver *saver) {
    if (saver->path != NULL) source_close(&saver->source);
    mem_free(saver->path);
    saver->path = NULL;
}

static void saver_tell(const struct saver *saver, int code) {
    const char *to = saver->path != NULL ? saver->path : "the file";
    if (code == FERRITE_OK)
        log_at(&saver->core->log, FERRITE_LOG_NOTICE, "saved to %s in the background", to);
    else
        log_at(&saver->core->log, FERRITE_LOG_ERROR, "saving to %s in the background failed: %s", to,
               error_text(code));
}

/* The callback may close the last handle: then core and saver are gone. Whoever began the save may not have left
 * ferrite_bgsave yet, so its lock is waited for. */
static void saver_done(struct saver *saver, int code) {
    bool closed = false;
    struct core *core = saver->core;
    const struct error_kept kept = error_keep(code);
    saver->closed = &closed;
    pthread_mutex_lock(&core->config_mutex);
    pthread_mutex_unlock(&core->config_mutex);
    if (saver->done != NULL) saver->done(saver->ctx, code, code == FERRITE_OK ? "" : kept.text);
    if (!closed) atomic_store(&core->bgsave_running, false);
}

static void saver_work(struct saver *saver) {
    int code = saver->path != NULL ? source_write(&saver->source, saver->path, NULL)
                                   : engine_checkpoint(saver->core->engine);
    if (code == FERRITE_OK) saved_now(saver->core);
    atomic_store(&saver->core->bgsave_code, code);
    saver_tell(saver, code);
    saver_end(saver);
    saver_done(saver, code);
}

static void *saver_main(void *arg) {
    saver_work(arg);
    return NULL;
}

/* Under config_mutex: the core's saver, not running. */
static int saver_take(struct core *core, struct saver **out) {
    if (core->saver == NULL) core->saver = mem_calloc(sizeof *core->saver);
    struct saver *saver = core->saver;
    if (saver == NULL) return error_nomem();
    if (atomic_load(&core->bgsave_running))
        return error_set(FERRITE_BUSY, "ERR Background save already in progress");
    if (saver->started) pthread_join(saver->thread, NULL);
    saver->started = false;
    saver->core = core;
    *out = saver;
    return FERRITE_OK;
}

/* The state that is saved is that of this moment. */
static int saver_prepare(struct saver *saver, ferrite_db *db, const char *path) {
    if (path == NULL) return FERRITE_OK;
    saver->path = mem_dup(path, strlen(path));
    if (saver->path == NULL) return error_nomem();
    int code = source_open(db, "saving", &saver->source);
    if (code == FERRITE_OK) return code;
    mem_free(saver->path);
    saver->path = NULL;
    return code;
}

int ferrite_bgsave(ferrite_db *db, const char *path,
                   void (*done)(void *ctx, int code, const char *message), void *ctx,
                   ferrite_error **err) {
    struct saver *saver = NULL;
    int code = db_check_root(db, "saving");
    if (code == FERRITE_OK) code = save_check(db->core, path);
    if (code != FERRITE_OK) return error_give(err, code);
    struct core *core = db->core;
    bool started = false;
    pthread_mutex_lock(&core->config_mutex);
    code = saver_take(core, &saver);
    if (code == FERRITE_OK) code = saver_prepare(saver, db, path);
    if (code == FERRITE_OK) {
        saver->done = done;
        saver->ctx = ctx;
        atomic_store(&core->bgsave_running, true);
        started = !core->options.no_threads &&
                  pthread_create(&saver->thread, NULL, saver_main, saver) == 0;
        saver->started = started;
    }
    pthread_mutex_unlock(&core->config_mutex);
    if (code == FERRITE_OK && !started) saver_work(saver);
    return db_answer(code, 0, err);
}

/* Is the last handle being closed by `done`? */
static bool saver_closes(const struct saver *saver) {
    if (!atomic_load(&saver->core->bgsave_running)) return false;
    return !saver->started || pthread_equal(saver->thread, pthread_self());
}

void core_save_join(struct core *core) {
    struct saver *saver = core->saver;
    if (saver == NULL) return;
    if (saver_closes(saver)) {
        *saver->closed = true;
        if (saver->started) pthread_detach(saver->thread);
    } else if (saver->started) {
        pthread_join(saver->thread, NULL);
    }
    mem_free(saver);
    core->saver = NULL;
}

/* ---- loading ---- */

struct loading {
    struct engine *from;
    const struct transfer_watch *watch;
};

static int load_into(struct txn *txn, void *ctx) {
    struct loading *loading = ctx;
    struct txn from;
    int code = txn_begin_read(loading->from, &from);
    if (code != FERRITE_OK) return code;
    code = transfer_all(&from, txn, loading->watch);
    txn_end_read(&from);
    return code;
}

static int load_file(struct core *core, const char *path, const struct transfer_watch *watch) {
    const struct engine_config config = {.os = engine_os(core->engine),
                                         .path = path,
                                         .read_only = true,
                                         .must_exist = true,
                                         .busy_timeout_ms = core->options.busy_timeout_ms,
                                         .apply = mutate_apply,
                                         .tidy = garbage_step};
    struct loading loading = {.watch = watch};
    int code = engine_open(&config, &loading.from);
    if (code != FERRITE_OK) return code;
    const struct error_kept loaded = error_keep(core_write(core, 0, WRITE_ADDS, load_into, &loading));
    engine_close(loading.from);
    return error_restore(&loaded);
}

int ferrite_load(ferrite_db *db, const char *path, const ferrite_monitor *monitor,
                 ferrite_error **err) {
    struct transfer_watch watch = {0};
    if (monitor != NULL) watch = (struct transfer_watch){monitor->ctx, monitor->progress};
    int code = db_check_root(db, "loading");
    if (code == FERRITE_OK) code = path_check(path);
    if (code == FERRITE_OK) code = load_file(db->core, path, &watch);
    if (code == FERRITE_OK) log_at(&db->core->log, FERRITE_LOG_NOTICE, "loaded %s", path);
    return db_answer(code, 0, err);
}
