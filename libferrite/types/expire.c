/*
 * expire.c - see expire.h.
 */
#include "expire.h"

#include "../os/mem.h"
#include "expiry.h"
#include "hash.h"
#include "mutate.h"
#include "string.h"

#define PURGE_FIELDS 32u /* of one hash in a step of expire_cycle */

/* The moment of an existing entry; without one it is later than any. */
static bool condition_holds(const struct record *record, int64_t at_ms, uint32_t flags) {
    bool expires = record->head & RECORD_EXPIRES;
    if ((flags & FERRITE_EXPIRE_NX) && expires) return false;
    if ((flags & FERRITE_EXPIRE_XX) && !expires) return false;
    if ((flags & FERRITE_EXPIRE_GT) && (!expires || at_ms <= record->expire_ms)) return false;
    if ((flags & FERRITE_EXPIRE_LT) && expires && at_ms >= record->expire_ms) return false;
    return true;
}

static bool moment_past(struct keyspace *ks, int64_t at_ms) {
    return at_ms <= 0 || at_ms <= keyspace_now(ks);
}

/* at_ms 0: no expiry any more. */
static int entry_expire(struct keyspace *ks, struct entry *entry, int64_t at_ms) {
    if (at_ms != 0 && moment_past(ks, at_ms)) return mutate_delete(ks, entry);
    if (at_ms == 0 && !(entry->record.head & RECORD_EXPIRES)) return FERRITE_OK;
    return mutate_expire(ks, entry, at_ms);
}

static int set_blind(struct keyspace *ks, ferrite_slice key, int64_t at_ms, uint32_t flags) {
    bool deleted;
    if (flags != 0) return keyspace_readable(ks);
    if (moment_past(ks, at_ms)) return mutate_delete_blind(ks, key.data, key.len, &deleted);
    return mutate_expire_blind(ks, key.data, key.len, at_ms);
}

int expire_set(struct keyspace *ks, ferrite_slice key, int64_t at_ms, uint32_t flags, bool *done) {
    *done = false;
    if (ks->batch != NULL) return set_blind(ks, key, at_ms, flags);
    struct entry entry;
    int code = entry_open_live(ks, key.data, key.len, &entry);
    bool wanted =
        code == FERRITE_OK && entry.exists && condition_holds(&entry.record, at_ms, flags);
    if (wanted && moment_past(ks, at_ms))
        code = mutate_delete(ks, &entry);
    else if (wanted)
        code = mutate_expire(ks, &entry, at_ms);
    *done = wanted && code == FERRITE_OK;
    entry_close(&entry);
    return code;
}

int expire_persist(struct keyspace *ks, ferrite_slice key, bool *done) {
    *done = false;
    if (ks->batch != NULL) return mutate_expire_blind(ks, key.data, key.len, 0);
    struct entry entry;
    int code = entry_open_live(ks, key.data, key.len, &entry);
    bool wanted = code == FERRITE_OK && entry.exists && (entry.record.head & RECORD_EXPIRES);
    if (wanted) code = mutate_expire(ks, &entry, 0);
    *done = wanted && code == FERRITE_OK;
    entry_close(&entry);
    return code;
}

int expire_get(struct keyspace *ks, ferrite_slice key, int64_t *at_ms) {
    struct record record;
    int code = keyspace_look(ks, key.data, key.len, &record);
    *at_ms = EXPIRE_ABSENT;
    if (code == FERRITE_NOTFOUND) return FERRITE_OK;
    if (code == FERRITE_OK) *at_ms = record.head & RECORD_EXPIRES ? record.expire_ms : EXPIRE_NEVER;
    return code;
}

static int copy_and_expire(struct keyspace *ks, struct entry *entry, int64_t at_ms, char **value,
                           size_t *len) {
    if (record_type(&entry->record) != FERRITE_TYPE_STRING)
        return error_set(FERRITE_WRONGTYPE,
                         "WRONGTYPE Operation against a key holding the wrong kind of value");
    uint64_t all = record_string_len(&entry->record);
    int code = string_copy(ks, &entry->record, 0, all, value);
    if (code != FERRITE_OK) return code;
    *len = all;
    code = entry_expire(ks, entry, at_ms);
    if (code == FERRITE_OK) return code;
    mem_free(*value);
    *value = NULL;
    *len = 0;
    return code;
}

int expire_get_string(struct keyspace *ks, ferrite_slice key, int64_t at_ms, char **value,
                      size_t *len) {
    *value = NULL;
    *len = 0;
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    struct entry entry;
    code = entry_open_live(ks, key.data, key.len, &entry);
    if (code == FERRITE_OK && entry.exists) code = copy_and_expire(ks, &entry, at_ms, value, len);
    entry_close(&entry);
    return code;
}

int expire_new_key(struct keyspace *ks, const void *key, size_t key_len) {
    int64_t at_ms = keyspace_default_expiry(ks);
    return at_ms != 0 ? mutate_expire_blind(ks, key, key_len, at_ms) : FERRITE_OK;
}

/* Deletes the key that expires first, or its fields, if their time has passed. */
static int remove_first(struct keyspace *ks, bool *removed) {
    int64_t time_ms;
    uint8_t *key = NULL;
    size_t key_len;
    *removed = false;
    int code = expiry_first(ks->txn, ks->db, keyspace_now(ks), &time_ms, &key, &key_len);
    if (code != FERRITE_OK || key == NULL) return code;
    code = txn_operation(ks->txn, true);
    struct entry entry;
    if (code == FERRITE_OK) {
        int64_t wake_ms;
        code = entry_open(ks, key, key_len, &entry);
        if (code == FERRITE_OK &&
            (!entry.exists || !record_wake(&entry.record, &wake_ms) || wake_ms != time_ms))
            code =
                error_set(FERRITE_CORRUPT, "database %u: an entry by time without its key", ks->db);
        bool whole = code == FERRITE_OK && keyspace_expired(ks, &entry.record);
        bool fields = code == FERRITE_OK && !whole;
        if (whole) code = mutate_delete(ks, &entry);
        if (whole && code == FERRITE_OK) ks->txn->expired++;
        entry_close(&entry);
        if (fields)
            code = hash_purge(ks, (ferrite_slice){(const char *)key, key_len}, PURGE_FIELDS);
    }
    mem_free(key);
    *removed = code == FERRITE_OK;
    return code;
}

int expire_cycle(struct keyspace *ks, uint64_t limit, uint64_t *removed) {
    bool more = txn_expiry(ks->txn, ks->db)->root != 0;
    int code = FERRITE_OK;
    *removed = 0;
    while (more && *removed < limit) {
        code = remove_first(ks, &more);
        if (code != FERRITE_OK) return code;
        *removed += more;
    }
    return code;
}
