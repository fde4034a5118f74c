/* op_apply.c - operations on the oracle. See op.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "members.h"
#include "op_call.h"

/* Writes `len` bytes at `offset` of the key's value, as SETRANGE and APPEND do. */
static int64_t apply_write(struct oracle *oracle, const struct op_call *call, size_t offset) {
    uint32_t len = call->op->value_len;
    const struct oracle_bytes *old = oracle_get(oracle, call->op->db, call->key, call->key_len);
    size_t old_len = old != NULL ? old->len : 0;
    size_t new_len = offset + len > old_len ? offset + len : old_len;
    char *joined = calloc(1, new_len + 1);
    if (joined == NULL) abort();
    if (old_len > 0) memcpy(joined, old->data, old_len);
    memcpy(joined + offset, call->value, len);
    oracle_set(oracle, call->op->db, call->key, call->key_len, joined, new_len);
    free(joined);
    return (int64_t)new_len;
}

static int64_t apply_append(struct oracle *oracle, const struct op_call *call) {
    const struct oracle_bytes *old = oracle_get(oracle, call->op->db, call->key, call->key_len);
    return apply_write(oracle, call, old != NULL ? old->len : 0);
}

/* Redis: an empty piece changes nothing and creates nothing. */
static int64_t apply_setrange(struct oracle *oracle, const struct op_call *call) {
    const struct oracle_bytes *old = oracle_get(oracle, call->op->db, call->key, call->key_len);
    if (call->op->value_len == 0) return old != NULL ? (int64_t)old->len : 0;
    return apply_write(oracle, call, call->op->offset);
}

static int64_t apply_incrby(struct oracle *oracle, const struct op_call *call) {
    const struct oracle_bytes *old = oracle_get(oracle, call->op->db, call->key, call->key_len);
    char text[32] = "0";
    if (old != NULL) memcpy(text, old->data, old->len), text[old->len] = '\0';
    int64_t sum = strtoll(text, NULL, 10) + call->op->number;
    int len = sprintf(text, "%" PRId64, sum);
    oracle_set(oracle, call->op->db, call->key, call->key_len, text, (size_t)len);
    return sum;
}

/* Puts a copy of the key's value at (db, key); false without a source. */
static bool apply_copy(struct oracle *oracle, const struct op_call *call, uint32_t db,
                       const char *key, size_t key_len) {
    const struct oracle_bytes *source = oracle_get(oracle, call->op->db, call->key, call->key_len);
    if (source == NULL) return false;
    char *bytes = malloc(source->len + 1); /* setting may free the source */
    if (bytes == NULL) abort();
    size_t len = source->len;
    memcpy(bytes, source->data, len);
    oracle_set(oracle, db, key, key_len, bytes, len);
    free(bytes);
    return true;
}

static int64_t apply_rename(struct oracle *oracle, const struct op_call *call) {
    const struct op *op = call->op;
    if (!apply_copy(oracle, call, op->db, call->other, call->other_len)) return -FERRITE_NOTFOUND;
    if (op->key != op->other_key) oracle_del(oracle, op->db, call->key, call->key_len);
    return 0;
}

static int64_t apply_copy_op(struct oracle *oracle, const struct op_call *call) {
    const struct op *op = call->op;
    if (op->db == op->other_db && op->key == op->other_key) return -FERRITE_INVALID;
    return apply_copy(oracle, call, op->other_db, call->other, call->other_len);
}

static int64_t apply_move(struct oracle *oracle, const struct op_call *call) {
    const struct op *op = call->op;
    if (oracle_get(oracle, op->other_db, call->key, call->key_len) != NULL) return 0;
    if (!apply_copy(oracle, call, op->other_db, call->key, call->key_len)) return 0;
    return oracle_del(oracle, op->db, call->key, call->key_len);
}

static int64_t apply_mset(struct oracle *oracle, struct op_call *call) {
    for (uint32_t i = 0; i < OP_MSET_COUNT; i++) {
        size_t len = op_key(call->op->key + i, call->key);
        oracle_set(oracle, call->op->db, call->key, len, call->value, call->op->value_len);
    }
    return 0;
}

static int64_t apply_set(struct oracle *oracle, const struct op_call *call) {
    oracle_set(oracle, call->op->db, call->key, call->key_len, call->value, call->op->value_len);
    return 0;
}

static int64_t apply_setnx(struct oracle *oracle, const struct op_call *call) {
    if (oracle_get(oracle, call->op->db, call->key, call->key_len) != NULL) return 0;
    apply_set(oracle, call);
    return 1;
}

static int64_t apply_flushall(struct oracle *oracle) {
    for (uint32_t db = 0; db < ORACLE_DATABASES; db++) oracle_flush(oracle, db);
    return 0;
}

static void answer_old(const struct oracle *oracle, const struct op_call *call,
                       struct op_answer *answer) {
    const struct oracle_bytes *old = oracle_get(oracle, call->op->db, call->key, call->key_len);
    op_answer_bytes(answer, old != NULL ? old->data : NULL, old != NULL ? old->len : 0);
}

static void apply_call(struct oracle *oracle, struct op_call *call, struct op_answer *answer) {
    const struct op *op = call->op;
    switch (op->kind) {
    case OP_SET:
        answer->number = apply_set(oracle, call);
        break;
    case OP_SETNX:
        answer->number = apply_setnx(oracle, call);
        break;
    case OP_MSET:
        answer->number = apply_mset(oracle, call);
        break;
    case OP_APPEND:
        answer->number = apply_append(oracle, call);
        break;
    case OP_SETRANGE:
        answer->number = apply_setrange(oracle, call);
        break;
    case OP_INCRBY:
        answer->number = apply_incrby(oracle, call);
        break;
    case OP_DEL:
        answer->number = oracle_del(oracle, op->db, call->key, call->key_len);
        break;
    case OP_RENAME:
        answer->number = apply_rename(oracle, call);
        break;
    case OP_COPY:
        answer->number = apply_copy_op(oracle, call);
        break;
    case OP_MOVE:
        answer->number = apply_move(oracle, call);
        break;
    case OP_EXPIRE:
        answer->number = oracle_get(oracle, op->db, call->key, call->key_len) != NULL;
        break;
    case OP_COLLECTION:
        members_apply(oracle, op, call->key, call->key_len, call->value, answer);
        break;
    case OP_SWAPDB:
        oracle_swap(oracle, op->db, op->other_db);
        break;
    case OP_FLUSHDB:
        oracle_flush(oracle, op->db);
        break;
    case OP_FLUSHALL:
        apply_flushall(oracle);
        break;
    case OP_GETSET:
        answer_old(oracle, call, answer);
        apply_set(oracle, call);
        break;
    case OP_GETDEL:
        answer_old(oracle, call, answer);
        oracle_del(oracle, op->db, call->key, call->key_len);
        break;
    case OP_KINDS:
        abort();
    }
}

void op_apply(struct oracle *oracle, const struct op *op, struct op_answer *answer) {
    struct op_call *call = op_call_begin(op);
    *answer = (struct op_answer){0};
    apply_call(oracle, call, answer);
    op_call_end(call);
}
