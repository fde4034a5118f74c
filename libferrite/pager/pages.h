/*
 * pages.h - the view of the pager that a tree works through: one transaction's pages.
 *
 * A struct pages belongs to one transaction (reading or writing). Reading returns pointers
 * into the file's map or into the overlay, without copying; they stay valid until the transaction ends
 * and, in a write transaction, only until the next call that writes (page_write, page_new,
 * page_free, run_*) on that same page. page_write gives the transaction's own writable copy.
 *
 * Pointers given by page_write/page_new/run_new/run_write stay valid until the current
 * *operation* ends (the txn layer may spill pages between operations, never inside one).
 *
 * Thread rule: one thread at a time per struct pages; any number of readers side by side.
 */
#ifndef FERRITE_PAGES_H
#define FERRITE_PAGES_H

#include <stdatomic.h>
#include <stdbool.h>

#include "page.h"

struct pager;

/* What pages are wanted for. */
enum page_need {
    NEED_ADDS = 0, /* leaves the reserve as it is */
    NEED_ROOM,     /* frees space in order to add: uses the reserve, and keeps to the file's limit */
    NEED_FREES,    /* uses the reserve (E7) and, where there is a limit, passes that rather than fail */
};

struct pages {
    struct pager *pager;
    _Atomic(struct page *) *table; /* pgno -> where its checked bytes are, or NULL */
    uint32_t table_len;            /* pgnos below this may be looked up */
    uint64_t frames, frames_size;  /* where young pages lie: an address and a number of bytes */
    uint64_t txid;                 /* write: the id new pages are born with; read: version seen */
    bool writable;
    enum page_need need;           /* of this operation */
    bool appending;                /* writing: the key sought last lies behind all others (btree) */
    pgno below;                    /* not 0: pages are moved, and new ones are taken below this number alone */
    pgno run_below;                /* then for runs: below this one */
    uint32_t room;                 /* so many are free below `below` */
};

/* Slow path: verifies checksum, page number and structure. NULL: error_set(FERRITE_CORRUPT…) was called. */
const struct page *page_load(struct pages *pages, pgno no);

/* The page, or NULL with FERRITE_CORRUPT/FERRITE_IO noted. O(1). The caller must still check
 * type and level against what it expects (tree.c does, in one place). */
static inline const struct page *page_read(struct pages *pages, pgno no) {
    if (__builtin_expect(no < pages->table_len, 1)) {
        const struct page *page =
            atomic_load_explicit(&pages->table[no], memory_order_acquire);
        if (__builtin_expect(page != NULL, 1)) return page;
    }
    return page_load(pages, no);
}

/* No more pages than this hold anything, whoever reads: what a damaged file may claim to hold is bounded by it. */
uint32_t pages_high(const struct pages *pages);

/* The transaction's own copy of page `no`, whose bytes are at `page` (as page_read gave them). When it was born in this
 * transaction it is returned as it is; else a copy is made under a new number and the old page
 * is freed. The page's header carries the number to store in the parent (out->pgno). FERRITE_FULL, FERRITE_NOMEM. */
int page_write_slow(struct pages *pages, const struct page *page, struct page **out);
static inline int page_write(struct pages *pages, const struct page *page, struct page **out) {
    const bool young = (uint64_t)(uintptr_t)page - pages->frames < pages->frames_size;
    if (page->birth != pages->txid || !young) return page_write_slow(pages, page, out);
    *out = (struct page *)page;
    return 0;
}

/* A new page of zeros below the header fields pgno, birth, type, level, tag, heap = PAGE_SIZE. */
int page_new(struct pages *pages, enum page_type type, uint8_t level, uint16_t tag,
             struct page **out);

/* While pages are moved: whether there is room for so many single pages; and for a run of `run` pages below
 * `no` besides, which run_new then takes. */
static inline bool pages_have_room(const struct pages *pages, uint32_t singles) {
    return pages->room >= singles;
}
bool pages_have_run_room(struct pages *pages, uint32_t singles, uint32_t run, pgno no);

/* Gives the page up. Older snapshots keep it. FERRITE_CORRUPT when it was free already. */
int page_free(struct pages *pages, pgno no);

/* Runs: up to RUN_MAX_PAGES contiguous pages (in file and memory), one header, payload behind it
 * (first payload byte at offset 32). `length` is payload bytes and stands in the header; the page
 * count follows from it (run_pages). A run read from the file is verified on first touch. */
const struct page *run_read(struct pages *pages, pgno no, uint32_t length); /* CORRUPT if length differs */
int run_new(struct pages *pages, uint16_t tag, uint32_t length, struct page **out); /* payload undefined */
/* This transaction's own run with `length` payload bytes, holding the first min(old, new) bytes of the old one. */
int run_write(struct pages *pages, const struct page *run, uint32_t length, struct page **out);
int run_free(struct pages *pages, pgno no, uint32_t length);

/* (Not run->body: a run is longer than that array.) */
static inline uint8_t *run_payload(struct page *run) { return (uint8_t *)run + PAGE_HEADER_SIZE; }
static inline const uint8_t *run_bytes(const struct page *run) {
    return (const uint8_t *)run + PAGE_HEADER_SIZE;
}

#endif
