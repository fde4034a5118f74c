/*
 * arena.c - see arena.h.
 */
#include "arena.h"

#include "../error.h"
#include "../ferrite.h"
#include "../os/mem.h"

#define BLOCK_SIZE 4096u

struct arena_block {
    struct arena_block *next;
    size_t size; /* of bytes */
    char bytes[];
};

static int block_add(struct arena *arena, size_t len) {
    size_t size = len > BLOCK_SIZE - sizeof(struct arena_block) ? len
                                                                : BLOCK_SIZE - sizeof(struct arena_block);
    struct arena_block *block = mem_alloc(sizeof *block + size);
    if (block == NULL) return error_nomem();
    block->next = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->left = size;
    return FERRITE_OK;
}

static int take(struct arena *arena, size_t len, char **out) {
    if (len > ARENA_MAX - arena->used)
        return error_set(FERRITE_LIMIT, "views of compressed values take more than %u MiB: end the "
                                        "snapshot or transaction, or take copies",
                         ARENA_MAX >> 20);
    int code = arena->left < len || arena->blocks == NULL ? block_add(arena, len) : FERRITE_OK;
    if (code != FERRITE_OK) return code;
    *out = arena->blocks->bytes + (arena->blocks->size - arena->left);
    arena->left -= len;
    arena->used += len;
    return code;
}

int arena_take(struct arena *arena, size_t len, char **out) {
    pthread_mutex_lock(&arena->mutex);
    int code = take(arena, len, out);
    pthread_mutex_unlock(&arena->mutex);
    return code;
}

void arena_clear_slow(struct arena *arena) {
    while (arena->blocks != NULL) {
        struct arena_block *next = arena->blocks->next;
        mem_free(arena->blocks);
        arena->blocks = next;
    }
    arena->left = arena->used = 0;
}

void arena_init(struct arena *arena) {
    pthread_mutex_init(&arena->mutex, NULL);
    arena->blocks = NULL;
    arena->left = arena->used = 0;
}

void arena_done(struct arena *arena) {
    arena_clear(arena);
    pthread_mutex_destroy(&arena->mutex);
}
