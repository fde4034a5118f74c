/*
 * workload_cache.c - what caches do: gets of keys that are hot, a skewed mix of gets and sets, sets at a
 * bound.
 *
 * Keys are made beforehand, and gets are not timed one by one: both would take longer than a get from a
 * hash table.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"
#include "latency.h"
#include "zipf.h"

#define THREADS_MAX 2u
#define ZIPF        0.99
#define SET_PERCENT 5u

typedef char key_text[KEY_LEN];

struct worker {
    const struct bench_run *run;
    void *db;
    const struct zipf *zipf; /* NULL: each key once */
    key_text *keys;          /* requests in order */
    uint64_t seed;
    void (*work)(struct worker *self, void *session);
    struct latency latency;
    pthread_t thread;
};

static struct worker workers[THREADS_MAX];

static key_text *keys_alloc(uint64_t count) {
    key_text *keys = malloc(count * sizeof *keys);
    if (!keys) bench_die("out of memory");
    return keys;
}

/* All keys once, in random order. */
static key_text *keys_uniform(uint64_t count, uint64_t seed) {
    key_text *keys = keys_alloc(count);
    uint32_t *order = keys_shuffled(count, seed);
    for (uint64_t i = 0; i < count; i++) key_make(order[i], keys[i]);
    free(order);
    return keys;
}

static key_text *keys_zipf(const struct zipf *zipf, uint64_t count, uint64_t seed) {
    key_text *keys = keys_alloc(count);
    struct bench_random random = {seed};
    for (uint64_t i = 0; i < count; i++)
        key_make(zipf_scatter(zipf, zipf_next(zipf, &random)), keys[i]);
    return keys;
}

/* ---- threads ---- */

static void *worker_main(void *argument) {
    struct worker *self = argument;
    void *session = self->run->engine->session_open(self->db);
    self->work(self, session);
    self->run->engine->session_close(session);
    return NULL;
}

static void workers_run(unsigned threads) {
    for (unsigned i = 0; i < threads; i++)
        if (pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]))
            bench_die("no thread");
    for (unsigned i = 0; i < threads; i++) pthread_join(workers[i].thread, NULL);
}

/* Other requests in another order each time: a cache that lies in the order of the first ones would be read from one
 * end to the other. */
static void workers_prepare(unsigned threads, uint64_t pass) {
    for (unsigned i = 0; i < threads; i++) {
        struct worker *worker = &workers[i];
        uint64_t count = worker->run->count, seed = worker->run->round * 16 + pass * 4 + i;
        free(worker->keys);
        worker->keys = worker->zipf ? keys_zipf(worker->zipf, count, seed) : keys_uniform(count, seed);
        worker->seed = seed + 1;
        memset(&worker->latency, 0, sizeof worker->latency);
    }
}

/* Once to warm up, and once for the result. */
static void workers_measure(const struct bench_run *run, unsigned threads,
                            struct bench_result *result) {
    double operations = (double)(threads * run->count);
    workers_prepare(threads, 0);
    workers_run(threads);
    workers_prepare(threads, 1);
    uint64_t cpu = clock_cpu_ns(), start = clock_ns();
    workers_run(threads);
    result->ops_per_s = operations * 1e9 / (double)(clock_ns() - start);
    result->cpu_us_per_op = (double)(clock_cpu_ns() - cpu) / 1e3 / operations;
    for (unsigned i = 0; i < threads; i++) free(workers[i].keys);
}

/* An engine that keeps nothing from process to process has to be filled in this one. */
static void *open_loaded(const struct bench_run *run) {
    void *db = run->engine->open(run->dir, false);
    if (!run->engine->transient) return db;
    struct bench_random random = {3};
    void *session = run->engine->session_open(db);
    for (uint64_t i = 0; i < run->count; i++) {
        char key[KEY_LEN], value[VALUE_LEN];
        key_make(i, key);
        value_make(&random, value);
        run->engine->put(session, key, value);
    }
    run->engine->session_close(session);
    return db;
}

/* ---- gets of hot keys ---- */

static void get_all(struct worker *self, void *session) {
    const struct bench_engine *engine = self->run->engine;
    for (uint64_t i = 0; i < self->run->count; i++)
        if (engine->get(session, self->keys[i]) < 0)
            bench_die("%s: a loaded key is missing", engine->name);
}

static void hot_run(const struct bench_run *run, struct bench_result *result, unsigned threads) {
    void *db = open_loaded(run);
    for (unsigned i = 0; i < threads; i++)
        workers[i] = (struct worker){.run = run, .db = db, .work = get_all};
    workers_measure(run, threads, result);
    run->engine->close(db);
}

static void hot_one(const struct bench_run *run, struct bench_result *result) {
    hot_run(run, result, 1);
}
static void hot_two(const struct bench_run *run, struct bench_result *result) {
    hot_run(run, result, 2);
}

static bool hot_supports(const struct bench_engine *engine) {
    return engine == &engine_ferrite || engine == &engine_ferrite_lz4 || engine == &engine_lmdb ||
           engine == &engine_hash || engine == &engine_hash_copy;
}

/* ---- Zipf ---- */

static void mix_all(struct worker *self, void *session) {
    const struct bench_engine *engine = self->run->engine;
    struct bench_random random = {self->seed};
    char value[VALUE_LEN];
    uint64_t before = clock_ns();
    for (uint64_t i = 0; i < self->run->count; i++) {
        if (random_next(&random) % 100 < SET_PERCENT) {
            value_make(&random, value);
            engine->put(session, self->keys[i], value);
        } else if (engine->get(session, self->keys[i]) < 0)
            bench_die("%s: a loaded key is missing", engine->name);
        uint64_t now = clock_ns();
        latency_add(&self->latency, now - before);
        before = now;
    }
}

static void zipf_run(const struct bench_run *run, struct bench_result *result) {
    struct zipf zipf = zipf_make(run->count, ZIPF);
    void *db = open_loaded(run);
    for (unsigned i = 0; i < 2; i++)
        workers[i] = (struct worker){.run = run, .db = db, .work = mix_all, .zipf = &zipf};
    workers_measure(run, 2, result);
    latency_merge(&workers[0].latency, &workers[1].latency);
    latency_report(&workers[0].latency, result);
    zipf_free(&zipf);
    run->engine->close(db);
}

/* ---- sets at the bound ---- */

/* The first half of the keys fills the database, up to its bound where it has one; each of the second half is
 * a new key. */
static void evict_run(const struct bench_run *run, struct bench_result *result) {
    static struct latency latency;
    uint64_t half = run->count / 2;
    struct bench_random random = {run->round};
    char value[VALUE_LEN];
    key_text *keys = keys_uniform(run->count, run->round);
    void *db = run->engine->open(run->dir, false);
    void *session = run->engine->session_open(db);
    uint64_t cpu = 0, start = 0, before = 0;
    for (uint64_t i = 0; i < 2 * half; i++) {
        if (i == half) {
            cpu = clock_cpu_ns();
            start = before = clock_ns();
        }
        value_make(&random, value);
        run->engine->put(session, keys[i], value);
        if (i < half) continue;
        uint64_t now = clock_ns();
        latency_add(&latency, now - before);
        before = now;
    }
    result->ops_per_s = (double)half * 1e9 / (double)(clock_ns() - start);
    result->cpu_us_per_op = (double)(clock_cpu_ns() - cpu) / 1e3 / (double)half;
    latency_report(&latency, result);
    run->engine->session_close(session);
    run->engine->close(db);
    free(keys);
}

static bool evict_supports(const struct bench_engine *engine) {
    return engine == &engine_ferrite || engine == &engine_ferrite_bound ||
           engine == &engine_ferrite_bound_roomy ||
           engine == &engine_ferrite_memory || engine == &engine_ferrite_memory_bound;
}

const struct bench_workload workload_hot = {
    .name = "hot", .title = "gets of hot keys in random order, 1 thread, each its own read",
    .on_loaded = true, .leaves_loaded = true, .supports = hot_supports, .run = hot_one,
};
const struct bench_workload workload_hot_threads = {
    .name = "hot2", .title = "gets of hot keys in random order, 2 threads, each its own read",
    .on_loaded = true, .leaves_loaded = true, .supports = hot_supports, .run = hot_two,
};
const struct bench_workload workload_zipf = {
    .name = "zipf", .title = "Zipf 0.99, 95 % gets, 5 % sets (a commit each, no fsync), 2 threads",
    .on_loaded = true, .leaves_loaded = true, .run = zipf_run,
};
const struct bench_workload workload_evict = {
    .name = "evict", .title = "sets of new keys, half of all being there, at a bound or without one",
    .supports = evict_supports, .run = evict_run,
};
