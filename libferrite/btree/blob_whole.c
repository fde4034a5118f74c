/*
 * blob_whole.c - blobs as a whole, and the trees of runs that they are: copied, freed, walked, moved. See blob.h.
 *
 * Called by the types layer. Thread rule: as the transaction.
 */
#include "blob_internal.h"

struct run_freeing {
    struct pages *pages;
    uint64_t *budget;
};

/* A reference whose length no blob is there to confirm. */
static int ref_load_any(const struct tree_value *value, struct run_ref *ref) {
    int rc = run_ref_load(value, 0, ref);
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

/* ---- walking ---- */

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
    if (expected == 0 || run_ref_load(value, expected, &ref) != FERRITE_OK) {
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
    int rc = run_ref_load(value, 0, &ref);
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
