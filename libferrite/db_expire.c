/*
 * db_expire.c - the functions of ferrite.h on expiry: arguments checked, wrapped into operations on
 * types/expire.h; and the removal of expired keys beside other writes. See db.h.
 */
#include "db.h"
#include "os/mem.h"
#include "types/expire.h"
#include "types/string.h"

/* Removed with a write transaction: so many, and so many more for each effect of the transaction.
 * More than one, so that writers who only ever make keys that expire keep up. */
#define EXPIRE_BESIDE     2u
#define EXPIRE_PER_EFFECT 2u
/* Each such transaction looks at a logical database of its turn instead of its own. */
#define EXPIRE_TURN_EVERY 8u

/* The arguments and answers of one call; each operation uses what it needs. */
struct call {
    ferrite_slice key;
    int64_t time; /* a moment or a duration, seconds or ms */
    bool relative, seconds;
    const char *command;
    uint32_t flags;
    bool done;
    int64_t answer;
    ferrite_slice value;
    char *text;
    size_t len;
    uint64_t limit, removed;
};

/* The moment meant by a call, in ms. FERRITE_RANGE when there is none. */
static int moment(struct keyspace *ks, const struct call *call, int64_t *at_ms) {
    int64_t value = call->time, base = call->relative ? keyspace_now(ks) : 0;
    bool fits = !call->seconds || (value <= INT64_MAX / 1000 && value >= INT64_MIN / 1000);
    if (fits && call->seconds) value *= 1000;
    fits = fits && (base <= 0 || value <= INT64_MAX - base) &&
           (base >= 0 || value >= INT64_MIN - base);
    if (!fits)
        return error_set(FERRITE_RANGE, "ERR invalid expire time in '%s' command", call->command);
    *at_ms = value + base;
    return FERRITE_OK;
}

static int expire_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    int64_t at_ms = 0;
    int code = moment(ks, call, &at_ms);
    return code == FERRITE_OK ? expire_set(ks, call->key, at_ms, call->flags, &call->done) : code;
}

static int expire_call(ferrite_db *db, struct call *call, ferrite_error **err) {
    int code = key_check(call->key);
    if (code == FERRITE_OK) code = db_write(db, WRITE_FREES, expire_operation, call);
    return db_answer(code, call->done, err);
}

int ferrite_expire(ferrite_db *db, const char *key, size_t key_len, int64_t seconds,
                   ferrite_error **err) {
    struct call call = {.key = {key, key_len},
                        .time = seconds,
                        .relative = true,
                        .seconds = true,
                        .command = "expire"};
    return expire_call(db, &call, err);
}

int ferrite_pexpire(ferrite_db *db, const char *key, size_t key_len, int64_t ms,
                    ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .time = ms, .relative = true, .command = "pexpire"};
    return expire_call(db, &call, err);
}

int ferrite_expireat(ferrite_db *db, const char *key, size_t key_len, int64_t at_seconds,
                     ferrite_error **err) {
    struct call call = {
        .key = {key, key_len}, .time = at_seconds, .seconds = true, .command = "expireat"};
    return expire_call(db, &call, err);
}

int ferrite_pexpireat(ferrite_db *db, const char *key, size_t key_len, int64_t at_ms,
                      ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .time = at_ms, .command = "pexpireat"};
    return expire_call(db, &call, err);
}

static int flags_check(uint32_t flags) {
    const uint32_t known =
        FERRITE_EXPIRE_NX | FERRITE_EXPIRE_XX | FERRITE_EXPIRE_GT | FERRITE_EXPIRE_LT;
    if ((flags & ~known) != 0) return error_set(FERRITE_INVALID, "ERR unknown flags of expire");
    if ((flags & FERRITE_EXPIRE_NX) && flags != FERRITE_EXPIRE_NX)
        return error_set(FERRITE_SYNTAX, "ERR NX and XX, GT or LT options at the same time are "
                                         "not compatible");
    if ((flags & FERRITE_EXPIRE_GT) && (flags & FERRITE_EXPIRE_LT))
        return error_set(FERRITE_SYNTAX,
                         "ERR GT and LT options at the same time are not compatible");
    return FERRITE_OK;
}

int ferrite_pexpireat_with(ferrite_db *db, const char *key, size_t key_len, int64_t at_ms,
                           uint32_t flags, ferrite_error **err) {
    struct call call = {
        .key = {key, key_len}, .time = at_ms, .flags = flags, .command = "pexpireat"};
    int code = flags_check(flags);
    return code == FERRITE_OK ? expire_call(db, &call, err) : error_give(err, code);
}

static int persist_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    return expire_persist(ks, call->key, &call->done);
}

int ferrite_persist(ferrite_db *db, const char *key, size_t key_len, ferrite_error **err) {
    struct call call = {.key = {key, key_len}};
    int code = key_check(call.key);
    if (code == FERRITE_OK) code = db_write(db, WRITE_MOVES, persist_operation, &call);
    return db_answer(code, call.done, err);
}

/* ---- asking ---- */

static int get_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    int code = expire_get(ks, call->key, &call->answer);
    if (code != FERRITE_OK || call->answer == EXPIRE_ABSENT || call->answer == EXPIRE_NEVER)
        return code;
    if (call->relative) call->answer -= keyspace_now(ks);
    if (call->seconds) call->answer = call->answer / 1000 + (call->answer % 1000 >= 500);
    return FERRITE_OK;
}

static int get_call(ferrite_db *db, struct call *call, int64_t *out, ferrite_error **err) {
    int code = key_check(call->key);
    if (code == FERRITE_OK) code = db_read(db, get_operation, call);
    if (out != NULL) *out = code == FERRITE_OK ? call->answer : EXPIRE_ABSENT;
    return db_answer(code, 0, err);
}

int ferrite_ttl(ferrite_db *db, const char *key, size_t key_len, int64_t *out,
                ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .relative = true, .seconds = true};
    return get_call(db, &call, out, err);
}

int ferrite_pttl(ferrite_db *db, const char *key, size_t key_len, int64_t *out,
                 ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .relative = true};
    return get_call(db, &call, out, err);
}

int ferrite_expiretime(ferrite_db *db, const char *key, size_t key_len, int64_t *out,
                       ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .seconds = true};
    return get_call(db, &call, out, err);
}

int ferrite_pexpiretime(ferrite_db *db, const char *key, size_t key_len, int64_t *out,
                        ferrite_error **err) {
    struct call call = {.key = {key, key_len}};
    return get_call(db, &call, out, err);
}

/* ---- strings with an expiry ---- */

static int setex_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    struct string_set set = {0};
    int code = moment(ks, call, &set.expire_at_ms);
    return code == FERRITE_OK ? string_set_with(ks, call->key, call->value, &set) : code;
}

static int setex_call(ferrite_db *db, struct call *call, ferrite_error **err) {
    int code = key_check(call->key);
    if (code == FERRITE_OK) code = value_check(call->value);
    if (code == FERRITE_OK) code = value_fits(db, call->value);
    if (code == FERRITE_OK && call->time <= 0)
        code = error_set(FERRITE_RANGE, "ERR invalid expire time in '%s' command", call->command);
    if (code == FERRITE_OK) code = db_write(db, WRITE_ADDS, setex_operation, call);
    return db_answer(code, 0, err);
}

int ferrite_setex(ferrite_db *db, const char *key, size_t key_len, int64_t seconds,
                  const char *value, size_t value_len, ferrite_error **err) {
    struct call call = {.key = {key, key_len},
                        .time = seconds,
                        .relative = true,
                        .seconds = true,
                        .command = "setex",
                        .value = {value, value_len}};
    return setex_call(db, &call, err);
}

int ferrite_psetex(ferrite_db *db, const char *key, size_t key_len, int64_t ms, const char *value,
                   size_t value_len, ferrite_error **err) {
    struct call call = {.key = {key, key_len},
                        .time = ms,
                        .relative = true,
                        .command = "psetex",
                        .value = {value, value_len}};
    return setex_call(db, &call, err);
}

/* An operation runs again when its commit found the disk full: its first answer goes. */
static int getex_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    mem_free(call->text);
    return expire_get_string(ks, call->key, call->time, &call->text, &call->len);
}

char *ferrite_getex(ferrite_db *db, const char *key, size_t key_len, int64_t at_ms,
                    size_t *value_len, ferrite_error **err) {
    struct call call = {.key = {key, key_len}, .time = at_ms};
    int code = key_check(call.key);
    if (code == FERRITE_OK && at_ms < 0)
        code = error_set(FERRITE_RANGE, "ERR invalid expire time in 'getex' command");
    if (code == FERRITE_OK) code = db_write(db, WRITE_FREES, getex_operation, &call);
    if (value_len != NULL) *value_len = code == FERRITE_OK ? call.len : 0;
    if (code == FERRITE_OK) return call.text;
    mem_free(call.text);
    error_give(err, code);
    return NULL;
}

/* ---- removing what has expired ---- */

/* With expire_interval_ms a round of removals goes on until nothing is left to remove, and then the next
 * one waits. A clock that was set back does not make it wait longer. */
static bool round_due(const struct core *core, uint32_t db, int64_t interval_ms, int64_t now_ms) {
    int64_t wait_ms = core->expire_due_ms[db] - now_ms;
    return wait_ms <= 0 || wait_ms > interval_ms;
}

static __attribute__((noinline)) int expire_beside(struct core *core, struct txn *txn, uint32_t db) {
    struct keyspace ks = {.txn = txn, .clock = &core->clock, .db = db};
    uint64_t removed, limit = EXPIRE_BESIDE + EXPIRE_PER_EFFECT * txn->ops;
    int64_t interval_ms = OPTION(core, expire_interval_ms);
    if (interval_ms != 0 && !round_due(core, db, interval_ms, keyspace_now(&ks))) return FERRITE_OK;
    int code = expire_cycle(&ks, limit, &removed);
    if (removed != 0)
        log_at(&core->log, FERRITE_LOG_DEBUG, "removed %llu expired keys of database %u",
               (unsigned long long)removed, db);
    if (interval_ms != 0 && code == FERRITE_OK && removed < limit)
        core->expire_due_ms[db] = keyspace_now(&ks) + interval_ms;
    return code;
}

int core_expire(struct core *core, struct txn *txn, uint32_t db) {
    uint32_t turn = core->expire_turn++;
    if (turn % EXPIRE_TURN_EVERY == 0) db = turn / EXPIRE_TURN_EVERY % txn->databases;
    if (__builtin_expect(txn_expiry(txn, db)->root == 0, 1)) return FERRITE_OK;
    return expire_beside(core, txn, db);
}

static int cycle_operation(struct keyspace *ks, void *ctx) {
    struct call *call = ctx;
    int code = keyspace_readable(ks);
    return code == FERRITE_OK ? expire_cycle(ks, call->limit, &call->removed) : code;
}

int ferrite_expire_cycle(ferrite_db *db, int limit, ferrite_error **err) {
    struct call call = {.limit = (uint64_t)limit};
    int code = limit >= 0 ? FERRITE_OK : error_set(FERRITE_RANGE, "ERR limit is negative");
    if (code == FERRITE_OK) code = db_write(db, WRITE_FREES, cycle_operation, &call);
    return db_answer(code, (int)call.removed, err);
}
