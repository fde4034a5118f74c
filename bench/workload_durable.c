/*
 * workload_durable.c - commits that survive a power cut, on a loaded database: one thread, four threads, and
 * a whole process each.
 */
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "keys.h"
#include "latency.h"
#include "meter.h"

#define COMMITS_PER_THREAD 2000u
#define THREADS_MAX 8u
#define PROCESSES 100u

extern char **environ;

struct committer {
    const struct bench_run *run;
    void *db;
    unsigned number;
    struct latency latency;
    pthread_t thread;
};

static void *committer_main(void *argument) {
    struct committer *self = argument;
    const struct bench_engine *engine = self->run->engine;
    struct bench_random random = {self->run->round * 10 + self->number};
    char key[KEY_LEN], value[VALUE_LEN];
    void *session = engine->session_open(self->db);
    uint64_t before = clock_ns();
    for (uint64_t i = 0; i < COMMITS_PER_THREAD; i++) {
        key_make(self->number * COMMITS_PER_THREAD + i, key);
        value_make(&random, value);
        engine->put(session, key, value);
        uint64_t now = clock_ns();
        latency_add(&self->latency, now - before);
        before = now;
    }
    engine->session_close(session);
    return NULL;
}

static void durable_run(const struct bench_run *run, struct bench_result *result,
                        unsigned threads) {
    static struct committer committers[THREADS_MAX];
    static struct latency latency;
    void *db = run->engine->open(run->dir, true);
    meter_flush(run->dir);
    uint64_t device = meter_device_bytes(run->dir), syncs = meter_syncs();
    uint64_t cpu = clock_cpu_ns(), start = clock_ns();
    for (unsigned i = 0; i < threads; i++) {
        committers[i] = (struct committer){.run = run, .db = db, .number = i};
        if (pthread_create(&committers[i].thread, NULL, committer_main, &committers[i]))
            bench_die("no thread");
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(committers[i].thread, NULL);
        latency_merge(&latency, &committers[i].latency);
    }
    double commits = (double)threads * COMMITS_PER_THREAD;
    result->ops_per_s = commits * 1e9 / (double)(clock_ns() - start);
    result->cpu_us_per_op = (double)(clock_cpu_ns() - cpu) / 1e3 / commits;
    result->syncs_per_op = (double)(meter_syncs() - syncs) / commits;
    result->device_bytes_per_op = (double)(meter_device_bytes(run->dir) - device) / commits;
    latency_report(&latency, result);
    run->engine->close(db);
}

static void durable_one(const struct bench_run *run, struct bench_result *result) {
    durable_run(run, result, 1);
}

static void durable_four(const struct bench_run *run, struct bench_result *result) {
    durable_run(run, result, 4);
}

static void process_run(char *const argv[]) {
    pid_t child;
    int status;
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", 1 /* O_WRONLY */, 0);
    if (posix_spawnp(&child, argv[0], &quiet, NULL, argv, environ))
        bench_die("cannot run %s", argv[0]);
    if (waitpid(child, &status, 0) < 0 || status) bench_die("%s failed", argv[0]);
    posix_spawn_file_actions_destroy(&quiet);
}

/* `ferrite FILE SET k v` or `sqlite3 FILE "insert…"`, each a process from start to end. */
static void processes(const struct bench_run *run, struct bench_result *result) {
    static struct latency latency;
    bool ferrite = strcmp(run->engine->name, "ferrite") == 0;
    char path[1024], key[KEY_LEN + 1] = "", sql[256];
    snprintf(path, sizeof path, "%s/bench.%s", run->dir, run->engine->name);
    uint64_t start = clock_ns();
    for (uint64_t i = 0; i < PROCESSES; i++) {
        key_make(i * 37 % run->count, key);
        snprintf(sql, sizeof sql, "insert or replace into kv values (x'%032x', 'process')", (int)i);
        char *ours[] = {"build/ferrite", path, "SET", key, "process", NULL};
        char *theirs[] = {"sqlite3", path, sql, NULL};
        uint64_t before = clock_ns();
        process_run(ferrite ? ours : theirs);
        latency_add(&latency, clock_ns() - before);
    }
    result->ops_per_s = (double)PROCESSES * 1e9 / (double)(clock_ns() - start);
    latency_report(&latency, result);
}

static bool durable_supports(const struct bench_engine *engine) {
    return !engine->special || engine == &engine_raw;
}

static bool has_program(const struct bench_engine *engine) {
    return engine == &engine_ferrite || engine == &engine_sqlite;
}

const struct bench_workload workload_durable = {
    .name = "durable", .title = "durable commits of one put, 1 thread, on a loaded database",
    .on_loaded = true, .leaves_loaded = true, .supports = durable_supports, .run = durable_one,
};
const struct bench_workload workload_durable_threads = {
    .name = "durable4", .title = "durable commits of one put, 4 threads, on a loaded database",
    .on_loaded = true, .leaves_loaded = true, .run = durable_four,
};
const struct bench_workload workload_process = {
    .name = "process",
    .title = "one durable put as a whole process (ferrite FILE SET k v; sqlite3 FILE \"insert…\")",
    .on_loaded = true, .leaves_loaded = true, .supports = has_program, .run = processes,
};
