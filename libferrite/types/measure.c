/*
 * measure.c - see measure.h.
 */
#include "measure.h"

#include "collection.h"
#include "number.h"

#define EMBEDDED_MAX 44u /* Redis's limit of strings that lie with their object */

/* ---- form ---- */

static const char *string_encoding(const struct record *record) {
    int64_t number;
    uint64_t len = record_string_len(record);
    if (len > EMBEDDED_MAX) return "raw";
    if (record->head & RECORD_COMPRESSED) return "embstr"; /* longer than numbers are */
    if (number_parse_int((const char *)record->payload, record->payload_len, &number)) return "int";
    return "embstr";
}

/* Only integers: what Redis calls an intset. */
static int set_encoding(const struct record *record, const char **name) {
    struct packed_item item;
    int64_t number;
    *name = "intset";
    for (uint32_t at = 0; at < record->payload_len; at = item.next) {
        int code = packed_read(record->payload, record->payload_len, at, &item);
        if (code != FERRITE_OK) return code;
        if (!number_parse_int((const char *)item.data, item.len, &number)) *name = "listpack";
    }
    return FERRITE_OK;
}

int key_encoding(struct keyspace *ks, ferrite_slice key, const char **name) {
    struct record record;
    *name = NULL;
    int code = keyspace_look(ks, key.data, key.len, &record);
    if (code != FERRITE_OK) return code == FERRITE_NOTFOUND ? FERRITE_OK : code;
    const bool trees = (record.head & RECORD_TREES) != 0;
    switch (record_type(&record)) {
    case FERRITE_TYPE_STRING:
        *name = string_encoding(&record);
        return FERRITE_OK;
    case FERRITE_TYPE_LIST:
        *name = "quicklist";
        return FERRITE_OK;
    case FERRITE_TYPE_ZSET:
        *name = trees ? "skiplist" : "listpack";
        return FERRITE_OK;
    case FERRITE_TYPE_SET:
        if (!trees) return set_encoding(&record, name);
        *name = "hashtable";
        return FERRITE_OK;
    default:
        *name = trees ? "hashtable" : "listpack";
        return FERRITE_OK;
    }
}

/* ---- space ---- */

struct measure {
    struct pages *pages;
    uint64_t pages_seen;
};

static int on_page(void *ctx, pgno no, uint32_t count) {
    struct measure *measure = ctx;
    (void)no;
    measure->pages_seen += count;
    return FERRITE_OK;
}

static int on_entry(void *ctx, const uint8_t *key, size_t key_len, const struct tree_value *value) {
    struct measure *measure = ctx;
    const struct tree_visitor visitor = {measure, on_page, NULL, NULL};
    (void)key;
    (void)key_len;
    return value_walk(measure->pages, value, &visitor);
}

int key_usage(struct keyspace *ks, ferrite_slice key, uint64_t *bytes, bool *there) {
    struct record record;
    int code = keyspace_look(ks, key.data, key.len, &record);
    *there = code == FERRITE_OK;
    if (code != FERRITE_OK) return code == FERRITE_NOTFOUND ? FERRITE_OK : code;
    struct measure measure = {.pages = &ks->txn->pages};
    const struct tree_visitor visitor = {&measure, on_page, on_entry, NULL};
    code = record_walk(measure.pages, &record, &visitor);
    *bytes = key.len + record_header_len(record.head) + record.payload_len +
             measure.pages_seen * PAGE_SIZE;
    return code;
}
