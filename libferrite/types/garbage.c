/* garbage.c - see garbage.h. */
#include "garbage.h"

#include "collection.h"

/* A tree of so many pages is freed at once, and a blob of so many runs. */
#define GARBAGE_AT_ONCE 8u
#define GARBAGE_RUNS_AT_ONCE 64u

static int list_add(struct txn *txn, const struct tree *tree) {
    struct tree *list = &txn->roots->garbage;
    struct tree_value value = {tree, sizeof *tree, false, false};
    struct tree_cursor cursor;
    if (list->root == 0) *list = (struct tree){.flags = TREE_POSITIONAL, .tag = TAG_GARBAGE};
    cursor_init(&cursor, &txn->pages, list);
    int code = cursor_seek_rank(&cursor, list->count);
    if (code == FERRITE_OK) code = cursor_insert(&cursor, &value);
    cursor_done(&cursor);
    return code;
}

static int entry_read(struct tree_cursor *cursor, struct tree *out) {
    struct tree_value value;
    int code = cursor_value(cursor, &value);
    if (code != FERRITE_OK) return code;
    if (value.len != sizeof *out || value.spilled)
        return error_set(FERRITE_CORRUPT, "the list of trees to be freed holds something else");
    memcpy(out, value.data, sizeof *out);
    return FERRITE_OK;
}

/* Takes the last tree off the list; there is one. */
static int list_take(struct txn *txn, struct tree *out) {
    struct tree_cursor cursor;
    cursor_init(&cursor, &txn->pages, &txn->roots->garbage);
    int code = cursor_last(&cursor);
    if (code == FERRITE_OK && !cursor.valid)
        code = error_set(FERRITE_CORRUPT, "the list of trees to be freed is empty");
    if (code == FERRITE_OK) code = entry_read(&cursor, out);
    if (code == FERRITE_OK) code = cursor_delete(&cursor);
    cursor_done(&cursor);
    return code;
}

/* ---- what hangs on the values of a tree ---- */

struct freeing {
    struct txn *txn;
    uint64_t *budget; /* pages */
};

static void budget_spend(struct freeing *freeing, uint64_t pages) {
    *freeing->budget = *freeing->budget > pages ? *freeing->budget - pages : 0;
}

static int free_value(void *ctx, const struct tree_value *value) {
    struct freeing *freeing = ctx;
    budget_spend(freeing, 1);
    return garbage_value(freeing->txn, value);
}

static int free_record(void *ctx, const struct tree_value *value) {
    struct freeing *freeing = ctx;
    struct record record;
    int code = record_parse(value, &record);
    budget_spend(freeing, 1);
    return code == FERRITE_OK ? garbage_record(freeing->txn, &record) : code;
}

/* Frees of the tree what the budget allows. */
static int tree_release(struct txn *txn, struct tree *tree, uint64_t *budget) {
    struct freeing freeing = {txn, budget};
    switch (tree->tag & 0xff00) {
    case TAG_BLOB:
        return blob_tree_free(&txn->pages, tree, budget);
    case TAG_KEYS:
        return tree_free(&txn->pages, tree, budget, free_record, &freeing);
    case TAG_EXPIRY:
        return tree_free(&txn->pages, tree, budget, NULL, NULL);
    default:
        return tree_free(&txn->pages, tree, budget, free_value, &freeing);
    }
}

/* ---- dropping ---- */

int garbage_tree(struct txn *txn, const struct tree *tree) {
    struct tree dropped = *tree;
    uint64_t budget = UINT64_MAX;
    bool small;
    int code = tree_within(&txn->pages, tree, GARBAGE_AT_ONCE, &small);
    if (code != FERRITE_OK) return code;
    return small ? tree_release(txn, &dropped, &budget) : list_add(txn, tree);
}

int garbage_blob(struct txn *txn, const struct blob *blob) {
    struct tree tree;
    if (blob->len <= GARBAGE_RUNS_AT_ONCE * (uint64_t)RUN_FULL_PAYLOAD)
        return blob_free(&txn->pages, blob);
    int code = blob_tree_of(blob, &tree);
    return code == FERRITE_OK ? list_add(txn, &tree) : code;
}

int garbage_value(struct txn *txn, const struct tree_value *value) {
    struct blob blob;
    if (!value->spilled) return FERRITE_OK;
    int code = value_blob(value, &blob);
    return code == FERRITE_OK ? garbage_blob(txn, &blob) : code;
}

int garbage_record(struct txn *txn, const struct record *record) {
    struct tree trees[COLLECTION_TREES_MAX];
    int code = FERRITE_OK;
    if (record->head & RECORD_BLOB) {
        struct blob blob = record_blob(record);
        return garbage_blob(txn, &blob);
    }
    if (!(record->head & RECORD_TREES)) return FERRITE_OK;
    uint32_t count = record_trees(record, trees);
    for (uint32_t i = 0; i < count && code == FERRITE_OK; i++) code = garbage_tree(txn, &trees[i]);
    return code;
}

/* ---- freeing ---- */

int garbage_step(struct txn *txn, uint64_t pages) {
    struct tree tree;
    const enum page_need need = txn->pages.need;
    int code = FERRITE_OK;
    if (need == NEED_ADDS) txn->pages.need = NEED_FREES;
    while (code == FERRITE_OK && pages > 0 && txn->roots->garbage.root != 0) {
        code = list_take(txn, &tree);
        if (code == FERRITE_OK) code = tree_release(txn, &tree, &pages);
        if (code == FERRITE_OK && tree.root != 0) code = list_add(txn, &tree);
    }
    txn->pages.need = need;
    return code;
}

/* ---- walking ---- */

struct walk {
    struct pages *pages;
    const struct tree_visitor *visitor;
};

static int walk_damage(struct walk *walk, int code) {
    if (code != FERRITE_CORRUPT || walk->visitor->on_damage == NULL) return code;
    return walk->visitor->on_damage(walk->visitor->ctx, 0, error_text(code));
}

static int walk_pages(void *ctx, pgno no, uint32_t count) {
    struct walk *walk = ctx;
    return walk->visitor->on_page != NULL ? walk->visitor->on_page(walk->visitor->ctx, no, count)
                                          : FERRITE_OK;
}

static int walk_damaged(void *ctx, pgno no, const char *what) {
    struct walk *walk = ctx;
    if (walk->visitor->on_damage == NULL)
        return error_set(FERRITE_CORRUPT, "page %u: %s", no, what);
    return walk->visitor->on_damage(walk->visitor->ctx, no, what);
}

static int walk_value(void *ctx, const uint8_t *key, size_t key_len,
                      const struct tree_value *value) {
    struct walk *walk = ctx;
    const struct tree_visitor parts = {walk, walk_pages, NULL, walk_damaged};
    (void)key;
    (void)key_len;
    return walk_damage(walk, value_walk(walk->pages, value, &parts));
}

static int walk_record(void *ctx, const uint8_t *key, size_t key_len,
                       const struct tree_value *value) {
    struct walk *walk = ctx;
    const struct tree_visitor elements = {walk, walk_pages, walk_value, walk_damaged};
    struct record record;
    (void)key;
    (void)key_len;
    int code = record_parse(value, &record);
    return walk_damage(walk, code == FERRITE_OK ? record_walk(walk->pages, &record, &elements) : code);
}

static int walk_tree(struct walk *walk, const struct tree *tree) {
    struct tree_visitor parts = {walk, walk_pages, NULL, walk_damaged};
    const unsigned kind = tree->tag & 0xff00;
    if (kind == TAG_BLOB) return blob_tree_walk(walk->pages, tree, &parts);
    if (kind != TAG_EXPIRY) parts.on_entry = kind == TAG_KEYS ? walk_record : walk_value;
    return tree_walk(walk->pages, tree, &parts);
}

/* A root as the list's tree has it. */
static int walk_listed(void *ctx, const uint8_t *key, size_t key_len,
                       const struct tree_value *value) {
    struct walk *walk = ctx;
    struct tree tree;
    (void)key;
    (void)key_len;
    int code = FERRITE_OK;
    if (value->len != sizeof tree || value->spilled)
        code = error_set(FERRITE_CORRUPT, "the list of trees to be freed holds something else");
    if (code == FERRITE_OK) memcpy(&tree, value->data, sizeof tree);
    return walk_damage(walk, code == FERRITE_OK ? walk_tree(walk, &tree) : code);
}

int garbage_walk(struct pages *pages, const struct tree *list, const struct tree_visitor *visitor) {
    struct walk walk = {pages, visitor};
    const struct tree_visitor entries = {&walk, walk_pages, walk_listed, walk_damaged};
    return list->root != 0 || list->count != 0 ? tree_walk(pages, list, &entries) : FERRITE_OK;
}
