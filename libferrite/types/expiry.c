/*
 * expiry.c - see expiry.h.
 */
#include "expiry.h"

#include <string.h>

#include "../error.h"
#include "../os/mem.h"

/* The entry's key, on the stack unless the user's key is long. */
struct expiry_key {
    uint8_t *bytes;
    size_t len;
    uint8_t inline_bytes[256];
};

static int key_make(struct expiry_key *out, int64_t time_ms, const void *key, size_t key_len) {
    out->len = EXPIRY_TIME_LEN + key_len;
    out->bytes = out->len <= sizeof out->inline_bytes ? out->inline_bytes : mem_alloc(out->len);
    if (out->bytes == NULL) return error_nomem();
    uint64_t ordered = (uint64_t)time_ms ^ (uint64_t)1 << 63;
    for (unsigned i = 0; i < EXPIRY_TIME_LEN; i++) out->bytes[i] = (uint8_t)(ordered >> (56 - 8 * i));
    if (key_len != 0) memcpy(out->bytes + EXPIRY_TIME_LEN, key, key_len);
    return FERRITE_OK;
}

static void key_done(struct expiry_key *key) {
    if (key->bytes != key->inline_bytes) mem_free(key->bytes);
}

int expiry_add(struct txn *txn, uint32_t db, int64_t time_ms, const void *key, size_t key_len) {
    struct expiry_key entry;
    int code = key_make(&entry, time_ms, key, key_len);
    if (code != FERRITE_OK) return code;
    struct tree *tree = txn_expiry(txn, db);
    if (tree->root == 0) tree->tag = (uint16_t)(TAG_EXPIRY | db);
    struct tree_cursor cursor;
    cursor_init(&cursor, &txn->pages, tree);
    bool exact;
    code = cursor_seek(&cursor, entry.bytes, entry.len, &exact);
    struct tree_value nothing = {"", 0, false};
    if (code == FERRITE_OK) code = cursor_put(&cursor, entry.bytes, entry.len, exact, &nothing);
    cursor_done(&cursor);
    key_done(&entry);
    return code;
}

int expiry_remove(struct txn *txn, uint32_t db, int64_t time_ms, const void *key, size_t key_len) {
    struct expiry_key entry;
    int code = key_make(&entry, time_ms, key, key_len);
    if (code != FERRITE_OK) return code;
    struct tree_cursor cursor;
    cursor_init(&cursor, &txn->pages, txn_expiry(txn, db));
    bool exact;
    code = cursor_seek(&cursor, entry.bytes, entry.len, &exact);
    if (code == FERRITE_OK && !exact)
        code = error_set(FERRITE_CORRUPT, "database %u: an expiring key has no entry by time", db);
    if (code == FERRITE_OK) code = cursor_delete(&cursor);
    cursor_done(&cursor);
    key_done(&entry);
    return code;
}

int expiry_has(struct txn *txn, uint32_t db, int64_t time_ms, const void *key, size_t key_len,
               bool *has) {
    struct expiry_key entry;
    int code = key_make(&entry, time_ms, key, key_len);
    if (code != FERRITE_OK) return code;
    struct tree_value value;
    code = tree_get(&txn->pages, txn_expiry(txn, db), entry.bytes, entry.len, &value);
    *has = code == FERRITE_OK;
    key_done(&entry);
    return code == FERRITE_NOTFOUND ? FERRITE_OK : code;
}

static int64_t entry_time(const uint8_t *bytes) {
    uint64_t ordered = 0;
    for (unsigned i = 0; i < EXPIRY_TIME_LEN; i++) ordered = ordered << 8 | bytes[i];
    return (int64_t)(ordered ^ (uint64_t)1 << 63);
}

int expiry_first(struct txn *txn, uint32_t db, int64_t now_ms, int64_t *time_ms, uint8_t **key,
                 size_t *key_len) {
    struct tree_cursor cursor;
    const uint8_t *bytes;
    size_t len;
    *key = NULL;
    cursor_init(&cursor, &txn->pages, txn_expiry(txn, db));
    int code = cursor_first(&cursor);
    bool any = code == FERRITE_OK && cursor.valid;
    if (any) code = cursor_key(&cursor, &bytes, &len);
    if (any && code == FERRITE_OK && len < EXPIRY_TIME_LEN)
        code = error_set(FERRITE_CORRUPT, "database %u: an entry by time is too short", db);
    if (any && code == FERRITE_OK && (*time_ms = entry_time(bytes)) < now_ms) {
        *key_len = len - EXPIRY_TIME_LEN;
        *key = mem_dup(bytes + EXPIRY_TIME_LEN, *key_len);
        if (*key == NULL) code = error_nomem();
    }
    cursor_done(&cursor);
    return code;
}
