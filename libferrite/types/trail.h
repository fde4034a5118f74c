/*
 * trail.h - the last keys that were written, the newest first: their leaves have been copied already, so eviction
 * looks there for victims that cost no further page.
 *
 * Noted by keyspace_spare, taken by evict_leaf.c. Under the writer lock.
 */
#ifndef FERRITE_TYPES_TRAIL_H
#define FERRITE_TYPES_TRAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRAIL_KEYS    256u
#define TRAIL_KEY_MAX 104u /* longer keys leave none */

struct trail_step {
    uint32_t db, key_len;
    uint8_t key[TRAIL_KEY_MAX];
};

struct trail {
    struct trail_step *steps; /* TRAIL_KEYS, a ring; NULL: none was noted yet */
    uint32_t end;             /* where the next one goes */
    uint32_t count;
};

void trail_done(struct trail *trail);

/* Without memory nothing is noted. */
void trail_note(struct trail *trail, uint32_t db, const void *key, size_t key_len);
/* The newest one, which is taken away; NULL: there is none. Valid until the next is noted. */
const struct trail_step *trail_take(struct trail *trail);
static inline void trail_forget(struct trail *trail) { trail->count = 0; }

#endif
