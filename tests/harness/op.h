/*
 * op.h - one change of the database, as data: chosen, run on the library, run on the oracle.
 *
 * The scenarios of every harness are sequences of these. An op names its keys by small numbers
 * and its value by (seed, length), so a sequence is cheap to keep and to run again.
 * One thread at a time per struct; the functions keep no state.
 */
#ifndef FERRITE_TESTS_OP_H
#define FERRITE_TESTS_OP_H

#include "../../libferrite/ferrite.h"
#include "choices.h"
#include "oracle.h"

enum op_kind {
    OP_SET,
    OP_SETNX,
    OP_GETSET,
    OP_MSET, /* OP_MSET_COUNT keys in a row */
    OP_APPEND,
    OP_SETRANGE,
    OP_INCRBY,
    OP_DEL,
    OP_GETDEL,
    OP_RENAME,
    OP_COPY,
    OP_MOVE,
    OP_COLLECTION, /* a hash, set, list or sorted set changes: members.h */
    OP_EXPIRE, /* at a moment nobody will see: the content stays, the order of moments is at work */
    OP_SWAPDB,
    OP_FLUSHDB,
    OP_FLUSHALL,
    OP_KINDS
};

#define OP_MSET_COUNT 3u
#define OP_KEY_MAX    65536u
/* Keys with this bit hold integers; only INCRBY and DEL touch them. Numbers above: members.h. */
#define OP_KEY_INTEGER 0x100000u

struct op {
    enum op_kind kind;
    uint32_t db, other_db;
    uint32_t key, other_key;
    uint64_t value_seed;
    uint32_t value_len;
    uint32_t offset; /* SETRANGE */
    int64_t number;  /* INCRBY */
};

/* What a scenario's operations look like. */
struct op_profile {
    uint32_t keys;         /* how many different keys a database may hold */
    uint32_t big_one_in;   /* one value in so many leaves the page (2 KB and more) */
    uint32_t big_max;      /* longest value, bytes */
    uint32_t huge_keys;    /* 1: a few keys of 60,000 bytes */
    uint32_t sweep_one_in; /* one op in so many is SWAPDB, FLUSHDB or FLUSHALL; 0: never */
};

struct op op_choose(struct choices *choices, const struct op_profile *profile);
/* As op_choose, limited to what a batch can collect. */
struct op op_choose_blind(struct choices *choices, const struct op_profile *profile);

/* What an op answered: a number, or bytes. */
struct op_answer {
    int64_t number;
    bool nil;
    uint64_t digest; /* of the bytes */
};

/* 0, or the FERRITE_* code (with *err given). handles: one for each logical database. */
int op_run(ferrite_db *const handles[ORACLE_DATABASES], const struct op *op,
           struct op_answer *answer, ferrite_error **err);
/* The same on the oracle. `choices` of the oracle never fail. */
void op_apply(struct oracle *oracle, const struct op *op, struct op_answer *answer);
bool op_answer_equal(const struct op_answer *a, const struct op_answer *b);

/* Writes the op in one line, for a person. */
void op_describe(const struct op *op, char *text, size_t size);

/* The bytes of key number `key`; `buffer` holds OP_KEY_MAX bytes. Gives the length. */
size_t op_key(uint32_t key, char *buffer);
/* A number of a key that ops of this profile use. */
uint32_t op_choose_key(struct choices *choices, const struct op_profile *profile);

#endif
