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

int timed_add(struct pages *pages, struct tree *tree, int64_t time_ms, const void *key,
              size_t key_len) {
    struct expiry_key entry;
    int code = key_make(&entry, time_ms, key, key_len);
    if (code != FERRITE_OK) return code;
    struct tree_cursor cursor;
    cursor_init(&cursor, pages, tree);
    bool exact;
    code = cursor_seek(&cursor, entry.bytes, entry.len, &exact);
    struct tree_value nothing = {"", 0, false, false};
    if (code == FERRITE_OK) code = cursor_put(&cursor, entry.bytes, entry.len, exact, &nothing);
    cursor_done(&cursor);
    key_done(&entry);
    return code;
}

int timed_remove(struct pages *pages, struct tree *tree, int64_t time_ms, const void *key,
                 size_t key_len) {
    struct expiry_key entry;
    int code = key_make(&entry, time_ms, key, key_len);
    if (code != FERRITE_OK) return code;
    struct tree_cursor cursor;
    cursor_init(&cursor, pages, tree);
    bool exact;
    code = cursor_seek(&cursor, entry.bytes, entry.len, &exact);
    if (code == FERRITE_OK && !exact)
        code = error_set(FERRITE_CORRUPT, "what expires has no entry by time");
    if (code == FERRITE_OK) code = cursor_delete(&cursor);
    cursor_done(&cursor);
    key_done(&entry);
    return code;
}

int timed_count_before(struct pages *pages, struct tree *tree, int64_t time_ms, uint64_t *count) {
    struct expiry_key entry;
    int code = key_make(&entry, time_ms, "", 0);
    struct tree_cursor cursor;
    bool exact;
    cursor_init(&cursor, pages, tree);
    if (code == FERRITE_OK) code = cursor_seek(&cursor, entry.bytes, entry.len, &exact);
    if (code == FERRITE_OK) code = cursor_rank(&cursor, count);
    cursor_done(&cursor);
    return code;
}

int expiry_add(struct txn *txn, uint32_t db, int64_t time_ms, const void *key, size_t key_len) {
    struct tree *tree = txn_expiry(txn, db);
    if (tree->root == 0) tree->tag = (uint16_t)(TAG_EXPIRY | db);
    return timed_add(&txn->pages, tree, time_ms, key, key_len);
}

int expiry_remove(struct txn *txn, uint32_t db, int64_t time_ms, const void *key, size_t key_len) {
    return timed_remove(&txn->pages, txn_expiry(txn, db), time_ms, key, key_len);
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

int64_t timed_moment(const uint8_t *bytes) {
    uint64_t ordered = 0;
    for (unsigned i = 0; i < EXPIRY_TIME_LEN; i++) ordered = ordered << 8 | bytes[i];
    return (int64_t)(ordered ^ (uint64_t)1 << 63);
}

int timed_first(struct pages *pages, struct tree *tree, int64_t *time_ms, uint8_t **key,
                size_t *key_len) {
    struct tree_cursor cursor;
    const uint8_t *bytes;
    size_t len;
    *time_ms = INT64_MAX;
    if (key != NULL) *key = NULL;
    cursor_init(&cursor, pages, tree);
    int code = cursor_first(&cursor);
    bool any = code == FERRITE_OK && cursor.valid;
    if (any) code = cursor_key(&cursor, &bytes, &len);
    if (any && code == FERRITE_OK && len < EXPIRY_TIME_LEN)
        code = error_set(FERRITE_CORRUPT, "an entry by time is too short");
    if (any && code == FERRITE_OK) *time_ms = timed_moment(bytes);
    if (any && code == FERRITE_OK && key != NULL) {
        *key_len = len - EXPIRY_TIME_LEN;
        *key = mem_dup(bytes + EXPIRY_TIME_LEN, *key_len);
        if (*key == NULL) code = error_nomem();
    }
    cursor_done(&cursor);
    return code;
}

int expiry_first(struct txn *txn, uint32_t db, int64_t now_ms, int64_t *time_ms, uint8_t **key,
                 size_t *key_len) {
    *key = NULL;
    int code = timed_first(&txn->pages, txn_expiry(txn, db), time_ms, NULL, NULL);
    if (code != FERRITE_OK || *time_ms >= now_ms) return code;
    return timed_first(&txn->pages, txn_expiry(txn, db), time_ms, key, key_len);
}

/* Entries are in order of time: evenly spread ranks stand for all of them. */
#define LIFE_SAMPLES 16u

static int life_at(struct tree_cursor *cursor, uint64_t rank, int64_t now_ms, int64_t *life_ms) {
    const uint8_t *bytes;
    size_t len;
    int code = cursor_seek_rank(cursor, rank);
    if (code == FERRITE_OK && !cursor->valid)
        code = error_set(FERRITE_CORRUPT, "what expires has no entry by rank");
    if (code == FERRITE_OK) code = cursor_key(cursor, &bytes, &len);
    if (code != FERRITE_OK || len < EXPIRY_TIME_LEN) return code;
    int64_t at_ms = timed_moment(bytes);
    *life_ms = at_ms > now_ms ? at_ms - now_ms : 0;
    return FERRITE_OK;
}

int expiry_mean_life(struct txn *txn, uint32_t db, int64_t now_ms, int64_t *mean_ms) {
    struct tree *tree = txn_expiry(txn, db);
    uint64_t samples = tree->count < LIFE_SAMPLES ? tree->count : LIFE_SAMPLES;
    struct tree_cursor cursor;
    int code = FERRITE_OK;
    *mean_ms = 0;
    if (samples == 0) return code;
    cursor_init(&cursor, &txn->pages, tree);
    for (uint64_t i = 0; code == FERRITE_OK && i < samples; i++) {
        int64_t life_ms = 0;
        uint64_t step = tree->count / samples;
        code = life_at(&cursor, i * step + step / 2, now_ms, &life_ms);
        *mean_ms += life_ms / (int64_t)samples;
    }
    cursor_done(&cursor);
    return code;
}
