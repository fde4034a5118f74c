/*
 * shell.c - popen, read everything, pclose. See shell.h.
 */
#include "shell.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>

int shell_run(char *out, size_t cap, const char *format, ...) {
    char command[2048], rest[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(command, sizeof command - 6, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof command - 6) return -1;
    snprintf(command + len, 6, " 2>&1");
    FILE *pipe = popen(command, "r");
    if (!pipe) return -1;
    size_t got = fread(out, 1, cap - 1, pipe);
    out[got] = 0;
    while (fread(rest, 1, sizeof rest, pipe) > 0) continue; /* a full pipe would block it */
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
