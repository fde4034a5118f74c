/*
 * keys.c - see keys.h.
 */
#include "keys.h"

#include <stdlib.h>
#include <string.h>

static char pool[1 << 20];

uint64_t random_next(struct bench_random *random) {
    uint64_t z = (random->state += 0x9E3779B97F4A7C15u); /* splitmix64 */
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

void keys_setup(void) {
    struct bench_random random = {1};
    for (size_t i = 0; i < sizeof pool; i += 8) {
        uint64_t word = random_next(&random);
        memcpy(pool + i, &word, 8);
    }
}

void key_make(uint64_t number, char key[KEY_LEN]) {
    memcpy(key, "key:", 4);
    for (int i = KEY_LEN - 1; i >= 4; i--, number /= 10) key[i] = (char)('0' + number % 10);
}

void value_make(struct bench_random *random, char value[VALUE_LEN]) {
    size_t at = random_next(random) % (sizeof pool - VALUE_LEN);
    memcpy(value, pool + at, VALUE_LEN / 2);
    memcpy(value + VALUE_LEN / 2, pool + at, VALUE_LEN / 2);
}

uint32_t *keys_shuffled(uint64_t count, uint64_t seed) {
    uint32_t *order = malloc(count * sizeof *order);
    if (!order) bench_die("out of memory");
    struct bench_random random = {seed};
    for (uint64_t i = 0; i < count; i++) order[i] = (uint32_t)i;
    for (uint64_t i = count; i-- > 1;) {
        uint64_t other = random_next(&random) % (i + 1);
        uint32_t kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
    return order;
}
