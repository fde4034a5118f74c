/* op_run.c - operations on the library. See op.h. */
#include <stdlib.h>

#include "members.h"
#include "op_call.h"

static int64_t run_mset(const struct op_call *call, ferrite_error **err) {
    char *keys = malloc(OP_MSET_COUNT * OP_KEY_MAX);
    ferrite_slice items[2 * OP_MSET_COUNT];
    if (keys == NULL) abort();
    for (uint32_t i = 0; i < OP_MSET_COUNT; i++) {
        char *key = keys + i * OP_KEY_MAX;
        items[2 * i] = (ferrite_slice){key, op_key(call->op->key + i, key)};
        items[2 * i + 1] = (ferrite_slice){call->value, call->op->value_len};
    }
    int result = ferrite_mset(call->db, items, 2 * OP_MSET_COUNT, err);
    free(keys);
    return result;
}

static int64_t run_number_call(const struct op_call *call, ferrite_error **err) {
    const struct op *op = call->op;
    ferrite_db *db = call->db;
    int64_t sum = 0;
    switch (op->kind) {
    case OP_SET:
        return ferrite_set(db, call->key, call->key_len, call->value, op->value_len, err);
    case OP_SETNX:
        return ferrite_setnx(db, call->key, call->key_len, call->value, op->value_len, err);
    case OP_MSET:
        return run_mset(call, err);
    case OP_APPEND:
        return ferrite_append(db, call->key, call->key_len, call->value, op->value_len, err);
    case OP_SETRANGE:
        return ferrite_setrange(db, call->key, call->key_len, op->offset, call->value,
                                op->value_len, err);
    case OP_INCRBY:
        if (ferrite_incrby(db, call->key, call->key_len, op->number, &sum, err) < 0) return -1;
        return sum;
    case OP_DEL:
        return ferrite_del(db, call->key, call->key_len, err);
    case OP_RENAME:
        return ferrite_rename(db, call->key, call->key_len, call->other, call->other_len, err);
    case OP_COPY:
        return ferrite_copy(db, call->key, call->key_len, call->other, call->other_len,
                            (int)op->other_db, 1, err);
    case OP_MOVE:
        return ferrite_move(db, call->key, call->key_len, (int)op->other_db, err);
    case OP_EXPIRE:
        return ferrite_pexpireat(db, call->key, call->key_len, op->number, err);
    case OP_SWAPDB:
        return ferrite_swapdb(db, (int)op->db, (int)op->other_db, err);
    case OP_FLUSHDB:
        return ferrite_flushdb(db, err);
    case OP_FLUSHALL:
        return ferrite_flushall(db, err);
    default:
        abort();
    }
}

static void run_bytes_call(const struct op_call *call, struct op_answer *answer,
                           ferrite_error **err) {
    size_t len = 0;
    char *old = call->op->kind == OP_GETSET
                    ? ferrite_getset(call->db, call->key, call->key_len, call->value,
                                     call->op->value_len, &len, err)
                    : ferrite_getdel(call->db, call->key, call->key_len, &len, err);
    op_answer_bytes(answer, old, len);
    ferrite_free(old);
}

/* Answers of Redis that are no failure here: RENAME without a source, COPY onto itself, a place that
 * a list does not have. */
static bool is_plain_refusal(const struct op *op, int code) {
    if (op->kind == OP_RENAME) return code == FERRITE_NOTFOUND;
    if (op->kind == OP_COLLECTION) return code == FERRITE_NOTFOUND || code == FERRITE_RANGE;
    bool onto_itself = op->kind == OP_COPY && op->db == op->other_db && op->key == op->other_key;
    return onto_itself && code == FERRITE_INVALID;
}

int op_run(ferrite_db *const handles[ORACLE_DATABASES], const struct op *op,
           struct op_answer *answer, ferrite_error **err) {
    struct op_call *call = op_call_begin(op);
    ferrite_error *failure = NULL;
    *answer = (struct op_answer){0};
    call->db = handles[op->db];
    if (op->kind == OP_COLLECTION)
        members_run(call->db, op, call->key, call->key_len, call->value, answer, &failure);
    else if (op->kind == OP_GETSET || op->kind == OP_GETDEL)
        run_bytes_call(call, answer, &failure);
    else
        answer->number = run_number_call(call, &failure);
    op_call_end(call);
    int code = failure != NULL ? ferrite_error_code(failure) : FERRITE_OK;
    if (code != FERRITE_OK && is_plain_refusal(op, code)) {
        answer->number = -code;
        ferrite_error_free(failure);
        return FERRITE_OK;
    }
    if (err != NULL)
        *err = failure;
    else
        ferrite_error_free(failure);
    return code;
}
