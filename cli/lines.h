/*
 * lines.h - the lines of a script on a descriptor, of any length and with any bytes.
 */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include <stddef.h>

struct lines {
    int fd;
    char *buffer;
    size_t cap, start, end; /* unread bytes: start … end */
    size_t searched;        /* of them, free of line ends */
    int ended;
};

/* 1: *line holds the next line without its end, until the next call. 0: no more. -1: failed, see
 * errno. Calls before_wait, if not NULL, each time before more input is awaited. */
int lines_next(struct lines *lines, const char **line, size_t *len, void (*before_wait)(void));
/* 1: *bytes are the next len bytes, until the next call. 0: there are not so many. -1: failed. */
int lines_bytes(struct lines *lines, size_t len, const char **bytes);
/* 1: *byte is the next one that is no white space; nothing is taken. 0: there is none. -1: failed. */
int lines_peek(struct lines *lines, char *byte);
void lines_free(struct lines *lines);

/* All that is left, as one block for free(); NULL: failed, see errno. */
char *read_all(int fd, size_t *len);

#endif
