/* pages.c - see pages.h: a write transaction's pages. Reading is inline there; page_load is in pager.c. */
#include "pages.h"

#include <string.h>

#include "../error.h"
#include "../os/mem.h"
#include "pager.h"

/* For what each small commit does a few times: with the usual count of one, little is left of it. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

void pager_txn_begin(struct pager *pager) {
    pager->born_count = 0;
    pager->young_pushed = pager->old_pushed = 0;
    pager->own_live = 0;
}

void pager_txn_commit(struct pager *pager) {
    pager_txn_begin(pager);
}

static void queue_unpush(struct pager *pager, struct freed_queue *queue, size_t count) {
    while (count-- > 0) {
        struct freed_run *run = &queue->runs[--queue->tail];
        space_clear(&pager->space.freed, run->pgno, run->pages);
        if (queue == &pager->space.old) pager->held -= pager->held < run->pages ? pager->held : run->pages;
        struct page *page = atomic_load_explicit(&pager->table[run->pgno], memory_order_relaxed);
        if (page != NULL && frame_owns(&pager->frames, page))
            frame_mark(&pager->frames, page, FRAME_LIVE);
    }
}

/* Gives every page born in the transaction back, unless the transaction itself had freed it already
 * into `ready` or `avail`, and takes its own frees back. */
void pager_txn_rollback(struct pager *pager) {
    struct space *space = &pager->space;
    queue_unpush(pager, &space->young, pager->young_pushed);
    queue_unpush(pager, &space->old, pager->old_pushed);
    while (pager->born_count > 0) {
        struct page_run run = pager->born[--pager->born_count];
        /* (The numbering may have been trimmed below it since.) */
        if (run.pgno >= space->page_count || bitmap_test(&space->freed, run.pgno)) continue;
        struct page *page = atomic_load_explicit(&pager->table[run.pgno], memory_order_relaxed);
        if (page != NULL && frame_owns(&pager->frames, page)) frame_release(&pager->frames, page);
        atomic_store_explicit(&pager->table[run.pgno], NULL, memory_order_release);
        pager_untake(pager, run.pgno, run.pages);
    }
    pager_txn_begin(pager);
}

/* Room to note one more page, so that nothing can fail once it is taken. */
static int born_reserve(struct pager *pager) {
    if (pager->born_count < pager->born_cap) return FERRITE_OK;
    size_t cap = pager->born_cap ? pager->born_cap * 2 : 256;
    struct page_run *born = mem_realloc(pager->born, cap * sizeof *born);
    if (born == NULL) return error_nomem();
    pager->born = born;
    pager->born_cap = cap;
    return FERRITE_OK;
}

/* A transaction that has taken so many pages goes through more memory than the near caches hold. */
#define TAKES_COLD 128u

/* While one page is filled, what the next takes will touch is fetched: the frame of the next one, the
 * facts of the one after it, and where the third one lies. A random put in a large transaction takes
 * some 5 % less time for it. */
static ALWAYS_INLINE void ready_prefetch(const struct pager *pager) {
    const struct space *space = &pager->space;
    const size_t n = space->ready_count;
    if (n < 3) return;
    __builtin_prefetch(&pager->table[space->ready[n - 3]]);
    const struct page *page =
        atomic_load_explicit(&pager->table[space->ready[n - 2]], memory_order_relaxed);
    __builtin_prefetch(frame_info(page), 1);
    const char *next = (const char *)atomic_load_explicit(&pager->table[space->ready[n - 1]],
                                                          memory_order_relaxed);
#pragma GCC unroll 64
    for (size_t at = 0; at < PAGE_SIZE; at += 64) __builtin_prefetch(next + at, 1);
}

/* The page freed last, frame and all: no table change, and its bytes are likely in the cache. */
static struct page *take_ready(struct pager *pager) {
    struct space *space = &pager->space;
    pgno no = space->ready[--space->ready_count];
    struct page *page = atomic_load_explicit(&pager->table[no], memory_order_relaxed);
    frame_mark(&pager->frames, page, FRAME_LIVE);
    bitmap_clear(&space->freed, no);
    if (pager->own_live > TAKES_COLD) ready_prefetch(pager);
    return page;
}

/* In a damaged file a number can come to be free although a young page has it (E6): two frames would want its place. */
static bool still_young(const struct pager *pager, pgno no, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const struct page *page = atomic_load_explicit(&pager->table[no + i], memory_order_relaxed);
        if (page != NULL && frame_owns(&pager->frames, page)) return true;
    }
    return false;
}

static __attribute__((noinline)) int take_fresh(struct pages *pages, uint32_t count, struct page **out) {
    struct pager *pager = pages->pager;
    pgno no = 0;
    int rc = pages->below != 0
                 ? pager_take_below(pager, count, count > 1 ? pages->run_below : pages->below, &no)
                 : pager_take(pager, count, pages->need, &no);
    if (rc != FERRITE_OK) return rc;
    if (still_young(pager, no, count)) return error_set(FERRITE_CORRUPT, "page %u: in use twice", no);
    struct page *page = frame_alloc(&pager->frames, count, no);
    if (page == NULL) {
        pager_untake(pager, no, count);
        return error_nomem();
    }
    for (uint32_t i = 1; i < count; i++)
        atomic_store_explicit(&pager->table[no + i], NULL, memory_order_relaxed);
    atomic_store_explicit(&pager->table[no], page, memory_order_release);
    if (no < pages->below) pages->room -= count < pages->below - no ? count : pages->below - no;
    *out = page;
    return FERRITE_OK;
}

bool pages_have_run_room(struct pages *pages, uint32_t singles, uint32_t run, pgno no) {
    if (run == 1) return pages_have_room(pages, singles + 1);
    const pgno found = bitmap_find(&pages->pager->space.avail, run, no);
    if (found == UINT32_MAX) return false;
    const uint32_t taken = found >= pages->below         ? 0
                           : pages->below - found < run ? pages->below - found
                                                         : run;
    pages->run_below = no;
    return pages_have_room(pages, singles + taken);
}

/* A frame for `count` new pages, its page number in frame_info. */
static ALWAYS_INLINE int take(struct pages *pages, uint32_t count, struct page **out) {
    struct pager *pager = pages->pager;
    assert(pages->writable);
    int rc = born_reserve(pager);
    if (rc != FERRITE_OK) return rc;
    if (count == 1 && pager->space.ready_count > 0 && __builtin_expect(pages->below == 0, 1))
        *out = take_ready(pager);
    else if ((rc = take_fresh(pages, count, out)) != FERRITE_OK)
        return rc;
    pager->own_live += count;
    pager->born[pager->born_count++] = (struct page_run){frame_info(*out)->pgno, count};
    return FERRITE_OK;
}

/* A run's later pages are nobody's own; in a damaged file somebody may have been led to one (E6). */
static bool run_shared(const struct pager *pager, pgno no, uint32_t count) {
    for (uint32_t i = 1; i < count; i++)
        if (atomic_load_explicit(&pager->table[no + i], memory_order_relaxed) != NULL) return true;
    return false;
}

static ALWAYS_INLINE int give_up(struct pages *pages, pgno no, uint32_t count) {
    struct pager *pager = pages->pager;
    struct space *space = &pager->space;
    if (no < 2 || no >= space->page_count || count > space->page_count - no ||
        !space_in_use(space, no, count))
        return error_set(FERRITE_CORRUPT, "page %u: freed, but it is free already", no);
    if (run_shared(pager, no, count)) return error_set(FERRITE_CORRUPT, "page %u: in use twice", no);
    struct page *page = atomic_load_explicit(&pager->table[no], memory_order_relaxed);
    bool framed = page != NULL && frame_owns(&pager->frames, page);
    if (framed && frame_info(page)->pages != count)
        return error_set(FERRITE_CORRUPT, "page %u: freed with another length", no);
    int rc = FERRITE_OK;
    if (framed && page->birth == pages->txid) { /* nobody else has ever seen it */
        pager->own_live -= count;
        if (count == 1 && space_ready_push(space, no) == FERRITE_OK) {
            frame_mark(&pager->frames, page, FRAME_DEAD);
            page->type = PAGE_NONE;
        } else {
            atomic_store_explicit(&pager->table[no], NULL, memory_order_release);
            frame_release(&pager->frames, page);
            space_set(&space->avail, no, count);
        }
    } else if (framed && page->birth > pager->started) {
        rc = freed_queue_push(&space->young, (struct freed_run){page->birth, pages->txid, no, count});
        pager->young_pushed += rc == FERRITE_OK;
    } else {
        /* A page that was never looked at is not looked at now: its birth stays unknown. */
        uint64_t birth = page != NULL ? page->birth : 0;
        rc = freed_queue_push(&space->old, (struct freed_run){birth, pages->txid, no, count});
        pager->old_pushed += rc == FERRITE_OK;
        pager->held += count;
    }
    if (rc != FERRITE_OK) return rc;
    if (framed && page->birth != pages->txid) frame_mark(&pager->frames, page, FRAME_DEAD);
    space_set(&space->freed, no, count);
    return FERRITE_OK;
}

static __attribute__((noinline)) int give_up_run(struct pages *pages, pgno no, uint32_t count) {
    return give_up(pages, no, count);
}

/* A page of this transaction that was spilled to the file gets a frame again, keeping its number. */
static int unspill(struct pages *pages, const struct page *page, struct page **out) {
    struct pager *pager = pages->pager;
    struct page *frame = frame_alloc(&pager->frames, 1, page->pgno);
    if (frame == NULL) return error_nomem();
    memcpy(frame, page, PAGE_SIZE);
    atomic_store_explicit(&pager->table[page->pgno], frame, memory_order_release);
    pager->own_live++;
    *out = frame;
    return FERRITE_OK;
}

/* Copying is what a small commit spends most of its time on: the gap between slots and cells is left
 * out. (12 bytes is the longest slot there is; nobody reads the gap.) */
static void page_copy(struct page *restrict to, const struct page *restrict from) {
    size_t low = PAGE_HEADER_SIZE + (size_t)from->slots * 12;
    if (low > from->heap) low = from->heap;
    memcpy(to, from, low);
    memcpy((uint8_t *)to + from->heap, (const uint8_t *)from + from->heap, PAGE_SIZE - from->heap);
}

int page_write_slow(struct pages *pages, const struct page *page, struct page **out) {
    struct pager *pager = pages->pager;
    pgno no = page->pgno;
    if (page->birth == pages->txid) return unspill(pages, page, out);
    /* Only a damaged file can link a page that has been handed out meanwhile (E6). */
    if (atomic_load_explicit(&pager->table[no], memory_order_relaxed) != page)
        return error_set(FERRITE_CORRUPT, "page %u: in use twice", no);
    struct page *copy = NULL;
    int rc = take(pages, 1, &copy);
    if (rc != FERRITE_OK) return rc;
    page_copy(copy, page);
    copy->pgno = frame_info(copy)->pgno;
    copy->birth = pages->txid;
    *out = copy;
    return give_up(pages, no, 1);
}

int page_new(struct pages *pages, enum page_type type, uint8_t level, uint16_t tag,
             struct page **out) {
    struct page *page = NULL;
    int rc = take(pages, 1, &page);
    if (rc != FERRITE_OK) return rc;
    memset(page, 0, PAGE_SIZE);
    page->type = (uint8_t)type;
    page->level = level;
    page->pgno = frame_info(page)->pgno;
    page->heap = PAGE_SIZE;
    page->birth = pages->txid;
    page->tag = tag;
    *out = page;
    return FERRITE_OK;
}

int page_free(struct pages *pages, pgno no) {
    return give_up(pages, no, 1);
}

const struct page *run_read(struct pages *pages, pgno no, uint32_t length) {
    const struct page *run = page_read(pages, no);
    if (run == NULL) return NULL;
    if (run->type != PAGE_RUN || run->length != length) {
        error_set(FERRITE_CORRUPT, "page %u: not the run of %u bytes expected here", no, length);
        return NULL;
    }
    return run;
}

int run_new(struct pages *pages, uint16_t tag, uint32_t length, struct page **out) {
    struct page *run = NULL;
    uint32_t count = run_pages(length);
    int rc = take(pages, count, &run);
    if (rc != FERRITE_OK) return rc;
    memset(run, 0, PAGE_HEADER_SIZE);
    run->type = PAGE_RUN;
    run->pgno = frame_info(run)->pgno;
    run->birth = pages->txid;
    run->tag = tag;
    run->length = length;
    size_t used = (size_t)PAGE_HEADER_SIZE + length;
    memset((uint8_t *)run + used, 0, (size_t)count * PAGE_SIZE - used);
    *out = run;
    return FERRITE_OK;
}

int run_write(struct pages *pages, const struct page *run, uint32_t length, struct page **out) {
    uint32_t old_length = run->length;
    if (run->birth == pages->txid && frame_owns(&pages->pager->frames, run) &&
        run_pages(old_length) == run_pages(length)) {
        struct page *own = (struct page *)run;
        if (length < old_length) memset(run_payload(own) + length, 0, old_length - length);
        own->length = length;
        *out = own;
        return FERRITE_OK;
    }
    struct page *copy = NULL;
    int rc = run_new(pages, run->tag, length, &copy);
    if (rc != FERRITE_OK) return rc;
    memcpy(run_payload(copy), run_bytes(run), old_length < length ? old_length : length);
    *out = copy;
    return give_up_run(pages, run->pgno, run_pages(old_length));
}

int run_free(struct pages *pages, pgno no, uint32_t length) {
    return give_up_run(pages, no, run_pages(length));
}
