/*
 * arena.h - memory that grows piece by piece and goes at once: what views point at that cannot point into pages.
 *
 * Owned by a session (db.h), which clears it with each write of a transaction. Any thread.
 */
#ifndef FERRITE_TYPES_ARENA_H
#define FERRITE_TYPES_ARENA_H

#include <pthread.h>
#include <stddef.h>

#define ARENA_MAX (64u << 20) /* bytes in use; more is FERRITE_LIMIT */

struct arena_block;

struct arena {
    pthread_mutex_t mutex; /* of all that follows */
    struct arena_block *blocks; /* the newest first */
    size_t left;                /* bytes free at the end of it */
    size_t used;                /* bytes handed out */
};

void arena_init(struct arena *arena);
void arena_done(struct arena *arena);

/* FERRITE_LIMIT, FERRITE_NOMEM: the arena is unchanged. */
int arena_take(struct arena *arena, size_t len, char **out);
/* Nobody looks at what it holds any more. */
void arena_clear_slow(struct arena *arena);
static inline void arena_clear(struct arena *arena) {
    if (__builtin_expect(arena->blocks != NULL, 0)) arena_clear_slow(arena);
}

#endif
