/*
 * mutation.h - one seeded damage of a database's files.
 *
 * Each kind of damage knows what it may cost: damage without right checksums may be answered by
 * errors but never by wrong data; damage of the log alone may also cut off its last commits,
 * as a torn tail does; behind right checksums anything may be read, so there only crashes and
 * hangs count. One thread at a time.
 */
#ifndef FERRITE_TESTS_MUTATION_H
#define FERRITE_TESTS_MUTATION_H

#include "choices.h"
#include "image.h"

enum mutation_effect {
    MUTATION_HARMLESS, /* the lock file: everything must still be right */
    MUTATION_DATA,     /* right data or an error */
    MUTATION_LOG,      /* the state after a prefix of the log, or an error */
    MUTATION_LOG_GONE, /* missing or foreign log: an error at open, when the log was needed */
    MUTATION_SEALED,   /* right checksums over wrong content: no crash, no hang */
};

struct mutation {
    enum mutation_effect effect;
    char text[160]; /* what was done */
};

/* Damages `image`; `other` is another database's. */
struct mutation mutate(struct image *image, const struct image *other, struct choices *choices);

#endif
