/*
 * verdict.c - notes findings.
 */
#include "verdict.h"

#include <stdarg.h>
#include <stdio.h>

#include "state.h"

enum verdict verdict_error(struct finding *finding, ferrite_error **err, const char *what) {
    char text[400];
    int code = error_take(err, text, sizeof text);
    if (code == FERRITE_OK) return verdict_wrong(finding, "%s failed without an error", what);
    finding->code = code;
    snprintf(finding->text, sizeof finding->text, "%s: %s", what, text);
    return VERDICT_ERROR;
}

enum verdict verdict_wrong(struct finding *finding, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(finding->text, sizeof finding->text, format, args);
    va_end(args);
    finding->code = FERRITE_OK;
    return VERDICT_WRONG;
}
