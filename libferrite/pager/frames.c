/* frames.c - see frames.h. */
#include "frames.h"

#include <string.h>

#include "../error.h"
#include "../os/mem.h"

static_assert(sizeof(struct frame_info) * (FRAME_CHUNK_FRAMES + 1) <= PAGE_SIZE,
              "a chunk's description fits its first page");

#define SMALL_CHUNKS  4u /* have no large pages */
#define RETURN_LEAST  4u  /* neighbouring frames: fewer are not worth the call */
#define RETURN_CHUNKS 16u /* looked at in a step */

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

static uint8_t *chunk_at(const struct frames *frames, uint32_t chunk) {
    return frames->base + (uint64_t)chunk * FRAME_CHUNK;
}

static void free_push(struct frames *frames, int class, struct page *page) {
    frame_info(page)->pgno = frames->free[class];
    frames->free[class] = frame_index(frames, page);
}

static struct page *free_pop(struct frames *frames, int class) {
    if (frames->free[class] == 0) return NULL;
    struct page *page = frame_at(frames, frames->free[class]);
    const struct frame_info *info = frame_info(page);
    if (info->state == FRAME_RETURNED) frames->returned -= class_pages[class];
    frames->free[class] = info->pgno;
    return page;
}

/* The rest of a chunk too small for the run asked for goes to the single-frame list. */
static void chunk_retire(struct frames *frames) {
    uint8_t *chunk = chunk_at(frames, frames->chunk_count - 1);
    while (frames->chunk_used < FRAME_CHUNK_FRAMES)
        free_push(frames, 0, (struct page *)(chunk + (uint64_t)(++frames->chunk_used) * PAGE_SIZE));
}

static struct page *carve(struct frames *frames, uint32_t pages) {
    if (frames->chunk_used + pages > FRAME_CHUNK_FRAMES) {
        if ((uint64_t)(frames->chunk_count + 1) * FRAME_CHUNK > frames->size) return NULL;
        if (mem_fail_hook != NULL && mem_fail_hook(FRAME_CHUNK)) return NULL;
        if (frames->chunk_count > 0) chunk_retire(frames);
        frames->chunk_count++;
        frames->chunk_used = 0;
        /* A small database stays small: the system fills a large page at its first touch, and one within a bound of 2
         * MB would take 4. For a large one fewer address translations are worth a fifth of a random put or get. */
        if (frames->chunk_count > SMALL_CHUNKS)
            os_large_pages(chunk_at(frames, frames->chunk_count - 1), FRAME_CHUNK, true);
    }
    uint8_t *chunk = chunk_at(frames, frames->chunk_count - 1);
    struct page *page = (struct page *)(chunk + (uint64_t)(frames->chunk_used + 1) * PAGE_SIZE);
    frames->chunk_used += pages;
    return page;
}

struct page *frame_alloc(struct frames *frames, uint32_t pages, pgno no) {
    int class = class_of(pages);
    struct page *page = free_pop(frames, class);
    if (page == NULL) page = carve(frames, class_pages[class]);
    if (page == NULL) return NULL;
    struct frame_info *info = frame_info(page);
    *info = (struct frame_info){no, (uint16_t)pages, FRAME_LIVE};
    for (uint32_t i = 1; i < class_pages[class]; i++) info[i].state = FRAME_TAIL;
    frames->in_use += class_pages[class];
    if (frames->in_use > frames->peak) frames->peak = frames->in_use;
    frames->live += pages;
    return page;
}

void frame_release(struct frames *frames, struct page *page) {
    struct frame_info *info = frame_info(page);
    assert(info->state == FRAME_LIVE || info->state == FRAME_DEAD);
    int class = class_of(info->pages);
    frame_mark(frames, page, FRAME_FREE);
    frames->in_use -= class_pages[class];
    free_push(frames, class, page);
}

/* ---- giving memory back ---- */

/* The frames of what begins at an index of its chunk; one that never held anything stands alone. */
static uint32_t extent_at(const struct frame_info *infos, uint32_t index) {
    return class_pages[class_of(infos[index].pages)];
}

static bool extent_is_free(const struct frame_info *info) {
    return info->state == FRAME_FREE || info->state == FRAME_RETURNED;
}

/* Neighbours [from, to) of a chunk, all free, `idle` of them with memory. */
static void range_give_back(struct frames *frames, struct frame_info *infos, uint32_t from,
                            uint32_t to, uint32_t idle) {
    if (idle < RETURN_LEAST) return;
    os_discard((uint8_t *)infos + (uint64_t)from * PAGE_SIZE, (uint64_t)(to - from) * PAGE_SIZE);
    frames->returned += idle;
    for (uint32_t i = from; i < to; i += extent_at(infos, i)) infos[i].state = FRAME_RETURNED;
}

static void chunk_give_back(struct frames *frames, uint32_t chunk) {
    struct frame_info *infos = (struct frame_info *)chunk_at(frames, chunk);
    const uint64_t before = frames->returned;
    const bool last = chunk + 1 == frames->chunk_count;
    const uint32_t end = (last ? frames->chunk_used : FRAME_CHUNK_FRAMES) + 1;
    uint32_t from = 1, idle = 0;
    for (uint32_t i = 1; i < end; i += extent_at(infos, i)) {
        if (!extent_is_free(&infos[i])) {
            range_give_back(frames, infos, from, i, idle);
            from = i + extent_at(infos, i);
            idle = 0;
        } else if (infos[i].state == FRAME_FREE) {
            idle += extent_at(infos, i);
        }
    }
    range_give_back(frames, infos, from, end, idle);
    /* Or the system would soon fill what is gone with a large page. */
    if (frames->returned != before) os_large_pages(infos, FRAME_CHUNK, false);
}

void frames_give_back(struct frames *frames, uint32_t *chunk) {
    if (*chunk == 0) *chunk = frames->chunk_count;
    const uint32_t stop = *chunk > RETURN_CHUNKS ? *chunk - RETURN_CHUNKS : 0;
    while (*chunk > stop && frames_idle(frames) > frames->peak - frames->in_use)
        chunk_give_back(frames, --*chunk);
    if (*chunk > stop) *chunk = 0;
    if (*chunk == 0) frames->peak = frames->in_use;
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
