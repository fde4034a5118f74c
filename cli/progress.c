/*
 * progress.c - how far long work is. See progress.h.
 */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

struct progress progress_begin(const char *verb) {
    return (struct progress){verb, -1, isatty(STDERR_FILENO)};
}

int progress_show(void *ctx, uint64_t done, uint64_t total) {
    struct progress *progress = ctx;
    int percent = total ? (int)((double)done * 100.0 / (double)total) : 0;
    if (!progress->is_terminal || percent == progress->shown) return 0;
    fprintf(stderr, "\r%s: %d %%", progress->verb, percent);
    progress->shown = percent;
    return 0;
}

void progress_wipe(struct progress *progress) {
    if (progress->shown >= 0) fputs("\r\033[K", stderr);
    progress->shown = -1;
}
