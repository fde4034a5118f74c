/*
 * node_check.c - the structure check of a tree page that comes from the file.
 *
 * The pager calls it when the process first touches a page; after it nothing in btree can
 * step outside the page, whatever its bytes are. What it cannot see - that a child is what its
 * parent says - is checked at each descent (path.h). Any thread.
 */
#include "node.h"

static int damaged(const struct page *page, const char *what) {
    return error_set(FERRITE_CORRUPT, "page %u: %s", page->pgno, what);
}

/* Which bytes of the page are taken by cells: no two may overlap, as they are written in place. */
struct cover {
    uint64_t bits[PAGE_SIZE / 64];
};

static bool cover_take(struct cover *cover, uint32_t from, uint32_t size) {
    uint32_t to = from + size;
    while (from < to) {
        uint32_t word = from / 64, bit = from % 64;
        uint32_t n = 64 - bit < to - from ? 64 - bit : to - from;
        uint64_t mask = (n == 64 ? ~0ull : (1ull << n) - 1) << bit;
        if (cover->bits[word] & mask) return false;
        cover->bits[word] |= mask;
        from += n;
    }
    return true;
}

static bool link_valid(const uint8_t *link, uint32_t page_limit) {
    pgno child = load_u32(link);
    return child > 1 && child < page_limit;
}

/* The cell of a keyed slot: its size, or 0 when it does not lie within [heap, end). */
static uint32_t keyed_cell_check(const struct page *page, uint32_t i, uint32_t end,
                                 uint32_t page_limit) {
    const struct slot *slot = &node_slots(page)[i];
    const uint32_t fixed = type_cell_fixed(page->type);
    const bool spilled = slot->klen == KEY_SPILLED;
    if (!spilled && page->prefix_len + slot->klen > KEY_INLINE_MAX) return 0;
    uint32_t size = fixed + key_rest_size(page->prefix_len, slot->klen);
    if (slot->off < page->heap || slot->off + size > end) return 0;
    const uint8_t *cell = node_bytes(page) + slot->off;
    if (spilled) {
        uint32_t len = load_u32(cell + fixed);
        if (len <= KEY_INLINE_MAX || len > TREE_KEY_MAX) return 0;
        if (!link_valid(cell + fixed + 4, page_limit)) return 0;
    }
    if (page->type == PAGE_BRANCH) return link_valid(cell, page_limit) ? size : 0;
    uint32_t value_len = load_u16(cell);
    if (value_len & ~(VALUE_SPILLED | VALUE_LEN_MASK)) return 0;
    size += value_len & VALUE_LEN_MASK;
    if ((value_len & VALUE_LEN_MASK) > TREE_VALUE_MAX || slot->off + size > end) return 0;
    return size;
}

/* Slot i's key against slot i-1's, as far as it stands in the page. */
static bool keyed_order_check(const struct page *page, uint32_t i) {
    const struct slot *slot = &node_slots(page)[i], *before = slot - 1;
    if (before->head != slot->head) return before->head < slot->head;
    uint8_t a[KEY_INLINE_MAX + 4], b[KEY_INLINE_MAX + 4];
    uint32_t a_full, b_full;
    uint32_t a_len = node_key(page, i - 1, a, &a_full), b_len = node_key(page, i, b, &b_full);
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    if (order != 0) return order < 0;
    return a_full < b_full || (a_len == KEY_INLINE_MAX && b_len == KEY_INLINE_MAX &&
                               a_full > KEY_INLINE_MAX && b_full > KEY_INLINE_MAX);
}

static int keyed_check(const struct page *page, uint32_t page_limit) {
    struct cover cover = {{0}};
    const uint32_t end = PAGE_SIZE - page->prefix_len;
    const bool branch = page->type == PAGE_BRANCH;
    uint32_t used = 0;
    if (page->prefix_len > KEY_PREFIX_MAX) return damaged(page, "prefix too long");
    if (page->heap > end || node_slots_end(page) > page->heap)
        return damaged(page, "slots and cells overlap");
    for (uint32_t i = 0; i < page->slots; i++) {
        const struct slot *slot = &node_slots(page)[i];
        uint32_t size;
        if (branch && i == 0) {
            if (slot->head != 0 || slot->klen != 0) return damaged(page, "key before all keys");
        }
        size = keyed_cell_check(page, i, end, page_limit);
        if (size == 0) return damaged(page, "bad entry");
        if (!cover_take(&cover, slot->off, size)) return damaged(page, "entries overlap");
        if (slot->klen < KEY_HEAD_SIZE && (slot->head << (8 * slot->klen)) != 0)
            return damaged(page, "key head longer than key");
        used += size;
        if (i > (branch ? 1u : 0u) && !keyed_order_check(page, i))
            return damaged(page, "keys out of order");
    }
    if (used + page->garbage != end - page->heap) return damaged(page, "wrong space accounting");
    return FERRITE_OK;
}

/* The length field of an element: its bytes in the cell, or UINT32_MAX when it cannot be one. */
static uint32_t element_len_check(const struct page *page, uint32_t field) {
    const uint32_t len = field & VALUE_LEN_MASK;
    const uint32_t whole = VALUE_SPILLED | VALUE_COMPRESSED;
    if (field & ~(whole | VALUE_PREFIXED | VALUE_LEN_MASK)) return UINT32_MAX;
    if (!(field & VALUE_PREFIXED)) return len <= TREE_VALUE_MAX ? len : UINT32_MAX;
    const bool fits = page->prefix_len != 0 && page->prefix_len + len <= VALUE_PREFIXED_MAX;
    return fits && !(field & whole) ? len : UINT32_MAX;
}

static int pos_leaf_check(const struct page *page) {
    struct cover cover = {{0}};
    uint32_t used = 0;
    if (page->prefix_len > VALUE_PREFIXED_MAX) return damaged(page, "prefix too long");
    const uint32_t end = PAGE_SIZE - page->prefix_len;
    if (page->heap > end || node_slots_end(page) > page->heap)
        return damaged(page, "slots and cells overlap");
    for (uint32_t i = 0; i < page->slots; i++) {
        uint32_t off = load_u16(page->body + i * sizeof(uint16_t));
        if (off < page->heap || off + LEAF_CELL_FIXED > end) return damaged(page, "bad entry");
        uint32_t len = element_len_check(page, load_u16(node_bytes(page) + off));
        uint32_t size = LEAF_CELL_FIXED + len;
        if (len == UINT32_MAX || off + size > end) return damaged(page, "bad entry");
        if (!cover_take(&cover, off, size)) return damaged(page, "entries overlap");
        used += size;
    }
    if (used + page->garbage != end - page->heap)
        return damaged(page, "wrong space accounting");
    return FERRITE_OK;
}

static int pos_branch_check(const struct page *page, uint32_t page_limit) {
    if (page->prefix_len != 0) return damaged(page, "prefix without keys");
    if (page->heap != PAGE_SIZE || page->garbage != 0)
        return damaged(page, "wrong space accounting");
    if (node_slots_end(page) > PAGE_SIZE) return damaged(page, "too many slots");
    for (uint32_t i = 0; i < page->slots; i++)
        if (!link_valid(page->body + i * POS_BRANCH_SLOT, page_limit))
            return damaged(page, "child page out of range");
    return FERRITE_OK;
}

int node_check(const struct page *page, uint32_t page_limit) {
    switch (page->type) {
    case PAGE_RUN:
        if (page->length > RUN_MAX_PAYLOAD) return damaged(page, "run too long");
        return FERRITE_OK;
    case PAGE_FREE_LIST:
        return FERRITE_OK;
    case PAGE_BRANCH:
    case PAGE_LEAF:
    case PAGE_POS_BRANCH:
    case PAGE_POS_LEAF:
        break;
    default:
        return damaged(page, "unknown page type");
    }
    const bool branch = page->type == PAGE_BRANCH || page->type == PAGE_POS_BRANCH;
    if (branch != (page->level != 0) || page->level >= TREE_HEIGHT_MAX)
        return damaged(page, "impossible level");
    if (page->slots == 0) return damaged(page, "no entries");
    if (page->type == PAGE_POS_BRANCH) return pos_branch_check(page, page_limit);
    if (page->type == PAGE_POS_LEAF) return pos_leaf_check(page);
    return keyed_check(page, page_limit);
}
