/* pager.c - see pager.h: opening, and loading pages. take.c gives page numbers out, reclaim.c takes them back. */
#include "pager.h"

#include <string.h>

#include "../error.h"
#include "../os/crc32c.h"
#include "../os/mem.h"

#define MAP_MIN (64ull * 1024 * 1024)

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

int pager_map_show(struct pager *pager, bool file, uint32_t from, uint32_t end) {
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
    rc = pager_map_show(pager, false, (uint32_t)(len / PAGE_SIZE), pager->max_pages);
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
