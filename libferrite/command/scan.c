/*
 * scan.c - what SCAN, HSCAN, SSCAN and ZSCAN share: cursor, options, the reply.
 */
#include "command.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_UNKNOWN 1000 /* matches nothing */

static int type_number(ferrite_slice name) {
    for (int type = FERRITE_TYPE_STRING; ferrite_type_name(type); type++)
        if (word_is(name, ferrite_type_name(type))) return type;
    return TYPE_UNKNOWN;
}

/* Redis reads cursors with strtoul: empty is 0, a sign is allowed, spaces and overflow are not, and
 * what stands behind a zero byte is not seen. */
bool scan_cursor(struct command_call *call, int i, struct scan_arguments *scan) {
    ferrite_slice word = call->args[i];
    char text[32], *end = text;
    size_t len = strnlen(word.data, word.len);
    bool valid = len < sizeof text && !(len && isspace((unsigned char)word.data[0]));
    if (valid) {
        memcpy(text, word.data, len);
        text[len] = 0;
        errno = 0;
        scan->cursor = strtoull(text, &end, 10);
        valid = !errno && end == text + len;
    }
    if (!valid) reply_error(call->reply, "ERR invalid cursor");
    return valid;
}

bool scan_options(struct command_call *call, int i, bool of_keys, struct scan_arguments *scan) {
    for (; i < call->argc; i += 2) {
        bool paired = i + 1 < call->argc;
        if (paired && word_is(call->args[i], "COUNT")) {
            if (!arg_integer(call, i + 1, &scan->effort)) return false;
            if (scan->effort >= 1) continue;
        } else if (paired && word_is(call->args[i], "MATCH")) {
            scan->pattern = call->args[i + 1];
            continue;
        } else if (paired && of_keys && word_is(call->args[i], "TYPE")) {
            scan->type = type_number(call->args[i + 1]);
            continue;
        }
        syntax_error(call);
        return false;
    }
    return true;
}

static void add_cursor(struct reply *reply, uint64_t cursor) {
    char text[20];
    size_t at = sizeof text;
    do text[--at] = (char)('0' + cursor % 10);
    while ((cursor /= 10));
    reply_string(reply, text + at, sizeof text - at);
}

int scan_reply(struct command_call *call, uint64_t cursor, ferrite_slice *items, size_t count) {
    if (!items && call->err) return -1;
    reply_array(call->reply, 2);
    add_cursor(call->reply, cursor);
    return slices_reply(call, items, count);
}

/* As Redis: the cursor is read first, then the key is looked at, then the options. */
int scan_elements(struct command_call *call, int type, scan_function function) {
    struct scan_arguments scan = SCAN_ARGUMENTS_INIT;
    size_t count = 0;
    if (!scan_cursor(call, 2, &scan)) return 0;
    int held = ferrite_type(call->db, ARG(call, 1), &call->err);
    if (held < 0) return -1;
    if (held != FERRITE_TYPE_NONE && held != type) return wrong_type_error(call);
    if (held == FERRITE_TYPE_NONE) {
        reply_array(call->reply, 2);
        add_cursor(call->reply, 0);
        reply_array(call->reply, 0);
        return 0;
    }
    if (!scan_options(call, 3, false, &scan)) return 0;
    ferrite_slice *items = function(call->db, ARG(call, 1), &scan.cursor, scan.pattern.data,
                                    scan.pattern.len, (size_t)scan.effort, &count, &call->err);
    return scan_reply(call, scan.cursor, items, count);
}
