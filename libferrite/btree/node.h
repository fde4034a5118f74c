/*
 * node.h - the bytes of a tree page, and the searches that every lookup runs.
 *
 * Common header: page.h (32 bytes). Then, by type:
 *
 * PAGE_LEAF, PAGE_BRANCH (keyed)
 *   32                      slots, 8 bytes each, in key order:
 *                             0 u32 head    the 4 key bytes behind the page prefix as a big-endian
 *                                           number, zero padded
 *                             4 u16 off     where the cell begins
 *                             6 u16 klen    key length behind the prefix; KEY_SPILLED: see below
 *   heap..end-prefix_len    cells, in any order, `garbage` bytes of holes between them
 *   end-prefix_len..4096    the common prefix of all keys of the page
 *
 *   leaf cell:    u16 value length | VALUE_SPILLED, key bytes behind the head, value
 *   branch cell:  u32 child, u64 entries below, key bytes behind the head
 *
 *   A key longer than KEY_INLINE_MAX (512) lies whole in a run of its own. Its slot says
 *   KEY_SPILLED, and in its cell the key bytes are: u32 key length, u32 run page, then the key's
 *   bytes from behind the head up to byte 511. So the first 512 bytes of every key are known
 *   without its run, whatever the prefix (at most 508 bytes) is.
 *
 *   Slot 0 of a branch has no key: head 0, klen 0; it is less than all.
 *
 * PAGE_POS_LEAF
 *   32                      slots, u16 off each, in order
 *   heap..end-prefix_len    cells as above: u16 length | flags, bytes; flags are VALUE_PREFIXED, or
 *                           VALUE_SPILLED and VALUE_COMPRESSED
 *   end-prefix_len..4096    bytes (at most 128) with which many of the page's elements begin
 *
 *   An element with VALUE_PREFIXED is the prefix and then the cell's bytes, together at most
 *   VALUE_PREFIXED_MAX; all others are in their cells whole. See node_sequence.c.
 *
 * PAGE_POS_BRANCH     32: u32 child, u64 entries below a slot (12 bytes); no cells
 *
 * Cells do not overlap, and heap area = cells + garbage, exactly: node_check makes sure of it for
 * pages from the file, and the functions here keep it so. They rely on it to stay inside the page.
 *
 * Used inside btree only. Reading: any thread; writing: the page's transaction.
 */
#ifndef FERRITE_BTREE_NODE_H
#define FERRITE_BTREE_NODE_H

#include <string.h>

#include "../error.h"
#include "tree.h"

#define KEY_SPILLED    0xFFFFu
#define KEY_INLINE_MAX 512u
#define KEY_HEAD_SIZE  4u
#define KEY_PREFIX_MAX (KEY_INLINE_MAX - KEY_HEAD_SIZE)
#define KEY_SPILL_SIZE 8u /* length and run of a spilled key */

#define VALUE_SPILLED    0x8000u
#define VALUE_COMPRESSED 0x4000u /* in positional leaves: for the caller, who compressed it */
#define VALUE_PREFIXED   0x2000u /* in positional leaves: the page's prefix belongs before it */
#define VALUE_LEN_MASK   0x07FFu

/* Longer elements of a sequence lie in their cells whole, where readers point at them. */
#define VALUE_PREFIXED_MAX TREE_ELEMENT_MOVED

#define LEAF_CELL_FIXED   2u
#define BRANCH_CELL_FIXED 12u
#define POS_BRANCH_SLOT   12u

#define NODE_SPACE (PAGE_SIZE - PAGE_HEADER_SIZE)

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define NODE_INLINE static inline __attribute__((always_inline))

struct slot {
    uint32_t head;
    uint16_t off;
    uint16_t klen;
} __attribute__((may_alias));
static_assert(sizeof(struct slot) == 8, "a slot is 8 bytes");

/* An entry that is to be put into a node. Of a key longer than KEY_INLINE_MAX the first
 * KEY_INLINE_MAX bytes are at `key`, and `run` is the page of the run that holds it all. */
struct entry {
    const uint8_t *key;
    uint32_t key_len;
    pgno run;
    uint16_t value_len;   /* leaf: with VALUE_SPILLED */
    const uint8_t *value; /* positional leaf: its bytes; keyed ones are filled in by the caller */
    pgno child;           /* branch */
    uint64_t count;
};

/* ---- bytes */

static inline uint16_t load_u16(const void *p) {
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static inline uint32_t load_u32(const void *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static inline uint64_t load_u64(const void *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static inline void store_u16(void *p, uint16_t v) { memcpy(p, &v, sizeof v); }
static inline void store_u32(void *p, uint32_t v) { memcpy(p, &v, sizeof v); }
static inline void store_u64(void *p, uint64_t v) { memcpy(p, &v, sizeof v); }

/* memcmp(a, b, n) == 0, inline for the lengths that prefixes and key ends have. */
static inline bool bytes_equal(const uint8_t *a, const uint8_t *b, size_t n) {
    if (n > 16) return memcmp(a, b, n) == 0;
    if (n >= 8)
        return ((load_u64(a) ^ load_u64(b)) | (load_u64(a + n - 8) ^ load_u64(b + n - 8))) == 0;
    if (n >= 4)
        return ((load_u32(a) ^ load_u32(b)) | (load_u32(a + n - 4) ^ load_u32(b + n - 4))) == 0;
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i]) return false;
    return true;
}

static inline void bytes_copy(uint8_t *to, const uint8_t *from, size_t n) {
    if (n > 16) {
        memcpy(to, from, n);
    } else if (n >= 8) {
        uint64_t first = load_u64(from), last = load_u64(from + n - 8);
        store_u64(to, first);
        store_u64(to + n - 8, last);
    } else if (n >= 4) {
        uint32_t first = load_u32(from), last = load_u32(from + n - 4);
        store_u32(to, first);
        store_u32(to + n - 4, last);
    } else {
        for (size_t i = 0; i < n; i++) to[i] = from[i];
    }
}

static inline uint32_t bytes_common(const uint8_t *a, const uint8_t *b, uint32_t n) {
    uint32_t i = 0;
    while (i < n && a[i] == b[i]) i++;
    return i;
}

/* The first 4 bytes as a big-endian number, zero padded. */
static inline uint32_t key_head(const uint8_t *key, size_t len) {
    if (likely(len >= KEY_HEAD_SIZE)) return __builtin_bswap32(load_u32(key));
    uint32_t head = 0;
    for (size_t i = 0; i < len; i++) head |= (uint32_t)key[i] << (24 - 8 * i);
    return head;
}

/* ---- parts of a page */

static inline bool node_is_branch(const struct page *page) { return page->level != 0; }
static inline bool type_is_positional(unsigned type) { return type >= PAGE_POS_BRANCH; }
static inline bool node_is_positional(const struct page *page) {
    return type_is_positional(page->type);
}

static inline uint32_t type_slot_size(unsigned type) {
    if (!type_is_positional(type)) return sizeof(struct slot);
    return type == PAGE_POS_LEAF ? sizeof(uint16_t) : POS_BRANCH_SLOT;
}

static inline const uint8_t *node_bytes(const struct page *page) { return (const uint8_t *)page; }
static inline const struct slot *node_slots(const struct page *page) {
    return (const struct slot *)(const void *)page->body;
}
static inline struct slot *node_slots_mut(struct page *page) {
    return (struct slot *)(void *)page->body;
}
static inline const uint8_t *node_prefix(const struct page *page) {
    return node_bytes(page) + PAGE_SIZE - page->prefix_len;
}
static inline const uint8_t *node_cell(const struct page *page, uint32_t slot) {
    if (page->type == PAGE_POS_LEAF)
        return node_bytes(page) + load_u16(page->body + slot * sizeof(uint16_t));
    return node_bytes(page) + node_slots(page)[slot].off;
}
static inline uint32_t node_slots_end(const struct page *page) {
    return PAGE_HEADER_SIZE + page->slots * type_slot_size(page->type);
}
/* Bytes between slots and cells, and with the holes among the cells. */
static inline uint32_t node_gap(const struct page *page) {
    return page->heap - node_slots_end(page);
}
static inline uint32_t node_free(const struct page *page) { return node_gap(page) + page->garbage; }

/* Key bytes in a cell: what lies behind prefix and head. */
static inline uint32_t key_rest_size(uint32_t prefix_len, uint32_t klen) {
    if (unlikely(klen == KEY_SPILLED)) return KEY_SPILL_SIZE + KEY_PREFIX_MAX - prefix_len;
    return klen > KEY_HEAD_SIZE ? klen - KEY_HEAD_SIZE : 0;
}
static inline uint32_t node_rest_size(const struct page *page, uint32_t slot) {
    return key_rest_size(page->prefix_len, node_slots(page)[slot].klen);
}
static inline uint32_t type_cell_fixed(unsigned type) {
    return type == PAGE_BRANCH ? BRANCH_CELL_FIXED : LEAF_CELL_FIXED;
}
/* Size of a cell of a type that has cells. */
static inline uint32_t node_cell_size(const struct page *page, uint32_t slot) {
    const uint8_t *cell = node_cell(page, slot);
    if (page->type == PAGE_BRANCH) return BRANCH_CELL_FIXED + node_rest_size(page, slot);
    uint32_t size = LEAF_CELL_FIXED + (load_u16(cell) & VALUE_LEN_MASK);
    return page->type == PAGE_LEAF ? size + node_rest_size(page, slot) : size;
}

static inline const uint8_t *node_link(const struct page *page, uint32_t slot) {
    if (page->type == PAGE_POS_BRANCH) return page->body + slot * POS_BRANCH_SLOT;
    return node_cell(page, slot);
}
static inline pgno node_child(const struct page *page, uint32_t slot) {
    return load_u32(node_link(page, slot));
}
static inline uint64_t node_below(const struct page *page, uint32_t slot) {
    return load_u64(node_link(page, slot) + 4);
}
static inline void node_set_child(struct page *page, uint32_t slot, pgno child) {
    store_u32((uint8_t *)node_link(page, slot), child);
}
static inline void node_set_below(struct page *page, uint32_t slot, uint64_t count) {
    store_u64((uint8_t *)node_link(page, slot) + 4, count);
}

static inline bool node_key_spilled(const struct page *page, uint32_t slot) {
    return !node_is_positional(page) && node_slots(page)[slot].klen == KEY_SPILLED;
}
/* The length and run of a spilled key. */
static inline uint32_t node_spill_len(const struct page *page, uint32_t slot) {
    return load_u32(node_cell(page, slot) + type_cell_fixed(page->type));
}
static inline pgno node_spill_run(const struct page *page, uint32_t slot) {
    return load_u32(node_cell(page, slot) + type_cell_fixed(page->type) + 4);
}

/* The value of a leaf entry as its cell has it. *len with its flags. */
static inline const uint8_t *node_value(const struct page *page, uint32_t slot, uint16_t *len) {
    const uint8_t *cell = node_cell(page, slot);
    *len = load_u16(cell);
    if (page->type == PAGE_LEAF) cell += node_rest_size(page, slot);
    return cell + LEAF_CELL_FIXED;
}

/* The whole value of a leaf entry, in `room` when it does not lie in one piece. (Used by who reads
 * spilled values too; they are never prefixed.) */
static inline void node_value_whole(const struct page *page, uint32_t slot,
                                    uint8_t room[VALUE_PREFIXED_MAX], struct tree_value *out) {
    uint16_t field;
    const uint8_t *data = node_value(page, slot, &field);
    out->data = data;
    out->len = field & VALUE_LEN_MASK;
    out->spilled = (field & VALUE_SPILLED) != 0;
    out->compressed = (field & VALUE_COMPRESSED) != 0;
    if (likely(!(field & VALUE_PREFIXED))) return;
    bytes_copy(room, node_prefix(page), page->prefix_len);
    bytes_copy(room + page->prefix_len, data, out->len);
    out->data = room;
    out->len += page->prefix_len;
}

/* Entries below a page: its slots, or the sum of what its slots tell. */
uint64_t node_total(const struct page *page);

/* ---- search (node_search.c has the rare cases) */

/* A result: slot << 1 | exact; or NODE_ERROR with the text noted (FERRITE_CORRUPT). */
#define NODE_ERROR (-1)

int node_find_outside(const struct page *page, uint32_t first, const uint8_t *key, size_t len);
int node_find_tie(struct pages *pages, const struct page *page, uint32_t lo, const uint8_t *key,
                  size_t len);

/* Order of two byte strings of n bytes. */
static inline int bytes_order(const uint8_t *a, const uint8_t *b, size_t n) {
    if (n >= 4 && n <= 8) {
        uint64_t x =
            (uint64_t)__builtin_bswap32(load_u32(a)) << 32 | __builtin_bswap32(load_u32(a + n - 4));
        uint64_t y =
            (uint64_t)__builtin_bswap32(load_u32(b)) << 32 | __builtin_bswap32(load_u32(b + n - 4));
        return (x > y) - (x < y);
    }
    return memcmp(a, b, n);
}

/* What a search knows about its page beforehand; constants, so that each use is compiled for
 * itself. */
enum node_find_kind {
    FIND_LEAF = 0,
    FIND_BRANCH = 1, /* slot 0 has no key */
    FIND_APPEND = 2  /* the key is likely to be greater than all */
};

/* Finds the first slot (of a branch: from 1 on) whose key is >= key. */
NODE_INLINE int node_find(struct pages *pages, const struct page *page, const unsigned kind,
                          const uint8_t *key, size_t len) {
    const uint32_t first = kind & FIND_BRANCH ? 1 : 0;
    const uint32_t prefix_len = page->prefix_len;
    if (prefix_len != 0 &&
        unlikely(len < prefix_len || !bytes_equal(key, node_prefix(page), prefix_len)))
        return node_find_outside(page, first, key, len);
    const uint8_t *suffix = key + prefix_len;
    const size_t suffix_len = len - prefix_len;
    const uint32_t head = key_head(suffix, suffix_len);
    const struct slot *slots = node_slots(page), *base = slots + first, *end = slots + page->slots;
    uint32_t n = page->slots - first;
    if (n == 0 || (kind & FIND_APPEND && end[-1].head < head)) return (int)(page->slots << 1);
    while (n > 1) {
        uint32_t half = n >> 1;
        base = base[half - 1].head < head ? base + half : base;
        n -= half;
    }
    base += base->head < head;
    const uint32_t at = (uint32_t)(base - slots);
    if (base == end || base->head != head) return (int)(at << 1);
    const uint32_t klen = base->klen;
    if (unlikely(klen == KEY_SPILLED)) return node_find_tie(pages, page, at, key, len);
    int order = 0;
    if (klen > KEY_HEAD_SIZE && suffix_len > KEY_HEAD_SIZE)
        order = bytes_order(suffix + KEY_HEAD_SIZE,
                            node_bytes(page) + base->off +
                                (kind & FIND_BRANCH ? BRANCH_CELL_FIXED : LEAF_CELL_FIXED),
                            (klen < suffix_len ? klen : suffix_len) - KEY_HEAD_SIZE);
    if (order == 0) {
        if (suffix_len == klen) return (int)(at << 1 | 1);
        order = suffix_len > klen ? 1 : -1;
    }
    if (order < 0) return (int)(at << 1);
    if (base + 1 == end || base[1].head != head) return (int)((at + 1) << 1);
    return node_find_tie(pages, page, at + 1, key, len);
}

/* The slot of the branch below which `key` belongs, or NODE_ERROR. */
NODE_INLINE int node_find_child(struct pages *pages, const struct page *page, const unsigned kind,
                                const uint8_t *key, size_t len) {
    int found = node_find(pages, page, FIND_BRANCH | kind, key, len);
    if (unlikely(found < 0)) return found;
    return (found >> 1) - !(found & 1);
}

/* ---- keys (node_search.c) */

/* Copies the known bytes (all, or the first KEY_INLINE_MAX of a spilled key) to `out`, which has
 * room for KEY_INLINE_MAX + 4; returns how many. *full_len is the key's length. */
uint32_t node_key(const struct page *page, uint32_t slot, uint8_t *out, uint32_t *full_len);

/* ---- changes (node_write.c); the page belongs to the transaction */

/* Puts the entry before `slot`. The value bytes of keyed pages are left to the caller to fill; the
 * result is their place. NULL: no room, nothing changed. A key that does not share the page's prefix
 * shortens the prefix when there is room for that. */
uint8_t *node_insert(struct page *page, uint32_t slot, const struct entry *entry);
/* Takes a slot out. (A branch's slot 0: use node_drop_first.) */
void node_delete(struct page *page, uint32_t slot);
/* Takes slot 0 of a branch out; the next one loses its key. The branch has two slots or more. */
void node_drop_first(struct page *page);
/* Moves `count` slots from `first` on to another page of the same type and prefix, before its slot
 * `at`. It has room. */
void node_move(struct page *from, uint32_t first, uint32_t count, struct page *to, uint32_t at);
/* Keyed: changes the length of a value, keeping its first min(old, new) bytes; returns the place, NULL: no
 * room. */
uint8_t *node_resize(struct page *page, uint32_t slot, uint16_t value_len);
/* Closes the holes. */
void node_compact(struct page *page);
/* Closes the holes and leaves the cell of slot `skip` out. */
void node_compact_without(struct page *page, uint32_t skip);
/* Bytes that an entry, with its slot, takes in this page. */
uint32_t node_entry_size(const struct page *page, const struct entry *entry);
/* Cell size of an entry in a page of this type and prefix; in a sequence: whole. */
uint32_t entry_cell_size(unsigned type, uint32_t prefix_len, const struct entry *entry);
/* Writes slot (keyed types) and cell, except the value's bytes. */
void entry_encode(unsigned type, uint32_t prefix_len, const struct entry *entry, struct slot *slot,
                  uint8_t *cell);

/* ---- elements of a sequence (node_sequence.c) */

/* The length field that the element's cell would have in this page. */
uint16_t element_field(const struct page *page, const struct entry *entry);
/* As node_insert. */
uint8_t *element_insert(struct page *page, uint32_t slot, const struct entry *entry);
/* Puts another element in a slot's place. False: no room; the old one is still there. */
bool element_replace(struct page *page, uint32_t slot, const struct entry *entry);
/* An empty leaf that is to hold the entry takes over its neighbour's prefix. */
void sequence_begin_prefix(struct page *page, const struct page *neighbour,
                           const struct entry *entry);

#endif
