/*
 * history.h - what was typed in earlier shells, in a file of plain lines.
 *
 * Each line is appended as it is entered, so shells that run side by side lose nothing.
 * The file is $FERRITE_HISTFILE (empty: none), $XDG_STATE_HOME/ferrite/history,
 * ~/.local/state/ferrite/history where that state folder exists, or ~/.ferrite_history.
 */
#ifndef CLI_HISTORY_H
#define CLI_HISTORY_H

#include <stddef.h>

/* Calls remember for each kept line, oldest first. */
void history_load(void (*remember)(void *ctx, const char *line), void *ctx);
/* Lines that begin with a space, or hold a zero byte, are not kept. */
void history_append(const char *line, size_t len);

#endif
