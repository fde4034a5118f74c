/*
 * list_memory_test.c - functions on lists and expiries when the n-th allocation fails, for every n: an error
 * or the right answer, nothing leaked, nothing harmed.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"
#include "support/memory_rounds.h"

static char big[70000];

static void list_write(ferrite_db *db, const char *key, size_t key_len, ferrite_error **err) {
    const ferrite_slice many[] = {SLICE("one"), {big, sizeof big}, SLICE("three"), {big, 900}};
    size_t count;
    for (int i = 0; i < 60; i++)
        ferrite_rpush(db, key, key_len, S("an element of some length"), err);
    ferrite_lpush_many(db, key, key_len, many, 4, err);
    ferrite_linsert(db, key, key_len, FERRITE_AFTER, S("three"), big, sizeof big, NULL, err);
    ferrite_linsert_at(db, key, key_len, -3, S("three"), err);
    ferrite_lset(db, key, key_len, 5, big, sizeof big, err);
    ferrite_copy(db, key, key_len, S("copy"), -1, 1, err);
    ferrite_lrem(db, key, key_len, -1, big, sizeof big, err);
    ferrite_free(
        ferrite_lmove(db, S("copy"), key, key_len, FERRITE_LEFT, FERRITE_RIGHT, NULL, err));
    ferrite_free(ferrite_rpoplpush(db, key, key_len, key, key_len, NULL, err));
    ferrite_free(ferrite_lpop_many(db, key, key_len, 3, &count, err));
    ferrite_ltrim(db, key, key_len, 2, 8, err);
    ferrite_free(ferrite_rpop(db, S("copy"), NULL, err));
    ferrite_ltrim(db, S("copy"), 5, 0, err);
}

static void list_read(ferrite_db *db, const char *key, size_t key_len, ferrite_error **err) {
    ferrite_slice element;
    size_t count;
    ferrite_free(ferrite_lindex(db, key, key_len, 3, NULL, err));
    ferrite_free(ferrite_lrange(db, key, key_len, 0, -1, &count, err));
    ferrite_free(ferrite_lpos_many(db, key, key_len, S("three"), 1, 0, 0, &count, err));
    ferrite_literator *it = ferrite_literate(db, key, key_len, -1, 1, err);
    while (it != NULL && ferrite_literator_next(it, &element, err) == 1) continue;
    ferrite_literator_close(it);
}

static void expire(ferrite_db *db, const char *key, size_t key_len, ferrite_error **err) {
    int64_t left;
    ferrite_expire(db, key, key_len, 1000, err);
    ferrite_pexpireat_with(db, key, key_len, INT64_MAX / 2, FERRITE_EXPIRE_GT, err);
    ferrite_pttl(db, key, key_len, &left, err);
    ferrite_persist(db, key, key_len, err);
    ferrite_expire(db, big, 300, 5, err);
    ferrite_setex(db, big, 300, 1000, S("a long key"), err);
    ferrite_free(ferrite_getex(db, big, 300, INT64_MAX / 2, NULL, err));
    ferrite_pexpire(db, big, 300, -1, err);
    ferrite_set(db, S("soon"), S("gone"), err);
    ferrite_expire_cycle(db, 10, err);
}

static const memory_part list_parts[] = {list_write, list_read, expire, NULL};

static void everything(ferrite_db *db, ferrite_error **err) {
    memset(big, 'b', sizeof big);
    list_write(db, S("l"), err);
    list_read(db, S("l"), err);
    expire(db, S("l"), err);
    memory_in_transaction(db, list_parts, "m", err);
}

static const int codes[] = {FERRITE_NOTFOUND, FERRITE_RANGE, 0};
static const struct memory_plan plan = {everything, codes, 60, 0, 1, NULL};

Test(list_memory, in_memory, .timeout = 120) { memory_rounds(NULL, &plan); }

Test(list_memory, in_a_file, .timeout = 120) { memory_rounds_in_a_file(&plan); }
