/*
 * evict_leaf.c - making much room at once: the keys of one leaf go, then those of another.
 *
 * Victims taken here and there copy a leaf each, and of small keys hundreds have to go before any leaf becomes free:
 * that takes more pages than it gives, in a file whose pages come back only with the next checkpoint. So what lacks
 * many pages takes neighbours: by LRU and LFU those of the coldest of a few leaves, else of any.
 */
#include "evict_internal.h"

#define LEAVES_TRIED 5u
#define LEAF_SAMPLES 8u

/* The mean of some of the leaf's entries. */
static int leaf_warmth(struct keyspace *ks, struct tree_cursor *cursor, uint64_t *warmth) {
    const struct page *leaf = cursor->path[cursor->depth - 1].page;
    uint32_t *slot = &cursor->path[cursor->depth - 1].slot;
    const uint32_t apart = leaf->slots / LEAF_SAMPLES + 1, samples = (leaf->slots + apart - 1) / apart;
    int code = FERRITE_OK;
    *warmth = 0;
    for (*slot = 0; *slot < leaf->slots && code == FERRITE_OK; *slot += apart) {
        ferrite_slice key;
        code = evict_cursor_key(cursor, false, &key);
        if (code == FERRITE_OK) *warmth += evict_warmth(ks, key, leaf->birth) / samples;
    }
    return code;
}

/* A leaf at random; it is chosen if it is colder than *least. */
static int leaf_offer(struct evictor *evictor, struct keyspace *ks, uint64_t *least) {
    const uint64_t rank = evict_random_below(evictor, evict_count(ks, false));
    uint64_t warmth = 0;
    struct keyspace in = *ks;
    struct tree_cursor cursor;
    int code = evict_seek(&in, false, rank, &cursor);
    if (code == FERRITE_OK && cursor.valid) {
        const uint32_t slot = cursor.path[cursor.depth - 1].slot;
        const uint32_t slots = cursor.path[cursor.depth - 1].page->slots;
        if (ks->recency != NULL) code = leaf_warmth(&in, &cursor, &warmth);
        if (code == FERRITE_OK && (evictor->leaf_left == 0 || warmth < *least)) {
            evictor->leaf_rank = rank - slot;
            evictor->leaf_left = slots;
            *least = warmth;
        }
    }
    cursor_done(&cursor);
    return code;
}

static int leaf_choose(struct evictor *evictor, struct keyspace *ks) {
    const uint32_t tries = ks->recency != NULL ? LEAVES_TRIED : 1;
    uint64_t least = UINT64_MAX;
    int code = FERRITE_OK;
    for (uint32_t i = 0; i < tries && code == FERRITE_OK && evict_count(ks, false) != 0; i++)
        code = leaf_offer(evictor, ks, &least);
    return code;
}

void evict_leaf_forget(struct evictor *evictor) { evictor->leaf_left = 0; }

int evict_neighbour(struct evictor *evictor, struct keyspace *ks, int policy,
                    const struct evict_listener *listener, bool *done) {
    const bool expiring = evict_is_volatile(policy);
    int code = FERRITE_OK;
    *done = false;
    if (policy == FERRITE_EVICT_NONE || policy == FERRITE_EVICT_VOLATILE_TTL) return FERRITE_OK;
    if (evictor->leaf_left == 0) code = leaf_choose(evictor, ks);
    while (code == FERRITE_OK && !*done && evictor->leaf_left > 0) {
        evictor->leaf_left--;
        code = evict_at_rank(ks, false, expiring, evictor->leaf_rank, listener, done);
        if (!*done) evictor->leaf_rank++;
    }
    return code;
}
