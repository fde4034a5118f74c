/*
 * blob_internal.h - what blob.c (parts of blobs) and blob_whole.c (blobs as a whole) share. Not for others.
 */
#ifndef FERRITE_BTREE_BLOB_INTERNAL_H
#define FERRITE_BTREE_BLOB_INTERNAL_H

#include <string.h>

#include "../error.h"
#include "blob.h"

/* A value of a blob's tree, marked spilled so that tree_free finds it. */
struct run_ref {
    pgno no;
    uint32_t len;
};
static_assert(sizeof(struct run_ref) == 8, "a run reference is 8 bytes on disk");

static inline uint64_t pieces_of(uint64_t len) { return (len + RUN_FULL_PAYLOAD - 1) / RUN_FULL_PAYLOAD; }

/* The bytes of piece `index` of a blob of `len` bytes. */
static inline uint32_t piece_len(uint64_t len, uint64_t index) {
    uint64_t from = index * RUN_FULL_PAYLOAD;
    if (len <= from) return 0;
    return len - from < RUN_FULL_PAYLOAD ? (uint32_t)(len - from) : RUN_FULL_PAYLOAD;
}

static inline struct tree blob_tree(const struct blob *blob) {
    return (struct tree){.root = blob->root,
                         .flags = TREE_POSITIONAL | TREE_HAS_SPILLED,
                         .tag = TAG_BLOB,
                         .count = pieces_of(blob->len)};
}

static inline bool blob_valid(const struct blob *blob) {
    if (blob->kind == BLOB_RUN)
        return blob->len <= BLOB_RUN_MAX && (blob->len > 0) == (blob->root != 0);
    return blob->kind == BLOB_TREE && blob->root != 0 && blob->len > 0 && blob->len <= BLOB_MAX;
}

int blob_damaged(const struct blob *blob); /* FERRITE_CORRUPT */

/* Of `expected_len` bytes, 0: any. FERRITE_CORRUPT. */
int run_ref_load(const struct tree_value *value, uint32_t expected_len, struct run_ref *ref);

#endif
