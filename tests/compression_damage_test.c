/*
 * compression_damage_test.c - compressed values that are damaged are reported, left behind by recover, and can be written
 * over (E6); and allocations that fail beside compression do no harm (E7).
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "libferrite/db.h"
#include "libferrite/types/mutate.h"
#include "support/api.h"
#include "support/compressed.h"
#include "support/memory_rounds.h"

static ferrite_error *err;

/* ---- damage ---- */

/* Does effects in one transaction below all checks of arguments. */
static void apply(ferrite_db *db, const struct effect *effects, size_t count) {
    struct txn *txn;
    cr_assert_eq(txn_begin_write(db->core->engine, true, &txn), FERRITE_OK);
    for (size_t i = 0; i < count; i++) {
        size_t size = effect_size(&effects[i]);
        uint8_t *bytes = malloc(size);
        effect_write(&effects[i], bytes);
        cr_assert_eq(mutate_apply(NULL, txn, bytes, size), FERRITE_OK);
        free(bytes);
    }
    cr_assert_eq(txn_commit(txn), FERRITE_OK);
}

static uint64_t findings_of(ferrite_db *db) {
    uint64_t findings = 0;
    cr_assert_eq(ferrite_check(db, NULL, &findings, &err), 0);
    return findings;
}

static void expect_corrupt(int result) {
    cr_expect_eq(result, -1);
    api_expect_error(&err, FERRITE_CORRUPT, NULL);
}

/* Forms whose header is sound and whose block is not: a short one, and one that lies in a run. */
static void damage(ferrite_db *db, size_t block_len) {
    char *form = malloc(block_len + 3);
    memset(form, 0xff, block_len + 3);
    memcpy(form, "\x80\x80\x01", 3); /* 16,384 bytes */
    const ferrite_slice data = {form, block_len + 3};
    const struct effect effects[] = {
        {.op = EFFECT_PUT,
         .head = FERRITE_TYPE_STRING | RECORD_COMPRESSED,
         .key = SLICE("s"),
         .data = data},
        {.op = EFFECT_HASH_PUT,
         .compressed = true,
         .key = SLICE("h"),
         .item = SLICE("f"),
         .data = data},
        {.op = EFFECT_HASH_PUT, .key = SLICE("h"), .item = SLICE("sound"), .data = SLICE("value")},
        {.op = EFFECT_LIST_INSERT, .compressed = true, .key = SLICE("l"), .data = data},
        {.op = EFFECT_LIST_INSERT, .key = SLICE("l"), .data = SLICE("sound")},
    };
    apply(db, effects, sizeof effects / sizeof *effects);
    free(form);
}

static void expect_damage_reported(ferrite_db *db) {
    size_t len, count;
    ferrite_slice view;
    char *wanted = compressible(16384, 1);
    cr_expect_eq(ferrite_strlen(db, S("s"), &err), 16384);
    cr_expect_null(ferrite_get(db, S("s"), &len, &err));
    expect_corrupt(-1);
    cr_expect_null(ferrite_getrange(db, S("s"), 5, 10, &len, &err));
    expect_corrupt(-1);
    expect_corrupt(ferrite_append(db, S("s"), S("x"), &err));
    cr_expect_null(ferrite_hget(db, S("h"), S("f"), &len, &err));
    expect_corrupt(-1);
    cr_expect_null(ferrite_hgetall(db, S("h"), &count, &err));
    expect_corrupt(-1);
    cr_expect_null(ferrite_lindex(db, S("l"), 1, &len, &err));
    expect_corrupt(-1);
    cr_expect_null(ferrite_lrange(db, S("l"), 0, -1, &count, &err));
    expect_corrupt(-1);
    int64_t index;
    expect_corrupt(ferrite_lpos(db, S("l"), wanted, 16384, 1, 0, &index, &err));
    free(wanted);
    ferrite_db *snapshot = ferrite_snapshot(db, &err);
    expect_corrupt(ferrite_view(snapshot, S("s"), &view, &err));
    expect_corrupt(ferrite_hview(snapshot, S("h"), S("f"), &view, &err));
    ferrite_close(snapshot);
    api_expect_text(ferrite_hget(db, S("h"), S("sound"), &len, &err), &len, "value");
    api_expect_text(ferrite_lindex(db, S("l"), 0, &len, &err), &len, "sound");
}

Test(compression_damage, damage_is_reported_checked_and_left_behind_by_recover) {
    const size_t blocks[] = {100, 3000};
    for (size_t i = 0; i < 2; i++) {
        struct bed bed = bed_make();
        char path[128];
        ferrite_db *db = compressed_open(bed.path, 1);
        char *text = compressible(5000, 2);
        cr_assert_eq(ferrite_set(db, S("good"), text, 5000, &err), 0);
        cr_assert_eq(ferrite_rpush(db, S("good list"), text, 5000, &err), 1);
        cr_assert_eq(ferrite_hset(db, S("good hash"), S("f"), text, 5000, &err), 1);
        damage(db, blocks[i]);
        expect_damage_reported(db);
        cr_expect_eq(findings_of(db), 3);
        ferrite_close(db);
        ferrite_recovery result;
        bed_path(&bed, "recovered.ferrite", path);
        cr_assert_eq(ferrite_recover(bed.path, path, NULL, &result, &err), 0);
        db = compressed_open(path, 1);
        api_expect_sound(db);
        api_expect(db, "good", text);
        size_t len;
        api_expect_text(ferrite_hget(db, S("good hash"), S("f"), &len, &err), &len, text);
        api_expect_text(ferrite_lindex(db, S("good list"), 0, &len, &err), &len, text);
        cr_expect_eq(ferrite_exists(db, S("s"), &err), 0);
        free(text);
        ferrite_close(db);
        bed_remove(&bed);
    }
}

Test(compression_damage, what_is_damaged_can_be_deleted_and_overwritten) {
    ferrite_db *db = compressed_open(NULL, 1);
    for (int round = 0; round < 2; round++) {
        damage(db, round == 0 ? 100 : 3000);
        cr_expect_eq(ferrite_set(db, S("s"), S("new"), &err), 0);
        cr_expect_eq(ferrite_hset(db, S("h"), S("f"), S("new"), &err), 0);
        cr_expect_eq(ferrite_lset(db, S("l"), -1, S("new"), &err), 0);
        api_expect(db, "s", "new");
        api_expect_sound(db);
        damage(db, 3000);
        cr_expect_eq(ferrite_del(db, S("s"), &err), 1);
        cr_expect_eq(ferrite_del(db, S("h"), &err), 1);
        cr_expect_eq(ferrite_del(db, S("l"), &err), 1);
        api_expect_sound(db);
    }
    ferrite_close(db);
}

/* ---- no memory ---- */

static void use_everything(ferrite_db *db, const char *text, ferrite_error **e) {
    size_t len, count;
    ferrite_slice view;
    ferrite_set(db, S("k"), text, 5000, e);
    ferrite_hset(db, S("h"), S("f"), text, 5000, e);
    ferrite_rpush(db, S("l"), text, 5000, e);
    ferrite_append(db, S("k"), S("tail"), e);
    ferrite_set(db, S("k"), text, 5000, e);
    ferrite_free(ferrite_getrange(db, S("k"), 3000, 3010, &len, e));
    ferrite_free(ferrite_hget(db, S("h"), S("f"), &len, e));
    ferrite_free(ferrite_lrange(db, S("l"), 0, -1, &count, e));
    ferrite_db *snapshot = ferrite_snapshot(db, e);
    if (snapshot == NULL) return;
    ferrite_view(snapshot, S("k"), &view, e);
    ferrite_hview(snapshot, S("h"), S("f"), &view, e);
    ferrite_lindex_view(snapshot, S("l"), 0, &view, e);
    ferrite_close(snapshot);
}

/* An error or the value, whichever allocation fails; without the compressor's the value lies there plainly. */
Test(compression_damage, no_allocation_that_fails_does_harm) {
    char *text = compressible(5000, 2);
    bool failed = true;
    for (long n = 0; failed && n < 2000; n++) {
        ferrite_db *db = compressed_open(NULL, 1);
        ferrite_error *e = NULL;
        memory_fail(n);
        use_everything(db, text, &e);
        failed = memory_failed();
        ferrite_error_free(e);
        e = NULL;
        api_expect_sound(db);
        use_everything(db, text, &e);
        cr_assert_null(e, "after allocation %ld: %s", n, ferrite_error_message(e));
        api_expect(db, "k", text);
        ferrite_close(db);
    }
    cr_expect_not(failed);
    free(text);
}
