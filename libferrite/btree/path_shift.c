/*
 * path_shift.c - shifting entries between a full page and a sibling with room, so that no split is
 * needed.
 *
 * Leaves with the same prefix hand a few entries over as they are; that is the common case, and
 * most of the work of filling a tree in random order. All others are gathered and laid out anew.
 *
 * Called by path_edit.c, with the path owned.
 */
#include "keyrun.h"
#include "path_edit.h"

/* A sibling takes entries when it has this much room. */
#define SHIFT_ROOM (NODE_SPACE / 6)

struct shift {
    struct page *page, *parent;
    const struct page *sibling; /* as it was read */
    uint32_t sibling_slot;      /* in the parent */
    uint32_t right_slot;        /* of the right one of the two */
    bool sibling_right;
    struct page *left, *right; /* once both are the transaction's own */
};

void edit_gather(struct spread *spread, const struct page *page, uint32_t first,
                 const struct edit *edit) {
    spread_add_page(spread, page);
    spread_add_slots(spread, page, first, edit->from);
    for (uint32_t i = 0; i < edit->add; i++) spread_add_entry(spread, &edit->entries[i]);
    spread_add_slots(spread, page, edit->from, page->slots);
}

int edit_separator(struct tree_cursor *c, const struct spread *spread, uint32_t cut,
                   const struct page *left, const struct page *right, struct edit *edit) {
    struct entry *entry = &edit->entries[0];
    *entry = (struct entry){.child = right->pgno, .count = node_total(right)};
    if (node_is_positional(right)) return FERRITE_OK;
    if (right->type == PAGE_LEAF)
        return separator_make(c->pages, c->tree->tag, left, right, edit->keys[0], entry);
    entry->key = edit->keys[0];
    spread_key(spread, cut, edit->keys[0], &entry->key_len, &entry->run);
    return FERRITE_OK;
}

/* Both siblings' headers are fetched at once, before either is looked at. */
static void siblings_prefetch(const struct pages *pages, const struct page *parent, uint32_t at) {
    for (uint32_t k = at > 0 ? at - 1 : at + 1; k <= at + 1 && k < parent->slots; k += 2) {
        const pgno no = node_child(parent, k);
        if (no < pages->table_len)
            __builtin_prefetch(atomic_load_explicit(&pages->table[no], memory_order_acquire));
    }
}

/* The sibling with more room, if it has enough; else shift->sibling stays NULL. */
static int sibling_choose(struct tree_cursor *c, int depth, struct shift *shift) {
    const uint32_t at = c->path[depth - 1].slot;
    uint32_t room = SHIFT_ROOM - 1;
    siblings_prefetch(c->pages, shift->parent, at);
    for (int side = 0; side < 2; side++) {
        if (side == 0 ? at == 0 : at + 1 >= shift->parent->slots) continue;
        const uint32_t k = side == 0 ? at - 1 : at + 1;
        const struct page *page = tree_child_page(c->pages, shift->parent, k);
        if (page == NULL) return FERRITE_CORRUPT;
        if (page->pgno == shift->page->pgno)
            return error_set(FERRITE_CORRUPT, "page %u: linked twice", page->pgno);
        if (node_free(page) <= room) continue;
        room = node_free(page);
        shift->sibling = page;
        shift->sibling_slot = k;
        shift->sibling_right = side == 1;
        shift->right_slot = side == 1 ? k : at;
    }
    return FERRITE_OK;
}

/* Makes the sibling the transaction's own. */
static int sibling_own(struct tree_cursor *c, struct shift *shift) {
    const pgno no = shift->sibling->pgno;
    struct page *own;
    int rc = page_write(c->pages, shift->sibling, &own);
    if (rc != FERRITE_OK) return rc;
    if (own->pgno != no) node_set_child(shift->parent, shift->sibling_slot, own->pgno);
    shift->left = shift->sibling_right ? shift->page : own;
    shift->right = shift->sibling_right ? own : shift->page;
    return FERRITE_OK;
}

/* ---- a few entries as they are */

struct few {
    uint32_t count; /* entries of the page that go over */
    uint32_t bytes; /* with their slots, and with the new entry if that goes too */
    uint32_t need;  /* of the new entry */
    bool new_too;
};

static bool same_encoding(const struct page *page, const struct page *sibling,
                          const struct entry *entry) {
    const uint32_t prefix_len = page->prefix_len;
    if (node_is_branch(page) || sibling->prefix_len != prefix_len) return false;
    if (prefix_len == 0) return true;
    if (memcmp(node_prefix(page), node_prefix(sibling), prefix_len) != 0) return false;
    return node_is_positional(page) ||
           (entry->key_len >= prefix_len && memcmp(node_prefix(page), entry->key, prefix_len) == 0);
}

/* From the page's end next to the sibling, until both would be about as full. */
static bool few_choose(const struct shift *shift, const struct edit *edit, struct few *few) {
    const struct page *page = shift->page;
    const uint32_t slot_size = type_slot_size(page->type), room = node_free(shift->sibling);
    *few = (struct few){0};
    few->need = node_entry_size(page, &edit->entries[0]);
    if (room + few->need <= node_free(page)) return false;
    const uint32_t half = (room + few->need - node_free(page)) / 2;
    while (few->count + 1 < page->slots) {
        const uint32_t i = shift->sibling_right ? page->slots - 1u - few->count : few->count;
        const bool is_new = !few->new_too && edit->from == i + shift->sibling_right;
        const uint32_t size = is_new ? few->need : node_cell_size(page, i) + slot_size;
        if (few->bytes + size / 2 > half) break;
        few->bytes += size;
        if (is_new)
            few->new_too = true;
        else
            few->count++;
    }
    if (few->count == 0 || few->bytes > room) return false;
    return few->new_too || node_free(page) + few->bytes >= few->need;
}

static int few_shift(struct tree_cursor *c, struct shift *shift, const struct edit *edit,
                     const struct few *few) {
    int rc = sibling_own(c, shift);
    if (rc != FERRITE_OK) return rc;
    struct page *page = shift->page, *to = shift->sibling_right ? shift->right : shift->left;
    const uint32_t kept = page->slots - few->count, had = to->slots;
    node_move(page, shift->sibling_right ? kept : 0, few->count, to,
              shift->sibling_right ? 0 : had);
    uint32_t at = edit->from; /* in the row of both pages */
    if (shift->sibling_right)
        at -= few->new_too ? kept : 0;
    else
        at = few->new_too ? at + had : at - few->count;
    if (node_insert(few->new_too ? to : page, at, &edit->entries[0]) != NULL) return FERRITE_OK;
    return error_set(FERRITE_CORRUPT, "page %u: wrong space accounting", page->pgno);
}

/* ---- all entries anew */

static void gather_siblings(struct spread *spread, const struct shift *shift,
                            const struct edit *edit) {
    const struct page *page = shift->page, *sibling = shift->sibling;
    const uint32_t keyless = page->type == PAGE_BRANCH;
    if (shift->sibling_right) {
        edit_gather(spread, page, 0, edit);
        if (keyless) spread_add_keyless(spread, sibling, shift->parent, shift->right_slot);
        spread_add_page(spread, sibling);
        spread_add_slots(spread, sibling, keyless, sibling->slots);
        return;
    }
    spread_add_page(spread, sibling);
    spread_add_slots(spread, sibling, 0, sibling->slots);
    if (keyless) spread_add_keyless(spread, page, shift->parent, shift->right_slot);
    edit_gather(spread, page, keyless, edit);
}

/* The parent's part: counts, and the key between the two. */
static int shift_finish(struct tree_cursor *c, const struct shift *shift,
                        const struct spread *spread, uint32_t cut, struct edit *edit) {
    int rc = FERRITE_OK;
    node_set_below(shift->parent, shift->right_slot - 1, node_total(shift->left));
    node_set_below(shift->parent, shift->right_slot, node_total(shift->right));
    edit->add = edit->remove = 0;
    if (node_is_positional(shift->page)) return FERRITE_OK;
    if (shift->page->type == PAGE_LEAF)
        rc = keyrun_free_slot(c->pages, shift->parent, shift->right_slot);
    if (rc == FERRITE_OK) rc = edit_separator(c, spread, cut, shift->left, shift->right, edit);
    edit->from = shift->right_slot;
    edit->add = edit->remove = 1;
    return rc;
}

static __attribute__((noinline)) int shift_anew(struct tree_cursor *c, struct shift *shift,
                                                struct edit *edit, bool *done) {
    struct spread spread;
    spread_init(&spread, shift->page->type);
    gather_siblings(&spread, shift, edit);
    const uint32_t cut = spread_balanced_cut(&spread);
    if (!spread_cut_fits(&spread, cut)) return FERRITE_OK;
    int rc = sibling_own(c, shift);
    if (rc != FERRITE_OK) return rc;
    spread_lay(&spread, 0, cut, shift->left);
    spread_lay(&spread, cut, spread.count, shift->right);
    *done = true;
    return shift_finish(c, shift, &spread, cut, edit);
}

int page_shift(struct tree_cursor *c, int depth, struct edit *edit, bool *done) {
    struct shift shift = {.page = path_page(c, depth), .parent = path_page(c, depth - 1)};
    struct few few;
    *done = false;
    int rc = sibling_choose(c, depth, &shift);
    if (rc != FERRITE_OK || shift.sibling == NULL) return rc;
    if (edit->add != 1 || !same_encoding(shift.page, shift.sibling, &edit->entries[0]) ||
        !few_choose(&shift, edit, &few))
        return shift_anew(c, &shift, edit, done);
    *done = true;
    rc = few_shift(c, &shift, edit, &few);
    return rc == FERRITE_OK ? shift_finish(c, &shift, NULL, 0, edit) : rc;
}
