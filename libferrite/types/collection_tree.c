/*
 * collection_tree.c - the trees that records hold, walked and copied. See collection.h.
 */
#include "collection.h"

static uint32_t roots_offset(const struct record *record) {
    return record->head & RECORD_FIELDS_EXPIRE ? (uint32_t)sizeof(int64_t) : 0;
}

uint32_t record_trees(const struct record *record, struct tree trees[COLLECTION_TREES_MAX]) {
    uint32_t count = record_tree_count(record->head);
    memcpy(trees, record->payload + roots_offset(record), count * sizeof *trees);
    return count;
}

void record_trees_write(uint8_t *payload, const struct record *record,
                        const struct tree trees[COLLECTION_TREES_MAX]) {
    memcpy(payload + roots_offset(record), trees, record_tree_count(record->head) * sizeof *trees);
}

int record_walk(struct pages *pages, const struct record *record, const struct tree_visitor *visitor) {
    struct tree trees[COLLECTION_TREES_MAX];
    if (record->head & RECORD_BLOB) {
        struct blob blob = record_blob(record);
        return blob_walk(pages, &blob, visitor);
    }
    const uint32_t count = record->head & RECORD_TREES ? record_trees(record, trees) : 0;
    int code = FERRITE_OK;
    for (uint32_t i = 0; i < count && code == FERRITE_OK; i++) code = tree_walk(pages, &trees[i], visitor);
    return code;
}

static int value_copy(void *ctx, struct tree_copying *copying, const struct tree_value *value,
                      uint8_t *copy) {
    struct blob blob, own;
    (void)ctx;
    int code = value_blob(value, &blob);
    if (code == FERRITE_OK) code = blob_copy(copying, &blob, &own);
    if (code == FERRITE_OK) memcpy(copy + value->len - sizeof own, &own, sizeof own);
    return code;
}

int record_copy(struct tree_copying *copying, const struct record *record, uint8_t *payload) {
    struct tree trees[COLLECTION_TREES_MAX], copies[COLLECTION_TREES_MAX];
    if (record->head & RECORD_BLOB) {
        struct blob blob = record_blob(record), copy;
        int code = blob_copy(copying, &blob, &copy);
        if (code == FERRITE_OK) memcpy(payload + (record_blob_at(record) - record->payload), &copy, sizeof copy);
        return code;
    }
    if (!(record->head & RECORD_TREES)) return FERRITE_OK;
    const uint32_t count = record_trees(record, trees);
    for (uint32_t i = 0; i < count; i++) {
        int code = tree_copy(copying, &trees[i], &copies[i], value_copy, NULL);
        if (code != FERRITE_OK) return code;
    }
    record_trees_write(payload, record, copies);
    return FERRITE_OK;
}
