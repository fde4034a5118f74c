/*
 * cursor_find.c - looking for a value in a sequence, entry by entry.
 *
 * A leaf at a time, without the calls that cursor_value and cursor_next would be for each entry.
 * Called by the types layer through tree.h. Thread rule: a cursor belongs to one thread.
 */
#include "cursor.h"

struct sought {
    const uint8_t *value;
    uint32_t len;
    uint64_t tail; /* its last 8 bytes, when it has so many: values often differ there alone */
    /* In the leaf at hand: the length field with which it would lie behind the prefix; a field that
     * no cell has when it does not begin with the prefix. */
    uint32_t prefixed;
};

#define FIELD_NONE 0x10000u

/* The last `len` bytes of the value sought. */
static inline bool ends_alike(const uint8_t *bytes, uint32_t len, const struct sought *sought) {
    if (len >= 8 && load_u64(bytes + len - 8) != sought->tail) return false;
    return bytes_equal(bytes, sought->value + sought->len - len, len);
}

static inline bool slot_holds(const struct page *leaf, uint32_t slot, const struct sought *sought) {
    const uint8_t *cell = node_bytes(leaf) + load_u16(leaf->body + slot * sizeof(uint16_t));
    const uint32_t field = load_u16(cell);
    if (field != sought->len && field != sought->prefixed) return false;
    return ends_alike(cell + LEAF_CELL_FIXED, field & VALUE_LEN_MASK, sought);
}

static void sought_enter_leaf(struct sought *sought, const struct page *leaf) {
    const struct entry entry = {.value = sought->value, .value_len = (uint16_t)sought->len};
    const uint16_t field = element_field(leaf, &entry);
    sought->prefixed = field & VALUE_PREFIXED ? field : FIELD_NONE;
}

/* From the cursor's slot on within its leaf. *passed: slots that did not hold it. */
static bool leaf_find(const struct tree_cursor *c, bool forward, struct sought *sought,
                      uint64_t max, uint64_t *passed) {
    const struct page *leaf = c->path[c->depth - 1].page;
    sought_enter_leaf(sought, leaf);
    uint32_t slot = c->path[c->depth - 1].slot;
    uint64_t here = forward ? leaf->slots - slot : slot + 1u;
    if (here > max) here = max;
    for (*passed = 0; *passed < here; ++*passed) {
        if (slot_holds(leaf, slot, sought)) return true;
        slot += forward ? 1u : (uint32_t)-1;
    }
    return false;
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
    struct sought sought = {len > 0 ? value : "", len, 0, FIELD_NONE};
    if (len >= 8) sought.tail = load_u64(sought.value + len - 8);
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
