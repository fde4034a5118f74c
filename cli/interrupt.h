/*
 * interrupt.h - Ctrl-C during long work: the work ends early, and in good order.
 *
 * The first SIGINT or SIGTERM is noted, and the tool's progress function stops the work; the second one ends
 * the program at once, which never harms a database. In the shell the first SIGINT ends the printing of a reply.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

void interrupt_catch(void);
/* The same for one command of the shell: SIGINT alone. Released when the command is done, which forgets it. */
void interrupt_catch_key(void);
void interrupt_release_key(void);
bool interrupted(void);
/* For ferrite_monitor.progress: as progress_show (progress.h), and 1 after a signal. */
int interrupt_or_show(void *progress, uint64_t done, uint64_t total);

#endif
