/*
 * plain_collections.c - the elements of collections, as docs/FORMAT.md describes them; see plain_reader.h.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "plain_reading.h"

enum { LIST = 2, SET = 3, ZSET = 4, HASH = 5 };

/* The collection at hand. */
struct elements {
    struct plain_bytes key;
    unsigned type;
    bool moments;                            /* a hash some of whose fields expire */
    uint64_t met, timed;                     /* elements, and those of them with a moment */
    int64_t first;                           /* the earliest of these */
    struct plain_bytes before, timed_before; /* keys met last, to see the order */
};

static void give(struct reading *reading, struct plain_element *element) {
    struct elements *elements = reading->elements;
    element->type = elements->type;
    element->index = elements->met++;
    if (element->moment != 0) {
        elements->timed++;
        if (elements->first == 0 || element->moment < elements->first)
            elements->first = element->moment;
    }
    reading->visitor->element(reading->visitor->ctx, reading->db, elements->key, element);
}

/* Items stand in the order of memcmp, a prefix before what it begins. */
static void order_check(struct plain_bytes *before, struct plain_bytes item) {
    size_t n = before->len < item.len ? before->len : item.len;
    int order = before->data ? memcmp(before->data, item.data, n) : -1;
    cr_assert(order < 0 || (order == 0 && before->len < item.len), "items out of order");
    free(before->data);
    *before = (struct plain_bytes){NULL, 0};
    plain_bytes_add(before, item.data, item.len);
}

static double score_of(const unsigned char *pair) {
    uint64_t bits = big_u64(pair);
    bits = bits >> 63 ? bits ^ 1ull << 63 : ~bits;
    double score;
    memcpy(&score, &bits, 8);
    return score;
}

/* ---- packed ---- */

static struct plain_bytes item_next(const unsigned char **at, bool *compressed) {
    size_t len = 0;
    for (unsigned shift = 0;; shift += 7) {
        len |= (size_t)(**at & 0x7F) << shift;
        if (!(*(*at)++ & 0x80)) break;
    }
    *compressed = (len & 0x2000) != 0;
    len &= 0x1FFF;
    struct plain_bytes item = {(unsigned char *)*at, len};
    *at += len;
    return item;
}

static void packed_read(struct reading *reading, const unsigned char *at,
                        const unsigned char *end) {
    struct elements *elements = reading->elements;
    while (at < end) {
        bool compressed, plainly;
        struct plain_element element = {.item = item_next(&at, &compressed)};
        if (elements->type == LIST) {
            element.value = element.item;
        } else {
            cr_assert_not(compressed, "only values are");
            order_check(&elements->before, element.item);
        }
        if (elements->type == HASH) element.value = item_next(&at, &compressed);
        if (compressed)
            element.value = plain_form_read(reading, element.value.data, element.value.len, false);
        if (elements->moments) {
            struct plain_bytes moment = item_next(&at, &plainly);
            cr_assert_not(plainly);
            cr_assert(moment.len == 0 || moment.len == 8);
            if (moment.len == 8) element.moment = (int64_t)u64(moment.data);
        }
        if (elements->type == ZSET) {
            element.score = score_of(element.item.data);
            element.item = (struct plain_bytes){element.item.data + 8, element.item.len - 8};
        }
        give(reading, &element);
        if (compressed) free(element.value.data);
    }
    cr_assert(at == end, "the last item ends with the record");
}

/* ---- trees ---- */

/* A list's element: with the page's prefix before it, or a blob, or as it is. */
static void list_leaf(struct reading *reading, const unsigned char *page, unsigned slot) {
    cr_assert_eq(page[4], 5, "a positional leaf");
    const unsigned char *cell = page + u16(page + 32 + 2 * slot);
    const unsigned field = u16(cell), len = field & 0x7FF, prefix = u16(page + 24);
    struct plain_element element = {.moment = 0};
    if (field & 0x4000) {
        element.value = plain_form_read(reading, cell + 2, len, (field & 0x8000) != 0);
    } else if (field & 0x8000) {
        element.value = plain_blob_read(reading, cell + 2);
    } else {
        if (field & 0x2000) plain_bytes_add(&element.value, page + PAGE - prefix, prefix);
        cr_assert(!(field & 0x2000) || (prefix > 0 && prefix + len <= 128));
        plain_bytes_add(&element.value, cell + 2, len);
    }
    give(reading, &element);
    free(element.value.data);
}

/* A field's value, or a member's score: what stands behind the key in the leaf. */
static void keyed_leaf(struct reading *reading, const unsigned char *page, unsigned slot) {
    struct elements *elements = reading->elements;
    const unsigned field = u16(page + u16(page + 32 + 8 * slot + 4));
    const unsigned char *value, *end;
    struct plain_element element = {.item = plain_key_read(reading, page, slot, &value)};
    end = value + (field & 0x7FF);
    if (elements->type == HASH) {
        const unsigned flags = *value++;
        const bool expires = flags & 1;
        cr_assert_leq(flags, 3);
        cr_assert(!expires || elements->moments);
        if (expires) element.moment = (int64_t)u64(value);
        value += expires ? 8 : 0;
        if (flags & 2)
            element.value = plain_form_read(reading, value, (size_t)(end - value), field >> 15);
        else if (field & 0x8000)
            element.value = plain_blob_read(reading, value);
        else
            plain_bytes_add(&element.value, value, (size_t)(end - value));
    } else if (elements->type == ZSET) {
        cr_assert_eq(end - value, 8);
        element.score = score_of(value);
    } else {
        cr_assert_eq(value, end, "a member has no value");
    }
    order_check(&elements->before, element.item);
    give(reading, &element);
    free(element.value.data);
    free(element.item.data);
}

/* Tree 1: pairs of a sorted set, moments and fields of a hash. */
static void second_leaf(struct reading *reading, const unsigned char *page, unsigned slot) {
    struct elements *elements = reading->elements;
    const unsigned char *value;
    struct plain_bytes key = plain_key_read(reading, page, slot, &value);
    cr_assert_eq(u16(page + u16(page + 32 + 8 * slot + 4)), 0, "the value is empty");
    order_check(&elements->timed_before, key);
    if (elements->type == HASH)
        cr_assert_geq(timed_moment(key.data), elements->first, "a moment that no field has");
    free(key.data);
}

static uint64_t root_walk(struct reading *reading, const unsigned char *root, leaf_fn *fn) {
    cr_assert_eq(u16(root + 4) & 1, fn == list_leaf, "positional");
    cr_assert_eq(u16(root + 6), 0x0400, "tag");
    uint64_t entries = u32(root) ? plain_tree_walk(reading, u32(root), -1, fn) : 0;
    cr_assert_eq(entries, u64(root + 8), "entries of a collection");
    return entries;
}

static void trees_read(struct reading *reading, const unsigned char *roots, unsigned count) {
    struct elements *elements = reading->elements;
    root_walk(reading, roots, elements->type == LIST ? list_leaf : keyed_leaf);
    if (count < 2) return;
    const uint64_t second = root_walk(reading, roots + 16, second_leaf);
    cr_assert_eq(second, elements->type == ZSET ? elements->met : elements->timed);
}

void plain_collection(struct reading *reading, const struct plain_record *record, unsigned header) {
    const unsigned head = record->at[0];
    const unsigned char *at = record->at + header, *end = record->at + record->len;
    struct elements elements = {
        .key = record->key, .type = head & 0x07, .moments = (head & 0x80) != 0};
    const bool packed = !(head & 0x40);
    cr_assert(elements.type >= LIST && elements.type <= HASH, "type %u", elements.type);
    cr_assert(!elements.moments || elements.type == HASH);
    const int64_t first = elements.moments ? (int64_t)u64(at) : 0;
    at += elements.moments ? 8 : 0;
    const unsigned trees = elements.type == ZSET || elements.moments ? 2 : 1;
    if (!packed) cr_assert_eq(end - at, 16 * trees + 4, "roots and a counter");
    reading->elements = &elements;
    reading->visitor->collection(reading->visitor->ctx, reading->db, record->key, packed, first,
                                 packed ? 0 : u32(end - 4));
    if (packed)
        packed_read(reading, at, end);
    else
        trees_read(reading, at, trees);
    cr_assert_eq(elements.first, first, "the first moment");
    free(elements.before.data);
    free(elements.timed_before.data);
}
