/*
 * op.c - choosing operations, their bytes, and telling of them. op_run.c and op_apply.c run them.
 */
#include "op_call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "members.h"

static const char *const kind_names[OP_KINDS] = {
    "SET",    "SETNX", "GETSET", "MSET",       "APPEND", "SETRANGE", "INCRBY",  "DEL",     "GETDEL",
    "RENAME", "COPY",  "MOVE",   "COLLECTION", "EXPIRE", "SWAPDB",   "FLUSHDB", "FLUSHALL"};

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

/* ---- with its bytes at hand ---- */

/* Too large for a stack, and made too often for malloc. */
static _Thread_local struct op_call the_call;

struct op_call *op_call_begin(const struct op *op) {
    struct op_call *call = &the_call;
    call->op = op;
    call->key_len = op_key(op->key, call->key);
    call->other_len = op_key(op->other_key, call->other);
    call->value = value_make(op->value_seed, op->value_len);
    return call;
}

void op_call_end(struct op_call *call) { free(call->value); }

void op_answer_bytes(struct op_answer *answer, const char *bytes, size_t len) {
    answer->nil = bytes == NULL;
    if (bytes != NULL) answer->digest = oracle_entry_digest(bytes, len, "", 0);
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
