/*
 * split.c - a line as words, with redis-cli's quoting. See split.h.
 */
#include "split.h"

#include <stdlib.h>
#include <string.h>

struct cursor {
    const char *at, *end;
    char *out;
};

static bool is_space(char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

/* Vertical tabs and form feeds stand between words, and in them. */
static bool ends_word(char byte) { return is_space(byte) && byte != '\v' && byte != '\f'; }

static int hex_digit(char byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    byte |= 32;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* At a backslash that is not the last byte. */
static void take_escape(struct cursor *cursor) {
    static const char letters[] = "nrtab", bytes[] = "\n\r\t\a\b";
    char letter = cursor->at[1];
    if (letter == 'x' && cursor->end - cursor->at >= 4 && hex_digit(cursor->at[2]) >= 0 &&
        hex_digit(cursor->at[3]) >= 0) {
        *cursor->out++ = (char)(hex_digit(cursor->at[2]) * 16 + hex_digit(cursor->at[3]));
        cursor->at += 4;
        return;
    }
    const char *known = letter ? strchr(letters, letter) : NULL;
    *cursor->out++ = known ? bytes[known - letters] : letter;
    cursor->at += 2;
}

/* After the opening quote. False: no closing quote, or something sticks to it. */
static bool take_quoted(struct cursor *cursor, char quote) {
    while (cursor->at < cursor->end && *cursor->at != quote) {
        bool pair = *cursor->at == '\\' && cursor->end - cursor->at >= 2;
        if (pair && quote == '"') {
            take_escape(cursor);
        } else {
            if (pair && cursor->at[1] == '\'') cursor->at++;
            *cursor->out++ = *cursor->at++;
        }
    }
    if (cursor->at == cursor->end) return false;
    cursor->at++;
    return cursor->at == cursor->end || is_space(*cursor->at);
}

static bool take_word(struct cursor *cursor) {
    while (cursor->at < cursor->end && !ends_word(*cursor->at)) {
        char byte = *cursor->at++;
        if (byte == '"' || byte == '\'') return take_quoted(cursor, byte);
        *cursor->out++ = byte;
    }
    return true;
}

static bool reserve_bytes(struct words *words, size_t len) {
    if (len <= words->bytes_cap) return true;
    free(words->bytes);
    words->bytes = malloc(len);
    words->bytes_cap = words->bytes ? len : 0;
    return words->bytes != NULL;
}

static bool reserve_word(struct words *words) {
    if (words->argc < words->argv_cap) return true;
    int cap = words->argv_cap ? words->argv_cap * 2 : 16;
    const char **argv = realloc(words->argv, (size_t)cap * sizeof *argv);
    if (argv) words->argv = argv;
    size_t *lens = realloc(words->lens, (size_t)cap * sizeof *lens);
    if (lens) words->lens = lens;
    if (argv && lens) words->argv_cap = cap;
    return argv && lens;
}

enum split_result words_split(struct words *words, const char *line, size_t len) {
    words->argc = 0;
    /* each word is at most as long as its text, and the byte after it is its zero */
    if (!reserve_bytes(words, len + 1)) return SPLIT_NO_MEMORY;
    struct cursor cursor = {line, line + len, words->bytes};
    for (;;) {
        while (cursor.at < cursor.end && is_space(*cursor.at)) cursor.at++;
        if (cursor.at == cursor.end) return SPLIT_OK;
        if (!reserve_word(words)) return SPLIT_NO_MEMORY;
        char *word = cursor.out;
        if (!take_word(&cursor)) return SPLIT_UNBALANCED;
        words->argv[words->argc] = word;
        words->lens[words->argc++] = (size_t)(cursor.out - word);
        *cursor.out++ = 0;
    }
}

void words_free(struct words *words) {
    free(words->argv);
    free(words->lens);
    free(words->bytes);
    *words = (struct words){0};
}
