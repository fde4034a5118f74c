/*
 * blob.h - byte strings too long for a leaf: one run up to 64 KiB, or a tree of runs.
 *
 * Up to BLOB_RUN_MAX (65,536) bytes lie in one run: one contiguous, zero-copy piece. Longer ones
 * are a positional tree (tag TAG_BLOB) whose values are run references {u32 pgno, u32 length}, each
 * run but the last holding exactly RUN_FULL_PAYLOAD (65,504) bytes; so byte `o` lies in entry
 * o / 65504, and a change costs the touched runs, not the blob.
 */
#ifndef FERRITE_BLOB_H
#define FERRITE_BLOB_H

#include "tree.h"

/* The descriptor, 16 bytes, kept in values. */
struct blob {
    uint64_t len;  /* bytes */
    pgno root;     /* the run, or the root of the tree of runs */
    uint32_t kind; /* enum blob_kind */
};
enum blob_kind { BLOB_RUN = 0, BLOB_TREE = 1 };
static_assert(sizeof(struct blob) == 16, "a blob descriptor is 16 bytes on disk");

#define BLOB_RUN_MAX 65536u
#define BLOB_MAX (512ull * 1024 * 1024)

int blob_create(struct pages *pages, const void *data, uint64_t len, struct blob *out);
int blob_read(struct pages *pages, const struct blob *blob, uint64_t offset, void *out,
              uint64_t len);
/* The contiguous piece that holds byte `offset`: pointer and bytes from there on. */
int blob_piece(struct pages *pages, const struct blob *blob, uint64_t offset, const void **data,
               uint64_t *len);
/* Overwrites and extends (zeros between the old end and offset); BLOB_MAX checked by the caller.
 * Costs the touched runs. */
int blob_write(struct pages *pages, struct blob *blob, uint64_t offset, const void *data,
               uint64_t len);
int blob_copy(struct tree_copying *copying, const struct blob *blob, struct blob *out);
/* As tree_move, *from counting runs; the descriptor follows. */
int blob_move(struct tree_mover *mover, struct blob *blob, uint64_t *from);
int blob_free(struct pages *pages, const struct blob *blob);

/* A blob of kind BLOB_TREE as the tree that it is (its tag is TAG_BLOB), so that it can be freed in steps:
 * what a step leaves is a tree of runs, but no blob any more. FERRITE_CORRUPT when it is none. */
int blob_tree_of(const struct blob *blob, struct tree *out);
/* As tree_free; the runs count as pages of the budget. */
int blob_tree_free(struct pages *pages, struct tree *tree, uint64_t *budget);
int blob_tree_walk(struct pages *pages, const struct tree *tree, const struct tree_visitor *visitor);
/* Structure check for damage found in descriptors, and the pages of a blob told to the visitor's
 * on_page. */
int blob_walk(struct pages *pages, const struct blob *blob, const struct tree_visitor *visitor);

#endif
