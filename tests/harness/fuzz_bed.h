/*
 * fuzz_bed.h - the directory and the database that the targets for files start from.
 *
 * Made once a process, from a fixed seed, and removed when it ends.
 */
#ifndef FERRITE_TESTS_FUZZ_BED_H
#define FERRITE_TESTS_FUZZ_BED_H

#include <stdbool.h>

#include "image.h"
#include "specimen.h"

struct bed {
    struct workspace *workspace;
    char path[256];    /* where the image under test is put */
    struct image base; /* the sound files */
};

/* The bed of this process, one with compressed values and one without; its first call decides how its database ended. */
const struct bed *bed_get(enum specimen_end end, bool compressed);

/* Puts the image at the bed's path and uses it in every way; any answer is right but a crash. */
void bed_probe(const struct bed *bed, const struct image *image, uint64_t seed);

#endif
