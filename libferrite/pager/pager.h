/*
 * pager.h - the pages of one database: where they are, which are free, how they reach the file.
 *
 * Terms
 *   old page    lies in the file and is read through the read-only map
 *   young page  born since the last checkpoint; lives in a frame (frames.h)
 *   map         of the whole address range, for reading: the file, and behind its end zeros of no file. So whoever
 *               was led by a damaged tree to a page that is being cut off meets a page of zeros, and no signal
 *   table       page number -> its checked bytes (frame or map), NULL while nobody has looked
 *   horizon     the newest version that no reader will ever need an older one than
 *
 * Rules kept here (DESIGN's numbers)
 *   E3  a page that a durable or running checkpoint or a live snapshot uses is never handed out again
 *       (space.h), and only pager_flush and the meta writes touch the file
 *   E6  a page from the file is checked, checksum and structure, before anyone sees it (page_load)
 *   E7  page numbers are backed by file space when they are given out, so that a checkpoint never meets a
 *       full disk; a few pages stay in reserve for operations that free space
 *
 * Threads: page_read/page_load from anywhere. All else under the engine's writer lock, but for
 * pager_flush, which the running checkpoint calls on frames that nobody changes any more.
 */
#ifndef FERRITE_PAGER_H
#define FERRITE_PAGER_H

#include "../os/os.h"
#include "frames.h"
#include "meta.h"
#include "pages.h"
#include "readers.h"
#include "space.h"

typedef int (*page_check_fn)(const struct page *page, uint32_t page_limit);

struct page_run {
    pgno pgno;
    uint32_t pages;
};

struct pager {
    struct os *os;
    const char *path; /* NULL: in memory */
    int fd;
    bool read_only;
    page_check_fn check; /* structure of a page; the tree's knowledge, handed down */

    _Atomic(struct page *) *table;
    uint32_t max_pages; /* length of the table; page numbers are below it */
    const uint8_t *map;
    uint64_t map_len;
    _Atomic uint32_t file_pages; /* pages the file has room for */
    _Atomic uint32_t pages_high; /* no more pages hold anything, or ever did since it was opened */
    char apart[64];              /* above: read by all, hardly ever changed; below: the writer's */

    struct frames frames;
    struct space space;
    struct readers readers;

    _Atomic uint32_t limit_pages; /* the file does not grow beyond them; 0: no limit */
    uint64_t held;                /* old pages freed since the newest checkpoint was begun */

    uint64_t started; /* txn id of the newest checkpoint begun: later pages are young */
    uint64_t durable; /* txn id of the newest checkpoint finished */
    uint64_t opened;  /* txn id the file had when opened: no page in it is younger */
    struct bitmap vacant; /* pages on the file's free list when it was opened: no sound link leads to them */

    _Atomic uint64_t flushed; /* pages written to the file */

    /* Frames whose pages moved to the file; readers of then may hold pointers into them. The runs'
     * `pgno` is frame_index, their txid the first version whose readers cannot. */
    struct freed_queue limbo, limbo_pinned;

    /* the current write transaction */
    struct page_run *born; /* pages it was given */
    size_t born_count, born_cap;
    size_t young_pushed, old_pushed; /* entries it added to the queues */
    uint64_t own_live;               /* frames of pages it was given, in pages: what a spill could free */
};

struct pager_config {
    struct os *os;
    const char *path;
    int fd; /* -1 in memory */
    bool read_only;
    uint64_t map_size;
    page_check_fn check;
};

int pager_open(struct pager *pager, const struct pager_config *config);
void pager_close(struct pager *pager);

/* Takes over what the meta page says: page count and free list. FERRITE_CORRUPT. `list` gets the pages the list stands on. */
int pager_adopt(struct pager *pager, const struct meta *meta, struct page_run **list, size_t *count);

/* Sets pages_high for a file of so many pages: of one that is mostly holes, by what it holds. */
int pager_count_content(struct pager *pager, uint32_t pages);

void pager_view(struct pager *pager, struct pages *pages, uint64_t txid, bool writable);

/* Makes the pages and frames reusable that no reader can need any more. */
void pager_reclaim(struct pager *pager, const struct horizon *horizon);

void pager_txn_begin(struct pager *pager);
void pager_txn_commit(struct pager *pager);
void pager_txn_rollback(struct pager *pager);

/* `pages` neighbouring page numbers without a frame (for the free list). */
int pager_take(struct pager *pager, uint32_t pages, enum page_need need, pgno *out);
/* The same of free numbers below `below` alone: never makes the file longer. FERRITE_FULL. */
int pager_take_below(struct pager *pager, uint32_t pages, pgno below, pgno *out);
/* One page that the file has room for as it is. False: there is none. */
bool pager_take_spare(struct pager *pager, pgno *out);
/* Pages from there on are worth moving: there is room for them before, but for `stuck` ones, which cannot move,
 * and `most` moves will do. (Free ones that a reader or the durable checkpoint still holds count on neither side.)
 * O(pages), bit by bit. */
pgno pager_move_limit(const struct pager *pager, uint64_t stuck, uint64_t most);
/* Gives page numbers without frames straight back (they never became part of a checkpoint). */
void pager_untake(struct pager *pager, pgno no, uint32_t pages);

/* Writes frames to their places, sorted and coalesced; fills in checksums. Does not sync. */
int pager_flush(struct pager *pager, struct page **frames, size_t count);
/* Points the table at the file for frames that were flushed. The frames are released, `now` or
 * once no reader of a version up to `tag` is left; the latter needs room prepared beforehand. */
int pager_settle_prepare(struct pager *pager, size_t count);
void pager_settle(struct pager *pager, struct page **frames, size_t count, uint64_t tag, bool now);

/* Writes out the current transaction's own pages and releases their frames. */
int pager_spill(struct pager *pager);

/* Releases surplus reusable frames and free pages at the end of the numbering. */
void pager_trim(struct pager *pager, size_t keep_ready);

/* Gives file space from page `end` on back. `end`: the page count of the newest meta page, so never
 * less than what the file must have. */
int pager_truncate(struct pager *pager, uint32_t end);

uint32_t pager_reserve_pages(const struct pager *pager);

/* Pages that the newest state uses, the two meta pages included. */
static inline uint64_t pager_used_pages(const struct pager *pager) {
    return pager->space.page_count - pager->space.freed.set;
}

/* A file with a limit: page numbers that can be given out before it. */
static inline uint64_t pager_spare_pages(const struct pager *pager, uint32_t limit) {
    uint64_t beyond = limit > pager->space.page_count ? limit - pager->space.page_count : 0;
    return beyond + pager->space.avail.set + pager->space.ready_count;
}

/* Bytes of pages that a checkpoint would write. */
static inline uint64_t pager_dirty_bytes(const struct pager *pager) {
    return pager->frames.live * PAGE_SIZE;
}

/* Bytes of frames that hold pages a checkpoint would write or snapshots still need. */
static inline uint64_t pager_young_bytes(const struct pager *pager) {
    return (pager->frames.in_use - pager->space.ready_count) * PAGE_SIZE;
}

/* pager.c, for the files of this folder. What the map shows of pages [from, end): the file, or zeros where it has none. */
int pager_map_show(struct pager *pager, bool file, uint32_t from, uint32_t end);

/* freelist.c: the list on disk. The pages in use by it are `list`, taken beforehand with pager_take. */
size_t freelist_pages_needed(const struct bitmap *freed, uint32_t page_count);
/* No free list can need more pages, nor two that follow each other more together, as long as no more than `data` pages
 * hold data, the two meta pages included, and `others` are numbered besides. Of two, what is freed one by one adds no
 * more than it takes away. */
uint64_t freelist_pages_most(uint64_t data, uint64_t others);
uint64_t freelist_pages_most_of_two(uint64_t data, uint64_t others);
int freelist_write(struct pager *pager, const struct bitmap *freed, uint32_t page_count,
                   const struct page_run *list, size_t count, uint64_t txid, struct meta *meta);
int freelist_read(struct pager *pager, const struct meta *meta, struct page_run **list,
                  size_t *count);

#endif
