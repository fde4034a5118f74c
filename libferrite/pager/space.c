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
    mem_free(space->young_pinned.runs);
    mem_free(space->old_pinned.runs);
    mem_free(space->ready);
    memset(space, 0, sizeof *space);
}

/* Moves the runs to the front, or to a larger array. */
int freed_queue_room(struct freed_queue *queue) {
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

int space_ready_room(struct space *space) {
    size_t cap = space->ready_cap ? space->ready_cap * 2 : 64;
    pgno *ready = mem_realloc(space->ready, cap * sizeof *ready);
    if (ready == NULL) return error_nomem();
    space->ready = ready;
    space->ready_cap = cap;
    return FERRITE_OK;
}
