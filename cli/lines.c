/*
 * lines.c - the lines of a script. See lines.h.
 */
#include "lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE 65536u

/* Makes room for READ_SIZE more bytes. */
static int make_room(struct lines *lines) {
    if (lines->start) {
        memmove(lines->buffer, lines->buffer + lines->start, lines->end - lines->start);
        lines->end -= lines->start;
        lines->start = 0;
    }
    if (lines->cap - lines->end >= READ_SIZE) return 0;
    size_t cap = lines->cap * 2 + READ_SIZE;
    char *grown = realloc(lines->buffer, cap);
    if (!grown) return -1;
    lines->buffer = grown;
    lines->cap = cap;
    return 0;
}

static int read_more(struct lines *lines) {
    if (make_room(lines) < 0) return -1;
    ssize_t got;
    do got = read(lines->fd, lines->buffer + lines->end, lines->cap - lines->end);
    while (got < 0 && errno == EINTR);
    if (got < 0) return -1;
    if (got == 0) lines->ended = 1;
    lines->end += (size_t)got;
    return 0;
}

static void give(struct lines *lines, size_t len, size_t skip, const char **line,
                 size_t *line_len) {
    *line = lines->buffer + lines->start;
    *line_len = len;
    lines->start += len + skip;
    lines->searched = 0;
}

int lines_next(struct lines *lines, const char **line, size_t *len, void (*before_wait)(void)) {
    for (;;) {
        size_t unread = lines->end - lines->start;
        const char *from = lines->buffer + lines->start;
        const char *found = unread > lines->searched
                                ? memchr(from + lines->searched, '\n', unread - lines->searched)
                                : NULL;
        if (found) {
            give(lines, (size_t)(found - from), 1, line, len);
            return 1;
        }
        lines->searched = unread;
        if (lines->ended) {
            if (unread) give(lines, unread, 0, line, len);
            return unread > 0;
        }
        if (before_wait) before_wait();
        if (read_more(lines) < 0) return -1;
    }
}

static int await(struct lines *lines, size_t len) {
    while (lines->end - lines->start < len) {
        if (lines->ended) return 0;
        if (read_more(lines) < 0) return -1;
    }
    return 1;
}

int lines_bytes(struct lines *lines, size_t len, const char **bytes) {
    int there = await(lines, len);
    if (there > 0) give(lines, len, 0, bytes, &len);
    return there;
}

int lines_peek(struct lines *lines, char *byte) {
    for (size_t skip = 0;; skip++) {
        int there = await(lines, skip + 1);
        if (there <= 0) return there;
        *byte = lines->buffer[lines->start + skip];
        if (!strchr(" \t\r\n", *byte) || !*byte) return 1;
    }
}

void lines_free(struct lines *lines) {
    free(lines->buffer);
    *lines = (struct lines){.fd = lines->fd};
}

char *read_all(int fd, size_t *len) {
    struct lines lines = {.fd = fd};
    while (!lines.ended) {
        if (read_more(&lines) < 0) {
            lines_free(&lines);
            return NULL;
        }
    }
    *len = lines.end;
    return lines.buffer;
}
