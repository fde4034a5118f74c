/*
 * member_change.h - what an OP_COLLECTION does: shared by members.c, which chooses it, and member_apply.c and
 * member_run.c, which do it.
 */
#ifndef FERRITE_TESTS_MEMBER_CHANGE_H
#define FERRITE_TESTS_MEMBER_CHANGE_H

#include "members.h"

/* op->offset */
enum member_verb { MEMBER_PUT, MEMBER_TAKE, MEMBER_PLACE, MEMBER_TRIM };

#define MEMBER_NAME_MAX  3000u
#define MEMBER_TRIM_KEEP 60 /* elements that a trim leaves */

/* The bytes of element number `number`, a field or member; `name` holds MEMBER_NAME_MAX. */
size_t member_name(uint32_t number, char *name);
double member_score(const struct op *op);

#endif
