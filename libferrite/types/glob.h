/*
 * glob.h - the patterns of KEYS and SCAN.
 *
 *   *      any bytes, also none        [abc] [a-z] [^a-z]   one byte of the class, or not of it
 *   ?      one byte                    \x                   the byte x itself, also in a class
 *
 * An unclosed class ends with the pattern. Time is at most pattern length times text length.
 * Pure function; any thread.
 */
#ifndef FERRITE_TYPES_GLOB_H
#define FERRITE_TYPES_GLOB_H

#include <stdbool.h>
#include <stddef.h>

bool glob_match(const char *pattern, size_t pattern_len, const char *text, size_t text_len);

/* The bytes every match begins with: copies at most cap of them to out, returns how many. */
size_t glob_prefix(const char *pattern, size_t pattern_len, char *out, size_t cap);

#endif
