/*
 * keys.c - see keys.h.
 */
#include "keys.h"

#include "../os/mem.h"
#include "mutate.h"

static bool same_key(ferrite_slice a, ferrite_slice b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int keys_exists(struct keyspace *ks, const ferrite_slice *keys, size_t count, bool touch,
                uint64_t *found) {
    *found = 0;
    for (size_t i = 0; i < count; i++) {
        struct record record;
        int code = keyspace_look(ks, keys[i].data, keys[i].len, &record);
        if (code == FERRITE_OK) ++*found;
        if (code == FERRITE_OK && touch) keyspace_note(ks, keys[i].data, keys[i].len);
        if (code != FERRITE_OK && code != FERRITE_NOTFOUND) return code;
    }
    return FERRITE_OK;
}

/* A key that has expired goes too but does not count. */
static int delete_one(struct keyspace *ks, ferrite_slice key, uint64_t *deleted) {
    bool done;
    if (ks->batch != NULL) return mutate_delete_blind(ks, key.data, key.len, &done);
    struct entry entry;
    int code = entry_open(ks, key.data, key.len, &entry);
    if (code == FERRITE_OK && entry.exists) {
        bool expired = keyspace_expired(ks, &entry.record);
        code = mutate_delete(ks, &entry);
        if (code == FERRITE_OK && !expired) ++*deleted;
        ks->txn->expired += expired;
    }
    entry_close(&entry);
    return code;
}

int keys_delete(struct keyspace *ks, const ferrite_slice *keys, size_t count, uint64_t *deleted) {
    *deleted = 0;
    for (size_t i = 0; i < count; i++) {
        int code = i == 0 || ks->batch != NULL ? FERRITE_OK : txn_operation(ks->txn, true);
        if (code == FERRITE_OK) code = delete_one(ks, keys[i], deleted);
        if (code != FERRITE_OK) return code;
    }
    return FERRITE_OK;
}

int keys_type(struct keyspace *ks, ferrite_slice key, int *type) {
    struct record record;
    *type = FERRITE_TYPE_NONE;
    int code = keyspace_look(ks, key.data, key.len, &record);
    if (code == FERRITE_OK) *type = record_type(&record);
    return code == FERRITE_NOTFOUND ? FERRITE_OK : code;
}

/* Whether there is a key that has not expired. */
static int occupied(struct keyspace *ks, ferrite_slice key, bool *out) {
    struct record record;
    int code = keyspace_look(ks, key.data, key.len, &record);
    *out = code == FERRITE_OK;
    return code == FERRITE_NOTFOUND ? FERRITE_OK : code;
}

static int rename_entry(struct keyspace *ks, struct entry *entry, ferrite_slice new_key,
                        bool only_new, bool *done) {
    bool there = false;
    if (!entry->exists) return error_set(FERRITE_NOTFOUND, "ERR no such key");
    if (only_new) {
        int code = occupied(ks, new_key, &there);
        if (code != FERRITE_OK || there) return code;
    }
    int code = FERRITE_OK;
    if (!same_key((ferrite_slice){entry->key, entry->key_len}, new_key))
        code = mutate_move(ks, entry, ks->db, new_key);
    *done = code == FERRITE_OK;
    return code;
}

int keys_rename(struct keyspace *ks, ferrite_slice key, ferrite_slice new_key, bool only_new,
                bool *done) {
    *done = false;
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    struct entry entry;
    code = entry_open_live(ks, key.data, key.len, &entry);
    if (code == FERRITE_OK) code = rename_entry(ks, &entry, new_key, only_new, done);
    entry_close(&entry);
    return code;
}

static int copy_entry(struct keyspace *ks, struct entry *entry, ferrite_slice new_key,
                      struct keys_copy *copy) {
    struct keyspace to = *ks;
    to.db = copy->to_db;
    bool there = false;
    int code = copy->replace || !entry->exists ? FERRITE_OK : occupied(&to, new_key, &there);
    if (code != FERRITE_OK || !entry->exists || there) return code;
    code = copy->move ? mutate_move(ks, entry, copy->to_db, new_key)
                      : mutate_copy(ks, entry, copy->to_db, new_key);
    copy->done = code == FERRITE_OK;
    return code;
}

int keys_copy(struct keyspace *ks, ferrite_slice key, ferrite_slice new_key,
              struct keys_copy *copy) {
    copy->done = false;
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    if (copy->to_db == ks->db && same_key(key, new_key))
        return error_set(FERRITE_INVALID, "ERR source and destination objects are the same");
    struct entry entry;
    code = entry_open_live(ks, key.data, key.len, &entry);
    if (code == FERRITE_OK) code = copy_entry(ks, &entry, new_key, copy);
    entry_close(&entry);
    return code;
}

int keys_random(struct keyspace *ks, char **key, size_t *len) {
    *key = NULL;
    *len = 0;
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    struct tree_cursor cursor;
    const uint8_t *bytes;
    code = keyspace_random(ks, &cursor);
    if (code == FERRITE_OK && cursor.valid) {
        code = cursor_key(&cursor, &bytes, len);
        if (code == FERRITE_OK) *key = mem_dup(bytes, *len);
        if (code == FERRITE_OK && *key == NULL) code = error_nomem();
    }
    cursor_done(&cursor);
    return code;
}
