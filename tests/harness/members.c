/*
 * members.c - collections as rows of items.
 */
#include "members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_PER_TYPE 6u
#define ELEMENTS      90u /* of a hash, set or sorted set: more than a packed record holds */
#define ELEMENT_MAX   3000u
#define CLASS_SHIFT   20
#define CLASS_FIRST   2u /* class 1: OP_KEY_INTEGER */

enum verb { VERB_PUT, VERB_TAKE, VERB_PLACE, VERB_TRIM };

static const int types[] = {FERRITE_TYPE_HASH, FERRITE_TYPE_SET, FERRITE_TYPE_LIST,
                            FERRITE_TYPE_ZSET};
#define TYPES (sizeof types / sizeof *types)

uint32_t members_choose_key(struct choices *choices) {
    uint32_t class = CLASS_FIRST + choose(choices, TYPES);
    return class << CLASS_SHIFT | choose(choices, KEYS_PER_TYPE);
}

uint32_t members_choose_like(struct choices *choices, uint32_t key) {
    return (key >> CLASS_SHIFT) << CLASS_SHIFT | choose(choices, KEYS_PER_TYPE);
}

int members_type(uint32_t key) {
    uint32_t class = key >> CLASS_SHIFT;
    bool known = class >= CLASS_FIRST && class < CLASS_FIRST + TYPES;
    return known ? types[class - CLASS_FIRST] : FERRITE_TYPE_STRING;
}

char members_letter(int type) {
    return type == FERRITE_TYPE_HASH   ? 'h'
           : type == FERRITE_TYPE_SET  ? 's'
           : type == FERRITE_TYPE_LIST ? 'l'
                                       : 'z';
}

/* ---- items in a row ---- */

struct item {
    const char *data;
    size_t len;
};

struct row {
    struct item *items;
    size_t count, cap;
};

static void row_insert(struct row *row, size_t at, struct item item) {
    if (row->count == row->cap) {
        row->cap = row->cap * 2 + 16;
        row->items = realloc(row->items, row->cap * sizeof *row->items);
        if (row->items == NULL) abort();
    }
    memmove(&row->items[at + 1], &row->items[at], (row->count - at) * sizeof *row->items);
    row->items[at] = item;
    row->count++;
}

static void row_append(struct row *row, const void *data, size_t len) {
    row_insert(row, row->count, (struct item){data, len});
}

static void row_remove(struct row *row, size_t at, size_t count) {
    if (count == 0) return; /* and then there may be no items at all */
    row->count -= count;
    memmove(&row->items[at], &row->items[at + count], (row->count - at) * sizeof *row->items);
}

static struct row row_from(const struct oracle_bytes *bytes) {
    struct row row = {0};
    for (size_t at = 0; bytes != NULL && at < bytes->len;) {
        uint32_t len;
        memcpy(&len, bytes->data + at, sizeof len);
        row_append(&row, bytes->data + at + sizeof len, len);
        at += sizeof len + len;
    }
    return row;
}

/* Frees the row, not what its items point at. */
static char *row_join(struct row *row, size_t *len) {
    *len = 0;
    for (size_t i = 0; i < row->count; i++) *len += sizeof(uint32_t) + row->items[i].len;
    char *bytes = malloc(*len + 1), *at = bytes;
    if (bytes == NULL) abort();
    for (size_t i = 0; i < row->count; i++) {
        uint32_t item_len = (uint32_t)row->items[i].len;
        memcpy(at, &item_len, sizeof item_len);
        if (item_len > 0) memcpy(at + sizeof item_len, row->items[i].data, item_len);
        at += sizeof item_len + item_len;
    }
    free(row->items);
    return bytes;
}

static int item_compare(const struct item *a, const struct item *b) {
    size_t common = a->len < b->len ? a->len : b->len;
    int order = common > 0 ? memcmp(a->data, b->data, common) : 0;
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

/* ---- choosing ---- */

static size_t element_name(uint32_t number, char *name) {
    size_t len = (size_t)sprintf(name, "e%u", number);
    size_t full = number % 29 == 3 ? 2500 : number % 13 == 5 ? 300 : len;
    for (; len < full; len++) name[len] = (char)(number + len / 5);
    return len;
}

void members_choose(struct choices *choices, struct op *op) {
    op->key = members_choose_key(choices);
    op->other_key = choose(choices, ELEMENTS);
    op->offset = choose_once_in(choices, 3) ? VERB_TAKE : VERB_PUT;
    op->number = choose(choices, 40);
    op->value_len = choose_once_in(choices, 30) ? choose(choices, 5000) : choose(choices, 60);
    op->value_seed = choose(choices, 1u << 16);
    if (members_type(op->key) != FERRITE_TYPE_LIST) return;
    if (choose_once_in(choices, 3)) op->offset = VERB_PLACE;
    if (choose_once_in(choices, 12)) op->offset = VERB_TRIM;
}

/* ---- on the oracle ---- */

struct change {
    const struct op *op;
    const char *value;
    struct row row;
    struct op_answer *answer;
    char name[ELEMENT_MAX]; /* of the element */
    size_t name_len;
    double score; /* where the row's new score lies until it is joined */
};

/* The place of a field or member; items come `step` by `step`. Count: there is none. */
static size_t find(const struct change *change, size_t step, bool *exact) {
    const struct item name = {change->name, change->name_len};
    size_t at = 0;
    *exact = false;
    for (; at < change->row.count; at += step) {
        int order = item_compare(&change->row.items[at], &name);
        *exact = order == 0;
        if (order >= 0) break;
    }
    return at;
}

static void change_hash(struct change *change) {
    bool exact;
    size_t at = find(change, 2, &exact);
    const struct item value = {change->value, change->op->value_len};
    if (change->op->offset == VERB_TAKE) {
        if (exact) row_remove(&change->row, at, 2);
        change->answer->number = exact;
        return;
    }
    change->answer->number = !exact;
    if (exact) {
        change->row.items[at + 1] = value;
        return;
    }
    row_insert(&change->row, at, (struct item){change->name, change->name_len});
    row_insert(&change->row, at + 1, value);
}

static void change_set(struct change *change) {
    bool exact, take = change->op->offset == VERB_TAKE;
    size_t at = find(change, 1, &exact);
    change->answer->number = take ? exact : !exact;
    if (take && exact) row_remove(&change->row, at, 1);
    if (!take && !exact) {
        row_insert(&change->row, at, (struct item){change->name, change->name_len});
    }
}

static void pop(struct change *change) {
    struct row *row = &change->row;
    size_t at = change->op->number % 2 == 0 ? 0 : row->count - 1;
    change->answer->nil = row->count == 0;
    if (row->count == 0) return;
    change->answer->digest = oracle_entry_digest(row->items[at].data, row->items[at].len, "", 0);
    row_remove(row, at, 1);
}

/* LSET (odd numbers) or an insertion at an index. */
static void place(struct change *change) {
    size_t index = (size_t)change->op->number, count = change->row.count;
    const struct item value = {change->value, change->op->value_len};
    bool set = change->op->number % 2 == 1;
    if (count == 0)
        change->answer->number = -FERRITE_NOTFOUND;
    else if (index > count || (set && index == count))
        change->answer->number = -FERRITE_RANGE;
    else if (set)
        change->row.items[index] = value;
    else {
        row_insert(&change->row, index, value);
        change->answer->number = (int64_t)change->row.count;
    }
}

/* Keeps 60 elements at most, from a small index on. */
#define TRIM_KEEP 60

static void trim(struct change *change) {
    size_t start = (size_t)change->op->number % 4, stop = start + TRIM_KEEP - 1;
    struct row *row = &change->row;
    if (stop + 1 < row->count) row->count = stop + 1;
    row_remove(row, 0, start < row->count ? start : row->count);
}

static void change_list(struct change *change) {
    const struct item value = {change->value, change->op->value_len};
    switch (change->op->offset) {
    case VERB_TAKE:
        pop(change);
        break;
    case VERB_PLACE:
        place(change);
        break;
    case VERB_TRIM:
        trim(change);
        break;
    default:
        row_insert(&change->row, change->op->number % 2 == 0 ? 0 : change->row.count, value);
        change->answer->number = (int64_t)change->row.count;
    }
}

static double score_of(const struct op *op) { return (double)op->number / 4 - 3; }

static double score_at(const struct row *row, size_t at) {
    double score;
    memcpy(&score, row->items[at].data, sizeof score);
    return score;
}

/* Items are member, score; they stand in the order of scores, then members. */
static void change_zset(struct change *change) {
    struct row *row = &change->row;
    const struct item name = {change->name, change->name_len};
    size_t at = 0;
    while (at < row->count && item_compare(&row->items[at], &name) != 0) at += 2;
    bool there = at < row->count, take = change->op->offset == VERB_TAKE;
    change->answer->number = take ? there : !there;
    if (there) row_remove(row, at, 2);
    if (take) return;
    change->score = score_of(change->op);
    for (at = 0; at < row->count; at += 2) {
        double score = score_at(row, at + 1);
        if (score > change->score) break;
        if (score == change->score && item_compare(&row->items[at], &name) > 0) break;
    }
    row_insert(row, at, name);
    row_insert(row, at + 1, (struct item){(const char *)&change->score, sizeof change->score});
}

void members_apply(struct oracle *oracle, const struct op *op, const char *key, size_t key_len,
                   const char *value, struct op_answer *answer) {
    static _Thread_local struct change change;
    const struct oracle_bytes *old = oracle_get(oracle, op->db, key, key_len);
    change.op = op;
    change.value = value;
    change.row = row_from(old);
    change.answer = answer;
    change.name_len = element_name(op->other_key, change.name);
    switch (members_type(op->key)) {
    case FERRITE_TYPE_HASH:
        change_hash(&change);
        break;
    case FERRITE_TYPE_SET:
        change_set(&change);
        break;
    case FERRITE_TYPE_LIST:
        change_list(&change);
        break;
    default:
        change_zset(&change);
    }
    bool empty = change.row.count == 0;
    size_t len;
    char *joined = row_join(&change.row, &len);
    if (!empty)
        oracle_set(oracle, op->db, key, key_len, joined, len);
    else if (old != NULL)
        oracle_del(oracle, op->db, key, key_len);
    free(joined);
}

/* ---- on the library ---- */

struct run {
    ferrite_db *db;
    const struct op *op;
    const char *key, *value;
    size_t key_len;
    char name[ELEMENT_MAX];
    size_t name_len;
};

static int64_t run_named(const struct run *run, ferrite_error **err) {
    bool take = run->op->offset == VERB_TAKE;
    ferrite_db *db = run->db;
    const char *key = run->key, *name = run->name;
    switch (members_type(run->op->key)) {
    case FERRITE_TYPE_HASH:
        return take ? ferrite_hdel(db, key, run->key_len, name, run->name_len, err)
                    : ferrite_hset(db, key, run->key_len, name, run->name_len, run->value,
                                   run->op->value_len, err);
    case FERRITE_TYPE_SET:
        return take ? ferrite_srem(db, key, run->key_len, name, run->name_len, err)
                    : ferrite_sadd(db, key, run->key_len, name, run->name_len, err);
    default:
        return take ? ferrite_zrem(db, key, run->key_len, name, run->name_len, err)
                    : ferrite_zadd(db, key, run->key_len, score_of(run->op), name, run->name_len,
                                   err);
    }
}

static void run_pop(const struct run *run, struct op_answer *answer, ferrite_error **err) {
    size_t len = 0;
    char *element = run->op->number % 2 == 0
                        ? ferrite_lpop(run->db, run->key, run->key_len, &len, err)
                        : ferrite_rpop(run->db, run->key, run->key_len, &len, err);
    answer->nil = element == NULL;
    if (element != NULL) answer->digest = oracle_entry_digest(element, len, "", 0);
    ferrite_free(element);
}

static int64_t run_list(const struct run *run, ferrite_error **err) {
    const struct op *op = run->op;
    int64_t start = op->number % 4;
    bool odd = op->number % 2 == 1;
    if (op->offset == VERB_TRIM) {
        return ferrite_ltrim(run->db, run->key, run->key_len, start, start + TRIM_KEEP - 1, err);
    }
    if (op->offset == VERB_PLACE && odd) {
        return ferrite_lset(run->db, run->key, run->key_len, op->number, run->value, op->value_len,
                            err);
    }
    if (op->offset == VERB_PLACE) {
        return ferrite_linsert_at(run->db, run->key, run->key_len, op->number, run->value,
                                  op->value_len, err);
    }
    return odd ? ferrite_rpush(run->db, run->key, run->key_len, run->value, op->value_len, err)
               : ferrite_lpush(run->db, run->key, run->key_len, run->value, op->value_len, err);
}

void members_run(ferrite_db *db, const struct op *op, const char *key, size_t key_len,
                 const char *value, struct op_answer *answer, ferrite_error **err) {
    static _Thread_local struct run run;
    run.db = db;
    run.op = op;
    run.key = key;
    run.key_len = key_len;
    run.value = value;
    run.name_len = element_name(op->other_key, run.name);
    if (members_type(op->key) != FERRITE_TYPE_LIST)
        answer->number = run_named(&run, err);
    else if (op->offset == VERB_TAKE)
        run_pop(&run, answer, err);
    else
        answer->number = run_list(&run, err);
}

/* ---- reading ---- */

static char *join_slices(ferrite_slice *slices, size_t count, size_t *len) {
    struct row row = {0};
    for (size_t i = 0; i < count; i++) row_append(&row, slices[i].data, slices[i].len);
    char *joined = row_join(&row, len);
    ferrite_free(slices);
    return joined;
}

static char *join_scored(ferrite_zitem *items, size_t count, size_t *len) {
    struct row row = {0};
    for (size_t i = 0; i < count; i++) {
        row_append(&row, items[i].member.data, items[i].member.len);
        row_append(&row, &items[i].score, sizeof items[i].score);
    }
    char *joined = row_join(&row, len);
    ferrite_free(items);
    return joined;
}

char *members_read(ferrite_db *db, int type, const char *key, size_t key_len, size_t *len,
                   ferrite_error **err) {
    size_t count = 0;
    ferrite_error *failure = NULL;
    ferrite_slice *slices = NULL;
    ferrite_zitem *scored = NULL;
    if (type == FERRITE_TYPE_HASH) slices = ferrite_hgetall(db, key, key_len, &count, &failure);
    if (type == FERRITE_TYPE_SET) slices = ferrite_smembers(db, key, key_len, &count, &failure);
    if (type == FERRITE_TYPE_LIST)
        slices = ferrite_lrange(db, key, key_len, 0, -1, &count, &failure);
    if (type == FERRITE_TYPE_ZSET)
        scored = ferrite_zrange(db, key, key_len, 0, -1, &count, &failure);
    if (failure == NULL) {
        return scored != NULL ? join_scored(scored, count, len) : join_slices(slices, count, len);
    }
    if (err != NULL && *err == NULL)
        *err = failure;
    else
        ferrite_error_free(failure);
    return NULL;
}
