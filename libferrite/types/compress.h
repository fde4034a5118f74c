/*
 * compress.h - the compressed form of a value: LZ4 behind one small interface.
 *
 *   0    v    length of the value, COMPRESS_LEAST to COMPRESS_MOST (varint: 7 bits a byte, lowest first,
 *             high bit: more follow)
 *   1-3       the value as one LZ4 block, shorter than the value
 *
 * Where a form is stored, a flag beside it says that it is one: in a record's head (record.h), with a
 * packed item (packed.h), in a hash's value (hash.h), in a list's cell (node.h), in an effect (effect.h). A
 * form is made once, where a change enters the database, and from then on copied, logged and done again
 * as the bytes it is: so what a log says does not depend on anybody's options.
 *
 * Forms come from the file: reading answers FERRITE_CORRUPT for anything but a whole, sound one, and never
 * reads or writes outside of what it was given.
 *
 * Threads: a compressor belongs to who holds the writer lock; the functions that read are pure.
 */
#ifndef FERRITE_TYPES_COMPRESS_H
#define FERRITE_TYPES_COMPRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "../ferrite.h"

#define COMPRESS_LEAST       32u    /* no shorter value is ever compressed: numbers stay readable */
#define COMPRESS_MOST        65536u /* longer values lie in pieces that are changed one by one */
#define COMPRESS_MIN_DEFAULT 64u
#define COMPRESS_LEVEL_MAX   12
#define COMPRESS_HEADER_MAX  3u

/* ---- writing ---- */

struct compressor;

/* level 1: fast; 2 to COMPRESS_LEVEL_MAX: high compression. NULL without memory. What it takes here is
 * all that compressing ever needs. */
struct compressor *compressor_new(int level);
void compressor_free(struct compressor *compressor); /* NULL is fine */
int compressor_level(const struct compressor *compressor);
/* Shorter values stay as they are. */
void compressor_set_min(struct compressor *compressor, uint32_t min_len);

/* What is stored for a value: its bytes, or their compressed form. */
struct stored {
    ferrite_slice bytes;
    bool compressed;
};

/* The form, if it saves an eighth of the value at least, else the value itself. A form lies in the
 * compressor until it is asked for the next one. */
struct stored compress_slow(struct compressor *compressor, ferrite_slice value);
static inline struct stored compress(struct compressor *compressor, ferrite_slice value) {
    if (__builtin_expect(compressor == NULL, 1)) return (struct stored){value, false};
    return compress_slow(compressor, value);
}

/* ---- reading ---- */

/* The parts of a form whose block lies right behind the header, or elsewhere: then block is NULL. */
struct compressed {
    uint32_t len; /* of the value */
    uint32_t header_len;
    const uint8_t *block;
    uint32_t block_len;
};

/* `len` bytes that begin with a header; what follows it is taken for the block. */
int compressed_read(const uint8_t *bytes, uint32_t len, struct compressed *out);
/* The value: exactly form->len bytes. */
int compressed_expand(const struct compressed *form, char *out);
/* FERRITE_CORRUPT unless the bytes are a form as compress makes them, as far as its header tells. */
int compressed_check(ferrite_slice bytes);

#endif
