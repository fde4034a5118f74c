/*
 * bench.h - what the parts of the benchmark agree on: an engine, a workload, a result.
 *
 * An engine is a row of functions over one directory; a workload drives any engine through them and
 * fills a result. Each measurement runs in a process of its own (run.c), so one engine's
 * memory and threads cannot touch another's numbers. Functions of an engine do not fail: they
 * stop the process with bench_die, and the measurement is reported as failed.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_LEN 16u
#define VALUE_LEN 100u

struct bench_engine {
    const char *name;
    const char *settings;
    const char *settings_durable;
    bool special;   /* only in workloads that name it */
    bool transient; /* keeps nothing once closed: a workload has to load it itself */
    /* A database in the folder `dir`, made when missing; durable: each commit is synced. */
    void *(*open)(const char *dir, bool durable);
    void (*close)(void *db);
    /* One thread's access to the database. */
    void *(*session_open)(void *db);
    void (*session_close)(void *session);
    /* One put a commit. */
    void (*put)(void *session, const char *key, const char *value);
    /* Many puts a commit. */
    void (*begin)(void *session);
    void (*put_in)(void *session, const char *key, const char *value);
    void (*commit)(void *session);
    /* A get that is its own read transaction; a byte of the value, or -1 without one. */
    int (*get)(void *session, const char *key);
    /* Gets within one read transaction, without copying where the engine can. */
    void (*pin)(void *session);
    int (*get_pinned)(void *session, const char *key);
    void (*unpin)(void *session);
    /* Visits all entries in key order, reading a byte of each value; gives their number. */
    uint64_t (*scan)(void *session);
    /* Bytes of log written so far; NULL: not known. */
    uint64_t (*log_bytes)(void *db);
};

extern const struct bench_engine engine_ferrite, engine_lmdb, engine_lmdb_writemap, engine_sqlite,
    engine_rocksdb, engine_raw, engine_hash, engine_hash_copy;
/* Ferrite otherwise: compressing; without its hot cache; in memory; and both in a file and in memory bounded to half the keys. */
extern const struct bench_engine engine_ferrite_lz4, engine_ferrite_uncached, engine_ferrite_bound,
    engine_ferrite_bound_roomy, engine_ferrite_memory, engine_ferrite_memory_bound;

extern uint64_t bench_keys; /* how many keys the workloads have */

/* One measurement. What a workload does not measure stays 0 and is not shown. */
struct bench_result {
    bool failed;
    char error[160];
    double ops_per_s;          /* of the workload's main operation */
    double closed_per_s;       /* the same with the close in the time: nothing is left for later */
    double reads_per_s;        /* beside writes */
    double cpu_us_per_op;      /* processor time of the whole process: steady on a busy machine */
    double p50_us, p99_us, p999_us;
    double syncs_per_op;       /* fsync, fdatasync, msync calls */
    double device_bytes_per_op; /* sectors written until closed and flushed; other processes' too */
    double log_bytes_per_op;
    double file_open_mb, file_closed_mb; /* allocated, 10^6 bytes */
    double open_ms, open_max_ms;
};

struct bench_run {
    const struct bench_engine *engine;
    const char *dir; /* the engine's own */
    uint64_t count;  /* keys */
    double seconds;  /* of workloads that run for a time */
    unsigned round;
};

struct bench_workload {
    const char *name;
    const char *title;
    bool on_loaded;    /* starts with `count` keys in the folder, else with an empty folder */
    bool leaves_loaded; /* ends with `count` keys in the folder */
    bool (*supports)(const struct bench_engine *engine); /* NULL: all that are not special */
    void (*run)(const struct bench_run *run, struct bench_result *result);
};

/* All, in the order they run; ends with a NULL name. */
extern const struct bench_workload *const bench_workloads[];

extern const struct bench_workload workload_fill_seq, workload_fill_random, workload_batch_seq,
    workload_batch_random, workload_overwrite, workload_durable, workload_durable_threads,
    workload_get, workload_get_pinned, workload_get_threads, workload_mixed, workload_scan,
    workload_reopen, workload_process, workload_log, workload_hot, workload_hot_threads,
    workload_zipf, workload_evict;

void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Runs the workload in a child process and waits for its result. */
void bench_measure(const struct bench_workload *workload, const struct bench_run *run,
                   struct bench_result *result);

#endif
