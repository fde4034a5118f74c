/*
 * workload_read.c - reads of a loaded database: random gets, a reader beside a writer, a scan, reopening.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "keys.h"
#include "latency.h"
#include "meter.h"

#define REOPENS 21u
#define THREADS_MAX 8u

struct reader {
    const struct bench_run *run;
    void *db;
    const uint32_t *order; /* NULL: random keys until stopped */
    bool pinned;
    unsigned number;
    uint64_t gets;
    struct latency latency;
    pthread_t thread;
};

static atomic_bool stopped;

static void reader_get(struct reader *self, void *session, uint64_t number) {
    const struct bench_engine *engine = self->run->engine;
    char key[KEY_LEN];
    key_make(number, key);
    int byte = self->pinned ? engine->get_pinned(session, key) : engine->get(session, key);
    if (byte < 0) bench_die("%s: a loaded key is missing", engine->name);
    self->gets++;
}

/* All keys once, in random order. */
static void *reader_main(void *argument) {
    struct reader *self = argument;
    void *session = self->run->engine->session_open(self->db);
    if (self->pinned) self->run->engine->pin(session);
    uint64_t before = clock_ns();
    for (uint64_t i = 0; i < self->run->count; i++) {
        reader_get(self, session, self->order[i]);
        uint64_t now = clock_ns();
        latency_add(&self->latency, now - before);
        before = now;
    }
    if (self->pinned) self->run->engine->unpin(session);
    self->run->engine->session_close(session);
    return NULL;
}

static void get_run(const struct bench_run *run, struct bench_result *result, unsigned threads,
                    bool pinned) {
    static struct reader readers[THREADS_MAX];
    static struct latency latency;
    uint32_t *orders[THREADS_MAX];
    void *db = run->engine->open(run->dir, false);
    void *session = run->engine->session_open(db);
    run->engine->scan(session); /* everything cached and, where that is done, verified */
    run->engine->session_close(session);
    for (unsigned i = 0; i < threads; i++) orders[i] = keys_shuffled(run->count, run->round + i);
    uint64_t cpu = clock_cpu_ns(), start = clock_ns();
    for (unsigned i = 0; i < threads; i++) {
        readers[i] = (struct reader){
            .run = run, .db = db, .order = orders[i], .pinned = pinned, .number = i};
        if (pthread_create(&readers[i].thread, NULL, reader_main, &readers[i]))
            bench_die("no thread");
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(readers[i].thread, NULL);
        latency_merge(&latency, &readers[i].latency);
    }
    double gets = (double)(threads * run->count);
    result->ops_per_s = gets * 1e9 / (double)(clock_ns() - start);
    result->cpu_us_per_op = (double)(clock_cpu_ns() - cpu) / 1e3 / gets;
    latency_report(&latency, result);
    for (unsigned i = 0; i < threads; i++) free(orders[i]);
    run->engine->close(db);
}

static void get_one(const struct bench_run *run, struct bench_result *result) {
    get_run(run, result, 1, false);
}
static void get_one_pinned(const struct bench_run *run, struct bench_result *result) {
    get_run(run, result, 1, true);
}
static void get_two(const struct bench_run *run, struct bench_result *result) {
    get_run(run, result, 2, false);
}

static void *mixed_reader_main(void *argument) {
    struct reader *self = argument;
    struct bench_random random = {99};
    void *session = self->run->engine->session_open(self->db);
    while (!atomic_load_explicit(&stopped, memory_order_relaxed))
        reader_get(self, session, random_next(&random) % self->run->count);
    self->run->engine->session_close(session);
    return NULL;
}

/* One writer in this thread, one reader in another, for some seconds. */
static void mixed(const struct bench_run *run, struct bench_result *result) {
    static struct reader reader;
    static struct latency latency;
    struct bench_random random = {run->round + 5};
    char key[KEY_LEN], value[VALUE_LEN];
    void *db = run->engine->open(run->dir, false);
    void *session = run->engine->session_open(db);
    reader = (struct reader){.run = run, .db = db};
    if (pthread_create(&reader.thread, NULL, mixed_reader_main, &reader)) bench_die("no thread");
    uint64_t start = clock_ns(), end = start + (uint64_t)(run->seconds * 1e9), before = start;
    while (before < end) {
        key_make(random_next(&random) % run->count, key);
        value_make(&random, value);
        run->engine->put(session, key, value);
        uint64_t now = clock_ns();
        latency_add(&latency, now - before);
        before = now;
    }
    atomic_store(&stopped, true);
    pthread_join(reader.thread, NULL);
    double elapsed = (double)(before - start);
    result->ops_per_s = (double)latency.count * 1e9 / elapsed;
    result->reads_per_s = (double)reader.gets * 1e9 / elapsed;
    latency_report(&latency, result);
    run->engine->session_close(session);
    run->engine->close(db);
}

static void scan(const struct bench_run *run, struct bench_result *result) {
    void *db = run->engine->open(run->dir, false);
    void *session = run->engine->session_open(db);
    run->engine->scan(session); /* cached */
    uint64_t cpu = clock_cpu_ns(), start = clock_ns(), count = run->engine->scan(session);
    result->ops_per_s = (double)count * 1e9 / (double)(clock_ns() - start);
    result->cpu_us_per_op = (double)(clock_cpu_ns() - cpu) / 1e3 / (double)count;
    if (count != run->count)
        bench_die("scan saw %llu keys, not %llu", (unsigned long long)count,
                  (unsigned long long)run->count);
    run->engine->session_close(session);
    run->engine->close(db);
}

static void reopen(const struct bench_run *run, struct bench_result *result) {
    static struct latency latency;
    char key[KEY_LEN];
    key_make(run->count / 2, key);
    for (unsigned i = 0; i < REOPENS; i++) {
        uint64_t start = clock_ns();
        void *db = run->engine->open(run->dir, false);
        void *session = run->engine->session_open(db);
        if (run->engine->get(session, key) < 0) bench_die("a loaded key is missing");
        uint64_t took = clock_ns() - start;
        latency_add(&latency, took);
        if ((double)took / 1e6 > result->open_max_ms) result->open_max_ms = (double)took / 1e6;
        run->engine->session_close(session);
        run->engine->close(db);
    }
    result->open_ms = latency_us(&latency, 0.5) / 1000;
}

static bool get_supports(const struct bench_engine *engine) {
    return !engine->special || engine == &engine_ferrite_lz4 || engine == &engine_ferrite_uncached;
}

const struct bench_workload workload_get = {
    .name = "get", .title = "random gets, 1 thread, a read transaction each",
    .on_loaded = true, .leaves_loaded = true, .supports = get_supports, .run = get_one,
};
const struct bench_workload workload_get_pinned = {
    .name = "getpinned", .title = "random gets, 1 thread, one read transaction for all, no copy",
    .on_loaded = true, .leaves_loaded = true, .run = get_one_pinned,
};
const struct bench_workload workload_get_threads = {
    .name = "get2", .title = "random gets, 2 threads, a read transaction each",
    .on_loaded = true, .leaves_loaded = true, .run = get_two,
};
const struct bench_workload workload_mixed = {
    .name = "mixed", .title = "one writer (one put a commit, no fsync) and one reader at once",
    .on_loaded = true, .leaves_loaded = true, .run = mixed,
};
const struct bench_workload workload_scan = {
    .name = "scan", .title = "forward scan of all keys and values",
    .on_loaded = true, .leaves_loaded = true, .run = scan,
};
const struct bench_workload workload_reopen = {
    .name = "reopen", .title = "open a cleanly closed database and get one key, 21 times",
    .on_loaded = true, .leaves_loaded = true, .run = reopen,
};
