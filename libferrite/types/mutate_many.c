/*
 * mutate_many.c - changes that concern two places or whole databases: move, copy, flush, swap.
 * See mutate.h.
 */
#include <assert.h>

#include "collection.h"
#include "expiry.h"
#include "garbage.h"
#include "mutate_internal.h"

/* A record on its way from one entry to another: its bytes as the tree holds them. */
struct parcel {
    uint8_t bytes[TREE_VALUE_MAX];
    struct tree_value value;
    struct record record;
};

static int parcel_take(struct parcel *parcel, struct entry *entry) {
    struct tree_value value;
    int code = cursor_value(&entry->cursor, &value);
    if (code != FERRITE_OK) return code;
    if (value.len > sizeof parcel->bytes) return error_set(FERRITE_CORRUPT, "a record is too long");
    memcpy(parcel->bytes, value.data, value.len);
    parcel->value = (struct tree_value){parcel->bytes, value.len, value.spilled, false};
    return record_parse(&parcel->value, &parcel->record);
}

static int parcel_put(struct keyspace *to, struct parcel *parcel, ferrite_slice key) {
    struct entry entry;
    int code = entry_open(to, key.data, key.len, &entry);
    if (code == FERRITE_OK && entry.exists) code = record_release(to, &entry);
    if (code == FERRITE_OK)
        code = cursor_put(&entry.cursor, key.data, key.len, entry.exists, &parcel->value);
    entry_close(&entry);
    int64_t wake_ms;
    if (code == FERRITE_OK && record_wake(&parcel->record, &wake_ms))
        code = expiry_add(to->txn, to->db, wake_ms, key.data, key.len);
    return code;
}

/* The copied record gets payload pages of its own. */
static int parcel_duplicate_payload(struct keyspace *ks, struct parcel *parcel) {
    struct tree_copying copying = {.from = &ks->txn->pages, .to = &ks->txn->pages};
    return record_copy(&copying, &parcel->record,
                       parcel->bytes + record_header_len(parcel->record.head));
}

static int log_pair(struct keyspace *ks, uint8_t op, const struct entry *entry, uint32_t to_db,
                    ferrite_slice new_key) {
    struct effect effect = {.op = op,
                            .db = (uint8_t)ks->db,
                            .to_db = (uint8_t)to_db,
                            .key = {entry->key, entry->key_len},
                            .data = new_key};
    return mutate_log(ks, &effect);
}

int mutate_move(struct keyspace *ks, struct entry *entry, uint32_t to_db, ferrite_slice new_key) {
    assert(entry->exists);
    struct parcel parcel;
    int code = parcel_take(&parcel, entry);
    int64_t wake_ms;
    if (code == FERRITE_OK && record_wake(&parcel.record, &wake_ms))
        code = expiry_remove(ks->txn, ks->db, wake_ms, entry->key, entry->key_len);
    if (code == FERRITE_OK) code = cursor_delete(&entry->cursor);
    ks->txn->roots->removed[ks->db]++;
    struct keyspace to = *ks;
    to.db = to_db;
    if (code == FERRITE_OK) code = parcel_put(&to, &parcel, new_key);
    if (code == FERRITE_OK) code = log_pair(ks, EFFECT_MOVE, entry, to_db, new_key);
    return code == FERRITE_OK ? code : txn_fail(ks->txn, code);
}

int mutate_copy(struct keyspace *ks, struct entry *entry, uint32_t to_db, ferrite_slice new_key) {
    assert(entry->exists);
    struct parcel parcel;
    int code = parcel_take(&parcel, entry);
    if (code == FERRITE_OK) code = parcel_duplicate_payload(ks, &parcel);
    struct keyspace to = *ks;
    to.db = to_db;
    if (code == FERRITE_OK) code = parcel_put(&to, &parcel, new_key);
    if (code == FERRITE_OK) code = log_pair(ks, EFFECT_COPY, entry, to_db, new_key);
    return code == FERRITE_OK ? code : txn_fail(ks->txn, code);
}

/* The trees go as they are, however many keys they hold. */
static int database_empty(struct txn *txn, uint32_t db) {
    struct tree *keys = txn_keys(txn, db), *expiry = txn_expiry(txn, db);
    txn->roots->removed[db] += keys->count;
    int code = garbage_tree(txn, keys);
    if (code == FERRITE_OK) code = garbage_tree(txn, expiry);
    *keys = *expiry = (struct tree){.root = 0};
    return code;
}

int mutate_flush(struct keyspace *ks) {
    struct effect effect = {.op = EFFECT_FLUSH, .db = (uint8_t)ks->db};
    if (ks->batch != NULL) return batch_add(ks->batch, &effect);
    int code = database_empty(ks->txn, ks->db);
    if (code == FERRITE_OK) code = mutate_log(ks, &effect);
    return code == FERRITE_OK ? code : txn_fail(ks->txn, code);
}

int mutate_flush_all(struct keyspace *ks) {
    struct effect effect = {.op = EFFECT_FLUSH_ALL};
    if (ks->batch != NULL) return batch_add(ks->batch, &effect);
    int code = FERRITE_OK;
    for (uint32_t db = 0; db < ks->txn->databases && code == FERRITE_OK; db++)
        code = database_empty(ks->txn, db);
    if (code == FERRITE_OK) code = mutate_log(ks, &effect);
    return code == FERRITE_OK ? code : txn_fail(ks->txn, code);
}

static void tree_swap(struct tree *a, struct tree *b) {
    struct tree kept = *a;
    *a = *b;
    *b = kept;
}

int mutate_swap(struct keyspace *ks, uint32_t other_db) {
    struct effect effect = {
        .op = EFFECT_SWAP, .db = (uint8_t)ks->db, .to_db = (uint8_t)other_db};
    if (ks->batch != NULL) return batch_add(ks->batch, &effect);
    struct txn *txn = ks->txn;
    tree_swap(txn_keys(txn, ks->db), txn_keys(txn, other_db));
    tree_swap(txn_expiry(txn, ks->db), txn_expiry(txn, other_db));
    uint64_t removed = txn->roots->removed[ks->db];
    txn->roots->removed[ks->db] = txn->roots->removed[other_db];
    txn->roots->removed[other_db] = removed;
    int code = mutate_log(ks, &effect);
    return code == FERRITE_OK ? code : txn_fail(txn, code);
}
