/*
 * spread_sequence.c - laying positional leaves out: which beginning their elements share, and the
 * page that keeps it once. See node_sequence.c.
 *
 * A prefix that a page has already is kept as long as it does not make the page larger; a new one
 * must save an eighth of the bytes at hand, since elements behind a prefix are copied by who reads
 * them. So a page never needs more room than its elements took before, and a cut of it always fits.
 *
 * Pure memory work, called through spread_lay and spread_fits, and by path_edit.c.
 */
#include "spread.h"

#define WORTH_PART  8u
#define WORTH_SPACE (NODE_SPACE / WORTH_PART)
#define SAMPLE      8u

/* An element in its two parts. */
struct element {
    const uint8_t *head, *rest;
    uint32_t head_len, rest_len;
    uint16_t flags; /* of the length field, but VALUE_PREFIXED */
    bool whole;     /* too long for a prefix, or no plain bytes */
};

static inline void element_get(const struct spread *spread, uint32_t i, struct element *e) {
    const struct item *item = &spread->items[i];
    const uint8_t *source = spread->source[item->source], *cell = source + item->off;
    const uint16_t field = load_u16(cell);
    e->rest = cell + LEAF_CELL_FIXED;
    e->rest_len = field & VALUE_LEN_MASK;
    e->head_len = field & VALUE_PREFIXED ? spread->prefix_len[item->source] : 0;
    e->head = source + PAGE_SIZE - e->head_len;
    e->flags = field & (uint16_t) ~(VALUE_PREFIXED | VALUE_LEN_MASK);
    e->whole = e->flags != 0 || e->head_len + e->rest_len > VALUE_PREFIXED_MAX;
}

/* How many of the first `len` bytes the element begins with. */
static inline uint32_t element_common(const struct element *e, const uint8_t *bytes, uint32_t len) {
    uint32_t n = e->head_len < len ? e->head_len : len;
    if (n > 0 && !bytes_equal(e->head, bytes, n)) return bytes_common(e->head, bytes, n);
    const uint32_t left = len - n < e->rest_len ? len - n : e->rest_len;
    return n + bytes_common(e->rest, bytes + n, left);
}

static uint32_t element_copy(const struct element *e, uint8_t *out) {
    bytes_copy(out, e->head, e->head_len);
    bytes_copy(out + e->head_len, e->rest, e->rest_len);
    return e->head_len + e->rest_len;
}

static bool element_fits_prefix(const struct element *e, const struct shared *shared) {
    return shared->len != 0 && !e->whole &&
           element_common(e, shared->bytes, shared->len) == shared->len;
}

/* What a source's prefix saves; false: it costs more, or no item begins with it. */
static bool source_prefix(const struct spread *spread, uint32_t from, uint32_t to, uint32_t source,
                          struct shared *out) {
    struct element e;
    uint32_t alike = 0;
    *out = (struct shared){.len = spread->prefix_len[source], .source = source};
    if (out->len == 0 || out->len > VALUE_PREFIXED_MAX) return false;
    memcpy(out->bytes, spread->source[source] + PAGE_SIZE - out->len, out->len);
    for (uint32_t i = from; i < to; i++) {
        element_get(spread, i, &e);
        alike += element_fits_prefix(&e, out);
    }
    if (alike == 0) return false;
    out->saved = (alike - 1) * out->len;
    return true;
}

/* What all elements begin with that may have a prefix. False when it would not save `least` bytes. */
static bool common_prefix(const struct spread *spread, uint32_t from, uint32_t to, uint32_t least,
                          struct shared *out) {
    struct element e;
    uint32_t i = from, alike = 0;
    *out = (struct shared){.source = SPREAD_FRESH};
    for (; i < to && alike == 0; i++) {
        element_get(spread, i, &e);
        if (e.whole) continue;
        out->len = element_copy(&e, out->bytes);
        alike++;
    }
    for (; i < to; i++) {
        if (out->len * (alike - 1 + to - i) < least) return false;
        element_get(spread, i, &e);
        if (e.whole) continue;
        out->len = element_common(&e, out->bytes, out->len);
        alike++;
    }
    out->saved = alike > 0 ? (alike - 1) * out->len : 0;
    return out->len > 0 && out->saved >= least;
}

void sequence_prefix(const struct spread *spread, uint32_t from, uint32_t to,
                     struct shared *shared) {
    struct shared other;
    uint32_t bytes = 0;
    *shared = (struct shared){.source = SPREAD_FRESH};
    for (uint32_t s = 0; s < spread->sources; s++)
        if (source_prefix(spread, from, to, s, &other) && other.saved >= shared->saved)
            *shared = other;
    for (uint32_t i = from; i < to; i++) bytes += spread_weight(spread, i);
    if (common_prefix(spread, from, to, shared->saved + bytes / WORTH_PART + 1, &other))
        *shared = other;
}

uint32_t sequence_size(const struct spread *spread, uint32_t from, uint32_t to,
                       const struct shared *shared) {
    uint32_t size = 0;
    for (uint32_t i = from; i < to; i++)
        size += spread_weight(spread, i) +
                (load_u16(spread->source[spread->items[i].source] + spread->items[i].off) &
                         VALUE_PREFIXED
                     ? spread->prefix_len[spread->items[i].source]
                     : 0);
    return size - shared->saved;
}

void sequence_build(const struct spread *spread, uint32_t from, uint32_t to,
                    const struct shared *shared, struct page *page) {
    uint8_t *bytes = (uint8_t *)page, room[TREE_VALUE_MAX];
    uint32_t heap = PAGE_SIZE - shared->len;
    assert(page->type == PAGE_POS_LEAF && to > from);
    assert(sequence_size(spread, from, to, shared) <= NODE_SPACE);
    memcpy(bytes + heap, shared->bytes, shared->len);
    for (uint32_t i = from; i < to; i++) {
        struct element e;
        element_get(spread, i, &e);
        const bool prefixed = element_fits_prefix(&e, shared);
        const uint32_t skip = prefixed ? shared->len : 0;
        const uint32_t len = element_copy(&e, room) - skip;
        heap -= LEAF_CELL_FIXED + len;
        store_u16(bytes + heap, (uint16_t)(len | e.flags | (prefixed ? VALUE_PREFIXED : 0)));
        bytes_copy(bytes + heap + LEAF_CELL_FIXED, room + skip, len);
        store_u16(page->body + (i - from) * sizeof(uint16_t), (uint16_t)heap);
    }
    page->heap = (uint16_t)heap;
    page->slots = (uint16_t)(to - from);
    page->garbage = 0;
    page->prefix_len = (uint16_t)shared->len;
}

/* A look at a few elements tells whether it is worth while to look at all of them. */
static bool renewal_promises(const struct page *page) {
    uint8_t room[VALUE_PREFIXED_MAX], first[VALUE_PREFIXED_MAX];
    struct tree_value value;
    uint32_t common = 0, seen = 0, prefixed = 0;
    for (uint32_t i = 0; i < SAMPLE; i++) {
        const uint32_t slot = i * (page->slots - 1u) / (SAMPLE - 1);
        prefixed += (load_u16(node_cell(page, slot)) & VALUE_PREFIXED) != 0;
        node_value_whole(page, slot, room, &value);
        if (value.spilled || value.compressed || value.len > VALUE_PREFIXED_MAX) continue;
        if (seen++ == 0) bytes_copy(first, value.data, common = value.len);
        common = bytes_common(value.data, first, common < value.len ? common : value.len);
    }
    return page->slots * (common * seen - page->prefix_len * prefixed) / SAMPLE >= WORTH_SPACE &&
           common * seen > page->prefix_len * prefixed;
}

static __attribute__((noinline)) bool renew_prefix(struct page *page) {
    struct spread spread;
    struct shared shared;
    spread_init(&spread, page->type);
    spread_add_page(&spread, page);
    spread_add_slots(&spread, page, 0, page->slots);
    sequence_prefix(&spread, 0, spread.count, &shared);
    const uint32_t size = sequence_size(&spread, 0, spread.count, &shared);
    if (size + WORTH_SPACE > NODE_SPACE - node_free(page)) return false;
    sequence_build(&spread, 0, spread.count, &shared, page);
    return true;
}

bool sequence_renew_prefix(struct page *page) {
    return page->slots >= 2 && renewal_promises(page) && renew_prefix(page);
}
