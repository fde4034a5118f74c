/* space.c - see space.h. */
#include "space.h"

#include <string.h>

#include "../error.h"
#include "../os/mem.h"

void space_done(struct space *space) {
    bitmap_done(&space->freed);
    bitmap_done(&space->avail);
    mem_free(space->young.runs);
    mem_free(space->old.runs);
    mem_free(space->ready);
    memset(space, 0, sizeof *space);
}

/* Makes room at the tail, by moving the runs to the front or by a larger array. */
static int queue_room(struct freed_queue *queue) {
    size_t count = queue->tail - queue->head;
    if (queue->head > count) {
        memcpy(queue->runs, queue->runs + queue->head, count * sizeof *queue->runs);
    } else {
        size_t cap = queue->cap ? queue->cap * 2 : 64;
        struct freed_run *runs = mem_alloc(cap * sizeof *runs);
        if (runs == NULL) return error_nomem();
        if (count) memcpy(runs, queue->runs + queue->head, count * sizeof *runs);
        mem_free(queue->runs);
        queue->runs = runs;
        queue->cap = cap;
    }
    queue->head = 0;
    queue->tail = count;
    return FERRITE_OK;
}

int freed_queue_push(struct freed_queue *queue, uint64_t txid, pgno no, uint32_t pages) {
    if (queue->tail == queue->cap) {
        int rc = queue_room(queue);
        if (rc != FERRITE_OK) return rc;
    }
    queue->runs[queue->tail++] = (struct freed_run){txid, no, pages};
    return FERRITE_OK;
}

void freed_queue_pop(struct freed_queue *queue) {
    if (++queue->head == queue->tail) queue->head = queue->tail = 0;
}

int space_ready_push(struct space *space, pgno no) {
    if (space->ready_count == space->ready_cap) {
        size_t cap = space->ready_cap ? space->ready_cap * 2 : 64;
        pgno *ready = mem_realloc(space->ready, cap * sizeof *ready);
        if (ready == NULL) return error_nomem();
        space->ready = ready;
        space->ready_cap = cap;
    }
    space->ready[space->ready_count++] = no;
    return FERRITE_OK;
}

void space_set(struct bitmap *map, pgno no, uint32_t pages) {
    for (uint32_t i = 0; i < pages; i++) bitmap_set(map, no + i);
}

void space_clear(struct bitmap *map, pgno no, uint32_t pages) {
    for (uint32_t i = 0; i < pages; i++) bitmap_clear(map, no + i);
}

bool space_in_use(const struct space *space, pgno no, uint32_t pages) {
    for (uint32_t i = 0; i < pages; i++)
        if (bitmap_test(&space->freed, no + i)) return false;
    return true;
}
