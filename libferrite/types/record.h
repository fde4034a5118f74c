/*
 * record.h - what a key holds: the value of an entry in a logical database's tree.
 *
 *   0      u8   head: low 3 bits the type (FERRITE_TYPE_*), then flags
 *                 0x08 COMPRESSED: a string's value is in compressed form (compress.h)
 *                 0x10 EXPIRES: an expiry follows
 *                 0x20 BLOB:    the payload is a blob descriptor (blob.h), 16 bytes
 *                 0x40 TREES:   the elements of a collection lie in trees of their own
 *                 0x80 FIELDS_EXPIRE: a hash of which some fields expire
 *   1      i64  expiry, ms since the epoch, little endian; only with EXPIRES
 *   1|9         payload
 *                 string:      its bytes, at most RECORD_INLINE_MAX; longer ones are a BLOB;
 *                              COMPRESSED, the form in place of the bytes, and if that is too long
 *                              its header, then the descriptor of the block's BLOB (value.h)
 *                 collections: i64 moment when the first field expires, only with FIELDS_EXPIRE;
 *                              then the packed elements (packed.h), or with TREES
 *                              the roots, each a struct tree, 16 bytes (collection.h; two for a
 *                              sorted set and with FIELDS_EXPIRE, else one), and
 *                              u32 how many elements were removed from them, for scans
 *
 * BLOB and TREES are marked as spilled in the tree, so that freeing a tree finds them.
 * Neither can be combined with the other. A record with EXPIRES or FIELDS_EXPIRE has one entry in
 * the tree by time (expiry.h), for the earlier of its moments. Pure functions; any thread.
 */
#ifndef FERRITE_TYPES_RECORD_H
#define FERRITE_TYPES_RECORD_H

#include <string.h>

#include "../btree/blob.h"
#include "../btree/tree.h"
#include "../error.h"
#include "compress.h"

enum record_head {
    RECORD_TYPE = 0x07,
    RECORD_COMPRESSED = 0x08,
    RECORD_EXPIRES = 0x10,
    RECORD_BLOB = 0x20,
    RECORD_TREES = 0x40,
    RECORD_FIELDS_EXPIRE = 0x80,
    RECORD_SPILLED = RECORD_BLOB | RECORD_TREES
};

#define RECORD_INLINE_MAX 1024u
#define RECORD_HEADER_MAX 9u
static_assert(RECORD_INLINE_MAX + RECORD_HEADER_MAX <= TREE_VALUE_MAX, "a record fits a leaf");

struct record {
    uint8_t head;
    uint32_t payload_len;
    int64_t expire_ms; /* 0 without RECORD_EXPIRES */
    const uint8_t *payload; /* points into a page */
};

static inline int record_type(const struct record *record) { return record->head & RECORD_TYPE; }

/* FERRITE_CORRUPT when the bytes are no record. */
int record_check(const struct record *record, bool spilled);

static inline int record_parse(const struct tree_value *value, struct record *out) {
    const uint8_t *bytes = value->data;
    if (value->len == 0) return error_set(FERRITE_CORRUPT, "a record is empty");
    out->head = bytes[0];
    uint32_t header = 1;
    out->expire_ms = 0;
    if (out->head & RECORD_EXPIRES) {
        header = RECORD_HEADER_MAX;
        if (value->len < header) return error_set(FERRITE_CORRUPT, "a record is cut short");
        memcpy(&out->expire_ms, bytes + 1, sizeof out->expire_ms);
    }
    out->payload = bytes + header;
    out->payload_len = value->len - header;
    if (__builtin_expect(out->head == FERRITE_TYPE_STRING && !value->spilled, 1))
        return FERRITE_OK;
    return record_check(out, value->spilled);
}

/* FERRITE_CORRUPT when it describes no blob. */
int blob_descriptor_check(const struct blob *blob);

/* Only with RECORD_BLOB: the descriptor, the last bytes of the payload. */
static inline const uint8_t *record_blob_at(const struct record *record) {
    return record->payload + record->payload_len - sizeof(struct blob);
}
static inline struct blob record_blob(const struct record *record) {
    struct blob blob;
    memcpy(&blob, record_blob_at(record), sizeof blob);
    return blob;
}

/* The payload of a string, for value.h. */
static inline struct tree_value record_value(const struct record *record) {
    return (struct tree_value){record->payload, record->payload_len,
                               (record->head & RECORD_BLOB) != 0,
                               (record->head & RECORD_COMPRESSED) != 0};
}

/* Bytes of a string that is a blob or compressed. */
uint64_t record_string_len_slow(const struct record *record);
static inline uint64_t record_string_len(const struct record *record) {
    return __builtin_expect((record->head & (RECORD_BLOB | RECORD_COMPRESSED)) == 0, 1)
               ? record->payload_len
               : record_string_len_slow(record);
}

static inline uint32_t record_header_len(uint8_t head) {
    return head & RECORD_EXPIRES ? RECORD_HEADER_MAX : 1;
}

/* The head with another expiry, 0: none. */
static inline uint8_t record_head_expiring(uint8_t head, int64_t at_ms) {
    return at_ms != 0 ? head | RECORD_EXPIRES : head & (uint8_t)~RECORD_EXPIRES;
}

static inline uint32_t record_tree_count(uint8_t head) {
    return (head & RECORD_TYPE) == FERRITE_TYPE_ZSET || (head & RECORD_FIELDS_EXPIRE) ? 2 : 1;
}

/* Only with RECORD_FIELDS_EXPIRE. */
static inline int64_t record_first_field(const struct record *record) {
    int64_t first_ms;
    memcpy(&first_ms, record->payload, sizeof first_ms);
    return first_ms;
}

/* When something of the record expires first: what its entry by time says. False: never. */
static inline bool record_wake(const struct record *record, int64_t *at_ms) {
    if (__builtin_expect(!(record->head & (RECORD_EXPIRES | RECORD_FIELDS_EXPIRE)), 1)) return false;
    *at_ms = record->expire_ms;
    if (!(record->head & RECORD_FIELDS_EXPIRE)) return true;
    int64_t first_ms = record_first_field(record);
    if (!(record->head & RECORD_EXPIRES) || first_ms < *at_ms) *at_ms = first_ms;
    return true;
}

/* Writes the header; returns the place of the payload. */
static inline uint8_t *record_write_header(uint8_t *place, uint8_t head, int64_t expire_ms) {
    *place++ = head;
    if (head & RECORD_EXPIRES) {
        memcpy(place, &expire_ms, sizeof expire_ms);
        place += sizeof expire_ms;
    }
    return place;
}

#endif
