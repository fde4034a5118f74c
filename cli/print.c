/*
 * print.c - replies as text. See print.h.
 */
#include "print.h"

#include "interrupt.h"

#include <inttypes.h>
#include <string.h>

/* The length of the valid UTF-8 sequence at the place, 0 when there is none. */
static size_t utf8_len(const unsigned char *at, size_t left) {
    size_t len = at[0] < 0x80   ? 1
                 : at[0] < 0xc2 ? 0
                 : at[0] < 0xe0 ? 2
                 : at[0] < 0xf0 ? 3
                 : at[0] < 0xf5 ? 4
                                : 0;
    if (len > left) return 0;
    for (size_t i = 1; i < len; i++)
        if ((at[i] & 0xc0) != 0x80) return 0;
    if (len == 3 && ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] >= 0xa0))) return 0;
    if (len == 4 && ((at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] >= 0x90))) return 0;
    return len;
}

static void print_quoted_bytes(FILE *out, const char *data, size_t len, bool text) {
    static const char plain[] = "\n\r\t\a\b\\\"", letters[] = "nrtab\\\"";
    putc('"', out);
    for (size_t i = 0; i < len && !interrupted();) {
        unsigned char byte = (unsigned char)data[i];
        const char *special = byte ? strchr(plain, byte) : NULL;
        size_t sequence = text ? utf8_len((const unsigned char *)data + i, len - i) : 1;
        if (special)
            fprintf(out, "\\%c", letters[special - plain]);
        else if (sequence > 1 || (byte >= 0x20 && byte < 0x7f))
            fwrite(data + i, 1, sequence, out);
        else
            fprintf(out, "\\x%02x", byte);
        i += sequence ? sequence : 1;
    }
    putc('"', out);
}

void print_quoted(FILE *out, const char *data, size_t len) {
    print_quoted_bytes(out, data, len, false);
}

void print_quoted_text(FILE *out, const char *data, size_t len) {
    print_quoted_bytes(out, data, len, true);
}

/* ---- typed ---- */

static int digits(size_t number) {
    int count = 1;
    while (number /= 10) count++;
    return count;
}

static void print_typed(FILE *out, const ferrite_reply *reply, int indent);

/* The first element stands on the line of its parent's number, the others are indented. */
static void print_typed_array(FILE *out, const ferrite_reply *reply, int indent) {
    int width = digits(reply->count);
    if (!reply->count) fputs("(empty array)\n", out);
    for (size_t i = 0; i < reply->count && !interrupted(); i++) {
        fprintf(out, "%*s%*zu) ", i ? indent : 0, "", width, i + 1);
        print_typed(out, &reply->elements[i], indent + width + 2);
    }
}

static void print_typed(FILE *out, const ferrite_reply *reply, int indent) {
    switch (reply->type) {
    case FERRITE_REPLY_NIL:
        fputs("(nil)\n", out);
        break;
    case FERRITE_REPLY_ERROR:
        fputs("(error) ", out); /* fall through */
    case FERRITE_REPLY_STATUS:
        fwrite(reply->str, 1, reply->len, out);
        putc('\n', out);
        break;
    case FERRITE_REPLY_INTEGER:
        fprintf(out, "(integer) %" PRId64 "\n", reply->integer);
        break;
    case FERRITE_REPLY_STRING:
        print_quoted(out, reply->str, reply->len);
        putc('\n', out);
        break;
    case FERRITE_REPLY_ARRAY:
        print_typed_array(out, reply, indent);
        break;
    }
}

/* ---- bare ---- */

/* redis-cli ends an error with a line end of its own, also within arrays. */
static void print_raw(FILE *out, const ferrite_reply *reply) {
    switch (reply->type) {
    case FERRITE_REPLY_NIL:
        break;
    case FERRITE_REPLY_ERROR:
    case FERRITE_REPLY_STATUS:
    case FERRITE_REPLY_STRING:
        fwrite(reply->str, 1, reply->len, out);
        if (reply->type == FERRITE_REPLY_ERROR) putc('\n', out);
        break;
    case FERRITE_REPLY_INTEGER:
        fprintf(out, "%" PRId64, reply->integer);
        break;
    case FERRITE_REPLY_ARRAY:
        for (size_t i = 0; i < reply->count && !interrupted(); i++) {
            if (i) putc('\n', out);
            print_raw(out, &reply->elements[i]);
        }
        break;
    }
}

/* ---- JSON ---- */

void print_json_string(FILE *out, const char *data, size_t len) {
    static const char plain[] = "\n\r\t\f\b\\\"", letters[] = "nrtfb\\\"";
    putc('"', out);
    for (size_t i = 0; i < len && !interrupted();) {
        unsigned char byte = (unsigned char)data[i];
        const char *special = byte ? strchr(plain, byte) : NULL;
        size_t sequence = utf8_len((const unsigned char *)data + i, len - i);
        if (special)
            fprintf(out, "\\%c", letters[special - plain]);
        else if (byte < 0x20 || byte == 0x7f)
            fprintf(out, "\\u%04x", byte);
        else if (!sequence)
            fprintf(out, "\\udc%02x", byte);
        else
            fwrite(data + i, 1, sequence, out);
        i += sequence ? sequence : 1;
    }
    putc('"', out);
}

static void print_json(FILE *out, const ferrite_reply *reply) {
    switch (reply->type) {
    case FERRITE_REPLY_NIL:
        fputs("null", out);
        break;
    case FERRITE_REPLY_ERROR:
        fputs("{\"error\":", out);
        print_json_string(out, reply->str, reply->len);
        putc('}', out);
        break;
    case FERRITE_REPLY_STATUS:
    case FERRITE_REPLY_STRING:
        print_json_string(out, reply->str, reply->len);
        break;
    case FERRITE_REPLY_INTEGER:
        fprintf(out, "%" PRId64, reply->integer);
        break;
    case FERRITE_REPLY_ARRAY:
        putc('[', out);
        for (size_t i = 0; i < reply->count && !interrupted(); i++) {
            if (i) putc(',', out);
            print_json(out, &reply->elements[i]);
        }
        putc(']', out);
        break;
    }
}

void print_reply(FILE *out, enum print_format format, const ferrite_reply *reply, bool text) {
    if (format == PRINT_JSON) {
        print_json(out, reply);
        putc('\n', out);
    } else if (text && reply->type == FERRITE_REPLY_STRING) {
        fwrite(reply->str, 1, reply->len, out);
    } else if (format == PRINT_TYPED) {
        print_typed(out, reply, 0);
    } else {
        print_raw(out, reply);
        putc('\n', out);
    }
}

bool reply_has_error(const ferrite_reply *reply) {
    if (reply->type == FERRITE_REPLY_ERROR) return true;
    for (size_t i = 0; reply->type == FERRITE_REPLY_ARRAY && i < reply->count; i++)
        if (reply_has_error(&reply->elements[i])) return true;
    return false;
}
