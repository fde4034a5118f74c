/*
 * db_check.c - ferrite_check: walks everything and tells what is wrong. See db.h.
 *
 * Each tree and blob is walked and its pages reported to the engine's accounting (engine_check_*),
 * which in the end knows of every page whether it was reached once, or is free. Records and expiry
 * entries are compared: every record that expires has its entry, and there are no more entries
 * than such records.
 *
 * A database open for writing is checked inside a write transaction, so writers wait.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "db.h"
#include "types/collection.h"
#include "types/expiry.h"
#include "types/garbage.h"
#include "types/hash_form.h"
#include "types/zset_form.h"

#define PROGRESS_PAGES 256u

struct check {
    const ferrite_monitor *monitor;
    struct txn *txn;
    struct engine_check *pages;
    uint64_t findings;
    bool damaged; /* a part could not be walked: its pages are missing from the accounting */
    uint64_t done, total;
    uint32_t db;
    size_t key_max;    /* in the tree that is walked */
    uint64_t expiring; /* records of this database that expire */
};

static void check_report(void *ctx, const char *text) {
    struct check *check = ctx;
    if (check->monitor->finding != NULL) check->monitor->finding(check->monitor->ctx, text);
}

__attribute__((format(printf, 2, 3)))
static void check_finding(struct check *check, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    check->findings++;
    check_report(check, text);
}

static int check_progress(struct check *check, uint32_t pages) {
    uint64_t before = check->done / PROGRESS_PAGES;
    check->done += pages;
    if (check->monitor->progress == NULL || check->done / PROGRESS_PAGES == before)
        return FERRITE_OK;
    if (check->monitor->progress(check->monitor->ctx, check->done, check->total) == 0)
        return FERRITE_OK;
    return error_set(FERRITE_ABORTED, "the check was stopped");
}

/* A page met twice ends the walk of this tree: below it there would be no end of such findings. */
static int on_page(void *ctx, pgno no, uint32_t count) {
    struct check *check = ctx;
    int code = engine_check_page(check->pages, no, count);
    return code == FERRITE_OK ? check_progress(check, count) : code;
}

static int on_damage(void *ctx, pgno no, const char *what) {
    struct check *check = ctx;
    check->damaged = true;
    if (no == 0 || strncmp(what, "page ", 5) == 0)
        check_finding(check, "database %u: %s", check->db, what);
    else
        check_finding(check, "database %u: page %u: %s", check->db, no, what);
    return FERRITE_OK;
}

/* What a walk came back with: damage is a finding, anything else an error. */
static int walk_result(struct check *check, int code) {
    if (code != FERRITE_CORRUPT) return code;
    check->damaged = true;
    check_finding(check, "database %u: %s", check->db, error_text(code));
    return FERRITE_OK;
}

/* A value that does not expand costs no more than itself: all pages are known. */
static int check_content(struct check *check, const struct tree_value *value, uint32_t skip) {
    int code = value_verify(&check->txn->pages, value, skip);
    if (code != FERRITE_CORRUPT) return code;
    check_finding(check, "database %u: %s", check->db, error_text(code));
    return FERRITE_OK;
}

static int check_string(struct check *check, const struct record *record) {
    const struct tree_visitor visitor = {check, on_page, NULL, on_damage};
    const struct tree_value value = record_value(record);
    struct pages *pages = &check->txn->pages;
    int code = FERRITE_OK;
    if (record->head & RECORD_BLOB) {
        struct blob blob = record_blob(record);
        code = walk_result(check, blob_walk(pages, &blob, &visitor));
    }
    return code == FERRITE_OK ? check_content(check, &value, 0) : code;
}

static int check_element(struct check *check, const struct tree_value *value, uint32_t skip) {
    const struct tree_visitor visitor = {check, on_page, NULL, on_damage};
    int code = value_walk(&check->txn->pages, value, &visitor);
    if (code == FERRITE_OK) return check_content(check, value, skip);
    return walk_result(check, code);
}

/* The tree would hold longer ones, but nobody could have put them there. */
static void check_length(struct check *check, size_t key_len) {
    if (key_len <= check->key_max) return;
    check_finding(check, "database %u: a key, field or member has %zu bytes", check->db, key_len);
}

static int on_element(void *ctx, const uint8_t *key, size_t key_len,
                      const struct tree_value *value) {
    (void)key;
    check_length(ctx, key_len);
    return check_element(ctx, value, 0);
}

static int on_field(void *ctx, const uint8_t *key, size_t key_len, const struct tree_value *value) {
    struct tree_value parsed = *value;
    int64_t expire_ms;
    uint32_t skip;
    (void)key;
    check_length(ctx, key_len);
    int code = hash_value_parse(&parsed, &expire_ms, &skip);
    return code == FERRITE_OK ? check_element(ctx, &parsed, skip) : walk_result(ctx, code);
}

/* Both trees of a sorted set hold the same elements. */
static int check_pairs(struct check *check, struct tree trees[COLLECTION_TREES_MAX]) {
    bool agree = true;
    if (trees[0].count != trees[1].count) {
        check_finding(check, "database %u: a sorted set has %llu members, but %llu scores",
                      check->db, (unsigned long long)trees[0].count,
                      (unsigned long long)trees[1].count);
        return FERRITE_OK;
    }
    int code = zset_trees_agree(&check->txn->pages, trees, &agree);
    if (!agree)
        check_finding(check, "database %u: a sorted set's members and scores do not agree",
                      check->db);
    return walk_result(check, code);
}

static int check_trees(struct check *check, const struct record *record) {
    struct tree_visitor visitor = {check, on_page, on_element, on_damage};
    struct tree trees[COLLECTION_TREES_MAX];
    uint32_t count = record_trees(record, trees);
    int code = FERRITE_OK;
    for (uint32_t i = 0; i < count && code == FERRITE_OK; i++) {
        bool fields = i == 0 && record_type(record) == FERRITE_TYPE_HASH;
        visitor.on_entry = fields ? on_field : on_element;
        check->key_max = FERRITE_KEY_MAX + (i != 0 ? EXPIRY_TIME_LEN : 0); /* or a score's length */
        code = walk_result(check, tree_walk(&check->txn->pages, &trees[i], &visitor));
    }
    check->key_max = FERRITE_KEY_MAX;
    if (code == FERRITE_OK && (trees[0].count == 0 || trees[0].root == 0))
        check_finding(check, "database %u: a collection is empty", check->db);
    if (code == FERRITE_OK && !check->damaged && record_type(record) == FERRITE_TYPE_ZSET)
        code = check_pairs(check, trees);
    return code;
}

/* The moment that the record tells is that of the first field. */
static int check_first_field(struct check *check, const struct record *record) {
    struct tree trees[COLLECTION_TREES_MAX];
    int64_t first_ms;
    record_trees(record, trees);
    int code = timed_first(&check->txn->pages, &trees[1], &first_ms, NULL, NULL);
    if (code == FERRITE_OK && (first_ms != record_first_field(record) ||
                               trees[1].count > trees[0].count))
        check_finding(check, "database %u: a hash is wrong about which field expires first",
                      check->db);
    return walk_result(check, code);
}

static int check_packed_values(struct check *check, const uint8_t *bytes, uint32_t len) {
    struct packed_item item;
    int code = FERRITE_OK;
    for (uint32_t at = 0; at < len && code == FERRITE_OK; at = item.next) {
        code = packed_read(bytes, len, at, &item);
        const struct tree_value value = item_value(&item);
        if (code == FERRITE_OK) code = check_content(check, &value, 0);
    }
    return code;
}

static int check_packed(struct check *check, const struct record *record) {
    const uint32_t skip = record->head & RECORD_FIELDS_EXPIRE ? (uint32_t)sizeof(int64_t) : 0;
    int code = packed_record_check(record);
    if (code == FERRITE_OK)
        code = check_packed_values(check, record->payload + skip, record->payload_len - skip);
    return walk_result(check, code);
}

static int check_collection(struct check *check, const struct record *record) {
    if (!(record->head & RECORD_TREES)) return check_packed(check, record);
    int code = check_trees(check, record);
    if (code != FERRITE_OK || !(record->head & RECORD_FIELDS_EXPIRE)) return code;
    return check_first_field(check, record);
}

static int check_expiry(struct check *check, int64_t wake_ms, const uint8_t *key, size_t key_len) {
    bool has;
    check->expiring++;
    int code = expiry_has(check->txn, check->db, wake_ms, key, key_len, &has);
    if (code == FERRITE_OK && !has)
        check_finding(check, "database %u: an expiring key of %zu bytes has no entry by time",
                      check->db, key_len);
    return walk_result(check, code);
}

static int on_record(void *ctx, const uint8_t *key, size_t key_len,
                     const struct tree_value *value) {
    struct check *check = ctx;
    struct record record;
    check_length(check, key_len);
    int code = record_parse(value, &record);
    if (code == FERRITE_OK) code = record_check(&record, value->spilled);
    if (code != FERRITE_OK) return walk_result(check, code);
    code = record_type(&record) == FERRITE_TYPE_STRING ? check_string(check, &record)
                                                       : check_collection(check, &record);
    int64_t wake_ms;
    if (code == FERRITE_OK && record_wake(&record, &wake_ms))
        code = check_expiry(check, wake_ms, key, key_len);
    return code;
}

static int check_database(struct check *check, uint32_t db) {
    const struct tree_visitor keys = {check, on_page, on_record, on_damage};
    const struct tree_visitor expiry = {check, on_page, NULL, on_damage};
    check->db = db;
    check->key_max = FERRITE_KEY_MAX;
    check->expiring = 0;
    int code = walk_result(check, tree_walk(&check->txn->pages, txn_keys(check->txn, db), &keys));
    if (code == FERRITE_OK)
        code = walk_result(check,
                           tree_walk(&check->txn->pages, txn_expiry(check->txn, db), &expiry));
    uint64_t entries = txn_expiry(check->txn, db)->count;
    if (code == FERRITE_OK && !check->damaged && entries != check->expiring)
        check_finding(check, "database %u: %llu keys expire, but there are %llu entries by time",
                      db, (unsigned long long)check->expiring, (unsigned long long)entries);
    return code;
}

/* What waits to be freed uses pages like anything else. */
static int check_garbage(struct check *check) {
    const struct tree_visitor visitor = {check, on_page, NULL, on_damage};
    return walk_result(check, garbage_walk(&check->txn->pages, &check->txn->roots->garbage,
                                           &visitor));
}

static int check_all(struct check *check) {
    struct engine_stats stats;
    engine_stats(check->txn->engine, &stats);
    check->total = stats.page_count;
    int code = engine_check_begin(check->txn, &check->pages);
    if (code != FERRITE_OK) return walk_result(check, code);
    for (uint32_t db = 0; db < check->txn->databases && code == FERRITE_OK; db++)
        code = check_database(check, db);
    if (code == FERRITE_OK) code = check_garbage(check);
    if (code == FERRITE_OK && check->damaged)
        check_finding(check, "what could not be read is left out of the account of pages");
    bool account = code == FERRITE_OK && !check->damaged;
    uint64_t unaccounted = 0;
    int ended = engine_check_end(check->pages, account ? check_report : NULL, check, &unaccounted);
    if (account) check->findings += unaccounted;
    return code != FERRITE_OK ? code : ended;
}

/* Read-only databases have no writers to keep out. */
static int check_in_transaction(struct core *core, struct check *check) {
    if (engine_read_only(core->engine)) {
        struct txn txn;
        int code = txn_begin_read(core->engine, &txn);
        if (code != FERRITE_OK) return code;
        check->txn = &txn;
        code = check_all(check);
        txn_end_read(&txn);
        return code;
    }
    int code = txn_begin_write(core->engine, true, &check->txn);
    if (code != FERRITE_OK) return code;
    code = check_all(check);
    txn_rollback(check->txn);
    return code;
}

int ferrite_check(ferrite_db *db, const ferrite_monitor *monitor, uint64_t *findings,
                  ferrite_error **err) {
    const ferrite_monitor silent = {0};
    struct check check = {.monitor = monitor != NULL ? monitor : &silent};
    int code = db_check_root(db, "a check");
    if (code == FERRITE_OK) code = check_in_transaction(db->core, &check);
    if (findings != NULL) *findings = check.findings;
    return db_answer(code, 0, err);
}
