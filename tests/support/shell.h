/*
 * shell.h - runs a shell command from a test and keeps what it printed.
 *
 * Called by tests of what is outside the library: tools, compilers, the program. The working
 * directory is the source tree's root, where the runner is started.
 */
#ifndef TESTS_SUPPORT_SHELL_H
#define TESTS_SUPPORT_SHELL_H

#include <stddef.h>

/* Runs the formatted command; its output and errors (cut at cap - 1 bytes) in out. Gives its exit
 * status, or -1 when it could not run or was killed. */
int shell_run(char *out, size_t cap, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
