/*
 * tower.c - see tower.h.
 */
#include "tower.h"

#include <string.h>

#include "../../libferrite/pager/page.h"

static struct page *page_at(const struct image_file *data, uint32_t number) {
    return (struct page *)(void *)(data->data + (size_t)number * PAGE_SIZE);
}

/* Where a branch keeps child and count of a slot (node.h). */
static unsigned char *link_at(struct page *page, uint32_t slot) {
    unsigned char *bytes = (unsigned char *)page;
    uint16_t off;
    if (page->type == PAGE_POS_BRANCH) return bytes + PAGE_HEADER_SIZE + 12 * slot;
    memcpy(&off, bytes + PAGE_HEADER_SIZE + 8 * slot + 4, sizeof off);
    return bytes + off;
}

static uint32_t child_of(struct page *page, uint32_t slot) {
    uint32_t child;
    memcpy(&child, link_at(page, slot), sizeof child);
    return child;
}

bool tower_fits(const struct image_file *data, uint32_t number) {
    const struct page *page = page_at(data, number);
    return (page->type == PAGE_BRANCH || page->type == PAGE_POS_BRANCH) && page->level == 1 &&
           page->slots >= 2 && page->pgno == number;
}

/* All slots lead to the page below; the number of entries that the branch then claims. */
static uint64_t floor_lay(struct page *page, uint32_t below, uint64_t entries,
                          enum tower_counts counts) {
    uint64_t total = 0;
    for (uint32_t slot = 0; slot < page->slots; slot++) {
        uint64_t count;
        memcpy(link_at(page, slot), &below, sizeof below);
        memcpy(&count, link_at(page, slot) + 4, sizeof count);
        if (counts == TOWER_ONE) count = 1;
        if (counts == TOWER_HUGE) count = (uint64_t)1 << 50;
        if (counts == TOWER_TRUE) count = entries;
        memcpy(link_at(page, slot) + 4, &count, sizeof count);
        total += count;
    }
    return total;
}

uint64_t tower_build(struct image_file *data, uint32_t number, unsigned levels,
                     enum tower_counts counts) {
    struct page *root = page_at(data, number), plain = *root;
    uint32_t below = child_of(root, 0);
    uint64_t entries = page_at(data, below)->slots;
    if (levels > plain.slots) levels = plain.slots;
    for (unsigned level = 1; level <= levels; level++) {
        uint32_t at = level < levels ? child_of(&plain, level) : number;
        struct page *page = page_at(data, at);
        *page = plain;
        page->pgno = at;
        page->level = (uint8_t)level;
        entries = floor_lay(page, below, entries, counts);
        image_seal(data, at, 1);
        below = at;
    }
    return entries;
}
