/*
 * tool_import.c - `ferrite import FILE [INPUT]`: runs what export wrote, in any of its forms, which
 * is told from the first byte.
 *
 * Stops at the first line that is bad, says which one and why, and keeps what stood before it.
 */
#include "import.h"
#include "target.h"
#include "tools.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_input(struct import *import, bool *counts_commands) {
    char first = 0;
    *counts_commands = false;
    if (lines_peek(&import->lines, &first) < 0)
        return import_problem(import, "cannot read: %s", strerror(errno));
    *counts_commands = first == '*';
    if (first == '*') return import_resp(import);
    return first == '{' ? import_json(import) : import_script(import);
}

static void tell_problem(const struct import *import, const char *input, bool counts_commands) {
    complain("%s, %s %" PRIu64 ": %s", input, counts_commands ? "command" : "line", import->place,
             import->problem);
    if (import->commands)
        complain("%" PRIu64 " command%s before it were done and stay", import->commands,
                 plural(import->commands));
}

static uint64_t size_of(int fd) {
    struct stat stat;
    return fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) ? (uint64_t)stat.st_size : 0;
}

static int import_from(const struct options *options, int fd, const char *input) {
    struct import import = {
        .database = options->database,
        .lines = {.fd = fd},
        .size = size_of(fd),
        .progress = progress_begin("importing"),
    };
    bool counts_commands;
    import.db = target_open_file(options, options->words[0]);
    if (!import.db) return EXIT_FAILED;
    int result = read_input(&import, &counts_commands);
    if (import_finish(&import) < 0) result = -1;
    progress_wipe(&import.progress);
    if (result < 0)
        tell_problem(&import, input, counts_commands);
    else
        printf("%" PRIu64 " command%s done\n", import.commands, plural(import.commands));
    lines_free(&import.lines);
    ferrite_close(import.db);
    return result < 0 ? EXIT_FAILED : EXIT_DONE;
}

int tool_import(const struct options *options) {
    const char *input = options->word_count > 1 ? options->words[1] : "-";
    if (strcmp(input, "-") == 0) return import_from(options, STDIN_FILENO, "standard input");
    int fd = open(input, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        complain("%s: %s", input, strerror(errno));
        return EXIT_FAILED;
    }
    int status = import_from(options, fd, input);
    close(fd);
    return status;
}
