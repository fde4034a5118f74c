/*
 * json.c - reading JSON. See json.h.
 */
#include "json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 16

static bool fail(struct json *json, const char *wrong) {
    if (!json->wrong) json->wrong = wrong;
    return false;
}

char json_peek(struct json *json) {
    while (json->at < json->end && (*json->at == ' ' || (*json->at >= '\t' && *json->at <= '\r')))
        json->at++;
    return json->at < json->end ? *json->at : 0;
}

bool json_take(struct json *json, char byte) {
    static const struct {
        char byte;
        const char *text;
    } wanted[] = {{'{', "a '{' is missing"},   {'}', "a '}' or ',' is missing"},
                  {'[', "a '[' is missing"},   {']', "a ']' or ',' is missing"},
                  {':', "a ':' is missing"},   {',', "a ',' is missing"},
                  {'"', "a string is missing"}};
    if (json_peek(json) == byte && json->at < json->end) {
        json->at++;
        return true;
    }
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (wanted[i].byte == byte) return fail(json, wanted[i].text);
    return fail(json, "this is no JSON");
}

bool json_more(struct json *json, char closing, bool *first) {
    if (json->wrong) return false;
    if (json_peek(json) == closing && json->at < json->end) {
        json->at++;
        return false;
    }
    bool before = *first;
    *first = false;
    if (before) return true;
    if (json_peek(json) == ',') return json_take(json, ',');
    return json_take(json, closing) && false;
}

/* ---- strings ---- */

static bool take_hex(struct json *json, unsigned *code) {
    *code = 0;
    if (json->end - json->at < 4) return fail(json, "a \\u needs four hexadecimal digits");
    for (int i = 0; i < 4; i++) {
        char byte = *json->at++, letter = byte | 32;
        if (byte >= '0' && byte <= '9')
            *code = *code * 16 + (unsigned)(byte - '0');
        else if (letter >= 'a' && letter <= 'f')
            *code = *code * 16 + (unsigned)(letter - 'a') + 10;
        else
            return fail(json, "a \\u needs four hexadecimal digits");
    }
    return true;
}

static void put_utf8(struct gather *word, unsigned code) {
    char bytes[4];
    size_t len = 0;
    if (code < 0x80) {
        bytes[len++] = (char)code;
    } else if (code < 0x800) {
        bytes[len++] = (char)(0xc0 | code >> 6);
    } else if (code < 0x10000) {
        bytes[len++] = (char)(0xe0 | code >> 12);
        bytes[len++] = (char)(0x80 | (code >> 6 & 0x3f));
    } else {
        bytes[len++] = (char)(0xf0 | code >> 18);
        bytes[len++] = (char)(0x80 | (code >> 12 & 0x3f));
        bytes[len++] = (char)(0x80 | (code >> 6 & 0x3f));
    }
    if (code >= 0x80) bytes[len++] = (char)(0x80 | (code & 0x3f));
    gather_bytes(word, bytes, len);
}

/* After "\u": a character, half of one with its other half behind it, or a byte. */
static bool take_code(struct json *json, struct gather *word) {
    unsigned code, low;
    if (!take_hex(json, &code)) return false;
    if (code >= 0xdc80 && code <= 0xdcff) {
        gather_bytes(word, &(char){(char)(code & 0xff)}, 1);
        return true;
    }
    if (code >= 0xd800 && code < 0xdc00) {
        bool pair = json->end - json->at >= 6 && json->at[0] == '\\' && json->at[1] == 'u';
        if (pair) json->at += 2;
        if (!pair || !take_hex(json, &low) || low < 0xdc00 || low > 0xdfff)
            return fail(json, "a surrogate stands alone");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code < 0xe000) {
        return fail(json, "a surrogate stands alone");
    }
    put_utf8(word, code);
    return true;
}

static bool take_escape(struct json *json, struct gather *word) {
    static const char letters[] = "nrtfb\\\"/", bytes[] = "\n\r\t\f\b\\\"/";
    if (json->at == json->end) return fail(json, "a string is not closed");
    char letter = *json->at++;
    if (letter == 'u') return take_code(json, word);
    const char *known = letter ? strchr(letters, letter) : NULL;
    if (!known) return fail(json, "there is no such escape");
    gather_bytes(word, &bytes[known - letters], 1);
    return true;
}

static bool take_string(struct json *json, struct gather *word) {
    if (!json_take(json, '"')) return false;
    for (;;) {
        const char *from = json->at;
        while (json->at < json->end && *json->at != '"' && *json->at != '\\') json->at++;
        gather_bytes(word, from, (size_t)(json->at - from));
        if (json->at == json->end) return fail(json, "a string is not closed");
        if (*json->at++ == '"') break;
        if (!take_escape(json, word)) return false;
    }
    gather_end(word);
    return true;
}

/* ---- other values ---- */

static bool is_number_byte(char byte) {
    return (byte >= '0' && byte <= '9') || (byte && strchr("+-.eE", byte));
}

static bool take_number(struct json *json, const char **text, size_t *len) {
    json_peek(json);
    *text = json->at;
    while (json->at < json->end && is_number_byte(*json->at)) json->at++;
    *len = (size_t)(json->at - *text);
    return *len > 0 || fail(json, "a string or a number is missing");
}

bool json_word(struct json *json, struct gather *word) {
    const char *text;
    size_t len;
    if (json_peek(json) == '"') return take_string(json, word);
    if (!take_number(json, &text, &len)) return false;
    gather_word(word, text, len);
    return true;
}

bool json_integer(struct json *json, int64_t *number) {
    const char *from;
    size_t len;
    char text[32], *end;
    if (!take_number(json, &from, &len) || len >= sizeof text)
        return fail(json, "a whole number is wanted");
    memcpy(text, from, len);
    text[len] = 0;
    errno = 0;
    *number = strtoll(text, &end, 10);
    return (!*end && !errno) || fail(json, "a whole number is wanted");
}

static bool skip(struct json *json, int depth);

static bool skip_string(struct json *json) {
    if (!json_take(json, '"')) return false;
    while (json->at < json->end && *json->at != '"') json->at += *json->at == '\\' ? 2 : 1;
    if (json->at >= json->end) return fail(json, "a string is not closed");
    json->at++;
    return true;
}

static bool skip_group(struct json *json, char closing, int depth) {
    bool first = true;
    json->at++;
    while (json_more(json, closing, &first)) {
        if (closing == '}' && (!skip_string(json) || !json_take(json, ':'))) return false;
        if (!skip(json, depth + 1)) return false;
    }
    return !json->wrong;
}

static bool skip(struct json *json, int depth) {
    static const char *const words[] = {"true", "false", "null"};
    const char *text;
    size_t len;
    if (depth > DEPTH_MAX) return fail(json, "the values are nested too deep");
    switch (json_peek(json)) {
    case '"':
        return skip_string(json);
    case '{':
        return skip_group(json, '}', depth);
    case '[':
        return skip_group(json, ']', depth);
    default:
        for (size_t i = 0; i < 3; i++)
            if ((size_t)(json->end - json->at) >= strlen(words[i]) &&
                memcmp(json->at, words[i], strlen(words[i])) == 0) {
                json->at += strlen(words[i]);
                return true;
            }
        return take_number(json, &text, &len);
    }
}

bool json_skip(struct json *json) { return skip(json, 0); }
