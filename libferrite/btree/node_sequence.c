/*
 * node_sequence.c - the elements of a positional leaf, and the beginning that they share.
 *
 * Elements of a list are often alike: "job:000017", "job:000018". A leaf keeps such a beginning once,
 * as keyed pages do. But a sequence has no order that would put what is alike side by side; so each
 * cell says whether the prefix belongs before it, and an element that begins otherwise just lies
 * there whole. A prefix is chosen when a page is full or laid out anew (spread_sequence.c), and
 * handed on to the page that goes on where this one is full.
 *
 * Called by node_write.c and the cursor's writing functions on pages of the transaction.
 */
#include "node.h"

/* Whether the page's prefix begins the element, and may stand for that part of it. */
static inline bool element_shares(const struct page *page, const struct entry *entry) {
    const uint32_t prefix_len = page->prefix_len;
    return prefix_len != 0 && entry->value_len >= prefix_len &&
           entry->value_len <= VALUE_PREFIXED_MAX && /* and so without flags */
           bytes_equal(entry->value, node_prefix(page), prefix_len);
}

uint16_t element_field(const struct page *page, const struct entry *entry) {
    if (!element_shares(page, entry)) return entry->value_len;
    return (uint16_t)((entry->value_len - page->prefix_len) | VALUE_PREFIXED);
}

static void element_write(uint8_t *cell, uint16_t field, const struct entry *entry) {
    const uint32_t len = field & VALUE_LEN_MASK, whole = entry->value_len & VALUE_LEN_MASK;
    store_u16(cell, field);
    bytes_copy(cell + LEAF_CELL_FIXED, entry->value + (whole - len), len);
}

uint8_t *element_insert(struct page *page, uint32_t slot, const struct entry *entry) {
    const uint16_t field = element_field(page, entry);
    const uint32_t size = LEAF_CELL_FIXED + (field & VALUE_LEN_MASK);
    const uint32_t need = size + (uint32_t)sizeof(uint16_t);
    if (unlikely(node_gap(page) < need)) {
        if (node_free(page) < need) return NULL;
        node_compact(page);
    }
    const uint32_t heap = page->heap - size;
    uint8_t *place = page->body + slot * sizeof(uint16_t);
    memmove(place + sizeof(uint16_t), place, (page->slots - slot) * sizeof(uint16_t));
    store_u16(place, (uint16_t)heap);
    page->slots++;
    page->heap = (uint16_t)heap;
    element_write((uint8_t *)page + heap, field, entry);
    return (uint8_t *)page + heap;
}

bool element_replace(struct page *page, uint32_t slot, const struct entry *entry) {
    const uint16_t field = element_field(page, entry);
    const uint32_t size = LEAF_CELL_FIXED + (field & VALUE_LEN_MASK);
    const uint32_t old_size = node_cell_size(page, slot);
    if (size <= old_size) {
        element_write((uint8_t *)node_cell(page, slot), field, entry);
        page->garbage = (uint16_t)(page->garbage + old_size - size);
        return true;
    }
    if (node_free(page) + old_size < size) return false;
    if (node_gap(page) < size)
        node_compact_without(page, slot);
    else
        page->garbage = (uint16_t)(page->garbage + old_size);
    page->heap = (uint16_t)(page->heap - size);
    store_u16(page->body + slot * sizeof(uint16_t), page->heap);
    element_write((uint8_t *)page + page->heap, field, entry);
    return true;
}

void sequence_begin_prefix(struct page *page, const struct page *neighbour,
                           const struct entry *entry) {
    assert(page->slots == 0 && page->prefix_len == 0);
    if (!element_shares(neighbour, entry)) return;
    const uint32_t len = neighbour->prefix_len;
    page->prefix_len = (uint16_t)len;
    page->heap = (uint16_t)(PAGE_SIZE - len);
    memcpy((uint8_t *)page + PAGE_SIZE - len, node_prefix(neighbour), len);
}
