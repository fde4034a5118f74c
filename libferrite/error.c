/*
 * error.c - explanations kept per thread, and the error objects made of them.
 *
 * Called by every layer (error_set and its kin) and by users (ferrite_error_*).
 * Any thread: the explanation is thread-local, an error object belongs to its holder.
 */
#undef _GNU_SOURCE /* the strerror_r of POSIX is wanted, not GNU's */
#define _POSIX_C_SOURCE 200809L

#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "os/mem.h"

struct ferrite_error {
    int code;
    char *text; /* NUL-terminated, in the same block as the struct */
};

/* Given when there is no memory for an error object; never freed. */
static char nomem_text[] = "out of memory";
static ferrite_error nomem_error = {FERRITE_NOMEM, nomem_text};

static _Thread_local struct {
    int code; /* what `text` explains; FERRITE_OK: nothing was left */
    char text[ERROR_TEXT_SIZE];
} last;

/* The text is built apart, since an argument may be the previous explanation itself. */
static void last_set(int code, const char *format, va_list args, const char *reason) {
    char text[ERROR_TEXT_SIZE];
    int len = vsnprintf(text, sizeof text, format, args);
    if (len < 0) len = 0;
    if (len >= (int)sizeof text) len = (int)sizeof text - 1;
    text[len] = '\0';
    if (reason != NULL) snprintf(text + len, sizeof text - (size_t)len, ": %s", reason);
    last.code = code;
    memcpy(last.text, text, sizeof text);
}

int error_set(int code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    last_set(code, format, args, NULL);
    va_end(args);
    return code;
}

static int errno_code(int errnum) {
    switch (errnum) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return FERRITE_FULL;
    case ENOMEM:
        return FERRITE_NOMEM;
    default:
        return FERRITE_IO;
    }
}

int error_set_errno(int errnum, const char *format, ...) {
    char reason[128];
    if (strerror_r(errnum, reason, sizeof reason) != 0)
        snprintf(reason, sizeof reason, "system error %d", errnum);
    int code = errno_code(errnum);
    va_list args;
    va_start(args, format);
    last_set(code, format, args, reason);
    va_end(args);
    return code;
}

int error_nomem(void) { return error_set(FERRITE_NOMEM, "%s", nomem_text); }

static const char *standard_text(int code) {
    switch (code) {
#define STANDARD_TEXT(name, number, text) \
    case number:                          \
        return text;
        FERRITE_ERROR_MAP(STANDARD_TEXT)
#undef STANDARD_TEXT
    default:
        return "unknown error";
    }
}

const char *error_text(int code) {
    return code != FERRITE_OK && last.code == code ? last.text : standard_text(code);
}

struct error_kept error_keep(int code) {
    struct error_kept kept = {.code = code};
    if (code != FERRITE_OK) snprintf(kept.text, sizeof kept.text, "%s", error_text(code));
    return kept;
}

int error_restore(const struct error_kept *kept) {
    return kept->code == FERRITE_OK ? FERRITE_OK : error_set(kept->code, "%s", kept->text);
}

static ferrite_error *error_new(int code, const char *text) {
    size_t size = strlen(text) + 1;
    ferrite_error *error = mem_alloc(sizeof *error + size);
    if (error == NULL) return &nomem_error;
    error->code = code;
    error->text = (char *)(error + 1);
    memcpy(error->text, text, size);
    return error;
}

int error_give(ferrite_error **err, int code) {
    if (err != NULL && *err == NULL) *err = error_new(code, error_text(code));
    return -1;
}

int ferrite_error_code(const ferrite_error *err) { return err != NULL ? err->code : FERRITE_OK; }

const char *ferrite_error_message(ferrite_error *err) {
    return err != NULL ? err->text : "no error";
}

void ferrite_error_free(ferrite_error *err) {
    if (err != &nomem_error) mem_free(err);
}

const char *ferrite_error_name(int code) {
    switch (code) {
    case FERRITE_OK:
        return "OK";
#define ERROR_NAME(name, number, text) \
    case number:                       \
        return #name;
        FERRITE_ERROR_MAP(ERROR_NAME)
#undef ERROR_NAME
    default:
        return "UNKNOWN";
    }
}
