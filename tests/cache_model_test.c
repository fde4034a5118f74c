/*
 * cache_model_test.c - the same random commands to a database with a tiny hot cache and to one without: every reply
 * is the same, and most reads are answered by the cache.
 */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "support/api.h"
#include "support/clock.h"

#define KEYS 40u

static uint64_t state;

static uint32_t below(uint32_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % n;
}

/* A database with its sessions and the transaction or batch that is open on it, if one is. */
struct side {
    ferrite_db *db, *other, *tx;
};

static struct side side_open(uint64_t cache_size) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.clock_ms = clock_now;
    options.cache_size = cache_size;
    struct side side = {ferrite_open_with(NULL, &options, NULL), NULL, NULL};
    cr_assert_not_null(side.db);
    side.other = ferrite_select(side.db, 1, NULL);
    return side;
}

static void side_close(struct side *side) {
    ferrite_close(side->tx);
    ferrite_close(side->other);
    ferrite_close(side->db);
}

static struct side cached, plain;

static bool same_reply(const ferrite_reply *a, const ferrite_reply *b) {
    if (a->type != b->type || a->integer != b->integer || a->len != b->len || a->count != b->count)
        return false;
    if (a->len != 0 && memcmp(a->str, b->str, a->len) != 0) return false;
    for (size_t i = 0; i < a->count; i++)
        if (!same_reply(&a->elements[i], &b->elements[i])) return false;
    return true;
}

/* On the root handle (0), the other database (1), or the open transaction (2). */
static void both(int where, const char *format, ...) {
    char text[400];
    const char *argv[16];
    int argc = 0;
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    char shown[400];
    snprintf(shown, sizeof shown, "%s", text);
    for (char *save, *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    const struct side *sides[] = {&cached, &plain};
    ferrite_reply *replies[2];
    for (int i = 0; i < 2; i++) {
        ferrite_db *db = where == 0 ? sides[i]->db : where == 1 ? sides[i]->other : sides[i]->tx;
        replies[i] = ferrite_command(db, argc, argv, NULL, NULL);
        cr_assert_not_null(replies[i]);
    }
    cr_assert(same_reply(replies[0], replies[1]), "%s (on %d): '%s' and '%s'", shown, where,
              replies[0]->str, replies[1]->str);
    ferrite_free(replies[0]);
    ferrite_free(replies[1]);
}

static void value_make(char value[300]) {
    uint32_t len = below(10) == 0 ? below(290) : below(20);
    if (below(3) == 0) {
        snprintf(value, 300, "%u", below(1000));
        return;
    }
    memset(value, 'a' + (int)below(26), len + 1);
    value[len + 1] = '\0';
}

static void write_one(int where, uint32_t key, uint32_t other) {
    char value[300];
    value_make(value);
    switch (below(22)) {
    case 0:
        both(where, "DEL k%u", key);
        return;
    case 1:
        both(where, "APPEND k%u %s", key, value);
        return;
    case 2:
        both(where, "INCRBY k%u %u", key, other);
        return;
    case 3:
        both(where, "SETRANGE k%u %u %s", key, below(30), value);
        return;
    case 4:
        both(where, "PEXPIREAT k%u %lld", key, (long long)now_ms + below(3000));
        return;
    case 5:
        both(where, "PERSIST k%u", key);
        return;
    case 6:
        both(where, "RENAME k%u k%u", key, other);
        return;
    case 7:
        both(where, "COPY k%u k%u REPLACE", key, other);
        return;
    case 8:
        both(where, "MOVE k%u %u", key, where == 1 ? 0 : 1);
        return;
    case 9:
        both(where, "GETDEL k%u", key);
        return;
    case 10:
        both(where, "SET k%u %s PX %u", key, value, 1 + below(2000));
        return;
    case 11:
        both(where, "MSET k%u %s k%u x", key, value, other);
        return;
    case 12:
        both(where, "SET k%u %s XX GET", key, value);
        return;
    case 13:
        both(where, "GETEX k%u PX %u", key, 1 + below(2000));
        return;
    case 14:
        both(where, "SETNX k%u %s", key, value);
        return;
    case 15:
        both(where, "SADD k%u %s", key, value);
        return;
    case 16:
        both(where, "SUNIONSTORE k%u k%u", key, other);
        return;
    case 17:
        if (below(20) == 0) both(where, "SWAPDB 0 1");
        return;
    case 18:
        if (below(40) == 0) both(where, below(4) == 0 ? "FLUSHALL" : "FLUSHDB");
        return;
    default:
        both(where, "SET k%u %s", key, value);
    }
}

static void read_one(int where, uint32_t key) {
    static const char *const reads[] = {"GET k%u",  "GET k%u",  "GET k%u",    "EXISTS k%u",
                                        "TYPE k%u", "PTTL k%u", "STRLEN k%u", "MGET k%u k1 k2"};
    both(where, reads[below(sizeof reads / sizeof *reads)], key);
}

static void transaction_step(void) {
    struct side *sides[] = {&cached, &plain};
    bool begin = cached.tx == NULL, commit = below(3) != 0;
    for (int i = 0; i < 2; i++) {
        if (begin) {
            sides[i]->tx = ferrite_begin(sides[i]->db, NULL);
            continue;
        }
        cr_assert_eq(
            commit ? ferrite_commit(sides[i]->tx, NULL) : ferrite_rollback(sides[i]->tx, NULL), 0);
        ferrite_close(sides[i]->tx);
        sides[i]->tx = NULL;
    }
}

static void step(void) {
    uint32_t key = below(4) == 0 ? below(KEYS) : below(6), other = below(KEYS);
    if (below(60) == 0) transaction_step();
    if (below(10) == 0) now_ms += below(300);
    int root = (int)below(5) == 0;
    if (below(3) != 0)
        read_one(cached.tx != NULL && below(4) == 0 ? 2 : root, key);
    else if (cached.tx == NULL)
        write_one(root, key, other);
    else if (below(2) == 0)
        write_one(2, key, other); /* root handles would wait for it */
}

static void run(uint64_t seed, uint64_t cache_size, int steps) {
    state = seed;
    cached = side_open(cache_size);
    plain = side_open(FERRITE_CACHE_OFF);
    for (int i = 0; i < steps; i++) step();
    if (cached.tx != NULL) transaction_step();
    ferrite_stats stats = api_stats(cached.db);
    cr_expect_gt(stats.cache_hits, (uint64_t)steps / 20);
    cr_expect_leq(stats.cache_bytes, cache_size);
    api_expect_sound(cached.db);
    side_close(&cached);
    side_close(&plain);
}

Test(cache_model, a_tiny_cache_changes_no_reply) { run(1, 12 << 10, 60000); }
Test(cache_model, a_small_cache_changes_no_reply) { run(2, 2 << 20, 60000); }
