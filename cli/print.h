/*
 * print.h - replies as text: typed as redis-cli shows them on a terminal, bare, or JSON. What Ctrl-C interrupts
 * (interrupt.h) ends early.
 */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include <ferrite.h>

#include <stdbool.h>
#include <stdio.h>

enum print_format { PRINT_TYPED, PRINT_RAW, PRINT_JSON };

/* Prints the reply with its end of line. `text`: of a command whose reply is text for people. */
void print_reply(FILE *out, enum print_format format, const ferrite_reply *reply, bool text);

/* In double quotes with escapes, as the shell reads them back. */
void print_quoted(FILE *out, const char *data, size_t len);
/* The same, but UTF-8 stays readable. */
void print_quoted_text(FILE *out, const char *data, size_t len);
/* A JSON string. Bytes that are no UTF-8 become \udc80 … \udcff, so that nothing is lost. */
void print_json_string(FILE *out, const char *data, size_t len);

/* The reply is an error, or an array with one in it. */
bool reply_has_error(const ferrite_reply *reply);

#endif
