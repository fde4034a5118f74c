/*
 * effect.h - the one vocabulary of change: what the log stores and batches collect.
 *
 * Every mutation is one effect, and every effect is deterministic: it gives the same result on
 * the same database at any time (expiry is an absolute time, a random choice is its outcome). A
 * stream of effects is their encodings one after another:
 *
 *   0  u8  op (enum effect_op)
 *   1  u8  logical database
 *   then, `v` being a varint (7 bits a byte, lowest first, high bit: more follow):
 *
 *   PUT        v key length, v record length, key, record: header as in record.h without BLOB and
 *              TREES, then the whole payload however long it is (COMPRESSED: the form)
 *   DELETE     v key length, key
 *   WRITE      v key length, v offset, v length, key, bytes: overwrites or extends a string from
 *              offset on, zeros before it; makes the string if there is none
 *   MOVE       u8 destination database, v key length, v new key length, key, new key: replaces
 *              what is there (RENAME, MOVE)
 *   COPY       as MOVE, and the source stays
 *   FLUSH      nothing more
 *   FLUSH_ALL  nothing more (database is 0)
 *   SWAP       u8 the other database
 *   EXPIRE_AT  v key length, i64 moment (ms since the epoch, 0: never), key; nothing without the key
 *
 *   The effects on elements, 16 to 47, have the parts that effect_element.c lists for each, in
 *   this order: v key length, v item length, v data length, v index, v count, i64 moment,
 *   f64 score, then the bytes of key, item and data:
 *
 *   HASH_PUT     key, item the field, data the value: makes the hash if there is none; the field
 *                expires no more
 *   HASH_DELETE  key, item the field; nothing without it; the last one takes the key with it
 *   HASH_EXPIRE  key, item the field, moment (0: never); nothing without the field
 *   SET_ADD      key, item the member: makes the set if there is none
 *   SET_REMOVE   key, item the member; nothing without it; the last one takes the key with it
 *   ZSET_ADD     key, item the member, score: makes the sorted set if there is none; also
 *                changes a score
 *   ZSET_REMOVE  key, item the member; nothing without it; the last one takes the key with it
 *   ZSET_REMOVE_RANKS  key, index the lowest rank, count; as far as there are such ranks
 *   LIST_INSERT  key, data the element, index: makes the list if there is none
 *   LIST_REMOVE  key, index, count; the last element takes the key with it
 *   LIST_REPLACE key, data the element, index
 *
 *   HASH_PUT, LIST_INSERT and LIST_REPLACE with EFFECT_COMPRESSED beside the op have their data in
 *   compressed form (compress.h); a PUT says so in its record's head.
 *
 * Op numbers are part of the file format and never reused. Pure functions; any thread.
 */
#ifndef FERRITE_TYPES_EFFECT_H
#define FERRITE_TYPES_EFFECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../ferrite.h"

enum effect_op {
    EFFECT_PUT = 1,
    EFFECT_DELETE = 2,
    EFFECT_WRITE = 3,
    EFFECT_MOVE = 4,
    EFFECT_COPY = 5,
    EFFECT_FLUSH = 6,
    EFFECT_FLUSH_ALL = 7,
    EFFECT_SWAP = 8,
    EFFECT_HASH_PUT = 16,
    EFFECT_HASH_DELETE = 17,
    EFFECT_HASH_EXPIRE = 18,
    EFFECT_SET_ADD = 24,
    EFFECT_SET_REMOVE = 25,
    EFFECT_ZSET_ADD = 32,
    EFFECT_ZSET_REMOVE = 33,
    EFFECT_ZSET_REMOVE_RANKS = 34,
    EFFECT_LIST_INSERT = 40,
    EFFECT_LIST_REMOVE = 41,
    EFFECT_LIST_REPLACE = 42,
    EFFECT_EXPIRE_AT = 48
};
#define EFFECT_COMPRESSED 0x80u

struct effect {
    uint8_t op;
    uint8_t db;
    uint8_t to_db;     /* MOVE, COPY, SWAP */
    uint8_t head;      /* PUT: of the record */
    bool compressed;   /* elements: the data is a compressed form */
    int64_t expire_ms; /* PUT: with RECORD_EXPIRES; EXPIRE_AT; elements: moment */
    uint64_t offset;   /* WRITE; elements: index */
    uint64_t count;    /* elements */
    double score;      /* elements; never NaN */
    ferrite_slice key;
    ferrite_slice item; /* elements: field, member */
    ferrite_slice data; /* PUT: payload; WRITE: bytes; MOVE, COPY: the new key; elements: value */
};

/* Bytes of the encoding, and the encoding, which must be given exactly so many. */
size_t effect_size(const struct effect *effect);
void effect_write(const struct effect *effect, uint8_t *place);

/* Reads the effect at *at and steps over it; its slices point into the stream. FERRITE_CORRUPT for
 * anything that effect_write could not have written for some database. Needs *at < end. */
int effect_read(const uint8_t **at, const uint8_t *end, struct effect *out);

/* The effect as words for people: name, then keys, values, numbers. */
#define EFFECT_WORDS_MAX 5
struct effect_words {
    size_t count;
    ferrite_slice word[EFFECT_WORDS_MAX];
    char number[2][32];
};
void effect_words(const struct effect *effect, struct effect_words *out);

#endif
