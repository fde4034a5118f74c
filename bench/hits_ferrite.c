/*
 * hits_ferrite.c - replays a trace on Ferrite in memory. See hits.h.
 */
#include "hits.h"

#include <time.h>

static int64_t now_ms(void *ctx) {
    static struct timespec begin;
    struct timespec now;
    (void)ctx;
    clock_gettime(CLOCK_REALTIME, &now);
    if (begin.tv_sec == 0) begin = now;
    int64_t passed_us = (now.tv_sec - begin.tv_sec) * INT64_C(1000000) +
                        (now.tv_nsec - begin.tv_nsec) / 1000;
    return (int64_t)begin.tv_sec * 1000 + passed_us * CLOCK_FACTOR / 1000;
}

static bool is_there(ferrite_db *db, const char key[KEY_LEN]) {
    ferrite_error *err = NULL;
    char *value = ferrite_get(db, key, KEY_LEN, NULL, &err);
    if (!value && err) bench_die("ferrite: get: %s", ferrite_error_message(err));
    ferrite_free(value);
    return value != NULL;
}

/* False: the bound refuses it. */
static bool put(ferrite_db *db, const char key[KEY_LEN], uint64_t number, int64_t expiry) {
    char value[VALUE_LEN];
    ferrite_error *err = NULL;
    ferrite_set_options options = FERRITE_SET_OPTIONS_INIT;
    options.expire_at_ms = expiry ? now_ms(NULL) + expiry * 1000 : 0;
    hits_value(number, value);
    int done = ferrite_set_with(db, key, KEY_LEN, value, VALUE_LEN, &options, NULL, NULL, &err);
    if (done < 0 && ferrite_error_code(err) != FERRITE_FULL)
        bench_die("ferrite: set: %s", ferrite_error_message(err));
    ferrite_error_free(err);
    return done > 0;
}

struct hits_counts hits_replay_ferrite(const struct hits_trace *trace,
                                       const struct hits_policy *policy, uint64_t bytes) {
    struct hits_counts counts = {0};
    char key[KEY_LEN];
    ferrite_error *err = NULL;
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.max_memory = bytes;
    options.eviction = policy->eviction;
    options.clock_ms = now_ms;
    ferrite_db *db = ferrite_open_with(NULL, &options, &err);
    if (!db) bench_die("ferrite: open: %s", ferrite_error_message(err));
    for (uint64_t i = 0; i < trace->count; i++) {
        uint64_t number = trace->numbers[i];
        key_make(number, key);
        bool hit = is_there(db, key);
        if (!hit) counts.refused += !put(db, key, number, hits_expiry(policy, number));
        counts.requests += hits_counted(trace, i);
        counts.hits += hit && hits_counted(trace, i);
    }
    ferrite_dbsize(db, &counts.keys, NULL);
    ferrite_close(db);
    return counts;
}
