/*
 * db_zset.h - what the db_zset*.c files share: checks and answers of functions on sorted sets. Not
 * for others.
 */
#ifndef FERRITE_DB_ZSET_H
#define FERRITE_DB_ZSET_H

#include "db.h"
#include "types/zset.h"

int zset_member_check(ferrite_slice member);
/* Ends a function that answers with an array, nil unless `found`. The list is cleared. */
ferrite_zitem *zset_answer(int code, struct scored *list, bool found, size_t *count,
                           ferrite_error **err);
int zset_span_check(const ferrite_zspan *span);

#endif
