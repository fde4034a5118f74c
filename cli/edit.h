/*
 * edit.h - lines typed on a terminal, by libedit.
 *
 * libedit is loaded when the shell starts and not with the program: one-shot commands never pay
 * for it. Without it lines are read plainly. One thread, one edit at a time.
 */
#ifndef CLI_EDIT_H
#define CLI_EDIT_H

#include <stdbool.h>
#include <stddef.h>

/* What may stand in place of the word before the cursor. */
struct candidates {
    char **texts; /* each from malloc */
    size_t count, cap;
    size_t word_len; /* bytes of the word before the cursor */
    bool more;       /* there are more than are listed */
};

/* False: no memory; candidates beyond that are left out. */
bool candidates_add(struct candidates *candidates, const char *text);

struct edit_hooks {
    void *ctx;
    void (*complete)(void *ctx, const char *line, size_t cursor, struct candidates *out);
    /* The hint for the line, at most cap - 1 bytes, "" for none. */
    void (*hint)(void *ctx, const char *line, size_t len, char *out, size_t cap);
};

struct edit;

struct edit *edit_open(const struct edit_hooks *hooks); /* NULL: no memory */
/* 1: a line, without its end, until the next call; 0: end of input; -1: cancelled by Ctrl-C. */
int edit_read(struct edit *edit, const char *prompt, const char **line, size_t *len);
void edit_remember(struct edit *edit, const char *line); /* for the arrow keys */
void edit_close(struct edit *edit);

#endif
