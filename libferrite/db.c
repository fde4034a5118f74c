/*
 * db.c - opening, closing, and the lives of handles. See db.h.
 */
#include "db.h"
#include "db_backup.h"
#include "types/compact.h"

#include <stdio.h>
#include <string.h>

#include "options.h"
#include "os/mem.h"
#include "types/garbage.h"
#include "types/mutate.h"

static int64_t clock_system(void *ctx) {
    struct os *os = ctx;
    return os_clock_ms(os);
}

void core_retain(struct core *core) {
    atomic_fetch_add_explicit(&core->refs, 1, memory_order_relaxed);
}

/* The last one out closes the engine; in a forked child it leaves the parent's files alone. */
void core_release(struct core *core) {
    if (atomic_fetch_sub_explicit(&core->refs, 1, memory_order_acq_rel) != 1) return;
    if (core->fork_generation == os_fork_generation()) {
        core_save_join(core);
        (void)engine_tidy(core->engine, UINT64_MAX); /* a larger file is no loss */
        (void)compact_before_close(core->engine);
        engine_close(core->engine);
    }
    core_bounds_close(core);
    pthread_mutex_destroy(&core->config_mutex);
    compressor_free(core->compressor);
    cache_done(&core->cache);
    mem_free(core);
}

int core_refuse(void) {
    return error_set(FERRITE_INVALID,
                     "the handle was opened before a fork; the child has to open the file itself");
}

int db_refuse(void) { return error_set(FERRITE_INVALID, "the handle is NULL"); }

int db_check_root(const ferrite_db *db, const char *what) {
    int code = db_check(db);
    if (code == FERRITE_OK && db->session != NULL)
        code = error_set(FERRITE_INVALID, "%s is not possible on a transaction, snapshot or batch",
                         what);
    return code;
}

ferrite_db *db_new(struct core *core, struct session *session, uint32_t index) {
    ferrite_db *db = mem_calloc(sizeof *db);
    if (db == NULL) return NULL;
    db->core = core;
    db->session = session;
    db->db = index;
    core_retain(core);
    if (session != NULL) session_retain(session);
    return db;
}

/* A file may have been made with more logical databases than asked for now. */
static uint32_t databases_of(struct engine *engine, uint32_t asked) {
    struct txn txn;
    if (txn_begin_read(engine, &txn) != FERRITE_OK) return asked;
    asked = txn.databases;
    txn_end_read(&txn);
    return asked;
}

/* Lines on stderr name the file without its folder. */
static void log_open(struct core *core, struct os *os, const char *path) {
    const char *name = path != NULL ? strrchr(path, '/') : NULL;
    name = name != NULL ? name + 1 : path != NULL ? path : ":memory:";
    core->log.write = core->options.log;
    core->log.ctx = core->options.log_ctx;
    core->log.os = os;
    snprintf(core->log.name, sizeof core->log.name, "%s", name);
    atomic_init(&core->log.level, core->options.log_level);
}

static int core_open(const char *path, const ferrite_options *options, struct core **out) {
    struct core *core = mem_calloc(sizeof *core);
    if (core == NULL) return error_nomem();
    if (cache_init(&core->cache, os_default(), 0) != FERRITE_OK) {
        mem_free(core);
        return error_nomem();
    }
    struct engine_config config;
    int code = options_resolve(options, &core->options);
    options_configure(&core->options, &config);
    config.os = os_default();
    config.log = &core->log;
    log_open(core, config.os, path);
    config.path = path;
    config.apply = mutate_apply;
    config.on_commit = cache_on_commit;
    config.on_commit_ctx = &core->cache;
    config.tidy = garbage_step;
    config.errand = cache_errand;
    config.errand_ctx = &core->cache;
    if (pthread_mutex_init(&core->config_mutex, NULL) != 0) code = error_nomem();
    if (code == FERRITE_OK) code = engine_open(&config, &core->engine);
    if (code != FERRITE_OK) {
        cache_done(&core->cache);
        mem_free(core);
        return code;
    }
    cache_resize(&core->cache, cache_budget(&core->options, engine_in_memory(core->engine)));
    core->cache.errand_ask = engine_ask_errand;
    core->cache.errand_ctx = core->engine;
    core->fork_generation = os_fork_generation();
    core->options.databases = databases_of(core->engine, core->options.databases);
    core->clock = core->options.clock_ms != NULL
                      ? (struct clock){core->options.clock_ms, core->options.clock_ctx}
                      : (struct clock){clock_system, config.os};
    core->opened_us = os_monotonic_us(config.os);
    atomic_init(&core->saved_ms, os_clock_ms(config.os));
    atomic_init(&core->refs, 1);
    code = core_bounds_open(core);
    if (code != FERRITE_OK) {
        core_release(core);
        return code;
    }
    *out = core;
    return FERRITE_OK;
}

ferrite_db *ferrite_open_with(const char *path, const ferrite_options *options,
                              ferrite_error **err) {
    if (path != NULL && strcmp(path, ":memory:") == 0) path = NULL;
    struct core *core = NULL;
    int code = path != NULL && path[0] == '\0'
                   ? error_set(FERRITE_INVALID, "the path of the database is empty")
                   : core_open(path, options, &core);
    if (code != FERRITE_OK) {
        error_give(err, code);
        return NULL;
    }
    ferrite_db *db = db_new(core, NULL, 0);
    if (db == NULL) error_give(err, error_nomem());
    core_release(core);
    return db;
}

ferrite_db *ferrite_open(const char *path, ferrite_error **err) {
    if (path != NULL) return ferrite_open_with(path, NULL, err);
    error_give(err, error_set(FERRITE_INVALID, "the path of the database is NULL"));
    return NULL;
}

ferrite_db *ferrite_open_memory(ferrite_error **err) { return ferrite_open_with(NULL, NULL, err); }

static void handle_end_session(ferrite_db *db) {
    if (db->owner && db->session->kind != SESSION_SNAPSHOT) session_abandon(db->session);
}

void ferrite_close(ferrite_db *db) {
    if (db == NULL || db->lent) return;
    struct core *core = db->core;
    if (db->session != NULL) {
        handle_end_session(db);
        session_release(db->session);
    }
    mem_free(db);
    core_release(core);
}

void ferrite_free(void *ptr) { mem_free(ptr); }

ferrite_db *ferrite_select(ferrite_db *db, int index, ferrite_error **err) {
    int code = db_check(db);
    if (code == FERRITE_OK && (index < 0 || (uint32_t)index >= db->core->options.databases))
        code = error_set(FERRITE_RANGE, "ERR DB index is out of range");
    ferrite_db *selected = NULL;
    if (code == FERRITE_OK) {
        selected = db_new(db->core, db->session, (uint32_t)index);
        if (selected == NULL) code = error_nomem();
    }
    if (code != FERRITE_OK) error_give(err, code);
    return selected;
}

int ferrite_database(const ferrite_db *db) { return db != NULL ? (int)db->db : -1; }

int ferrite_databases(const ferrite_db *db) {
    return db != NULL ? (int)db->core->options.databases : -1;
}
