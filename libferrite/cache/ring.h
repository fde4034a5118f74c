/*
 * ring.h - which words of a shard's memory hold entries: appended in a circle, given up oldest first.
 *
 *   not wrapped   ....[tail      head)..........limit     one piece, oldest at tail
 *   wrapped       [      head)....[tail    end)...limit   tail to end is older than 0 to head
 *
 * Knows positions and no content. An entry never lies across the end: a lap ends where the next entry
 * does not fit under `limit`. A lower limit counts from the next placing on; what already lies above it
 * stays until its turn comes (ring_settled). Under the shard's lock.
 */
#ifndef FERRITE_CACHE_RING_H
#define FERRITE_CACHE_RING_H

#include <stdbool.h>
#include <stdint.h>

struct ring { /* all in words */
    uint64_t head, tail;
    uint64_t end;   /* of the older lap, while wrapped */
    uint64_t limit; /* no placing beyond */
    uint64_t high;  /* memory below this was used, or made ready */
    bool wrapped;
};

/* Room for an entry: at *at. False: nothing fits now; give up the oldest entry and ask again. */
bool ring_place(struct ring *ring, uint32_t words, uint32_t *at);

static inline bool ring_empty(const struct ring *ring) {
    return !ring->wrapped && ring->head == ring->tail;
}

/* Gives up the oldest entry, which has so many words. Not when empty. */
void ring_drop(struct ring *ring, uint32_t words);

/* All entries lie below. */
static inline bool ring_settled(const struct ring *ring, uint64_t limit) {
    return (ring->wrapped ? ring->end : ring->head) <= limit;
}

/* Forgets all entries; the memory counts as used still. */
static inline void ring_clear(struct ring *ring) {
    ring->head = ring->tail = ring->end = 0;
    ring->wrapped = false;
}

#endif
