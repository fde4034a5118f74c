/*
 * progress.h - how far long work is: one line on standard error, if that is a terminal.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <ferrite.h>

#include <stdint.h>

struct progress {
    const char *verb; /* "checking" */
    int shown;        /* percent; -1: nothing yet */
    int is_terminal;
};

struct progress progress_begin(const char *verb);
/* For ferrite_monitor.progress: ctx is the struct progress. Never stops the work. */
int progress_show(void *ctx, uint64_t done, uint64_t total);
/* Wipes the line, before other output and at the end. */
void progress_wipe(struct progress *progress);

#endif
