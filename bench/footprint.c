/*
 * footprint.c - ferrite-footprint: the memory that a process with a database takes, by the system's count.
 *
 *     ferrite-footprint [KEYS]           the table; exit status 1 when a bound is missed
 *
 * Each case runs in a process of its own, which begins anew from this program and looks at itself in
 * /proc/self/smaps_rollup when its database is open and filled. The first case has no database.
 * KEYS (a million) scales the large ones and their bounds.
 */
#include "../libferrite/ferrite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keys.h"

#define IOT_KEYS 1000u
#define MIXED_KEYS 100000u
#define MILLION  1000000u

/* Bytes. */
struct memory {
    uint64_t all;      /* in memory: also code and pages of files, shared with others */
    uint64_t private_; /* of this process alone */
};

struct footprint_case {
    const char *name;
    bool in_file;
    void (*options)(ferrite_options *options);
    void (*fill)(ferrite_db *db, uint64_t count);
    bool scales;      /* with KEYS */
    uint64_t keys;    /* 0: none */
    double bound_mb;  /* 10^6 bytes; 0: is only shown */
    bool bound_of_all; /* the bound is for `all`, else for what is above the empty process */
};

void bench_die(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "ferrite-footprint: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    exit(2);
}

/* ---- cases ---- */

/* 50 random bytes twice, different for each number. */
static void put(ferrite_db *db, uint64_t number) {
    struct bench_random random = {number};
    char key[KEY_LEN], value[VALUE_LEN + 8];
    ferrite_error *err = NULL;
    for (unsigned at = 0; at < VALUE_LEN / 2; at += 8) {
        uint64_t word = random_next(&random);
        memcpy(value + at, &word, 8);
    }
    memcpy(value + VALUE_LEN / 2, value, VALUE_LEN / 2);
    key_make(number, key);
    if (ferrite_set(db, key, KEY_LEN, value, VALUE_LEN, &err) < 0)
        bench_die("set: %s", ferrite_error_message(err));
}

static void fill_in_order(ferrite_db *db, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) put(db, i);
}

/* A prime larger than any count makes the order: a table would count as memory. */
static void fill_scattered(ferrite_db *db, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) put(db, i * 2654435761u % count);
}

/* Each key is read once, so that caches fill. */
static void fill_and_read(ferrite_db *db, uint64_t count) {
    char key[KEY_LEN];
    fill_scattered(db, count);
    for (uint64_t i = 0; i < count; i++) {
        key_make(i, key);
        char *value = ferrite_get(db, key, KEY_LEN, NULL, NULL);
        if (!value) bench_die("a key is missing");
        ferrite_free(value);
    }
}

/* Values to 300 bytes, each tenth to 20,000; evicted or written again as it comes. */
static void fill_mixed(ferrite_db *db, uint64_t count) {
    static char value[20000];
    char key[KEY_LEN];
    struct bench_random random = {1};
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t len = random_next(&random) % (i % 10 ? 300 : sizeof value);
        ferrite_error *err = NULL;
        key_make(random_next(&random) % count, key);
        if (ferrite_set(db, key, KEY_LEN, value, len, &err) < 0)
            bench_die("set: %s", ferrite_error_message(err));
    }
}

static void options_small(ferrite_options *options) {
    options->max_memory = 2 << 20;
    options->eviction = FERRITE_EVICT_ALL_LRU;
}

static void options_compressed(ferrite_options *options) { options->compression = 1; }

/* Not synced: only memory is asked for. */
static void options_iot(ferrite_options *options) {
    *options = ferrite_options_iot();
    options->sync_mode = FERRITE_SYNC_NONE;
}

static const struct footprint_case cases[] = {
    {"no database", false, NULL, NULL, false, 0, 0, false},
    {"an empty database in a file", true, NULL, NULL, false, 0, 1, false},
    {"an empty database in memory", false, NULL, NULL, false, 0, 1, false},
    {"preset iot, in a file", true, options_iot, fill_and_read, false, IOT_KEYS, 2, false},
    {"preset iot, in memory", false, options_iot, fill_and_read, false, IOT_KEYS, 2, false},
    {"max_memory 2 MB, mixed values", false, options_small, fill_mixed, false, MIXED_KEYS, 4, false},
    {"keys in order, in memory, LZ4", false, options_compressed, fill_in_order, true, MILLION, 89,
     true},
    {"keys scattered, in memory, LZ4", false, options_compressed, fill_scattered, true, MILLION, 0, false},
    {"keys in order, in memory", false, NULL, fill_in_order, true, MILLION, 0, false},
    {"keys scattered, in memory", false, NULL, fill_scattered, true, MILLION, 0, false},
};
#define CASES (sizeof cases / sizeof *cases)

/* ---- the process that is measured ---- */

static struct memory memory_read(void) {
    struct memory memory = {0, 0};
    char line[256];
    unsigned long long kb;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    if (!file) bench_die("no /proc/self/smaps_rollup");
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "Rss: %llu", &kb) == 1) memory.all = kb * 1024;
        if (sscanf(line, "Private_%*[A-Za-z]: %llu", &kb) == 1) memory.private_ += kb * 1024;
    }
    fclose(file);
    return memory;
}

static void case_run(const struct footprint_case *which, uint64_t count, const char *folder) {
    char path[1024];
    ferrite_error *err = NULL;
    ferrite_options options = FERRITE_OPTIONS_INIT;
    ferrite_db *db = NULL;
    snprintf(path, sizeof path, "%s/x.ferrite", folder);
    if (which->options) which->options(&options);
    if (which != cases) {
        db = ferrite_open_with(which->in_file ? path : NULL, &options, &err);
        if (!db) bench_die("open: %s", ferrite_error_message(err));
    }
    if (which->fill) which->fill(db, count);
    struct memory memory = memory_read();
    printf("%llu %llu\n", (unsigned long long)memory.all, (unsigned long long)memory.private_);
    if (db) ferrite_close(db);
}

/* ---- the table ---- */

static struct memory case_measure(unsigned number, uint64_t count, const char *folder) {
    char program[512], command[2048];
    unsigned long long all, own;
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len < 0) bench_die("no /proc/self/exe");
    program[len] = 0;
    snprintf(command, sizeof command, "%s measure %u %llu %s", program, number,
             (unsigned long long)count, folder);
    FILE *pipe = popen(command, "r");
    if (!pipe || fscanf(pipe, "%llu %llu", &all, &own) != 2) bench_die("%s failed", command);
    pclose(pipe);
    snprintf(command, sizeof command, "rm -f %s/*", folder);
    if (system(command)) bench_die("%s failed", command);
    return (struct memory){all, own};
}

static double mb(uint64_t bytes) { return (double)bytes / 1e6; }

/* True: within its bound. */
static bool case_print(const struct footprint_case *which, uint64_t count, struct memory memory,
                       struct memory empty) {
    double above = mb(memory.all) - mb(empty.all);
    double bound = which->scales ? which->bound_mb * (double)count / MILLION : which->bound_mb;
    char bound_text[32] = "";
    /* What the process and every database take is not less for fewer keys. */
    if (which->scales && bound > 0 && count < MILLION) bound += 3;
    if (bound > 0) snprintf(bound_text, sizeof bound_text, "%.1f", bound);
    bool fine = bound == 0 || (which->bound_of_all ? mb(memory.all) : above) <= bound;
    printf("| %-32s | %8llu | %8.2f | %8.2f | %8.2f | %5s |%s\n", which->name,
           (unsigned long long)count, mb(memory.all), mb(memory.private_), above, bound_text,
           fine ? "" : " missed");
    fflush(stdout);
    return fine;
}

static unsigned table_print(uint64_t keys) {
    char folder[] = "/tmp/ferrite-footprint-XXXXXX";
    struct memory empty = {0, 0};
    unsigned missed = 0;
    if (!mkdtemp(folder)) bench_die("cannot make a folder in /tmp");
    printf("| MB (10^6 bytes), keys of %u bytes, values of %u | keys | in memory | private | above "
           "no database | at most |\n|---|---:|---:|---:|---:|---:|\n",
           KEY_LEN, VALUE_LEN);
    for (unsigned i = 0; i < CASES; i++) {
        uint64_t count = cases[i].scales ? keys : cases[i].keys;
        struct memory memory = case_measure(i, count, folder);
        if (i == 0) empty = memory;
        missed += !case_print(&cases[i], count, memory, empty);
    }
    rmdir(folder);
    return missed;
}

int main(int argc, char **argv) {
    if (argc == 5 && !strcmp(argv[1], "measure")) {
        case_run(&cases[atoi(argv[2]) % (int)CASES], strtoull(argv[3], NULL, 10), argv[4]);
        return 0;
    }
    uint64_t keys = argc > 1 ? strtoull(argv[1], NULL, 10) : MILLION;
    if (argc > 2 || keys < 1000) bench_die("usage: ferrite-footprint [KEYS], at least 1000");
    return table_print(keys) > 0;
}
