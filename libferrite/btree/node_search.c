/*
 * node_search.c - the rare cases of a search in a keyed page, and reading keys back.
 * Called by the inline searches of node.h. Any thread.
 */
#include "node.h"

uint64_t node_total(const struct page *page) {
    if (!node_is_branch(page)) return page->slots;
    uint64_t total = 0;
    for (uint32_t i = 0; i < page->slots; i++) total += node_below(page, i);
    return total;
}

/* The key does not begin with the page's prefix: it is less or greater than all keys here. */
int node_find_outside(const struct page *page, uint32_t first, const uint8_t *key, size_t len) {
    size_t n = len < page->prefix_len ? len : page->prefix_len;
    int order = n ? memcmp(key, node_prefix(page), n) : 0;
    return (int)((order > 0 ? page->slots : first) << 1);
}

/* Order of a whole key against a spilled one whose first KEY_INLINE_MAX bytes are equal to it. */
static int spilled_compare(struct pages *pages, const struct page *page, uint32_t slot,
                           const uint8_t *key, size_t len, int *order) {
    if (len <= KEY_INLINE_MAX) {
        *order = -1;
        return FERRITE_OK;
    }
    uint32_t other_len = node_spill_len(page, slot);
    const struct page *run = run_read(pages, node_spill_run(page, slot), other_len);
    if (run == NULL) return FERRITE_CORRUPT;
    *order = memcmp(key, run_bytes(run), len < other_len ? len : other_len);
    if (*order == 0) *order = (len > other_len) - (len < other_len);
    return FERRITE_OK;
}

/* Order of the key against a slot's with the same prefix and head. */
static int tie_compare(struct pages *pages, const struct page *page, uint32_t slot,
                       const uint8_t *key, size_t len, int *order) {
    const uint32_t klen = node_slots(page)[slot].klen, known = page->prefix_len + KEY_HEAD_SIZE;
    const uint8_t *rest = node_cell(page, slot) + type_cell_fixed(page->type);
    const bool spilled = klen == KEY_SPILLED;
    size_t rest_len = spilled ? KEY_INLINE_MAX - known : key_rest_size(0, klen);
    size_t key_rest_len = len > known ? len - known : 0;
    size_t n = rest_len < key_rest_len ? rest_len : key_rest_len;
    *order = n ? memcmp(key + known, spilled ? rest + KEY_SPILL_SIZE : rest, n) : 0;
    if (*order != 0) return FERRITE_OK;
    if (spilled) return spilled_compare(pages, page, slot, key, len, order);
    size_t suffix_len = len - page->prefix_len;
    *order = (suffix_len > klen) - (suffix_len < klen);
    return FERRITE_OK;
}

/* Slot `lo` is the first with the key's head: finds its place among those that share it. */
int node_find_tie(struct pages *pages, const struct page *page, uint32_t lo, const uint8_t *key,
                  size_t len) {
    const struct slot *slots = node_slots(page);
    const uint32_t head = slots[lo].head;
    uint32_t hi = page->slots;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int order = -1;
        if (slots[mid].head == head && tie_compare(pages, page, mid, key, len, &order) != 0)
            return NODE_ERROR;
        if (order == 0) return (int)(mid << 1 | 1);
        if (order > 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return (int)(lo << 1);
}

uint32_t node_key(const struct page *page, uint32_t slot, uint8_t *out, uint32_t *full_len) {
    const struct slot *s = &node_slots(page)[slot];
    const uint8_t *rest = node_cell(page, slot) + type_cell_fixed(page->type);
    const uint32_t prefix_len = page->prefix_len;
    bytes_copy(out, node_prefix(page), prefix_len);
    store_u32(out + prefix_len, __builtin_bswap32(s->head));
    if (unlikely(s->klen == KEY_SPILLED)) {
        *full_len = load_u32(rest);
        memcpy(out + prefix_len + KEY_HEAD_SIZE, rest + KEY_SPILL_SIZE,
               KEY_PREFIX_MAX - prefix_len);
        return KEY_INLINE_MAX;
    }
    bytes_copy(out + prefix_len + KEY_HEAD_SIZE, rest, key_rest_size(0, s->klen));
    return *full_len = prefix_len + s->klen;
}
