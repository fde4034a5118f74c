/*
 * zset_form_test.c - scores as bytes in order, and what ferrite_check says of a sorted set whose
 * trees do not agree.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "libferrite/db.h"
#include "libferrite/types/zset_form.h"
#include "support/api.h"

Test(zset_form, scores_lie_in_the_order_of_numbers) {
    static const double scores[] = {-INFINITY, -1e300, -1, -1e-320, 0, 1e-320, 0.5, 1, 1e300,
                                    INFINITY};
    uint8_t before[SCORE_LEN], bytes[SCORE_LEN];
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++) {
        score_write(bytes, scores[i]);
        cr_expect_eq(score_read(bytes), scores[i]);
        if (i > 0) cr_expect_lt(memcmp(before, bytes, SCORE_LEN), 0, "%g", scores[i]);
        memcpy(before, bytes, SCORE_LEN);
    }
    score_write(bytes, -0.0);
    cr_expect_eq(signbit(score_read(bytes)), 0);
}

/* Gives a pair of tree 1 another score, behind the back of tree 0. */
static void disagree(struct engine *engine) {
    struct txn *txn;
    struct collection c;
    struct tree_cursor cursor;
    struct pair pair;
    bool exact;
    cr_assert_eq(txn_begin_write(engine, true, &txn), FERRITE_OK);
    struct keyspace ks = {.txn = txn};
    cr_assert_eq(txn_operation(txn, false), FERRITE_OK);
    cr_assert_eq(collection_open(&ks, &zset_kind, (ferrite_slice){"z", 1}, &c), FERRITE_OK);
    cr_assert_not(c.packed);
    cursor_init(&cursor, &txn->pages, &c.tree[1]);
    cr_assert_eq(cursor_first(&cursor), FERRITE_OK);
    cr_assert_eq(cursor_delete(&cursor), FERRITE_OK);
    cr_assert_eq(pair_make(&pair, 5000, (ferrite_slice){"member-0000", 11}), FERRITE_OK);
    cr_assert_eq(cursor_seek(&cursor, pair.bytes, pair.len, &exact), FERRITE_OK);
    const struct tree_value nothing = {"", 0, false, false};
    cr_assert_eq(cursor_put(&cursor, pair.bytes, pair.len, false, &nothing), FERRITE_OK);
    pair_done(&pair);
    cursor_done(&cursor);
    c.changed = true;
    cr_assert_eq(collection_close(&c, FERRITE_OK), FERRITE_OK);
    txn_unlogged(txn);
    cr_assert_eq(txn_commit(txn), FERRITE_OK);
}

static char said[256];
static void hear(void *ctx, const char *text) {
    (void)ctx;
    snprintf(said, sizeof said, "%s", text);
}

Test(zset_form, trees_that_do_not_agree_are_found) {
    const ferrite_monitor monitor = {.finding = hear};
    ferrite_db *db = api_memory();
    uint64_t findings = 0;
    char member[16];
    for (int i = 0; i < 200; i++) {
        snprintf(member, sizeof member, "member-%04d", i);
        cr_assert_eq(ferrite_zadd(db, S("z"), i, member, 11, NULL), 1);
    }
    api_expect_sound(db);
    disagree(db->core->engine);
    cr_assert_eq(ferrite_check(db, &monitor, &findings, NULL), 0);
    cr_expect_eq(findings, 1);
    cr_expect_str_eq(said, "database 0: a sorted set's members and scores do not agree");
    ferrite_close(db);
}
