/*
 * packed.c - see packed.h.
 */
#include "packed.h"

int packed_read_slow(const uint8_t *bytes, uint32_t len, uint32_t at, struct packed_item *out) {
    uint32_t item_len = 0, place = at;
    for (unsigned shift = 0; shift <= 14 && place < len; shift += 7) {
        uint8_t byte = bytes[place++];
        item_len |= (uint32_t)(byte & 0x7f) << shift;
        if (byte & 0x80) continue;
        bool compressed = (item_len & PACKED_COMPRESSED) != 0;
        item_len &= ~PACKED_COMPRESSED;
        if (item_len > len - place) break;
        *out = (struct packed_item){bytes + place, item_len, compressed, at, place + item_len};
        return FERRITE_OK;
    }
    return error_set(FERRITE_CORRUPT, "a packed collection is damaged at byte %u of %u", at, len);
}

int packed_count(const uint8_t *bytes, uint32_t len, uint32_t *count) {
    struct packed_item item;
    *count = 0;
    for (uint32_t at = 0; at < len; at = item.next) {
        int code = packed_read(bytes, len, at, &item);
        if (code != FERRITE_OK) return code;
        ++*count;
    }
    return FERRITE_OK;
}

int packed_skip(const uint8_t *bytes, uint32_t len, uint32_t stride, uint32_t *at) {
    struct packed_item item;
    for (uint32_t i = 0; i < stride; i++) {
        int code = packed_read(bytes, len, *at, &item);
        if (code != FERRITE_OK) return code;
        *at = item.next;
    }
    return FERRITE_OK;
}

int packed_seek(const uint8_t *bytes, uint32_t len, uint32_t stride, ferrite_slice key,
                uint32_t *at, bool *exact) {
    *exact = false;
    for (*at = 0; *at < len;) {
        struct packed_item item;
        int code = packed_read(bytes, len, *at, &item);
        if (code != FERRITE_OK) return code;
        int order = bytes_compare(item.data, item.len, key.data, key.len);
        *exact = order == 0;
        if (order >= 0) return FERRITE_OK;
        *at = item.next;
        if (stride > 1) code = packed_skip(bytes, len, stride - 1, at);
        if (code != FERRITE_OK) return code;
    }
    return FERRITE_OK;
}

int packed_check(const uint8_t *bytes, uint32_t len, uint32_t stride, uint32_t value,
                 bool in_order) {
    struct packed_item before = {.data = NULL}, item;
    uint32_t count = 0;
    for (uint32_t at = 0; at < len; at = item.next, count++) {
        int code = packed_read(bytes, len, at, &item);
        if (code != FERRITE_OK) return code;
        if (item.compressed && count % stride != value)
            return error_set(FERRITE_CORRUPT, "a packed collection is compressed where it cannot be");
        if (!in_order || count % stride != 0) continue;
        if (before.data != NULL && bytes_compare(before.data, before.len, item.data, item.len) >= 0)
            return error_set(FERRITE_CORRUPT, "a packed collection is out of order");
        before = item;
    }
    if (count != 0 && count % stride == 0) return FERRITE_OK;
    return error_set(FERRITE_CORRUPT, "a packed collection has %u items", count);
}

int packed_record_check(const struct record *record) {
    const bool expires = record->head & RECORD_FIELDS_EXPIRE;
    const uint32_t skip = expires ? (uint32_t)sizeof(int64_t) : 0;
    const int type = record_type(record);
    const bool hash = type == FERRITE_TYPE_HASH, list = type == FERRITE_TYPE_LIST;
    const uint32_t stride = !hash ? 1 : expires ? 3 : 2, value = hash ? 1 : list ? 0 : stride;
    return packed_check(record->payload + skip, record->payload_len - skip, stride, value, !list);
}

static uint8_t *item_write(uint8_t *place, const void *item, size_t item_len, size_t flag) {
    if ((item_len | flag) >= 0x80) {
        *place++ = (uint8_t)(item_len | 0x80);
        *place++ = (uint8_t)((item_len | flag) >> 7);
    } else {
        *place++ = (uint8_t)item_len;
    }
    if (item_len != 0) memcpy(place, item, item_len);
    return place + item_len;
}

uint8_t *packed_write(uint8_t *place, const void *item, size_t item_len) {
    return item_write(place, item, item_len, 0);
}

uint8_t *packed_write_stored(uint8_t *place, struct stored stored) {
    return item_write(place, stored.bytes.data, stored.bytes.len,
                      stored.compressed ? PACKED_COMPRESSED : 0);
}

void packed_insert_stored(uint8_t *bytes, uint32_t *len, uint32_t at, struct stored stored) {
    uint32_t size = (uint32_t)packed_stored_size(stored);
    memmove(bytes + at + size, bytes + at, *len - at);
    packed_write_stored(bytes + at, stored);
    *len += size;
}

void packed_insert(uint8_t *bytes, uint32_t *len, uint32_t at, const void *item, size_t item_len) {
    uint32_t size = (uint32_t)packed_size(item_len);
    memmove(bytes + at + size, bytes + at, *len - at);
    packed_write(bytes + at, item, item_len);
    *len += size;
}

void packed_remove(uint8_t *bytes, uint32_t *len, uint32_t from, uint32_t to) {
    memmove(bytes + from, bytes + to, *len - to);
    *len -= to - from;
}
