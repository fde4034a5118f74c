/*
 * string_read.c - strings: the functions that only look. See string.h.
 */
#include "../cache/cache.h"
#include "../os/mem.h"
#include "string.h"
#include "value.h"

int string_too_long(void) {
    return error_set(FERRITE_LIMIT, "ERR string exceeds maximum allowed size (proto-max-bulk-len)");
}

int string_find(struct keyspace *ks, ferrite_slice key, struct record *out) {
    int code = keyspace_get(ks, key.data, key.len, out);
    if (code == FERRITE_OK && record_type(out) != FERRITE_TYPE_STRING)
        code = error_set(FERRITE_WRONGTYPE,
                         "WRONGTYPE Operation against a key holding the wrong kind of value");
    return code;
}

int string_size(struct keyspace *ks, const struct record *record, uint64_t *len) {
    const struct tree_value value = record_value(record);
    return value_size(&ks->txn->pages, &value, 0, len);
}

int string_copy_to(struct keyspace *ks, const struct record *record, uint64_t from, uint64_t len,
                   char *out) {
    if (__builtin_expect((record->head & (RECORD_BLOB | RECORD_COMPRESSED)) != 0, 0)) {
        const struct tree_value value = record_value(record);
        return value_copy_part(&ks->txn->pages, &value, 0, from, len, out);
    }
    if (len != 0) memcpy(out, record->payload + from, len);
    return FERRITE_OK;
}

static __attribute__((noinline)) int blob_check(struct keyspace *ks, const struct record *record) {
    uint64_t len;
    return string_size(ks, record, &len);
}

static inline __attribute__((always_inline)) int copy_of(struct keyspace *ks, const struct record *record,
                                                         uint64_t from, uint64_t len, char **out) {
    if (__builtin_expect((record->head & RECORD_BLOB) != 0, 0) && blob_check(ks, record) != FERRITE_OK)
        return FERRITE_CORRUPT;
    char *copy = mem_alloc(len + 1);
    if (copy == NULL) return error_nomem();
    int code = string_copy_to(ks, record, from, len, copy);
    if (code != FERRITE_OK) {
        mem_free(copy);
        return code;
    }
    copy[len] = '\0';
    *out = copy;
    return FERRITE_OK;
}

int string_copy(struct keyspace *ks, const struct record *record, uint64_t from, uint64_t len,
                char **out) {
    return copy_of(ks, record, from, len, out);
}

/* The hot cache takes a copy of what was read from the newest version. */
static void remember(struct keyspace *ks, ferrite_slice key, const struct record *record,
                     const char *value, size_t len) {
    if (len > ENTRY_VALUE_MAX) return;
    struct cache_content content = {value, (uint32_t)len, record->expire_ms};
    cache_put(ks->cache, ks->db, key.data, key.len, &content, ks->txn->pages.txid);
}

int string_get(struct keyspace *ks, ferrite_slice key, char **value, size_t *len) {
    struct record record;
    *value = NULL;
    *len = 0;
    int code = string_find(ks, key, &record);
    if (code == FERRITE_NOTFOUND) return FERRITE_OK;
    if (code != FERRITE_OK) return code;
    uint64_t all = record_string_len(&record);
    code = copy_of(ks, &record, 0, all, value);
    if (code != FERRITE_OK) return code;
    *len = all;
    if (ks->cache != NULL && cache_is_wanted(ks->cache)) remember(ks, key, &record, *value, all);
    return FERRITE_OK;
}

int string_len(struct keyspace *ks, ferrite_slice key, uint64_t *len) {
    struct record record;
    *len = 0;
    int code = string_find(ks, key, &record);
    if (code == FERRITE_NOTFOUND) return FERRITE_OK;
    if (code == FERRITE_OK) *len = record_string_len(&record);
    return code;
}

/* Redis's range: inclusive, negative from the end, cut to the string. *count 0: nothing. */
static void range_cut(int64_t start, int64_t end, uint64_t len, uint64_t *from, uint64_t *count) {
    int64_t n = (int64_t)len;
    *from = *count = 0;
    if (start < 0 && end < 0 && start > end) return;
    if (start < 0) start = start < -n ? 0 : start + n;
    if (end < 0) end = end < -n ? 0 : end + n;
    if (end >= n) end = n - 1;
    if (n == 0 || start > end) return;
    *from = (uint64_t)start;
    *count = (uint64_t)(end - start) + 1;
}

int string_get_range(struct keyspace *ks, ferrite_slice key, int64_t start, int64_t end,
                     char **value, size_t *len) {
    struct record record = {.head = FERRITE_TYPE_STRING, .payload = (const uint8_t *)""};
    int code = string_find(ks, key, &record);
    if (code == FERRITE_NOTFOUND)
        record = (struct record){.head = FERRITE_TYPE_STRING, .payload = (const uint8_t *)""};
    else if (code != FERRITE_OK)
        return code;
    uint64_t from, count;
    range_cut(start, end, record_string_len(&record), &from, &count);
    code = string_copy(ks, &record, from, count, value);
    if (code == FERRITE_OK) *len = count;
    return code;
}
