/*
 * run.c - one measurement: a child process that runs the workload and sends its result by a pipe.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "meter.h"

#define SECONDS_MAX 900u /* a measurement that takes longer has failed */

static int result_pipe = -1;

static void send_result(const struct bench_result *result) {
    if (write(result_pipe, result, sizeof *result) != (ssize_t)sizeof *result) _exit(2);
}

void bench_die(const char *format, ...) {
    struct bench_result result = {.failed = true};
    va_list args;
    va_start(args, format);
    vsnprintf(result.error, sizeof result.error, format, args);
    va_end(args);
    if (result_pipe < 0)
        fprintf(stderr, "bench: %s\n", result.error);
    else
        send_result(&result);
    _exit(1);
}

static void child_main(const struct bench_workload *workload, const struct bench_run *run) {
    struct bench_result result = {0};
    alarm(SECONDS_MAX);
    workload->run(run, &result);
    send_result(&result);
    _exit(0);
}

void bench_measure(const struct bench_workload *workload, const struct bench_run *run,
                   struct bench_result *result) {
    int ends[2], status;
    if (pipe(ends)) bench_die("no pipe");
    fflush(NULL);
    meter_flush(run->dir);
    pid_t child = fork();
    if (child < 0) bench_die("cannot fork");
    if (child == 0) {
        close(ends[0]);
        result_pipe = ends[1];
        child_main(workload, run);
    }
    close(ends[1]);
    if (read(ends[0], result, sizeof *result) != (ssize_t)sizeof *result) {
        memset(result, 0, sizeof *result);
        result->failed = true;
        snprintf(result->error, sizeof result->error, "the process ended without a result");
    }
    close(ends[0]);
    waitpid(child, &status, 0);
}
