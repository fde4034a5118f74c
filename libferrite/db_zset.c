/*
 * db_zset.c - the sorted set functions of ferrite.h on members: arguments checked, wrapped into
 * operations on types/zset.h. See db.h.
 */
#include "db_zset.h"
#include "types/sample.h"

#include <limits.h>
#include <math.h>

/* The arguments and answers of one call; each operation uses what it needs. */
struct call {
    ferrite_slice key, member;
    const ferrite_slice *members;
    const ferrite_zitem *items;
    size_t count;
    uint32_t flags;
    bool reverse, done;
    int64_t how_many;
    uint64_t number, max;
    size_t which;
    double score, *scores;
    struct scored list;
    struct element_scan scan;
};

static int int_of(uint64_t number) { return number > INT_MAX ? INT_MAX : (int)number; }

/* ---- checks and answers, shared with db_zset_range.c and db_zset_combine.c ---- */

int zset_member_check(ferrite_slice member) {
    if (__builtin_expect(member.len <= FERRITE_KEY_MAX && (member.data != NULL || member.len == 0),
                         1))
        return FERRITE_OK;
    if (member.len > FERRITE_KEY_MAX)
        return error_set(FERRITE_LIMIT, "ERR member is longer than %u bytes", FERRITE_KEY_MAX);
    return error_set(FERRITE_INVALID, "ERR member is NULL");
}

ferrite_zitem *zset_answer(int code, struct scored *list, bool found, size_t *count,
                           ferrite_error **err) {
    ferrite_zitem *answer = NULL;
    size_t answered = 0;
    if (code == FERRITE_OK && found) code = scored_finish(list, &answer, &answered);
    scored_clear(list);
    if (code != FERRITE_OK) error_give(err, code);
    if (count != NULL) *count = answered;
    return answer;
}

static int score_check(double score) {
    return isnan(score) ? error_set(FERRITE_INVALID, "ERR value is not a valid float") : FERRITE_OK;
}

static int member_check(ferrite_slice key, ferrite_slice member) {
    int code = key_check(key);
    return code == FERRITE_OK ? zset_member_check(member) : code;
}

static int look_check(ferrite_slice key, const ferrite_slice *members, size_t count) {
    int code = key_check(key);
    if (code == FERRITE_OK && members == NULL && count != 0)
        code = error_set(FERRITE_INVALID, "ERR members is NULL");
    for (size_t i = 0; i < count && code == FERRITE_OK; i++) code = zset_member_check(members[i]);
    return code;
}

static int flags_check(uint32_t flags) {
    const uint32_t known = FERRITE_ZADD_NX | FERRITE_ZADD_XX | FERRITE_ZADD_GT | FERRITE_ZADD_LT |
                           FERRITE_ZADD_CH;
    bool nx = flags & FERRITE_ZADD_NX, gt = flags & FERRITE_ZADD_GT, lt = flags & FERRITE_ZADD_LT;
    if (flags & ~known) return error_set(FERRITE_INVALID, "ERR unknown flags");
    if (nx && (flags & FERRITE_ZADD_XX))
        return error_set(FERRITE_SYNTAX,
                         "ERR XX and NX options at the same time are not compatible");
    if ((gt && lt) || (nx && (gt || lt)))
        return error_set(FERRITE_SYNTAX,
                         "ERR GT, LT, and/or NX options at the same time are not compatible");
    return FERRITE_OK;
}

static int items_check(const struct call *call) {
    int code = key_check(call->key);
    if (code == FERRITE_OK) code = flags_check(call->flags);
    if (code == FERRITE_OK && call->items == NULL && call->count != 0)
        code = error_set(FERRITE_INVALID, "ERR items is NULL");
    for (size_t i = 0; i < call->count && code == FERRITE_OK; i++) {
        code = zset_member_check(call->items[i].member);
        if (code == FERRITE_OK) code = score_check(call->items[i].score);
    }
    return code;
}

/* ---- adding and removing ---- */

static int add_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return zset_add(ks, call->key, call->items, call->count, call->flags, &call->number);
}

int ferrite_zadd_many(ferrite_db *db, const char *key, size_t key_len, const ferrite_zitem *items,
                      size_t count, uint32_t flags, ferrite_error **err) {
    struct call call;
    call.key = (ferrite_slice){key, key_len};
    call.items = items;
    call.count = count;
    call.flags = flags;
    call.number = 0;
    int code = items_check(&call);
    for (size_t i = 0; i < count && code == FERRITE_OK; i++) code = value_fits(db, items[i].member);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, add_operation, &call);
    return db_answer(code, int_of(call.number), err);
}

int ferrite_zadd(ferrite_db *db, const char *key, size_t key_len, double score, const char *member,
                 size_t member_len, ferrite_error **err) {
    const ferrite_zitem item = {{member, member_len}, score};
    return ferrite_zadd_many(db, key, key_len, &item, 1, 0, err);
}

static int add_to_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return zset_add_to(ks, call->key, call->flags, call->score, call->member, &call->scores[0],
                       &call->done);
}

int ferrite_zadd_incr(ferrite_db *db, const char *key, size_t key_len, uint32_t flags,
                      double increment, const char *member, size_t member_len, double *result,
                      ferrite_error **err) {
    double ignored;
    struct call call = {.key = {key, key_len}, .member = {member, member_len}, .flags = flags,
                        .score = increment, .scores = result != NULL ? result : &ignored};
    int code = member_check(call.key, call.member);
    if (code == FERRITE_OK) code = flags_check(flags);
    if (code == FERRITE_OK) code = score_check(increment);
    if (code == FERRITE_OK) code = value_fits(db, call.member);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, add_to_operation, &call);
    return db_answer(code, call.done, err);
}

int ferrite_zincrby(ferrite_db *db, const char *key, size_t key_len, double increment,
                    const char *member, size_t member_len, double *result, ferrite_error **err) {
    int done = ferrite_zadd_incr(db, key, key_len, 0, increment, member, member_len, result, err);
    return done < 0 ? -1 : 0;
}

static int remove_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return zset_remove(ks, call->key, call->members, call->count, &call->number);
}

int ferrite_zrem_many(ferrite_db *db, const char *key, size_t key_len,
                      const ferrite_slice *members, size_t count, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .members = members, .count = count};
    int code = look_check(call.key, members, count);
    if (code == FERRITE_OK) code = db_write(db, WRITE_FREES, remove_operation, &call);
    return db_answer(code, int_of(call.number), err);
}

int ferrite_zrem(ferrite_db *db, const char *key, size_t key_len, const char *member,
                 size_t member_len, ferrite_error **err) {
    const ferrite_slice one = {member, member_len};
    return ferrite_zrem_many(db, key, key_len, &one, 1, err);
}

/* ---- scores, counts and ranks ---- */

static int scores_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return zset_scores(ks, call->key, call->members, call->count, call->scores);
}

int ferrite_zmscore(ferrite_db *db, const char *key, size_t key_len, const ferrite_slice *members,
                    size_t count, double *scores, ferrite_error **err) {
    struct call call;
    call.key = (ferrite_slice){key, key_len};
    call.members = members;
    call.count = count;
    call.scores = scores;
    int code = look_check(call.key, members, count);
    if (code == FERRITE_OK && scores == NULL && count != 0)
        code = error_set(FERRITE_INVALID, "ERR scores is NULL");
    if (code == FERRITE_OK) code = db_read(db, scores_operation, &call);
    return db_answer(code, 0, err);
}

int ferrite_zscore(ferrite_db *db, const char *key, size_t key_len, const char *member,
                   size_t member_len, double *score, ferrite_error **err) {
    const ferrite_slice one = {member, member_len};
    double found;
    if (ferrite_zmscore(db, key, key_len, &one, 1, &found, err) < 0) return -1;
    if (isnan(found)) return 0;
    if (score != NULL) *score = found;
    return 1;
}

static int len_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return zset_len(ks, call->key, &call->number);
}

int ferrite_zcard(ferrite_db *db, const char *key, size_t key_len, uint64_t *count,
                  ferrite_error **err) {
    struct call call = {.key = {key, key_len}};
    int code = key_check(call.key);
    if (code == FERRITE_OK) code = db_read(db, len_operation, &call);
    if (code == FERRITE_OK && count != NULL) *count = call.number;
    return db_answer(code, 0, err);
}

static int rank_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return zset_rank(ks, call->key, call->member, call->reverse, &call->number, &call->score,
                     &call->done);
}

static int rank_answer(ferrite_db *db, struct call *call, uint64_t *rank, double *score,
                       ferrite_error **err) {
    int code = member_check(call->key, call->member);
    if (code == FERRITE_OK) code = db_read(db, rank_operation, call);
    if (code != FERRITE_OK) return db_answer(code, 0, err);
    if (call->done && rank != NULL) *rank = call->number;
    if (call->done && score != NULL) *score = call->score;
    return call->done;
}

static void rank_call(struct call *call, ferrite_slice key, ferrite_slice member, bool reverse) {
    call->key = key;
    call->member = member;
    call->reverse = reverse;
    call->done = false;
}

int ferrite_zrank(ferrite_db *db, const char *key, size_t key_len, const char *member,
                  size_t member_len, uint64_t *rank, double *score, ferrite_error **err) {
    struct call call;
    rank_call(&call, (ferrite_slice){key, key_len}, (ferrite_slice){member, member_len}, false);
    return rank_answer(db, &call, rank, score, err);
}

int ferrite_zrevrank(ferrite_db *db, const char *key, size_t key_len, const char *member,
                     size_t member_len, uint64_t *rank, double *score, ferrite_error **err) {
    struct call call;
    rank_call(&call, (ferrite_slice){key, key_len}, (ferrite_slice){member, member_len}, true);
    return rank_answer(db, &call, rank, score, err);
}

/* ---- popping; operations run again when their commit found the disk full ---- */

static int pop_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    int code = FERRITE_OK;
    call->done = false;
    scored_clear(&call->list);
    for (size_t i = 0; i < call->count && code == FERRITE_OK && !call->done; i++) {
        call->which = i;
        code = zset_pop(ks, call->members[i], call->reverse, call->max, &call->list, &call->done);
    }
    return code;
}

ferrite_zitem *ferrite_zmpop(ferrite_db *db, const ferrite_slice *keys, size_t key_count,
                             int highest, uint64_t how_many, size_t *which, size_t *count,
                             ferrite_error **err) {
    struct call call = {.members = keys, .count = key_count, .reverse = highest != 0,
                        .max = how_many};
    int code = slices_check(keys, key_count);
    if (code == FERRITE_OK && how_many == 0)
        code = error_set(FERRITE_RANGE, "ERR count should be greater than 0");
    if (code == FERRITE_OK) code = db_write(db, WRITE_FREES, pop_operation, &call);
    if (which != NULL) *which = call.which;
    return zset_answer(code, &call.list, call.done, count, err);
}

static ferrite_zitem *pop(ferrite_db *db, ferrite_slice key, bool highest, uint64_t how_many,
                          size_t *count, ferrite_error **err) {
    struct call call = {.members = &key, .count = 1, .reverse = highest, .max = how_many};
    int code = key_check(key);
    if (code == FERRITE_OK) code = db_write(db, WRITE_FREES, pop_operation, &call);
    return zset_answer(code, &call.list, true, count, err);
}

ferrite_zitem *ferrite_zpopmin(ferrite_db *db, const char *key, size_t key_len, uint64_t how_many,
                               size_t *count, ferrite_error **err) {
    return pop(db, (ferrite_slice){key, key_len}, false, how_many, count, err);
}

ferrite_zitem *ferrite_zpopmax(ferrite_db *db, const char *key, size_t key_len, uint64_t how_many,
                               size_t *count, ferrite_error **err) {
    return pop(db, (ferrite_slice){key, key_len}, true, how_many, count, err);
}

/* ---- random members, scans ---- */

static int random_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return zset_random(ks, call->key, call->how_many, &call->list);
}

ferrite_zitem *ferrite_zrandmember(ferrite_db *db, const char *key, size_t key_len,
                                   int64_t how_many, size_t *count, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .how_many = how_many};
    int code = key_check(call.key);
    if (code == FERRITE_OK) code = sample_check(how_many);
    if (code == FERRITE_OK) code = db_read(db, random_operation, &call);
    return zset_answer(code, &call.list, true, count, err);
}

static int scan_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return zset_scan(ks, &call->scan, &call->list);
}

ferrite_zitem *ferrite_zscan(ferrite_db *db, const char *key, size_t key_len, uint64_t *cursor,
                             const char *pattern, size_t pattern_len, size_t effort, size_t *count,
                             ferrite_error **err) {
    struct call call = {.scan = {{key, key_len}, {pattern, pattern_len}, effort, 0}};
    int code = db_scan(db, &call.scan, cursor, scan_operation, &call);
    return db_scan_end(&call.scan, cursor, zset_answer(code, &call.list, true, count, err));
}
