/* content.c - see content.h. */
#include "content.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/choices.h"
#include "tests/harness/oracle.h"
#include "tests/harness/state.h"

#define FAR_MS 4102444800000 /* the year 2100 */
#define DATABASES 3
#define BIG 300000
#define LONG_KEY 3000

static char bytes[BIG];

static size_t name(char *key, const char *kind, int i) {
    size_t len = (size_t)sprintf(key, "%s:%06d", kind, i * 7919 % 1000003);
    if (i % 41 == 40) { /* longer than fits into a page's cell */
        memset(key + len, 'k', LONG_KEY);
        len += LONG_KEY;
    }
    return len;
}

static void fill_string(ferrite_db *db, int i, struct choices *choices) {
    char key[LONG_KEY + 32];
    size_t len = name(key, "string", i);
    size_t size = i % 50 == 49 ? choose(choices, BIG) : i % 10 == 9 ? choose(choices, 9000) : choose(choices, 200);
    cr_assert_eq(ferrite_set(db, key, len, bytes + i % 26, size < BIG - 26 ? size : BIG - 26, NULL), 0);
    if (i % 4 == 0) ferrite_pexpireat(db, key, len, FAR_MS + (int64_t)choose(choices, 1000000), NULL);
}

/* Small ones lie in their records, every tenth in trees; some have long values. */
static void fill_collections(ferrite_db *db, int i, struct choices *choices) {
    static const char *const kinds[] = {"hash", "list", "set", "zset"};
    char key[LONG_KEY + 32], member[64];
    size_t lens[4];
    int members = i % 10 == 0 ? 300 : 3;
    for (int kind = 0; kind < 4; kind++) lens[kind] = name(key, kinds[kind], i);
    for (int m = 0; m < members; m++) {
        size_t len = (size_t)sprintf(member, "member-%05llu", (unsigned long long)choose(choices, 100000));
        size_t size = m % 100 == 50 ? choose(choices, 70000) : choose(choices, 60);
        name(key, kinds[0], i);
        cr_assert_geq(ferrite_hset(db, key, lens[0], member, len, bytes, size, NULL), 0);
        name(key, kinds[1], i);
        cr_assert_geq(ferrite_rpush(db, key, lens[1], bytes + m, size, NULL), 0);
        name(key, kinds[2], i);
        cr_assert_geq(ferrite_sadd(db, key, lens[2], member, len, NULL), 0);
        name(key, kinds[3], i);
        cr_assert_geq(ferrite_zadd(db, key, lens[3], (double)choose(choices, 1000), member, len, NULL), 0);
    }
    if (i % 5 != 0) return;
    name(key, kinds[0], i);
    ferrite_slice field = {member, strlen(member)};
    int64_t result;
    ferrite_hpexpireat(db, key, lens[0], FAR_MS + i, 0, &field, 1, &result, NULL);
}

void content_fill(ferrite_db *db, int scale, uint64_t seed) {
    struct choices choices = choices_seeded(seed);
    for (int i = 0; i < BIG; i++) bytes[i] = (char)('a' + i % 26);
    for (int index = 0; index < DATABASES; index++) {
        ferrite_db *chosen = ferrite_select(db, index * 2, NULL);
        for (int i = 0; i < scale >> index; i++) fill_string(chosen, i, &choices);
        for (int i = 0; i < scale >> index; i += 5) fill_collections(chosen, i, &choices);
        ferrite_close(chosen);
    }
}

static void thin_hash(ferrite_db *db, const char *key, size_t len) {
    size_t count = 0;
    ferrite_slice *fields = ferrite_hkeys(db, key, len, &count, NULL);
    for (size_t i = 0; i < count; i++)
        if (i % 10 != 0) ferrite_hdel(db, key, len, fields[i].data, fields[i].len, NULL);
    ferrite_free(fields);
}

void content_thin(ferrite_db *db, int scale) {
    static const char *const kinds[] = {"string", "hash", "list", "set", "zset"};
    char key[LONG_KEY + 32];
    for (int index = 0; index < DATABASES; index++) {
        ferrite_db *chosen = ferrite_select(db, index * 2, NULL);
        for (int i = 0; i < scale >> index; i++)
            for (int kind = 0; kind < 5; kind++) {
                size_t len = name(key, kinds[kind], i);
                if (i % 10 != 0) ferrite_del(chosen, key, len, NULL);
                else if (kind == 1) thin_hash(chosen, key, len);
                else if (kind == 2) ferrite_ltrim(chosen, key, len, 0, 40, NULL);
            }
        ferrite_close(chosen);
    }
}

static uint64_t key_digest(ferrite_db *db, const ferrite_slice *key, int type) {
    size_t len;
    int64_t expires = 0;
    char *value = state_value(db, key->data, key->len, &len, NULL);
    cr_assert_not_null(value);
    ferrite_pexpiretime(db, key->data, key->len, &expires, NULL);
    uint64_t digest = oracle_entry_digest(key->data, key->len, value, len);
    free(value);
    return digest * 31 + (uint64_t)expires * 1000003 + (uint64_t)type;
}

static uint64_t database_digest(ferrite_db *db) {
    ferrite_error *err = NULL;
    ferrite_slice key;
    uint64_t digest = 0, count = 0;
    ferrite_iterator *it = ferrite_iterate(db, NULL, &err);
    cr_assert_not_null(it, "%s", ferrite_error_message(err));
    for (; ferrite_iterator_next(it, &key, NULL, &err) == 1; count++)
        digest = digest * 0x100000001b3u + key_digest(db, &key, ferrite_iterator_type(it));
    cr_assert_null(err, "%s", ferrite_error_message(err));
    ferrite_iterator_close(it);
    return digest + count;
}

uint64_t content_digest(ferrite_db *db) {
    uint64_t digest = 1;
    for (int i = 0; i < ferrite_databases(db); i++) {
        ferrite_db *chosen = ferrite_select(db, i, NULL);
        digest = digest * 31 + database_digest(chosen);
        ferrite_close(chosen);
    }
    return digest;
}
