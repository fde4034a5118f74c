/*
 * cli_print_test.c - replies as text in the three formats.
 */
#include "../cli/print.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define STRING(text) \
    { FERRITE_REPLY_STRING, 0, text, sizeof text - 1, 0, NULL }
#define STATUS(text) \
    { FERRITE_REPLY_STATUS, 0, text, sizeof text - 1, 0, NULL }
#define ERROR(text) \
    { FERRITE_REPLY_ERROR, 0, text, sizeof text - 1, 0, NULL }
#define INTEGER(n) \
    { FERRITE_REPLY_INTEGER, n, NULL, 0, 0, NULL }
#define NIL \
    { FERRITE_REPLY_NIL, 0, NULL, 0, 0, NULL }
#define ARRAY(items) \
    { FERRITE_REPLY_ARRAY, 0, NULL, 0, sizeof items / sizeof *items, items }

static void expect(enum print_format format, ferrite_reply reply, const char *text) {
    char *out = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&out, &size);
    print_reply(file, format, &reply, false);
    fclose(file);
    cr_expect_str_eq(out, text, "gave\n%s\nnot\n%s", out, text);
    free(out);
}

static const ferrite_reply pair[] = {INTEGER(-1), STRING("x")};
static const ferrite_reply inner[] = {ARRAY(pair), NIL, ERROR("ERR no")};
static const ferrite_reply empty_array = {FERRITE_REPLY_ARRAY, 0, NULL, 0, 0, NULL};
static const ferrite_reply ten[] = {
    ARRAY(inner), STATUS("OK"), NIL, NIL, NIL,
    NIL,          NIL,          NIL, NIL, {FERRITE_REPLY_ARRAY, 0, NULL, 0, 0, NULL}};

Test(cli_print, aligns_nested_arrays_when_typed) {
    expect(PRINT_TYPED, (ferrite_reply)ARRAY(ten),
           " 1) 1) 1) (integer) -1\n"
           "       2) \"x\"\n"
           "    2) (nil)\n"
           "    3) (error) ERR no\n"
           " 2) OK\n 3) (nil)\n 4) (nil)\n 5) (nil)\n 6) (nil)\n 7) (nil)\n 8) (nil)\n 9) (nil)\n"
           "10) (empty array)\n");
    expect(PRINT_TYPED, empty_array, "(empty array)\n");
}

Test(cli_print, escapes_strings_when_typed) {
    expect(PRINT_TYPED, (ferrite_reply)STRING("\0\x7f\"\\\n\r\t\a\b é~"),
           "\"\\x00\\x7f\\\"\\\\\\n\\r\\t\\a\\b \\xc3\\xa9~\"\n");
}

Test(cli_print, gives_a_line_an_element_when_bare) {
    expect(PRINT_RAW, (ferrite_reply)ARRAY(inner), "-1\nx\n\nERR no\n\n");
    expect(PRINT_RAW, empty_array, "\n");
    expect(PRINT_RAW, (ferrite_reply)NIL, "\n");
    expect(PRINT_RAW, (ferrite_reply)STRING("a\nb"), "a\nb\n");
    expect(PRINT_RAW, (ferrite_reply)ERROR("ERR no"), "ERR no\n\n");
}

Test(cli_print, is_valid_json_whatever_the_bytes) {
    expect(PRINT_JSON, (ferrite_reply)ARRAY(inner), "[[-1,\"x\"],null,{\"error\":\"ERR no\"}]\n");
    expect(PRINT_JSON, (ferrite_reply)STRING("\0\n\r\t\f\b\"\\\x1f\x7f/é€😀"),
           "\"\\u0000\\n\\r\\t\\f\\b\\\"\\\\\\u001f\\u007f/é€😀\"\n");
    /* cut short, overlong, a surrogate, beyond the last character */
    expect(PRINT_JSON,
           (ferrite_reply)STRING("\xc3|\xc0\x80|\xed\xa0\x80|\xf4\x90\x80\x80|\xe2\x82"),
           "\"\\udcc3|\\udcc0\\udc80|\\udced\\udca0\\udc80|\\udcf4\\udc90\\udc80\\udc80|"
           "\\udce2\\udc82\"\n");
}

Test(cli_print, finds_errors_in_arrays) {
    ferrite_reply reply = ARRAY(ten), ok = ARRAY(pair);
    cr_expect(reply_has_error(&reply));
    cr_expect_not(reply_has_error(&ok));
}
