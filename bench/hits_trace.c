/*
 * hits_trace.c - see hits.h. Every trace is a function of its index, length and scale alone.
 */
#include "hits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zipf.h"

#define LINE_MAX_LEN  4096
#define BLOCKS_MAX    (1u << 20) /* of one line of a trace file */
#define KEYS_PER_FIT  6u         /* keys of a Zipf trace for each that fits */
#define PERSISTENT_OF 20u        /* one key in so many has no expiry */
#define DAY_S         86400

static void zipf_fill(struct hits_trace *trace, uint64_t keys, double exponent) {
    struct zipf zipf = zipf_make(keys, exponent);
    struct bench_random random = {42};
    for (uint64_t i = 0; i < trace->count; i++)
        trace->numbers[i] = zipf_scatter(&zipf, zipf_next(&zipf, &random));
    zipf_free(&zipf);
}

static void fill_zipf_08(struct hits_trace *trace, uint64_t capacity) {
    zipf_fill(trace, KEYS_PER_FIT * capacity, 0.8);
}

static void fill_zipf_099(struct hits_trace *trace, uint64_t capacity) {
    zipf_fill(trace, KEYS_PER_FIT * capacity, 0.99);
}

static void fill_zipf_12(struct hits_trace *trace, uint64_t capacity) {
    zipf_fill(trace, KEYS_PER_FIT * capacity, 1.2);
}

/* Every now and then a run over half as many neighbouring keys as fit, never seen before: together a
 * fifth of the requests. */
static void fill_scans(struct hits_trace *trace, uint64_t capacity) {
    uint64_t scan = capacity / 2, next = KEYS_PER_FIT * capacity;
    zipf_fill(trace, KEYS_PER_FIT * capacity, 0.99);
    for (uint64_t at = 2 * scan; at + scan < trace->count; at += 5 * scan)
        for (uint64_t i = 0; i < scan; i++) trace->numbers[at + i] = next++;
}

static void fill_loop(struct hits_trace *trace, uint64_t capacity) {
    for (uint64_t i = 0; i < trace->count; i++) trace->numbers[i] = i % (2 * capacity);
}

/* Ten times in the trace a tenth of all ranks, the most popular ones among them, go to other keys. */
static void fill_shift(struct hits_trace *trace, uint64_t capacity) {
    struct zipf zipf = zipf_make(KEYS_PER_FIT * capacity, 0.99);
    struct bench_random random = {43};
    for (uint64_t i = 0; i < trace->count; i++) {
        uint64_t moved = i * 10 / (trace->count + 1) * (zipf.count / 10);
        uint64_t rank = (zipf_next(&zipf, &random) + moved) % zipf.count;
        trace->numbers[i] = zipf_scatter(&zipf, rank);
    }
    zipf_free(&zipf);
}

static const struct kind {
    const char *name, *title;
    void (*fill)(struct hits_trace *trace, uint64_t capacity);
} kinds[] = {
    {"zipf-0.8", "Zipf 0.8 over six times the keys that fit", fill_zipf_08},
    {"zipf-0.99", "Zipf 0.99 over six times the keys that fit", fill_zipf_099},
    {"zipf-1.2", "Zipf 1.2 over six times the keys that fit", fill_zipf_12},
    {"scans", "Zipf 0.99, and a fifth of the requests are scans over half a cache of new keys",
     fill_scans},
    {"loop", "twice the keys that fit, one after the other, again and again", fill_loop},
    {"shift", "Zipf 0.99 whose popular keys are others ten times in the trace", fill_shift},
};

bool hits_trace_about(struct hits_trace *trace, unsigned index) {
    if (index >= sizeof kinds / sizeof *kinds) return false;
    *trace = (struct hits_trace){.count = 0};
    snprintf(trace->name, sizeof trace->name, "%s", kinds[index].name);
    snprintf(trace->title, sizeof trace->title, "%s", kinds[index].title);
    return true;
}

bool hits_trace_make(struct hits_trace *trace, unsigned index, uint64_t count, uint64_t capacity) {
    if (!hits_trace_about(trace, index)) return false;
    trace->numbers = malloc(count * sizeof *trace->numbers);
    if (!trace->numbers) bench_die("out of memory");
    trace->count = count;
    kinds[index].fill(trace, capacity);
    return true;
}

void hits_trace_free(struct hits_trace *trace) { free(trace->numbers); }

/* ---- files ---- */

static void trace_add(struct hits_trace *trace, uint64_t *cap, uint64_t number) {
    if (trace->count == *cap) {
        *cap = *cap * 2 + 1024;
        trace->numbers = realloc(trace->numbers, *cap * sizeof *trace->numbers);
        if (!trace->numbers) bench_die("out of memory");
    }
    trace->numbers[trace->count++] = number;
}

/* A key of any length becomes one of KEY_LEN bytes, as all others are. */
static uint64_t line_number(const char *line) {
    struct bench_random hash = {0};
    for (; *line; line++) hash.state = random_next(&hash) ^ (unsigned char)*line;
    return random_next(&hash) % 1000000000000u; /* as many digits as key_make writes */
}

void hits_trace_read(struct hits_trace *trace, const char *path) {
    char line[LINE_MAX_LEN];
    uint64_t cap = 0;
    FILE *file = fopen(path, "r");
    if (!file) bench_die("cannot open %s", path);
    *trace = (struct hits_trace){.name = "file"};
    snprintf(trace->title, sizeof trace->title, "%s", path);
    while (fgets(line, sizeof line, file)) {
        unsigned long long start, blocks;
        line[strcspn(line, "\r\n")] = 0;
        if (!*line) continue;
        if (sscanf(line, "%llu %llu", &start, &blocks) != 2)
            trace_add(trace, &cap, line_number(line));
        else if (blocks > BLOCKS_MAX)
            bench_die("%s: %llu blocks in one line", path, blocks);
        else
            while (blocks--) trace_add(trace, &cap, start++);
    }
    fclose(file);
    if (!trace->count) bench_die("%s has no requests", path);
}

/* ---- what both caches go by ---- */

bool hits_counted(const struct hits_trace *trace, uint64_t at) { return at >= trace->count / 4; }

int64_t hits_expiry(const struct hits_policy *policy, uint64_t number) {
    struct bench_random hash = {number};
    uint64_t chosen = random_next(&hash);
    if (!policy->of_volatile || chosen % PERSISTENT_OF == 0) return 0;
    return DAY_S; /* none expires in a run */
}

void hits_value(uint64_t number, char value[VALUE_LEN]) {
    struct bench_random random = {number};
    value_make(&random, value);
}
