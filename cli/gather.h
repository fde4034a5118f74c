/*
 * gather.h - the words of one command, gathered piece by piece: by import from its input, by export
 * from the database.
 */
#ifndef CLI_GATHER_H
#define CLI_GATHER_H

#include <stdbool.h>
#include <stddef.h>

/* Starts zeroed; the memory is used again from command to command. */
struct gather {
    char *bytes;  /* each finished word ends with a zero byte */
    size_t *ends; /* of each word, that zero byte not included */
    const char **argv;
    size_t *lens;
    size_t len, cap;
    size_t count, word_cap;
    bool failed; /* no memory: some words are missing */
};

void gather_clear(struct gather *gather);
/* More bytes of the word at hand, and its end. */
void gather_bytes(struct gather *gather, const char *data, size_t len);
void gather_end(struct gather *gather);
/* A whole word. */
void gather_word(struct gather *gather, const char *data, size_t len);
void gather_text(struct gather *gather, const char *text);
void gather_number(struct gather *gather, long long number);
/* Fills argv and lens, which stay valid until more is gathered. False: no memory. */
bool gather_finish(struct gather *gather);
void gather_free(struct gather *gather);

#endif
