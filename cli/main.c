/*
 * main.c - the program `ferrite`: reads its command line and runs a tool, one command, a script
 * or the shell.
 */
#include "markdown.h"
#include "options.h"
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static int run_commands(const struct options *options) {
    struct target target;
    int status = EXIT_FAILED;
    if (target_open(&target, options, options->words[0])) {
        if (options->word_count > 1)
            status = run_one(&target);
        else if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
            status = run_shell(&target);
        else
            status = run_script(&target);
    }
    fflush(stdout); /* a reply need not wait for the file to be closed */
    target_close(&target);
    return status;
}

static int run(const struct options *options) {
    switch (options->action) {
    case ACTION_HELP:
        options_usage(stdout);
        return EXIT_DONE;
    case ACTION_VERSION:
        puts("ferrite " FERRITE_VERSION_STRING);
        return EXIT_DONE;
    case ACTION_MARKDOWN:
        print_commands_markdown(stdout);
        return EXIT_DONE;
    case ACTION_RUN:
        break;
    }
    return options->tool ? options->tool->run(options) : run_commands(options);
}

/* With standard output closed, the database would be the next file opened, and get its number:
 * replies would be written into it. A closed one is replaced by one that cannot be written. */
static bool hold_standard_files(void) {
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd) return false;
    return true;
}

int main(int argc, char **argv) {
    struct options options;
    if (!hold_standard_files()) return EXIT_FAILED;
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a write error, told below */
    signal(SIGXFSZ, SIG_IGN); /* a file too long for `ulimit -f` is a full disk */
    if (!options_parse(&options, argc, argv, isatty(STDOUT_FILENO))) return EXIT_USAGE;
    errno = 0;
    int status = run(&options);
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    complain("cannot write to standard output: %s", errno ? strerror(errno) : "write error");
    return EXIT_FAILED;
}
