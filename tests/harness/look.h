/*
 * look.h - one random look into a database, compared with the oracle of the same version.
 *
 * Works on a database, a snapshot, or a transaction with what it wrote. One thread at a time.
 */
#ifndef FERRITE_TESTS_LOOK_H
#define FERRITE_TESTS_LOOK_H

#include "choices.h"
#include "op.h"
#include "oracle.h"
#include "state.h"
#include "verdict.h"

enum verdict look_random(struct choices *choices, const struct op_profile *profile,
                         const struct handles *handles, const struct oracle *oracle,
                         struct finding *finding);

/* Everything: the whole content by iteration. */
enum verdict look_all(const struct handles *handles, const struct oracle *oracle,
                      struct finding *finding);

#endif
