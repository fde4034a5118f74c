/*
 * json.h - reading JSON text piece by piece, for import.
 *
 * A function that meets something else than it is for leaves a reason in `wrong` and answers false;
 * the first reason stays. Strings become bytes: \udc80 … \udcff stand for bytes that are no
 * UTF-8, as print_json_string writes them.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include "gather.h"

#include <stdbool.h>
#include <stdint.h>

struct json {
    const char *at, *end;
    const char *wrong; /* NULL: nothing yet */
};

/* The next byte that is no white space; 0 at the end. */
char json_peek(struct json *json);
/* This byte comes next and is taken. */
bool json_take(struct json *json, char byte);
/* A string, or a number as its text, becomes a word. */
bool json_word(struct json *json, struct gather *word);
bool json_integer(struct json *json, int64_t *number);
/* Any value, left unread. */
bool json_skip(struct json *json);
/* Before each element: whether there is one. *first is true before the first. The opening byte was
 * taken; the closing one is. */
bool json_more(struct json *json, char closing, bool *first);

#endif
