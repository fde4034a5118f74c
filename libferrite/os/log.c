/*
 * log.c - see log.h.
 */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#define LINE_MAX_LEN 512

struct log log_silent;

static const char *level_name(int level) {
    static const char *const names[] = {"none", "error", "warning", "notice", "debug"};
    return names[level];
}

/* "2026-01-31T12:00:00.123Z notice app.ferrite: …", in one write, so that lines of threads stay whole. */
static void write_stderr(const struct log *log, int level, const char *message) {
    int64_t ms = os_clock_ms(log->os);
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm = {0};
    char line[LINE_MAX_LEN + sizeof log->name + 64], moment[32];
    gmtime_r(&seconds, &tm);
    strftime(moment, sizeof moment, "%Y-%m-%dT%H:%M:%S", &tm);
    int len = snprintf(line, sizeof line, "%s.%03dZ %s %s: %s\n", moment, (int)(ms % 1000),
                       level_name(level), log->name, message);
    fwrite(line, 1, (size_t)len, stderr);
}

/* The caller is as a rule on the way to report an errno of its own. */
void log_write(struct log *log, int level, const char *format, ...) {
    char message[LINE_MAX_LEN];
    int errno_before = errno;
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (log->write != NULL)
        log->write(log->ctx, (ferrite_log_level)level, message);
    else
        write_stderr(log, level, message);
    errno = errno_before;
}
