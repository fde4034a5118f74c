/*
 * hash_model_test.c - hashes against a plain model: random changes with values of every length and fields that
 * expire, through packed records and trees and back, out of the log.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"
#include "support/clock.h"

TestSuite(hash_model, .timeout = 300);

#define KEY S("the hash")

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
    ferrite_db *db = api_open_at(path, FERRITE_SYNC_NONE);
    compare(db);
    api_expect_sound(db);
    ferrite_close(db);
    bed_unlink(path);
}

Test(hash_model, equals_a_model_whatever_its_size) {
    struct bed bed = bed_make();
    now_ms = 1000000;
    model_make();
    ferrite_db *db = api_open_at(bed.path, FERRITE_SYNC_NONE);
    for (int round = 0; round < 24; round++) {
        uint32_t used = round % 4 == 0 ? 8 : round % 4 == 1 ? ROWS : 60;
        for (int i = 0; i < 300; i++) step(db, used, round % 3 == 2 ? 80 : 25);
        compare(db);
        api_expect_sound(db);
        if (round % 5 == 0) compare_after_kill(&bed);
        if (round % 7 == 6) {
            ferrite_close(db);
            db = api_open_at(bed.path, FERRITE_SYNC_NONE);
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
