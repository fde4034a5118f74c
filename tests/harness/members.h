/*
 * members.h - hashes, sets, lists and sorted sets in the sessions of the harnesses.
 *
 * The oracle knows bytes alone, so it keeps a collection as its items in a row, each with its
 * length before it: fields and values in the order of the fields, members in order, elements as
 * they stand, members and scores in the order of scores. Read from the database a collection takes
 * the same form. One thread at a time.
 */
#ifndef FERRITE_TESTS_MEMBERS_H
#define FERRITE_TESTS_MEMBERS_H

#include "choices.h"
#include "op.h"
#include "oracle.h"

/* The number of some collection's key, or of one of the same type as `key`. */
uint32_t members_choose_key(struct choices *choices);
uint32_t members_choose_like(struct choices *choices, uint32_t key);
/* The type of the keys of this number, FERRITE_TYPE_STRING for all others. */
int members_type(uint32_t key);
/* What the key of a collection begins with. */
char members_letter(int type);

/* Fills in the details of an OP_COLLECTION; the key is chosen by it too. */
void members_choose(struct choices *choices, struct op *op);

/* op_run and op_apply of an OP_COLLECTION, its key at hand. On failure *err is given. */
void members_run(ferrite_db *db, const struct op *op, const char *key, size_t key_len,
                 const char *value, struct op_answer *answer, ferrite_error **err);
void members_apply(struct oracle *oracle, const struct op *op, const char *key, size_t key_len,
                   const char *value, struct op_answer *answer);

/* The content of a key of this type in the oracle's form, to be freed with free. NULL: *err. */
char *members_read(ferrite_db *db, int type, const char *key, size_t key_len, size_t *len,
                   ferrite_error **err);

#endif
