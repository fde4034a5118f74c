/* longest_test.c - keys, fields and members around the longest there may be, in every type, next to one another, in
 * a file that is recovered, copied, checked and emptied. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"

#define LONGEST 65536u
#define FROM    65515u /* so that all lengths are met that one tree or another keeps apart */

static struct bed bed;
static char *text;
static ferrite_error *err;

static void setup(void) {
    bed = bed_make();
    text = malloc(LONGEST + 1);
    memset(text, 'x', LONGEST + 1);
}
static void teardown(void) {
    free(text);
    bed_remove(&bed);
}
TestSuite(longest, .init = setup, .fini = teardown, .timeout = 60);

static void fill(ferrite_db *db) {
    int64_t result;
    for (size_t len = FROM; len <= LONGEST; len++) {
        const ferrite_slice field = {text, len};
        cr_assert_eq(ferrite_set(db, text, len, S("value"), &err), 0);
        cr_assert_eq(ferrite_expire(db, text, len, 1000000, &err), 1);
        cr_assert_eq(ferrite_hset(db, S("hash"), text, len, S("value"), &err), 1);
        cr_assert_eq(ferrite_hpexpire(db, S("hash"), 1000000000, 0, &field, 1, &result, &err), 0);
        cr_assert_eq(result, 1);
        cr_assert_eq(ferrite_sadd(db, S("set"), text, len, &err), 1);
        cr_assert_eq(ferrite_zadd(db, S("zset"), (double)(len % 2), text, len, &err), 1);
        cr_assert_eq(ferrite_rpush(db, S("list"), text, len, &err), (int)(len - FROM + 1));
    }
}

static void expect(ferrite_db *db) {
    for (size_t len = FROM; len <= LONGEST; len++) {
        double score = 9;
        int64_t ttl = 0;
        cr_assert_eq(ferrite_ttl(db, text, len, &ttl, &err), 0);
        cr_expect(ttl > 900000 && ttl <= 1000000);
        cr_assert_eq(ferrite_hexists(db, S("hash"), text, len, &err), 1);
        cr_assert_eq(ferrite_sismember(db, S("set"), text, len, &err), 1);
        cr_assert_eq(ferrite_zscore(db, S("zset"), text, len, &score, &err), 1);
        cr_expect_eq(score, (double)(len % 2));
    }
    api_expect_sound(db);
}

static void take_out(ferrite_db *db) {
    for (size_t len = FROM; len <= LONGEST; len++) {
        cr_assert_eq(ferrite_persist(db, text, len, &err), 1);
        cr_assert_eq(ferrite_del(db, text, len, &err), 1);
        cr_assert_eq(ferrite_hdel(db, S("hash"), text, len, &err), 1);
        cr_assert_eq(ferrite_srem(db, S("set"), text, len, &err), 1);
        cr_assert_eq(ferrite_zadd(db, S("zset"), 7, text, len, &err), 0);
        cr_assert_eq(ferrite_zrem(db, S("zset"), text, len, &err), 1);
        ferrite_free(ferrite_lpop(db, S("list"), NULL, &err));
        if (len % 8 == 0) api_expect_sound(db);
    }
    cr_expect_eq(api_dbsize(db), 0);
}

Test(longest, in_every_type_and_through_a_crash) {
    char path[128];
    bed_path(&bed, "killed", path);
    ferrite_db *db = api_open(bed.path);
    fill(db);
    expect(db);
    bed_copy(&bed, path);
    ferrite_close(db);
    db = api_open(path);
    expect(db);
    ferrite_slice keys[] = {SLICE("hash"), SLICE("set"), SLICE("zset"), SLICE("list")};
    for (int i = 0; i < 4; i++)
        cr_assert_eq(ferrite_copy(db, keys[i].data, keys[i].len, S("copy"), -1, 1, &err), 1);
    cr_assert_eq(ferrite_del(db, S("copy"), &err), 1);
    take_out(db);
    ferrite_close(db);
}

static void expect_limit(int result) {
    cr_expect_eq(result, -1);
    api_expect_error(&err, FERRITE_LIMIT, NULL);
}

Test(longest, one_byte_more_is_refused) {
    ferrite_db *db = api_memory();
    const size_t more = LONGEST + 1;
    const ferrite_slice field = {text, more};
    int64_t result;
    expect_limit(ferrite_set(db, text, more, S("v"), &err));
    expect_limit(ferrite_expire(db, text, more, 5, &err));
    expect_limit(ferrite_hset(db, S("h"), text, more, S("v"), &err));
    expect_limit(ferrite_hpexpire(db, S("h"), 5, 0, &field, 1, &result, &err));
    expect_limit(ferrite_sadd(db, S("s"), text, more, &err));
    expect_limit(ferrite_zadd(db, S("z"), 1, text, more, &err));
    expect_limit(ferrite_rename(db, S("k"), text, more, &err));
    cr_expect_eq(api_dbsize(db), 0);
    ferrite_close(db);
}
