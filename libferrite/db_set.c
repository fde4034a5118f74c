/*
 * db_set.c - the set functions of ferrite.h: arguments checked, wrapped into operations on
 * types/set.h. See db.h.
 */
#include "db.h"
#include "db_answer.h"
#include "os/mem.h"
#include "types/sample.h"
#include "types/set.h"

/* The arguments and answers of one call; each operation uses what it needs. */
struct call {
    ferrite_slice key, to, member;
    const ferrite_slice *items;
    size_t count;
    int64_t how_many;
    enum set_operation operation;
    uint64_t limit, number;
    bool done;
    int *there;
    struct slices list;
    struct element_scan scan;
};

static int member_check(ferrite_slice member) {
    if (__builtin_expect(member.len <= FERRITE_KEY_MAX && (member.data != NULL || member.len == 0), 1))
        return FERRITE_OK;
    if (member.len > FERRITE_KEY_MAX)
        return error_set(FERRITE_LIMIT, "ERR member is longer than %u bytes", FERRITE_KEY_MAX);
    return error_set(FERRITE_INVALID, "ERR member is NULL");
}

static int members_check(ferrite_slice key, const ferrite_slice *members, size_t count) {
    int code = key_check(key);
    if (code == FERRITE_OK && members == NULL && count != 0)
        code = error_set(FERRITE_INVALID, "ERR members is NULL");
    for (size_t i = 0; i < count && code == FERRITE_OK; i++) code = member_check(members[i]);
    return code;
}

/* The only member of the list, as a block of its own; NULL: there is none. */
static char *member_answer(int code, struct call *call, size_t *len, ferrite_error **err) {
    size_t count = 0;
    char *member = NULL;
    ferrite_slice *members = slices_answer(code, &call->list, &count, err);
    if (len != NULL) *len = count != 0 ? members[0].len : 0;
    if (count != 0 && (member = mem_dup(members[0].data, members[0].len)) == NULL)
        error_give(err, error_nomem());
    mem_free(members);
    return member;
}

/* ---- adding and removing ---- */

static int add_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return set_add(ks, call->key, call->items, call->count, &call->number);
}

int ferrite_sadd_many(ferrite_db *db, const char *key, size_t key_len,
                      const ferrite_slice *members, size_t count, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .items = members, .count = count};
    int code = members_check(call.key, members, count);
    if (code == FERRITE_OK) code = values_fit(db, members, count, 1);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, add_operation, &call);
    return db_answer(code, (int)call.number, err);
}

int ferrite_sadd(ferrite_db *db, const char *key, size_t key_len, const char *member,
                 size_t member_len, ferrite_error **err) {
    const ferrite_slice item = {member, member_len};
    return ferrite_sadd_many(db, key, key_len, &item, 1, err);
}

static int remove_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return set_remove(ks, call->key, call->items, call->count, &call->number);
}

int ferrite_srem_many(ferrite_db *db, const char *key, size_t key_len,
                      const ferrite_slice *members, size_t count, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .items = members, .count = count};
    int code = members_check(call.key, members, count);
    if (code == FERRITE_OK) code = db_write(db, WRITE_FREES, remove_operation, &call);
    return db_answer(code, (int)call.number, err);
}

int ferrite_srem(ferrite_db *db, const char *key, size_t key_len, const char *member,
                 size_t member_len, ferrite_error **err) {
    const ferrite_slice item = {member, member_len};
    return ferrite_srem_many(db, key, key_len, &item, 1, err);
}

static int move_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return set_move(ks, call->key, call->to, call->member, &call->done);
}

int ferrite_smove(ferrite_db *db, const char *from, size_t from_len, const char *to, size_t to_len,
                  const char *member, size_t member_len, ferrite_error **err) {
    struct call call = {
        .key = {from, from_len}, .to = {to, to_len}, .member = {member, member_len}};
    int code = key_check(call.key);
    if (code == FERRITE_OK) code = key_check(call.to);
    if (code == FERRITE_OK) code = member_check(call.member);
    if (code == FERRITE_OK) code = db_write(db, WRITE_MOVES, move_operation, &call);
    return db_answer(code, call.done, err);
}

/* ---- looking ---- */

static int has_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return set_has(ks, call->key, call->items, call->count, call->there);
}

int ferrite_smismember(ferrite_db *db, const char *key, size_t key_len,
                       const ferrite_slice *members, size_t count, int *there,
                       ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .items = members, .count = count, .there = there};
    int code = members_check(call.key, members, count);
    if (code == FERRITE_OK && there == NULL && count != 0)
        code = error_set(FERRITE_INVALID, "ERR there is NULL");
    if (code == FERRITE_OK) code = db_read(db, has_operation, &call);
    return db_answer(code, 0, err);
}

int ferrite_sismember(ferrite_db *db, const char *key, size_t key_len, const char *member,
                      size_t member_len, ferrite_error **err) {
    const ferrite_slice item = {member, member_len};
    int there = 0, result = ferrite_smismember(db, key, key_len, &item, 1, &there, err);
    return result == 0 ? there : result;
}

static int len_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return set_len(ks, call->key, &call->number);
}

int ferrite_scard(ferrite_db *db, const char *key, size_t key_len, uint64_t *count,
                  ferrite_error **err) {
    struct call call = {.key = {key, key_len}};
    int code = key_check(call.key);
    if (code == FERRITE_OK) code = db_read(db, len_operation, &call);
    if (count != NULL) *count = call.number;
    return db_answer(code, 0, err);
}

static int list_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return set_list(ks, call->key, &call->list);
}

ferrite_slice *ferrite_smembers(ferrite_db *db, const char *key, size_t key_len, size_t *count,
                                ferrite_error **err) {
    struct call call = {.key = {key, key_len}};
    int code = key_check(call.key);
    if (code == FERRITE_OK) code = db_read(db, list_operation, &call);
    return slices_answer(code, &call.list, count, err);
}

static int scan_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return set_scan(ks, &call->scan, &call->list);
}

ferrite_slice *ferrite_sscan(ferrite_db *db, const char *key, size_t key_len, uint64_t *cursor,
                             const char *pattern, size_t pattern_len, size_t effort, size_t *count,
                             ferrite_error **err) {
    struct call call = {.scan = {{key, key_len}, {pattern, pattern_len}, effort, 0}};
    int code = db_scan(db, &call.scan, cursor, scan_operation, &call);
    return db_scan_end(&call.scan, cursor, slices_answer(code, &call.list, count, err));
}

/* ---- random members ---- */

static int random_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return set_random(ks, call->key, call->how_many, &call->list);
}

static int random_members(ferrite_db *db, struct call *call) {
    int code = key_check(call->key);
    if (code == FERRITE_OK) code = sample_check(call->how_many);
    return code == FERRITE_OK ? db_read(db, random_operation, call) : code;
}

char *ferrite_srandmember(ferrite_db *db, const char *key, size_t key_len, size_t *member_len,
                          ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .how_many = -1};
    return member_answer(random_members(db, &call), &call, member_len, err);
}

ferrite_slice *ferrite_srandmember_many(ferrite_db *db, const char *key, size_t key_len,
                                        int64_t how_many, size_t *count, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .how_many = how_many};
    int code = random_members(db, &call);
    return slices_answer(code, &call.list, count, err);
}

/* Runs again when its commit found the disk full: its first answer goes. */
static int pop_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    slices_clear(&call->list);
    return set_pop(ks, call->key, call->limit, &call->list);
}

static int pop_members(ferrite_db *db, struct call *call) {
    int code = key_check(call->key);
    return code == FERRITE_OK ? db_write(db, WRITE_FREES, pop_operation, call) : code;
}

char *ferrite_spop(ferrite_db *db, const char *key, size_t key_len, size_t *member_len,
                   ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .limit = 1};
    return member_answer(pop_members(db, &call), &call, member_len, err);
}

ferrite_slice *ferrite_spop_many(ferrite_db *db, const char *key, size_t key_len,
                                 uint64_t how_many, size_t *count, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .limit = how_many};
    int code = pop_members(db, &call);
    return slices_answer(code, &call.list, count, err);
}
