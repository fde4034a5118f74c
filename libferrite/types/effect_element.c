/*
 * effect_element.c - the effects on elements of collections: a row each says which parts it has.
 * See effect.h. Pure functions; any thread.
 */
#include <math.h>
#include <stdio.h>

#include "../btree/blob.h"
#include "compress.h"
#include "effect_internal.h"

enum part { ITEM = 1, DATA = 2, INDEX = 4, COUNT = 8, MOMENT = 16, SCORE = 32 };

static const struct row {
    const char *name; /* for people */
    uint8_t op, parts;
} rows[] = {
    {"hash-put", EFFECT_HASH_PUT, ITEM | DATA},
    {"hash-delete", EFFECT_HASH_DELETE, ITEM},
    {"hash-expire-at", EFFECT_HASH_EXPIRE, ITEM | MOMENT},
    {"set-add", EFFECT_SET_ADD, ITEM},
    {"set-remove", EFFECT_SET_REMOVE, ITEM},
    {"zset-add", EFFECT_ZSET_ADD, ITEM | SCORE},
    {"zset-remove", EFFECT_ZSET_REMOVE, ITEM},
    {"zset-remove-ranks", EFFECT_ZSET_REMOVE_RANKS, INDEX | COUNT},
    {"list-insert", EFFECT_LIST_INSERT, INDEX | DATA},
    {"list-remove", EFFECT_LIST_REMOVE, INDEX | COUNT},
    {"list-replace", EFFECT_LIST_REPLACE, INDEX | DATA},
};

static const struct row *row_of(uint8_t op) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].op == op) return &rows[i];
    return NULL;
}

bool effect_is_element(uint8_t op) { return op >= 16 && op < 48; }

size_t element_size(const struct effect *effect) {
    const uint8_t parts = row_of(effect->op)->parts;
    size_t size = varint_size(effect->key.len) + effect->key.len;
    if (parts & ITEM) size += varint_size(effect->item.len) + effect->item.len;
    if (parts & DATA) size += varint_size(effect->data.len) + effect->data.len;
    if (parts & INDEX) size += varint_size(effect->offset);
    if (parts & COUNT) size += varint_size(effect->count);
    if (parts & MOMENT) size += sizeof effect->expire_ms;
    if (parts & SCORE) size += sizeof effect->score;
    return size;
}

void element_write(const struct effect *effect, uint8_t *place) {
    const uint8_t parts = row_of(effect->op)->parts;
    place = varint_write(place, effect->key.len);
    if (parts & ITEM) place = varint_write(place, effect->item.len);
    if (parts & DATA) place = varint_write(place, effect->data.len);
    if (parts & INDEX) place = varint_write(place, effect->offset);
    if (parts & COUNT) place = varint_write(place, effect->count);
    if (parts & MOMENT) {
        memcpy(place, &effect->expire_ms, sizeof effect->expire_ms);
        place += sizeof effect->expire_ms;
    }
    if (parts & SCORE) {
        memcpy(place, &effect->score, sizeof effect->score);
        place += sizeof effect->score;
    }
    place = bytes_write(place, effect->key);
    if (parts & ITEM) place = bytes_write(place, effect->item);
    if (parts & DATA) bytes_write(place, effect->data);
}

static bool read_score(struct reader *r, double *out) {
    int64_t bits;
    if (!read_moment(r, &bits)) return false;
    memcpy(out, &bits, sizeof *out);
    return !isnan(*out);
}

bool element_read(struct reader *r, struct effect *out) {
    const struct row *row = row_of(out->op);
    if (row == NULL) return false;
    const uint8_t parts = row->parts;
    return read_len(r, FERRITE_KEY_MAX, &out->key.len) &&
           (!(parts & ITEM) || read_len(r, FERRITE_KEY_MAX, &out->item.len)) &&
           (!(parts & DATA) || read_len(r, BLOB_MAX, &out->data.len)) &&
           (!(parts & INDEX) || read_varint(r, UINT64_MAX, &out->offset)) &&
           (!(parts & COUNT) || read_varint(r, UINT64_MAX, &out->count)) &&
           (!(parts & MOMENT) || read_moment(r, &out->expire_ms)) &&
           (!(parts & SCORE) || read_score(r, &out->score)) && read_slice(r, &out->key) &&
           (!(parts & ITEM) || read_slice(r, &out->item)) &&
           (!(parts & DATA) || read_slice(r, &out->data)) &&
           (!out->compressed || compressed_check(out->data) == FERRITE_OK);
}

static ferrite_slice word_score(struct effect_words *out, double score) {
    snprintf(out->number[0], sizeof out->number[0], "%.17g", score);
    return (ferrite_slice){out->number[0], strlen(out->number[0])};
}

void element_words(const struct effect *effect, struct effect_words *out) {
    const struct row *row = row_of(effect->op);
    word_text(out, row->name);
    word_add(out, effect->key);
    int numbers = 0;
    if (row->parts & INDEX)
        word_add(out, word_number(out, numbers++, (long long)effect->offset));
    if (row->parts & COUNT) word_add(out, word_number(out, numbers++, (long long)effect->count));
    if (row->parts & SCORE) word_add(out, word_score(out, effect->score));
    if (row->parts & ITEM) word_add(out, effect->item);
    if (row->parts & DATA) word_add(out, effect->data);
    if (row->parts & MOMENT) word_add(out, word_number(out, numbers, effect->expire_ms));
}
