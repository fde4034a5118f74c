/*
 * options.h - the command line of the program: options, then a tool or a file, then words.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "print.h"

#include <ferrite.h>

#include <stdbool.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

enum options_action { ACTION_RUN, ACTION_HELP, ACTION_VERSION, ACTION_MARKDOWN };

struct options {
    enum options_action action;
    ferrite_options db; /* for ferrite_open_with */
    int database;       /* -n */
    bool one_database;  /* it was given */
    bool resp;          /* --resp */
    bool force;         /* --force */
    enum print_format format;
    bool input_argument;     /* -x: the last word of the command comes from standard input */
    const struct tool *tool; /* NULL: the words are FILE and a command */
    int word_count;
    const char *const *words; /* points into argv, or is empty */
};

/* A tool's words begin after its name. Returns an exit status. */
struct tool {
    const char *name, *arguments, *summary;
    int words_min, words_max;
    int (*run)(const struct options *options);
};

const struct tool *tool_at(size_t index);       /* NULL past the end; tools.c */
const struct tool *tool_find(const char *name); /* NULL: no tool */

/* False after a message on standard error. argv is rearranged. */
bool options_parse(struct options *options, int argc, char **argv, bool output_is_terminal);
void options_usage(FILE *out);

/* A line on standard error: "ferrite: …". */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
