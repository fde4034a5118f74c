/*
 * freelist.c - the free list on disk: a chain of PAGE_FREE_LIST pages.
 *
 * After the page header: u32 next page (0: last), u32 zero, then `slots` extents of
 * {u32 first page, u32 pages}, ascending over the whole chain and never touching each other. The pages of
 * the chain itself are not listed: they are in use until the next checkpoint.
 */
#include <string.h>

#include "../error.h"
#include "../os/crc32c.h"
#include "../os/mem.h"
#include "pager.h"

struct extent {
    uint32_t first, pages;
};

#define EXTENTS_OFFSET 8u
#define EXTENTS_PER_PAGE ((PAGE_SIZE - PAGE_HEADER_SIZE - EXTENTS_OFFSET) / sizeof(struct extent))

/* Taking the list's own pages can split an extent each: room for that is counted in. */
size_t freelist_pages_needed(const struct bitmap *freed, uint32_t page_count) {
    size_t extents = 0;
    uint32_t first = 0, pages = 0;
    while (bitmap_next_run(freed, first + pages, page_count, &first, &pages)) extents++;
    if (extents == 0) return 0;
    size_t needed = 0;
    while (needed * EXTENTS_PER_PAGE < extents + needed) needed++;
    return needed;
}

/* A list has at most as many extents as there are pages that are not data, for each has one at least; and at most as many as
 * there are pages of data, for these lie between them. While two lists stand side by side, one of them may have made
 * the numbering longer by both: for that there are two extents less a page. */
#define EXTENTS_SURE (EXTENTS_PER_PAGE - 3)

uint64_t freelist_pages_most(uint64_t data, uint64_t others) {
    const uint64_t extents = others < data ? others + 1 : data;
    return (extents + EXTENTS_SURE - 1) / EXTENTS_SURE;
}

uint64_t freelist_pages_most_of_two(uint64_t data, uint64_t others) {
    const uint64_t extents = others < data ? others + 1 : data;
    return 2 * extents / EXTENTS_SURE + 2;
}

static void page_begin(struct page *page, pgno no, uint64_t txid) {
    memset(page, 0, PAGE_SIZE);
    page->type = PAGE_FREE_LIST;
    page->pgno = no;
    page->birth = txid;
    page->heap = PAGE_SIZE;
}

static void page_end(struct page *page, pgno next) {
    memcpy(page->body, &next, sizeof next);
    page->crc = crc32c(0, (uint8_t *)page + 4, PAGE_SIZE - 4);
}

int freelist_write(struct pager *pager, const struct bitmap *freed, uint32_t page_count,
                   const struct page_run *list, size_t count, uint64_t txid, struct meta *meta) {
    uint32_t first = 0, pages = 0;
    bool more = bitmap_next_run(freed, 0, page_count, &first, &pages);
    struct page page;
    meta->free_pages = 0;
    meta->free_list_pages = (uint32_t)count;
    meta->free_list = count ? list[0].pgno : 0;
    for (size_t i = 0; i < count; i++) {
        page_begin(&page, list[i].pgno, txid);
        while (more && page.slots < EXTENTS_PER_PAGE) {
            struct extent extent = {first, pages};
            memcpy(page.body + EXTENTS_OFFSET + page.slots++ * sizeof extent, &extent, sizeof extent);
            meta->free_pages += pages;
            more = bitmap_next_run(freed, first + pages, page_count, &first, &pages);
        }
        page_end(&page, i + 1 < count ? list[i + 1].pgno : 0);
        int rc = os_write(pager->os, pager->fd, pager->path, &page, PAGE_SIZE,
                          (uint64_t)list[i].pgno * PAGE_SIZE);
        if (rc != FERRITE_OK) return rc;
    }
    assert(!more);
    return FERRITE_OK;
}

/* Takes one page's extents over; *end is the first page number an extent may begin at. */
static int extents_adopt(struct pager *pager, const struct page *page, uint32_t *end) {
    if (page->slots > EXTENTS_PER_PAGE)
        return error_set(FERRITE_CORRUPT, "page %u: free list page with too many extents", page->pgno);
    for (uint32_t i = 0; i < page->slots; i++) {
        struct extent extent;
        memcpy(&extent, page->body + EXTENTS_OFFSET + i * sizeof extent, sizeof extent);
        if (extent.first < *end || extent.pages == 0 ||
            extent.first >= pager->space.page_count ||
            extent.pages > pager->space.page_count - extent.first)
            return error_set(FERRITE_CORRUPT, "page %u: impossible extent in the free list",
                             page->pgno);
        bitmap_fill(&pager->space.freed, extent.first, extent.pages, true);
        bitmap_fill(&pager->space.avail, extent.first, extent.pages, true);
        *end = extent.first + extent.pages;
    }
    return FERRITE_OK;
}

/* The list as far as it has been followed. Its length is what the file claims, so room for it comes as pages come. */
struct chain {
    struct page_run *list;
    size_t count, cap;
    size_t marked; /* Brent's way to notice a circle: no later page may be this one, and it moves up in doubling steps */
};

static int chain_add(struct chain *chain, pgno no) {
    if (chain->count > 0 && chain->list[chain->marked].pgno == no)
        return error_set(FERRITE_CORRUPT, "page %u: the free list goes round", no);
    if (chain->count == chain->cap) {
        const size_t cap = chain->cap > 0 ? chain->cap * 2 : 16;
        struct page_run *list = mem_realloc(chain->list, cap * sizeof *list);
        if (list == NULL) return error_nomem();
        chain->list = list;
        chain->cap = cap;
    }
    chain->list[chain->count] = (struct page_run){no, 1};
    if (chain->count == 2 * chain->marked + 1) chain->marked = chain->count;
    chain->count++;
    return FERRITE_OK;
}

/* Taken in order, each extent behind the one before: so nothing is listed twice. */
static int chain_follow(struct pager *pager, const struct meta *meta, struct chain *chain) {
    struct pages pages;
    pager_view(pager, &pages, meta->txid, false);
    pgno no = meta->free_list;
    uint32_t end = 2;
    for (uint32_t i = 0; i < meta->free_list_pages; i++) {
        const struct page *page = no < meta->page_count ? page_read(&pages, no) : NULL;
        if (page == NULL || page->type != PAGE_FREE_LIST)
            return error_set(FERRITE_CORRUPT, "page %u: the free list is damaged", no);
        int rc = chain_add(chain, no);
        if (rc == FERRITE_OK) rc = extents_adopt(pager, page, &end);
        if (rc != FERRITE_OK) return rc;
        memcpy(&no, page->body, sizeof no);
    }
    if (no != 0 || pager->space.freed.set != meta->free_pages)
        return error_set(FERRITE_CORRUPT, "page %u: the free list does not add up", meta->free_list);
    return FERRITE_OK;
}

int freelist_read(struct pager *pager, const struct meta *meta, struct page_run **list,
                  size_t *count) {
    *list = NULL;
    *count = 0;
    if (meta->free_list_pages == 0) return FERRITE_OK;
    if (meta->free_list_pages > meta->page_count)
        return error_set(FERRITE_CORRUPT, "page %u: impossible free list length", meta->free_list);
    struct chain chain = {0};
    int rc = chain_follow(pager, meta, &chain);
    for (size_t i = 0; i < chain.count && rc == FERRITE_OK; i++)
        if (bitmap_test(&pager->space.freed, chain.list[i].pgno))
            rc = error_set(FERRITE_CORRUPT, "page %u: the free list lists itself", chain.list[i].pgno);
    *list = chain.list;
    *count = chain.count;
    return rc;
}
