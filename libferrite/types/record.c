/*
 * record.c - the checks of records that come from the file. Any thread.
 */
#include "record.h"

int blob_descriptor_check(const struct blob *blob) {
    if (blob->len == 0 || blob->len > BLOB_MAX || blob->root < 2 || blob->kind > BLOB_TREE)
        return error_set(FERRITE_CORRUPT, "a record's blob descriptor is damaged (root page %u)",
                         blob->root);
    return FERRITE_OK;
}

static int record_blob_check(const struct record *record, uint32_t len) {
    if (len != sizeof(struct blob))
        return error_set(FERRITE_CORRUPT, "a record's blob descriptor has %u bytes", len);
    struct blob blob = record_blob(record);
    return blob_descriptor_check(&blob);
}

static int compressed_string_check(const struct record *record) {
    struct compressed form;
    if (record_type(record) != FERRITE_TYPE_STRING)
        return error_set(FERRITE_CORRUPT, "a record of type %d is compressed", record_type(record));
    int code = compressed_read(record->payload, record->payload_len, &form);
    if (code != FERRITE_OK || !(record->head & RECORD_BLOB)) return code;
    return record_blob_check(record, form.block_len);
}

uint64_t record_string_len_slow(const struct record *record) {
    struct compressed form;
    if (!(record->head & RECORD_COMPRESSED)) return record_blob(record).len;
    return compressed_read(record->payload, record->payload_len, &form) == FERRITE_OK ? form.len
                                                                                      : 0;
}

static bool tree_fits(const struct tree *tree, int type) {
    const uint32_t known =
        TREE_HAS_SPILLED | (type == FERRITE_TYPE_LIST ? TREE_POSITIONAL | TREE_HAS_COMPRESSED : 0);
    return (tree->flags & ~known) == 0 &&
           (tree->flags & TREE_POSITIONAL) == (type == FERRITE_TYPE_LIST ? TREE_POSITIONAL : 0) &&
           (tree->root != 0 ? tree->root >= 2 && tree->count > 0 : tree->count == 0);
}

static bool roots_fit(const struct record *record) {
    const uint8_t *at = record->payload;
    if (record->head & RECORD_FIELDS_EXPIRE) at += sizeof(int64_t);
    for (uint32_t i = 0; i < record_tree_count(record->head); i++, at += sizeof(struct tree)) {
        struct tree tree;
        memcpy(&tree, at, sizeof tree);
        if (!tree_fits(&tree, record_type(record))) return false;
    }
    return true;
}

static int trees_check(const struct record *record) {
    uint32_t size = record_tree_count(record->head) * (uint32_t)sizeof(struct tree) +
                    (uint32_t)sizeof(uint32_t);
    if (record->head & RECORD_FIELDS_EXPIRE) size += (uint32_t)sizeof(int64_t);
    if (record_type(record) == FERRITE_TYPE_STRING || record->payload_len != size ||
        !roots_fit(record))
        return error_set(FERRITE_CORRUPT, "a record's collection roots are damaged");
    return FERRITE_OK;
}

static int fields_check(const struct record *record) {
    if (record_type(record) == FERRITE_TYPE_HASH && record->payload_len > sizeof(int64_t) &&
        record_first_field(record) > 0)
        return FERRITE_OK;
    return error_set(FERRITE_CORRUPT, "a record's expiring fields are damaged");
}

int record_check(const struct record *record, bool spilled) {
    int type = record_type(record);
    if (type == FERRITE_TYPE_NONE || type > FERRITE_TYPE_STREAM ||
        (record->head & RECORD_SPILLED) == RECORD_SPILLED)
        return error_set(FERRITE_CORRUPT, "a record has the unknown head 0x%02x", record->head);
    if (((record->head & RECORD_SPILLED) != 0) != spilled)
        return error_set(FERRITE_CORRUPT, "a record and its tree disagree about spilled data");
    if ((record->head & RECORD_FIELDS_EXPIRE) && fields_check(record) != FERRITE_OK)
        return FERRITE_CORRUPT;
    if ((record->head & RECORD_BLOB) && type != FERRITE_TYPE_STRING)
        return error_set(FERRITE_CORRUPT, "a record of type %d is no blob", type);
    if (record->head & RECORD_COMPRESSED) return compressed_string_check(record);
    if (record->head & RECORD_BLOB) return record_blob_check(record, record->payload_len);
    if (record->head & RECORD_TREES) return trees_check(record);
    return FERRITE_OK;
}
