/* member_apply.c - changes of collections on the oracle, which keeps them as rows of items. See members.h. */
#include <stdlib.h>
#include <string.h>

#include "member_change.h"
#include "row.h"

struct change {
    const struct op *op;
    const char *value;
    struct row row;
    struct op_answer *answer;
    char name[MEMBER_NAME_MAX]; /* of the element */
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
    if (change->op->offset == MEMBER_TAKE) {
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
    bool exact, take = change->op->offset == MEMBER_TAKE;
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

/* Keeps so many elements at most, from a small index on. */
static void trim(struct change *change) {
    size_t start = (size_t)change->op->number % 4, stop = start + MEMBER_TRIM_KEEP - 1;
    struct row *row = &change->row;
    if (stop + 1 < row->count) row->count = stop + 1;
    row_remove(row, 0, start < row->count ? start : row->count);
}

static void change_list(struct change *change) {
    const struct item value = {change->value, change->op->value_len};
    switch (change->op->offset) {
    case MEMBER_TAKE:
        pop(change);
        break;
    case MEMBER_PLACE:
        place(change);
        break;
    case MEMBER_TRIM:
        trim(change);
        break;
    default:
        row_insert(&change->row, change->op->number % 2 == 0 ? 0 : change->row.count, value);
        change->answer->number = (int64_t)change->row.count;
    }
}

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
    bool there = at < row->count, take = change->op->offset == MEMBER_TAKE;
    change->answer->number = take ? there : !there;
    if (there) row_remove(row, at, 2);
    if (take) return;
    change->score = member_score(change->op);
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
    change.name_len = member_name(op->other_key, change.name);
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
