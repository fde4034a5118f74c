/*
 * redis_main.c - ferrite-redis: Redis's commands on large collections, in a redis-server on a unix
 * socket and in Ferrite in-process, in one run.
 *
 *     ferrite-redis [FOLDER [ELEMENTS]]
 */
#include "redis.h"

#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct redis_data redis_data = {.count = 1000000};

struct bench {
    char folder[512], path[600];
    redisContext *redis;
    uint64_t redis_empty; /* its memory without data */
    ferrite_db *db;
};

void bench_die(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "ferrite-redis: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    exit(1);
}

void redis_check(bool fine, const char *what, ferrite_error *err) {
    if (!fine) bench_die("%s: %s", what, err ? ferrite_error_message(err) : "not there");
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint64_t number_at(uint64_t i) { return redis_data.order[i % redis_data.count]; }

/* ---- rates ---- */

static void replies_take(redisContext *redis, uint64_t count) {
    while (count--) {
        redisReply *reply = NULL;
        if (redisGetReply(redis, (void **)&reply) != REDIS_OK)
            bench_die("redis: %s", redis->errstr);
        if (reply->type == REDIS_REPLY_ERROR) bench_die("redis: %s", reply->str);
        if (reply->type == REDIS_REPLY_NIL) bench_die("redis: an element is not there");
        freeReplyObject(reply);
    }
}

/* The numbers from `first` on, `depth` commands under way at a time. */
static double redis_rate(redisContext *redis, const struct redis_op *op, uint64_t first,
                         uint64_t count, uint64_t depth) {
    struct redis_words words;
    redis_words_parse(&words, op->words);
    double start = now();
    for (uint64_t done = 0; done < count;) {
        uint64_t batch = count - done < depth ? count - done : depth;
        for (uint64_t i = 0; i < batch; i++) {
            redis_words_fill(&words, number_at(first + done + i));
            redisAppendCommandArgv(redis, words.count, words.at, words.len);
        }
        replies_take(redis, batch);
        done += batch;
    }
    return (double)count / (now() - start);
}

static double ferrite_rate(ferrite_db *db, const struct redis_op *op) {
    uint64_t count = op->ferrite_count ? op->ferrite_count : redis_data.count;
    double start = now();
    for (uint64_t i = 0; i < count; i++) op->ferrite(db, number_at(i));
    return (double)count / (now() - start);
}

/* A tenth goes one by one, and the rest in pipelines: together each number once. */
static void op_measure(struct bench *bench, const struct redis_op *op) {
    struct redis_rates rates;
    uint64_t count = op->redis_count ? op->redis_count : redis_data.count;
    uint64_t one = count / 10 < 20000 ? count / 10 : 20000;
    rates.one = redis_rate(bench->redis, op, 0, one, 1);
    rates.piped = redis_rate(bench->redis, op, one, count - one, PIPELINE);
    rates.ferrite = ferrite_rate(bench->db, op);
    redis_report_rates(op, &rates);
}

/* ---- files ---- */

static void file_open(struct bench *bench) {
    ferrite_error *err = NULL;
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    bench->db = ferrite_open_with(bench->path, &options, &err);
    redis_check(bench->db, "open", err);
}

static uint64_t file_close(struct bench *bench) {
    struct stat about;
    ferrite_close(bench->db);
    if (stat(bench->path, &about)) bench_die("no file %s", bench->path);
    return (uint64_t)about.st_blocks * 512;
}

static void both_begin_empty(struct bench *bench) {
    if (bench->db) file_close(bench);
    unlink(bench->path);
    file_open(bench);
    redis_server_empty(bench->redis);
    bench->redis_empty = redis_server_memory(bench->redis);
}

static void sizes_take(struct bench *bench, const char *what) {
    uint64_t redis = redis_server_memory(bench->redis) - bench->redis_empty;
    redis_report_sizes_later(what, redis, file_close(bench));
    file_open(bench);
}

static void small_hashes(struct bench *bench) {
    uint64_t count = redis_data.count / 5;
    char key[KEY_LEN];
    ferrite_error *err = NULL;
    ferrite_slice items[10];
    for (int i = 0; i < 10; i += 2) {
        items[i] = (ferrite_slice){&"abcde"[i / 2], 1};
        items[i + 1] = (ferrite_slice){key, KEY_LEN};
    }
    both_begin_empty(bench);
    for (uint64_t i = 0; i < redis_data.count; i++) {
        if (number_at(i) >= count) continue;
        key_make(number_at(i), key);
        redis_check(ferrite_hset_many(bench->db, key, KEY_LEN, items, 10, &err) == 5, "hset", err);
    }
    double bytes = (double)file_close(bench) / (double)count;
    redis_report_small_hash(bytes, KEY_LEN + 5 * (1 + KEY_LEN));
}

static void bench_begin(struct bench *bench, const char *dir) {
    mkdir(dir, 0777);
    snprintf(bench->folder, sizeof bench->folder, "%s/redis-XXXXXX", dir);
    if (!mkdtemp(bench->folder)) bench_die("cannot make a folder in %s", dir);
    snprintf(bench->path, sizeof bench->path, "%s/bench.ferrite", bench->folder);
    bench->redis = redis_server_start(bench->folder);
}

static void bench_end(struct bench *bench) {
    char path[600];
    redis_server_stop(bench->redis);
    snprintf(path, sizeof path, "%s/socket", bench->folder);
    unlink(path);
    unlink(bench->path);
    rmdir(bench->folder);
}

int main(int argc, char **argv) {
    struct bench bench = {.db = NULL};
    if (argc > 2) redis_data.count = strtoull(argv[2], NULL, 10);
    if (redis_data.count < 1000) bench_die("at least 1000 elements");
    redis_data.order = keys_shuffled(redis_data.count, 1);
    keys_setup();
    bench_begin(&bench, argc > 1 ? argv[1] : ".");
    redis_report_heading();
    for (const struct redis_op *op = redis_ops; op->name; op++) {
        if (op->first) both_begin_empty(&bench);
        op_measure(&bench, op);
        if (op->sized) sizes_take(&bench, op->sized);
    }
    redis_report_sizes();
    small_hashes(&bench);
    redis_report_missed();
    bench_end(&bench);
    free(redis_data.order);
    return 0;
}
