/*
 * batch.h - effects collected without the writer lock, to be applied together.
 *
 * Owned by a batch handle (db_transaction.c), filled by the mutation functions. One thread at a time.
 */
#ifndef FERRITE_TYPES_BATCH_H
#define FERRITE_TYPES_BATCH_H

#include "effect.h"

struct batch {
    uint8_t *bytes; /* a stream of effects */
    size_t len, cap;
};

int batch_add(struct batch *batch,
              const struct effect *effect); /* FERRITE_NOMEM, batch unchanged */
void batch_clear(struct batch *batch);

#endif
