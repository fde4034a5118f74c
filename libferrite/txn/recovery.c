/*
 * recovery.c - from the files to the newest state: choosing the meta page, replaying the log.
 *
 * The newest sound meta page names the checkpoint and, when the database was not closed cleanly, the
 * log. What cannot be reached any more is never silently skipped: a log that is missing, foreign, or
 * released beyond the meta page that is left is FERRITE_CORRUPT (`ferrite recover` takes what there is).
 */
#include <string.h>

#include "../error.h"
#include "../os/mem.h"
#include "engine.h"

#define REPLAY_TIDY 512u /* pages given back with each transaction */

/* What the two meta pages hold. */
struct metas {
    struct meta meta[2];
    struct error_kept outcome[2]; /* FERRITE_OK: sound */
    bool zero[2];
};

static bool is_zero(const void *data, size_t len) {
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != 0) return false;
    return true;
}

static int metas_read(struct engine *engine, struct metas *metas) {
    for (pgno slot = 0; slot < 2; slot++) {
        struct page page;
        size_t got = 0;
        memset(&page, 0, sizeof page);
        int rc = os_read(engine->os, engine->fd, engine->path, &page, PAGE_SIZE,
                         (uint64_t)slot * PAGE_SIZE, &got);
        if (rc != FERRITE_OK) return rc;
        metas->zero[slot] = is_zero(&page, sizeof page);
        rc = meta_decode(&page, slot, &metas->meta[slot]);
        if (rc == FERRITE_OK && got < PAGE_SIZE)
            rc = error_set(FERRITE_CORRUPT, "page %u: the file is truncated", slot);
        metas->outcome[slot] = error_keep(rc);
    }
    return FERRITE_OK;
}

/* A database nobody has finished creating: empty, or zeros where the meta pages will be (meta.h). */
static int creation_unfinished(struct engine *engine, const struct metas *metas, bool *fresh) {
    uint64_t len = 0;
    bool log_exists = false;
    int rc = os_size(engine->os, engine->fd, engine->path, &len);
    *fresh = rc == FERRITE_OK && len <= 2 * PAGE_SIZE && metas->zero[0] && metas->zero[1];
    if (rc != FERRITE_OK || !*fresh) return rc;
    rc = os_exists(engine->os, engine->wal_path, &log_exists);
    if (rc == FERRITE_OK && log_exists)
        rc = error_set(FERRITE_CORRUPT,
                       "%s is empty, but its log %s is there: the database's content was lost",
                       engine->path, engine->wal_path);
    return rc;
}

static int metas_choose(const struct metas *metas, pgno *slot) {
    bool sound[2] = {metas->outcome[0].code == FERRITE_OK, metas->outcome[1].code == FERRITE_OK};
    /* A page of a later format is no damage, and the other page would be older. */
    for (int i = 0; i < 2; i++)
        if (metas->outcome[i].code == FERRITE_VERSION) return error_restore(&metas->outcome[i]);
    if (!sound[0] && !sound[1]) return error_restore(&metas->outcome[0]);
    if (sound[0] && sound[1]) {
        if (memcmp(metas->meta[0].database_id, metas->meta[1].database_id, 16) != 0)
            return error_set(FERRITE_CORRUPT, "page 1: belongs to another database");
        *slot = metas->meta[1].sequence > metas->meta[0].sequence;
    } else {
        *slot = sound[1];
    }
    return FERRITE_OK;
}

/* The log to replay. With one meta page damaged, the page left may not name the log that
 * is there: the log itself then says whether it continues this checkpoint. */
static int log_identify(struct engine *engine, bool one_damaged, bool *wanted) {
    struct wal_identity *id = &engine->identity;
    uint64_t released = 0;
    memcpy(id->database_id, engine->meta.database_id, sizeof id->database_id);
    id->log_id = engine->meta.log_id;
    *wanted = id->log_id != 0;
    if (!one_damaged) return FERRITE_OK;
    struct wal_identity found;
    int rc = wal_peek(engine->os, engine->wal_path, &found, &released);
    if (rc != FERRITE_OK) return rc == FERRITE_NOTFOUND || rc == FERRITE_CORRUPT ? FERRITE_OK : rc;
    if (memcmp(found.database_id, id->database_id, sizeof id->database_id) != 0) return FERRITE_OK;
    if (!*wanted) {
        id->log_id = found.log_id;
        engine->meta.log_crc = wal_start(id, engine->meta.lsn).crc;
        *wanted = true;
    }
    return FERRITE_OK;
}

static int log_lost(struct engine *engine, int rc) {
    if (rc == FERRITE_NOTFOUND)
        return error_set(FERRITE_CORRUPT,
                         "%s was not closed cleanly and its log %s is missing: commits since its last "
                         "checkpoint may be lost; `ferrite recover` takes what is there",
                         engine->path, engine->wal_path);
    if (rc != FERRITE_CORRUPT) return rc;
    return error_set(FERRITE_CORRUPT,
                     "%.255s: commits since the last checkpoint may be lost; `ferrite recover` takes "
                     "what is there", error_text(rc));
}

static int log_open(struct engine *engine) {
    int rc = wal_open(engine->os, engine->wal_path, &engine->identity, engine->log_size,
                      engine->read_only, &engine->wal);
    if (rc != FERRITE_OK) return log_lost(engine, rc);
    if (wal_released(engine->wal) <= engine->meta.lsn) return FERRITE_OK;
    return error_set(FERRITE_CORRUPT,
                     "%s: the newest meta page is damaged and the log does not reach back to the one "
                     "before: newer commits may be lost; `ferrite recover` takes what is there",
                     engine->path);
}

/* Frames of one transaction, collected until the one that completes it. */
struct replay {
    struct engine *engine;
    uint64_t txid;
    uint8_t *effects;
    size_t len, cap;
    bool stale; /* the log continues nothing */
};

static int replay_collect(struct replay *replay, uint64_t txid, const uint8_t *payload, size_t len) {
    if (replay->txid != txid) replay->len = 0; /* an unfinished transaction was left behind */
    replay->txid = txid;
    if (replay->len + len > replay->cap) {
        size_t cap = (replay->len + len) * 2;
        uint8_t *effects = mem_realloc(replay->effects, cap);
        if (effects == NULL) return error_nomem();
        replay->effects = effects;
        replay->cap = cap;
    }
    if (len) memcpy(replay->effects + replay->len, payload, len);
    replay->len += len;
    return FERRITE_OK;
}

/* Freeing keeps pace, so that the file grows no more than it did at first. It has no transaction of its own: the
 * next number may be one that the log uses. */
static int replay_tidy(struct engine *engine, struct txn *txn) {
    if (engine->tidy == NULL || engine->tidy_failed || txn->roots->garbage.root == 0)
        return FERRITE_OK;
    int rc = engine->tidy(txn, REPLAY_TIDY);
    engine->tidy_failed = rc != FERRITE_OK;
    return rc;
}

/* Applies one transaction. Nobody else is there yet: the writer lock is taken for form's sake. */
static int replay_once(struct replay *replay, uint64_t txid, const uint8_t *effects, size_t len,
                       struct wal_position end) {
    struct engine *engine = replay->engine;
    struct txn *txn = NULL;
    engine->last_txid = txid - 1;
    engine_reclaim(engine);
    if (!writer_lock_try(&engine->writer)) return error_set(FERRITE_BUSY, "the engine is in use");
    int rc = txn_start(engine, &txn);
    if (rc != FERRITE_OK) {
        writer_lock_give(&engine->writer);
        return rc;
    }
    txn->replaying = true;
    ((struct version *)txn->version)->position = end;
    rc = engine->apply(engine->apply_ctx, txn, effects, len);
    if (rc == FERRITE_OK) rc = replay_tidy(engine, txn);
    if (rc != FERRITE_OK) {
        txn_rollback(txn);
        return rc;
    }
    txn->ops++; /* even if it changed nothing, it has its place in the log */
    return txn_commit(txn);
}

/* What waits to be freed may be damaged; that loses space, and no transaction. */
static int replay_apply(struct replay *replay, uint64_t txid, const uint8_t *effects, size_t len,
                        struct wal_position end) {
    struct engine *engine = replay->engine;
    if (txid <= engine->last_txid)
        return error_set(FERRITE_CORRUPT, "the log holds transaction %llu after %llu",
                         (unsigned long long)txid, (unsigned long long)engine->last_txid);
    bool tidies = !engine->tidy_failed;
    int rc = replay_once(replay, txid, effects, len, end);
    if (rc != FERRITE_OK && tidies && engine->tidy_failed)
        rc = replay_once(replay, txid, effects, len, end);
    return rc;
}

/* Replaying makes young pages like any writing, and holds old ones; a long log may need a checkpoint on the
 * way. */
static int replay_relieve(struct engine *engine) {
    if (engine->read_only) return FERRITE_OK;
    if (pager_dirty_bytes(&engine->pager) < engine->dirty_limit &&
        !checkpoint_makes_room(engine, ROOM_LEAST))
        return FERRITE_OK;
    return checkpoint_now(engine, engine->versions.head, false);
}

/* A log that no meta page names may be one that a power cut took out of the newest meta page before anything in it
 * counted. Commits have been made by checkpoints since, which go without a log: they have its numbers now. */
static bool is_stale(const struct replay *replay, uint64_t txid) {
    const struct engine *engine = replay->engine;
    return engine->meta.log_id == 0 && engine->recovered == 0 && txid <= engine->meta.txid;
}

static int replay_frame(void *ctx, uint64_t txid, struct wal_position end, bool partial,
                        const uint8_t *payload, size_t len) {
    struct replay *replay = ctx;
    replay->stale = is_stale(replay, txid);
    if (replay->stale) return error_set(FERRITE_CORRUPT, "the log is older than the meta page");
    if (partial) return replay_collect(replay, txid, payload, len);
    int rc;
    if (replay->len > 0 && replay->txid == txid) {
        rc = replay_collect(replay, txid, payload, len);
        if (rc == FERRITE_OK) rc = replay_apply(replay, txid, replay->effects, replay->len, end);
    } else {
        rc = replay_apply(replay, txid, payload, len, end);
    }
    replay->len = 0;
    replay->engine->recovered++;
    return rc == FERRITE_OK ? replay_relieve(replay->engine) : rc;
}

static void replay_tell(struct engine *engine, uint64_t bytes, uint64_t start_ns) {
    if (engine->recovered == 0) return;
    log_at(engine->log, FERRITE_LOG_NOTICE,
           "recovered %llu transactions from %llu bytes of log in %.1f ms",
           (unsigned long long)engine->recovered, (unsigned long long)bytes,
           (double)(os_monotonic_ns(engine->os) - start_ns) / 1e6);
}

static int log_replay(struct engine *engine) {
    struct replay replay = {.engine = engine};
    uint64_t start_ns = os_monotonic_ns(engine->os);
    struct wal_position from = {engine->meta.lsn, engine->meta.log_crc}, end;
    int rc = wal_replay(engine->wal, from, replay_frame, &replay, &end);
    mem_free(replay.effects);
    if (replay.stale) return FERRITE_OK; /* log_adopt drops it */
    if (rc != FERRITE_OK) return rc;
    /* The beginning of a transaction that was never finished stays in the log: its number must not
     * come up again, or the two would be replayed as one. */
    if (replay.len > 0 && replay.txid > engine->last_txid) engine->last_txid = replay.txid;
    engine->versions.head->position = end;
    replay_tell(engine, end.lsn - from.lsn, start_ns);
    engine->synced_lsn = 0; /* what was replayed may not be on the disk yet */
    /* (The log before the checkpoint is released by the next one: this meta page may be in the page
     * cache alone, if the process before us died after a failed sync.) */
    return FERRITE_OK;
}

/* The state the meta page describes becomes the first version. */
static int version_adopt(struct engine *engine, uint32_t databases) {
    struct meta *meta = &engine->meta;
    engine->versions.databases = databases > meta->databases ? databases : meta->databases;
    meta->databases = engine->versions.databases; /* before the log can hold effects on the new ones */
    struct version *version = version_new(&engine->versions, NULL);
    if (version == NULL) return error_nomem();
    memcpy(&version->roots, meta->roots, sizeof version->roots);
    version->txid = engine->last_txid = meta->txid;
    version->position = (struct wal_position){meta->lsn, meta->log_crc};
    engine->synced_lsn = meta->lsn; /* there may be no log to sync yet */
    version_link(&engine->versions, version);
    version_publish(&engine->versions, version);
    return FERRITE_OK;
}

/* What the meta page says must be possible for a file of its size. */
static int roots_check(struct engine *engine) {
    const struct roots *roots = &engine->versions.head->roots;
    struct pages pages;
    pager_view(&engine->pager, &pages, engine->meta.txid, false);
    const bool listed = roots->garbage.root != 0 || roots->garbage.flags != 0;
    int rc = tree_root_check(&pages, &roots->garbage, listed);
    for (uint32_t db = 0; db < TXN_DATABASES_MAX && rc == FERRITE_OK; db++) {
        rc = tree_root_check(&pages, &roots->keys[db], false);
        if (rc == FERRITE_OK) rc = tree_root_check(&pages, &roots->expiry[db], false);
    }
    return rc;
}

static int create(struct engine *engine, uint32_t databases) {
    struct meta *meta = &engine->meta;
    if (engine->read_only)
        return error_set(FERRITE_CORRUPT, "%s is empty: not a database", engine->path);
    memset(meta, 0, sizeof *meta);
    int rc = os_random(engine->os, meta->database_id, sizeof meta->database_id);
    if (rc == FERRITE_OK)
        rc = os_allocate(engine->os, engine->fd, engine->path, 0, 2 * PAGE_SIZE);
    if (rc != FERRITE_OK) return rc;
    meta->sequence = meta->txid = 1;
    meta->page_count = 2;
    meta->databases = databases;
    engine->meta_slot = 1;
    rc = meta_write(engine, meta, true); /* slot 0, sync, slot 1, sync */
    engine->meta_slot = 0;
    if (rc == FERRITE_OK) rc = os_sync_dir(engine->os, engine->path);
    return rc;
}

static int existing(struct engine *engine, const struct metas *metas) {
    pgno slot = 0;
    int rc = metas_choose(metas, &slot);
    if (rc != FERRITE_OK) return rc;
    engine->meta = metas->meta[slot];
    engine->meta_slot = slot;
    return FERRITE_OK;
}

/* A log that the damaged meta page had named: the page left takes over naming it. One that holds nothing
 * beyond the checkpoint is as good as gone. */
static int log_adopt(struct engine *engine) {
    if (engine->recovered == 0) {
        wal_close(engine->wal);
        engine->wal = NULL;
        engine->versions.head->position = (struct wal_position){engine->meta.lsn, engine->meta.log_crc};
        return FERRITE_OK;
    }
    if (engine->read_only) return FERRITE_OK;
    struct meta meta = engine->meta;
    meta.log_id = engine->identity.log_id;
    meta.sequence++;
    int rc = meta_write(engine, &meta, false);
    if (rc != FERRITE_OK) return rc;
    engine->meta = meta;
    engine->meta_slot ^= 1;
    return FERRITE_OK;
}

int recovery_open(struct engine *engine, const struct engine_config *config) {
    struct metas metas;
    bool fresh = false, wanted = false;
    uint32_t databases = config->databases ? config->databases : 16;
    int rc = metas_read(engine, &metas);
    if (rc == FERRITE_OK) rc = creation_unfinished(engine, &metas, &fresh);
    if (rc == FERRITE_OK) rc = fresh ? create(engine, databases) : existing(engine, &metas);
    if (rc == FERRITE_OK) rc = pager_adopt(&engine->pager, &engine->meta, &engine->list, &engine->list_count);
    if (rc != FERRITE_OK) return rc;
    bool one_damaged = !fresh && (metas.outcome[0].code != FERRITE_OK || metas.outcome[1].code != FERRITE_OK);
    if (one_damaged)
        log_at(engine->log, FERRITE_LOG_WARNING, "a meta page is damaged, the other one counts: %s",
               metas.outcome[metas.outcome[0].code == FERRITE_OK].text);
    rc = log_identify(engine, one_damaged, &wanted);
    if (rc == FERRITE_OK) rc = version_adopt(engine, databases);
    if (rc == FERRITE_OK) rc = roots_check(engine);
    if (rc == FERRITE_OK && wanted) rc = log_open(engine);
    if (rc == FERRITE_OK && wanted) rc = log_replay(engine);
    if (rc == FERRITE_OK && wanted && engine->meta.log_id == 0) rc = log_adopt(engine);
    return rc;
}
