/*
 * script.c - one command from the command line, and scripts: one command a line from standard
 * input, in redis-cli's quoting.
 */
#include "lines.h"
#include "run.h"
#include "split.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

bool is_quit(int argc, const char *const *argv) {
    return argc > 0 && (strcasecmp(argv[0], "quit") == 0 || strcasecmp(argv[0], "exit") == 0);
}

/* ---- one command ---- */

static int run_with_input(struct target *target, int argc, const char *const *argv) {
    size_t len = 0;
    int status = EXIT_FAILED;
    char *input = read_all(STDIN_FILENO, &len);
    const char **words = malloc(((size_t)argc + 1) * sizeof *words);
    size_t *lens = malloc(((size_t)argc + 1) * sizeof *lens);
    if (!input)
        complain("cannot read standard input: %s", strerror(errno));
    else if (!words || !lens)
        complain("out of memory");
    else {
        for (int i = 0; i < argc; i++) words[i] = argv[i], lens[i] = strlen(argv[i]);
        words[argc] = input;
        lens[argc] = len;
        status = target_run(target, argc + 1, words, lens);
    }
    free(input);
    free(words);
    free(lens);
    return status;
}

int run_one(struct target *target) {
    int argc = target->options->word_count - 1;
    const char *const *argv = target->options->words + 1;
    if (target->options->input_argument) return run_with_input(target, argc, argv);
    return target_run(target, argc, argv, NULL);
}

/* ---- scripts ---- */

static void flush_output(void) { fflush(stdout); }

/* A line that cannot be read gets a reply of its own, with redis-cli's words. */
static int invalid_line(const struct target *target) {
    static const char text[] = "Invalid argument(s)";
    ferrite_reply reply = {FERRITE_REPLY_ERROR, 0, text, sizeof text - 1, 0, NULL};
    if (target->options->format == PRINT_JSON)
        print_reply(stdout, PRINT_JSON, &reply, false);
    else
        puts(text);
    return EXIT_FAILED;
}

static int run_line(struct target *target, struct words *words, const char *line, size_t len,
                    bool *quit) {
    switch (words_split(words, line, len)) {
    case SPLIT_OK:
        break;
    case SPLIT_UNBALANCED:
        return invalid_line(target);
    case SPLIT_NO_MEMORY:
        complain("out of memory");
        return EXIT_FAILED;
    }
    *quit = is_quit(words->argc, words->argv);
    if (*quit || !words->argc) return EXIT_DONE;
    return target_run(target, words->argc, words->argv, words->lens);
}

int run_script(struct target *target) {
    struct lines lines = {.fd = STDIN_FILENO};
    struct words words = {0};
    const char *line;
    size_t len;
    int status = EXIT_DONE, more = 0;
    bool quit = false;
    while (!quit && target->session && !ferror(stdout) &&
           (more = lines_next(&lines, &line, &len, flush_output)) > 0)
        if (run_line(target, &words, line, len, &quit) != EXIT_DONE) status = EXIT_FAILED;
    if (more < 0) {
        complain("cannot read standard input: %s", strerror(errno));
        status = EXIT_FAILED;
    }
    words_free(&words);
    lines_free(&lines);
    return status;
}
