/* ring.c - see ring.h. */
#include "ring.h"

#include <assert.h>

static void place_at_head(struct ring *ring, uint32_t words, uint32_t *at) {
    *at = (uint32_t)ring->head;
    ring->head += words;
    if (ring->head > ring->high) ring->high = ring->head;
}

bool ring_place(struct ring *ring, uint32_t words, uint32_t *at) {
    if (ring_empty(ring)) ring_clear(ring);
    if (!ring->wrapped && ring->head + words > ring->limit) {
        if (ring->head == 0) return false; /* larger than all there is */
        ring->wrapped = true;
        ring->end = ring->head;
        ring->head = 0;
    }
    uint64_t stop = ring->wrapped ? ring->tail : ring->limit;
    if (stop > ring->limit) stop = ring->limit;
    if (ring->head + words > stop) return false;
    place_at_head(ring, words, at);
    return true;
}

void ring_drop(struct ring *ring, uint32_t words) {
    assert(!ring_empty(ring));
    ring->tail += words;
    if (!ring->wrapped || ring->tail < ring->end) return;
    assert(ring->tail == ring->end);
    ring->tail = 0;
    ring->wrapped = false;
}
