/*
 * number.h - numbers as Redis reads and writes them in strings.
 *
 * Called by the string type. Pure functions, independent of the program's locale. Any thread.
 */
#ifndef FERRITE_TYPES_NUMBER_H
#define FERRITE_TYPES_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMBER_INT_TEXT_MAX   21u   /* "-9223372036854775808" and a NUL */
#define NUMBER_FLOAT_TEXT_MAX 5120u /* the largest long double has 4,933 digits before the point */

/* True when the text is a decimal number in its one canonical form (no sign +, no leading zeros
 * or spaces) that fits. */
bool number_parse_int(const char *text, size_t len, int64_t *out);

/* Writes the canonical form, with a NUL; returns its length. */
size_t number_format_int(int64_t value, char out[NUMBER_INT_TEXT_MAX]);

/* True when the whole text is a floating point number as strtold reads it, infinities included;
 * not NaN, nothing that overflows or vanishes. */
bool number_parse_float(const char *text, size_t len, long double *out);

/* The shortest decimal that reads back as this double is what its writer meant: 0.1 adds 0.1. */
long double number_meant(double value);

/* Up to 17 digits behind the point, no exponent, no trailing zeros; with a NUL. Returns the
 * length, 0 when it does not fit. */
size_t number_format_float(long double value, char out[NUMBER_FLOAT_TEXT_MAX]);

#endif
