/*
 * shell.c - the shell: a prompt on a terminal, with history, completion and hints.
 */
#include "edit.h"
#include "help.h"
#include "hint.h"
#include "history.h"
#include "interrupt.h"
#include "run.h"
#include "split.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define SLOW_SECONDS 0.5 /* commands that take longer are shown with their time */

struct shell {
    struct target *target;
    struct edit *edit;
    struct words words;
    char prompt[256];
};

/* "app.ferrite[3](TX)> " */
static void make_prompt(struct shell *shell) {
    const char *slash = strrchr(shell->target->path, '/');
    const char *name = slash && slash[1] ? slash + 1 : shell->target->path;
    int index = ferrite_session_database(shell->target->session);
    char database[16] = "";
    if (index) snprintf(database, sizeof database, "[%d]", index);
    snprintf(shell->prompt, sizeof shell->prompt, "%.200s%s%s> ", name, database,
             ferrite_session_in_multi(shell->target->session) ? "(TX)" : "");
}

static double now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Ctrl-C ends a reply that is too long to look at, not the shell. */
static void run_words(struct shell *shell) {
    const struct words *words = &shell->words;
    double begun = now_seconds();
    interrupt_catch_key();
    target_run(shell->target, words->argc, words->argv, words->lens);
    fflush(stdout); /* while Ctrl-C is caught: a terminal may be slow */
    if (interrupted()) puts("\n(interrupted: the command was done, its reply may not be whole)");
    interrupt_release_key();
    double seconds = now_seconds() - begun;
    if (seconds >= SLOW_SECONDS) printf("(%.2fs)\n", seconds);
}

static void remember(void *ctx, const char *line) { edit_remember(ctx, line); }

/* False: the user wants to leave. */
static bool run_line(struct shell *shell, const char *line, size_t len) {
    struct words *words = &shell->words;
    enum split_result split = words_split(words, line, len);
    if (split == SPLIT_OK && !words->argc) return true;
    edit_remember(shell->edit, line);
    history_append(line, len);
    if (split == SPLIT_UNBALANCED)
        puts("Invalid argument(s)");
    else if (split == SPLIT_NO_MEMORY)
        complain("out of memory");
    else if (is_quit(words->argc, words->argv))
        return false;
    else if (strcasecmp(words->argv[0], "help") == 0)
        print_help(stdout, words->argc - 1, words->argv + 1);
    else
        run_words(shell);
    return true;
}

/* The line as a string of its own: what was read has its end of line, and goes at the next read. */
static bool run_copy(struct shell *shell, const char *line, size_t len) {
    char *copy = strndup(line, len);
    if (!copy) {
        complain("out of memory");
        return true;
    }
    bool stay = run_line(shell, copy, strlen(copy));
    free(copy);
    return stay;
}

static void shell_loop(struct shell *shell) {
    const char *line;
    size_t len;
    bool stay = true;
    while (stay && shell->target->session) {
        make_prompt(shell);
        int got = edit_read(shell->edit, shell->prompt, &line, &len);
        if (got == 0) putchar('\n');
        if (got == 0) break;
        if (got > 0) stay = run_copy(shell, line, len);
        if (fflush(stdout) != 0) break;
    }
}

int run_shell(struct target *target) {
    struct shell shell = {.target = target};
    struct edit_hooks hooks = {target, complete_line, hint_line};
    shell.edit = edit_open(&hooks);
    if (!shell.edit) {
        complain("out of memory");
        return EXIT_FAILED;
    }
    history_load(remember, shell.edit);
    puts("ferrite " FERRITE_VERSION_STRING ": help lists the commands, quit leaves.");
    shell_loop(&shell);
    words_free(&shell.words);
    edit_close(shell.edit);
    return target->session ? EXIT_DONE : EXIT_FAILED;
}
