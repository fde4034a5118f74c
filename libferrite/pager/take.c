/*
 * take.c - page numbers are given out, and the file grows for them. See pager.h.
 *
 * Under the writer lock.
 */
#include "../error.h"
#include "pager.h"

#define GROW_MIN_PAGES 16u
#define GROW_MAX_PAGES 4096u
#define ROOM_LEFT      8u /* pages of the reserve, for the next step of freeing dropped trees */

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
    if (rc == FERRITE_OK) rc = pager_map_show(pager, true, have, have + pages);
    if (rc == FERRITE_OK) atomic_store(&pager->file_pages, have + pages);
    return rc;
}

static int limit_refuse(void) {
    return error_set(FERRITE_FULL, "OOM command not allowed when used memory > 'maxmemory'.");
}

/* Steps of an eighth of the file; on a nearly full disk just what is needed. Only what frees space may
 * pass the limit, if there is one, and then by no more than that. */
static int file_grow_for(struct pager *pager, uint32_t need, bool pass_limit) {
    uint32_t have = atomic_load(&pager->file_pages), limit = atomic_load(&pager->limit_pages);
    if (need <= have) return FERRITE_OK;
    if (limit != 0 && need > limit && !pass_limit) return limit_refuse();
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

/* Page numbers that can be given out without the file becoming longer. */
static uint64_t spare_now(const struct pager *pager) {
    return pager->space.avail.set + (atomic_load(&pager->file_pages) - pager->space.page_count);
}

/* A file with a limit, for what takes from the reserve: what frees space may pass the limit by what is lacking even so;
 * what makes room for something else leaves the next free list its pages, so that this never has to pass it. (The
 * reserve is longer than any such list where a limit is of use.) */
static int reserve_secure(struct pager *pager, uint32_t pages, enum page_need need, uint32_t limit) {
    const uint64_t used = pager_used_pages(pager), others = pager->space.page_count - used;
    const uint64_t left = need == NEED_ROOM ? freelist_pages_most(used, others + pages) + ROOM_LEFT : 0;
    const uint64_t least = pages + left;
    const uint32_t end = pager->space.page_count + pages + pager_reserve_pages(pager);
    if (spare_now(pager) >= least) return FERRITE_OK;
    int rc = file_grow_for(pager, end < limit ? end : limit, false);
    if (spare_now(pager) >= least) return FERRITE_OK;
    if (rc == FERRITE_OK && need == NEED_FREES)
        return file_grow_for(pager, pager->space.page_count + pages - (uint32_t)pager->space.avail.set, true);
    return rc == FERRITE_OK ? limit_refuse() : rc;
}

/* E7: sees to it that `pages` more numbers can be given out with the reserve left behind them. */
static int space_secure(struct pager *pager, uint32_t pages, enum page_need need) {
    struct space *space = &pager->space;
    if (!has_growing_file(pager)) {
        if (space->avail.set + (pager->max_pages - space->page_count) >= pages) return FERRITE_OK;
        return error_set(FERRITE_FULL, "the database reached its address range (map_size)");
    }
    const uint64_t spare = spare_now(pager);
    const uint32_t reserve = pager_reserve_pages(pager), limit = atomic_load(&pager->limit_pages);
    if (spare >= (uint64_t)pages + reserve) return FERRITE_OK;
    if (need != NEED_ADDS && limit != 0) return reserve_secure(pager, pages, need, limit);
    int rc = file_grow_for(pager, space->page_count + pages + reserve, false);
    if (rc == FERRITE_OK || (need != NEED_ADDS && spare >= pages)) return FERRITE_OK;
    return rc;
}

/* So many page numbers were given out: they may come to hold something. */
static void content_grows(struct pager *pager, uint32_t pages) {
    const uint32_t high = atomic_load_explicit(&pager->pages_high, memory_order_relaxed);
    const uint32_t most = pager->space.page_count;
    if (high >= most) return;
    atomic_store_explicit(&pager->pages_high, pages < most - high ? high + pages : most, memory_order_relaxed);
}

int pager_take(struct pager *pager, uint32_t pages, enum page_need need, pgno *out) {
    struct space *space = &pager->space;
    int rc = space_secure(pager, pages, need);
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
    if (has_growing_file(pager)) rc = file_grow_for(pager, end, need == NEED_FREES);
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
