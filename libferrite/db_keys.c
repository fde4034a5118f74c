/*
 * db_keys.c - the functions of ferrite.h on keys of any type and on whole logical databases. See
 * db.h.
 */
#include <string.h>

#include "db.h"
#include "db_answer.h"
#include "os/mem.h"
#include "types/keys.h"
#include "types/mutate.h"
#include "types/scan.h"

/* The arguments and answers of one call; each operation uses what it needs. */
struct call {
    ferrite_slice key, new_key;
    const ferrite_slice *items;
    size_t count;
    bool only_new, done;
    struct keys_copy copy;
    uint64_t number;
    int type;
    uint32_t db_a, db_b;
    char *text;
    size_t len;
};

/* ---- several keys ---- */

static int delete_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return keys_delete(ks, call->items, call->count, &call->number);
}

static int exists_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return keys_exists(ks, call->items, call->count, false, &call->number);
}

static int touch_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return keys_exists(ks, call->items, call->count, true, &call->number);
}

int ferrite_del_many(ferrite_db *db, const ferrite_slice *keys, size_t count, ferrite_error **err) {
    struct call call = {.items = keys, .count = count};
    int code = slices_check(keys, count);
    if (code == FERRITE_OK) code = db_write(db, WRITE_FREES, delete_operation, &call);
    return db_answer(code, (int)call.number, err);
}

int ferrite_unlink_many(ferrite_db *db, const ferrite_slice *keys, size_t count,
                        ferrite_error **err) {
    return ferrite_del_many(db, keys, count, err);
}

int ferrite_exists_many(ferrite_db *db, const ferrite_slice *keys, size_t count,
                        ferrite_error **err) {
    struct call call = {.items = keys, .count = count};
    int code = slices_check(keys, count);
    if (code == FERRITE_OK) code = db_read(db, exists_operation, &call);
    return db_answer(code, (int)call.number, err);
}

int ferrite_touch_many(ferrite_db *db, const ferrite_slice *keys, size_t count,
                       ferrite_error **err) {
    struct call call = {.items = keys, .count = count};
    int code = slices_check(keys, count);
    if (code == FERRITE_OK) code = db_read(db, touch_operation, &call);
    return db_answer(code, (int)call.number, err);
}

int ferrite_del(ferrite_db *db, const char *key, size_t key_len, ferrite_error **err) {
    ferrite_slice item = {key, key_len};
    return ferrite_del_many(db, &item, 1, err);
}

int ferrite_exists(ferrite_db *db, const char *key, size_t key_len, ferrite_error **err) {
    ferrite_slice item = {key, key_len};
    size_t len;
    if (cached_len(db, item, &len)) return 1;
    return ferrite_exists_many(db, &item, 1, err);
}

/* ---- types ---- */

static const char *const type_names[] = {"none", "string", "list", "set", "zset", "hash", "stream"};

const char *ferrite_type_name(int type) {
    return type >= 0 && type <= FERRITE_TYPE_STREAM ? type_names[type] : NULL;
}

static int type_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return keys_type(ks, call->key, &call->type);
}

int ferrite_type(ferrite_db *db, const char *key, size_t key_len, ferrite_error **err) {
    struct call call = {.key = {key, key_len}};
    int code = key_check(call.key);
    if (code == FERRITE_OK) code = db_read(db, type_operation, &call);
    return db_answer(code, call.type, err);
}

/* ---- other names, other places ---- */

static int rename_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return keys_rename(ks, call->key, call->new_key, call->only_new, &call->done);
}

static int rename_call(ferrite_db *db, struct call *call) {
    int code = key_check(call->key);
    if (code == FERRITE_OK) code = key_check(call->new_key);
    return code == FERRITE_OK ? db_write(db, WRITE_MOVES, rename_operation, call) : code;
}

int ferrite_rename(ferrite_db *db, const char *key, size_t key_len, const char *new_key,
                   size_t new_key_len, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .new_key = {new_key, new_key_len}};
    return db_answer(rename_call(db, &call), 0, err);
}

int ferrite_renamenx(ferrite_db *db, const char *key, size_t key_len, const char *new_key,
                     size_t new_key_len, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .new_key = {new_key, new_key_len}, .only_new = true};
    int code = rename_call(db, &call);
    return db_answer(code, call.done, err);
}

static int database_check(const ferrite_db *db, int index) {
    int code = db_check(db);
    if (code == FERRITE_OK && (index < 0 || (uint32_t)index >= db->core->options.databases))
        code = error_set(FERRITE_RANGE, "ERR DB index is out of range");
    return code;
}

static int copy_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return keys_copy(ks, call->key, call->new_key, &call->copy);
}

static int copy_call(ferrite_db *db, int to_database, struct call *call) {
    int code = database_check(db, to_database);
    if (code == FERRITE_OK) code = key_check(call->key);
    if (code == FERRITE_OK) code = key_check(call->new_key);
    call->copy.to_db = (uint32_t)to_database;
    return code == FERRITE_OK ? db_write(db, call->copy.move ? WRITE_MOVES : WRITE_ADDS, copy_operation, call) : code;
}

int ferrite_copy(ferrite_db *db, const char *key, size_t key_len, const char *new_key,
                 size_t new_key_len, int to_database, int replace, ferrite_error **err) {
    struct call call = {.key = {key, key_len},
                        .new_key = {new_key, new_key_len},
                        .copy = {.replace = replace != 0}};
    if (to_database == -1) to_database = ferrite_database(db);
    int code = copy_call(db, to_database, &call);
    return db_answer(code, call.copy.done, err);
}

int ferrite_move(ferrite_db *db, const char *key, size_t key_len, int to_database,
                 ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .new_key = {key, key_len}, .copy = {.move = true}};
    int code = copy_call(db, to_database, &call);
    return db_answer(code, call.copy.done, err);
}

/* ---- whole databases ---- */

static int random_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return keys_random(ks, &call->text, &call->len);
}

char *ferrite_randomkey(ferrite_db *db, size_t *key_len, ferrite_error **err) {
    struct call call = {0};
    int code = db_read(db, random_operation, &call);
    if (code != FERRITE_OK) error_give(err, code);
    if (key_len != NULL) *key_len = call.len;
    return call.text;
}

static int size_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    call->number = txn_keys(ks->txn, ks->db)->count;
    return FERRITE_OK;
}

int ferrite_dbsize(ferrite_db *db, uint64_t *count, ferrite_error **err) {
    struct call call = {0};
    int code = db_read(db, size_operation, &call);
    if (count != NULL) *count = call.number;
    return db_answer(code, 0, err);
}

static int swap_operation(struct keyspace *ks, void *ctx) {
    const struct call *call = ctx;
    ks->db = call->db_a;
    return call->db_a != call->db_b ? mutate_swap(ks, call->db_b) : FERRITE_OK;
}

int ferrite_swapdb(ferrite_db *db, int a, int b, ferrite_error **err) {
    int code = database_check(db, a);
    if (code == FERRITE_OK) code = database_check(db, b);
    struct call call = {.db_a = (uint32_t)a, .db_b = (uint32_t)b};
    if (code == FERRITE_OK) code = db_write(db, WRITE_MOVES, swap_operation, &call);
    return db_answer(code, 0, err);
}

static int flush_operation(struct keyspace *ks, void *ctx) {
    (void)ctx;
    return mutate_flush(ks);
}

int ferrite_flushdb(ferrite_db *db, ferrite_error **err) {
    return db_answer(db_write(db, WRITE_FREES, flush_operation, NULL), 0, err);
}

static int flush_all_operation(struct keyspace *ks, void *ctx) {
    (void)ctx;
    return mutate_flush_all(ks);
}

int ferrite_flushall(ferrite_db *db, ferrite_error **err) {
    return db_answer(db_write(db, WRITE_FREES, flush_all_operation, NULL), 0, err);
}

/* ---- listing ---- */

struct list_call {
    struct key_filter filter;
    uint64_t cursor;
    size_t effort;
    struct slices list;
};

static int keys_operation(struct keyspace *ks, void *ctx) {
    struct list_call *call = ctx;
    return scan_all(ks, &call->filter, &call->list);
}

ferrite_slice *ferrite_keys(ferrite_db *db, const char *pattern, size_t pattern_len, size_t *count,
                            ferrite_error **err) {
    struct list_call call = {.filter = {{pattern, pattern_len}, FERRITE_TYPE_NONE}};
    int code = pattern_check(call.filter.pattern);
    if (code == FERRITE_OK) code = db_read(db, keys_operation, &call);
    return slices_answer(code, &call.list, count, err);
}

static int scan_operation(struct keyspace *ks, void *ctx) {
    struct list_call *call = ctx;
    return scan_step(ks, &call->cursor, call->effort, &call->filter, &call->list);
}

ferrite_slice *ferrite_scan(ferrite_db *db, uint64_t *cursor, const char *pattern,
                            size_t pattern_len, size_t effort, int type, size_t *count,
                            ferrite_error **err) {
    struct list_call call = {.filter = {{pattern, pattern_len}, type}, .effort = effort};
    int code = pattern_check(call.filter.pattern);
    if (code == FERRITE_OK && cursor == NULL)
        code = error_set(FERRITE_INVALID, "ERR cursor is NULL");
    if (code == FERRITE_OK) {
        call.cursor = *cursor;
        code = db_read(db, scan_operation, &call);
    }
    ferrite_slice *answer = slices_answer(code, &call.list, count, err);
    if (answer != NULL) *cursor = call.cursor;
    return answer;
}
