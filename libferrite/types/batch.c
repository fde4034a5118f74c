/*
 * batch.c - see batch.h.
 */
#include "batch.h"

#include "../error.h"
#include "../os/mem.h"

#define BATCH_CAP_MIN 1024u

int batch_add(struct batch *batch, const struct effect *effect) {
    size_t size = effect_size(effect);
    if (size > batch->cap - batch->len) {
        size_t cap = batch->cap < BATCH_CAP_MIN ? BATCH_CAP_MIN : batch->cap + batch->cap / 2;
        if (cap < batch->len + size) cap = batch->len + size;
        uint8_t *bytes = mem_realloc(batch->bytes, cap);
        if (bytes == NULL) return error_nomem();
        batch->bytes = bytes;
        batch->cap = cap;
    }
    effect_write(effect, batch->bytes + batch->len);
    batch->len += size;
    return FERRITE_OK;
}

void batch_clear(struct batch *batch) {
    mem_free(batch->bytes);
    *batch = (struct batch){0};
}
