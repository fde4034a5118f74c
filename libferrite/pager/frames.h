/*
 * frames.h - memory for young pages: an arena of 4 KB frames.
 *
 * One reserved address range, carved into chunks of 2 MiB. The first 4 KB of a chunk describe its 511
 * frames, so a frame's facts are found from its address. A run of pages takes neighbouring frames.
 * Free frames are linked through their descriptions, so that their own memory can go back to the system.
 *
 * Threads: allocation and release under the engine's writer lock. frame_info of a live frame may be
 * read by the checkpoint that owns the frame.
 */
#ifndef FERRITE_FRAMES_H
#define FERRITE_FRAMES_H

#include <stdbool.h>

#include "../os/os.h"
#include "page.h"

enum frame_state {
    FRAME_FREE = 0, /* in the arena's free lists */
    FRAME_LIVE,     /* holds a page that the next checkpoint must write */
    FRAME_DEAD,     /* its page was freed; bytes stay while snapshots may read them */
    FRAME_TAIL,     /* second or later frame of a run */
    FRAME_RETURNED, /* free, and the system has its memory */
};

struct frame_info {
    pgno pgno;      /* of a free frame: the number of the next one of its class, 0: none */
    uint16_t pages; /* 1, or the pages of the run that begins here */
    uint16_t state; /* enum frame_state */
};

#define FRAME_CLASSES 8

struct frames {
    uint8_t *base;
    uint64_t size;         /* bytes reserved */
    uint32_t chunk_count;  /* chunks begun */
    uint32_t chunk_used;   /* frames carved off the last chunk */
    uint32_t free[FRAME_CLASSES]; /* by size class: the number of the first free frame, 0: none */
    uint64_t in_use;       /* frames handed out, in pages of 4 KB */
    uint64_t peak;         /* the most of them at once since frames_give_back last began */
    uint64_t returned;     /* free frames whose memory the system has */
    uint64_t live;         /* pages in FRAME_LIVE frames: what a checkpoint would write */
    void *reserved;        /* what os_reserve gave (base is aligned inside it) */
    uint64_t reserved_len;
    struct os *os;
};

int frames_init(struct frames *frames, struct os *os, uint64_t size);
void frames_done(struct frames *frames);

/* `pages` (1..RUN_MAX_PAGES) neighbouring frames, content undefined, marked FRAME_LIVE for `no`; NULL without memory. */
struct page *frame_alloc(struct frames *frames, uint32_t pages, pgno no);
void frame_release(struct frames *frames, struct page *page);

static inline bool frame_owns(const struct frames *frames, const void *address) {
    return (uint64_t)((const uint8_t *)address - frames->base) < frames->size;
}

/* A frame as a number. */
static inline uint32_t frame_index(const struct frames *frames, const struct page *page) {
    return (uint32_t)((uint64_t)((const uint8_t *)page - frames->base) / PAGE_SIZE);
}
static inline struct page *frame_at(const struct frames *frames, uint32_t index) {
    return (struct page *)(frames->base + (uint64_t)index * PAGE_SIZE);
}

#define FRAME_CHUNK (2u * 1024u * 1024u)
#define FRAME_CHUNK_FRAMES (FRAME_CHUNK / PAGE_SIZE - 1)

static inline struct frame_info *frame_info(const struct page *page) {
    uintptr_t address = (uintptr_t)page;
    struct frame_info *infos = (struct frame_info *)(address & ~(uintptr_t)(FRAME_CHUNK - 1));
    return &infos[(address & (FRAME_CHUNK - 1)) / PAGE_SIZE];
}

/* Every change of a handed-out frame's state goes through here. */
static inline void frame_mark(struct frames *frames, struct page *page, enum frame_state state) {
    struct frame_info *info = frame_info(page);
    if (info->state == FRAME_LIVE) frames->live -= info->pages;
    if (state == FRAME_LIVE) frames->live += info->pages;
    info->state = (uint16_t)state;
}

/* Free frames that take memory, in pages of 4 KB. */
static inline uint64_t frames_idle(const struct frames *frames) {
    if (frames->chunk_count == 0) return 0;
    const uint64_t begun = (uint64_t)(frames->chunk_count - 1) * FRAME_CHUNK_FRAMES + frames->chunk_used;
    return begun - frames->in_use - frames->returned;
}
/* Gives memory of free frames back, from the last chunk down, but for as many as were in use beyond today's since it
 * was last done: a load that comes and goes keeps its memory. *chunk: 0 begins, afterwards where to go on, and 0 when
 * all is done; a step looks at some chunks. */
void frames_give_back(struct frames *frames, uint32_t *chunk);

/* Calls fn for each LIVE frame (heads of runs only). */
void frames_each_live(struct frames *frames, void (*fn)(void *ctx, struct page *page), void *ctx);

#endif
