/*
 * value.c - see value.h.
 */
#include "value.h"

#include <string.h>

#include "../error.h"
#include "../os/mem.h"
#include "arena.h"
#include "record.h"

#define ON_STACK 2048u

static_assert(VALUE_INLINE_MAX == RECORD_INLINE_MAX, "a record holds what a value holds");

/* ---- reading ---- */

int value_blob(const struct tree_value *value, struct blob *out) {
    if (value->len < sizeof *out) return error_set(FERRITE_CORRUPT, "an element's value is cut short");
    memcpy(out, (const uint8_t *)value->data + value->len - sizeof *out, sizeof *out);
    return blob_descriptor_check(out);
}

int value_walk(struct pages *pages, const struct tree_value *value, const struct tree_visitor *visitor) {
    struct blob blob;
    if (!value->spilled) return FERRITE_OK;
    int code = value_blob(value, &blob);
    return code == FERRITE_OK ? blob_walk(pages, &blob, visitor) : code;
}

/* The block of a compressed value, where it lies. */
static int form_of(struct pages *pages, const struct tree_value *value, uint32_t skip,
                   struct compressed *out) {
    struct blob blob;
    const void *data;
    uint64_t piece;
    int code = compressed_read((const uint8_t *)value->data + skip, value->len - skip, out);
    if (code != FERRITE_OK || !value->spilled) return code;
    if (out->block_len != sizeof blob)
        return error_set(FERRITE_CORRUPT, "a compressed value's descriptor is damaged");
    code = value_blob(value, &blob);
    if (code == FERRITE_OK && blob.kind != BLOB_RUN)
        code = error_set(FERRITE_CORRUPT, "page %u: a compressed value is too long", blob.root);
    if (code == FERRITE_OK) code = blob_piece(pages, &blob, 0, &data, &piece);
    if (code != FERRITE_OK) return code;
    out->block = data;
    out->block_len = (uint32_t)piece;
    return code;
}

uint64_t value_len(const struct tree_value *value, uint32_t skip) {
    struct blob blob;
    struct compressed form;
    if (__builtin_expect(value->compressed, 0))
        return compressed_read((const uint8_t *)value->data + skip, value->len - skip, &form) ==
                       FERRITE_OK
                   ? form.len
                   : 0;
    if (!value->spilled) return value->len - skip;
    return value_blob(value, &blob) == FERRITE_OK ? blob.len : 0;
}

/* So that nobody makes room for more than a crafted descriptor could refer to. */
static int blob_fits(struct pages *pages, const struct blob *blob) {
    if (blob->len / PAGE_SIZE < pages_high(pages)) return FERRITE_OK;
    return error_set(FERRITE_CORRUPT, "page %u: a value is longer than the file", blob->root);
}

int value_size(struct pages *pages, const struct tree_value *value, uint32_t skip, uint64_t *len) {
    struct blob blob;
    *len = value_len(value, skip);
    if (__builtin_expect(!value->spilled || value->compressed, 1)) return FERRITE_OK;
    int code = value_blob(value, &blob);
    return code == FERRITE_OK ? blob_fits(pages, &blob) : code;
}

static int copy_expanded(struct pages *pages, const struct tree_value *value, uint32_t skip,
                         uint64_t from, uint64_t len, char *out) {
    struct compressed form;
    int code = form_of(pages, value, skip, &form);
    if (code != FERRITE_OK) return code;
    if (len == form.len) return compressed_expand(&form, out);
    char held[ON_STACK], *whole = form.len <= sizeof held ? held : mem_alloc(form.len);
    if (whole == NULL) return error_nomem();
    code = compressed_expand(&form, whole);
    if (code == FERRITE_OK) memcpy(out, whole + from, len);
    if (whole != held) mem_free(whole);
    return code;
}

int value_copy_part(struct pages *pages, const struct tree_value *value, uint32_t skip,
                    uint64_t from, uint64_t len, char *out) {
    struct blob blob;
    if (__builtin_expect(value->compressed, 0))
        return copy_expanded(pages, value, skip, from, len, out);
    if (!value->spilled) {
        if (len != 0) memcpy(out, (const char *)value->data + skip + from, len);
        return FERRITE_OK;
    }
    int code = value_blob(value, &blob);
    return code == FERRITE_OK ? blob_read(pages, &blob, from, out, len) : code;
}

int value_copy_to(struct pages *pages, const struct tree_value *value, uint32_t skip, char *out) {
    return value_copy_part(pages, value, skip, 0, value_len(value, skip), out);
}

static int view_expanded(struct keyspace *ks, const struct tree_value *value, uint32_t skip,
                         ferrite_slice *piece, uint64_t *len) {
    struct compressed form;
    char *room;
    int code = form_of(&ks->txn->pages, value, skip, &form);
    if (code != FERRITE_OK) return code;
    *piece = (ferrite_slice){NULL, 0};
    *len = form.len;
    if (ks->arena == NULL) return FERRITE_OK;
    code = arena_take(ks->arena, form.len, &room);
    if (code == FERRITE_OK) code = compressed_expand(&form, room);
    if (code == FERRITE_OK) *piece = (ferrite_slice){room, form.len};
    return code;
}

int value_view(struct keyspace *ks, const struct tree_value *value, uint32_t skip,
               ferrite_slice *piece, uint64_t *len) {
    struct blob blob;
    const void *data;
    if (value->compressed) return view_expanded(ks, value, skip, piece, len);
    *piece = (ferrite_slice){(const char *)value->data + skip, value->len - skip};
    *len = piece->len;
    if (!value->spilled) return FERRITE_OK;
    int code = value_blob(value, &blob);
    if (code == FERRITE_OK) code = blob_fits(&ks->txn->pages, &blob);
    if (code == FERRITE_OK) code = blob_piece(&ks->txn->pages, &blob, 0, &data, len);
    if (code != FERRITE_OK) return code;
    *piece = (ferrite_slice){data, *len};
    *len = blob.len;
    return code;
}

static int blob_equals(struct pages *pages, const struct blob *blob, ferrite_slice bytes,
                       bool *equal) {
    const void *data;
    uint64_t piece;
    *equal = blob->len == bytes.len;
    for (uint64_t at = 0; *equal && at < bytes.len; at += piece) {
        int code = blob_piece(pages, blob, at, &data, &piece);
        if (code != FERRITE_OK) return code;
        if (piece > bytes.len - at) piece = bytes.len - at;
        *equal = memcmp(data, bytes.data + at, piece) == 0;
    }
    return FERRITE_OK;
}

static int expanded_equals(struct pages *pages, const struct tree_value *value, uint32_t skip,
                           ferrite_slice bytes, bool *equal) {
    struct compressed form;
    int code = form_of(pages, value, skip, &form);
    if (code != FERRITE_OK || form.len != bytes.len) return code;
    char held[ON_STACK], *whole = form.len <= sizeof held ? held : mem_alloc(form.len);
    if (whole == NULL) return error_nomem();
    code = compressed_expand(&form, whole);
    *equal = code == FERRITE_OK && memcmp(whole, bytes.data, bytes.len) == 0;
    if (whole != held) mem_free(whole);
    return code;
}

int value_equals(struct pages *pages, const struct tree_value *value, uint32_t skip,
                 ferrite_slice bytes, bool *equal) {
    struct blob blob;
    *equal = false;
    if (value->compressed) return expanded_equals(pages, value, skip, bytes, equal);
    if (!value->spilled) {
        *equal = value->len - skip == bytes.len &&
                 (bytes.len == 0 || memcmp((const char *)value->data + skip, bytes.data, bytes.len) == 0);
        return FERRITE_OK;
    }
    int code = value_blob(value, &blob);
    return code == FERRITE_OK ? blob_equals(pages, &blob, bytes, equal) : code;
}

int value_verify(struct pages *pages, const struct tree_value *value, uint32_t skip) {
    struct compressed form;
    if (!value->compressed) return FERRITE_OK;
    int code = form_of(pages, value, skip, &form);
    if (code != FERRITE_OK) return code;
    char *whole = mem_alloc(form.len);
    if (whole == NULL) return error_nomem();
    code = compressed_expand(&form, whole);
    mem_free(whole);
    return code;
}

/* ---- writing ---- */

int value_make_slow(struct pages *pages, struct stored stored, struct value_room *room,
                    struct tree_value *out) {
    ferrite_slice bytes = stored.bytes;
    uint32_t header_len = 0;
    struct blob blob;
    *out = (struct tree_value){bytes.data, (uint32_t)bytes.len, false, stored.compressed};
    if (bytes.len <= VALUE_INLINE_MAX) return FERRITE_OK;
    if (stored.compressed) {
        struct compressed form;
        int code = compressed_read((const uint8_t *)bytes.data, (uint32_t)bytes.len, &form);
        if (code != FERRITE_OK) return code;
        header_len = form.header_len;
        memcpy(room->bytes, bytes.data, header_len);
    }
    int code = blob_create(pages, bytes.data + header_len, bytes.len - header_len, &blob);
    memcpy(room->bytes + header_len, &blob, sizeof blob);
    *out = (struct tree_value){room->bytes, header_len + (uint32_t)sizeof blob, true,
                               stored.compressed};
    return code;
}
