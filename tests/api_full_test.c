/*
 * api_full_test.c - at a bound where nothing can go: every function of ferrite.h that adds is refused and changes
 * nothing, every other one works. What adds is what Redis marks `denyoom` (command_oom_test.c has the commands).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/api.h"
#include "support/content.h"

static ferrite_error *err;

#define K(name) (name), strlen(name)

/* ---- what is there ---- */

static void fill(ferrite_db *db) {
    const ferrite_slice three[] = {SLICE("1"), SLICE("2"), SLICE("3")};
    const ferrite_slice fields[] = {SLICE("f"), SLICE("1"), SLICE("g"), SLICE("2")};
    const ferrite_zitem scored[] = {{SLICE("a"), 1}, {SLICE("b"), 2}, {SLICE("c"), 3}};
    static const char *const strings[] = {"k", "k2", "k3", "k4"};
    for (size_t i = 0; i < 4; i++) api_set(db, strings[i], "1");
    cr_assert_eq(ferrite_rpush_many(db, S("l"), three, 3, NULL), 3);
    cr_assert_eq(ferrite_rpush_many(db, S("l2"), three, 3, NULL), 3);
    cr_assert_eq(ferrite_sadd_many(db, S("s"), three, 3, NULL), 3);
    cr_assert_eq(ferrite_sadd_many(db, S("s2"), three, 3, NULL), 3);
    cr_assert_eq(ferrite_zadd_many(db, S("z"), scored, 3, 0, NULL), 3);
    cr_assert_eq(ferrite_zadd_many(db, S("z2"), scored, 3, 0, NULL), 3);
    cr_assert_eq(ferrite_hset_many(db, S("h"), fields, 4, NULL), 2);
    cr_assert_eq(ferrite_hset(db, S("h2"), S("f"), S("1"), NULL), 1);
}

/* ---- what is refused ---- */

static void expect_refused(bool failed, const char *call) {
    cr_expect(failed, "%s", call);
    if (!failed) return;
    cr_expect_eq(ferrite_error_code(err), FERRITE_FULL, "%s: %s", call, ferrite_error_message(err));
    cr_expect_str_eq(ferrite_error_message(err),
                     "OOM command not allowed when used memory > 'maxmemory'.");
    ferrite_error_free(err);
    err = NULL;
}
#define REFUSED(call)       expect_refused((call) == -1, #call)
#define REFUSED_BLOCK(call) expect_refused((call) == NULL, #call)

static void refused_strings(ferrite_db *db) {
    const ferrite_slice pair[] = {SLICE("a"), SLICE("1")};
    ferrite_set_options options = FERRITE_SET_OPTIONS_INIT;
    REFUSED(ferrite_set(db, S("k"), S("2"), &err));
    REFUSED(ferrite_set_with(db, S("k"), S("2"), &options, NULL, NULL, &err));
    REFUSED(ferrite_setnx(db, S("n"), S("2"), &err));
    REFUSED(ferrite_setex(db, S("k"), 10, S("2"), &err));
    REFUSED(ferrite_psetex(db, S("k"), 10000, S("2"), &err));
    REFUSED_BLOCK(ferrite_getset(db, S("k"), S("2"), NULL, &err));
    REFUSED(ferrite_mset(db, pair, 2, &err));
    REFUSED(ferrite_msetnx(db, pair, 2, &err));
    REFUSED(ferrite_append(db, S("k"), S("2"), &err));
    REFUSED(ferrite_setrange(db, S("k"), 0, S("2"), &err));
    REFUSED(ferrite_incr(db, S("k"), NULL, &err));
    REFUSED(ferrite_decr(db, S("k"), NULL, &err));
    REFUSED(ferrite_incrby(db, S("k"), 1, NULL, &err));
    REFUSED(ferrite_decrby(db, S("k"), 1, NULL, &err));
    REFUSED(ferrite_incrbyfloat(db, S("k"), 1, NULL, &err));
    REFUSED_BLOCK(ferrite_incrbyfloat_text(db, S("k"), S("1"), NULL, &err));
    REFUSED(ferrite_copy(db, S("k"), S("n"), -1, 0, &err));
    REFUSED(ferrite_copy(db, S("k"), S("k"), 1, 0, &err));
}

static void refused_hashes(ferrite_db *db) {
    const ferrite_slice fields[] = {SLICE("f"), SLICE("2")};
    REFUSED(ferrite_hset(db, S("h"), S("f"), S("2"), &err));
    REFUSED(ferrite_hset_many(db, S("h"), fields, 2, &err));
    REFUSED(ferrite_hsetnx(db, S("h"), S("n"), S("2"), &err));
    REFUSED(ferrite_hincrby(db, S("h"), S("f"), 1, NULL, &err));
    REFUSED(ferrite_hincrbyfloat(db, S("h"), S("f"), 1, NULL, &err));
    REFUSED_BLOCK(ferrite_hincrbyfloat_text(db, S("h"), S("f"), S("1"), NULL, &err));
}

static void refused_lists(ferrite_db *db) {
    const ferrite_slice one[] = {SLICE("1")};
    ferrite_sort_options options = FERRITE_SORT_OPTIONS_INIT;
    REFUSED(ferrite_lpush(db, S("l"), S("4"), &err));
    REFUSED(ferrite_rpush(db, S("l"), S("4"), &err));
    REFUSED(ferrite_lpush_many(db, S("l"), one, 1, &err));
    REFUSED(ferrite_rpush_many(db, S("n"), one, 1, &err));
    REFUSED(ferrite_lpushx(db, S("l"), one, 1, &err));
    REFUSED(ferrite_rpushx(db, S("l"), one, 1, &err));
    REFUSED(ferrite_lset(db, S("l"), 0, S("2"), &err));
    REFUSED(ferrite_linsert(db, S("l"), FERRITE_AFTER, S("1"), S("2"), NULL, &err));
    REFUSED(ferrite_linsert_at(db, S("l"), 0, S("2"), &err));
    REFUSED_BLOCK(ferrite_lmove(db, S("l"), S("n"), FERRITE_LEFT, FERRITE_LEFT, NULL, &err));
    REFUSED_BLOCK(ferrite_rpoplpush(db, S("l"), S("l"), NULL, &err));
    REFUSED(ferrite_sort_store(db, S("l"), &options, S("n"), NULL, &err));
}

static void refused_sets(ferrite_db *db) {
    const ferrite_slice keys[] = {SLICE("s"), SLICE("s2")}, four[] = {SLICE("4")};
    ferrite_zspan span = FERRITE_ZSPAN_INIT;
    REFUSED(ferrite_sadd(db, S("s"), S("4"), &err));
    REFUSED(ferrite_sadd_many(db, S("s"), four, 1, &err));
    REFUSED(ferrite_sunionstore(db, S("n"), keys, 2, NULL, &err));
    REFUSED(ferrite_sinterstore(db, S("n"), keys, 2, NULL, &err));
    REFUSED(ferrite_sdiffstore(db, S("n"), keys, 1, NULL, &err));
    const ferrite_slice scored[] = {SLICE("z"), SLICE("z2")};
    const ferrite_zitem item[] = {{SLICE("d"), 4}};
    REFUSED(ferrite_zadd(db, S("z"), 4, S("d"), &err));
    REFUSED(ferrite_zadd_many(db, S("z"), item, 1, 0, &err));
    REFUSED(ferrite_zincrby(db, S("z"), 1, S("a"), NULL, &err));
    REFUSED(ferrite_zadd_incr(db, S("z"), 0, 1, S("a"), NULL, &err));
    REFUSED(ferrite_zrangestore(db, S("n"), S("z"), &span, NULL, &err));
    for (int operation = FERRITE_ZUNION; operation <= FERRITE_ZDIFF; operation++)
        REFUSED(ferrite_zcombinestore(db, operation, S("n"), scored, 2, NULL, FERRITE_ZSUM, NULL, &err));
}

/* ---- what works ---- */

#define WORKS(call, answer) \
    cr_expect_eq(call, answer, "%s: %s", #call, err != NULL ? ferrite_error_message(err) : "")

static void expect_block(void *block, const char *call) {
    cr_expect_not_null(block, "%s: %s", call, err != NULL ? ferrite_error_message(err) : "");
    ferrite_free(block);
}
#define WORKS_BLOCK(call) expect_block(call, #call)

static void works_keys(ferrite_db *db) {
    const ferrite_slice keys[] = {SLICE("k4"), SLICE("none")};
    api_expect(db, "k", "1");
    WORKS(ferrite_touch_many(db, keys, 2, &err), 1);
    WORKS(ferrite_expire(db, S("k"), 100, &err), 1);
    WORKS(ferrite_pexpireat_with(db, S("k"), INT64_MAX / 2, FERRITE_EXPIRE_GT, &err), 1);
    WORKS(ferrite_persist(db, S("k"), &err), 1);
    WORKS_BLOCK(ferrite_getex(db, S("k"), INT64_MAX / 2, NULL, &err));
    WORKS(ferrite_rename(db, S("k"), S("renamed"), &err), 0);
    WORKS(ferrite_renamenx(db, S("renamed"), S("k"), &err), 1);
    WORKS(ferrite_move(db, S("k"), 1, &err), 1);
    WORKS_BLOCK(ferrite_getdel(db, S("k2"), NULL, &err));
    WORKS(ferrite_del(db, S("k3"), &err), 1);
    WORKS(ferrite_unlink_many(db, keys, 2, &err), 1);
    WORKS(ferrite_swapdb(db, 0, 1, &err), 0);
    api_expect(db, "k", "1");
    WORKS(ferrite_swapdb(db, 0, 1, &err), 0);
}

static void works_hashes(ferrite_db *db) {
    const ferrite_slice field[] = {SLICE("f")};
    int64_t result[1];
    WORKS(ferrite_hpexpire(db, S("h"), 100000, 0, field, 1, result, &err), 0);
    WORKS(result[0], FERRITE_FIELD_SET);
    WORKS(ferrite_hpersist(db, S("h"), field, 1, result, &err), 0);
    WORKS(result[0], FERRITE_FIELD_SET);
    WORKS(ferrite_hdel(db, S("h"), S("g"), &err), 1);
    WORKS(ferrite_hdel_many(db, S("h"), field, 1, &err), 1);
    WORKS(ferrite_hpexpireat(db, S("h2"), 1, 0, field, 1, result, &err), 0);
    WORKS(result[0], FERRITE_FIELD_DELETED);
    WORKS(ferrite_exists(db, S("h2"), &err), 0);
    WORKS(ferrite_exists(db, S("h"), &err), 0);
}

static void works_lists(ferrite_db *db) {
    const ferrite_slice keys[] = {SLICE("l2")};
    size_t which, count;
    WORKS_BLOCK(ferrite_lpop(db, S("l"), NULL, &err));
    WORKS(ferrite_lrem(db, S("l"), 0, S("2"), &err), 1);
    WORKS(ferrite_ltrim(db, S("l"), 1, 0, &err), 0);
    WORKS_BLOCK(ferrite_rpop(db, S("l2"), NULL, &err));
    WORKS_BLOCK(ferrite_lpop_many(db, S("l2"), 1, &count, &err));
    WORKS_BLOCK(ferrite_lmpop(db, keys, 1, FERRITE_LEFT, 1, &which, &count, &err));
    WORKS(ferrite_exists(db, S("l2"), &err), 0);
}

static void works_sets(ferrite_db *db) {
    const ferrite_slice one[] = {SLICE("1")};
    size_t count;
    WORKS(ferrite_smove(db, S("s"), S("s3"), S("1"), &err), 1);
    WORKS(ferrite_srem_many(db, S("s3"), one, 1, &err), 1);
    WORKS(ferrite_srem(db, S("s"), S("2"), &err), 1);
    WORKS_BLOCK(ferrite_spop(db, S("s"), NULL, &err));
    WORKS_BLOCK(ferrite_spop_many(db, S("s2"), 2, &count, &err));
}

static void works_zsets(ferrite_db *db) {
    const ferrite_slice key[] = {SLICE("z2")}, a[] = {SLICE("a")};
    ferrite_zspan span = FERRITE_ZSPAN_INIT;
    size_t which, count;
    WORKS(ferrite_zrem(db, S("z"), S("b"), &err), 1);
    WORKS(ferrite_zrem_many(db, S("z"), a, 1, &err), 1);
    WORKS(ferrite_zremrange(db, S("z"), &span, NULL, &err), 0);
    WORKS_BLOCK(ferrite_zpopmin(db, S("z2"), 1, &count, &err));
    WORKS_BLOCK(ferrite_zpopmax(db, S("z2"), 1, &count, &err));
    WORKS_BLOCK(ferrite_zmpop(db, key, 1, 0, 1, &which, &count, &err));
    WORKS(ferrite_exists(db, S("z2"), &err), 0);
}

static void works_all(ferrite_db *db) {
    works_keys(db);
    works_hashes(db);
    works_lists(db);
    works_sets(db);
    works_zsets(db);
    WORKS(ferrite_expire_cycle(db, 10, &err), 0);
    WORKS(ferrite_checkpoint(db, &err), 0);
    WORKS(ferrite_flushdb(db, &err), 0);
    WORKS(ferrite_flushall(db, &err), 0);
}

/* ---- each bound ---- */

static void refused_all(ferrite_db *db) {
    refused_strings(db);
    refused_hashes(db);
    refused_lists(db);
    refused_sets(db);
}

static void expect_full(const char *path, const char *bound, const char *value) {
    const ferrite_slice items[] = {{bound, strlen(bound)}, {value, strlen(value)}};
    ferrite_db *db = api_open_quick(path);
    fill(db);
    cr_assert_eq(ferrite_config_set(db, items, 2, &err), 0);
    const uint64_t digest = content_digest(db);
    refused_all(db);
    cr_expect_eq(content_digest(db), digest);
    cr_expect_eq(api_stats(db).evicted_keys, 0);
    works_all(db);
    cr_expect_eq(api_dbsize(db), 0);
    api_expect_sound(db);
    ferrite_close(db);
}

Test(api_full, over_max_memory_what_adds_is_refused_and_all_else_is_not) {
    expect_full(NULL, "maxmemory", "1");
}

Test(api_full, over_max_keys_what_adds_is_refused_and_all_else_is_not) {
    expect_full(NULL, "max-keys", "3");
}

Test(api_full, over_max_size_what_adds_is_refused_and_all_else_is_not) {
    struct bed bed = bed_make();
    expect_full(bed.path, "max-size", "4096");
    bed_remove(&bed);
}

/* A refusal does not end the transaction. */
Test(api_full, the_same_is_refused_in_a_transaction) {
    const ferrite_slice bound[] = {SLICE("maxmemory"), SLICE("1")};
    ferrite_db *db = api_memory();
    fill(db);
    cr_assert_eq(ferrite_config_set(db, bound, 2, &err), 0);
    const uint64_t digest = content_digest(db);
    ferrite_db *tx = ferrite_begin(db, &err);
    refused_all(tx);
    cr_expect_eq(content_digest(tx), digest);
    WORKS(ferrite_del(tx, S("k2"), &err), 1);
    WORKS(ferrite_commit(tx, &err), 0);
    ferrite_close(tx);
    api_expect(db, "k2", NULL);
    cr_expect_eq(api_dbsize(db), 11);
    ferrite_close(db);
}

/* Even a database that was full when it was opened can be emptied by its keys. */
Test(api_full, reading_deleting_and_adding_again_after_a_restart) {
    struct bed bed = bed_make();
    ferrite_db *db = api_open_quick(bed.path);
    fill(db);
    ferrite_close(db);
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.max_keys = 3;
    db = api_open_with(bed.path, &options);
    api_expect(db, "k", "1");
    REFUSED(ferrite_set(db, S("n"), S("v"), &err));
    static const char *const names[] = {"l", "l2", "s", "s2", "z", "z2", "h", "h2", "k2"};
    for (size_t i = 0; i < 9; i++) WORKS(ferrite_del(db, K(names[i]), &err), 1);
    REFUSED(ferrite_set(db, S("n"), S("v"), &err));
    WORKS(ferrite_del(db, S("k3"), &err), 1);
    WORKS(ferrite_set(db, S("n"), S("v"), &err), 0);
    ferrite_close(db);
    bed_remove(&bed);
}

Test(api_full, what_does_not_fit_is_not_loaded) {
    struct bed bed = bed_make();
    ferrite_options options = FERRITE_OPTIONS_INIT;
    ferrite_db *db = api_open_quick(bed.path);
    fill(db);
    ferrite_close(db);
    options.max_keys = 3;
    db = api_open_with(NULL, &options);
    REFUSED(ferrite_load(db, bed.path, NULL, &err));
    cr_expect_eq(api_dbsize(db), 0);
    api_expect_sound(db);
    ferrite_close(db);
    bed_remove(&bed);
}
