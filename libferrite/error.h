/*
 * error.h - how failures travel inside the library.
 *
 * Every internal function that can fail returns an int: FERRITE_OK (0) or a
 * positive FERRITE_* code. The sentence that explains the failure is left in a
 * thread-local buffer by error_set(), so failure paths are plain returns:
 *
 *     return error_set(FERRITE_CORRUPT, "page %u: bad checksum", pgno);
 *
 * Only the functions of ferrite.h turn the pair into a ferrite_error.
 * Any thread; the buffer is per thread. Used by every layer.
 */
#ifndef FERRITE_ERROR_H
#define FERRITE_ERROR_H

#include "ferrite.h"

#define ERROR_TEXT_SIZE 512u

/* Keeps the formatted text (cut at ERROR_TEXT_SIZE - 1 bytes) as this thread's explanation; returns `code`. */
int error_set(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As error_set, followed by ": " and the text of the system error number. The
 * code is FERRITE_FULL for ENOSPC/EDQUOT/EFBIG, FERRITE_NOMEM for ENOMEM, else FERRITE_IO. */
int error_set_errno(int errnum, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* FERRITE_NOMEM with its standard text. */
int error_nomem(void);

/* This thread's last explanation, if it was left for `code`, else the code's standard text. */
const char *error_text(int code);

/* A code with its explanation, put aside while something else is done that may fail too, or for another
 * thread. FERRITE_OK may be kept as well. */
struct error_kept {
    int code;
    char text[ERROR_TEXT_SIZE];
};
struct error_kept error_keep(int code);
int error_restore(const struct error_kept *kept); /* gives the code */

/* Gives the caller of a public function its error object (if err is not NULL and
 * *err is NULL) and returns -1. Never fails: without memory a static NOMEM error is given. */
int error_give(ferrite_error **err, int code);

#endif
