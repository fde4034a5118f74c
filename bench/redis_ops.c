/*
 * redis_ops.c - see redis.h: the operations, each for Redis and for Ferrite. What a function of
 * Ferrite returns is given back as a program would.
 */
#include "redis.h"

static void check(bool fine, const char *what, ferrite_error *err) {
    if (!fine) redis_check(false, what, err);
}

#define KEY(number)            \
    char key[KEY_LEN];         \
    ferrite_error *err = NULL; \
    key_make(number, key)
#define NAME(name) (name), sizeof(name) - 1

static void set(ferrite_db *db, uint64_t number) {
    KEY(number);
    char value[VALUE_LEN];
    redis_value(number, value);
    check(ferrite_set(db, key, KEY_LEN, value, VALUE_LEN, &err) >= 0, "set", err);
}

static void get(ferrite_db *db, uint64_t number) {
    KEY(number);
    char *value = ferrite_get(db, key, KEY_LEN, NULL, &err);
    check(value, "get", err);
    ferrite_free(value);
}

static void incr(ferrite_db *db, uint64_t number) {
    KEY(redis_counter(number));
    int64_t result;
    check(ferrite_incr(db, key, KEY_LEN, &result, &err) >= 0, "incr", err);
}

static void hset(ferrite_db *db, uint64_t number) {
    KEY(number);
    char value[VALUE_LEN];
    redis_value(number, value);
    check(ferrite_hset(db, NAME("hash"), key, KEY_LEN, value, VALUE_LEN, &err) >= 0, "hset", err);
}

static void hget(ferrite_db *db, uint64_t number) {
    KEY(number);
    char *value = ferrite_hget(db, NAME("hash"), key, KEY_LEN, NULL, &err);
    check(value, "hget", err);
    ferrite_free(value);
}

static void sadd(ferrite_db *db, uint64_t number) {
    KEY(number);
    check(ferrite_sadd(db, NAME("set"), key, KEY_LEN, &err) >= 0, "sadd", err);
}

static void sismember(ferrite_db *db, uint64_t number) {
    KEY(number);
    check(ferrite_sismember(db, NAME("set"), key, KEY_LEN, &err) == 1, "sismember", err);
}

static void lpush(ferrite_db *db, uint64_t number) {
    KEY(number);
    check(ferrite_lpush(db, NAME("left"), key, KEY_LEN, &err) >= 0, "lpush", err);
}

static void rpush(ferrite_db *db, uint64_t number) {
    KEY(number);
    check(ferrite_rpush(db, NAME("list"), key, KEY_LEN, &err) >= 0, "rpush", err);
}

static void lpop(ferrite_db *db, uint64_t number) {
    (void)number;
    ferrite_error *err = NULL;
    char *element = ferrite_lpop(db, NAME("left"), NULL, &err);
    check(element, "lpop", err);
    ferrite_free(element);
}

static void rpop(ferrite_db *db, uint64_t number) {
    (void)number;
    ferrite_error *err = NULL;
    char *element = ferrite_rpop(db, NAME("list"), NULL, &err);
    check(element, "rpop", err);
    ferrite_free(element);
}

static void lindex(ferrite_db *db, uint64_t number) {
    (void)number;
    ferrite_error *err = NULL;
    char *element = ferrite_lindex(db, NAME("list"), (int64_t)redis_data.count / 2, NULL, &err);
    check(element, "lindex", err);
    ferrite_free(element);
}

static void linsert_at(ferrite_db *db, uint64_t number) {
    KEY(number);
    int64_t middle = (int64_t)redis_data.count / 2;
    check(ferrite_linsert_at(db, NAME("list"), middle, key, KEY_LEN, &err) > 0, "linsert_at", err);
}

static void linsert(ferrite_db *db, uint64_t number) {
    KEY(number);
    char pivot[KEY_LEN];
    key_make(redis_data.order[redis_data.count / 2], pivot);
    int done =
        ferrite_linsert(db, NAME("list"), FERRITE_BEFORE, pivot, KEY_LEN, key, KEY_LEN, NULL, &err);
    check(done == 1, "linsert", err);
}

static void zadd(ferrite_db *db, uint64_t number) {
    KEY(number);
    double score = redis_score(number);
    check(ferrite_zadd(db, NAME("zset"), score, key, KEY_LEN, &err) >= 0, "zadd", err);
}

static void zrank(ferrite_db *db, uint64_t number) {
    KEY(number);
    uint64_t rank;
    check(ferrite_zrank(db, NAME("zset"), key, KEY_LEN, &rank, NULL, &err) == 1, "zrank", err);
}

static void zscore(ferrite_db *db, uint64_t number) {
    KEY(number);
    double score;
    check(ferrite_zscore(db, NAME("zset"), key, KEY_LEN, &score, &err) == 1, "zscore", err);
}

static void zrange(ferrite_db *db, uint64_t number) {
    (void)number;
    ferrite_error *err = NULL;
    size_t count;
    ferrite_zitem *items = ferrite_zrange(db, NAME("zset"), 0, 9, &count, &err);
    check(items && count, "zrange", err);
    ferrite_free(items);
}

static void zrangebyscore(ferrite_db *db, uint64_t number) {
    ferrite_error *err = NULL;
    ferrite_zspan span = FERRITE_ZSPAN_INIT;
    span.by = FERRITE_ZBY_SCORE;
    span.min = redis_score(number);
    span.limit = 10;
    size_t count;
    ferrite_zitem *items = ferrite_zrange_with(db, NAME("zset"), &span, &count, &err);
    check(items && count, "zrangebyscore", err);
    ferrite_free(items);
}

static void zcount(ferrite_db *db, uint64_t number) {
    ferrite_error *err = NULL;
    double min = (double)(number / 2), max = (double)(number / 2 + redis_data.count / 2);
    uint64_t count;
    check(ferrite_zcount(db, NAME("zset"), min, max, &count, &err) == 0, "zcount", err);
}

const struct redis_op redis_ops[] = {
    {"SET", "SET K V", set, .target = 1.1, .first = true},
    {"GET", "GET K", get, .target = 1.1, .sized = "strings"},
    {"INCR", "INCR C", incr, .target = 1.1, .first = true},
    {"HSET", "HSET hash K V", hset, .target = 1.1, .first = true},
    {"HGET", "HGET hash K", hget, .target = 1.1, .sized = "hash"},
    {"SADD", "SADD set K", sadd, .target = 1.1, .first = true},
    {"SISMEMBER", "SISMEMBER set K", sismember, .target = 1.1, .sized = "set"},
    {"LPUSH", "LPUSH left K", lpush, .target = 1.1, .first = true},
    {"LPOP", "LPOP left", lpop, .target = 1.1},
    {"RPUSH", "RPUSH list K", rpush, .target = 1.1, .first = true, .sized = "list"},
    {"LINDEX, middle", "LINDEX list M", lindex, .target = 100, .redis_count = 4000,
     .ferrite_count = 100000},
    {"LINSERT, middle, by index", "LINSERT list BEFORE P K", linsert_at, .target = 100,
     .redis_count = 400, .ferrite_count = 20000},
    {"LINSERT, middle, by pivot", "LINSERT list BEFORE P K", linsert, .redis_count = 400,
     .ferrite_count = 400},
    {"RPOP", "RPOP list", rpop, .target = 1.1},
    {"ZADD", "ZADD zset S K", zadd, .target = 2, .first = true},
    {"ZRANK", "ZRANK zset K", zrank, .target = 2},
    {"ZSCORE", "ZSCORE zset K", zscore, .target = 2},
    {"ZRANGE 0..9", "ZRANGE zset 0 9", zrange, .target = 2},
    {"ZRANGEBYSCORE, first 10", "ZRANGEBYSCORE zset S +inf LIMIT 0 10", zrangebyscore, .target = 2},
    {"ZCOUNT over half", "ZCOUNT zset L H", zcount, .target = 100, .redis_count = 20000,
     .ferrite_count = 100000, .sized = "sorted set"},
    {.name = NULL},
};
