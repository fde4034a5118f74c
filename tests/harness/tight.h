/*
 * tight.h - tiny budgets for the harnesses: small bounds with each eviction policy, small caches, compression.
 *
 * One seed in three changes nothing, one brings another cache and compression, and one bounds as well; policies
 * go round with the seeds. Pure functions.
 */
#ifndef FERRITE_TESTS_TIGHT_H
#define FERRITE_TESTS_TIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../libferrite/ferrite.h"

/* Sessions of some dozen steps meet their bounds only when these are smaller yet. */
enum tight_scale { TIGHT_LONG_SESSION, TIGHT_SHORT_SESSION };

void tight_choose(ferrite_options *options, uint64_t seed, bool in_file, enum tight_scale scale);

/* Bounds, but never one that evicts: keys without an expiry stay, whatever comes. */
void tight_choose_volatile(ferrite_options *options, uint64_t seed);

/* Is anything bounded, so that keys may go and writes be refused? */
bool tight_is_bounded(const ferrite_options *options);

/* "max-keys 40, allkeys-lru, cache 4096, LZ4 1"; "" where nothing was chosen. */
const char *tight_describe(const ferrite_options *options, char *text, size_t size);

#endif
