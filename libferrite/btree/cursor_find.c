/*
 * cursor_find.c - looking for a value in a sequence, entry by entry.
 *
 * A leaf at a time, without the calls that cursor_value and cursor_next would be for each entry.
 * Called by the types layer through tree.h. Thread rule: a cursor belongs to one thread.
 */
#include "cursor.h"

/* One of the two ways in which a leaf may hold the value: whole, or what lies behind the leaf's prefix. */
struct form {
    uint32_t field;      /* the cell's length field; FIELD_NONE, which no cell has: not in this leaf */
    int at;              /* from the cell on: where the 4 bytes lie with which it ends */
    uint32_t tail, mask; /* those: values often differ there alone. Before a short cell they are not known */
};

struct sought {
    const uint8_t *value;
    uint32_t len;
    struct form whole, prefixed; /* prefixed: in the leaf at hand */
};

#define FIELD_NONE 0x10000u

static struct form form_make(const struct sought *sought, uint32_t field) {
    const uint32_t len = field & VALUE_LEN_MASK, known = len < 4 ? len : 4;
    struct form form = {field, (int)(LEAF_CELL_FIXED + len) - 4, 0, UINT32_MAX};
    uint8_t cell[2 + LEAF_CELL_FIXED + 4] = {0};
    store_u16(cell + 2, (uint16_t)field);
    memcpy(cell + 2 + LEAF_CELL_FIXED, sought->value + sought->len - known, known);
    form.tail = load_u32(cell + known);
    if (len < 2) form.mask <<= 8 * (2 - len);
    form.tail &= form.mask;
    return form;
}

static inline bool form_meets(const struct form *form, const struct sought *sought,
                              const uint8_t *cell) {
    if (likely((load_u32(cell + form->at) & form->mask) != form->tail)) return false;
    const uint32_t len = form->field & VALUE_LEN_MASK;
    return bytes_equal(cell + LEAF_CELL_FIXED, sought->value + sought->len - len, len);
}

static void sought_enter_leaf(struct sought *sought, const struct page *leaf) {
    const struct entry entry = {.value = sought->value, .value_len = (uint16_t)sought->len};
    const uint16_t field = element_field(leaf, &entry);
    sought->prefixed.field = FIELD_NONE;
    if (field & VALUE_PREFIXED) sought->prefixed = form_make(sought, field);
}

/* How many of `count` slots do not hold the value before one that does. */
static inline __attribute__((always_inline)) uint32_t
slots_pass(const struct page *leaf, uint32_t slot, uint32_t count, const int step,
           const struct sought *sought) {
    const struct form whole = sought->whole, prefixed = sought->prefixed;
    const uint8_t *off = leaf->body + slot * sizeof(uint16_t);
    for (uint32_t i = 0; i < count; i++, off += step * (int)sizeof(uint16_t)) {
        const uint8_t *cell = node_bytes(leaf) + load_u16(off);
        const uint32_t field = load_u16(cell);
        if (field == prefixed.field ? form_meets(&prefixed, sought, cell)
                                    : field == whole.field && form_meets(&whole, sought, cell))
            return i;
    }
    return count;
}

/* From the cursor's slot on within its leaf. *passed: slots that did not hold it. */
static bool leaf_find(const struct tree_cursor *c, bool forward, struct sought *sought,
                      uint64_t max, uint64_t *passed) {
    const struct page *leaf = c->path[c->depth - 1].page;
    const uint32_t slot = c->path[c->depth - 1].slot;
    uint32_t here = forward ? leaf->slots - slot : slot + 1u;
    if (here > max) here = (uint32_t)max;
    sought_enter_leaf(sought, leaf);
    *passed = forward ? slots_pass(leaf, slot, here, 1, sought)
                      : slots_pass(leaf, slot, here, -1, sought);
    return *passed < here;
}

/* Moves over entries of this leaf, and from its edge to the next leaf. */
static int leaf_pass(struct tree_cursor *c, bool forward, uint64_t count) {
    uint32_t *slot = &c->path[c->depth - 1].slot;
    if (count == 0) return FERRITE_OK;
    *slot += forward ? (uint32_t)count - 1 : 1 - (uint32_t)count;
    return forward ? cursor_next(c) : cursor_prev(c);
}

int cursor_find(struct tree_cursor *c, bool forward, const void *value, uint32_t len, uint64_t max,
                uint64_t *passed, bool *found) {
    struct sought sought = {.value = len > 0 ? value : "", .len = len};
    sought.whole = form_make(&sought, len);
    if (len > VALUE_LEN_MASK) sought.whole.field = FIELD_NONE;
    *passed = 0;
    *found = false;
    int rc = cursor_settle(c);
    while (rc == FERRITE_OK && c->valid && *passed < max && !*found) {
        uint64_t here;
        *found = leaf_find(c, forward, &sought, max - *passed, &here);
        *passed += here;
        if (*found)
            c->path[c->depth - 1].slot += forward ? (uint32_t)here : 0 - (uint32_t)here;
        else
            rc = leaf_pass(c, forward, here);
    }
    return rc;
}
