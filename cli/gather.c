/*
 * gather.c - the words of one command. See gather.h.
 */
#include "gather.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gather_clear(struct gather *gather) {
    gather->len = gather->count = 0;
    gather->failed = false;
}

static bool reserve_bytes(struct gather *gather, size_t more) {
    if (more <= gather->cap - gather->len) return true;
    size_t cap = (gather->len + more) * 2 + 256;
    char *bytes = realloc(gather->bytes, cap);
    if (!bytes) return false;
    gather->bytes = bytes;
    gather->cap = cap;
    return true;
}

static bool reserve_word(struct gather *gather) {
    if (gather->count < gather->word_cap) return true;
    size_t cap = gather->word_cap * 2 + 16;
    size_t *ends = realloc(gather->ends, cap * sizeof *ends);
    if (ends) gather->ends = ends;
    const char **argv = realloc(gather->argv, cap * sizeof *argv);
    if (argv) gather->argv = argv;
    size_t *lens = realloc(gather->lens, cap * sizeof *lens);
    if (lens) gather->lens = lens;
    if (ends && argv && lens) gather->word_cap = cap;
    return ends && argv && lens;
}

void gather_bytes(struct gather *gather, const char *data, size_t len) {
    if (gather->failed || !len) return;
    gather->failed = !reserve_bytes(gather, len);
    if (gather->failed) return;
    memcpy(gather->bytes + gather->len, data, len);
    gather->len += len;
}

void gather_end(struct gather *gather) {
    if (gather->failed) return;
    gather->failed = !reserve_bytes(gather, 1) || !reserve_word(gather);
    if (gather->failed) return;
    gather->ends[gather->count++] = gather->len;
    gather->bytes[gather->len++] = 0;
}

void gather_word(struct gather *gather, const char *data, size_t len) {
    gather_bytes(gather, data, len);
    gather_end(gather);
}

void gather_text(struct gather *gather, const char *text) {
    gather_word(gather, text, strlen(text));
}

void gather_number(struct gather *gather, long long number) {
    char text[32];
    gather_word(gather, text, (size_t)snprintf(text, sizeof text, "%lld", number));
}

bool gather_finish(struct gather *gather) {
    size_t begin = 0;
    for (size_t i = 0; i < gather->count && !gather->failed; i++) {
        gather->argv[i] = gather->bytes + begin;
        gather->lens[i] = gather->ends[i] - begin;
        begin = gather->ends[i] + 1;
    }
    return !gather->failed;
}

void gather_free(struct gather *gather) {
    free(gather->bytes);
    free(gather->ends);
    free(gather->argv);
    free(gather->lens);
    *gather = (struct gather){0};
}
