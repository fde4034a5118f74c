/*
 * db_recover.c - ferrite_recover: what is readable of a damaged database, into a new one. See db.h.
 *
 *   1. the trees that the newest sound meta page names are walked, and what can be read is taken;
 *   2. if anything was damaged, leaf pages that no tree reached are looked for (db_recover_leaves.c);
 *   3. the log's transactions are done, effect by effect as far as they fit.
 *
 * The source is never changed. Called by any thread; works alone.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "db_recover.h"
#include "db_target.h"
#include "os/mem.h"
#include "types/garbage.h"
#include "types/mutate.h"
#include "types/value.h"

#define COMMIT_EVERY   1000u
#define PROGRESS_PAGES 256u

void recover_finding(struct recover *r, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    r->result->findings++;
    if (r->monitor->finding != NULL) r->monitor->finding(r->monitor->ctx, text);
}

int recover_progress(struct recover *r, uint32_t pages) {
    uint64_t before = r->done / PROGRESS_PAGES;
    r->done += pages;
    if (r->monitor->progress == NULL || r->done / PROGRESS_PAGES == before) return FERRITE_OK;
    uint64_t total = r->view.page_count;
    if (r->monitor->progress(r->monitor->ctx, r->done < total ? r->done : total, total) == 0)
        return FERRITE_OK;
    return error_set(FERRITE_ABORTED, "the recovery was stopped");
}

/* ---- writing ---- */

static int out_commit(struct recover *r) {
    if (r->txn == NULL) return FERRITE_OK;
    struct txn *txn = r->txn;
    r->txn = NULL;
    r->pending = 0;
    return txn_commit(txn);
}

/* The transaction to write the next record into. */
static int out_next(struct recover *r) {
    int code = r->pending >= COMMIT_EVERY ? out_commit(r) : FERRITE_OK;
    if (code == FERRITE_OK && r->txn == NULL) code = txn_begin_write(r->out->engine, true, &r->txn);
    if (code != FERRITE_OK) return code;
    r->pending++;
    return txn_operation(r->txn, false);
}

static int out_put(struct recover *r, ferrite_slice key, const struct content *content) {
    int code = out_next(r);
    struct keyspace ks = {.txn = r->txn, .db = r->db};
    return code == FERRITE_OK ? mutate_put_blind(&ks, key.data, key.len, content) : code;
}

/* Whether a key that is there already is to stay. */
static int out_keeps(struct recover *r, ferrite_slice key, bool *keeps) {
    struct record there;
    *keeps = false;
    if (!r->only_new) return FERRITE_OK;
    int code = out_next(r);
    if (code != FERRITE_OK) return code;
    struct keyspace ks = {.txn = r->txn, .db = r->db};
    code = keyspace_get(&ks, key.data, key.len, &there);
    *keeps = code == FERRITE_OK;
    return code == FERRITE_NOTFOUND ? FERRITE_OK : code;
}

/* An effect that does not fit what could be saved is lost, and no reason to stop. */
static int do_effect(struct recover *r, const uint8_t *bytes, size_t len) {
    int code = out_next(r);
    if (code == FERRITE_OK) code = mutate_apply(NULL, r->txn, bytes, len);
    if (code != FERRITE_CORRUPT || r->txn->failed != FERRITE_OK) return code;
    recover_finding(r, "%s", error_text(code));
    r->result->lost_values++;
    return FERRITE_OK;
}

int recover_effect(struct recover *r, const struct effect *effect) {
    size_t size = effect_size(effect);
    uint8_t *bytes = mem_alloc(size);
    if (bytes == NULL) return error_nomem();
    effect_write(effect, bytes);
    int code = do_effect(r, bytes, size);
    mem_free(bytes);
    return code;
}

/* ---- reading records ---- */

int recover_part_page(void *ctx, pgno no, uint32_t count) {
    struct recover *r = ctx;
    for (uint32_t i = no; i - no < count && i < r->view.page_count; i++)
        r->seen[i / 8] |= (uint8_t)(1u << (i % 8));
    if (r->leaf_birth == 0) return recover_progress(r, count);
    const struct page *page = page_read(salvage_pages(r->salvage), no);
    if (page != NULL && page->birth <= r->leaf_birth) return FERRITE_OK;
    return error_set(FERRITE_CORRUPT, "page %u: used again since", no);
}

int recover_lost(struct recover *r, ferrite_slice key, int code) {
    if (code != FERRITE_CORRUPT) return code;
    r->result->lost_values++;
    r->damaged = true;
    recover_finding(r, "database %u: in '%.*s' something is lost: %s", r->db,
                    (int)(key.len < 64 ? key.len : 64), key.data, error_text(code));
    return FERRITE_OK;
}

/* The pages of a spilled value are looked at first. */
int recover_value(struct recover *r, const struct tree_value *value, uint32_t skip, char **out,
                  size_t *len) {
    const struct tree_visitor visitor = {r, recover_part_page, NULL, NULL};
    struct pages *pages = salvage_pages(r->salvage);
    int code = value_walk(pages, value, &visitor);
    if (code != FERRITE_OK) return code;
    size_t all = value_len(value, skip);
    char *copy = mem_alloc(all);
    if (copy == NULL) return error_nomem();
    code = value_copy_to(pages, value, skip, copy);
    if (code != FERRITE_OK) {
        mem_free(copy);
        return code;
    }
    *out = copy;
    *len = all;
    return FERRITE_OK;
}

static int take_record(struct recover *r, ferrite_slice key, const struct record *record) {
    if ((record->head & RECORD_TREES) || recover_has_compressed(record))
        return recover_collection(r, key, record);
    char *copy = NULL;
    int code = FERRITE_OK;
    struct content content = {
        record->head & (RECORD_TYPE | RECORD_EXPIRES | RECORD_FIELDS_EXPIRE),
        record->expire_ms,
        {(const char *)record->payload, record->payload_len}};
    if (record->head & (RECORD_BLOB | RECORD_COMPRESSED)) {
        const struct tree_value value = record_value(record);
        code = recover_value(r, &value, 0, &copy, &content.data.len);
        content.data.data = copy;
    }
    if (code == FERRITE_OK) code = out_put(r, key, &content);
    mem_free(copy);
    return code;
}

static int on_record(void *ctx, const uint8_t *bytes, size_t len, const struct tree_value *value) {
    struct recover *r = ctx;
    ferrite_slice key = {(const char *)bytes, len};
    struct record record;
    bool keeps = false;
    int code = record_parse(value, &record);
    if (code == FERRITE_OK) code = record_check(&record, value->spilled);
    if (code == FERRITE_OK) code = out_keeps(r, key, &keeps);
    if (code == FERRITE_OK && !keeps) {
        code = take_record(r, key, &record);
        r->result->keys += code == FERRITE_OK;
    }
    return r->txn != NULL && r->txn->failed != FERRITE_OK ? code : recover_lost(r, key, code);
}

static int on_page(void *ctx, pgno no, uint32_t count) {
    struct recover *r = ctx;
    for (uint32_t i = no; i - no < count && i < r->view.page_count; i++)
        r->seen[i / 8] |= (uint8_t)(1u << (i % 8));
    return recover_progress(r, count);
}

int recover_on_damage(void *ctx, pgno no, const char *what) {
    struct recover *r = ctx;
    (void)no;
    r->damaged = true;
    r->result->damaged_pages++;
    recover_finding(r, "database %u: %s", r->db, what);
    return FERRITE_OK;
}

int recover_tree(struct recover *r, const struct tree *tree) {
    const struct tree_visitor visitor = {r, on_page, on_record, recover_on_damage};
    int code = tree_walk(salvage_pages(r->salvage), tree, &visitor);
    return code == FERRITE_CORRUPT ? recover_on_damage(r, tree->root, error_text(code)) : code;
}

static int take_trees(struct recover *r) {
    int code = FERRITE_OK;
    for (uint32_t db = 0; db < r->view.databases && code == FERRITE_OK; db++) {
        r->db = db;
        code = recover_tree(r, &r->view.roots->keys[db]);
    }
    return code;
}

/* What had been deleted and only waited to be freed is not taken for lost. */
static int skip_garbage(struct recover *r) {
    const struct tree_visitor visitor = {r, on_page, NULL, recover_on_damage};
    int code = garbage_walk(salvage_pages(r->salvage), &r->view.roots->garbage, &visitor);
    return code == FERRITE_CORRUPT ? recover_on_damage(r, 0, error_text(code)) : code;
}

/* ---- the log ---- */

static int do_transaction(void *ctx, uint64_t txid, uint64_t lsn, const uint8_t *effects,
                          size_t len) {
    struct recover *r = ctx;
    const uint8_t *at = effects, *end = effects + len;
    (void)txid;
    (void)lsn;
    while (at < end) {
        struct effect effect;
        const uint8_t *begin = at;
        int code = effect_read(&at, end, &effect);
        if (code == FERRITE_OK) code = do_effect(r, begin, (size_t)(at - begin));
        if (code != FERRITE_OK) return code;
    }
    r->result->log_transactions++;
    return FERRITE_OK;
}

static int take_log(struct recover *r) {
    int code = salvage_log(r->salvage, do_transaction, r);
    if (code != FERRITE_CORRUPT || (r->txn != NULL && r->txn->failed != FERRITE_OK)) return code;
    r->damaged = true;
    recover_finding(r, "%s", error_text(code));
    return FERRITE_OK;
}

/* ---- all of it ---- */

static int count_keys(struct recover *r) {
    struct txn txn;
    int code = txn_begin_read(r->out->engine, &txn);
    if (code != FERRITE_OK) return code;
    r->result->keys = 0;
    for (uint32_t db = 0; db < txn.databases; db++) r->result->keys += txn_keys(&txn, db)->count;
    txn_end_read(&txn);
    return FERRITE_OK;
}

static int recover_all(struct recover *r) {
    int code = FERRITE_OK;
    r->result->damaged_pages = r->view.damaged_metas;
    if (r->view.damaged_metas == 1)
        recover_finding(r, "one of the two meta pages is damaged%s",
                r->view.stale ? ", the newer one: what was changed last is lost in part" : "");
    if (r->view.roots != NULL)
        code = take_trees(r);
    else
        recover_finding(r, "both meta pages are damaged: the leaves are all there is to go by");
    if (code == FERRITE_OK && r->view.roots != NULL) code = skip_garbage(r);
    if (code == FERRITE_OK && (r->view.roots == NULL || r->view.stale || r->damaged))
        code = recover_leaves(r);
    if (code == FERRITE_OK) code = take_log(r); /* newer than any leaf */
    if (code == FERRITE_OK) code = out_commit(r);
    if (code == FERRITE_OK) code = engine_checkpoint(r->out->engine);
    return code == FERRITE_OK ? count_keys(r) : code;
}

static int recover_into(struct recover *r) {
    r->seen = mem_calloc((size_t)r->view.page_count / 8 + 1);
    if (r->seen == NULL) return error_nomem();
    r->result->pages = r->view.page_count;
    int code = recover_all(r);
    if (r->txn != NULL) txn_rollback(r->txn);
    mem_free(r->seen);
    mem_free(r->leaves);
    return code;
}

static int out_open(const char *path, uint32_t databases, ferrite_db **out) {
    bool exists;
    int code = target_name_check(path);
    if (code == FERRITE_OK) code = os_exists(os_default(), path, &exists);
    if (code != FERRITE_OK) return code;
    if (exists) return error_set(FERRITE_INVALID, "%s exists already", path);
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.databases = databases;
    ferrite_error *err = NULL;
    *out = ferrite_open_with(path, &options, &err);
    if (*out != NULL) return FERRITE_OK;
    code = error_set(ferrite_error_code(err), "%s", ferrite_error_message(err));
    ferrite_error_free(err);
    return code;
}

static int recover_files(const char *path, const char *out_path, struct recover *r) {
    int code = salvage_open(os_default(), path, true, &r->salvage);
    if (code != FERRITE_OK) return code;
    ferrite_db *out;
    salvage_view(r->salvage, &r->view);
    bool is_one = false;
    code = salvage_is_database(r->salvage, &is_one);
    if (code == FERRITE_OK && !is_one)
        code = error_set(FERRITE_CORRUPT, "%s is not a Ferrite database, nor what is left of one", path);
    if (code == FERRITE_OK) code = out_open(out_path, r->view.databases, &out);
    if (code == FERRITE_OK) {
        r->out = out->core;
        const struct error_kept recovered = error_keep(recover_into(r));
        ferrite_close(out);
        if (recovered.code != FERRITE_OK) (void)os_unlink(os_default(), out_path);
        code = error_restore(&recovered);
    }
    salvage_close(r->salvage);
    return code;
}

int ferrite_recover(const char *path, const char *out_path, const ferrite_monitor *monitor,
                    ferrite_recovery *result, ferrite_error **err) {
    const ferrite_monitor silent = {0};
    ferrite_recovery unwanted;
    struct recover recover = {.monitor = monitor != NULL ? monitor : &silent,
                              .result = result != NULL ? result : &unwanted};
    *recover.result = (ferrite_recovery){0};
    int code = path != NULL && out_path != NULL ? recover_files(path, out_path, &recover)
                                                : error_set(FERRITE_INVALID, "the path is NULL");
    return db_answer(code, 0, err);
}
