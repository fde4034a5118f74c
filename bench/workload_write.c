/*
 * workload_write.c - writes without fsync: fills from empty, overwrites, bytes of log.
 */
#include <stdlib.h>

#include "keys.h"
#include "latency.h"
#include "meter.h"

#define BATCH 1000u

/* The keys 0..count-1, in random order when `order` is there. */
static void key_at(const uint32_t *order, uint64_t i, char key[KEY_LEN]) {
    key_make(order ? order[i] : i, key);
}

static void put_each(const struct bench_run *run, void *session, const uint32_t *order,
                     struct latency *latency) {
    struct bench_random random = {run->round};
    char key[KEY_LEN], value[VALUE_LEN];
    uint64_t before = clock_ns();
    for (uint64_t i = 0; i < run->count; i++) {
        key_at(order, i, key);
        value_make(&random, value);
        run->engine->put(session, key, value);
        uint64_t now = clock_ns();
        latency_add(latency, now - before);
        before = now;
    }
}

static void put_batches(const struct bench_run *run, void *session, const uint32_t *order,
                        struct latency *latency) {
    struct bench_random random = {run->round};
    char key[KEY_LEN], value[VALUE_LEN];
    for (uint64_t i = 0; i < run->count;) {
        uint64_t before = clock_ns(), end = i + BATCH < run->count ? i + BATCH : run->count;
        run->engine->begin(session);
        for (; i < end; i++) {
            key_at(order, i, key);
            value_make(&random, value);
            run->engine->put_in(session, key, value);
        }
        run->engine->commit(session);
        latency_add(latency, clock_ns() - before);
    }
}

typedef void put_fn(const struct bench_run *, void *, const uint32_t *, struct latency *);

/* Times the puts; then closes, flushes and weighs what is left. */
static void write_run(const struct bench_run *run, struct bench_result *result, put_fn *put,
                      bool shuffled) {
    static struct latency latency;
    uint32_t *order = shuffled ? keys_shuffled(run->count, run->round + 17) : NULL;
    uint64_t device = meter_device_bytes(run->dir);
    void *db = run->engine->open(run->dir, false);
    void *session = run->engine->session_open(db);
    uint64_t cpu = clock_cpu_ns(), start = clock_ns();
    put(run, session, order, &latency);
    result->ops_per_s = (double)run->count * 1e9 / (double)(clock_ns() - start);
    result->cpu_us_per_op = (double)(clock_cpu_ns() - cpu) / 1e3 / (double)run->count;
    latency_report(&latency, result);
    result->file_open_mb = (double)meter_folder_bytes(run->dir) / 1e6;
    run->engine->session_close(session);
    run->engine->close(db);
    result->closed_per_s = (double)run->count * 1e9 / (double)(clock_ns() - start);
    meter_flush(run->dir);
    result->file_closed_mb = (double)meter_folder_bytes(run->dir) / 1e6;
    result->device_bytes_per_op =
        (double)(meter_device_bytes(run->dir) - device) / (double)run->count;
    free(order);
}

static void fill_seq(const struct bench_run *run, struct bench_result *result) {
    write_run(run, result, put_each, false);
}
static void fill_random(const struct bench_run *run, struct bench_result *result) {
    write_run(run, result, put_each, true);
}
static void batch_seq(const struct bench_run *run, struct bench_result *result) {
    write_run(run, result, put_batches, false);
}
static void batch_random(const struct bench_run *run, struct bench_result *result) {
    write_run(run, result, put_batches, true);
}

static bool has_log(const struct bench_engine *engine) {
    return engine->log_bytes != NULL && !engine->special;
}

/* Few enough commits that the log is not yet reused. */
static void log_run(const struct bench_run *run, struct bench_result *result) {
    struct bench_run few = *run;
    static struct latency latency;
    few.count = run->count < 10000 ? run->count : 10000;
    void *db = run->engine->open(run->dir, false);
    void *session = run->engine->session_open(db);
    put_each(&few, session, NULL, &latency);
    uint64_t before = run->engine->log_bytes(db);
    put_each(&few, session, NULL, &latency);
    result->log_bytes_per_op =
        (double)(run->engine->log_bytes(db) - before) / (double)few.count;
    run->engine->session_close(session);
    run->engine->close(db);
}

const struct bench_workload workload_fill_seq = {
    .name = "fillseq", .title = "sequential fill from empty, one put a commit, no fsync",
    .run = fill_seq,
};
const struct bench_workload workload_fill_random = {
    .name = "fillrandom", .title = "random fill from empty, one put a commit, no fsync",
    .run = fill_random,
};
const struct bench_workload workload_batch_seq = {
    .name = "batchseq", .title = "sequential fill from empty, 1,000 puts a commit, no fsync",
    .run = batch_seq,
};
const struct bench_workload workload_batch_random = {
    .name = "batchrandom", .title = "random fill from empty, 1,000 puts a commit, no fsync",
    .leaves_loaded = true, .run = batch_random,
};
const struct bench_workload workload_overwrite = {
    .name = "overwrite", .title = "random overwrite of all keys, one put a commit, no fsync",
    .on_loaded = true, .leaves_loaded = true, .run = fill_random,
};
const struct bench_workload workload_log = {
    .name = "log", .title = "bytes of log for a put of 16 + 100 bytes",
    .supports = has_log, .run = log_run,
};
