/*
 * redis_report.c - see redis.h. The tables are Markdown, to be read as they are or copied.
 */
#include "redis.h"

#include <stdio.h>

#define ONE_TARGET   20.0 /* against Redis without pipelining */
#define SIZE_TARGET  0.8
#define SMALL_TARGET 40.0

static unsigned missed;
static struct {
    const char *what;
    uint64_t redis, ferrite;
} sizes[8];
static unsigned size_count;

static const char *mark(bool reached) {
    if (reached) return "";
    missed++;
    return " missed";
}

void redis_report_heading(void) {
    printf("| thousands a second | Redis, one by one | Redis, pipelines of %u | Ferrite | "
           "to one by one | to pipelines | target |\n",
           PIPELINE);
    printf("|---|---:|---:|---:|---:|---:|---|\n");
}

void redis_report_rates(const struct redis_op *op, const struct redis_rates *rates) {
    double to_one = rates->ferrite / rates->one, to_piped = rates->ferrite / rates->piped;
    printf("| %s | %.1f | %.1f | %.1f | %.1fx%s | %.2fx | ", op->name, rates->one / 1e3,
           rates->piped / 1e3, rates->ferrite / 1e3, to_one, mark(to_one >= ONE_TARGET), to_piped);
    if (op->target)
        printf("%gx%s |\n", op->target, mark(to_piped >= op->target));
    else
        printf("none |\n");
    fflush(stdout);
}

void redis_report_sizes_later(const char *what, uint64_t redis_bytes, uint64_t ferrite_bytes) {
    sizes[size_count].what = what;
    sizes[size_count].redis = redis_bytes;
    sizes[size_count++].ferrite = ferrite_bytes;
}

void redis_report_sizes(void) {
    double count = (double)redis_data.count;
    printf("\n| bytes an element | Redis, memory | Ferrite, file | ratio | target |\n");
    printf("|---|---:|---:|---:|---|\n");
    for (unsigned i = 0; i < size_count; i++) {
        double redis = (double)sizes[i].redis, ferrite = (double)sizes[i].ferrite;
        printf("| %s | %.1f | %.1f | %.2fx | at most %gx%s |\n", sizes[i].what, redis / count,
               ferrite / count, ferrite / redis, SIZE_TARGET, mark(ferrite <= SIZE_TARGET * redis));
    }
}

void redis_report_small_hash(double file_bytes, double own_bytes) {
    double cost = file_bytes - own_bytes;
    printf("\nA hash of 5 fields, %.0f bytes with its key: %.1f in the file, %.1f over; "
           "at most %.0f%s\n",
           own_bytes, file_bytes, cost, SMALL_TARGET, mark(cost <= SMALL_TARGET));
}

void redis_report_missed(void) { printf("\n%u targets missed\n", missed); }
