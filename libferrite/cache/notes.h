/*
 * notes.h - which keys the running write transaction has touched: hashes, to be expelled at its commit.
 *
 * Begins with the first note of a transaction, told by its number; what a transaction that was rolled back had
 * noted is forgotten so. Beyond NOTES_MAX, and without memory, it is "all keys". Used by cache.c under the
 * writer lock.
 */
#ifndef FERRITE_CACHE_NOTES_H
#define FERRITE_CACHE_NOTES_H

#include <stdbool.h>
#include <stdint.h>

#define NOTES_MAX (1u << 16)

struct notes {
    uint64_t txid; /* whose notes these are */
    uint64_t *hashes;
    uint32_t count, cap;
    bool complete; /* there was a cache from the first note on */
    bool all;      /* any key may be touched, */
    bool flushed;  /* and what there was is gone */
};

/* The first note of transaction `txid`; `complete`: there is a cache. */
void notes_begin(struct notes *notes, uint64_t txid, bool complete);
void notes_add_slow(struct notes *notes, uint64_t hash);
static inline void notes_add(struct notes *notes, uint64_t hash) {
    if (__builtin_expect(notes->count < notes->cap, 1))
        notes->hashes[notes->count++] = hash;
    else
        notes_add_slow(notes, hash);
}
void notes_done(struct notes *notes);

#endif
