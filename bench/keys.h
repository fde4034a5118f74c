/*
 * keys.h - the data of all workloads: key:%012u, and 100-byte values of 50 random bytes twice.
 * Pure functions and one read-only pool; any thread after keys_setup.
 */
#ifndef BENCH_KEYS_H
#define BENCH_KEYS_H

#include <stdint.h>

#include "bench.h"

struct bench_random {
    uint64_t state;
};
uint64_t random_next(struct bench_random *random);

void keys_setup(void);                                      /* before the first value */
void key_make(uint64_t number, char key[KEY_LEN]);          /* "key:000000000042" */
void value_make(struct bench_random *random, char value[VALUE_LEN]);
uint32_t *keys_shuffled(uint64_t count, uint64_t seed);     /* 0..count-1 in random order */

#endif
