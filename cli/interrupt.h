/*
 * interrupt.h - Ctrl-C during long work: the work ends early, and in good order.
 *
 * The first SIGINT or SIGTERM is noted, and the tool's progress function stops the work; the second one ends
 * the program at once, which never harms a database.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdint.h>

void interrupt_catch(void);
/* For ferrite_monitor.progress: as progress_show (progress.h), and 1 after a signal. */
int interrupt_or_show(void *progress, uint64_t done, uint64_t total);

#endif
