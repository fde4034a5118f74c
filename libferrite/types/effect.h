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
 *              TREES, then the whole payload however long it is
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
 * Op numbers are part of the file format and never reused. Pure functions; any thread.
 */
#ifndef FERRITE_TYPES_EFFECT_H
#define FERRITE_TYPES_EFFECT_H

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
    EFFECT_EXPIRE_AT = 48
};

struct effect {
    uint8_t op;
    uint8_t db;
    uint8_t to_db;     /* MOVE, COPY, SWAP */
    uint8_t head;      /* PUT: of the record */
    int64_t expire_ms; /* PUT: with RECORD_EXPIRES; EXPIRE_AT */
    uint64_t offset;   /* WRITE */
    ferrite_slice key;
    ferrite_slice data; /* PUT: payload; WRITE: bytes; MOVE, COPY: the new key */
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
    char number[2][24];
};
void effect_words(const struct effect *effect, struct effect_words *out);

#endif
