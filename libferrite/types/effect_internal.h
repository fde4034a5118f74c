/*
 * effect_internal.h - what effect.c and effect_element.c share: numbers and bytes of the encoding.
 * Reading answers false when the stream does not hold what it should. Not for others.
 */
#ifndef FERRITE_TYPES_EFFECT_INTERNAL_H
#define FERRITE_TYPES_EFFECT_INTERNAL_H

#include <stdbool.h>
#include <string.h>

#include "effect.h"

static inline size_t varint_size(uint64_t value) {
    size_t size = 1;
    for (; value >= 0x80; value >>= 7) size++;
    return size;
}

static inline uint8_t *varint_write(uint8_t *place, uint64_t value) {
    for (; value >= 0x80; value >>= 7) *place++ = (uint8_t)(value | 0x80);
    *place++ = (uint8_t)value;
    return place;
}

static inline uint8_t *bytes_write(uint8_t *place, ferrite_slice bytes) {
    if (bytes.len != 0) memcpy(place, bytes.data, bytes.len);
    return place + bytes.len;
}

struct reader {
    const uint8_t *at, *end;
};

bool read_varint(struct reader *r, uint64_t max, uint64_t *out);
bool read_len(struct reader *r, size_t max, size_t *out);
bool read_slice(struct reader *r, ferrite_slice *slice); /* of slice->len bytes */
bool read_moment(struct reader *r, int64_t *out);

ferrite_slice word_number(struct effect_words *out, int which, long long value);
void word_text(struct effect_words *out, const char *text);
void word_add(struct effect_words *out, ferrite_slice word);

/* ---- effect_element.c: the effects on elements of collections ---- */

bool effect_is_element(uint8_t op);
size_t element_size(const struct effect *effect);
void element_write(const struct effect *effect, uint8_t *place); /* behind op and database */
bool element_read(struct reader *r, struct effect *out);
void element_words(const struct effect *effect, struct effect_words *out);

#endif
