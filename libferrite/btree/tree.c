/*
 * tree.c - looking one key up, and whether a tree is possible at all. Called by the types layer for every read of a key; any thread.
 */
#include "path.h"

int tree_get(struct pages *pages, const struct tree *tree, const void *key, size_t key_len,
             struct tree_value *out) {
    if (tree->root == 0) return FERRITE_NOTFOUND;
    if (key == NULL) key = "";
    const struct page *page = tree_root_page(pages, tree);
    if (unlikely(page == NULL)) return FERRITE_CORRUPT;
    if (unlikely(tree->flags & TREE_POSITIONAL))
        return error_set(FERRITE_INVALID, "a sequence has no keys");
    while (page->level != 0) {
        int slot = node_find_child(pages, page, 0, key, key_len);
        if (unlikely(slot < 0)) return FERRITE_CORRUPT;
        page = tree_child_page(pages, page, (uint32_t)slot);
        if (unlikely(page == NULL)) return FERRITE_CORRUPT;
    }
    int found = node_find(pages, page, FIND_LEAF, key, key_len);
    if (!(found & 1)) return FERRITE_NOTFOUND;
    if (unlikely(found < 0)) return FERRITE_CORRUPT;
    const struct slot *slot = &node_slots(page)[found >> 1];
    const uint8_t *cell = node_bytes(page) + slot->off;
    const uint16_t value_len = load_u16(cell);
    out->data = cell + LEAF_CELL_FIXED + key_rest_size(page->prefix_len, slot->klen);
    out->len = value_len & VALUE_LEN_MASK;
    out->spilled = (value_len & VALUE_SPILLED) != 0;
    out->compressed = false;
    return FERRITE_OK;
}

/* An entry takes 4 bytes of its page at least. */
int tree_count_check_slow(struct pages *pages, const struct tree *tree) {
    if (tree->count / (PAGE_SIZE / 4) < pages_high(pages)) return FERRITE_OK;
    return error_set(FERRITE_CORRUPT, "page %u: the tree has more entries than the file could hold",
                     tree->root);
}

int tree_root_check(struct pages *pages, const struct tree *tree, bool positional) {
    const uint32_t known = TREE_POSITIONAL | TREE_HAS_SPILLED | TREE_HAS_COMPRESSED;
    if ((tree->flags & ~known) != 0 || ((tree->flags & TREE_POSITIONAL) != 0) != positional)
        return error_set(FERRITE_CORRUPT, "page %u: the root of another kind of tree", tree->root);
    return tree_count_check(pages, tree);
}
