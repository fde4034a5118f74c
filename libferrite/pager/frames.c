/* frames.c - see frames.h. */
#include "frames.h"

#include <string.h>

#include "../error.h"
#include "../os/mem.h"

static_assert(sizeof(struct frame_info) * (FRAME_CHUNK_FRAMES + 1) <= PAGE_SIZE,
              "a chunk's description fits its first page");

/* Runs are rounded up to one of these, so that a released run serves the next of its class. */
static const uint8_t class_pages[FRAME_CLASSES] = {1, 2, 3, 4, 6, 8, 12, RUN_MAX_PAGES};

static int class_of(uint32_t pages) {
    int class = 0;
    while (class_pages[class] < pages) class++;
    return class;
}

int frames_init(struct frames *frames, struct os *os, uint64_t size) {
    memset(frames, 0, sizeof *frames);
    frames->os = os;
    frames->reserved_len = size + FRAME_CHUNK;
    int rc = os_reserve(os, frames->reserved_len, &frames->reserved);
    if (rc != FERRITE_OK) return rc;
    uintptr_t start = (uintptr_t)frames->reserved;
    frames->base = (uint8_t *)((start + FRAME_CHUNK - 1) & ~(uintptr_t)(FRAME_CHUNK - 1));
    frames->size = size & ~(uint64_t)(FRAME_CHUNK - 1);
    frames->chunk_used = FRAME_CHUNK_FRAMES;
    return FERRITE_OK;
}

void frames_done(struct frames *frames) {
    if (frames->reserved) os_unmap(frames->os, frames->reserved, frames->reserved_len);
    memset(frames, 0, sizeof *frames);
}

/* The rest of a chunk too small for the run asked for goes to the single-frame list. */
static void chunk_retire(struct frames *frames) {
    uint8_t *chunk = frames->base + (uint64_t)(frames->chunk_count - 1) * FRAME_CHUNK;
    while (frames->chunk_used < FRAME_CHUNK_FRAMES) {
        void **frame = (void **)(chunk + (uint64_t)(++frames->chunk_used) * PAGE_SIZE);
        *frame = frames->free[0];
        frames->free[0] = frame;
    }
}

static struct page *carve(struct frames *frames, uint32_t pages) {
    if (frames->chunk_used + pages > FRAME_CHUNK_FRAMES) {
        if ((uint64_t)(frames->chunk_count + 1) * FRAME_CHUNK > frames->size) return NULL;
        if (mem_fail_hook != NULL && mem_fail_hook(FRAME_CHUNK)) return NULL;
        if (frames->chunk_count > 0) chunk_retire(frames);
        frames->chunk_count++;
        frames->chunk_used = 0;
        /* A small database stays small; for a large one fewer address translations are worth a fifth of a random
         * put or get. */
        if (frames->chunk_count > 1)
            os_prefer_large_pages(frames->base + (uint64_t)(frames->chunk_count - 1) * FRAME_CHUNK,
                                  FRAME_CHUNK);
    }
    uint8_t *chunk = frames->base + (uint64_t)(frames->chunk_count - 1) * FRAME_CHUNK;
    struct page *page = (struct page *)(chunk + (uint64_t)(frames->chunk_used + 1) * PAGE_SIZE);
    frames->chunk_used += pages;
    return page;
}

struct page *frame_alloc(struct frames *frames, uint32_t pages, pgno no) {
    int class = class_of(pages);
    struct page *page = frames->free[class];
    if (page != NULL)
        memcpy(&frames->free[class], page, sizeof(void *));
    else
        page = carve(frames, class_pages[class]);
    if (page == NULL) return NULL;
    struct frame_info *info = frame_info(page);
    *info = (struct frame_info){no, (uint16_t)pages, FRAME_LIVE};
    for (uint32_t i = 1; i < class_pages[class]; i++) info[i].state = FRAME_TAIL;
    frames->in_use += class_pages[class];
    frames->live += pages;
    return page;
}

void frame_release(struct frames *frames, struct page *page) {
    struct frame_info *info = frame_info(page);
    assert(info->state == FRAME_LIVE || info->state == FRAME_DEAD);
    int class = class_of(info->pages);
    frame_mark(frames, page, FRAME_FREE);
    frames->in_use -= class_pages[class];
    memcpy(page, &frames->free[class], sizeof(void *));
    frames->free[class] = page;
}

void frames_each_live(struct frames *frames, void (*fn)(void *ctx, struct page *page), void *ctx) {
    for (uint32_t chunk = 0; chunk < frames->chunk_count; chunk++) {
        uint8_t *start = frames->base + (uint64_t)chunk * FRAME_CHUNK;
        const struct frame_info *infos = (const struct frame_info *)start;
        bool last = chunk + 1 == frames->chunk_count;
        uint32_t used = last ? frames->chunk_used : FRAME_CHUNK_FRAMES;
        for (uint32_t i = 1; i <= used; i++)
            if (infos[i].state == FRAME_LIVE) fn(ctx, (struct page *)(start + (uint64_t)i * PAGE_SIZE));
    }
}
