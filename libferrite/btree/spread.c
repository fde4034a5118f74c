/*
 * spread.c - gathering entries and building pages from them; see spread.h.
 * Pure memory work: no page is read or allocated here.
 */
#include "spread.h"

static_assert(sizeof(struct item) == 12, "items are kept small: a spread lies on the stack");

void spread_init(struct spread *spread, unsigned type) {
    spread->type = (uint8_t)type;
    spread->sources = 0;
    spread->count = 0;
    spread->fresh_used = 0;
    spread->prefix_len[SPREAD_FRESH] = 0;
}

void spread_add_page(struct spread *spread, const struct page *page) {
    assert(spread->sources < SPREAD_FRESH && page->type == spread->type);
    memcpy(spread->source[spread->sources], page, PAGE_SIZE);
    spread->prefix_len[spread->sources] = page->prefix_len;
    spread->sources++;
}

/* Slots of the page added last. */
void spread_add_slots(struct spread *spread, const struct page *page, uint32_t from, uint32_t to) {
    assert(spread->sources > 0 && to <= page->slots && spread->count + (to - from) <= SPREAD_ITEMS);
    struct item *item = &spread->items[spread->count];
    for (uint32_t i = from; i < to; i++, item++) {
        *item = (struct item){.source = (uint8_t)(spread->sources - 1)};
        if (spread->type == PAGE_POS_BRANCH) {
            item->off = (uint16_t)(PAGE_HEADER_SIZE + i * POS_BRANCH_SLOT);
            item->len = POS_BRANCH_SLOT;
            continue;
        }
        item->off = (uint16_t)(node_cell(page, i) - node_bytes(page));
        item->len = (uint16_t)node_cell_size(page, i);
        if (type_is_positional(spread->type)) continue;
        item->head = node_slots(page)[i].head;
        item->klen = node_slots(page)[i].klen;
    }
    spread->count += to - from;
}

void spread_add_entry(struct spread *spread, const struct entry *entry) {
    uint32_t size = entry_cell_size(spread->type, 0, entry);
    assert(spread->fresh_used + size <= PAGE_SIZE && spread->count < SPREAD_ITEMS);
    struct item *item = &spread->items[spread->count++];
    struct slot slot = {0, 0, 0};
    uint8_t *cell = spread->source[SPREAD_FRESH] + spread->fresh_used;
    memset(cell, 0, size);
    entry_encode(spread->type, 0, entry, &slot, cell);
    if (spread->type == PAGE_POS_LEAF)
        bytes_copy(cell + LEAF_CELL_FIXED, entry->value, entry->value_len & VALUE_LEN_MASK);
    *item = (struct item){.head = slot.head,
                          .klen = slot.klen,
                          .off = (uint16_t)spread->fresh_used,
                          .len = (uint16_t)size,
                          .source = SPREAD_FRESH};
    spread->fresh_used += size;
}

void spread_add_keyless(struct spread *spread, const struct page *page, const struct page *parent,
                        uint32_t slot) {
    uint8_t key[KEY_INLINE_MAX + 4];
    struct entry entry = {.key = key, .child = node_child(page, 0), .count = node_below(page, 0)};
    node_key(parent, slot, key, &entry.key_len);
    if (node_key_spilled(parent, slot)) entry.run = node_spill_run(parent, slot);
    spread_add_entry(spread, &entry);
}

static const uint8_t *item_cell(const struct spread *spread, const struct item *item) {
    return spread->source[item->source] + item->off;
}

/* Bytes of slot, and of cell where it is apart. */
uint32_t spread_weight(const struct spread *spread, uint32_t i) {
    if (spread->type == PAGE_POS_BRANCH) return POS_BRANCH_SLOT;
    return type_slot_size(spread->type) + spread->items[i].len;
}

static uint32_t item_key_len(const struct spread *spread, const struct item *item) {
    if (item->klen == KEY_SPILLED)
        return load_u32(item_cell(spread, item) + type_cell_fixed(spread->type));
    return spread->prefix_len[item->source] + item->klen;
}

uint32_t spread_key(const struct spread *spread, uint32_t i, uint8_t *out, uint32_t *full_len,
                    pgno *run) {
    const struct item *item = &spread->items[i];
    const uint8_t *source = spread->source[item->source];
    const uint8_t *rest = source + item->off + type_cell_fixed(spread->type);
    const uint32_t prefix_len = spread->prefix_len[item->source];
    *run = 0;
    *full_len = item_key_len(spread, item);
    bytes_copy(out, source + PAGE_SIZE - prefix_len, prefix_len);
    store_u32(out + prefix_len, __builtin_bswap32(item->head));
    if (item->klen == KEY_SPILLED) {
        *run = load_u32(rest + 4);
        memcpy(out + prefix_len + KEY_HEAD_SIZE, rest + KEY_SPILL_SIZE,
               KEY_PREFIX_MAX - prefix_len);
        return KEY_INLINE_MAX;
    }
    bytes_copy(out + prefix_len + KEY_HEAD_SIZE, rest, key_rest_size(0, item->klen));
    return *full_len;
}

/* The first item of a branch page has no key there. */
static bool item_keyless(const struct spread *spread, uint32_t i, uint32_t from) {
    return i == from && spread->type == PAGE_BRANCH;
}

/* All that is common, except that keys of one length keep 4 bytes behind the prefix: the head holds
 * them anyway, and a shorter prefix lasts longer as keys are added. */
uint32_t spread_prefix(const struct spread *spread, uint32_t from, uint32_t to) {
    uint8_t first[KEY_INLINE_MAX + 4], last[KEY_INLINE_MAX + 4];
    if (type_is_positional(spread->type)) return 0;
    if (spread->type == PAGE_BRANCH) from++;
    if (from >= to) return 0;
    uint32_t full, shortest = UINT32_MAX, longest = 0;
    pgno run;
    for (uint32_t i = from; i < to; i++) {
        uint32_t len = item_key_len(spread, &spread->items[i]);
        if (len < shortest) shortest = len;
        if (len > longest) longest = len;
    }
    uint32_t first_len = spread_key(spread, from, first, &full, &run);
    uint32_t last_len = spread_key(spread, to - 1, last, &full, &run);
    uint32_t common = bytes_common(first, last, first_len < last_len ? first_len : last_len);
    if (common > shortest) common = shortest; /* only when a damaged page has keys out of order */
    if (shortest == longest)
        common = shortest < common + KEY_HEAD_SIZE
                     ? (shortest > KEY_HEAD_SIZE ? shortest - KEY_HEAD_SIZE : 0)
                     : common;
    return common < KEY_PREFIX_MAX ? common : KEY_PREFIX_MAX;
}

/* Key bytes behind the head once the page's prefix has another length. */
static uint32_t item_rest_size(const struct spread *spread, const struct item *item,
                               uint32_t prefix_len) {
    if (item->klen == KEY_SPILLED) return key_rest_size(prefix_len, KEY_SPILLED);
    return key_rest_size(0, spread->prefix_len[item->source] + item->klen - prefix_len);
}

static uint32_t item_cell_size(const struct spread *spread, uint32_t i, uint32_t from,
                               uint32_t prefix_len) {
    const struct item *item = &spread->items[i];
    if (item_keyless(spread, i, from)) return BRANCH_CELL_FIXED;
    uint32_t source_prefix_len = spread->prefix_len[item->source];
    if (source_prefix_len == prefix_len) return item->len;
    return item->len - key_rest_size(source_prefix_len, item->klen) +
           item_rest_size(spread, item, prefix_len);
}

uint32_t spread_size(const struct spread *spread, uint32_t from, uint32_t to, uint32_t prefix_len) {
    if (spread->type == PAGE_POS_BRANCH) return (to - from) * POS_BRANCH_SLOT;
    uint32_t size = prefix_len + (to - from) * type_slot_size(spread->type);
    for (uint32_t i = from; i < to; i++) size += item_cell_size(spread, i, from, prefix_len);
    return size;
}

bool spread_fits(const struct spread *spread, uint32_t from, uint32_t to) {
    if (spread->type == PAGE_POS_LEAF) {
        struct shared shared;
        sequence_prefix(spread, from, to, &shared);
        return sequence_size(spread, from, to, &shared) <= NODE_SPACE;
    }
    return spread_size(spread, from, to, spread_prefix(spread, from, to)) <= NODE_SPACE;
}

uint32_t spread_balanced_cut(const struct spread *spread) {
    uint32_t total = 0, left = 0, i = 0;
    for (uint32_t k = 0; k < spread->count; k++) total += spread_weight(spread, k);
    while (i < spread->count && left + spread_weight(spread, i) / 2 < total / 2)
        left += spread_weight(spread, i++);
    if (i == 0) return 1;
    return i < spread->count ? i : spread->count - 1;
}

bool spread_cut_fits(const struct spread *spread, uint32_t cut) {
    return spread_fits(spread, 0, cut) && spread_fits(spread, cut, spread->count);
}

/* Re-encodes an item for another prefix. */
static void item_convert(const struct spread *spread, uint32_t i, uint32_t prefix_len,
                         struct slot *slot, uint8_t *cell) {
    uint8_t key[KEY_INLINE_MAX + 4];
    const struct item *item = &spread->items[i];
    const uint8_t *from = item_cell(spread, item);
    struct entry entry = {.key = key};
    spread_key(spread, i, key, &entry.key_len, &entry.run);
    uint32_t fixed = type_cell_fixed(spread->type), value_at = fixed;
    if (spread->type == PAGE_BRANCH) {
        entry.child = load_u32(from);
        entry.count = load_u64(from + 4);
    } else {
        entry.value_len = load_u16(from);
    }
    value_at += key_rest_size(spread->prefix_len[item->source], item->klen);
    entry_encode(spread->type, prefix_len, &entry, slot, cell);
    memcpy(cell + fixed + item_rest_size(spread, item, prefix_len), from + value_at,
           item->len - value_at);
}

static void build_keyed(const struct spread *spread, uint32_t from, uint32_t to,
                        uint32_t prefix_len, struct page *page) {
    uint8_t *bytes = (uint8_t *)page;
    struct slot *slot = node_slots_mut(page);
    uint32_t heap = PAGE_SIZE - prefix_len;
    if (prefix_len != 0) {
        uint8_t key[KEY_INLINE_MAX + 4];
        uint32_t full;
        pgno run;
        spread_key(spread, to - 1, key, &full, &run);
        memcpy(bytes + heap, key, prefix_len);
    }
    for (uint32_t i = from; i < to; i++, slot++) {
        const struct item *item = &spread->items[i];
        uint32_t size = item_cell_size(spread, i, from, prefix_len);
        heap -= size;
        if (item_keyless(spread, i, from)) {
            *slot = (struct slot){0, 0, 0};
            memcpy(bytes + heap, item_cell(spread, item), size);
        } else if (spread->prefix_len[item->source] == prefix_len) {
            slot->head = item->head;
            slot->klen = item->klen;
            memcpy(bytes + heap, item_cell(spread, item), size);
        } else {
            item_convert(spread, i, prefix_len, slot, bytes + heap);
        }
        slot->off = (uint16_t)heap;
    }
    page->heap = (uint16_t)heap;
}

static void build_links(const struct spread *spread, uint32_t from, uint32_t to,
                        struct page *page) {
    for (uint32_t i = from; i < to; i++)
        memcpy(page->body + (i - from) * POS_BRANCH_SLOT, item_cell(spread, &spread->items[i]),
               POS_BRANCH_SLOT);
    page->heap = PAGE_SIZE;
}

void spread_build(const struct spread *spread, uint32_t from, uint32_t to, uint32_t prefix_len,
                  struct page *page) {
    assert(page->type == spread->type && to > from && page->type != PAGE_POS_LEAF);
    assert(spread_size(spread, from, to, prefix_len) <= NODE_SPACE);
    page->slots = (uint16_t)(to - from);
    page->garbage = 0;
    page->prefix_len = (uint16_t)prefix_len;
    if (spread->type == PAGE_POS_BRANCH)
        build_links(spread, from, to, page);
    else
        build_keyed(spread, from, to, prefix_len, page);
}

void spread_lay(const struct spread *spread, uint32_t from, uint32_t to, struct page *page) {
    if (spread->type == PAGE_POS_LEAF) {
        struct shared shared;
        sequence_prefix(spread, from, to, &shared);
        sequence_build(spread, from, to, &shared, page);
    } else {
        spread_build(spread, from, to, spread_prefix(spread, from, to), page);
    }
}
