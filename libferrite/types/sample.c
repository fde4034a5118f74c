/*
 * sample.c - see sample.h. The generator is xorshift128+, by S. Vigna.
 */
#include "sample.h"

#include <stdlib.h>

#include "../os/mem.h"

int sample_check(int64_t count) {
    if (count >= -SAMPLE_REPEATS_MAX) return FERRITE_OK;
    return error_set(FERRITE_LIMIT, "ERR value is out of range");
}

int sampler_seed(struct sampler *sampler, struct keyspace *ks) {
    int code = os_random(engine_os(ks->txn->engine), sampler->state, sizeof sampler->state);
    sampler->state[1] |= 1;
    return code;
}

static uint64_t sampler_next(struct sampler *sampler) {
    uint64_t a = sampler->state[0], b = sampler->state[1];
    sampler->state[0] = b;
    a ^= a << 23;
    sampler->state[1] = a ^ b ^ (a >> 18) ^ (b >> 5);
    return sampler->state[1] + b;
}

/* Numbers that would favour the low ones are drawn again. */
uint64_t sampler_below(struct sampler *sampler, uint64_t count) {
    uint64_t unfair = (0 - count) % count, number;
    do number = sampler_next(sampler);
    while (number < unfair);
    return number % count;
}

static int compare_numbers(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Draws what is missing until all are different: as if each repeated number were drawn again. */
static void draw(struct sampler *sampler, uint64_t count, uint64_t want, uint64_t *ranks) {
    for (uint64_t have = 0; have < want;) {
        uint64_t kept = 0;
        while (have < want) ranks[have++] = sampler_below(sampler, count);
        qsort(ranks, want, sizeof *ranks, compare_numbers);
        for (uint64_t i = 0; i < want; i++)
            if (i == 0 || ranks[i] != ranks[i - 1]) ranks[kept++] = ranks[i];
        have = kept;
    }
}

int sampler_ranks(struct sampler *sampler, uint64_t count, uint64_t want, uint64_t **out) {
    bool few = want <= count / 2;
    uint64_t drawn = few ? want : count - want, from = 0, to = 0;
    uint64_t *ranks = mem_alloc(drawn * sizeof *ranks);
    *out = ranks;
    if (ranks == NULL) return error_nomem();
    draw(sampler, count, drawn, ranks);
    if (few) return FERRITE_OK;
    *out = mem_alloc(want * sizeof **out); /* all but those drawn */
    for (uint64_t rank = 0; *out != NULL && rank < count; rank++) {
        if (from < drawn && ranks[from] == rank)
            from++;
        else
            (*out)[to++] = rank;
    }
    mem_free(ranks);
    return *out != NULL ? FERRITE_OK : error_nomem();
}
