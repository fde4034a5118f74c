/*
 * help.h - the shell's HELP: from the command table.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

/* argv after the word "help": nothing, names of commands, or "@group". */
void print_help(FILE *out, int argc, const char *const *argv);

#endif
