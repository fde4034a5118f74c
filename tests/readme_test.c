/*
 * readme_test.c - the tour in README.md prints what it says.
 *
 * Runs the lines that begin with "$ " in the README's ```console block, one after the other in an empty folder, and
 * compares their output with the lines below them.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/shell.h"

#define TEXT_MAX 65536u

static char root[512], folder[] = "/tmp/ferrite-readme-XXXXXX";

/* The lines between ```console and ```. */
static void tour_read(char *tour, size_t cap) {
    char line[1024];
    int inside = 0;
    FILE *file = fopen("README.md", "r");
    cr_assert(file, "README.md is not here");
    *tour = 0;
    while (fgets(line, sizeof line, file)) {
        if (inside && strncmp(line, "```", 3) == 0) break;
        if (inside) strncat(tour, line, cap - strlen(tour) - 1);
        if (strncmp(line, "```console", 10) == 0) inside = 1;
    }
    fclose(file);
}

static void command_check(const char *command, const char *expected) {
    static char out[TEXT_MAX];
    shell_run(out, sizeof out, "cd %s && PATH=%s/build:$PATH && { %s\n}", folder, root, command);
    cr_expect_str_eq(out, expected, "$ %s\n%s\ninstead of\n%s", command, out, expected);
}

Test(readme, the_tour_prints_what_it_says) {
    static char tour[TEXT_MAX], expected[TEXT_MAX];
    cr_assert(getcwd(root, sizeof root) && mkdtemp(folder));
    tour_read(tour, sizeof tour);
    int commands = 0;
    for (char *at = tour; strncmp(at, "$ ", 2) == 0; commands++) {
        char *command = at + 2, *end = strchr(command, '\n');
        *end = 0;
        char *next = strstr(end + 1, "\n$ ");
        size_t len = next ? (size_t)(next - end) : strlen(end + 1);
        memcpy(expected, end + 1, len);
        expected[len] = 0;
        command_check(command, expected);
        at = next ? next + 1 : end + 1 + len;
    }
    cr_expect_gt(commands, 5, "the tour was not found");
    char out[256];
    shell_run(out, sizeof out, "rm -r %s", folder);
}
