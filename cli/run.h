/*
 * run.h - the three ways to run commands: one from the command line, a script, the shell.
 *
 * Each returns the exit status of the program.
 */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "target.h"

int run_one(struct target *target);
int run_script(struct target *target);
int run_shell(struct target *target);

/* "quit" and "exit" end scripts and the shell. */
bool is_quit(int argc, const char *const *argv);

#endif
