/*
 * space.h - which pages may be used again, and when.
 *
 * A page freed by transaction T goes one of two ways:
 *   young  it was born after the newest checkpoint was begun, so it lives only in its frame: it may be
 *          reused, frame and all, once no snapshot older than T is left;
 *   old    a checkpoint holds it: besides, a checkpoint of T or later must have become durable (E3).
 * What a long-lived snapshot can see (born before it, freed after it) is set aside, so that it holds up nothing
 * that it cannot see: a file does not grow because somebody reads for long.
 *
 * Young pages come back as a stack (`ready`), last freed first, so that the path copied by each small commit stays in
 * the processor's cache. All others are kept as bits, lowest first, so that the file stays dense.
 *
 *   freed  bits of all pages that the newest state does not use (this is the checkpoint's free list)
 *   avail  those of them that may be taken now
 *
 * Under the engine's writer lock.
 */
#ifndef FERRITE_SPACE_H
#define FERRITE_SPACE_H

#include "bitmap.h"
#include "page.h"

struct freed_run {
    uint64_t birth; /* readers of versions birth..txid-1 see it; 0 when not known */
    uint64_t txid;  /* that freed it */
    pgno pgno;
    uint32_t pages;
};

/* First in, first out; ordered by txid. */
struct freed_queue {
    struct freed_run *runs;
    size_t head, tail, cap; /* runs[head..tail) */
    size_t swept;           /* of a queue of pinned runs: how many were left by the last sweep */
};

struct space {
    struct bitmap freed, avail;
    struct freed_queue young, old;
    struct freed_queue young_pinned, old_pinned; /* seen by long-lived snapshots */
    pgno *ready;
    size_t ready_count, ready_cap;
    pgno page_count; /* pages numbered so far, the two meta pages included */
};

void space_done(struct space *space);
int freed_queue_room(struct freed_queue *queue); /* makes room at the tail */
static inline int freed_queue_push(struct freed_queue *queue, struct freed_run run) {
    if (__builtin_expect(queue->tail == queue->cap, 0)) {
        int rc = freed_queue_room(queue);
        if (rc != 0) return rc;
    }
    queue->runs[queue->tail++] = run;
    return 0;
}
static inline struct freed_run *freed_queue_front(struct freed_queue *queue) {
    return queue->head < queue->tail ? &queue->runs[queue->head] : NULL;
}
static inline void freed_queue_pop(struct freed_queue *queue) {
    if (++queue->head == queue->tail) queue->head = queue->tail = 0;
}

int space_ready_room(struct space *space);
static inline int space_ready_push(struct space *space, pgno no) {
    if (__builtin_expect(space->ready_count == space->ready_cap, 0)) {
        int rc = space_ready_room(space);
        if (rc != 0) return rc;
    }
    space->ready[space->ready_count++] = no;
    return 0;
}

static inline void space_set(struct bitmap *map, pgno no, uint32_t pages) {
    for (uint32_t i = 0; i < pages; i++) bitmap_set(map, no + i);
}

static inline void space_clear(struct bitmap *map, pgno no, uint32_t pages) {
    for (uint32_t i = 0; i < pages; i++) bitmap_clear(map, no + i);
}

/* True when none of the pages is free already. */
static inline bool space_in_use(const struct space *space, pgno no, uint32_t pages) {
    for (uint32_t i = 0; i < pages; i++)
        if (bitmap_test(&space->freed, no + i)) return false;
    return true;
}

#endif
