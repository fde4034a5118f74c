/*
 * split.h - a line as words, with redis-cli's quoting.
 *
 * Words are separated by white space. "…" knows \n \r \t \a \b, \xHH, and \ before any other byte
 * for itself; '…' knows \' alone. A closing quote must end the word. Zero bytes are bytes.
 */
#ifndef CLI_SPLIT_H
#define CLI_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

struct words {
    int argc;
    const char **argv; /* each word also ends with a zero byte */
    size_t *lens;
    char *bytes;
    size_t bytes_cap;
    int argv_cap;
};

enum split_result { SPLIT_OK, SPLIT_UNBALANCED, SPLIT_NO_MEMORY };

/* The words stay valid until the next split; their memory is used again. Starts zeroed. */
enum split_result words_split(struct words *words, const char *line, size_t len);
void words_free(struct words *words);

#endif
