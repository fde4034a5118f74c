/*
 * glob.c - see glob.h.
 */
#include "glob.h"

#include <stdint.h>

struct glob {
    const uint8_t *at, *end;
};

/* Reads one class whose '[' lies behind g->at already; leaves g->at behind its ']'. */
static bool class_match(struct glob *g, uint8_t byte) {
    bool negated = g->at < g->end && *g->at == '^';
    if (negated) g->at++;
    bool found = false;
    while (g->at < g->end && *g->at != ']') {
        uint8_t low = *g->at, high = low;
        if (low == '\\' && g->end - g->at >= 2) {
            low = high = g->at[1];
            g->at += 2;
        } else if (g->end - g->at >= 3 && g->at[1] == '-') {
            high = g->at[2];
            g->at += 3;
        } else {
            g->at++;
        }
        if (low > high) {
            uint8_t swapped = low;
            low = high;
            high = swapped;
        }
        if (byte >= low && byte <= high) found = true;
    }
    if (g->at < g->end) g->at++;
    return found != negated;
}

/* Matches one byte against the pattern element at g->at (not a star) and steps over the element. */
static bool element_match(struct glob *g, uint8_t byte) {
    uint8_t element = *g->at++;
    if (element == '?') return true;
    if (element == '[') return class_match(g, byte);
    if (element == '\\' && g->at < g->end) element = *g->at++;
    return element == byte;
}

/* Every element but a star takes exactly one byte, so on a mismatch it is enough to let the last
 * star take one byte more: earlier stars never need to be tried again. */
bool glob_match(const char *pattern, size_t pattern_len, const char *text, size_t text_len) {
    if (text_len == 0) return pattern_len == 0;
    const uint8_t *p = (const uint8_t *)pattern, *t = (const uint8_t *)text;
    struct glob g = {p, p + pattern_len};
    const uint8_t *text_end = t + text_len;
    const uint8_t *star = NULL, *star_text = NULL;
    while (t < text_end) {
        if (g.at < g.end && *g.at == '*') {
            star = ++g.at;
            star_text = t;
            if (g.at == g.end) return true;
        } else if (g.at < g.end && element_match(&g, *t)) {
            t++;
        } else if (star != NULL) {
            g.at = star;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (g.at < g.end && *g.at == '*') g.at++;
    return g.at == g.end;
}

size_t glob_prefix(const char *pattern, size_t pattern_len, char *out, size_t cap) {
    size_t len = 0;
    for (size_t i = 0; i < pattern_len && len < cap; i++) {
        char c = pattern[i];
        if (c == '*' || c == '?' || c == '[') break;
        if (c == '\\' && i + 1 < pattern_len) c = pattern[++i];
        out[len++] = c;
    }
    return len;
}
