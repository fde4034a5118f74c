/* pager.c - see pager.h: opening, loading pages, file space, reclaiming. */
#include "pager.h"

#include <string.h>

#include "../error.h"
#include "../os/crc32c.h"
#include "../os/mem.h"

#define MAP_MIN (64ull * 1024 * 1024)
#define GROW_MIN_PAGES 16u
#define GROW_MAX_PAGES 4096u

/* Address space for `map_size` bytes of pages: the file's map, the table, the frames. */
static int reserve_address_space(struct pager *pager, uint64_t map_size) {
    void *table = NULL, *map = NULL;
    pager->max_pages = (uint32_t)(map_size / PAGE_SIZE);
    int rc = frames_init(&pager->frames, pager->os, map_size);
    if (rc == FERRITE_OK)
        rc = os_reserve(pager->os, (uint64_t)pager->max_pages * sizeof(void *), &table);
    if (rc == FERRITE_OK && pager->path != NULL)
        rc = os_map(pager->os, pager->fd, pager->path, map_size, false, &map);
    if (rc != FERRITE_OK) {
        if (table) os_unmap(pager->os, table, (uint64_t)pager->max_pages * sizeof(void *));
        frames_done(&pager->frames);
        return rc;
    }
    pager->table = table;
    pager->map = map;
    pager->map_len = map_size;
    return FERRITE_OK;
}

/* As large as asked for, halved until the system agrees. */
static int reserve_halving(struct pager *pager, uint64_t map_size) {
    uint64_t size = map_size ? map_size : 1ull << 40;
    if (size > 1ull << 43) size = 1ull << 43;
    if (size < MAP_MIN) size = MAP_MIN;
    if (sizeof(void *) == 4 && size > 1ull << 29) size = 1ull << 29;
    for (;;) {
        size &= ~(uint64_t)(FRAME_CHUNK - 1);
        int rc = reserve_address_space(pager, size);
        if (rc == FERRITE_OK || size / 2 < MAP_MIN) return rc;
        size /= 2;
    }
}

int pager_open(struct pager *pager, const struct pager_config *config) {
    memset(pager, 0, sizeof *pager);
    pager->os = config->os;
    pager->path = config->path;
    pager->fd = config->fd;
    pager->read_only = config->read_only;
    pager->check = config->check;
    pager->space.page_count = 2;
    atomic_store(&pager->pages_high, 2);
    int rc = readers_init(&pager->readers);
    if (rc != FERRITE_OK) return rc;
    rc = reserve_halving(pager, config->map_size);
    if (rc == FERRITE_OK) rc = bitmap_reserve(&pager->space.freed, pager->space.page_count);
    if (rc == FERRITE_OK) rc = bitmap_reserve(&pager->space.avail, pager->space.page_count);
    if (rc != FERRITE_OK) pager_close(pager);
    return rc;
}

void pager_close(struct pager *pager) {
    if (pager->map) os_unmap(pager->os, (void *)pager->map, pager->map_len);
    if (pager->table)
        os_unmap(pager->os, (void *)pager->table, (uint64_t)pager->max_pages * sizeof(void *));
    frames_done(&pager->frames);
    readers_done(&pager->readers);
    space_done(&pager->space);
    bitmap_done(&pager->vacant);
    mem_free(pager->limbo.runs);
    mem_free(pager->limbo_pinned.runs);
    mem_free(pager->born);
    memset(pager, 0, sizeof *pager);
}

/* What the map shows of pages [from, end): the file, or zeros where it has none. */
static int map_show(struct pager *pager, bool file, uint32_t from, uint32_t end) {
    return os_map_part(pager->os, file ? pager->fd : -1, pager->path, (void *)(uintptr_t)pager->map,
                       (uint64_t)from * PAGE_SIZE, (uint64_t)(end - from) * PAGE_SIZE);
}

#define COUNTED_FROM 16384u /* pages: what so small a file may claim to hold is not worth a look */

int pager_count_content(struct pager *pager, uint32_t pages) {
    uint64_t begin, end = 0, held = 0;
    const uint64_t len = (uint64_t)pages * PAGE_SIZE;
    while (pages > COUNTED_FROM && end < len && held < pages) {
        int rc = os_data_next(pager->os, pager->fd, pager->path, end, &begin, &end);
        if (rc != FERRITE_OK) return rc;
        if (begin == end) break;
        held += ((end - 1) / PAGE_SIZE - begin / PAGE_SIZE + 1) * RUN_MAX_PAGES; /* of a run one page need hold anything */
    }
    atomic_store(&pager->pages_high, pages > COUNTED_FROM && held < pages ? (uint32_t)held + 2 : pages);
    return FERRITE_OK;
}

int pager_adopt(struct pager *pager, const struct meta *meta, struct page_run **list,
                size_t *count) {
    uint64_t len = 0;
    int rc = os_size(pager->os, pager->fd, pager->path, &len);
    if (rc != FERRITE_OK) return rc;
    if (len / PAGE_SIZE < meta->page_count)
        return error_set(FERRITE_CORRUPT,
                         "page %u: the file is truncated (%llu bytes; its meta page needs %llu)",
                         (unsigned)(len / PAGE_SIZE), (unsigned long long)len,
                         (unsigned long long)meta->page_count * PAGE_SIZE);
    if (meta->page_count > pager->max_pages)
        return error_set(FERRITE_LIMIT, "the file has %u pages; the address range holds %u (map_size)",
                         meta->page_count, pager->max_pages);
    if (len / PAGE_SIZE > pager->max_pages) len = (uint64_t)pager->max_pages * PAGE_SIZE;
    atomic_store(&pager->file_pages, (uint32_t)(len / PAGE_SIZE));
    rc = map_show(pager, false, (uint32_t)(len / PAGE_SIZE), pager->max_pages);
    if (rc != FERRITE_OK) return rc;
    pager->space.page_count = meta->page_count;
    pager->opened = pager->started = pager->durable = meta->txid;
    rc = pager_count_content(pager, meta->page_count);
    if (rc == FERRITE_OK) rc = bitmap_reserve(&pager->space.freed, meta->page_count);
    if (rc == FERRITE_OK) rc = bitmap_reserve(&pager->space.avail, meta->page_count);
    if (rc == FERRITE_OK) rc = freelist_read(pager, meta, list, count);
    if (rc == FERRITE_OK && pager->space.freed.set > 0)
        rc = bitmap_copy(&pager->space.freed, &pager->vacant);
    return rc;
}

void pager_view(struct pager *pager, struct pages *pages, uint64_t txid, bool writable) {
    *pages = (struct pages){.pager = pager,
                            .table = pager->table,
                            .table_len = pager->max_pages,
                            .frames = (uint64_t)(uintptr_t)pager->frames.base,
                            .frames_size = pager->frames.size,
                            .txid = txid,
                            .writable = writable};
}

static int page_verify(struct pager *pager, const struct page *page, pgno no, uint32_t limit) {
    uint32_t pages = 1;
    if (page->type == PAGE_RUN && page->length <= RUN_MAX_PAYLOAD) pages = run_pages(page->length);
    if (pages > limit - no)
        return error_set(FERRITE_CORRUPT, "page %u: a run reaches beyond the file", no);
#ifndef CANARY_SKIP_CHECKSUM /* a broken build that the damage harness must catch */
    if (page->crc != crc32c(0, (const uint8_t *)page + 4, (size_t)pages * PAGE_SIZE - 4))
        return error_set(FERRITE_CORRUPT, "page %u: bad checksum", no);
#endif
    if (page->pgno != no)
        return error_set(FERRITE_CORRUPT, "page %u: holds page %u", no, page->pgno);
    if (page->birth > pager->opened)
        return error_set(FERRITE_CORRUPT, "page %u: younger than the database", no);
    if (page->type == PAGE_RUN && page->length > RUN_MAX_PAYLOAD)
        return error_set(FERRITE_CORRUPT, "page %u: impossible run length", no);
#ifdef CANARY_SKIP_NODE_CHECK /* a broken build that the fuzzers' kept inputs must catch */
    return FERRITE_OK;
#endif
    return pager->check(page, limit);
}

const struct page *page_load(struct pages *pages, pgno no) {
    struct pager *pager = pages->pager;
    uint32_t limit = atomic_load(&pager->file_pages);
    if (pager->map == NULL || no < 2 || no >= limit) {
        error_set(FERRITE_CORRUPT, "page %u: lies outside the file", no);
        return NULL;
    }
    /* (One that was taken since stands in the table.) Somebody else may be given it, and the file be cut there. */
    if (bitmap_test(&pager->vacant, no)) {
        error_set(FERRITE_CORRUPT, "page %u: used, but on the free list", no);
        return NULL;
    }
    struct page *page = (struct page *)(pager->map + (uint64_t)no * PAGE_SIZE);
    if (page_verify(pager, page, no, limit) != FERRITE_OK) return NULL;
    struct page *expected = NULL;
    if (!atomic_compare_exchange_strong(&pager->table[no], &expected, page)) return expected;
    return page;
}

uint32_t pager_reserve_pages(const struct pager *pager) {
    const uint32_t high = atomic_load_explicit(&pager->pages_high, memory_order_relaxed);
    return 16 + (high < pager->space.page_count ? high : pager->space.page_count) / 1024;
}

static int file_grow(struct pager *pager, uint32_t pages) {
    uint32_t have = atomic_load(&pager->file_pages);
    if (pages > pager->max_pages - have)
        return error_set(FERRITE_FULL, "the database reached its address range (map_size)");
    int rc = os_allocate(pager->os, pager->fd, pager->path, (uint64_t)have * PAGE_SIZE,
                         (uint64_t)pages * PAGE_SIZE);
    if (rc == FERRITE_OK) rc = map_show(pager, true, have, have + pages);
    if (rc == FERRITE_OK) atomic_store(&pager->file_pages, have + pages);
    return rc;
}

/* Steps of an eighth of the file; on a nearly full disk just what is needed. Only what frees space may
 * pass the limit, if there is one, and then by no more than that. */
static int file_grow_for(struct pager *pager, uint32_t need, bool use_reserve) {
    uint32_t have = atomic_load(&pager->file_pages), limit = atomic_load(&pager->limit_pages);
    if (need <= have) return FERRITE_OK;
    if (limit != 0 && need > limit && !use_reserve)
        return error_set(FERRITE_FULL, "OOM command not allowed when used memory > 'maxmemory'.");
    uint32_t step = have / 8;
    if (step < GROW_MIN_PAGES) step = GROW_MIN_PAGES;
    if (step > GROW_MAX_PAGES) step = GROW_MAX_PAGES;
    if (limit != 0 && need + step > limit) step = limit > need ? limit - need : 0;
    if (step > 0 && file_grow(pager, need - have + step) == FERRITE_OK) return FERRITE_OK;
    return file_grow(pager, need - have);
}

/* In memory, and when a log is replayed read-only, pages live in frames alone. */
static bool has_growing_file(const struct pager *pager) {
    return pager->path != NULL && !pager->read_only;
}

/* E7: sees to it that `pages` more numbers can be given out with the reserve left behind them. */
static int space_secure(struct pager *pager, uint32_t pages, bool use_reserve) {
    struct space *space = &pager->space;
    if (!has_growing_file(pager)) {
        if (space->avail.set + (pager->max_pages - space->page_count) >= pages) return FERRITE_OK;
        return error_set(FERRITE_FULL, "the database reached its address range (map_size)");
    }
    uint64_t spare = space->avail.set + (atomic_load(&pager->file_pages) - space->page_count);
    uint32_t reserve = pager_reserve_pages(pager);
    if (spare >= (uint64_t)pages + reserve) return FERRITE_OK;
    if (use_reserve && spare >= pages && atomic_load(&pager->limit_pages) != 0) return FERRITE_OK;
    int rc = file_grow_for(pager, space->page_count + pages + reserve, use_reserve);
    if (rc == FERRITE_OK || (use_reserve && spare >= pages)) return FERRITE_OK;
    return rc;
}

/* So many page numbers were given out: they may come to hold something. */
static void content_grows(struct pager *pager, uint32_t pages) {
    const uint32_t high = atomic_load_explicit(&pager->pages_high, memory_order_relaxed);
    const uint32_t most = pager->space.page_count;
    if (high >= most) return;
    atomic_store_explicit(&pager->pages_high, pages < most - high ? high + pages : most, memory_order_relaxed);
}

int pager_take(struct pager *pager, uint32_t pages, bool use_reserve, pgno *out) {
    struct space *space = &pager->space;
    int rc = space_secure(pager, pages, use_reserve);
    if (rc != FERRITE_OK) return rc;
    pgno no = bitmap_find(&space->avail, pages, space->page_count);
    if (no != UINT32_MAX) {
        space_clear(&space->avail, no, pages);
        space_clear(&space->freed, no, pages);
        content_grows(pager, pages);
        *out = no;
        return FERRITE_OK;
    }
    uint32_t end = space->page_count + pages;
    if (has_growing_file(pager)) rc = file_grow_for(pager, end, use_reserve);
    else if (end > pager->max_pages) rc = error_set(FERRITE_FULL, "the database is full (map_size)");
    if (rc == FERRITE_OK) rc = bitmap_reserve(&space->freed, end);
    if (rc == FERRITE_OK) rc = bitmap_reserve(&space->avail, end);
    if (rc != FERRITE_OK) return rc;
    *out = space->page_count;
    space->page_count = end;
    content_grows(pager, pages);
    return FERRITE_OK;
}

uint32_t pages_high(const struct pages *pages) {
    return atomic_load_explicit(&pages->pager->pages_high, memory_order_relaxed);
}

int pager_take_below(struct pager *pager, uint32_t pages, pgno below, pgno *out) {
    struct space *space = &pager->space;
    pgno no = bitmap_find(&space->avail, pages, below < space->page_count ? below : space->page_count);
    if (no == UINT32_MAX) return error_set(FERRITE_FULL, "no free pages before page %u", below);
    space_clear(&space->avail, no, pages);
    space_clear(&space->freed, no, pages);
    content_grows(pager, pages);
    *out = no;
    return FERRITE_OK;
}

bool pager_take_spare(struct pager *pager, pgno *out) {
    struct space *space = &pager->space;
    if (space->avail.set > 0) return pager_take_below(pager, 1, space->page_count, out) == FERRITE_OK;
    if (!has_growing_file(pager) || space->page_count >= atomic_load(&pager->file_pages)) return false;
    if (bitmap_reserve(&space->freed, space->page_count + 1) != FERRITE_OK ||
        bitmap_reserve(&space->avail, space->page_count + 1) != FERRITE_OK)
        return false;
    *out = space->page_count++;
    content_grows(pager, 1);
    return true;
}

/* Moving pages rewrites others above them in their trees: a page each when they are few and far between, hardly any
 * when they are many. And the next free list wants pages too. */
static uint64_t room_wanted(uint64_t moves, size_t list) {
    return moves + moves / 8 + (moves < 256 ? moves : 256) + 4 + list;
}

/* How many pages before `limit` are all free in the same way: 64, or 0 when they are to be looked at one by one. */
static uint32_t alike_before(const struct space *space, pgno limit) {
    if (limit % 64 != 0 || limit == 64) return 0;
    const uint64_t avail = space->avail.words[limit / 64 - 1], freed = space->freed.words[limit / 64 - 1];
    return avail == UINT64_MAX || (avail == 0 && freed == UINT64_MAX) ? 64 : 0;
}

pgno pager_move_limit(const struct pager *pager, uint64_t stuck, uint64_t most) {
    const struct space *space = &pager->space;
    const size_t list = freelist_pages_needed(&space->freed, space->page_count);
    uint64_t avail = space->avail.set, used = 0;
    pgno limit = space->page_count;
    for (; limit > 2 && room_wanted(used, list) <= avail && room_wanted(used, 0) <= most; limit--) {
        const uint32_t alike = alike_before(space, limit), taken = bitmap_test(&space->avail, limit - 1) ? alike : 0;
        if (alike > 0 && room_wanted(used, list) + taken <= avail) {
            avail -= taken;
            limit -= alike - 1;
        } else if (bitmap_test(&space->avail, limit - 1))
            avail--;
        else if (bitmap_test(&space->freed, limit - 1))
            continue;
        else if (stuck > 0)
            stuck--;
        else
            used++;
    }
    return limit;
}

void pager_untake(struct pager *pager, pgno no, uint32_t pages) {
    space_set(&pager->space.freed, no, pages);
    space_set(&pager->space.avail, no, pages);
}

static void release_frame_of(struct pager *pager, pgno no) {
    struct page *page = atomic_load_explicit(&pager->table[no], memory_order_relaxed);
    if (page == NULL || !frame_owns(&pager->frames, page)) return;
    atomic_store_explicit(&pager->table[no], NULL, memory_order_release);
    frame_release(&pager->frames, page);
}

static void release_young(struct pager *pager, const struct freed_run *run) {
    struct space *space = &pager->space;
    if (run->pages == 1 && space_ready_push(space, run->pgno) == FERRITE_OK) {
        atomic_load_explicit(&pager->table[run->pgno], memory_order_relaxed)->type = PAGE_NONE;
        return;
    }
    release_frame_of(pager, run->pgno);
    space_set(&space->avail, run->pgno, run->pages);
}

static void release_old(struct pager *pager, const struct freed_run *run) {
    release_frame_of(pager, run->pgno);
    space_set(&pager->space.avail, run->pgno, run->pages);
}

static void release_limbo(struct pager *pager, const struct freed_run *run) {
    frame_release(&pager->frames, frame_at(&pager->frames, run->pgno));
}

typedef void (*release_fn)(struct pager *pager, const struct freed_run *run);

/* Looks through all pinned runs once their number has doubled: snapshots may have gone in any order. */
static __attribute__((noinline)) void pinned_sweep(struct pager *pager, struct freed_queue *pinned,
                         const struct horizon *horizon, release_fn release) {
    struct freed_run *run;
    while ((run = freed_queue_front(pinned)) != NULL && run->txid <= horizon->oldest) {
        release(pager, run);
        freed_queue_pop(pinned);
    }
    size_t count = pinned->tail - pinned->head;
    if (count < pinned->swept) pinned->swept = count;
    if (count <= 2 * pinned->swept + 256) return;
    size_t kept = pinned->head;
    for (size_t i = pinned->head; i < pinned->tail; i++) {
        run = &pinned->runs[i];
        if (horizon_fate(horizon, run->birth, run->txid) == FATE_FREE)
            release(pager, run);
        else
            pinned->runs[kept++] = *run;
    }
    pinned->tail = kept;
    pinned->swept = kept - pinned->head;
}

/* Inline, so that each queue has its own way of releasing built in: each small commit does this. */
static inline __attribute__((always_inline)) void
queue_reclaim(struct pager *pager, struct freed_queue *queue, struct freed_queue *pinned,
              const struct horizon *horizon, uint64_t durable, release_fn release) {
    struct freed_run *run;
    while ((run = freed_queue_front(queue)) != NULL && run->txid <= durable) {
        enum fate fate = horizon_fate(horizon, run->birth, run->txid);
        if (fate == FATE_WAIT) break;
        if (fate == FATE_FREE)
            release(pager, run);
        else if (freed_queue_push(pinned, *run) != FERRITE_OK)
            break;
        freed_queue_pop(queue);
    }
    if (freed_queue_front(pinned) != NULL) pinned_sweep(pager, pinned, horizon, release);
}

/* Without any reader: whoever comes now finds the file's pages in the table, which gave way to them before the
 * horizon was looked at. So frames need not wait for a later version. */
static void limbo_empty(struct pager *pager) {
    struct freed_run *run;
    while ((run = freed_queue_front(&pager->limbo)) != NULL) {
        release_limbo(pager, run);
        freed_queue_pop(&pager->limbo);
    }
}

void pager_reclaim(struct pager *pager, const struct horizon *horizon) {
    struct space *space = &pager->space;
#ifdef CANARY_REUSE_EARLY /* a broken build that the power-cut harness must catch */
    const uint64_t durable = UINT64_MAX;
#else
    const uint64_t durable = pager->durable;
#endif
    queue_reclaim(pager, &space->young, &space->young_pinned, horizon, UINT64_MAX, release_young);
    queue_reclaim(pager, &space->old, &space->old_pinned, horizon, durable, release_old);
    if (horizon->oldest == UINT64_MAX) limbo_empty(pager);
    queue_reclaim(pager, &pager->limbo, &pager->limbo_pinned, horizon, UINT64_MAX, release_limbo);
}

#define TABLE_GRAIN 8192u /* entries: 64 KiB of them, whole pages of any system */

static void entries_forget(struct pager *pager, pgno from, pgno end) {
    for (pgno no = from; no < end; no++)
        if (atomic_load_explicit(&pager->table[no], memory_order_relaxed) != NULL)
            atomic_store_explicit(&pager->table[no], NULL, memory_order_release);
}

/* Nobody has looked at these pages. A file may end with any number of pages that really nobody looked at: the middle
 * goes back to the system in one piece. */
static void table_forget(struct pager *pager, pgno from, pgno end) {
    const uint64_t first = ((uint64_t)from + TABLE_GRAIN - 1) / TABLE_GRAIN * TABLE_GRAIN;
    const uint64_t stop = end / TABLE_GRAIN * TABLE_GRAIN;
    if (first >= stop || !os_discard((void *)(pager->table + first), (stop - first) * sizeof *pager->table)) {
        entries_forget(pager, from, end);
        return;
    }
    entries_forget(pager, from, (pgno)first);
    entries_forget(pager, (pgno)stop, end);
}

void pager_trim(struct pager *pager, size_t keep_ready) {
    struct space *space = &pager->space;
    while (space->ready_count > keep_ready) {
        pgno no = space->ready[--space->ready_count];
        release_frame_of(pager, no);
        bitmap_set(&space->avail, no);
    }
    const pgno end = bitmap_run_down(&space->avail, space->page_count);
    if (end == space->page_count) return;
    bitmap_fill(&space->avail, end, space->page_count - end, false);
    bitmap_fill(&space->freed, end, space->page_count - end, false);
    table_forget(pager, end, space->page_count);
    space->page_count = end;
}

/* A run of the file that reaches beyond its end is to be looked at again. */
static void run_cut(struct pager *pager, pgno no, uint32_t end) {
    const struct page *page = atomic_load_explicit(&pager->table[no], memory_order_relaxed);
    if (page == NULL || frame_owns(&pager->frames, page) || page->type != PAGE_RUN) return;
    if (run_pages(page->length) > end - no)
        atomic_store_explicit(&pager->table[no], NULL, memory_order_release);
}

int pager_truncate(struct pager *pager, uint32_t end) {
    const uint32_t before = atomic_load(&pager->file_pages);
    if (before <= end) return FERRITE_OK;
    atomic_store(&pager->file_pages, end); /* first: from now on nobody looks beyond it */
    /* A damaged tree may have led somebody to a free page there since it was trimmed, or to a run before it whose later
     * pages are free (E6). */
    for (pgno no = end > RUN_MAX_PAGES ? end - RUN_MAX_PAGES : 0; no < end; no++) run_cut(pager, no, end);
    table_forget(pager, end, before);
    /* And whoever looks there already finds zeros, not the end of the file. */
    int rc = map_show(pager, false, end, before);
    if (rc == FERRITE_OK) rc = os_truncate(pager->os, pager->fd, pager->path, (uint64_t)end * PAGE_SIZE);
    if (rc != FERRITE_OK && map_show(pager, true, end, before) == FERRITE_OK) atomic_store(&pager->file_pages, before);
    return rc;
}
