/*
 * hits.h - what the parts of ferrite-hits agree on: traces, policies, and the two caches that replay
 * them.
 *
 * A trace is a row of numbers, each a request for the key of that number. Replaying it is: GET, and
 * after a miss SET. Ferrite in memory and a redis-server get the same trace, the same policy, the same
 * bound in bytes. One thread; whatever fails stops the program with bench_die.
 *
 * A replay of seconds stands for hours, and policies look at the clock: Redis's LRU counts whole seconds, its LFU
 * minutes. So the clock of both runs CLOCK_FACTOR times as fast (Redis's by fast_clock.so).
 */
#ifndef BENCH_HITS_H
#define BENCH_HITS_H

#include "../libferrite/ferrite.h"

#include "keys.h"

struct redisContext;

#define CLOCK_FACTOR 100

struct hits_trace {
    char name[32], title[160];
    uint64_t *numbers;
    uint64_t count;
};

struct hits_policy {
    const char *name; /* of Redis's maxmemory-policy */
    ferrite_eviction eviction;
    bool of_volatile; /* most keys get an expiry, else none does */
};

struct hits_counts {
    uint64_t requests, hits; /* after the part that fills the cache */
    uint64_t refused;        /* SETs that the bound refused */
    uint64_t keys;           /* held at the end */
};

/* ---- hits_trace.c ---- */

/* Makes the trace number `index`: `count` requests, on a scale that a cache of `capacity` keys cannot
 * hold all. False: there is none of this number. */
bool hits_trace_make(struct hits_trace *trace, unsigned index, uint64_t count, uint64_t capacity);
/* Only its name and title. */
bool hits_trace_about(struct hits_trace *trace, unsigned index);
/* Reads a file: one key a line, or lines of numbers that begin with `start count`, the blocks from
 * start on, as the ARC traces have them. */
void hits_trace_read(struct hits_trace *trace, const char *path);
void hits_trace_free(struct hits_trace *trace);

/* Does request `at` count, or does it still fill the cache? */
bool hits_counted(const struct hits_trace *trace, uint64_t at);
/* Seconds until the key of this number expires; 0: it does not. */
int64_t hits_expiry(const struct hits_policy *policy, uint64_t number);
/* The value of a key, always the same. */
void hits_value(uint64_t number, char value[VALUE_LEN]);

/* ---- the caches ---- */

struct hits_counts hits_replay_ferrite(const struct hits_trace *trace,
                                       const struct hits_policy *policy, uint64_t bytes);
struct hits_counts hits_replay_redis(struct redisContext *redis, const struct hits_trace *trace,
                                     const struct hits_policy *policy, uint64_t bytes);

#endif
