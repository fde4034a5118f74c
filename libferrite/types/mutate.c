/*
 * mutate.c - changes of single keys: put, delete, write. See mutate.h.
 */
#include "mutate.h"

#include <assert.h>

#include "../cache/cache.h"
#include "../cache/recency.h"
#include "../os/mem.h"
#include "collection.h"
#include "expiry.h"
#include "garbage.h"
#include "mutate_internal.h"

/* For the hot cache: which keys' strings may be others now. Effects on elements are for keys that hold no string,
 * before and after. */
static void effect_note(struct cache *cache, uint64_t txid, const struct effect *effect) {
    ferrite_slice key = effect->key;
    switch (effect->op) {
    case EFFECT_MOVE:
    case EFFECT_COPY:
        cache_note_key(cache, txid, effect->to_db, effect->data.data, effect->data.len);
        /* fall through */
    case EFFECT_PUT:
    case EFFECT_DELETE:
    case EFFECT_WRITE:
    case EFFECT_EXPIRE_AT:
        cache_note_key(cache, txid, effect->db, key.data, key.len);
        return;
    case EFFECT_FLUSH:
    case EFFECT_FLUSH_ALL:
        cache_note_all(cache, txid, true);
        return;
    default:
        if (effect->op < EFFECT_HASH_PUT || effect->op > EFFECT_LIST_REPLACE)
            cache_note_all(cache, txid, false);
    }
}

int mutate_log(struct keyspace *ks, const struct effect *effect) {
    if (ks->txn->on_commit_ctx != NULL)
        effect_note(ks->txn->on_commit_ctx, ks->txn->pages.txid, effect);
    size_t size = effect_size(effect);
    uint8_t *place;
    int code = txn_log(ks->txn, size, &place);
    if (code == FERRITE_OK && place != NULL) effect_write(effect, place);
    return code;
}

int record_release(struct keyspace *ks, const struct entry *entry) {
    const struct record *old = &entry->record;
    int code = FERRITE_OK;
    int64_t wake_ms;
    if (record_wake(old, &wake_ms))
        code = expiry_remove(ks->txn, ks->db, wake_ms, entry->key, entry->key_len);
    if (code == FERRITE_OK) code = garbage_record(ks->txn, old);
    return code;
}

static int content_store(struct keyspace *ks, struct entry *entry, const struct content *content) {
    struct value_room room;
    struct tree_value value;
    const struct stored stored = {content->data, (content->head & RECORD_COMPRESSED) != 0};
    int code = value_make(&ks->txn->pages, stored, &room, &value);
    if (code != FERRITE_OK) return code;
    uint8_t head = content->head | (value.spilled ? RECORD_BLOB : 0);
    void *place;
    code = cursor_put_reserve(&entry->cursor, entry->key, entry->key_len, entry->exists,
                              record_header_len(head) + value.len, value.spilled, &place);
    if (code != FERRITE_OK) return code;
    uint8_t *at = record_write_header(place, head, content->expire_ms);
    if (value.len != 0) memcpy(at, value.data, value.len);
    return code;
}

/* The content as it is to be stored. */
static struct content content_compress(struct keyspace *ks, const struct content *content) {
    struct content smaller = *content;
    if (content->head & RECORD_COMPRESSED || (content->head & RECORD_TYPE) != FERRITE_TYPE_STRING)
        return smaller;
    struct stored stored = compress(ks->compressor, content->data);
    smaller.data = stored.bytes;
    if (stored.compressed) smaller.head |= RECORD_COMPRESSED;
    return smaller;
}

static struct wake content_wake(const struct content *content) {
    const struct record record = {content->head, (uint32_t)content->data.len, content->expire_ms,
                                  (const uint8_t *)content->data.data};
    return wake_of(&record);
}

static struct effect put_effect(const struct keyspace *ks, const void *key, size_t key_len,
                                const struct content *content) {
    return (struct effect){.op = EFFECT_PUT,
                           .db = (uint8_t)ks->db,
                           .head = content->head,
                           .expire_ms = content->expire_ms,
                           .key = {key, key_len},
                           .data = content->data};
}

int mutate_put(struct keyspace *ks, struct entry *entry, const struct content *content) {
    struct content smaller;
    assert(content->data.len <= BLOB_MAX);
    int code = FERRITE_OK;
    if (__builtin_expect(ks->compressor != NULL, 0)) {
        smaller = content_compress(ks, content);
        content = &smaller;
    }
    struct wake from = {false, 0};
    if (entry->exists && (entry->record.head & ~RECORD_TYPE) != 0) {
        from = wake_of(&entry->record);
        code = garbage_record(ks->txn, &entry->record);
    }
    if (code == FERRITE_OK) code = content_store(ks, entry, content);
    if (code == FERRITE_OK) code = wake_follow(ks, entry, from, content_wake(content));
    entry->exists = true;
    struct effect effect = put_effect(ks, entry->key, entry->key_len, content);
    if (code == FERRITE_OK) code = mutate_log(ks, &effect);
    return code == FERRITE_OK ? code : txn_fail(ks->txn, code);
}

int mutate_put_blind(struct keyspace *ks, const void *key, size_t key_len,
                     const struct content *content) {
    if (ks->batch != NULL) {
        struct effect effect = put_effect(ks, key, key_len, content);
        return batch_add(ks->batch, &effect);
    }
    struct entry entry;
    int code = entry_open(ks, key, key_len, &entry);
    if (code == FERRITE_OK) code = mutate_put(ks, &entry, content);
    entry_close(&entry);
    return code;
}

int mutate_delete(struct keyspace *ks, struct entry *entry) {
    assert(entry->exists);
    int code = FERRITE_OK;
    if ((entry->record.head & ~RECORD_TYPE) != 0) code = record_release(ks, entry);
    if (code == FERRITE_OK) code = cursor_delete(&entry->cursor);
    entry->exists = false;
    if (__builtin_expect(ks->recency != NULL, 0))
        recency_forget(ks->recency, recency_hash(ks->recency, ks->db, entry->key, entry->key_len));
    ks->txn->roots->removed[ks->db]++;
    struct effect effect = {
        .op = EFFECT_DELETE, .db = (uint8_t)ks->db, .key = {entry->key, entry->key_len}};
    if (code == FERRITE_OK) code = mutate_log(ks, &effect);
    return code == FERRITE_OK ? code : txn_fail(ks->txn, code);
}

int mutate_delete_blind(struct keyspace *ks, const void *key, size_t key_len, bool *deleted) {
    *deleted = false;
    if (ks->batch != NULL) {
        struct effect effect = {
            .op = EFFECT_DELETE, .db = (uint8_t)ks->db, .key = {key, key_len}};
        return batch_add(ks->batch, &effect);
    }
    struct entry entry;
    int code = entry_open(ks, key, key_len, &entry);
    if (code == FERRITE_OK && entry.exists) {
        code = mutate_delete(ks, &entry);
        *deleted = code == FERRITE_OK;
    }
    entry_close(&entry);
    return code;
}

/* The string, short before and after, is rebuilt in a buffer. */
static int write_inline(struct entry *entry, uint64_t offset,
                        ferrite_slice data, const struct record *old) {
    uint8_t bytes[RECORD_INLINE_MAX] = {0};
    uint32_t len = old->payload_len;
    if (len != 0) memcpy(bytes, old->payload, len);
    if (data.len != 0) memcpy(bytes + offset, data.data, data.len);
    if (offset + data.len > len) len = (uint32_t)(offset + data.len);
    void *place;
    int code = cursor_put_reserve(&entry->cursor, entry->key, entry->key_len, entry->exists,
                                  record_header_len(old->head) + len, false, &place);
    if (code != FERRITE_OK) return code;
    uint8_t *at = record_write_header(place, old->head, old->expire_ms);
    memcpy(at, bytes, len);
    return FERRITE_OK;
}

/* A blob that begins as the inline string, which may be empty (a blob may not). */
static int blob_begin(struct keyspace *ks, const struct record *old, struct blob *out) {
    if (old->payload_len == 0) return blob_create(&ks->txn->pages, "", 1, out);
    return blob_create(&ks->txn->pages, old->payload, old->payload_len, out);
}

static int write_blob(struct keyspace *ks, struct entry *entry, uint64_t offset,
                      ferrite_slice data, const struct record *old) {
    struct blob blob;
    int code = FERRITE_OK;
    if (old->head & RECORD_BLOB)
        blob = record_blob(old);
    else
        code = blob_begin(ks, old, &blob);
    if (code == FERRITE_OK)
        code = blob_write(&ks->txn->pages, &blob, offset, data.data, data.len);
    void *place;
    uint8_t head = old->head | RECORD_BLOB;
    if (code == FERRITE_OK)
        code = cursor_put_reserve(&entry->cursor, entry->key, entry->key_len, entry->exists,
                                  record_header_len(head) + (uint32_t)sizeof blob, true, &place);
    if (code != FERRITE_OK) return code;
    memcpy(record_write_header(place, head, old->expire_ms), &blob, sizeof blob);
    return FERRITE_OK;
}

static int plain_store(struct keyspace *ks, struct entry *entry, const struct content *content) {
    struct tree_value stored;
    int code = garbage_record(ks->txn, &entry->record);
    if (code == FERRITE_OK) code = content_store(ks, entry, content);
    if (code == FERRITE_OK) code = cursor_value(&entry->cursor, &stored);
    if (code == FERRITE_OK) code = record_parse(&stored, &entry->record);
    return code == FERRITE_OK ? code : txn_fail(ks->txn, code);
}

/* A compressed string is stored plainly, and the entry's record is the new one. */
static int expand_string(struct keyspace *ks, struct entry *entry) {
    const struct record *old = &entry->record;
    struct pages *pages = &ks->txn->pages;
    const struct tree_value value = record_value(old);
    size_t len = record_string_len(old);
    char *bytes = mem_alloc(len);
    if (bytes == NULL) return error_nomem();
    const struct content content = {
        old->head & (RECORD_TYPE | RECORD_EXPIRES), old->expire_ms, {bytes, len}};
    int code = value_copy_to(pages, &value, 0, bytes);
    if (code == FERRITE_OK) code = plain_store(ks, entry, &content);
    mem_free(bytes);
    return code;
}

int mutate_write(struct keyspace *ks, struct entry *entry, uint64_t offset, ferrite_slice data) {
    struct record old = {.head = FERRITE_TYPE_STRING, .payload = (const uint8_t *)""};
    int code = FERRITE_OK;
    if (entry->exists && (entry->record.head & RECORD_COMPRESSED)) code = expand_string(ks, entry);
    if (code != FERRITE_OK) return code;
    if (entry->exists) old = entry->record;
    assert(record_type(&old) == FERRITE_TYPE_STRING && offset + data.len <= BLOB_MAX);
    bool stays_inline = !(old.head & RECORD_BLOB) && offset + data.len <= RECORD_INLINE_MAX;
    code = stays_inline ? write_inline(entry, offset, data, &old)
                        : write_blob(ks, entry, offset, data, &old);
    entry->exists = true;
    struct effect effect = {.op = EFFECT_WRITE,
                            .db = (uint8_t)ks->db,
                            .offset = offset,
                            .key = {entry->key, entry->key_len},
                            .data = data};
    if (code == FERRITE_OK) code = mutate_log(ks, &effect);
    return code == FERRITE_OK ? code : txn_fail(ks->txn, code);
}
