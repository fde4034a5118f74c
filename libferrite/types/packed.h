/*
 * packed.h - a small collection as it lies in its record: items one after another.
 *
 *   item   varint (7 bits a byte, lowest first, high bit: more follow): length, and PACKED_COMPRESSED
 *          when the item is a value in compressed form (compress.h); then the bytes
 *
 * What the items mean is the type's affair: a set has one for each member, a hash a field and then its
 * value, and so on. An empty payload has no items. Items are met by their offset, from 0 to
 * the payload's length. Payloads come from the file: reading answers FERRITE_CORRUPT where an item does
 * not lie within them. Pure functions; any thread.
 */
#ifndef FERRITE_TYPES_PACKED_H
#define FERRITE_TYPES_PACKED_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "record.h"

#define PACKED_COMPRESSED 0x2000u

struct packed_item {
    const uint8_t *data;
    uint32_t len;
    bool compressed;
    uint32_t at, next; /* offsets of this item and of the one behind it */
};

int packed_read_slow(const uint8_t *bytes, uint32_t len, uint32_t at, struct packed_item *out);

/* The item at an offset below len. */
static inline int packed_read(const uint8_t *bytes, uint32_t len, uint32_t at,
                              struct packed_item *out) {
    if (__builtin_expect(at < len && bytes[at] < 0x80 && bytes[at] < len - at, 1)) {
        out->data = bytes + at + 1;
        out->len = bytes[at];
        out->compressed = false;
        out->at = at;
        out->next = at + 1 + out->len;
        return FERRITE_OK;
    }
    return packed_read_slow(bytes, len, at, out);
}

/* How many items there are; FERRITE_CORRUPT unless they fill the payload exactly. */
int packed_count(const uint8_t *bytes, uint32_t len, uint32_t *count);

/* The whole of a packed collection with `stride` items for each element, of which number `value` (or
 * none: stride) may be compressed: FERRITE_CORRUPT unless it has elements, all whole, and, if in order,
 * each after the one before it. */
int packed_check(const uint8_t *bytes, uint32_t len, uint32_t stride, uint32_t value,
                 bool in_order);

/* The same of a record that is a collection without trees, as its type has it. */
int packed_record_check(const struct record *record);

/* Items in the order of keyed trees, every stride-th: the offset of the first that is >= key, or len. */
int packed_seek(const uint8_t *bytes, uint32_t len, uint32_t stride, ferrite_slice key,
                uint32_t *at, bool *exact);
/* Over `stride` items. */
int packed_skip(const uint8_t *bytes, uint32_t len, uint32_t stride, uint32_t *at);

/* Bytes of an item of this length. SIZE_MAX when it cannot lie in a record at all. */
static inline size_t packed_size(size_t item_len) {
    if (item_len > RECORD_INLINE_MAX) return SIZE_MAX / 4;
    return item_len + (item_len < 0x80 ? 1 : 2);
}
/* Writes an item; returns the place behind it. */
uint8_t *packed_write(uint8_t *place, const void *item, size_t item_len);

/* The same of what is stored for a value. */
static inline size_t packed_stored_size(struct stored stored) {
    if (stored.compressed && stored.bytes.len < 0x80) return 2 + stored.bytes.len;
    return packed_size(stored.bytes.len);
}
uint8_t *packed_write_stored(uint8_t *place, struct stored stored);
static inline struct stored item_stored(const struct packed_item *item) {
    return (struct stored){{(const char *)item->data, item->len}, item->compressed};
}
static inline struct tree_value item_value(const struct packed_item *item) {
    return (struct tree_value){item->data, item->len, false, item->compressed};
}

/* In a buffer with room: an item put in at an offset; the bytes between two offsets taken out. */
void packed_insert(uint8_t *bytes, uint32_t *len, uint32_t at, const void *item, size_t item_len);
void packed_insert_stored(uint8_t *bytes, uint32_t *len, uint32_t at, struct stored stored);
void packed_remove(uint8_t *bytes, uint32_t *len, uint32_t from, uint32_t to);

/* As memcmp, the shorter first: the order of keyed trees. */
static inline int bytes_compare(const void *a, size_t a_len, const void *b, size_t b_len) {
    size_t common = a_len < b_len ? a_len : b_len;
    int order = common != 0 ? memcmp(a, b, common) : 0;
    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

#endif
