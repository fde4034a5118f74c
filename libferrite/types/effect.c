/*
 * effect.c - encoding and decoding of effects. Pure functions; any thread.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "../txn/txn.h"
#include "effect_internal.h"
#include "expiry.h"
#include "record.h"

#define VARINT_MAX 10u

static inline size_t record_len(const struct effect *effect) {
    return record_header_len(effect->head) + effect->data.len;
}

size_t effect_size(const struct effect *effect) {
    size_t key = effect->key.len, data = effect->data.len;
    switch (effect->op) {
    case EFFECT_PUT:
        return 2 + varint_size(key) + varint_size(record_len(effect)) + key + record_len(effect);
    case EFFECT_DELETE:
        return 2 + varint_size(key) + key;
    case EFFECT_WRITE:
        return 2 + varint_size(key) + varint_size(effect->offset) + varint_size(data) + key + data;
    case EFFECT_MOVE:
    case EFFECT_COPY:
        return 3 + varint_size(key) + varint_size(data) + key + data;
    case EFFECT_SWAP:
        return 3;
    case EFFECT_EXPIRE_AT:
        return 2 + varint_size(key) + sizeof effect->expire_ms + key;
    default:
        return effect_is_element(effect->op) ? 2 + element_size(effect) : 2;
    }
}

void effect_write(const struct effect *effect, uint8_t *place) {
    *place++ = effect->op | (effect->compressed ? EFFECT_COMPRESSED : 0);
    *place++ = effect->db;
    switch (effect->op) {
    case EFFECT_PUT:
        place = varint_write(place, effect->key.len);
        place = varint_write(place, record_len(effect));
        place = bytes_write(place, effect->key);
        place = record_write_header(place, effect->head, effect->expire_ms);
        bytes_write(place, effect->data);
        break;
    case EFFECT_DELETE:
        bytes_write(varint_write(place, effect->key.len), effect->key);
        break;
    case EFFECT_WRITE:
        place = varint_write(place, effect->key.len);
        place = varint_write(place, effect->offset);
        place = varint_write(place, effect->data.len);
        bytes_write(bytes_write(place, effect->key), effect->data);
        break;
    case EFFECT_MOVE:
    case EFFECT_COPY:
        *place++ = effect->to_db;
        place = varint_write(place, effect->key.len);
        place = varint_write(place, effect->data.len);
        bytes_write(bytes_write(place, effect->key), effect->data);
        break;
    case EFFECT_SWAP:
        *place = effect->to_db;
        break;
    case EFFECT_EXPIRE_AT:
        place = varint_write(place, effect->key.len);
        memcpy(place, &effect->expire_ms, sizeof effect->expire_ms);
        bytes_write(place + sizeof effect->expire_ms, effect->key);
        break;
    case EFFECT_FLUSH:
    case EFFECT_FLUSH_ALL:
        break;
    default:
        assert(effect_is_element(effect->op));
        element_write(effect, place);
    }
}

/* Reading: every step says false when the stream does not hold what it should. */

static bool read_byte(struct reader *r, uint8_t *out) {
    if (r->at == r->end) return false;
    *out = *r->at++;
    return true;
}

static bool read_db(struct reader *r, uint8_t *out) {
    return read_byte(r, out) && *out < TXN_DATABASES_MAX;
}

bool read_varint(struct reader *r, uint64_t max, uint64_t *out) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 7 * VARINT_MAX; shift += 7) {
        uint8_t byte;
        if (!read_byte(r, &byte)) return false;
        if (shift == 63 && byte > 1) return false;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte & 0x80) continue;
        *out = value;
        return value <= max;
    }
    return false;
}

bool read_len(struct reader *r, size_t max, size_t *out) {
    uint64_t len;
    if (!read_varint(r, max, &len)) return false;
    *out = (size_t)len;
    return true;
}

bool read_slice(struct reader *r, ferrite_slice *slice) {
    if ((size_t)(r->end - r->at) < slice->len) return false;
    slice->data = (const char *)r->at;
    r->at += slice->len;
    return true;
}

/* The record of a PUT: its length stands in data.len, its bytes follow. */
static bool read_record(struct reader *r, struct effect *out) {
    uint8_t head;
    if (out->data.len == 0 || !read_byte(r, &head)) return false;
    if ((head & RECORD_TYPE) == 0 || (head & RECORD_TYPE) > FERRITE_TYPE_STREAM ||
        (head & RECORD_SPILLED) != 0 ||
        ((head & RECORD_FIELDS_EXPIRE) && (head & RECORD_TYPE) != FERRITE_TYPE_HASH))
        return false;
    out->head = head;
    uint32_t header = record_header_len(head);
    if (out->data.len < header || (size_t)(r->end - r->at) < header - 1) return false;
    if (head & RECORD_EXPIRES) memcpy(&out->expire_ms, r->at, sizeof out->expire_ms);
    r->at += header - 1;
    out->data.len -= header;
    if ((head & RECORD_TYPE) != FERRITE_TYPE_STRING && out->data.len > RECORD_INLINE_MAX)
        return false;
    if ((head & RECORD_FIELDS_EXPIRE) && out->data.len <= sizeof(int64_t)) return false;
    if (out->data.len > BLOB_MAX || !read_slice(r, &out->data)) return false;
    if (!(head & RECORD_COMPRESSED)) return true;
    return (head & RECORD_TYPE) == FERRITE_TYPE_STRING && compressed_check(out->data) == FERRITE_OK;
}

bool read_moment(struct reader *r, int64_t *out) {
    if ((size_t)(r->end - r->at) < sizeof *out) return false;
    memcpy(out, r->at, sizeof *out);
    r->at += sizeof *out;
    return true;
}

static bool read_body(struct reader *r, struct effect *out) {
    switch (out->op) {
    case EFFECT_PUT:
        return read_len(r, FERRITE_KEY_MAX, &out->key.len) &&
               read_len(r, BLOB_MAX + RECORD_HEADER_MAX, &out->data.len) &&
               read_slice(r, &out->key) && read_record(r, out);
    case EFFECT_DELETE:
        return read_len(r, FERRITE_KEY_MAX, &out->key.len) && read_slice(r, &out->key);
    case EFFECT_WRITE:
        return read_len(r, FERRITE_KEY_MAX, &out->key.len) && read_varint(r, BLOB_MAX, &out->offset) &&
               read_len(r, (size_t)(BLOB_MAX - out->offset), &out->data.len) &&
               read_slice(r, &out->key) && read_slice(r, &out->data);
    case EFFECT_MOVE:
    case EFFECT_COPY:
        return read_db(r, &out->to_db) && read_len(r, FERRITE_KEY_MAX, &out->key.len) &&
               read_len(r, FERRITE_KEY_MAX, &out->data.len) && read_slice(r, &out->key) &&
               read_slice(r, &out->data);
    case EFFECT_SWAP:
        return read_db(r, &out->to_db);
    case EFFECT_EXPIRE_AT:
        return read_len(r, FERRITE_KEY_MAX, &out->key.len) && read_moment(r, &out->expire_ms) &&
               read_slice(r, &out->key);
    case EFFECT_FLUSH:
    case EFFECT_FLUSH_ALL:
        return true;
    default:
        return effect_is_element(out->op) && element_read(r, out);
    }
}

static bool read_op(struct reader *r, struct effect *out) {
    if (!read_byte(r, &out->op)) return false;
    if (!(out->op & EFFECT_COMPRESSED)) return true;
    out->op &= (uint8_t)~EFFECT_COMPRESSED;
    out->compressed = true;
    return out->op == EFFECT_HASH_PUT || out->op == EFFECT_LIST_INSERT ||
           out->op == EFFECT_LIST_REPLACE;
}

int effect_read(const uint8_t **at, const uint8_t *end, struct effect *out) {
    struct reader r = {*at, end};
    memset(out, 0, sizeof *out);
    if (!read_op(&r, out) || !read_db(&r, &out->db) || !read_body(&r, out))
        return error_set(FERRITE_CORRUPT, "the log holds an effect that is damaged (op %u)",
                         out->op);
    *at = r.at;
    return FERRITE_OK;
}

/* Words. */

ferrite_slice word_number(struct effect_words *out, int which, long long value) {
    snprintf(out->number[which], sizeof out->number[which], "%lld", value);
    return (ferrite_slice){out->number[which], strlen(out->number[which])};
}

void word_add(struct effect_words *out, ferrite_slice word) { out->word[out->count++] = word; }

void word_text(struct effect_words *out, const char *text) {
    word_add(out, (ferrite_slice){text, strlen(text)});
}

static void put_words(const struct effect *effect, struct effect_words *out) {
    word_text(out, "put");
    word_add(out, effect->key);
    word_add(out, effect->data);
    if (effect->head & RECORD_EXPIRES) word_add(out, word_number(out, 0, effect->expire_ms));
}

static void write_words(const struct effect *effect, struct effect_words *out) {
    word_text(out, "write");
    word_add(out, effect->key);
    word_add(out, word_number(out, 0, (long long)effect->offset));
    word_add(out, effect->data);
}

static void move_words(const struct effect *effect, const char *name, struct effect_words *out) {
    word_text(out, name);
    word_add(out, effect->key);
    word_add(out, word_number(out, 0, effect->to_db));
    word_add(out, effect->data);
}

void effect_words(const struct effect *effect, struct effect_words *out) {
    out->count = 0;
    switch (effect->op) {
    case EFFECT_PUT:
        put_words(effect, out);
        break;
    case EFFECT_DELETE:
        word_text(out, "delete");
        word_add(out, effect->key);
        break;
    case EFFECT_WRITE:
        write_words(effect, out);
        break;
    case EFFECT_MOVE:
        move_words(effect, "move", out);
        break;
    case EFFECT_COPY:
        move_words(effect, "copy", out);
        break;
    case EFFECT_FLUSH:
        word_text(out, "flush");
        break;
    case EFFECT_FLUSH_ALL:
        word_text(out, "flush-all");
        break;
    case EFFECT_SWAP:
        word_text(out, "swap");
        word_add(out, word_number(out, 0, effect->to_db));
        break;
    case EFFECT_EXPIRE_AT:
        word_text(out, "expire-at");
        word_add(out, effect->key);
        word_add(out, word_number(out, 0, effect->expire_ms));
        break;
    default:
        element_words(effect, out);
    }
}
