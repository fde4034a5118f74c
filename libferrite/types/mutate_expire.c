/*
 * mutate_expire.c - the change of a key's expiry. See mutate.h.
 */
#include <assert.h>

#include "expiry.h"
#include "mutate_internal.h"

/* The record anew with another header; its payload stays where it is. */
static int header_store(struct entry *entry, int64_t at_ms) {
    const struct record old = entry->record;
    bool spilled = (old.head & RECORD_SPILLED) != 0;
    uint8_t payload[TREE_VALUE_MAX];
    uint8_t head = record_head_expiring(old.head, at_ms);
    void *place;
    memcpy(payload, old.payload, old.payload_len);
    int code = cursor_put_reserve(&entry->cursor, entry->key, entry->key_len, true,
                                  record_header_len(head) + old.payload_len, spilled, &place);
    if (code == FERRITE_OK)
        memcpy(record_write_header(place, head, at_ms), payload, old.payload_len);
    return code;
}

/* The new entry comes before the old one goes: where no others are near, a page of the tree is kept that
 * would be given back and made again each time. */
int wake_follow(struct keyspace *ks, const struct entry *entry, struct wake from, struct wake to) {
    int code = FERRITE_OK;
    if (from.set == to.set && from.ms == to.ms) return code;
    if (to.set) code = expiry_add(ks->txn, ks->db, to.ms, entry->key, entry->key_len);
    if (code == FERRITE_OK && from.set)
        code = expiry_remove(ks->txn, ks->db, from.ms, entry->key, entry->key_len);
    return code;
}

static int expiry_change(struct keyspace *ks, const struct entry *entry, int64_t at_ms) {
    struct record to = entry->record;
    to.head = record_head_expiring(to.head, at_ms);
    to.expire_ms = at_ms;
    return wake_follow(ks, entry, wake_of(&entry->record), wake_of(&to));
}

static struct effect expire_effect(const struct keyspace *ks, const void *key, size_t key_len,
                                   int64_t at_ms) {
    return (struct effect){
        .op = EFFECT_EXPIRE_AT, .db = (uint8_t)ks->db, .expire_ms = at_ms, .key = {key, key_len}};
}

int mutate_expire(struct keyspace *ks, struct entry *entry, int64_t at_ms) {
    assert(entry->exists);
    int code = expiry_change(ks, entry, at_ms);
    if (code == FERRITE_OK) code = header_store(entry, at_ms);
    struct effect effect = expire_effect(ks, entry->key, entry->key_len, at_ms);
    if (code == FERRITE_OK) code = mutate_log(ks, &effect);
    return code == FERRITE_OK ? code : txn_fail(ks->txn, code);
}

int mutate_expire_blind(struct keyspace *ks, const void *key, size_t key_len, int64_t at_ms) {
    if (ks->batch != NULL) {
        struct effect effect = expire_effect(ks, key, key_len, at_ms);
        return batch_add(ks->batch, &effect);
    }
    struct entry entry;
    int code = entry_open(ks, key, key_len, &entry);
    if (code == FERRITE_OK && entry.exists) code = mutate_expire(ks, &entry, at_ms);
    entry_close(&entry);
    return code;
}
