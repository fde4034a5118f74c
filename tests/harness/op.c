/*
 * op.c - choosing operations, running them on the library and on the oracle.
 */
#include "op.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "members.h"

static const char *const kind_names[OP_KINDS] = {
    "SET",    "SETNX",  "GETSET", "MSET", "APPEND", "SETRANGE", "INCRBY",  "DEL",
    "GETDEL", "RENAME", "COPY",   "MOVE", "EXPIRE", "SWAPDB",   "FLUSHDB", "FLUSHALL"};

#define FAR_FUTURE_MS INT64_C(4102444800000) /* the year 2100 */

/* ---- keys and values ---- */

/* Most keys are short; some fill a quarter page or spill out of it; key 0 is the empty key. */
static size_t key_length(uint32_t key) {
    if (key % 251 == 3) return 60000;
    if (key % 61 == 11) return 3000;
    if (key % 23 == 7) return 150 + key % 400;
    return 0;
}

size_t op_key(uint32_t key, char *buffer) {
    if (key == 0) return 0;
    if (members_type(key) != FERRITE_TYPE_STRING) {
        return (size_t)sprintf(buffer, "%c:%u", members_letter(members_type(key)),
                               key & (OP_KEY_INTEGER - 1));
    }
    if (key & OP_KEY_INTEGER) return (size_t)sprintf(buffer, "n:%u", key & ~OP_KEY_INTEGER);
    size_t len = (size_t)sprintf(buffer, key % 2 ? "key:%05u" : "k%u", key);
    for (size_t full = key_length(key); len < full; len++) {
        buffer[len] = (char)(key * 31 + len / 7);
    }
    return len;
}

uint32_t op_choose_key(struct choices *choices, const struct op_profile *profile) {
    uint32_t key = choose(choices, profile->keys);
    if (key % 251 == 3 && !profile->huge_keys) key++;
    return key;
}

static uint32_t choose_length(struct choices *choices, const struct op_profile *profile) {
    if (profile->big_one_in > 0 && choose_once_in(choices, profile->big_one_in)) {
        uint32_t reach = 2048u << choose(choices, 8);
        if (reach > profile->big_max) reach = profile->big_max;
        return reach - choose(choices, reach / 2 + 1);
    }
    if (choose_once_in(choices, 8)) return choose_between(choices, 800, 1300);
    return choose(choices, 130);
}

static char *value_make(uint64_t seed, uint32_t len) {
    char *value = malloc(len + 8);
    if (value == NULL) abort();
    struct choices stream = choices_seeded(seed);
    for (uint32_t at = 0; at < len; at += 8) {
        uint64_t word = choices_next(&stream);
        memcpy(value + at, &word, 8); /* the block has 8 bytes to spare */
    }
    return value;
}

/* ---- choosing ---- */

static enum op_kind choose_kind(struct choices *choices, const struct op_profile *profile) {
    static const uint8_t kinds[32] = {
        OP_SET,        OP_SET,        OP_SET,        OP_SET,        OP_SET,    OP_COLLECTION,
        OP_COLLECTION, OP_COLLECTION, OP_COLLECTION, OP_COLLECTION, OP_SETNX,  OP_GETSET,
        OP_MSET,       OP_MSET,       OP_APPEND,     OP_APPEND,     OP_APPEND, OP_SETRANGE,
        OP_SETRANGE,   OP_INCRBY,     OP_INCRBY,     OP_DEL,        OP_DEL,    OP_DEL,
        OP_DEL,        OP_DEL,        OP_GETDEL,     OP_RENAME,     OP_RENAME, OP_COPY,
        OP_MOVE,       OP_EXPIRE};
    if (profile->sweep_one_in > 0 && choose_once_in(choices, profile->sweep_one_in)) {
        return OP_SWAPDB + choose(choices, 3);
    }
    return kinds[choose(choices, 32)];
}

/* Most work goes to database 0, so that its tree grows levels. */
static uint32_t choose_db(struct choices *choices) {
    uint32_t db = choose(choices, 2 * ORACLE_DATABASES);
    return db < ORACLE_DATABASES ? db : 0;
}

/* Whole keys of collections are moved about and removed as well. */
static void choose_collection_keys(struct choices *choices, struct op *op) {
    if (!choose_once_in(choices, 4)) return;
    op->key = members_choose_key(choices);
    if (op->kind == OP_RENAME || op->kind == OP_COPY) {
        op->other_key = members_choose_like(choices, op->key);
    }
}

static void choose_details(struct choices *choices, const struct op_profile *profile,
                           struct op *op) {
    op->db = choose_db(choices);
    op->key = op_choose_key(choices, profile);
    switch (op->kind) {
    case OP_SET:
    case OP_SETNX:
    case OP_GETSET:
    case OP_MSET:
    case OP_APPEND:
        op->value_len = choose_length(choices, profile);
        op->value_seed = choose(choices, 1u << 16);
        break;
    case OP_SETRANGE:
        op->value_len = choose_length(choices, profile);
        op->value_seed = choose(choices, 1u << 16);
        op->offset = choose(choices, choose_length(choices, profile) + 1);
        break;
    case OP_INCRBY:
        op->key = (op->key % 16) | OP_KEY_INTEGER;
        op->number = (int64_t)choose(choices, 1000) - 400;
        break;
    case OP_COLLECTION:
        members_choose(choices, op);
        break;
    case OP_DEL:
        if (choose_once_in(choices, 16))
            op->key = (op->key % 16) | OP_KEY_INTEGER;
        else
            choose_collection_keys(choices, op);
        break;
    case OP_EXPIRE:
        op->number = FAR_FUTURE_MS + choose(choices, 1000);
        choose_collection_keys(choices, op);
        break;
    case OP_RENAME:
    case OP_COPY:
        op->other_key = op_choose_key(choices, profile);
        if (op->kind == OP_COPY) op->other_db = choose_db(choices);
        choose_collection_keys(choices, op);
        break;
    case OP_MOVE:
        choose_collection_keys(choices, op);
        op->other_db = (op->db + 1 + choose(choices, ORACLE_DATABASES - 1)) % ORACLE_DATABASES;
        break;
    case OP_SWAPDB:
        op->other_db = (op->db + 1 + choose(choices, ORACLE_DATABASES - 1)) % ORACLE_DATABASES;
        break;
    default:
        break;
    }
}

struct op op_choose(struct choices *choices, const struct op_profile *profile) {
    struct op op = {.kind = choose_kind(choices, profile)};
    choose_details(choices, profile, &op);
    return op;
}

struct op op_choose_blind(struct choices *choices, const struct op_profile *profile) {
    struct op op = {.kind = choose_once_in(choices, 4) ? OP_DEL : OP_SET};
    choose_details(choices, profile, &op);
    return op;
}

/* ---- running on the library ---- */

/* An op with its bytes at hand. Too large for a stack, and made too often for malloc. */
static _Thread_local struct call {
    const struct op *op;
    ferrite_db *db;
    char key[OP_KEY_MAX], other[OP_KEY_MAX];
    size_t key_len, other_len;
    char *value;
} the_call;

static void answer_bytes(struct op_answer *answer, const char *bytes, size_t len) {
    answer->nil = bytes == NULL;
    if (bytes != NULL) answer->digest = oracle_entry_digest(bytes, len, "", 0);
}

static int64_t run_mset(const struct call *call, ferrite_error **err) {
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

static int64_t run_number_call(const struct call *call, ferrite_error **err) {
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

static void run_bytes_call(const struct call *call, struct op_answer *answer, ferrite_error **err) {
    size_t len = 0;
    char *old = call->op->kind == OP_GETSET
                    ? ferrite_getset(call->db, call->key, call->key_len, call->value,
                                     call->op->value_len, &len, err)
                    : ferrite_getdel(call->db, call->key, call->key_len, &len, err);
    answer_bytes(answer, old, len);
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
    struct call *call = &the_call;
    ferrite_error *failure = NULL;
    *answer = (struct op_answer){0};
    call->op = op;
    call->db = handles[op->db];
    call->key_len = op_key(op->key, call->key);
    call->other_len = op_key(op->other_key, call->other);
    call->value = value_make(op->value_seed, op->value_len);
    if (op->kind == OP_COLLECTION)
        members_run(call->db, op, call->key, call->key_len, call->value, answer, &failure);
    else if (op->kind == OP_GETSET || op->kind == OP_GETDEL)
        run_bytes_call(call, answer, &failure);
    else
        answer->number = run_number_call(call, &failure);
    free(call->value);
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

/* ---- running on the oracle ---- */

/* Writes `len` bytes at `offset` of the key's value, as SETRANGE and APPEND do. */
static int64_t apply_write(struct oracle *oracle, const struct call *call, size_t offset) {
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

static int64_t apply_append(struct oracle *oracle, const struct call *call) {
    const struct oracle_bytes *old = oracle_get(oracle, call->op->db, call->key, call->key_len);
    return apply_write(oracle, call, old != NULL ? old->len : 0);
}

/* Redis: an empty piece changes nothing and creates nothing. */
static int64_t apply_setrange(struct oracle *oracle, const struct call *call) {
    const struct oracle_bytes *old = oracle_get(oracle, call->op->db, call->key, call->key_len);
    if (call->op->value_len == 0) return old != NULL ? (int64_t)old->len : 0;
    return apply_write(oracle, call, call->op->offset);
}

static int64_t apply_incrby(struct oracle *oracle, const struct call *call) {
    const struct oracle_bytes *old = oracle_get(oracle, call->op->db, call->key, call->key_len);
    char text[32] = "0";
    if (old != NULL) memcpy(text, old->data, old->len), text[old->len] = '\0';
    int64_t sum = strtoll(text, NULL, 10) + call->op->number;
    int len = sprintf(text, "%" PRId64, sum);
    oracle_set(oracle, call->op->db, call->key, call->key_len, text, (size_t)len);
    return sum;
}

/* Puts a copy of the key's value at (db, key); false without a source. */
static bool apply_copy(struct oracle *oracle, const struct call *call, uint32_t db, const char *key,
                       size_t key_len) {
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

static int64_t apply_rename(struct oracle *oracle, const struct call *call) {
    const struct op *op = call->op;
    if (!apply_copy(oracle, call, op->db, call->other, call->other_len)) return -FERRITE_NOTFOUND;
    if (op->key != op->other_key) oracle_del(oracle, op->db, call->key, call->key_len);
    return 0;
}

static int64_t apply_copy_op(struct oracle *oracle, const struct call *call) {
    const struct op *op = call->op;
    if (op->db == op->other_db && op->key == op->other_key) return -FERRITE_INVALID;
    return apply_copy(oracle, call, op->other_db, call->other, call->other_len);
}

static int64_t apply_move(struct oracle *oracle, const struct call *call) {
    const struct op *op = call->op;
    if (oracle_get(oracle, op->other_db, call->key, call->key_len) != NULL) return 0;
    if (!apply_copy(oracle, call, op->other_db, call->key, call->key_len)) return 0;
    return oracle_del(oracle, op->db, call->key, call->key_len);
}

static int64_t apply_mset(struct oracle *oracle, struct call *call) {
    for (uint32_t i = 0; i < OP_MSET_COUNT; i++) {
        size_t len = op_key(call->op->key + i, call->key);
        oracle_set(oracle, call->op->db, call->key, len, call->value, call->op->value_len);
    }
    return 0;
}

static int64_t apply_set(struct oracle *oracle, const struct call *call) {
    oracle_set(oracle, call->op->db, call->key, call->key_len, call->value, call->op->value_len);
    return 0;
}

static int64_t apply_setnx(struct oracle *oracle, const struct call *call) {
    if (oracle_get(oracle, call->op->db, call->key, call->key_len) != NULL) return 0;
    apply_set(oracle, call);
    return 1;
}

static int64_t apply_flushall(struct oracle *oracle) {
    for (uint32_t db = 0; db < ORACLE_DATABASES; db++) oracle_flush(oracle, db);
    return 0;
}

static void answer_old(const struct oracle *oracle, const struct call *call,
                       struct op_answer *answer) {
    const struct oracle_bytes *old = oracle_get(oracle, call->op->db, call->key, call->key_len);
    answer_bytes(answer, old != NULL ? old->data : NULL, old != NULL ? old->len : 0);
}

static void apply_call(struct oracle *oracle, struct call *call, struct op_answer *answer) {
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
    struct call *call = &the_call;
    *answer = (struct op_answer){0};
    call->op = op;
    call->key_len = op_key(op->key, call->key);
    call->other_len = op_key(op->other_key, call->other);
    call->value = value_make(op->value_seed, op->value_len);
    apply_call(oracle, call, answer);
    free(call->value);
}

bool op_answer_equal(const struct op_answer *a, const struct op_answer *b) {
    return a->number == b->number && a->nil == b->nil && a->digest == b->digest;
}

void op_describe(const struct op *op, char *text, size_t size) {
    snprintf(text, size,
             "%s db=%u key=%u other_db=%u other_key=%u offset=%u number=%" PRId64
             " value=(seed %" PRIu64 ", %u bytes)",
             kind_names[op->kind], op->db, op->key & ~OP_KEY_INTEGER, op->other_db, op->other_key,
             op->offset, op->number, op->value_seed, op->value_len);
}
