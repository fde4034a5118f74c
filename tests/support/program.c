/*
 * program.c - runs the program `ferrite` from a test. See program.h.
 */
#include "program.h"

#include "shell.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[PATH_MAX], folder[64], output[1 << 18];

const char *program_path(void) { return path; }

const char *program_folder(void) { return folder; }

void program_begin(void) {
    const char *named = getenv("FERRITE_PROGRAM");
    cr_assert_not_null(realpath(named ? named : "build/ferrite", path), "no program is built");
    strcpy(folder, "/tmp/ferrite-cli-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    setenv("F", path, 1);
    setenv("D", folder, 1);
    unsetenv("FERRITE_SYNC_MODE");
}

void program_end(void) {
    char out[256];
    shell_run(out, sizeof out, "rm -rf %s", folder);
}

static int run(const char *command) { return shell_run(output, sizeof output, "{ %s\n}", command); }

const char *program_output(const char *command) {
    run(command);
    return output;
}

void program_expect(int status, const char *expected, const char *command) {
    int got = run(command);
    cr_expect_str_eq(output, expected, "%s\ngave\n%s\nnot\n%s", command, output, expected);
    cr_expect_eq(got, status, "%s\nended with %d, not %d:\n%s", command, got, status, output);
}

void program_expect_part(int status, const char *part, const char *command) {
    int got = run(command);
    cr_expect_not_null(strstr(output, part), "%s\ngave\n%s\nwithout\n%s", command, output, part);
    cr_expect_eq(got, status, "%s\nended with %d, not %d:\n%s", command, got, status, output);
}

void program_fill(void) {
    program_expect(0, "OK\n",
                   "seq 3000 | sed 's/.*/SET key:& value-&-0123456789/' | "
                   "$F --sync none $D/a.ferrite | sort -u");
}
