/* collection_memory_test.c - functions on hashes and sets when the n-th allocation fails, for every n: an
 * error or the right answer, nothing leaked, nothing harmed. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"
#include "support/memory_rounds.h"

static char big[70000];

static void hash_write(ferrite_db *db, const char *key, size_t key_len, ferrite_error **err) {
    const ferrite_slice fields[] = {SLICE("field 10"), SLICE("field 11"), {big, 700}};
    int64_t results[3];
    char field[32];
    for (int i = 0; i < 60; i++) {
        int len = sprintf(field, "field %d", i);
        ferrite_hset(db, key, key_len, field, (size_t)len, S("a value of some length"), err);
    }
    ferrite_hset(db, key, key_len, big, 700, S("long field"), err);
    ferrite_hset(db, key, key_len, S("long value"), big, sizeof big, err);
    ferrite_hset(db, key, key_len, S("longer value"), big, sizeof big, err);
    ferrite_hincrby(db, key, key_len, S("number"), 5, NULL, err);
    ferrite_hincrbyfloat(db, key, key_len, S("fraction"), 0.5, NULL, err);
    ferrite_hpexpireat(db, key, key_len, INT64_MAX / 2, 0, fields, 3, results, err);
    ferrite_hpersist(db, key, key_len, fields, 1, results, err);
    ferrite_copy(db, key, key_len, S("copy"), -1, 1, err);
    for (int i = 0; i < 58; i++) {
        int len = sprintf(field, "field %d", i);
        ferrite_hdel(db, key, key_len, field, (size_t)len, err);
    }
    ferrite_hdel(db, S("copy"), S("long value"), err);
}

static void hash_read(ferrite_db *db, const char *key, size_t key_len, ferrite_error **err) {
    ferrite_slice field, value;
    uint64_t cursor = 0;
    size_t count;
    ferrite_free(ferrite_hget(db, key, key_len, S("field 10"), NULL, err));
    ferrite_free(ferrite_hgetall(db, key, key_len, &count, err));
    ferrite_free(ferrite_hrandfield(db, key, key_len, 3, 1, &count, err));
    ferrite_free(ferrite_hrandfield(db, key, key_len, -3, 0, &count, err));
    ferrite_free(ferrite_hscan(db, key, key_len, &cursor, S("*1*"), 5, &count, err));
    ferrite_hiterator *it = ferrite_hiterate(db, key, key_len, err);
    while (it != NULL && ferrite_hiterator_next(it, &field, &value, err) == 1) continue;
    ferrite_hiterator_close(it);
}

static void set_all(ferrite_db *db, ferrite_error **err) {
    const ferrite_slice keys[] = {SLICE("s"), SLICE("t")};
    char member[32];
    size_t count;
    uint64_t cursor = 0;
    for (int i = 0; i < 150; i++) {
        int len = sprintf(member, "member %d", i);
        ferrite_sadd(db, i % 2 ? "s" : "t", 1, member, (size_t)len, err);
    }
    ferrite_sadd(db, S("s"), big, 65536, err);
    ferrite_free(ferrite_sunion(db, keys, 2, &count, err));
    ferrite_sunionstore(db, S("u"), keys, 2, NULL, err);
    ferrite_sdiffstore(db, S("u"), keys, 2, NULL, err);
    ferrite_smove(db, S("s"), S("t"), S("member 1"), err);
    ferrite_free(ferrite_srandmember_many(db, S("u"), 5, &count, err));
    ferrite_free(ferrite_sscan(db, S("u"), &cursor, NULL, 0, 10, &count, err));
    ferrite_free(ferrite_spop(db, S("u"), NULL, err));
    ferrite_free(ferrite_spop_many(db, S("u"), 30, &count, err));
    ferrite_free(ferrite_spop_many(db, S("u"), 300, &count, err));
}

static const memory_part hash_parts[] = {hash_write, hash_read, NULL};

static void everything(ferrite_db *db, ferrite_error **err) {
    memset(big, 'b', sizeof big);
    hash_write(db, S("h"), err);
    hash_read(db, S("h"), err);
    set_all(db, err);
    memory_in_transaction(db, hash_parts, "i", err);
}

static const struct memory_plan plan = {everything, NULL, 100, 200, 7, NULL};

Test(collection_memory, in_memory, .timeout = 120) { memory_rounds(NULL, &plan); }

Test(collection_memory, in_a_file, .timeout = 120) { memory_rounds_in_a_file(&plan); }
