/*
 * clock.h - a clock for ferrite_options that stands still until the test turns it.
 *
 *     options.clock_ms = clock_now; ...; now_ms += 1000;
 *
 * A test's main thread turns it; other threads may only read it while nobody does.
 */
#ifndef TESTS_SUPPORT_CLOCK_H
#define TESTS_SUPPORT_CLOCK_H

#include <stdint.h>

extern int64_t now_ms; /* 1,000,000 when a test begins */

int64_t clock_now(void *ctx); /* ctx is not looked at */

#endif
