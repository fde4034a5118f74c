/*
 * bounds_memory_test.c - opening with bounds, evicting by each policy and changing policies when the n-th allocation
 * fails, for every n: an error or the right answer, nothing leaked, nobody told of what did not happen.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "libferrite/cache/recency.h"
#include "libferrite/types/evict.h"
#include "support/api.h"
#include "support/memory_rounds.h"

#define MAX_KEYS 24 /* more than the 16 last written keys, which a transaction spares */

/* Longer than what a candidate has room for: it is copied. */
static char name[2 * EVICT_KEY_KEPT];

static ferrite_eviction policy;
static unsigned told;

static void count_told(void *ctx, int database, const char *key, size_t key_len) {
    (void)ctx, (void)database;
    cr_assert(key_len > 0 && (key[0] == 'n' || memcmp(key, "alive", key_len) == 0));
    told++;
}

static void bounds(ferrite_options *options) {
    options->max_keys = MAX_KEYS;
    options->eviction = policy;
    options->on_evict = count_told;
    told = 0;
}

/* Every other name is a long one. */
static size_t name_make(unsigned number) {
    memset(name, 'n', sizeof name);
    const int len = snprintf(name, 16, "n%u-", number);
    if (number % 2 == 0) return (size_t)len;
    name[len] = 'n';
    return sizeof name;
}

static void add(ferrite_db *db, unsigned number, ferrite_error **err) {
    const size_t len = name_make(number);
    ferrite_setex(db, name, len, 100 + number * 37 % 50, S("value"), err);
}

static void add_some(ferrite_db *db, unsigned from, ferrite_error **err) {
    for (unsigned i = from; i < from + 2 * MAX_KEYS; i++) add(db, i, err);
}

static void set_policy(ferrite_db *db, const char *value, ferrite_error **err) {
    const ferrite_slice items[] = {SLICE("maxmemory-policy"), {value, strlen(value)}};
    ferrite_config_set(db, items, 2, err);
}

/* Asking may be what fails. */
static void expect_bounded(ferrite_db *db, ferrite_error **err) {
    ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
    if (ferrite_info(db, &stats, err) != 0) return;
    cr_assert_leq(stats.keys, MAX_KEYS);
    cr_assert_eq(stats.evicted_keys, told);
}

static void evict(ferrite_db *db, ferrite_error **err) {
    add_some(db, 0, err);
    ferrite_db *tx = ferrite_begin(db, err);
    if (tx != NULL) {
        add_some(tx, 100, err);
        ferrite_commit(tx, err);
    }
    ferrite_close(tx);
    expect_bounded(db, err);
}

static void evict_and_change(ferrite_db *db, ferrite_error **err) {
    evict(db, err);
    set_policy(db, "allkeys-lfu", err);
    add_some(db, 200, err);
    set_policy(db, "volatile-ttl", err);
    add_some(db, 300, err);
    set_policy(db, "allkeys-lru", err);
    add_some(db, 400, err);
    expect_bounded(db, err);
}

static const struct memory_plan plan = {evict, NULL, 20, 0, 1, bounds};
static const struct memory_plan changing = {evict_and_change, NULL, 20, 0, 1, bounds};

Test(bounds_memory, each_policy_in_memory, .timeout = 120) {
    for (policy = FERRITE_EVICT_ALL_LRU; policy <= FERRITE_EVICT_VOLATILE_TTL; policy++)
        memory_rounds(NULL, &plan);
}

Test(bounds_memory, each_policy_in_a_file, .timeout = 120) {
    for (policy = FERRITE_EVICT_ALL_LRU; policy <= FERRITE_EVICT_VOLATILE_TTL; policy++)
        memory_rounds_in_a_file(&plan);
}

/* The marks of recency come into being while the database is in use. */
Test(bounds_memory, policies_that_change, .timeout = 120) {
    policy = FERRITE_EVICT_ALL_RANDOM;
    memory_rounds(NULL, &changing);
}

static bool evictor_fails(long n) {
    struct evictor evictor;
    memory_fail(n);
    const int code = evictor_init(&evictor, os_default());
    const bool failed = memory_failed();
    cr_expect_eq(code, failed ? FERRITE_NOMEM : FERRITE_OK);
    evictor_done(&evictor);
    return failed;
}

Test(bounds_memory, an_evictor_without_a_pool_says_so_and_can_be_done_with) {
    long n = 0;
    while (evictor_fails(n)) n++;
    cr_expect_gt(n, 0);
}
