/*
 * value.h - the bytes that a user gave, wherever they are stored: a string's payload in its record, a
 * field's value, a list's element.
 *
 * They lie in a tree's value behind `skip` bytes of the type's own, in one of four ways:
 *
 *   plain                    the bytes
 *   spilled                  the descriptor of a blob that holds them
 *   compressed               a compressed form (compress.h)
 *   compressed and spilled   the form's header, then the descriptor of a blob that holds the block, a run
 *
 * At most VALUE_INLINE_MAX bytes lie there, apart from descriptors; what is longer is spilled. So a
 * descriptor is always the end of the tree's value. FERRITE_CORRUPT for what is none of this.
 *
 * Threads: as the transaction.
 */
#ifndef FERRITE_TYPES_VALUE_H
#define FERRITE_TYPES_VALUE_H

#include "../btree/blob.h"
#include "../btree/tree.h"
#include "keyspace.h"

#define VALUE_INLINE_MAX 1024u

/* ---- reading ---- */

/* Bytes of the user's value; 0 when that cannot be told, and then value_copy_to says why. */
uint64_t value_len(const struct tree_value *value, uint32_t skip);
/* The same, asked before room is made for them: FERRITE_CORRUPT for more than the file could hold. */
int value_size(struct pages *pages, const struct tree_value *value, uint32_t skip, uint64_t *len);
/* All of them. */
int value_copy_to(struct pages *pages, const struct tree_value *value, uint32_t skip, char *out);
/* Bytes [from, from + len) of it, which it has. Compressed values are expanded whole. */
int value_copy_part(struct pages *pages, const struct tree_value *value, uint32_t skip,
                    uint64_t from, uint64_t len, char *out);
/* Where it lies: the value, or the first piece of a long one; *len: of the whole. A compressed one is
 * expanded into the keyspace's arena, or without one the piece is {NULL, 0}. */
int value_view(struct keyspace *ks, const struct tree_value *value, uint32_t skip,
               ferrite_slice *piece, uint64_t *len);
/* Whether it is these bytes. */
int value_equals(struct pages *pages, const struct tree_value *value, uint32_t skip,
                 ferrite_slice bytes, bool *equal);
/* FERRITE_CORRUPT unless it expands to what it says. Plain ones and blobs have nothing to say. */
int value_verify(struct pages *pages, const struct tree_value *value, uint32_t skip);

/* FERRITE_CORRUPT unless a spilled value ends with a sound descriptor. */
int value_blob(const struct tree_value *value, struct blob *out);
/* The pages that it has outside of the tree, told to the visitor; for check and recover. */
int value_walk(struct pages *pages, const struct tree_value *value, const struct tree_visitor *visitor);

/* ---- writing ---- */

/* What is stored, in room for a header and a descriptor, and made into a blob when it is long: the value
 * without the type's own bytes. It points into `stored` or `room`. */
struct value_room {
    uint8_t bytes[COMPRESS_HEADER_MAX + sizeof(struct blob)];
};
int value_make_slow(struct pages *pages, struct stored stored, struct value_room *room,
                    struct tree_value *out);
static inline int value_make(struct pages *pages, struct stored stored, struct value_room *room,
                             struct tree_value *out) {
    if (__builtin_expect(stored.compressed || stored.bytes.len > VALUE_INLINE_MAX, 0))
        return value_make_slow(pages, stored, room, out);
    *out = (struct tree_value){stored.bytes.data, (uint32_t)stored.bytes.len, false, false};
    return FERRITE_OK;
}

#endif
