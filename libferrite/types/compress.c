/*
 * compress.c - see compress.h.
 */
#include "compress.h"

#include <assert.h>
#include <lz4.h>
#include <lz4hc.h>
#include <string.h>

#include "../error.h"
#include "../os/mem.h"

#define SAVED_SHARE 8u /* what has to be saved of a value: one part in so many */

/* LZ4's own memory comes behind, at an address that malloc's alignment makes fit for both states. It is made
 * ready once; between values it is only told to forget, which costs nothing that grows with its size. */
struct compressor {
    int level;
    uint32_t min_len;
    LZ4_stream_t *fast;   /* level 1, else NULL */
    LZ4_streamHC_t *high; /* the other levels, else NULL */
    char form[COMPRESS_HEADER_MAX + LZ4_COMPRESSBOUND(COMPRESS_MOST)];
    _Alignas(16) uint8_t state[];
};

struct compressor *compressor_new(int level) {
    size_t state_size = level == 1 ? sizeof(LZ4_stream_t) : sizeof(LZ4_streamHC_t);
    struct compressor *c = mem_alloc(sizeof *c + state_size);
    if (c == NULL) return NULL;
    c->level = level;
    c->fast = level == 1 ? LZ4_initStream(c->state, state_size) : NULL;
    c->high = level == 1 ? NULL : LZ4_initStreamHC(c->state, state_size);
    assert(c->fast != NULL || c->high != NULL);
    compressor_set_min(c, COMPRESS_MIN_DEFAULT);
    return c;
}

int compressor_level(const struct compressor *compressor) { return compressor->level; }

void compressor_set_min(struct compressor *compressor, uint32_t min_len) {
    compressor->min_len = min_len > COMPRESS_LEAST ? min_len : COMPRESS_LEAST;
}

void compressor_free(struct compressor *compressor) { mem_free(compressor); }

/* There is always room for the block, so that the state is never left half done. */
static uint32_t block_write(struct compressor *c, ferrite_slice value, char *place) {
    const int room = LZ4_COMPRESSBOUND(COMPRESS_MOST);
    int len;
    if (c->fast != NULL) {
        LZ4_resetStream_fast(c->fast);
        len = LZ4_compress_fast_continue(c->fast, value.data, place, (int)value.len, room, 1);
    } else {
        LZ4_resetStreamHC_fast(c->high, c->level);
        len = LZ4_compress_HC_continue(c->high, value.data, place, (int)value.len, room);
    }
    return len > 0 ? (uint32_t)len : UINT32_MAX / 2;
}

static uint32_t header_write(char *place, uint32_t len) {
    uint32_t at = 0;
    for (; len >= 0x80; len >>= 7) place[at++] = (char)(len | 0x80);
    place[at++] = (char)len;
    return at;
}

struct stored compress_slow(struct compressor *c, ferrite_slice value) {
    const struct stored plain = {value, false};
    if (value.len < c->min_len || value.len > COMPRESS_MOST) return plain;
    uint32_t header_len = header_write(c->form, (uint32_t)value.len);
    uint32_t len = header_len + block_write(c, value, c->form + header_len);
    if (len > value.len - value.len / SAVED_SHARE) return plain;
    return (struct stored){{c->form, len}, true};
}

static int damaged(const char *what) {
    return error_set(FERRITE_CORRUPT, "a compressed value is damaged: %s", what);
}

int compressed_read(const uint8_t *bytes, uint32_t len, struct compressed *out) {
    uint32_t value_len = 0, at = 0;
    for (unsigned shift = 0; at < len && at < COMPRESS_HEADER_MAX; shift += 7) {
        uint8_t byte = bytes[at++];
        value_len |= (uint32_t)(byte & 0x7f) << shift;
        if (byte & 0x80) continue;
        if (value_len < COMPRESS_LEAST || value_len > COMPRESS_MOST) break;
        *out = (struct compressed){value_len, at, bytes + at, len - at};
        return FERRITE_OK;
    }
    return damaged("its length");
}

int compressed_expand(const struct compressed *form, char *out) {
    if (form->block_len >= form->len) return damaged("its block is too long");
    int len = LZ4_decompress_safe((const char *)form->block, out, (int)form->block_len,
                                  (int)form->len);
    return len == (int)form->len ? FERRITE_OK : damaged("its block");
}

int compressed_check(ferrite_slice bytes) {
    struct compressed form;
    if (bytes.len > COMPRESS_MOST) return damaged("its length");
    int code = compressed_read((const uint8_t *)bytes.data, (uint32_t)bytes.len, &form);
    if (code == FERRITE_OK && (form.block_len == 0 || form.block_len >= form.len))
        code = damaged("its block's length");
    return code;
}
