/*
 * hash_test.c - hashes against a plain model: random changes with values of every length and fields that
 * expire, through packed records and trees and back, out of the log; then size and fairness.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"
#include "support/clock.h"

TestSuite(hash, .timeout = 300);

#define KEY S("the hash")

static ferrite_db *open_with_clock(const char *path) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.clock_ms = clock_now;
    return api_open_with(path, &options);
}

static uint64_t seed = 1;
static uint32_t draw(uint32_t below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

/* ---- the model: a row for each field that may be ---- */

#define ROWS 300
static struct row {
    bool there;
    char field[700];
    size_t field_len;
    char *value;
    size_t value_len;
    int64_t expire_ms;
} rows[ROWS];

static void model_make(void) {
    for (int i = 0; i < ROWS; i++) {
        rows[i].field_len = (size_t)sprintf(rows[i].field, i % 7 ? "f%d" : "field:%d", i);
        if (i % 50 == 3) { /* too long for a leaf */
            memset(rows[i].field + rows[i].field_len, 'x', 600);
            rows[i].field_len += 600;
        }
    }
}

static bool row_live(const struct row *row) {
    return row->there && (row->expire_ms == 0 || now_ms <= row->expire_ms);
}

static uint64_t model_count(void) {
    uint64_t count = 0;
    for (int i = 0; i < ROWS; i++) count += row_live(&rows[i]);
    return count;
}

static void row_forget(struct row *row) {
    free(row->value);
    row->value = NULL;
    row->there = false;
    row->expire_ms = 0;
}

static size_t draw_len(void) {
    uint32_t kind = draw(100);
    return kind < 70 ? draw(12) : kind < 95 ? draw(200) : kind < 99 ? draw(3000) : draw(200000);
}

static void step_put(ferrite_db *db, struct row *row) {
    size_t len = draw_len();
    char *value = malloc(len + 1);
    for (size_t i = 0; i < len; i++) value[i] = (char)draw(256);
    bool new = !row_live(row);
    cr_assert_eq(ferrite_hset(db, KEY, row->field, row->field_len, value, len, NULL), new);
    row_forget(row);
    row->there = true;
    row->value = value;
    row->value_len = len;
}

static void step_delete(ferrite_db *db, struct row *row) {
    bool there = row_live(row);
    cr_assert_eq(ferrite_hdel(db, KEY, row->field, row->field_len, NULL), there);
    row_forget(row);
}

static void step_expire(ferrite_db *db, struct row *row) {
    const ferrite_slice field = {row->field, row->field_len};
    int64_t at_ms = now_ms - 10 + draw(200), result = 99;
    int expected = !row_live(row) ? FERRITE_FIELD_ABSENT
                   : at_ms <= now_ms ? FERRITE_FIELD_DELETED : FERRITE_FIELD_SET;
    cr_assert_eq(ferrite_hpexpireat(db, KEY, at_ms, 0, &field, 1, &result, NULL), 0);
    cr_assert_eq(result, expected);
    if (result == FERRITE_FIELD_DELETED) row_forget(row);
    if (result == FERRITE_FIELD_SET) row->expire_ms = at_ms;
}

static void step_persist(ferrite_db *db, struct row *row) {
    const ferrite_slice field = {row->field, row->field_len};
    int64_t result = 99;
    int expected = !row_live(row) ? FERRITE_FIELD_ABSENT
                   : row->expire_ms == 0 ? FERRITE_FIELD_NEVER : FERRITE_FIELD_SET;
    cr_assert_eq(ferrite_hpersist(db, KEY, &field, 1, &result, NULL), 0);
    cr_assert_eq(result, expected);
    if (row_live(row)) row->expire_ms = 0;
}

static void step_number(ferrite_db *db, struct row *row) {
    int64_t result = 0;
    char text[24];
    if (row_live(row) && row->value_len > 15) return;
    bool number = !row_live(row);
    if (!number) number = row->value_len > 0 && row->value[0] >= '1' && row->value[0] <= '9';
    for (size_t i = 0; row_live(row) && i < row->value_len; i++)
        number = number && row->value[i] >= '0' && row->value[i] <= '9';
    if (!number) return;
    int64_t before = 0;
    if (row_live(row)) {
        memcpy(text, row->value, row->value_len);
        text[row->value_len] = '\0';
        before = atoll(text);
    }
    int64_t kept = row_live(row) ? row->expire_ms : 0;
    cr_assert_eq(ferrite_hincrby(db, KEY, row->field, row->field_len, 1000000, &result, NULL), 0);
    cr_assert_eq(result, before + 1000000);
    row_forget(row);
    row->there = true;
    row->expire_ms = kept;
    row->value_len = (size_t)sprintf(text, "%lld", (long long)result);
    row->value = malloc(24);
    memcpy(row->value, text, row->value_len);
}

static void compare_row(ferrite_db *db, const struct row *row) {
    const ferrite_slice field = {row->field, row->field_len};
    int64_t moment = 99;
    size_t len;
    char *value = ferrite_hget(db, KEY, row->field, row->field_len, &len, NULL);
    cr_assert_eq(value != NULL, row_live(row), "%s", row->field);
    if (value) {
        cr_assert_eq(len, row->value_len);
        cr_assert(memcmp(value, row->value, len) == 0);
    }
    cr_assert_eq(ferrite_hpexpiretime(db, KEY, &field, 1, &moment, NULL), 0);
    cr_assert_eq(moment, !row_live(row) ? -2 : row->expire_ms == 0 ? -1 : row->expire_ms);
    ferrite_free(value);
}

static void compare(ferrite_db *db) {
    uint64_t count = 99;
    size_t listed = 99;
    cr_assert_eq(ferrite_hlen(db, KEY, &count, NULL), 0);
    cr_assert_eq(count, model_count());
    cr_assert_eq(ferrite_exists(db, KEY, NULL), count != 0);
    ferrite_slice *pairs = ferrite_hgetall(db, KEY, &listed, NULL);
    cr_assert_eq(listed, 2 * count);
    for (size_t i = 2; i < listed; i += 2) {
        size_t common = pairs[i].len < pairs[i - 2].len ? pairs[i].len : pairs[i - 2].len;
        int order = memcmp(pairs[i - 2].data, pairs[i].data, common);
        cr_assert(order < 0 || (order == 0 && pairs[i - 2].len < pairs[i].len));
    }
    ferrite_free(pairs);
    for (int i = 0; i < ROWS; i++) compare_row(db, &rows[i]);
}

static void step(ferrite_db *db, uint32_t rows_used, uint32_t deletes) {
    struct row *row = &rows[draw(rows_used)];
    uint32_t kind = draw(100);
    if (kind < deletes)
        step_delete(db, row);
    else if (kind < 85)
        step_put(db, row);
    else if (kind < 90)
        step_expire(db, row);
    else if (kind < 92)
        step_persist(db, row);
    else if (kind < 97)
        step_number(db, row);
    else
        now_ms += draw(20);
}

/* The files as a kill at this moment leaves them. */
static void compare_after_kill(const struct bed *bed) {
    char path[128];
    bed_path(bed, "killed.ferrite", path);
    bed_copy(bed, path);
    ferrite_db *db = open_with_clock(path);
    compare(db);
    api_expect_sound(db);
    ferrite_close(db);
    bed_unlink(path);
}

Test(hash, equals_a_model_whatever_its_size) {
    struct bed bed = bed_make();
    now_ms = 1000000;
    model_make();
    ferrite_db *db = open_with_clock(bed.path);
    for (int round = 0; round < 24; round++) {
        uint32_t used = round % 4 == 0 ? 8 : round % 4 == 1 ? ROWS : 60;
        for (int i = 0; i < 300; i++) step(db, used, round % 3 == 2 ? 80 : 25);
        compare(db);
        api_expect_sound(db);
        if (round % 5 == 0) compare_after_kill(&bed);
        if (round % 7 == 6) {
            ferrite_close(db);
            db = open_with_clock(bed.path);
            compare(db);
        }
    }
    now_ms += 1000000;
    compare(db);
    ferrite_set(db, S("another"), S("write"), NULL); /* sweeps what has expired */
    compare(db);
    api_expect_sound(db);
    ferrite_close(db);
    bed_remove(&bed);
}

/* ---- one thing at a time ---- */

Test(hash, all_fields_expired_is_no_key) {
    now_ms = 5000;
    ferrite_db *db = open_with_clock(":memory:");
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
    ferrite_db *db = open_with_clock(":memory:");
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
    ferrite_db *db = open_with_clock(":memory:");
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
    ferrite_db *db = open_with_clock(":memory:");
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
    ferrite_db *db = open_with_clock(bed.path);
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

/* ---- random fields and scans ---- */

static void fill(ferrite_db *db, int count) {
    char field[32];
    for (int i = 0; i < count; i++) {
        int len = sprintf(field, "field %07d", i);
        ferrite_hset(db, KEY, field, (size_t)len, field, (size_t)len, NULL);
    }
}

static int number_of(ferrite_slice field) { return atoi(field.data + strlen("field ")); }

static void expect_fair(ferrite_db *db, int fields) {
    enum { DRAWS = 200 };
    int *drawn = calloc((size_t)fields, sizeof *drawn);
    size_t count;
    ferrite_slice *list = ferrite_hrandfield(db, KEY, -DRAWS * fields, 0, &count, NULL);
    cr_assert_eq(count, (size_t)(DRAWS * fields));
    for (size_t i = 0; i < count; i++) drawn[number_of(list[i])]++;
    double square = 0; /* chi squared: about `fields`, its deviation sqrt(2 fields) */
    for (int i = 0; i < fields; i++)
        square += (double)(drawn[i] - DRAWS) * (drawn[i] - DRAWS) / DRAWS;
    cr_expect_lt(square, fields + 6 * 1.5 * fields / 2, "%f of %d", square, fields);
    cr_expect_gt(square, fields / 4.0);
    ferrite_free(list);
    free(drawn);
}

Test(hash, random_fields_are_fair_and_different) {
    ferrite_db *db = api_memory();
    size_t count;
    fill(db, 20);
    expect_fair(db, 20);
    fill(db, 1000);
    expect_fair(db, 1000);
    for (int want = 1; want <= 1000; want += 111) {
        ferrite_slice *list = ferrite_hrandfield(db, KEY, want, 1, &count, NULL);
        cr_assert_eq(count, 2 * (size_t)want);
        for (size_t i = 2; i < count; i += 2) cr_assert_neq(number_of(list[i]), number_of(list[i - 2]));
        for (size_t i = 0; i < count; i += 2) cr_assert_eq(number_of(list[i]), number_of(list[i + 1]));
        ferrite_free(list);
    }
    ferrite_close(db);
}

Test(hash, a_scan_beside_changes_meets_all_that_stays) {
    ferrite_db *db = api_memory();
    char field[32];
    fill(db, 3000);
    bool *met = calloc(3000, 1);
    uint64_t cursor = 0;
    int next = 0;
    do {
        size_t count;
        ferrite_slice *pairs = ferrite_hscan(db, KEY, &cursor, NULL, 0, 50, &count, NULL);
        for (size_t i = 0; i < count; i += 2) met[number_of(pairs[i])] = true;
        ferrite_free(pairs);
        for (int i = 0; i < 20 && next < 2990; i++, next += 2) { /* odd ones stay */
            int len = sprintf(field, "field %07d", next);
            ferrite_hdel(db, KEY, field, (size_t)len, NULL);
        }
    } while (cursor != 0);
    for (int i = 1; i < 3000; i += 2) cr_assert(met[i], "field %d", i);
    free(met);
    ferrite_close(db);
}

/* ---- iterators and views ---- */

static int walk_whole(ferrite_db *db) {
    ferrite_hiterator *it = ferrite_hiterate(db, KEY, NULL);
    ferrite_slice field, value;
    int count = 0;
    cr_assert_not_null(it);
    for (; ferrite_hiterator_next(it, &field, &value, NULL) == 1; count++) {
        cr_assert_eq(number_of(field), count);
        cr_assert(value.len == field.len && memcmp(value.data, field.data, value.len) == 0);
    }
    cr_assert_eq(ferrite_hiterator_next(it, &field, NULL, NULL), 0);
    ferrite_hiterator_close(it);
    return count;
}

Test(hash, iterators_walk_it_in_order_on_any_handle) {
    ferrite_db *db = api_memory();
    for (int count = 0; count <= 2000; count += 20 + count) {
        fill(db, count);
        ferrite_db *snapshot = ferrite_snapshot(db, NULL), *tx = ferrite_begin(db, NULL);
        cr_expect_eq(walk_whole(db), count);
        cr_expect_eq(walk_whole(snapshot), count);
        cr_expect_eq(walk_whole(tx), count);
        ferrite_close(tx);
        ferrite_close(snapshot);
    }
    ferrite_close(db);
}

Test(hash, an_iterator_of_a_transaction_goes_on_after_changes) {
    ferrite_db *db = api_memory(), *tx = ferrite_begin(db, NULL);
    ferrite_slice field;
    char name[32];
    fill(tx, 1000);
    ferrite_hiterator *it = ferrite_hiterate(tx, KEY, NULL);
    int count = 0;
    for (; ferrite_hiterator_next(it, &field, NULL, NULL) == 1; count++) {
        cr_assert_eq(number_of(field), count);
        memcpy(name, field.data, field.len);
        ferrite_hdel(tx, KEY, name, field.len, NULL);
    }
    cr_expect_eq(count, 1000);
    cr_expect_eq(ferrite_exists(tx, KEY, NULL), 0);
    ferrite_hiterator_close(it);
    ferrite_close(tx);
    ferrite_close(db);
}

Test(hash, iterators_refuse_what_is_no_hash) {
    ferrite_db *db = api_memory(), *batch = ferrite_batch(db, NULL);
    ferrite_error *err = NULL;
    ferrite_slice field;
    api_set(db, "s", "text");
    cr_expect_null(ferrite_hiterate(db, S("s"), &err));
    api_expect_error(&err, FERRITE_WRONGTYPE, NULL);
    cr_expect_null(ferrite_hiterate(batch, KEY, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_hiterator_next(NULL, &field, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(batch);
    ferrite_close(db);
}

Test(hash, views_point_into_the_pages) {
    ferrite_db *db = api_memory();
    ferrite_error *err = NULL;
    ferrite_slice value;
    char *long_value = calloc(1, 200000);
    ferrite_hset(db, KEY, S("short"), S("text"), NULL);
    ferrite_db *snapshot = ferrite_snapshot(db, NULL);
    cr_expect_eq(ferrite_hview(snapshot, KEY, S("short"), &value, NULL), 1);
    cr_expect(value.len == 4 && memcmp(value.data, "text", 4) == 0);
    cr_expect_eq(ferrite_hview(snapshot, KEY, S("none"), &value, NULL), 0);
    ferrite_close(snapshot);
    ferrite_hset(db, KEY, S("run"), long_value, 60000, NULL);
    ferrite_hset(db, KEY, S("long"), long_value, 200000, NULL);
    snapshot = ferrite_snapshot(db, NULL);
    cr_expect_eq(ferrite_hview(snapshot, KEY, S("short"), &value, NULL), 1);
    cr_expect(value.len == 4 && memcmp(value.data, "text", 4) == 0);
    cr_expect_eq(ferrite_hview(snapshot, KEY, S("run"), &value, NULL), 1);
    cr_expect(value.len == 60000 && memcmp(value.data, long_value, 60000) == 0);
    cr_expect_eq(ferrite_hview(snapshot, KEY, S("long"), &value, &err), -1);
    api_expect_error(&err, FERRITE_LIMIT, NULL);
    cr_expect_eq(ferrite_hview(db, KEY, S("short"), &value, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(snapshot);
    ferrite_close(db);
    free(long_value);
}

Test(hash, closing_moves_its_pages_into_free_space) {
    struct bed bed = bed_make();
    ferrite_db *db = open_with_clock(bed.path);
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
    db = open_with_clock(bed.path);
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

Test(hash, a_million_fields) {
    struct bed bed = bed_make();
    ferrite_db *db = open_with_clock(bed.path);
    uint64_t count;
    size_t len;
    fill(db, 1000000);
    ferrite_hlen(db, KEY, &count, NULL);
    cr_expect_eq(count, 1000000);
    api_expect_text(ferrite_hget(db, KEY, S("field 0765432"), &len, NULL), &len, "field 0765432");
    ferrite_close(db);
    db = open_with_clock(bed.path);
    api_expect_sound(db);
    cr_expect_eq(ferrite_rename(db, KEY, S("other"), NULL), 0);
    cr_expect_eq(ferrite_copy(db, S("other"), KEY, 2, 0, NULL), 1);
    cr_expect_eq(ferrite_del(db, S("other"), NULL), 1);
    ferrite_db *two = ferrite_select(db, 2, NULL);
    api_expect_text(ferrite_hget(two, KEY, S("field 0999999"), &len, NULL), &len, "field 0999999");
    ferrite_close(two);
    cr_expect_eq(ferrite_flushall(db, NULL), 0);
    api_expect_sound(db);
    ferrite_close(db);
    bed_remove(&bed);
}
