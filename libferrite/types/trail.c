/* trail.c - see trail.h. */
#include "trail.h"

#include <string.h>

#include "../os/mem.h"

void trail_done(struct trail *trail) {
    mem_free(trail->steps);
    *trail = (struct trail){0};
}

void trail_note(struct trail *trail, uint32_t db, const void *key, size_t key_len) {
    if (trail->steps == NULL) trail->steps = mem_alloc(TRAIL_KEYS * sizeof *trail->steps);
    if (trail->steps == NULL || key_len > TRAIL_KEY_MAX) return;
    struct trail_step *step = &trail->steps[trail->end++ % TRAIL_KEYS];
    step->db = db;
    step->key_len = (uint32_t)key_len;
    if (key_len != 0) memcpy(step->key, key, key_len);
    if (trail->count < TRAIL_KEYS) trail->count++;
}

const struct trail_step *trail_take(struct trail *trail) {
    if (trail->count == 0) return NULL;
    trail->count--;
    return &trail->steps[--trail->end % TRAIL_KEYS];
}
