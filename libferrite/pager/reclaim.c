/*
 * reclaim.c - pages and frames that nobody can need any more become free, and the file's end goes back. See pager.h; what
 * decides is told in space.h and readers.h.
 *
 * Under the writer lock. Who reads meanwhile may have been led anywhere by a damaged tree (E6).
 */
#include "../error.h"
#include "pager.h"

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
    int rc = pager_map_show(pager, false, end, before);
    if (rc == FERRITE_OK) rc = os_truncate(pager->os, pager->fd, pager->path, (uint64_t)end * PAGE_SIZE);
    if (rc != FERRITE_OK && pager_map_show(pager, true, end, before) == FERRITE_OK) atomic_store(&pager->file_pages, before);
    return rc;
}
