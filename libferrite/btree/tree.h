/*
 * tree.h - the counted copy-on-write B+tree: the one structure under everything.
 *
 * Two kinds. A *keyed* tree maps byte-string keys (0..65552 bytes, ordered by memcmp, shorter
 * first) to values. A *positional* tree is a sequence: no keys, the index is the position.
 * Both count: every branch entry knows how many entries lie below it, so rank and
 * select are O(log n).
 *
 * A value is a short byte string, at most TREE_VALUE_MAX bytes, kept in the leaf. Longer data goes
 * to a blob (blob.h), and the value is then its 16-byte descriptor; a bit marks such a value as spilled
 * so that whoever frees a whole tree knows that blobs hang on it.
 *
 * Leaf page (keyed): header, slots growing up, cells growing down, the common prefix of all keys at
 * the very end of the page. Slot, 8 bytes: u32 head (the 4 key bytes after the prefix, as a
 * big-endian number, zero padded), u16 cell offset, u16 key length after it (or KEY_SPILLED).
 *   cell: u16 value length | flags, key bytes beyond prefix and head, value bytes.
 * Branch page (keyed): same slots; slot 0 has no key (it is less than all).
 *   cell: u32 child page, u64 entries below, key bytes beyond prefix and head.
 * Positional leaf: u16 cell offset per slot; cell: u16 value length | flags, value bytes; what short
 *   values have in common at their beginning is kept once, at the end of the page.
 * Positional branch: u32 child, u64 count per slot, no cells.
 * Keys longer than what fits inline are held in a run; the cell keeps their first bytes.
 * (node.h documents the exact bytes.)
 *
 * All functions return FERRITE_OK, or FERRITE_CORRUPT, _FULL, _NOMEM, _IO, _LIMIT. When a writing
 * function fails with anything the tree may be half changed: the transaction must be rolled back
 * (the txn layer sees to it: txn_fail).
 *
 * Threads: as struct pages.
 */
#ifndef FERRITE_TREE_H
#define FERRITE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../ferrite.h"
#include "../pager/pages.h"

#define TREE_KEY_MAX    65552u /* a key, field or member (FERRITE_KEY_MAX) and 16 bytes before it */
#define TREE_VALUE_MAX  1040u /* a quarter page of payload and a record header */
#define TREE_HEIGHT_MAX 24u

/* Values of a sequence up to this length may be put together in the cursor. */
#define TREE_ELEMENT_MOVED 128u

enum tree_flags {
    TREE_POSITIONAL = 1, /* kind; never changes */
    TREE_HAS_SPILLED = 2, /* some value was put spilled, or a key was too long for its page, ever */
    TREE_HAS_COMPRESSED = 4 /* some value was put compressed, ever; positional trees only */
};

/* The root of a tree: 16 bytes, kept as they are in meta pages and records. */
struct tree {
    pgno root; /* 0: empty */
    uint16_t flags;
    uint16_t tag;   /* enum page_tag, given to its pages */
    uint64_t count; /* entries */
};
static_assert(sizeof(struct tree) == 16, "a tree root is 16 bytes on disk");

struct tree_value {
    const void *data; /* points into a page: valid as long as that page is; see cursor_value */
    uint32_t len;
    bool spilled;
    bool compressed; /* kept for the caller, in positional trees only; in others false is read */
};

/* FERRITE_CORRUPT when the tree claims more entries than all pages together could hold. Whoever takes a root from
 * a file asks this once; cursors then never go through more entries than the root says, even when branches of a
 * crafted file share their children. */
int tree_count_check_slow(struct pages *pages, const struct tree *tree);
static inline int tree_count_check(struct pages *pages, const struct tree *tree) {
    return __builtin_expect(tree->count <= PAGE_SIZE, 1) ? FERRITE_OK
                                                         : tree_count_check_slow(pages, tree);
}

/* A root from a meta page: whether it is of this kind, and tree_count_check. FERRITE_CORRUPT. */
int tree_root_check(struct pages *pages, const struct tree *tree, bool positional);

/* Looks one key up without a cursor. FERRITE_NOTFOUND (no text set) when absent. The hot path.
 * O(log n). */
int tree_get(struct pages *pages, const struct tree *tree, const void *key, size_t key_len,
             struct tree_value *out);

/* A place in a tree: an entry, or the end. Plain data on the caller's stack; no allocation
 * except a key buffer for long keys: end with cursor_done. */
struct tree_cursor {
    struct pages *pages;
    struct tree *tree; /* write functions update it */
    int depth;         /* pages in path; 0: tree is empty */
    bool valid;        /* stands on an entry */
    struct {
        const struct page *page;
        uint32_t slot;
    } path[TREE_HEIGHT_MAX];
    uint8_t *key; /* the current entry's key, assembled on demand */
    size_t key_len, key_cap;
    uint32_t key_prefix_len; /* bytes of `key` known to hold this leaf's prefix */
    const struct page *key_page;
    int64_t passed; /* entries of the leaves left behind since the seek, backwards: negative */
    uint8_t key_inline[TREE_ELEMENT_MOVED];
};

void cursor_init(struct tree_cursor *c, struct pages *pages, struct tree *tree);
void cursor_done(struct tree_cursor *c);

/* Keyed: goes to the first entry with key >= `key`; *exact tells equality. The end: c->valid false
 * (and the path stands where `key` would be inserted). */
int cursor_seek(struct tree_cursor *c, const void *key, size_t key_len, bool *exact);
/* Both kinds: goes to the entry of rank `index` (0-based); at or past count: the end. */
int cursor_seek_rank(struct tree_cursor *c, uint64_t index);
int cursor_first(struct tree_cursor *c);
int cursor_last(struct tree_cursor *c);
int cursor_next(struct tree_cursor *c);                       /* past the last: valid false */
int cursor_prev(struct tree_cursor *c);                       /* before the first: valid false */
int cursor_rank(const struct tree_cursor *c, uint64_t *rank); /* of the current place; end: count */

/* The current entry. The key is valid until the cursor moves or is done; the value as its page,
 * but in a sequence one of up to TREE_ELEMENT_MOVED bytes until cursor_value is called again or the
 * cursor is gone. */
int cursor_key(struct tree_cursor *c, const uint8_t **key, size_t *key_len);
int cursor_value(struct tree_cursor *c, struct tree_value *out);
/* Whether that value lies in the cursor. */
static inline bool cursor_holds(const struct tree_cursor *c, const struct tree_value *value) {
    return value->data == (const void *)c->key_inline;
}

/* Keyed. After cursor_seek(key): replaces the entry (exact) or inserts one, in one go, without a
 * second descent. The cursor stands on the entry afterwards. value->len <= TREE_VALUE_MAX; its data
 * must not point into this tree's pages. Replacing does not free what a spilled old value refers
 * to: the caller has looked. */
int cursor_put(struct tree_cursor *c, const void *key, size_t key_len, bool exact,
               const struct tree_value *value);
/* As cursor_put, but the value is to be filled in by the caller at *place right away, before any
 * other call. */
int cursor_put_reserve(struct tree_cursor *c, const void *key, size_t key_len, bool exact,
                       uint32_t value_len, bool spilled, void **place);

/* Removes the current entry; the cursor then stands on the one after it (or the end). */
int cursor_delete(struct tree_cursor *c);

/* Positional: inserts before the current place (at the end: appends), standing on the new entry. */
int cursor_insert(struct tree_cursor *c, const struct tree_value *value);
/* Positional: looks at up to `max` entries from the current place on, in either direction, for one
 * with exactly this value, neither spilled nor compressed. *found: the cursor stands on it. *passed: entries that were
 * not it. */
int cursor_find(struct tree_cursor *c, bool forward, const void *value, uint32_t len, uint64_t max,
                uint64_t *passed, bool *found);
/* Both kinds: replaces the current entry's value. */
int cursor_replace(struct tree_cursor *c, const struct tree_value *value);

/* Frees up to *budget pages of the tree (decremented), leaves last first; calls on_value (may be
 * NULL; only for TREE_HAS_SPILLED trees) for each spilled value. Afterwards tree->root == 0 when
 * all is gone; otherwise the tree is still a valid tree of what remains. O(pages freed); leaves are
 * read only when on_value is needed. */
int tree_free(struct pages *pages, struct tree *tree, uint64_t *budget,
              int (*on_value)(void *ctx, const struct tree_value *value), void *ctx);

/* Whether the tree's nodes are at most `most` pages; long keys and what hangs on values are not counted. Looks at
 * the root alone, so a tree of more than two levels never is. */
int tree_within(struct pages *pages, const struct tree *tree, uint32_t most, bool *within);

/* Copying trees into other pages, of the same transaction or of another database. */
struct tree_copying {
    struct pages *from, *to;
    /* May be NULL. Called now and then, between two entries: so many pages of `from` were copied since. The
     * transaction of `to` may begin an operation there. */
    int (*pause)(void *ctx, uint32_t pages);
    void *ctx;
    uint32_t pages; /* since the last pause */
};
/* Copies what a spilled value refers to. `copy` is a copy of the value, to be made to refer there. */
typedef int (*tree_copy_fn)(void *ctx, struct tree_copying *copying, const struct tree_value *value,
                            uint8_t *copy);
/* *copy: a new tree with the same entries, in leaves that are full. */
int tree_copy(struct tree_copying *copying, const struct tree *tree, struct tree *copy,
              tree_copy_fn on_value, void *ctx);
/* Tells of pages that were copied otherwise. */
int tree_copied(struct tree_copying *copying, uint32_t pages);

/* Moving pages at or beyond pages->below to free numbers before it, in pieces of bounded work: one
 * tree_mover is one piece, in a transaction of txn_begin_moves. */
struct tree_mover {
    struct pages *pages;
    uint32_t moves;           /* pages that may still be moved */
    uint32_t looks;           /* pages that may still be looked at */
    bool full;                /* there is no room left for what would have to move */
    uint64_t stuck;           /* pages of runs that stayed, for want of so many free neighbours */
    struct mover_page *above; /* pages on the way from the outermost root, the innermost first */
};
static inline bool mover_spent(const struct tree_mover *mover) {
    return mover->full || mover->moves == 0 || mover->looks == 0;
}

/* Is shown each spilled value, and a copy of it in which it may change what moved. When it leaves the
 * mover spent, it is shown the same entry again in the next piece. */
typedef int (*tree_move_fn)(void *ctx, struct tree_mover *mover, const struct tree_value *value,
                            uint8_t *changed);
/* Begins with the entry of rank *from. When the mover is spent afterwards, *from is where to go on, else
 * the tree is done. Between two pieces it may change: what then is left out, another round will
 * find. O(branches + pages moved) in all; leaves are looked at when the tree has spilled values or keys. */
int tree_move(struct tree_mover *mover, struct tree *tree, uint64_t *from, tree_move_fn on_value,
              void *ctx);
/* One run, if it lies there; *no follows. */
int tree_move_run(struct tree_mover *mover, pgno *no, uint32_t len);

/* Checks everything: order, counts, levels, prefixes, that each page verifies. on_page is told each
 * page of the tree (also pages of runs of long keys: `count` of them from `no`); on_entry each leaf
 * entry in order. Nonzero results stop and are returned. A damaged subtree is reported to on_damage
 * (then skipped) when that is not NULL, else FERRITE_CORRUPT. */
struct tree_visitor {
    void *ctx;
    int (*on_page)(void *ctx, pgno no, uint32_t count);
    int (*on_entry)(void *ctx, const uint8_t *key, size_t key_len, const struct tree_value *value);
    int (*on_damage)(void *ctx, pgno no, const char *what);
};
int tree_walk(struct pages *pages, const struct tree *tree, const struct tree_visitor *visitor);

/* The structure check of one page from the file (pager calls it on first touch): offsets, lengths,
 * slot order of heads, children below page_limit. FERRITE_OK or FERRITE_CORRUPT with text. Never
 * reads out of the page. */
int node_check(const struct page *page, uint32_t page_limit);

#endif
