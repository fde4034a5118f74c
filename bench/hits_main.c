/*
 * hits_main.c - ferrite-hits: hit ratios of Ferrite and of a redis-server, of the same policy and bound,
 * on the same requests.
 */
#define _GNU_SOURCE
#include "hits.h"

#include <getopt.h>
#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "redis.h"
#include "selection.h"

#define POINTS_BEHIND 2.0 /* so much less than Redis's is still fine */
#define REDIS_KEY     204 /* bytes that a key with its value takes in Redis 7.0, as measured */
#define REDIS_EMPTY   (1u << 20)

static const struct hits_policy policies[] = {
    {"noeviction", FERRITE_EVICT_NONE, false},
    {"allkeys-lru", FERRITE_EVICT_ALL_LRU, false},
    {"allkeys-lfu", FERRITE_EVICT_ALL_LFU, false},
    {"allkeys-random", FERRITE_EVICT_ALL_RANDOM, false},
    {"volatile-lru", FERRITE_EVICT_VOLATILE_LRU, true},
    {"volatile-lfu", FERRITE_EVICT_VOLATILE_LFU, true},
    {"volatile-random", FERRITE_EVICT_VOLATILE_RANDOM, true},
    {"volatile-ttl", FERRITE_EVICT_VOLATILE_TTL, true},
};
#define POLICIES (sizeof policies / sizeof *policies)

struct settings {
    const char *traces, *policies, *file, *dir;
    uint64_t requests, bytes;
};

void bench_die(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "ferrite-hits: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    exit(1);
}

static void usage(FILE *to) {
    struct hits_trace about;
    fprintf(to, "usage: ferrite-hits [--traces A,B] [--policies A,B] [--requests N] [--memory MB]\n"
                "                    [--file TRACE] [--dir FOLDER]\n\ntraces:\n");
    for (unsigned t = 0; hits_trace_about(&about, t); t++)
        fprintf(to, "  %-10s %s\n", about.name, about.title);
    fprintf(to, "  --file     one key a line; or lines that begin with the numbers `start count`\n");
}

static bool settings_parse(struct settings *settings, int argc, char **argv) {
    static const struct option options[] = {
        {"traces", required_argument, 0, 't'},   {"policies", required_argument, 0, 'p'},
        {"requests", required_argument, 0, 'n'}, {"memory", required_argument, 0, 'm'},
        {"file", required_argument, 0, 'f'},     {"dir", required_argument, 0, 'd'},
        {"help", no_argument, 0, 'h'},           {0, 0, 0, 0},
    };
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 't') settings->traces = optarg;
        else if (c == 'p') settings->policies = optarg;
        else if (c == 'n') settings->requests = strtoull(optarg, NULL, 10);
        else if (c == 'm') settings->bytes = strtoull(optarg, NULL, 10) << 20;
        else if (c == 'f') settings->file = optarg;
        else if (c == 'd') settings->dir = optarg;
        else if (c == 'h') { usage(stdout); exit(0); }
        else return false;
    }
    return optind == argc && settings->requests >= 1000 && settings->bytes >= 4u << 20;
}

static double ratio(const struct hits_counts *counts) {
    return 100 * (double)counts->hits / (double)counts->requests;
}

/* True: reached. */
static bool row_print(const struct hits_policy *policy, const struct hits_counts *redis,
                      const struct hits_counts *ferrite) {
    double points = ratio(ferrite) - ratio(redis);
    printf("| %-15s | %7.2f | %7.2f | %+10.2f | %8llu | %8llu |%s\n", policy->name, ratio(redis),
           ratio(ferrite), points, (unsigned long long)redis->keys,
           (unsigned long long)ferrite->keys, points >= -POINTS_BEHIND ? "" : " missed");
    fflush(stdout);
    return points >= -POINTS_BEHIND;
}

/* Gives how many policies missed. */
static unsigned trace_compare(const struct settings *settings, redisContext *redis,
                              const struct hits_trace *trace) {
    unsigned missed = 0;
    printf("\n%s: %s\n\n| policy          | Redis %% | Ferrite | difference | keys, R. | keys, F. |\n"
           "|---|---:|---:|---:|---:|---:|\n",
           trace->name, trace->title);
    for (size_t p = 0; p < POLICIES; p++) {
        if (!selection_has(settings->policies, policies[p].name)) continue;
        struct hits_counts theirs =
            hits_replay_redis(redis, trace, &policies[p], settings->bytes);
        struct hits_counts ours = hits_replay_ferrite(trace, &policies[p], settings->bytes);
        missed += !row_print(&policies[p], &theirs, &ours);
    }
    return missed;
}

static unsigned compare_all(const struct settings *settings, redisContext *redis) {
    uint64_t capacity = (settings->bytes - REDIS_EMPTY) / REDIS_KEY;
    struct hits_trace trace;
    unsigned missed = 0;
    if (settings->file) {
        hits_trace_read(&trace, settings->file);
        missed = trace_compare(settings, redis, &trace);
        hits_trace_free(&trace);
        return missed;
    }
    for (unsigned t = 0; hits_trace_about(&trace, t); t++) {
        if (!selection_has(settings->traces, trace.name)) continue;
        hits_trace_make(&trace, t, settings->requests, capacity);
        missed += trace_compare(settings, redis, &trace);
        hits_trace_free(&trace);
    }
    return missed;
}

/* The library must lie beside this program. */
static redisContext *fast_server_start(const char *folder) {
    char library[600], factor[16];
    ssize_t len = readlink("/proc/self/exe", library, 500);
    char *name = len > 0 ? memrchr(library, '/', (size_t)len) : NULL;
    if (!name) bench_die("no /proc/self/exe");
    strcpy(name, "/fast_clock.so");
    if (access(library, R_OK)) bench_die("no %s", library);
    snprintf(factor, sizeof factor, "%d", CLOCK_FACTOR);
    setenv("FAST_CLOCK", factor, 1);
    setenv("LD_PRELOAD", library, 1);
    redisContext *redis = redis_server_start(folder);
    unsetenv("LD_PRELOAD");
    redisReply *reply = redisCommand(redis, "CONFIG SET hz 100"); /* how often it looks at its clock */
    if (!reply || reply->type == REDIS_REPLY_ERROR) bench_die("redis: CONFIG SET hz failed");
    freeReplyObject(reply);
    return redis;
}

int main(int argc, char **argv) {
    struct settings settings = {.requests = 1000000, .bytes = 16u << 20, .dir = "build/bench"};
    char folder[512], path[600];
    if (!settings_parse(&settings, argc, argv)) {
        usage(stderr);
        return 2;
    }
    keys_setup();
    mkdir(settings.dir, 0777);
    snprintf(folder, sizeof folder, "%s/hits-XXXXXX", settings.dir);
    if (!mkdtemp(folder)) bench_die("cannot make a folder in %s", settings.dir);
    redisContext *redis = fast_server_start(folder);
    printf("GET, after a miss SET; keys of %u bytes, values of %u; max_memory and maxmemory %llu MB; "
           "clocks %d times as fast; the first quarter of the requests is not counted\n",
           KEY_LEN, VALUE_LEN, (unsigned long long)settings.bytes >> 20, CLOCK_FACTOR);
    unsigned missed = compare_all(&settings, redis);
    printf("\n%u below Redis by more than %.0f points\n", missed, POINTS_BEHIND);
    redis_server_stop(redis);
    snprintf(path, sizeof path, "%s/socket", folder);
    unlink(path);
    rmdir(folder);
    return 0;
}
