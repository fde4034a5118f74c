/*
 * collection_tree.c - the trees that records hold, freed and copied. See collection.h.
 */
#include "collection.h"

static uint32_t roots_offset(const struct record *record) {
    return record->head & RECORD_FIELDS_EXPIRE ? (uint32_t)sizeof(int64_t) : 0;
}

uint32_t record_trees(const struct record *record, struct tree trees[COLLECTION_TREES_MAX]) {
    uint32_t count = record_tree_count(record->head);
    memcpy(trees, record->payload + roots_offset(record), count * sizeof *trees);
    return count;
}

void record_trees_write(uint8_t *payload, const struct record *record,
                        const struct tree trees[COLLECTION_TREES_MAX]) {
    memcpy(payload + roots_offset(record), trees, record_tree_count(record->head) * sizeof *trees);
}

/* The value as the copy is to hold it: with a blob of its own. */
static int value_duplicate(struct pages *pages, const struct tree_value *value, uint8_t *room,
                           struct tree_value *copy) {
    struct blob blob, own;
    if (value->len > TREE_VALUE_MAX) return error_set(FERRITE_CORRUPT, "an element is too long");
    memcpy(room, value->data, value->len);
    *copy = (struct tree_value){room, value->len, value->spilled, value->compressed};
    if (!value->spilled) return FERRITE_OK;
    int code = value_blob(value, &blob);
    if (code == FERRITE_OK) code = blob_copy(pages, &blob, &own);
    if (code == FERRITE_OK) memcpy(room + value->len - sizeof own, &own, sizeof own);
    return code;
}

static int entry_duplicate(struct tree_cursor *from, struct tree_cursor *to) {
    uint8_t room[TREE_VALUE_MAX];
    struct tree_value value, copy;
    const uint8_t *key;
    size_t key_len;
    int code = cursor_value(from, &value);
    if (code == FERRITE_OK) code = value_duplicate(from->pages, &value, room, &copy);
    if (code != FERRITE_OK) return code;
    if (from->tree->flags & TREE_POSITIONAL) {
        code = cursor_seek_rank(to, to->tree->count);
        return code == FERRITE_OK ? cursor_insert(to, &copy) : code;
    }
    bool exact;
    code = cursor_key(from, &key, &key_len);
    if (code == FERRITE_OK) code = cursor_seek(to, key, key_len, &exact);
    return code == FERRITE_OK ? cursor_put(to, key, key_len, exact, &copy) : code;
}

int tree_duplicate(struct pages *pages, struct tree *tree, struct tree *copy) {
    struct tree_cursor from, to;
    *copy = (struct tree){.flags = tree->flags, .tag = tree->tag};
    cursor_init(&from, pages, tree);
    cursor_init(&to, pages, copy);
    int code = cursor_first(&from);
    while (code == FERRITE_OK && from.valid) {
        code = entry_duplicate(&from, &to);
        if (code == FERRITE_OK) code = cursor_next(&from);
    }
    cursor_done(&from);
    cursor_done(&to);
    return code;
}
