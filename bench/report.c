/*
 * report.c - see report.h. The table of targets below is the contract of `make bench`.
 */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS_MAX 64u
#define CELLS_MAX 256u
#define FIELD(name) offsetof(struct bench_result, name)

struct cell {
    const struct bench_workload *workload;
    const struct bench_engine *engine;
    unsigned rounds;
    struct bench_result results[ROUNDS_MAX];
};

static struct cell cells[CELLS_MAX];
static unsigned cell_count;

static const struct column {
    const char *title;
    size_t field;
    bool range; /* also the smallest and largest */
} columns[] = {
    {"per second", FIELD(ops_per_s), true},
    {"with close", FIELD(closed_per_s), false},
    {"reads/s beside", FIELD(reads_per_s), true},
    {"cpu us/op", FIELD(cpu_us_per_op), false},
    {"p50 us", FIELD(p50_us), false},
    {"p99 us", FIELD(p99_us), false},
    {"p99.9 us", FIELD(p999_us), false},
    {"syncs/op", FIELD(syncs_per_op), false},
    {"device B/op", FIELD(device_bytes_per_op), false},
    {"log B/op", FIELD(log_bytes_per_op), false},
    {"MB open", FIELD(file_open_mb), false},
    {"MB closed", FIELD(file_closed_mb), false},
    {"open ms", FIELD(open_ms), true},
    {"slowest ms", FIELD(open_max_ms), false},
};
#define COLUMNS (sizeof columns / sizeof *columns)

/* ferrite's figure (or that of the engine `of`) over another's (or the best other's, or a constant) must
 * be >= or <= `factor`. */
static const struct target {
    const char *workload;
    size_t field;
    const char *against; /* an engine; "best": of the others; "own NAME": own figure in NAME; NULL: 1 */
    char sense;          /* '>' or '<' */
    double factor;
    const char *what;
    const char *of; /* NULL: ferrite */
} targets[] = {
    {"overwrite", FIELD(ops_per_s), "lmdb-wm", '>', 1.5, "random overwrite", NULL},
    {"overwrite", FIELD(ops_per_s), "lmdb", '>', 6, "random overwrite", NULL},
    {"overwrite", FIELD(ops_per_s), "rocksdb", '>', 3, "random overwrite", NULL},
    {"overwrite", FIELD(ops_per_s), "sqlite", '>', 6, "random overwrite", NULL},
    {"fillseq", FIELD(ops_per_s), "best", '>', 1.2, "sequential fill", NULL},
    {"fillrandom", FIELD(ops_per_s), "best", '>', 1.2, "random fill", NULL},
    {"batchseq", FIELD(ops_per_s), "best", '>', 0.7, "sequential fill by 1,000", NULL},
    {"batchrandom", FIELD(ops_per_s), "best", '>', 1.3, "random fill by 1,000", NULL},
    {"durable", FIELD(ops_per_s), "raw", '>', 0.9, "durable commits", NULL},
    {"durable", FIELD(ops_per_s), "lmdb", '>', 2, "durable commits", NULL},
    {"durable4", FIELD(ops_per_s), "rocksdb", '>', 1.5, "durable commits, 4 threads", NULL},
    {"durable4", FIELD(syncs_per_op), NULL, '<', 0.3, "syncs a commit, 4 threads", NULL},
    {"get", FIELD(ops_per_s), "lmdb", '>', 1.2, "random get", NULL},
    {"get", FIELD(ops_per_s), "lmdb", '>', 1.2, "random get, without the hot cache", "uncached"},
    {"get2", FIELD(ops_per_s), "own get", '>', 1.8, "random get, 2 threads", NULL},
    {"mixed", FIELD(ops_per_s), "lmdb-wm", '>', 2, "writes beside a reader", NULL},
    {"mixed", FIELD(reads_per_s), "lmdb-wm", '>', 1, "reads beside a writer", NULL},
    {"scan", FIELD(ops_per_s), "lmdb", '>', 1, "forward scan", NULL},
    {"fillrandom", FIELD(file_closed_mb), NULL, '<', 145, "MB of file after a random load", NULL},
    {"reopen", FIELD(open_ms), NULL, '<', 1, "ms to reopen and get", NULL},
    {"process", FIELD(p50_us), "sqlite", '<', 1, "time of a whole process", NULL},
    {"log", FIELD(log_bytes_per_op), NULL, '<', 160, "bytes of log a put", NULL},
    {"overwrite", FIELD(device_bytes_per_op), "lmdb", '<', 1, "device bytes an overwrite", NULL},
    {"overwrite", FIELD(device_bytes_per_op), "sqlite", '<', 1, "device bytes an overwrite", NULL},
    {"hot", FIELD(ops_per_s), "lmdb", '>', 2, "gets of hot keys", NULL},
    {"hot", FIELD(ops_per_s), "hash", '>', 0.5, "gets of hot keys", NULL},
    {"hot", FIELD(ops_per_s), "hash-copy", '>', 0.5, "gets of hot keys", NULL},
    {"hot2", FIELD(ops_per_s), "own hot", '>', 1.8, "gets of hot keys, 2 threads", NULL},
    {"zipf", FIELD(ops_per_s), "lmdb-wm", '>', 2, "Zipf, 95 % gets, 2 threads", NULL},
    {"zipf", FIELD(ops_per_s), "sqlite", '>', 5, "Zipf, 95 % gets, 2 threads", NULL},
    {"evict", FIELD(ops_per_s), "ferrite", '>', 0.5, "sets that evict, in a file", "bound"},
    {"evict", FIELD(ops_per_s), "ferrite", '>', 0.5, "sets that evict, in a file, file_slack 1.5 of max_size", "bound-roomy"},
    {"evict", FIELD(ops_per_s), "memory", '>', 0.5, "sets that evict, in memory", "memory-bound"},
    {"get", FIELD(ops_per_s), "ferrite", '>', 0.6, "random get, compressed", "ferrite-lz4"},
    {"hot", FIELD(ops_per_s), "ferrite", '>', 0.6, "gets of hot keys, compressed", "ferrite-lz4"},
};

static struct cell *cell_find(const char *workload, const char *engine) {
    for (unsigned i = 0; i < cell_count; i++)
        if (!strcmp(cells[i].workload->name, workload) && !strcmp(cells[i].engine->name, engine))
            return &cells[i];
    return NULL;
}

void report_add(const struct bench_workload *workload, const struct bench_engine *engine,
                const struct bench_result *result) {
    struct cell *cell = cell_find(workload->name, engine->name);
    if (!cell) {
        if (cell_count == CELLS_MAX) return;
        cell = &cells[cell_count++];
        *cell = (struct cell){.workload = workload, .engine = engine};
    }
    if (cell->rounds < ROUNDS_MAX) cell->results[cell->rounds++] = *result;
}

static double field_of(const struct bench_result *result, size_t field) {
    return *(const double *)((const char *)result + field);
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The sorted figures of the rounds that did not fail; their number. */
static unsigned cell_figures(const struct cell *cell, size_t field, double figures[ROUNDS_MAX]) {
    unsigned count = 0;
    for (unsigned i = 0; cell && i < cell->rounds; i++)
        if (!cell->results[i].failed) figures[count++] = field_of(&cell->results[i], field);
    qsort(figures, count, sizeof *figures, compare_doubles);
    return count;
}

static double cell_median(const struct cell *cell, size_t field) {
    double figures[ROUNDS_MAX];
    unsigned count = cell_figures(cell, field, figures);
    return count ? (figures[(count - 1) / 2] + figures[count / 2]) / 2 : 0;
}

/* 1234567 -> "1.23M", 0.0446 -> "0.0446" */
static void figure_print(char *out, size_t cap, double figure) {
    const char *unit = "";
    if (figure >= 999500) {
        figure /= 1e6;
        unit = "M";
    } else if (figure >= 9995) {
        figure /= 1e3;
        unit = "k";
    }
    int decimals = figure >= 100 ? 0 : figure >= 10 ? 1 : figure >= 0.1 ? 2 : 4;
    snprintf(out, cap, "%.*f%s", decimals, figure, unit);
}

static void cell_text(const struct cell *cell, const struct column *column, char *out, size_t cap) {
    double figures[ROUNDS_MAX];
    char low[32], middle[32], high[32];
    unsigned count = cell_figures(cell, column->field, figures);
    double median = cell_median(cell, column->field);
    snprintf(out, cap, "-");
    if (!count || median == 0) return;
    figure_print(middle, sizeof middle, median);
    figure_print(low, sizeof low, figures[0]);
    figure_print(high, sizeof high, figures[count - 1]);
    if (column->range && count > 1)
        snprintf(out, cap, "%s (%s-%s)", middle, low, high);
    else
        snprintf(out, cap, "%s", middle);
}

static bool column_used(const struct bench_workload *workload, const struct column *column) {
    for (unsigned i = 0; i < cell_count; i++)
        if (cells[i].workload == workload && cell_median(&cells[i], column->field) != 0) return true;
    return false;
}

static void row_print(const struct cell *cell) {
    const struct bench_result *last = &cell->results[cell->rounds - 1];
    char text[128];
    printf("| %-12s |", cell->engine->name);
    for (size_t c = 0; c < COLUMNS; c++) {
        if (!column_used(cell->workload, &columns[c])) continue;
        cell_text(cell, &columns[c], text, sizeof text);
        printf(" %*s |", columns[c].range ? 24 : 11, text);
    }
    printf("%s%s\n", last->failed ? " failed: " : "", last->failed ? last->error : "");
}

static void table_print(const struct bench_workload *workload,
                        const struct bench_engine *const *engines) {
    printf("\n%s: %s\n| engine       |", workload->name, workload->title);
    for (size_t c = 0; c < COLUMNS; c++)
        if (column_used(workload, &columns[c]))
            printf(" %*s |", columns[c].range ? 24 : 11, columns[c].title);
    printf("\n");
    for (; *engines; engines++) {
        const struct cell *cell = cell_find(workload->name, (*engines)->name);
        if (cell) row_print(cell);
    }
}

void report_tables(const struct bench_engine *const *engines) {
    for (unsigned w = 0; bench_workloads[w]; w++)
        for (unsigned i = 0; i < cell_count; i++)
            if (cells[i].workload == bench_workloads[w]) {
                table_print(bench_workloads[w], engines);
                break;
            }
}

static const char *target_of(const struct target *target) {
    return target->of ? target->of : "ferrite";
}

/* What the target is measured against; 0: not measured. The name of the best goes to *name. */
static double target_base(const struct target *target, const struct bench_engine *const *engines,
                          const char **name) {
    *name = target->against ? target->against : "";
    if (!target->against) return 1;
    if (!strncmp(target->against, "own ", 4))
        return cell_median(cell_find(target->against + 4, "ferrite"), target->field);
    if (strcmp(target->against, "best"))
        return cell_median(cell_find(target->workload, target->against), target->field);
    double best = 0;
    for (; *engines; engines++) {
        if (*engines == &engine_ferrite || (*engines)->special) continue;
        double figure = cell_median(cell_find(target->workload, (*engines)->name), target->field);
        if (figure <= best) continue;
        best = figure;
        *name = (*engines)->name;
    }
    return best;
}

/* The same ratio by processor time, of a rate against another engine's; 0: there is none. */
static double target_cpu_ratio(const struct target *target, const char *name) {
    if (target->field != FIELD(ops_per_s)) return 0;
    double own = cell_median(cell_find(target->workload, target_of(target)), FIELD(cpu_us_per_op));
    double other = cell_median(cell_find(target->workload, name), FIELD(cpu_us_per_op));
    return own > 0 ? other / own : 0;
}

static void target_print(const struct target *target, const char *name, double ratio,
                         bool reached) {
    char cpu[32] = "";
    double cpu_ratio = target_cpu_ratio(target, name);
    if (cpu_ratio > 0) snprintf(cpu, sizeof cpu, "%.3g", cpu_ratio);
    printf("| %-32s | %-12s | %s %6.4g | %8.3g | %8s | %s\n", target->what, name,
           target->sense == '>' ? ">=" : "<=", target->factor, ratio, cpu,
           reached ? "" : "missed");
}

unsigned report_targets(const struct bench_engine *const *engines) {
    unsigned missed = 0;
    printf("\nferrite against its targets (by cpu: the ratio of processor times)\n"
           "| %-32s | %-12s | %9s | %8s | %8s |\n", "what", "against", "target", "reached",
           "by cpu");
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        const struct target *target = &targets[i];
        const char *name;
        double own = cell_median(cell_find(target->workload, target_of(target)), target->field);
        double base = target_base(target, engines, &name);
        if (own == 0 || base == 0) continue;
        double ratio = own / base;
        bool reached = target->sense == '>' ? ratio >= target->factor : ratio <= target->factor;
        target_print(target, name, ratio, reached);
        missed += !reached;
    }
    return missed;
}
