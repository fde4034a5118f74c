/*
 * blob.c - byte strings too long for a leaf; see blob.h.
 *
 * The values of a blob's tree are run references, marked spilled so that tree_free finds them.
 * Called by the types layer. Thread rule: as the transaction.
 */
#include "blob.h"

#include <string.h>

#include "../error.h"

struct run_ref {
    pgno no;
    uint32_t len;
};
static_assert(sizeof(struct run_ref) == 8, "a run reference is 8 bytes on disk");

static uint64_t pieces_of(uint64_t len) { return (len + RUN_FULL_PAYLOAD - 1) / RUN_FULL_PAYLOAD; }

/* The bytes of piece `index` of a blob of `len` bytes. */
static uint32_t piece_len(uint64_t len, uint64_t index) {
    uint64_t from = index * RUN_FULL_PAYLOAD;
    if (len <= from) return 0;
    return len - from < RUN_FULL_PAYLOAD ? (uint32_t)(len - from) : RUN_FULL_PAYLOAD;
}

static struct tree blob_tree(const struct blob *blob) {
    return (struct tree){.root = blob->root,
                         .flags = TREE_POSITIONAL | TREE_HAS_SPILLED,
                         .tag = TAG_BLOB,
                         .count = pieces_of(blob->len)};
}

static int blob_damaged(const struct blob *blob) {
    return error_set(FERRITE_CORRUPT, "page %u: bad description of a long value", blob->root);
}

static bool blob_valid(const struct blob *blob) {
    if (blob->kind == BLOB_RUN)
        return blob->len <= BLOB_RUN_MAX && (blob->len > 0) == (blob->root != 0);
    return blob->kind == BLOB_TREE && blob->root != 0 && blob->len > 0 && blob->len <= BLOB_MAX;
}

static int ref_load(const struct tree_value *value, uint32_t expected_len, struct run_ref *ref) {
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
    if (rc == FERRITE_OK) rc = ref_load(&value, piece_len(blob->len, index), ref);
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

struct run_freeing {
    struct pages *pages;
    uint64_t *budget;
};

/* A reference whose length no blob is there to confirm. */
static int ref_load_any(const struct tree_value *value, struct run_ref *ref) {
    int rc = ref_load(value, 0, ref);
    if (rc == FERRITE_OK && ref->len > BLOB_RUN_MAX)
        rc = error_set(FERRITE_CORRUPT, "page %u: run too long", ref->no);
    return rc;
}

static int run_copy(struct tree_copying *copying, struct run_ref *ref) {
    struct page *copy;
    const struct page *run = run_read(copying->from, ref->no, ref->len);
    if (run == NULL) return FERRITE_CORRUPT;
    int rc = run_new(copying->to, TAG_BLOB, ref->len, &copy);
    if (rc != FERRITE_OK) return rc;
    memcpy(run_payload(copy), run_bytes(run), ref->len);
    ref->no = copy->pgno;
    return tree_copied(copying, run_pages(ref->len));
}

static int piece_copy(void *ctx, struct tree_copying *copying, const struct tree_value *value,
                      uint8_t *copy) {
    struct run_ref ref;
    (void)ctx;
    int rc = ref_load_any(value, &ref);
    if (rc == FERRITE_OK) rc = run_copy(copying, &ref);
    if (rc == FERRITE_OK) memcpy(copy, &ref, sizeof ref);
    return rc;
}

int blob_copy(struct tree_copying *copying, const struct blob *blob, struct blob *out) {
    *out = *blob;
    if (!blob_valid(blob)) return blob_damaged(blob);
    if (blob->root == 0) return FERRITE_OK;
    if (blob->kind == BLOB_TREE) {
        struct tree tree = blob_tree(blob), copy;
        int rc = tree_copy(copying, &tree, &copy, piece_copy, NULL);
        out->root = copy.root;
        return rc;
    }
    struct run_ref ref = {blob->root, (uint32_t)blob->len};
    int rc = run_copy(copying, &ref);
    out->root = ref.no;
    return rc;
}

static int ref_free(void *ctx, const struct tree_value *value) {
    struct run_freeing *freeing = ctx;
    struct run_ref ref;
    int rc = ref_load_any(value, &ref);
    if (rc != FERRITE_OK) return rc;
    const uint64_t pages = run_pages(ref.len);
    *freeing->budget = *freeing->budget > pages ? *freeing->budget - pages : 0;
    return run_free(freeing->pages, ref.no, ref.len);
}

int blob_tree_of(const struct blob *blob, struct tree *out) {
    if (!blob_valid(blob) || blob->kind != BLOB_TREE) return blob_damaged(blob);
    *out = blob_tree(blob);
    return FERRITE_OK;
}

int blob_tree_free(struct pages *pages, struct tree *tree, uint64_t *budget) {
    struct run_freeing freeing = {pages, budget};
    return tree_free(pages, tree, budget, ref_free, &freeing);
}

int blob_free(struct pages *pages, const struct blob *blob) {
    if (!blob_valid(blob)) return blob_damaged(blob);
    if (blob->root == 0) return FERRITE_OK;
    if (blob->kind == BLOB_RUN) return run_free(pages, blob->root, (uint32_t)blob->len);
    struct tree tree = blob_tree(blob);
    uint64_t budget = UINT64_MAX;
    return blob_tree_free(pages, &tree, &budget);
}

/* ---- walk */

struct blob_walk {
    struct pages *pages;
    const struct blob *blob;
    const struct tree_visitor *visitor;
    uint64_t index;
};

static int walk_damage(const struct tree_visitor *visitor, pgno no) {
    if (visitor->on_damage == NULL) return FERRITE_CORRUPT;
    return visitor->on_damage(visitor->ctx, no, error_text(FERRITE_CORRUPT));
}

static int walk_run(const struct blob_walk *w, const struct run_ref *ref) {
    if (run_read(w->pages, ref->no, ref->len) == NULL) return walk_damage(w->visitor, ref->no);
    if (w->visitor->on_page == NULL) return FERRITE_OK;
    return w->visitor->on_page(w->visitor->ctx, ref->no, run_pages(ref->len));
}

static int walk_page(void *ctx, pgno no, uint32_t count) {
    const struct blob_walk *w = ctx;
    return w->visitor->on_page ? w->visitor->on_page(w->visitor->ctx, no, count) : FERRITE_OK;
}

static int walk_piece(void *ctx, const uint8_t *key, size_t key_len,
                      const struct tree_value *value) {
    (void)key;
    (void)key_len;
    struct blob_walk *w = ctx;
    struct run_ref ref;
    const uint32_t expected = piece_len(w->blob->len, w->index++);
    if (expected == 0 || ref_load(value, expected, &ref) != FERRITE_OK) {
        blob_damaged(w->blob);
        return walk_damage(w->visitor, w->blob->root);
    }
    return walk_run(w, &ref);
}

static int walk_damaged(void *ctx, pgno no, const char *what) {
    const struct blob_walk *w = ctx;
    if (w->visitor->on_damage != NULL) return w->visitor->on_damage(w->visitor->ctx, no, what);
    return error_set(FERRITE_CORRUPT, "page %u: %s", no, what);
}

int blob_walk(struct pages *pages, const struct blob *blob, const struct tree_visitor *visitor) {
    struct blob_walk w = {pages, blob, visitor, 0};
    if (!blob_valid(blob)) {
        blob_damaged(blob);
        return walk_damage(visitor, blob->root);
    }
    if (blob->root == 0) return FERRITE_OK;
    if (blob->kind == BLOB_RUN)
        return walk_run(&w, &(struct run_ref){blob->root, (uint32_t)blob->len});
    struct tree tree = blob_tree(blob);
    return tree_walk(pages, &tree, &(struct tree_visitor){&w, walk_page, walk_piece, walk_damaged});
}

static int walk_ref(void *ctx, const uint8_t *key, size_t key_len, const struct tree_value *value) {
    (void)key;
    (void)key_len;
    struct blob_walk *w = ctx;
    struct run_ref ref = {0, 0};
    if (ref_load_any(value, &ref) != FERRITE_OK) return walk_damage(w->visitor, ref.no);
    return walk_run(w, &ref);
}

int blob_tree_walk(struct pages *pages, const struct tree *tree,
                   const struct tree_visitor *visitor) {
    struct blob_walk w = {.pages = pages, .visitor = visitor};
    return tree_walk(pages, tree, &(struct tree_visitor){&w, walk_page, walk_ref, walk_damaged});
}

static int piece_move(void *ctx, struct tree_mover *mover, const struct tree_value *value,
                      uint8_t *changed) {
    (void)ctx;
    struct run_ref ref;
    int rc = ref_load(value, 0, &ref);
    if (rc == FERRITE_OK) rc = tree_move_run(mover, &ref.no, ref.len);
    if (rc == FERRITE_OK) memcpy(changed, &ref, sizeof ref);
    return rc;
}

int blob_move(struct tree_mover *mover, struct blob *blob, uint64_t *from) {
    if (!blob_valid(blob)) return blob_damaged(blob);
    if (blob->root == 0) return FERRITE_OK;
    if (blob->kind == BLOB_RUN) return tree_move_run(mover, &blob->root, (uint32_t)blob->len);
    struct tree tree = blob_tree(blob);
    int rc = tree_move(mover, &tree, from, piece_move, NULL);
    blob->root = tree.root;
    return rc;
}
