/*
 * blob.c - byte strings too long for a leaf: reading and writing parts of them; see blob.h, and blob_whole.c for copying,
 * freeing, walking and moving them.
 *
 * Called by the types layer. Thread rule: as the transaction.
 */
#include "blob_internal.h"

int blob_damaged(const struct blob *blob) {
    return error_set(FERRITE_CORRUPT, "page %u: bad description of a long value", blob->root);
}

int run_ref_load(const struct tree_value *value, uint32_t expected_len, struct run_ref *ref) {
    if (value->len == sizeof *ref && value->spilled) {
        memcpy(ref, value->data, sizeof *ref);
        if (expected_len == 0 || ref->len == expected_len) return FERRITE_OK;
    }
    return error_set(FERRITE_CORRUPT, "a piece of a long value is not as long as it should be");
}

/* Stands the cursor on piece `index` and reads its reference. */
static int piece_seek(struct tree_cursor *c, const struct blob *blob, uint64_t index,
                      struct run_ref *ref) {
    struct tree_value value;
    int rc = cursor_seek_rank(c, index);
    if (rc == FERRITE_OK && !c->valid) return blob_damaged(blob);
    if (rc == FERRITE_OK) rc = cursor_value(c, &value);
    if (rc == FERRITE_OK) rc = run_ref_load(&value, piece_len(blob->len, index), ref);
    return rc;
}

static struct tree_value ref_value(const struct run_ref *ref) {
    return (struct tree_value){.data = ref, .len = sizeof *ref, .spilled = true};
}

/* A new run of `len` bytes: zeros, but for the `part_len` bytes of `part` at `at`. */
static int run_make(struct pages *pages, uint32_t len, uint32_t at, const void *part,
                    uint32_t part_len, struct run_ref *out) {
    struct page *run;
    int rc = run_new(pages, TAG_BLOB, len, &run);
    if (rc != FERRITE_OK) return rc;
    uint8_t *bytes = run_payload(run);
    memset(bytes, 0, at);
    if (part_len > 0) memcpy(bytes + at, part, part_len);
    memset(bytes + at + part_len, 0, len - at - part_len);
    *out = (struct run_ref){run->pgno, len};
    return FERRITE_OK;
}

/* The run grown to `len` bytes, with the part written into it; what lies between is zero. */
static int run_change(struct pages *pages, struct run_ref *ref, uint32_t len, uint32_t at,
                      const void *part, uint32_t part_len) {
    struct page *run;
    const struct page *old = run_read(pages, ref->no, ref->len);
    if (old == NULL) return FERRITE_CORRUPT;
    int rc = run_write(pages, old, len, &run);
    if (rc != FERRITE_OK) return rc;
    uint8_t *bytes = run_payload(run);
    if (len > ref->len) memset(bytes + ref->len, 0, len - ref->len);
    if (part_len > 0) memcpy(bytes + at, part, part_len);
    *ref = (struct run_ref){run->pgno, len};
    return FERRITE_OK;
}

int blob_piece(struct pages *pages, const struct blob *blob, uint64_t offset, const void **data,
               uint64_t *len) {
    if (!blob_valid(blob) || offset >= blob->len) return blob_damaged(blob);
    struct run_ref ref = {blob->root, (uint32_t)blob->len};
    uint64_t at = offset;
    if (blob->kind == BLOB_TREE) {
        struct tree tree = blob_tree(blob);
        struct tree_cursor c;
        cursor_init(&c, pages, &tree);
        int rc = piece_seek(&c, blob, offset / RUN_FULL_PAYLOAD, &ref);
        cursor_done(&c);
        if (rc != FERRITE_OK) return rc;
        at = offset % RUN_FULL_PAYLOAD;
    }
    const struct page *run = run_read(pages, ref.no, ref.len);
    if (run == NULL) return FERRITE_CORRUPT;
    *data = run_bytes(run) + at;
    *len = ref.len - at;
    return FERRITE_OK;
}

int blob_read(struct pages *pages, const struct blob *blob, uint64_t offset, void *out,
              uint64_t len) {
    uint8_t *to = out;
    while (len > 0) {
        const void *piece;
        uint64_t n;
        int rc = blob_piece(pages, blob, offset, &piece, &n);
        if (rc != FERRITE_OK) return rc;
        if (n > len) n = len;
        memcpy(to, piece, n);
        to += n;
        offset += n;
        len -= n;
    }
    return FERRITE_OK;
}

/* A blob in one run becomes a tree of runs. */
static int blob_plant(struct pages *pages, struct blob *blob) {
    struct run_ref first = {blob->root, (uint32_t)blob->len}, second;
    struct tree tree = {.flags = TREE_POSITIONAL | TREE_HAS_SPILLED, .tag = TAG_BLOB};
    struct tree_cursor c;
    int rc = FERRITE_OK;
    cursor_init(&c, pages, &tree);
    if (first.no != 0 && first.len > RUN_FULL_PAYLOAD) {
        uint8_t tail[BLOB_RUN_MAX - RUN_FULL_PAYLOAD];
        const uint32_t tail_len = first.len - RUN_FULL_PAYLOAD;
        rc = blob_read(pages, blob, RUN_FULL_PAYLOAD, tail, tail_len);
        if (rc == FERRITE_OK) rc = run_change(pages, &first, RUN_FULL_PAYLOAD, 0, NULL, 0);
        if (rc == FERRITE_OK) rc = run_make(pages, tail_len, 0, tail, tail_len, &second);
        struct tree_value value = ref_value(&second);
        if (rc == FERRITE_OK) rc = cursor_insert(&c, &value);
    }
    if (rc == FERRITE_OK && first.no != 0) {
        struct tree_value value = ref_value(&first);
        rc = cursor_insert(&c, &value);
    }
    cursor_done(&c);
    blob->root = tree.root;
    blob->kind = BLOB_TREE;
    return rc;
}

/* Piece `index` of a blob of `new_len` bytes, with what of [offset, offset+len) falls into it. */
static int piece_write(struct pages *pages, struct tree *tree, const struct blob *blob,
                       uint64_t new_len, uint64_t index, uint64_t offset, const uint8_t *data,
                       uint64_t len) {
    const uint64_t start = index * RUN_FULL_PAYLOAD;
    const uint32_t size = piece_len(new_len, index), old_size = piece_len(blob->len, index);
    uint32_t at = 0, part_len = 0;
    if (offset + len > start && offset < start + size) {
        const uint64_t skip = offset < start ? start - offset : 0;
        at = offset > start ? (uint32_t)(offset - start) : 0;
        part_len = len - skip < size - at ? (uint32_t)(len - skip) : size - at;
        data += skip;
    }
    struct run_ref ref, old = {0, 0};
    struct tree_cursor c;
    cursor_init(&c, pages, tree);
    int rc = old_size > 0 ? piece_seek(&c, blob, index, &ref) : cursor_seek_rank(&c, index);
    if (rc == FERRITE_OK && old_size > 0) {
        old = ref;
        rc = run_change(pages, &ref, size, at, data, part_len);
    } else if (rc == FERRITE_OK) {
        rc = run_make(pages, size, at, data, part_len, &ref);
    }
    struct tree_value value = ref_value(&ref);
    if (rc == FERRITE_OK && (ref.no != old.no || ref.len != old.len))
        rc = old_size > 0 ? cursor_replace(&c, &value) : cursor_insert(&c, &value);
    cursor_done(&c);
    return rc;
}

static int blob_write_tree(struct pages *pages, struct blob *blob, uint64_t new_len,
                           uint64_t offset, const uint8_t *data, uint64_t len) {
    struct tree tree = blob_tree(blob);
    uint64_t index = (offset < blob->len ? offset : blob->len) / RUN_FULL_PAYLOAD;
    const uint64_t last = (offset + len - 1) / RUN_FULL_PAYLOAD;
    for (; index <= last; index++) {
        int rc = piece_write(pages, &tree, blob, new_len, index, offset, data, len);
        if (rc != FERRITE_OK) return rc;
    }
    blob->root = tree.root;
    blob->len = new_len;
    return FERRITE_OK;
}

int blob_write(struct pages *pages, struct blob *blob, uint64_t offset, const void *data,
               uint64_t len) {
    if (!blob_valid(blob)) return blob_damaged(blob);
    if (len == 0) return FERRITE_OK;
    assert(offset <= BLOB_MAX && len <= BLOB_MAX && offset + len <= BLOB_MAX);
    const uint64_t new_len = offset + len > blob->len ? offset + len : blob->len;
    if (blob->kind == BLOB_RUN && new_len <= BLOB_RUN_MAX) {
        struct run_ref ref = {blob->root, (uint32_t)blob->len};
        int rc =
            ref.no == 0
                ? run_make(pages, (uint32_t)new_len, (uint32_t)offset, data, (uint32_t)len, &ref)
                : run_change(pages, &ref, (uint32_t)new_len, (uint32_t)offset, data, (uint32_t)len);
        if (rc != FERRITE_OK) return rc;
        blob->root = ref.no;
        blob->len = new_len;
        return FERRITE_OK;
    }
    int rc = blob->kind == BLOB_RUN ? blob_plant(pages, blob) : FERRITE_OK;
    if (rc != FERRITE_OK) return rc;
    return blob_write_tree(pages, blob, new_len, offset, data, len);
}

int blob_create(struct pages *pages, const void *data, uint64_t len, struct blob *out) {
    *out = (struct blob){0, 0, BLOB_RUN};
    if (len > BLOB_MAX) return error_set(FERRITE_LIMIT, "a value is longer than 512 MiB");
    return blob_write(pages, out, 0, data, len);
}
