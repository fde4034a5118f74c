/*
 * hits_redis.c - replays a trace on a redis-server. See hits.h.
 *
 * The GETs of a few requests go out together, then the SETs of those that missed. A batch ends where a
 * key comes up again, so that each GET sees what the requests before it did.
 */
#include "hits.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_MAX 64u

struct batch {
    uint64_t first, count; /* requests of the trace */
    bool hit[BATCH_MAX];
};

static redisReply *reply_take(redisContext *redis) {
    redisReply *reply = NULL;
    if (redisGetReply(redis, (void **)&reply) != REDIS_OK) bench_die("redis: %s", redis->errstr);
    return reply;
}

static void config_set(redisContext *redis, const char *name, const char *value) {
    redisReply *reply = redisCommand(redis, "CONFIG SET %s %s", name, value);
    if (!reply || reply->type == REDIS_REPLY_ERROR) bench_die("redis: CONFIG SET %s failed", name);
    freeReplyObject(reply);
}

static uint64_t key_count(redisContext *redis) {
    redisReply *reply = redisCommand(redis, "DBSIZE");
    if (!reply || reply->type != REDIS_REPLY_INTEGER) bench_die("redis: DBSIZE failed");
    uint64_t count = (uint64_t)reply->integer;
    freeReplyObject(reply);
    return count;
}

static void batch_choose(struct batch *batch, const struct hits_trace *trace) {
    const uint64_t *numbers = trace->numbers + batch->first;
    uint64_t left = trace->count - batch->first;
    for (batch->count = 0; batch->count < left && batch->count < BATCH_MAX; batch->count++)
        for (uint64_t i = 0; i < batch->count; i++)
            if (numbers[i] == numbers[batch->count]) return;
}

static void batch_get(redisContext *redis, const struct hits_trace *trace, struct batch *batch) {
    for (uint64_t i = 0; i < batch->count; i++) {
        char key[KEY_LEN];
        const char *argv[] = {"GET", key};
        const size_t lens[] = {3, KEY_LEN};
        key_make(trace->numbers[batch->first + i], key);
        redisAppendCommandArgv(redis, 2, argv, lens);
    }
    for (uint64_t i = 0; i < batch->count; i++) {
        redisReply *reply = reply_take(redis);
        if (reply->type == REDIS_REPLY_ERROR) bench_die("redis: GET: %s", reply->str);
        batch->hit[i] = reply->type == REDIS_REPLY_STRING;
        freeReplyObject(reply);
    }
}

static void set_send(redisContext *redis, uint64_t number, int64_t expiry) {
    char key[KEY_LEN], value[VALUE_LEN], seconds[32];
    key_make(number, key);
    hits_value(number, value);
    size_t seconds_len = (size_t)snprintf(seconds, sizeof seconds, "%lld", (long long)expiry);
    const char *argv[] = {"SET", key, value, "EX", seconds};
    const size_t lens[] = {3, KEY_LEN, VALUE_LEN, 2, seconds_len};
    redisAppendCommandArgv(redis, expiry ? 5 : 3, argv, lens);
}

/* Gives how many were refused. */
static uint64_t batch_set(redisContext *redis, const struct hits_trace *trace,
                          const struct hits_policy *policy, const struct batch *batch) {
    uint64_t refused = 0;
    for (uint64_t i = 0; i < batch->count; i++) {
        uint64_t number = trace->numbers[batch->first + i];
        if (!batch->hit[i]) set_send(redis, number, hits_expiry(policy, number));
    }
    for (uint64_t i = 0; i < batch->count; i++) {
        if (batch->hit[i]) continue;
        redisReply *reply = reply_take(redis);
        bool full = reply->type == REDIS_REPLY_ERROR && !strncmp(reply->str, "OOM", 3);
        if (reply->type == REDIS_REPLY_ERROR && !full) bench_die("redis: SET: %s", reply->str);
        refused += full;
        freeReplyObject(reply);
    }
    return refused;
}

static void prepare(redisContext *redis, const struct hits_policy *policy, uint64_t bytes) {
    char number[32];
    snprintf(number, sizeof number, "%llu", (unsigned long long)bytes);
    config_set(redis, "maxmemory", "0");
    freeReplyObject(redisCommand(redis, "FLUSHALL SYNC"));
    config_set(redis, "maxmemory-policy", policy->name);
    config_set(redis, "maxmemory", number);
}

struct hits_counts hits_replay_redis(redisContext *redis, const struct hits_trace *trace,
                                     const struct hits_policy *policy, uint64_t bytes) {
    struct hits_counts counts = {0};
    struct batch batch = {0};
    prepare(redis, policy, bytes);
    for (; batch.first < trace->count; batch.first += batch.count) {
        batch_choose(&batch, trace);
        batch_get(redis, trace, &batch);
        counts.refused += batch_set(redis, trace, policy, &batch);
        for (uint64_t i = 0; i < batch.count; i++) {
            counts.requests += hits_counted(trace, batch.first + i);
            counts.hits += batch.hit[i] && hits_counted(trace, batch.first + i);
        }
    }
    counts.keys = key_count(redis);
    return counts;
}
