/*
 * node_write.c - changes within one page: insert, delete, resize, compact.
 * Called by the cursor's writing functions on pages that belong to the transaction.
 */
#include "node.h"
#include "spread.h"

uint32_t entry_cell_size(unsigned type, uint32_t prefix_len, const struct entry *entry) {
    if (type == PAGE_POS_BRANCH) return POS_BRANCH_SLOT;
    uint32_t size = entry->value_len & VALUE_LEN_MASK;
    if (type == PAGE_POS_LEAF) return LEAF_CELL_FIXED + size;
    if (type == PAGE_BRANCH) size = 0;
    uint32_t klen = entry->key_len > KEY_INLINE_MAX ? KEY_SPILLED : entry->key_len - prefix_len;
    return type_cell_fixed(type) + key_rest_size(prefix_len, klen) + size;
}

void entry_encode(unsigned type, uint32_t prefix_len, const struct entry *entry, struct slot *slot,
                  uint8_t *cell) {
    if (type == PAGE_BRANCH || type == PAGE_POS_BRANCH) {
        store_u32(cell, entry->child);
        store_u64(cell + 4, entry->count);
    } else {
        store_u16(cell, entry->value_len);
    }
    if (type_is_positional(type)) return;
    uint8_t *rest = cell + type_cell_fixed(type);
    const uint8_t *suffix = entry->key + prefix_len;
    if (unlikely(entry->key_len > KEY_INLINE_MAX)) {
        slot->head = key_head(suffix, KEY_HEAD_SIZE);
        slot->klen = KEY_SPILLED;
        store_u32(rest, entry->key_len);
        store_u32(rest + 4, entry->run);
        memcpy(rest + KEY_SPILL_SIZE, suffix + KEY_HEAD_SIZE, KEY_PREFIX_MAX - prefix_len);
        return;
    }
    const uint32_t klen = entry->key_len - prefix_len;
    slot->head = key_head(suffix, klen);
    slot->klen = (uint16_t)klen;
    if (klen > KEY_HEAD_SIZE) bytes_copy(rest, suffix + KEY_HEAD_SIZE, klen - KEY_HEAD_SIZE);
}

static void slot_set_off(struct page *page, uint32_t slot, uint32_t off) {
    if (page->type == PAGE_POS_LEAF)
        store_u16(page->body + slot * sizeof(uint16_t), (uint16_t)off);
    else
        node_slots_mut(page)[slot].off = (uint16_t)off;
}

void node_compact_without(struct page *page, uint32_t skip) {
    if (page->type == PAGE_POS_BRANCH) return;
    uint8_t scratch[PAGE_SIZE];
    memcpy(scratch + page->heap, node_bytes(page) + page->heap, PAGE_SIZE - page->heap);
    uint32_t heap = PAGE_SIZE - page->prefix_len;
    for (uint32_t i = 0; i < page->slots; i++) {
        if (i == skip) continue;
        uint32_t off = (uint32_t)(node_cell(page, i) - node_bytes(page));
        uint32_t size = LEAF_CELL_FIXED + (load_u16(scratch + off) & VALUE_LEN_MASK);
        if (page->type == PAGE_BRANCH) size = BRANCH_CELL_FIXED;
        if (page->type != PAGE_POS_LEAF) size += node_rest_size(page, i);
        heap -= size;
        memcpy((uint8_t *)page + heap, scratch + off, size);
        slot_set_off(page, i, heap);
    }
    page->heap = (uint16_t)heap;
    page->garbage = 0;
}

void node_compact(struct page *page) { node_compact_without(page, UINT32_MAX); }

uint32_t node_entry_size(const struct page *page, const struct entry *entry) {
    const uint32_t slot_size = type_slot_size(page->type);
    if (page->type == PAGE_POS_LEAF)
        return slot_size + LEAF_CELL_FIXED + (element_field(page, entry) & VALUE_LEN_MASK);
    return slot_size + entry_cell_size(page->type, page->prefix_len, entry);
}

/* The first key of a page: all of it but what the head holds becomes the prefix, which gives way to
 * later keys as it must. (A prefix once short grows again only when the page is rebuilt.) */
static void node_begin_prefix(struct page *page, const struct entry *entry) {
    uint32_t len = entry->key_len > KEY_HEAD_SIZE ? entry->key_len - KEY_HEAD_SIZE : 0;
    if (len > KEY_PREFIX_MAX) len = KEY_PREFIX_MAX;
    node_compact(page);
    uint8_t *cells = (uint8_t *)page + page->heap;
    const uint32_t size = PAGE_SIZE - page->prefix_len - page->heap;
    memmove(cells + page->prefix_len - len, cells, size);
    page->heap = (uint16_t)(page->heap + page->prefix_len - len);
    if (page->slots > 0) node_slots_mut(page)[0].off = page->heap;
    page->prefix_len = (uint16_t)len;
    memcpy((uint8_t *)page + PAGE_SIZE - len, entry->key, len);
}

static bool entry_shares_prefix(const struct page *page, const struct entry *entry) {
    uint32_t prefix_len = page->prefix_len;
    return prefix_len == 0 ||
           (entry->key_len >= prefix_len && bytes_equal(entry->key, node_prefix(page), prefix_len));
}

/* Shortens the page's prefix to what it shares with the entry's key, if the entry then has room. */
static __attribute__((noinline)) bool node_shorten_prefix(struct page *page,
                                                          const struct entry *entry) {
    uint32_t n = page->prefix_len < entry->key_len ? page->prefix_len : entry->key_len;
    uint32_t common = bytes_common(entry->key, node_prefix(page), n);
    struct spread spread;
    spread_init(&spread, page->type);
    spread_add_page(&spread, page);
    spread_add_slots(&spread, page, 0, page->slots);
    uint32_t size = spread_size(&spread, 0, spread.count, common) + (uint32_t)sizeof(struct slot) +
                    entry_cell_size(page->type, common, entry);
    if (size > NODE_SPACE) return false;
    spread_build(&spread, 0, spread.count, common, page);
    return true;
}

/* Opens `count` slots before slot `at`. */
static void slots_open(struct page *page, uint32_t at, uint32_t count) {
    const uint32_t size = type_slot_size(page->type);
    uint8_t *place = page->body + at * size;
    memmove(place + count * size, place, (page->slots - at) * size);
    page->slots = (uint16_t)(page->slots + count);
}

static void slots_close(struct page *page, uint32_t at, uint32_t count) {
    const uint32_t size = type_slot_size(page->type);
    uint8_t *place = page->body + at * size;
    page->slots = (uint16_t)(page->slots - count);
    memmove(place, place + count * size, (page->slots - at) * size);
}

/* Positional branch: the slot is the entry. */
static uint8_t *link_insert(struct page *page, uint32_t slot, const struct entry *entry) {
    if (node_gap(page) < POS_BRANCH_SLOT) return NULL;
    slots_open(page, slot, 1);
    uint8_t *link = page->body + slot * POS_BRANCH_SLOT;
    entry_encode(page->type, 0, entry, NULL, link);
    return link;
}

uint8_t *node_insert(struct page *page, uint32_t slot, const struct entry *entry) {
    const unsigned type = page->type;
    if (type == PAGE_POS_BRANCH) return link_insert(page, slot, entry);
    if (type == PAGE_POS_LEAF) return element_insert(page, slot, entry);
    if (unlikely(page->slots <= (type == PAGE_BRANCH) && slot == page->slots))
        node_begin_prefix(page, entry);
    else if (unlikely(!entry_shares_prefix(page, entry)) && !node_shorten_prefix(page, entry))
        return NULL;
    const uint32_t size = entry_cell_size(type, page->prefix_len, entry);
    const uint32_t need = size + type_slot_size(type);
    if (unlikely(node_gap(page) < need)) {
        if (node_free(page) < need) return NULL;
        node_compact(page);
    }
    const uint32_t heap = page->heap - size;
    uint8_t *cell = (uint8_t *)page + heap;
    page->heap = (uint16_t)heap;
    slots_open(page, slot, 1);
    slot_set_off(page, slot, heap);
    entry_encode(type, page->prefix_len, entry, &node_slots_mut(page)[slot], cell);
    return cell + size - (type == PAGE_BRANCH ? 0 : entry->value_len & VALUE_LEN_MASK);
}

void node_delete(struct page *page, uint32_t slot) {
    if (page->type != PAGE_POS_BRANCH) {
        uint32_t size = node_cell_size(page, slot);
        if (node_cell(page, slot) == node_bytes(page) + page->heap)
            page->heap = (uint16_t)(page->heap + size);
        else
            page->garbage = (uint16_t)(page->garbage + size);
    }
    slots_close(page, slot, 1);
}

void node_drop_first(struct page *page) {
    node_delete(page, 0);
    if (page->type != PAGE_BRANCH) return;
    struct slot *first = node_slots_mut(page);
    page->garbage = (uint16_t)(page->garbage + node_rest_size(page, 0));
    first->head = 0;
    first->klen = 0;
}

void node_move(struct page *from, uint32_t first, uint32_t count, struct page *to, uint32_t at) {
    const uint32_t slot_size = type_slot_size(from->type);
    uint32_t bytes = 0;
    assert(from->type == to->type && from->prefix_len == to->prefix_len);
    for (uint32_t i = first; i < first + count; i++) bytes += node_cell_size(from, i);
    if (node_gap(to) < bytes + count * slot_size) node_compact(to);
    slots_open(to, at, count);
    memcpy(to->body + at * slot_size, from->body + first * slot_size, count * slot_size);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t size = node_cell_size(from, first + i);
        to->heap = (uint16_t)(to->heap - size);
        memcpy((uint8_t *)to + to->heap, node_cell(from, first + i), size);
        slot_set_off(to, at + i, to->heap);
    }
    from->garbage = (uint16_t)(from->garbage + bytes);
    slots_close(from, first, count);
}

uint8_t *node_resize(struct page *page, uint32_t slot, uint16_t value_len) {
    uint8_t *cell = (uint8_t *)node_cell(page, slot);
    const uint32_t old_size = node_cell_size(page, slot);
    const uint32_t old_len = load_u16(cell) & VALUE_LEN_MASK, len = value_len & VALUE_LEN_MASK;
    const uint32_t value_at = old_size - old_len, size = value_at + len;
    if (size <= old_size) {
        store_u16(cell, value_len);
        page->garbage = (uint16_t)(page->garbage + old_size - size);
        return cell + value_at;
    }
    if (node_gap(page) < size) {
        if (node_free(page) + old_size < size) return NULL;
        uint8_t kept[PAGE_SIZE];
        memcpy(kept, cell, old_size);
        node_compact_without(page, slot);
        cell = (uint8_t *)page + page->heap - size;
        memcpy(cell, kept, old_size);
    } else {
        uint8_t *old = cell;
        cell = (uint8_t *)page + page->heap - size;
        memcpy(cell, old, old_size);
        page->garbage = (uint16_t)(page->garbage + old_size);
    }
    store_u16(cell, value_len);
    page->heap = (uint16_t)(page->heap - size);
    slot_set_off(page, slot, page->heap);
    return cell + value_at;
}
