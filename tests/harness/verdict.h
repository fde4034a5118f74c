/*
 * verdict.h - how one step of a harness went, and the sentence that says so.
 *
 * An error that the library reported and a wrong answer are different things: under injected
 * faults the first is expected, the second never is. One thread at a time per struct.
 */
#ifndef FERRITE_TESTS_VERDICT_H
#define FERRITE_TESTS_VERDICT_H

#include <stddef.h>

#include "../../libferrite/ferrite.h"

enum verdict {
    VERDICT_OK,
    VERDICT_ERROR, /* the library reported a failure: `code` */
    VERDICT_WRONG  /* it answered something untrue, or lost or kept what it should not */
};

struct finding {
    int code;
    char text[600];
};

/* Takes *err over (it may be NULL, which is itself wrong) and notes it behind `what`. */
enum verdict verdict_error(struct finding *finding, ferrite_error **err, const char *what);
enum verdict verdict_wrong(struct finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
