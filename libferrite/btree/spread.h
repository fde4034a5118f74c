/*
 * spread.h - entries of one or two neighbouring pages in a row, to be laid out anew.
 *
 * Splitting, shifting entries between siblings, merging and changing a page's prefix are all the
 * same act: gather the entries (and new ones among them), decide which go where, and build the
 * pages. The gathered pages are copied, so that they may be built over in place.
 *
 * Used by node_write.c and the path_*.c files. A spread is big (about 40 KiB): one at a time on the
 * stack.
 */
#ifndef FERRITE_BTREE_SPREAD_H
#define FERRITE_BTREE_SPREAD_H

#include "node.h"

/* The most slots a page can have: positional leaf entries of no bytes. */
#define SPREAD_PAGE_SLOTS (NODE_SPACE / (sizeof(uint16_t) + LEAF_CELL_FIXED))
#define SPREAD_ITEMS      (2 * SPREAD_PAGE_SLOTS + 3)
#define SPREAD_SOURCES    3u
#define SPREAD_FRESH      2u /* the source that holds new entries, with an empty prefix */

/* One entry as it lies in a source; positional branches have len POS_BRANCH_SLOT and no slot. */
struct item {
    uint32_t head;
    uint16_t klen;
    uint16_t off;
    uint16_t len;
    uint8_t source;
};

struct spread {
    uint8_t type;
    uint8_t sources; /* pages copied so far, at most 2 */
    uint32_t count;
    uint32_t fresh_used; /* bytes of the last source in use */
    uint16_t prefix_len[SPREAD_SOURCES];
    uint8_t source[SPREAD_SOURCES][PAGE_SIZE];
    struct item items[SPREAD_ITEMS];
};

void spread_init(struct spread *spread, unsigned type);
/* Copies the page and appends its slots from..to-1. A page added twice in a row is copied once (add
 * all its parts in sequence). */
void spread_add_page(struct spread *spread, const struct page *page);
void spread_add_slots(struct spread *spread, const struct page *page, uint32_t from, uint32_t to);
/* Appends a new entry; the value bytes of a keyed one are zeros. At most three per spread (one in leaves). */
void spread_add_entry(struct spread *spread, const struct entry *entry);

/* Appends the first entry of a branch with the key that `parent` keeps for it in `slot`. */
void spread_add_keyless(struct spread *spread, const struct page *page, const struct page *parent,
                        uint32_t slot);

/* Keyed: the items [from, to) as a page: the prefix it would have, and the bytes used then. */
uint32_t spread_prefix(const struct spread *spread, uint32_t from, uint32_t to);
uint32_t spread_size(const struct spread *spread, uint32_t from, uint32_t to, uint32_t prefix_len);
/* Whether the items fit a page. */
bool spread_fits(const struct spread *spread, uint32_t from, uint32_t to);
/* Bytes an item takes where it comes from. */
uint32_t spread_weight(const struct spread *spread, uint32_t i);
/* The first item of the right side when both sides are to weigh about the same. */
uint32_t spread_balanced_cut(const struct spread *spread);
bool spread_cut_fits(const struct spread *spread, uint32_t cut);
/* Lays [from, to) out in the page: all its slots, cells and prefix. They fit. */
void spread_lay(const struct spread *spread, uint32_t from, uint32_t to, struct page *page);
/* The same with a prefix of this length; keyed pages and positional branches. */
void spread_build(const struct spread *spread, uint32_t from, uint32_t to, uint32_t prefix_len,
                  struct page *page);

/* The known bytes of an item's key; as node_key. */
uint32_t spread_key(const struct spread *spread, uint32_t i, uint8_t *out, uint32_t *full_len,
                    pgno *run);

/* ---- positional leaves (spread_sequence.c) */

/* A beginning that elements have in common. */
struct shared {
    uint32_t len;
    uint8_t bytes[VALUE_PREFIXED_MAX];
    uint32_t source; /* whose prefix it is, or SPREAD_FRESH */
    uint32_t saved;  /* bytes that the page needs less than with all elements whole */
};

/* The prefix with which the items [from, to) take least, and the bytes used then. */
void sequence_prefix(const struct spread *spread, uint32_t from, uint32_t to,
                     struct shared *shared);
uint32_t sequence_size(const struct spread *spread, uint32_t from, uint32_t to,
                       const struct shared *shared);
void sequence_build(const struct spread *spread, uint32_t from, uint32_t to,
                    const struct shared *shared, struct page *page);
/* Gives a full leaf the prefix that suits its elements by now. False: that would not make it much
 * smaller. */
bool sequence_renew_prefix(struct page *page);

#endif
