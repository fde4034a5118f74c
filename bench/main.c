/*
 * main.c - ferrite-bench: all engines side by side on this machine, in one run.
 *
 * Rounds are interleaved: each round runs each workload with one engine after the other, so that
 * a slow minute of the machine hits all alike. `ferrite-bench --help` lists the options.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "keys.h"
#include "meter.h"
#include "report.h"
#include "selection.h"

const struct bench_workload *const bench_workloads[] = {
    &workload_fill_seq,    &workload_fill_random, &workload_batch_seq,       &workload_batch_random,
    &workload_get,         &workload_get_pinned,  &workload_get_threads,     &workload_scan,
    &workload_reopen,      &workload_mixed,       &workload_durable,         &workload_durable_threads,
    &workload_hot,         &workload_hot_threads, &workload_zipf,            &workload_evict,
    &workload_process,     &workload_overwrite,   &workload_log,             NULL,
};

static const struct bench_engine *const engines[] = {
    &engine_ferrite,       &engine_lmdb,        &engine_lmdb_writemap,  &engine_sqlite,
    &engine_rocksdb,       &engine_raw,         &engine_hash,           &engine_hash_copy,
    &engine_ferrite_lz4,   &engine_ferrite_uncached, &engine_ferrite_bound,
    &engine_ferrite_bound_roomy, &engine_ferrite_memory, &engine_ferrite_memory_bound, NULL,
};
#define ENGINES (sizeof engines / sizeof *engines - 1)

struct settings {
    const char *work, *engines, *dir;
    uint64_t count;
    unsigned rounds;
    double seconds;
};

uint64_t bench_keys;
static bool loaded[ENGINES];

static void usage(FILE *to) {
    fprintf(to, "usage: ferrite-bench [--work A,B] [--engines A,B] [--count KEYS] [--rounds N]\n"
                "                     [--seconds S] [--dir FOLDER]\n\nworkloads:\n");
    for (unsigned w = 0; bench_workloads[w]; w++)
        fprintf(to, "  %-12s %s\n", bench_workloads[w]->name, bench_workloads[w]->title);
    fprintf(to, "engines:");
    for (unsigned e = 0; engines[e]; e++) fprintf(to, " %s", engines[e]->name);
    fprintf(to, "\n");
}

static bool settings_parse(struct settings *settings, int argc, char **argv) {
    static const struct option options[] = {
        {"work", required_argument, 0, 'w'},    {"engines", required_argument, 0, 'e'},
        {"count", required_argument, 0, 'n'},   {"rounds", required_argument, 0, 'r'},
        {"seconds", required_argument, 0, 's'}, {"dir", required_argument, 0, 'd'},
        {"help", no_argument, 0, 'h'},          {0, 0, 0, 0},
    };
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'w') settings->work = optarg;
        else if (c == 'e') settings->engines = optarg;
        else if (c == 'n') settings->count = strtoull(optarg, NULL, 10);
        else if (c == 'r') settings->rounds = (unsigned)atoi(optarg);
        else if (c == 's') settings->seconds = atof(optarg);
        else if (c == 'd') settings->dir = optarg;
        else if (c == 'h') { usage(stdout); exit(0); }
        else return false;
    }
    return optind == argc && settings->count > 0 && settings->rounds > 0;
}

/* The first line of what a command prints. */
static void print_output(const char *label, const char *command) {
    char line[256] = "";
    FILE *pipe = popen(command, "r");
    if (!pipe) return;
    if (fgets(line, sizeof line, pipe)) {
        line[strcspn(line, "\n")] = 0;
        printf("%s%s\n", label, line);
    }
    pclose(pipe);
}

static void settings_print(const struct settings *settings) {
    struct utsname system;
    uname(&system);
    printf("Linux %s, %ld cores; %llu keys of %u bytes, values of %u bytes; %u rounds\n",
           system.release, sysconf(_SC_NPROCESSORS_ONLN), (unsigned long long)settings->count,
           KEY_LEN, VALUE_LEN, settings->rounds);
    print_output("cpu       ", "sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1");
    print_output("packages  ", "dpkg-query -W -f '${Package} ${Version}  ' liblmdb0 libsqlite3-0 "
                               "librocksdb-dev 2>/dev/null");
    for (unsigned e = 0; engines[e]; e++) {
        if (!selection_has(settings->engines, engines[e]->name)) continue;
        const char *durable = engines[e]->settings_durable;
        printf("%-11s %s%s%s%s\n", engines[e]->name, engines[e]->settings,
               *engines[e]->settings && durable ? "; " : "", durable ? "durable: " : "",
               durable ? durable : "");
    }
    fflush(stdout);
}

static bool supported(const struct bench_workload *workload, const struct bench_engine *engine) {
    return workload->supports ? workload->supports(engine) : !engine->special;
}

/* Brings the engine's folder to the state the workload starts from. */
static void folder_prepare(const struct bench_workload *workload, struct bench_run *run,
                           unsigned engine) {
    struct bench_result ignored;
    if (!workload->on_loaded || run->engine->transient) {
        meter_folder_empty(run->dir);
        loaded[engine] = false;
    } else if (!loaded[engine]) {
        meter_folder_empty(run->dir);
        bench_measure(&workload_batch_random, run, &ignored);
        if (ignored.failed) fprintf(stderr, "%s: load: %s\n", run->engine->name, ignored.error);
        loaded[engine] = true;
    }
}

static void measure(const struct settings *settings, const struct bench_workload *workload,
                    unsigned engine, unsigned round) {
    char dir[1024];
    struct bench_result result;
    struct bench_run run = {.engine = engines[engine], .dir = dir, .count = settings->count,
                            .seconds = settings->seconds, .round = round};
    snprintf(dir, sizeof dir, "%s/%s", settings->dir, engines[engine]->name);
    folder_prepare(workload, &run, engine);
    bench_measure(workload, &run, &result);
    loaded[engine] = workload->leaves_loaded && !result.failed;
    report_add(workload, engines[engine], &result);
    fprintf(stderr, "round %u %-11s %-8s %12.0f/s %s\n", round, workload->name,
            engines[engine]->name, result.ops_per_s, result.failed ? result.error : "");
}

/* One workload with every engine; each round another one goes first. */
static void measure_all(const struct settings *settings, const struct bench_workload *workload,
                        unsigned round) {
    for (unsigned i = 0; i < ENGINES; i++) {
        unsigned engine = (i + round) % ENGINES;
        if (selection_has(settings->engines, engines[engine]->name) &&
            supported(workload, engines[engine]))
            measure(settings, workload, engine, round);
    }
}

int main(int argc, char **argv) {
    struct settings settings = {.dir = "build/bench", .count = 1000000, .rounds = 3, .seconds = 3};
    if (!settings_parse(&settings, argc, argv)) {
        usage(stderr);
        return 2;
    }
    bench_keys = settings.count;
    keys_setup();
    setvbuf(stderr, NULL, _IOLBF, 0);
    mkdir(settings.dir, 0777);
    settings_print(&settings);
    for (unsigned round = 1; round <= settings.rounds; round++)
        for (unsigned w = 0; bench_workloads[w]; w++)
            if (selection_has(settings.work, bench_workloads[w]->name))
                measure_all(&settings, bench_workloads[w], round);
    report_tables(engines);
    report_targets(engines);
    return 0;
}
