/*
 * keyspace.c - see keyspace.h.
 */
#include "keyspace.h"

#include "../cache/recency.h"
#include "expiry.h"
#include "hash.h"
#include "mutate.h"

#define RANDOM_TRIES 100u

int64_t keyspace_now(struct keyspace *ks) {
    if (ks->now_ms == 0 && ks->clock != NULL) ks->now_ms = ks->clock->now_ms(ks->clock->ctx);
    return ks->now_ms;
}

int64_t keyspace_default_expiry_slow(struct keyspace *ks) {
    int64_t now_ms = keyspace_now(ks);
    return ks->default_ttl_ms < INT64_MAX - now_ms ? now_ms + ks->default_ttl_ms : INT64_MAX;
}

bool keyspace_expired_slow(struct keyspace *ks, const struct record *record) {
    int64_t now_ms = keyspace_now(ks);
    if ((record->head & RECORD_EXPIRES) && now_ms > record->expire_ms) return true;
    return (record->head & RECORD_FIELDS_EXPIRE) && now_ms > record_first_field(record) &&
           hash_all_expired(ks, record);
}

int keyspace_readable(const struct keyspace *ks) {
    if (__builtin_expect(ks->batch == NULL, 1)) return FERRITE_OK;
    return error_set(FERRITE_INVALID, "ERR a batch only collects writes; this function has to read");
}

void keyspace_note_slow(const struct keyspace *ks, const void *key, size_t key_len) {
    recency_note(ks->recency, recency_hash(ks->recency, ks->db, key, key_len));
}

void keyspace_spare(struct keyspace *ks, const void *key, size_t key_len) {
    ks->spared->hashes[ks->spared->count++ % SPARED_KEYS] =
        recency_hash_seeded(0, ks->db, key, key_len);
    if (ks->spared->trail != NULL) trail_note(ks->spared->trail, ks->db, key, key_len);
}

bool keyspace_spares(const struct keyspace *ks, const void *key, size_t key_len) {
    if (ks->spared == NULL || ks->spared->count == 0) return false;
    const uint32_t count = ks->spared->count < SPARED_KEYS ? ks->spared->count : SPARED_KEYS;
    const uint64_t hash = recency_hash_seeded(0, ks->db, key, key_len);
    for (uint32_t i = 0; i < count; i++)
        if (ks->spared->hashes[i] == hash) return true;
    return false;
}

static inline __attribute__((always_inline)) int
record_get(struct keyspace *ks, const void *key, size_t key_len, struct record *out) {
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    struct tree_value value;
    code = tree_get(&ks->txn->pages, txn_keys(ks->txn, ks->db), key, key_len, &value);
    if (code == FERRITE_OK) code = record_parse(&value, out);
    if (code == FERRITE_OK && keyspace_expired(ks, out)) code = FERRITE_NOTFOUND;
    txn_count_lookup(ks->txn, code == FERRITE_OK);
    return code;
}

int keyspace_get(struct keyspace *ks, const void *key, size_t key_len, struct record *out) {
    int code = record_get(ks, key, key_len, out);
    if (code == FERRITE_OK) keyspace_note(ks, key, key_len);
    return code;
}

int keyspace_look(struct keyspace *ks, const void *key, size_t key_len, struct record *out) {
    return record_get(ks, key, key_len, out);
}

int entry_open(struct keyspace *ks, const void *key, size_t key_len, struct entry *entry) {
    entry->key = key;
    entry->key_len = key_len;
    entry->exists = false;
    keyspace_note(ks, key, key_len);
    if (__builtin_expect(ks->spared != NULL, 0)) keyspace_spare(ks, key, key_len);
    struct tree *tree = txn_keys(ks->txn, ks->db);
    if (tree->root == 0 && ks->txn->write) tree->tag = (uint16_t)(TAG_KEYS | ks->db);
    cursor_init(&entry->cursor, &ks->txn->pages, tree);
    int code = cursor_seek(&entry->cursor, key, key_len, &entry->exists);
    if (code != FERRITE_OK || !entry->exists) return code;
    struct tree_value value;
    code = cursor_value(&entry->cursor, &value);
    return code == FERRITE_OK ? record_parse(&value, &entry->record) : code;
}

int entry_open_live(struct keyspace *ks, const void *key, size_t key_len, struct entry *entry) {
    int code = entry_open(ks, key, key_len, entry);
    if (code != FERRITE_OK || !entry->exists || !keyspace_expired(ks, &entry->record)) return code;
    code = mutate_delete(ks, entry);
    entry_close(entry);
    ks->txn->expired++;
    return code == FERRITE_OK ? entry_open(ks, key, key_len, entry) : code;
}

void entry_close(struct entry *entry) { cursor_done(&entry->cursor); }

static int cursor_live(struct keyspace *ks, struct tree_cursor *cursor, bool *live) {
    struct tree_value value;
    struct record record;
    int code = cursor_value(cursor, &value);
    if (code == FERRITE_OK) code = record_parse(&value, &record);
    *live = code == FERRITE_OK && !keyspace_expired(ks, &record);
    return code;
}

static int random_below(struct keyspace *ks, uint64_t count, uint64_t *out) {
    uint64_t number;
    int code = os_random(engine_os(ks->txn->engine), &number, sizeof number);
    if (code == FERRITE_OK) *out = number % count;
    return code;
}

/* From the cursor on, and from the first key on after the last, to the first key not expired. */
static int next_live(struct keyspace *ks, struct tree_cursor *cursor, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        bool live;
        int code = cursor_live(ks, cursor, &live);
        if (code != FERRITE_OK || live) return code;
        code = cursor_next(cursor);
        if (code == FERRITE_OK && !cursor->valid) code = cursor_first(cursor);
        if (code != FERRITE_OK) return code;
    }
    cursor->valid = false;
    return FERRITE_OK;
}

int keyspace_random(struct keyspace *ks, struct tree_cursor *cursor) {
    struct tree *tree = txn_keys(ks->txn, ks->db);
    cursor_init(cursor, &ks->txn->pages, tree);
    if (tree->count == 0) return FERRITE_OK;
    for (unsigned i = 0; i < RANDOM_TRIES; i++) {
        uint64_t rank;
        bool live = false;
        int code = random_below(ks, tree->count, &rank);
        if (code == FERRITE_OK) code = cursor_seek_rank(cursor, rank);
        if (code == FERRITE_OK && cursor->valid) code = cursor_live(ks, cursor, &live);
        if (code != FERRITE_OK || live) return code;
    }
    int code = cursor->valid ? FERRITE_OK : cursor_first(cursor);
    return code == FERRITE_OK ? next_live(ks, cursor, tree->count) : code;
}
