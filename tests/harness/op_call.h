/*
 * op_call.h - an op with its bytes at hand: what op.c gives to op_run.c and op_apply.c. One at a time per thread.
 */
#ifndef FERRITE_TESTS_OP_CALL_H
#define FERRITE_TESTS_OP_CALL_H

#include "op.h"

struct op_call {
    const struct op *op;
    ferrite_db *db; /* of op_run alone */
    char key[OP_KEY_MAX], other[OP_KEY_MAX];
    size_t key_len, other_len;
    char *value;
};

struct op_call *op_call_begin(const struct op *op);
void op_call_end(struct op_call *call);

/* The answer of an op that gives bytes; NULL: nil. */
void op_answer_bytes(struct op_answer *answer, const char *bytes, size_t len);

#endif
