/* member_run.c - changes of collections on the library, and reading them in the oracle's form. See members.h. */
#include "member_change.h"
#include "row.h"

struct run {
    ferrite_db *db;
    const struct op *op;
    const char *key, *value;
    size_t key_len;
    char name[MEMBER_NAME_MAX];
    size_t name_len;
};

static int64_t run_named(const struct run *run, ferrite_error **err) {
    bool take = run->op->offset == MEMBER_TAKE;
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
                    : ferrite_zadd(db, key, run->key_len, member_score(run->op), name,
                                   run->name_len, err);
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
    if (op->offset == MEMBER_TRIM) {
        return ferrite_ltrim(run->db, run->key, run->key_len, start, start + MEMBER_TRIM_KEEP - 1,
                             err);
    }
    if (op->offset == MEMBER_PLACE && odd) {
        return ferrite_lset(run->db, run->key, run->key_len, op->number, run->value, op->value_len,
                            err);
    }
    if (op->offset == MEMBER_PLACE) {
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
    run.name_len = member_name(op->other_key, run.name);
    if (members_type(op->key) != FERRITE_TYPE_LIST)
        answer->number = run_named(&run, err);
    else if (op->offset == MEMBER_TAKE)
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
