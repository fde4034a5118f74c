/*
 * hash_test.c - hashes, one thing at a time: expiry of fields, limits, wrong types, batches, the log, the space they
 * give back. hash_model_test.c has random changes, hash_iterate_test.c the ways to walk.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"
#include "support/clock.h"

TestSuite(hash, .timeout = 300);

#define KEY S("the hash")

/* ---- one thing at a time ---- */

Test(hash, all_fields_expired_is_no_key) {
    now_ms = 5000;
    ferrite_db *db = api_open_at(":memory:", FERRITE_SYNC_NONE);
    const ferrite_slice fields[] = {SLICE("a"), SLICE("b")};
    int64_t results[2];
    ferrite_hset(db, KEY, S("a"), S("1"), NULL);
    ferrite_hset(db, KEY, S("b"), S("2"), NULL);
    ferrite_hpexpire(db, KEY, 100, 0, fields, 2, results, NULL);
    now_ms += 101;
    cr_expect_eq(ferrite_exists(db, KEY, NULL), 0);
    cr_expect_eq(ferrite_type(db, KEY, NULL), FERRITE_TYPE_NONE);
    cr_expect_null(ferrite_hget(db, KEY, S("a"), NULL, NULL));
    cr_expect_eq(ferrite_sadd(db, KEY, S("now a set"), NULL), 1);
    api_expect_sound(db);
    ferrite_close(db);
}

Test(hash, conditions_of_an_expiry) {
    now_ms = 5000;
    ferrite_db *db = api_open_at(":memory:", FERRITE_SYNC_NONE);
    const ferrite_slice field = SLICE("a");
    int64_t result;
    ferrite_hset(db, KEY, S("a"), S("1"), NULL);
    static const struct {
        uint32_t flags;
        int64_t at_ms, result;
    } steps[] = {
        {FERRITE_EXPIRE_XX, 9000, 0}, {FERRITE_EXPIRE_GT, 9000, 0}, {FERRITE_EXPIRE_LT, 9000, 1},
        {FERRITE_EXPIRE_NX, 9500, 0}, {FERRITE_EXPIRE_GT, 8000, 0}, {FERRITE_EXPIRE_GT, 9001, 1},
        {FERRITE_EXPIRE_LT, 9001, 0}, {FERRITE_EXPIRE_LT, 9000, 1}, {FERRITE_EXPIRE_XX, 7000, 1},
        {0, 5000, 2},                 {0, 9000, -2},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        ferrite_hpexpireat(db, KEY, steps[i].at_ms, steps[i].flags, &field, 1, &result, NULL);
        cr_expect_eq(result, steps[i].result, "step %zu", i);
    }
    ferrite_error *err = NULL;
    cr_expect_eq(ferrite_hpexpireat(db, KEY, 1, 3, &field, 1, &result, &err), -1);
    api_expect_error(&err, FERRITE_SYNTAX, NULL);
    ferrite_close(db);
}

Test(hash, setting_a_field_again_takes_its_expiry_away_and_counting_does_not) {
    now_ms = 5000;
    ferrite_db *db = api_open_at(":memory:", FERRITE_SYNC_NONE);
    const ferrite_slice fields[] = {SLICE("a"), SLICE("n")};
    int64_t results[2];
    ferrite_hset(db, KEY, S("a"), S("1"), NULL);
    ferrite_hset(db, KEY, S("n"), S("1"), NULL);
    ferrite_hpexpire(db, KEY, 100, 0, fields, 2, results, NULL);
    ferrite_hset(db, KEY, S("a"), S("2"), NULL);
    ferrite_hincrby(db, KEY, S("n"), 5, NULL, NULL);
    ferrite_hpttl(db, KEY, fields, 2, results, NULL);
    cr_expect_eq(results[0], FERRITE_FIELD_NEVER);
    cr_expect_eq(results[1], 100);
    ferrite_close(db);
}

Test(hash, the_longest_fields_and_values_and_one_byte_more) {
    ferrite_db *db = api_memory();
    ferrite_error *err = NULL;
    size_t len;
    char *longest = calloc(1, 70000), *big = malloc(10000000);
    memset(big, 'b', 10000000);
    cr_expect_eq(ferrite_hset(db, KEY, longest, 65536, S("x"), NULL), 1);
    cr_expect_eq(ferrite_hset(db, KEY, longest, 65535, S("y"), NULL), 1);
    cr_expect_eq(ferrite_hset(db, KEY, S("big"), big, 10000000, NULL), 1);
    api_expect_text(ferrite_hget(db, KEY, longest, 65536, &len, NULL), &len, "x");
    char *value = ferrite_hget(db, KEY, S("big"), &len, NULL);
    cr_expect(len == 10000000 && memcmp(value, big, len) == 0);
    ferrite_free(value);
    cr_expect_eq(ferrite_hset(db, KEY, longest, 65537, S("x"), &err), -1);
    api_expect_error(&err, FERRITE_LIMIT, NULL);
    const ferrite_slice fields[] = {{longest, 65536}, {longest, 65535}, {longest, 65537}};
    int64_t results[2];
    cr_expect_eq(ferrite_hpexpire(db, KEY, 1000000, 0, fields, 2, results, NULL), 0);
    cr_expect(results[0] == 1 && results[1] == 1);
    cr_expect_eq(ferrite_hpersist(db, KEY, fields + 1, 1, results, NULL), 0);
    cr_expect_eq(ferrite_hpexpire(db, KEY, 1000000, 0, fields + 2, 1, results, &err), -1);
    api_expect_error(&err, FERRITE_LIMIT, "ERR field is longer than 65536 bytes");
    api_expect_sound(db);
    cr_expect_eq(ferrite_copy(db, KEY, S("copy"), -1, 0, NULL), 1);
    cr_expect_eq(ferrite_del(db, KEY, NULL), 1);
    value = ferrite_hget(db, S("copy"), S("big"), &len, NULL);
    cr_expect(len == 10000000 && memcmp(value, big, len) == 0);
    ferrite_free(value);
    api_expect_sound(db);
    cr_expect_eq(ferrite_flushall(db, NULL), 0);
    api_expect_sound(db);
    ferrite_close(db);
    free(longest);
    free(big);
}

Test(hash, other_types_are_refused_by_all) {
    ferrite_db *db = api_memory();
    ferrite_error *err = NULL;
    const ferrite_slice field = SLICE("f");
    int64_t number;
    uint64_t count, cursor = 0;
    size_t len;
    api_set(db, "s", "text");
#define REFUSED(call)                                                                          \
    cr_expect(call);                                                                           \
    api_expect_error(&err, FERRITE_WRONGTYPE,                                                  \
                     "WRONGTYPE Operation against a key holding the wrong kind of value")
    REFUSED(ferrite_hset(db, S("s"), S("f"), S("v"), &err) < 0);
    REFUSED(ferrite_hsetnx(db, S("s"), S("f"), S("v"), &err) < 0);
    REFUSED(!ferrite_hget(db, S("s"), S("f"), &len, &err));
    REFUSED(!ferrite_hmget(db, S("s"), &field, 1, &err));
    REFUSED(!ferrite_hgetall(db, S("s"), &len, &err));
    REFUSED(!ferrite_hkeys(db, S("s"), &len, &err));
    REFUSED(!ferrite_hvals(db, S("s"), &len, &err));
    REFUSED(ferrite_hdel(db, S("s"), S("f"), &err) < 0);
    REFUSED(ferrite_hexists(db, S("s"), S("f"), &err) < 0);
    REFUSED(ferrite_hstrlen(db, S("s"), S("f"), &err) < 0);
    REFUSED(ferrite_hlen(db, S("s"), &count, &err) < 0);
    REFUSED(ferrite_hincrby(db, S("s"), S("f"), 1, NULL, &err) < 0);
    REFUSED(ferrite_hincrbyfloat(db, S("s"), S("f"), 1, NULL, &err) < 0);
    REFUSED(!ferrite_hincrbyfloat_text(db, S("s"), S("f"), S("1"), &len, &err));
    REFUSED(!ferrite_hrandfield(db, S("s"), 1, 0, &len, &err));
    REFUSED(!ferrite_hscan(db, S("s"), &cursor, NULL, 0, 0, &len, &err));
    REFUSED(ferrite_hpexpire(db, S("s"), 1, 0, &field, 1, &number, &err) < 0);
    REFUSED(ferrite_hpersist(db, S("s"), &field, 1, &number, &err) < 0);
    REFUSED(ferrite_hpttl(db, S("s"), &field, 1, &number, &err) < 0);
    api_expect(db, "s", "text");
    ferrite_close(db);
}

Test(hash, floats_add_as_their_writer_meant) {
    ferrite_db *db = api_memory();
    double value = 0;
    ferrite_hset(db, KEY, S("f"), S("10.5"), NULL);
    cr_expect_eq(ferrite_hincrbyfloat(db, KEY, S("f"), 0.1, &value, NULL), 0);
    cr_expect_float_eq(value, 10.6, 1e-12);
    size_t len;
    api_expect_text(ferrite_hget(db, KEY, S("f"), &len, NULL), &len, "10.6");
    ferrite_close(db);
}

Test(hash, batches_collect_and_judge_expiry_when_they_commit) {
    now_ms = 5000;
    ferrite_db *db = api_open_at(":memory:", FERRITE_SYNC_NONE);
    const ferrite_slice items[] = {SLICE("a"), SLICE("1"), SLICE("b"), SLICE("2")};
    ferrite_hset(db, KEY, S("old"), S("x"), NULL);
    ferrite_pexpireat_with(db, KEY, 6000, 0, NULL);
    ferrite_db *batch = ferrite_batch(db, NULL);
    cr_expect_eq(ferrite_hset_many(batch, KEY, items, 4, NULL), 0);
    cr_expect_eq(ferrite_hdel(batch, KEY, S("b"), NULL), 0);
    cr_expect_eq(ferrite_hlen(batch, KEY, NULL, NULL), -1);
    now_ms = 7000;
    cr_expect_eq(ferrite_commit(batch, NULL), 0);
    ferrite_close(batch);
    uint64_t count = 0;
    cr_expect_eq(ferrite_hlen(db, KEY, &count, NULL), 0);
    cr_expect_eq(count, 1, "the fields of the expired hash came back");
    ferrite_close(db);
}

Test(hash, many_fields_in_one_call) {
    ferrite_db *db = api_memory();
    static char names[2000][16];
    static ferrite_slice items[4000], fields[2000];
    uint64_t count;
    for (int i = 0; i < 2000; i++) {
        fields[i] = (ferrite_slice){names[i], (size_t)sprintf(names[i], "field %d", i)};
        items[2 * i] = items[2 * i + 1] = fields[i];
    }
    cr_expect_eq(ferrite_hset_many(db, KEY, items, 4000, NULL), 2000);
    cr_expect_eq(ferrite_hset_many(db, KEY, items, 4000, NULL), 0);
    ferrite_slice *values = ferrite_hmget(db, KEY, fields, 2000, NULL);
    for (int i = 0; i < 2000; i++) cr_assert_str_eq(values[i].data, names[i]);
    ferrite_free(values);
    ferrite_hlen(db, KEY, &count, NULL);
    cr_expect_eq(count, 2000);
    cr_expect_eq(ferrite_hdel_many(db, KEY, fields, 2000, NULL), 2000);
    cr_expect_eq(ferrite_exists(db, KEY, NULL), 0);
    api_expect_sound(db);
    ferrite_close(db);
}

/* ---- the log ---- */

static int add_words(void *ctx, const ferrite_log_entry *entry) {
    char *text = ctx;
    for (size_t i = 0; i < entry->argc; i++) {
        strncat(text, entry->argv[i].data, entry->argv[i].len);
        strcat(text, i + 1 < entry->argc ? " " : "\n");
    }
    return 0;
}

Test(hash, effects_are_told_by_the_log) {
    struct bed bed = bed_make();
    char text[1000] = "";
    int64_t result;
    const ferrite_slice a = SLICE("a");
    now_ms = 1000;
    ferrite_db *db = api_open_at(bed.path, FERRITE_SYNC_NONE);
    ferrite_hset(db, S("h"), S("a"), S("1"), NULL);
    ferrite_hincrby(db, S("h"), S("a"), 4, NULL, NULL);
    ferrite_hpexpire(db, S("h"), 500, 0, &a, 1, &result, NULL);
    ferrite_hdel(db, S("h"), S("none"), NULL);
    ferrite_hdel(db, S("h"), S("a"), NULL);
    ferrite_sadd(db, S("s"), S("m"), NULL);
    ferrite_sadd(db, S("s"), S("m"), NULL);
    ferrite_free(ferrite_spop(db, S("s"), NULL, NULL));
    cr_expect_eq(ferrite_log_read(bed.path, add_words, text, NULL), 0);
    cr_expect_str_eq(text, "hash-put h a 1\nhash-put h a 5\nhash-expire-at h a 1500\n"
                           "hash-delete h a\nset-add s m\ndelete s\n");
    ferrite_close(db);
    bed_remove(&bed);
}

Test(hash, closing_moves_its_pages_into_free_space) {
    struct bed bed = bed_make();
    ferrite_db *db = api_open_at(bed.path, FERRITE_SYNC_NONE);
    char name[32], *big = calloc(1, 100000);
    uint64_t before = 0;
    for (int i = 0; i < 400; i++) {
        size_t len = (size_t)sprintf(name, "field %d", i);
        ferrite_hset(db, S("goes"), name, len, big, 20000, NULL);
        ferrite_hset(db, KEY, name, len, name, len, NULL);
        if (i % 40 == 0) ferrite_hset(db, KEY, name, len, big, 100000, NULL);
        if (i % 40 == 1) ferrite_hset(db, KEY, name, len, big, 3000, NULL);
    }
    ferrite_checkpoint(db, NULL);
    before = api_stats(db).file_bytes;
    ferrite_del(db, S("goes"), NULL);
    ferrite_close(db);
    db = api_open_at(bed.path, FERRITE_SYNC_NONE);
    cr_expect_lt(api_stats(db).file_bytes, before / 2);
    api_expect_sound(db);
    for (int i = 0; i < 400; i++) {
        size_t len = (size_t)sprintf(name, "field %d", i);
        size_t expected = i % 40 == 0 ? 100000 : i % 40 == 1 ? 3000 : len;
        cr_assert_eq(ferrite_hstrlen(db, KEY, name, len, NULL), (int)expected);
        char *value = ferrite_hget(db, KEY, name, len, NULL, NULL);
        cr_assert(memcmp(value, i % 40 < 2 ? big : name, expected) == 0);
        ferrite_free(value);
    }
    ferrite_close(db);
    free(big);
    bed_remove(&bed);
}
