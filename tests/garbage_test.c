/* garbage_test.c - dropping what is large is short work, and its pages come back in steps: also after a kill, on a full
 * disk, under a snapshot, and when they are damaged. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/api.h"
#include "support/clock.h"
#include "support/sim_os.h"

#define STEP 300 /* pages that may come back beside one write */
#define STEP_OF_RUNS 6000 /* of long values: those that one page of references lists */

static struct bed bed;
static ferrite_error *err;
static uint64_t step = STEP;
static char big[60000000];

static void setup(void) {
    bed = bed_make();
    memset(big, 'b', sizeof big);
}
static void teardown(void) { bed_remove(&bed); }
TestSuite(garbage, .init = setup, .fini = teardown, .timeout = 60);

static ferrite_db *open_at(const char *path, bool threads) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.no_threads = !threads;
    options.clock_ms = clock_now;
    return api_open_with(path, &options);
}

static uint64_t used_pages(ferrite_db *db) {
    ferrite_stats stats = api_stats(db);
    return stats.page_count - stats.free_pages;
}

/* ---- large things of every kind ---- */

#define MEMBERS 60000

static void add_set(ferrite_db *db, const char *key) {
    char member[32];
    for (int i = 0; i < MEMBERS; i++) {
        size_t len = (size_t)snprintf(member, sizeof member, "member number %d", i * 7919);
        ferrite_sadd(db, key, strlen(key), member, len, &err);
    }
}

static void add_zset(ferrite_db *db, const char *key) {
    char member[32];
    for (int i = 0; i < MEMBERS; i++) {
        size_t len = (size_t)snprintf(member, sizeof member, "member %d", i * 7919);
        ferrite_zadd(db, key, strlen(key), i, member, len, &err);
    }
}

static void add_hash(ferrite_db *db, const char *key) {
    char field[32];
    for (int i = 0; i < 1600; i++) {
        size_t len = (size_t)snprintf(field, sizeof field, "field %d", i * 7919);
        size_t value_len = i % 400 == 0 ? 400000 : 2000;
        ferrite_hset(db, key, strlen(key), field, len, big, value_len, &err);
    }
    ferrite_slice fields[] = {SLICE("field 7919")};
    int64_t result;
    ferrite_hpexpireat(db, key, strlen(key), INT64_MAX / 2, 0, fields, 1, &result, &err);
}

static void add_list(ferrite_db *db, const char *key) {
    for (int i = 0; i < 1500; i++)
        ferrite_rpush(db, key, strlen(key), big, i % 2 ? 900 : 1500, &err);
}

static void (*const add[])(ferrite_db *db, const char *key) = {add_set, add_zset, add_hash, add_list};
#define KINDS (sizeof add / sizeof *add)

static void add_all(ferrite_db *db) {
    ferrite_db *tx = ferrite_begin(db, &err);
    for (size_t kind = 0; kind < KINDS; kind++) {
        char key[2] = {(char)('a' + kind), 0};
        add[kind](tx, key);
    }
    cr_assert_eq(ferrite_commit(tx, &err), 0, "%s", ferrite_error_message(err));
    ferrite_close(tx);
}

/* Small writes until nothing is given back any more; how many there were. */
static unsigned write_until_tidy(ferrite_db *db) {
    unsigned writes = 0;
    for (uint64_t before = UINT64_MAX, now = used_pages(db); now < before; writes++) {
        before = now;
        api_set(db, "small", "write");
        now = used_pages(db);
        cr_assert_leq(before, now + step, "a step gave %d pages back", (int)(before - now));
    }
    return writes;
}

static void expect_steps(ferrite_db *db, uint64_t before, uint64_t at_least) {
    cr_expect_geq(used_pages(db) + step, before, "the pages came back at once");
    api_expect_sound(db);
    cr_expect_geq(write_until_tidy(db), at_least / step);
    cr_expect_leq(used_pages(db), before - at_least, "%d pages are kept",
                  (int)(used_pages(db) + at_least - before));
    api_expect_sound(db);
}

/* ---- what drops them ---- */

static void drop_each(const char *path, int (*drop)(ferrite_db *db)) {
    for (size_t kind = 0; kind < KINDS; kind++) {
        ferrite_db *db = open_at(path, false);
        api_set(db, "small", "key");
        uint64_t empty = used_pages(db);
        ferrite_db *tx = ferrite_begin(db, &err);
        add[kind](tx, "large");
        ferrite_commit(tx, &err);
        ferrite_close(tx);
        cr_assert_null(err, "%s", ferrite_error_message(err));
        uint64_t before = used_pages(db);
        cr_assert_gt(before, empty + 200);
        cr_assert_eq(drop(db), 1, "%s", ferrite_error_message(err));
        expect_steps(db, before, before - empty - 3);
        ferrite_close(db);
        if (path != NULL) bed_unlink(path);
    }
}

static int by_del(ferrite_db *db) { return ferrite_del(db, S("large"), &err); }
static int by_set(ferrite_db *db) { return ferrite_set(db, S("large"), S("small"), &err) + 1; }
static int by_flush(ferrite_db *db) { return ferrite_flushdb(db, &err) + 1; }
static int by_flush_all(ferrite_db *db) { return ferrite_flushall(db, &err) + 1; }
static int by_rename(ferrite_db *db) {
    api_set(db, "other", "value");
    return ferrite_rename(db, S("other"), S("large"), &err) + 1;
}
static int by_expiry(ferrite_db *db) {
    cr_assert_eq(ferrite_pexpire(db, S("large"), 10, &err), 1);
    now_ms += 100;
    return ferrite_expire_cycle(db, 10, &err);
}

Test(garbage, deleting_in_a_file) { drop_each(bed.path, by_del); }
Test(garbage, deleting_in_memory) { drop_each(NULL, by_del); }
Test(garbage, overwriting) { drop_each(bed.path, by_set); }
Test(garbage, emptying_a_database) { drop_each(bed.path, by_flush); }
Test(garbage, emptying_all_databases) { drop_each(bed.path, by_flush_all); }
Test(garbage, renaming_onto_it) { drop_each(bed.path, by_rename); }
Test(garbage, expiring) { drop_each(bed.path, by_expiry); }

Test(garbage, a_database_of_many_small_keys_is_emptied_in_one_short_step) {
    ferrite_db *db = open_at(bed.path, false), *tx = ferrite_begin(db, &err);
    char key[32];
    for (int i = 0; i < 100000; i++) {
        int len = snprintf(key, sizeof key, "key number %d", i);
        ferrite_set_options options = FERRITE_SET_OPTIONS_INIT;
        options.expire_at_ms = i % 3 ? 0 : now_ms + 1000000 + i;
        ferrite_set_with(tx, key, (size_t)len, S("value"), &options, NULL, NULL, &err);
    }
    cr_assert_eq(ferrite_commit(tx, &err), 0);
    ferrite_close(tx);
    uint64_t before = used_pages(db);
    cr_assert_eq(ferrite_flushdb(db, &err), 0);
    cr_expect_eq(api_dbsize(db), 0);
    expect_steps(db, before, before - 10);
    ferrite_close(db);
}

Test(garbage, long_values) {
    ferrite_db *db = open_at(bed.path, false);
    const uint64_t pages = sizeof big / 4096;
    step = STEP_OF_RUNS;
    api_set(db, "small", "key");
    ferrite_set(db, S("s"), big, sizeof big, &err);
    ferrite_hset(db, S("h"), S("f"), big, sizeof big, &err);
    ferrite_rpush(db, S("l"), big, sizeof big, &err);
    uint64_t before = used_pages(db);
    cr_assert_eq(ferrite_del(db, S("s"), &err), 1);
    expect_steps(db, before, pages);
    before = used_pages(db);
    cr_assert_eq(ferrite_hset(db, S("h"), S("f"), S("short"), &err), 0);
    expect_steps(db, before, pages);
    before = used_pages(db);
    cr_assert_eq(ferrite_lset(db, S("l"), 0, S("short"), &err), 0);
    expect_steps(db, before, pages);
    ferrite_close(db);
}

/* ---- beside other things ---- */

Test(garbage, a_snapshot_sees_what_is_being_freed) {
    ferrite_db *db = open_at(bed.path, false);
    add_all(db);
    ferrite_db *snapshot = ferrite_snapshot(db, &err);
    cr_assert_eq(ferrite_flushall(db, &err), 0);
    write_until_tidy(db);
    add_all(db);
    cr_assert_eq(ferrite_flushall(db, &err), 0);
    write_until_tidy(db);
    uint64_t count;
    cr_expect_eq(ferrite_scard(snapshot, S("a"), &count, &err), 0);
    cr_expect_eq(count, MEMBERS);
    cr_expect_eq(ferrite_sismember(snapshot, S("a"), S("member number 0"), &err), 1);
    size_t len;
    char *value = ferrite_hget(snapshot, S("c"), S("field 0"), &len, &err);
    cr_assert_not_null(value);
    cr_expect(len == 400000 && memcmp(value, big, len) == 0);
    ferrite_free(value);
    ferrite_close(snapshot);
    api_expect_sound(db);
    ferrite_close(db);
}

Test(garbage, a_rollback_brings_it_back) {
    ferrite_db *db = open_at(bed.path, false);
    add_all(db);
    ferrite_db *tx = ferrite_begin(db, &err);
    cr_assert_eq(ferrite_del(tx, S("a"), &err), 1);
    cr_assert_eq(ferrite_flushdb(tx, &err), 0);
    cr_assert_eq(ferrite_rollback(tx, &err), 0);
    ferrite_close(tx);
    cr_expect_eq(api_dbsize(db), KINDS);
    api_expect_sound(db);
    ferrite_close(db);
}

Test(garbage, the_background_thread_frees_all) {
    ferrite_db *db = open_at(bed.path, true);
    add_all(db);
    cr_assert_eq(ferrite_flushall(db, &err), 0);
    for (int i = 0; i < 500 && used_pages(db) > 20; i++) usleep(10000);
    cr_expect_leq(used_pages(db), 20);
    api_expect_sound(db);
    ferrite_close(db);
}

/* ---- durable ---- */

static uint64_t file_pages(const char *path) {
    ferrite_db *db = open_at(path, false);
    uint64_t pages = used_pages(db);
    api_expect_sound(db);
    ferrite_close(db);
    return pages;
}

Test(garbage, closing_frees_the_rest) {
    ferrite_db *db = open_at(bed.path, false);
    add_all(db);
    cr_assert_eq(ferrite_checkpoint(db, &err), 0);
    cr_assert_eq(ferrite_flushall(db, &err), 0);
    ferrite_close(db);
    cr_expect_leq(file_pages(bed.path), 20);
}

Test(garbage, a_checkpoint_asked_for_frees_the_rest) {
    ferrite_db *db = open_at(bed.path, false);
    add_all(db);
    cr_assert_eq(ferrite_flushall(db, &err), 0);
    cr_assert_eq(ferrite_checkpoint(db, &err), 0);
    cr_expect_leq(used_pages(db), 20);
    ferrite_close(db);
}

/* The list of the file and what the log adds to it, at every stage of freeing. */
static void kill_after(unsigned writes, bool checkpoint) {
    char path[128];
    bed_path(&bed, "killed", path);
    ferrite_db *db = open_at(bed.path, false);
    add_all(db);
    cr_assert_eq(ferrite_checkpoint(db, &err), 0);
    cr_assert_eq(ferrite_del(db, S("a"), &err), 1);
    cr_assert_eq(ferrite_del(db, S("c"), &err), 1);
    for (unsigned i = 0; i < writes / 2; i++) api_set(db, "small", "write");
    ferrite_db *other = ferrite_select(db, 1, &err);
    api_set(other, "kept", "value");
    if (checkpoint) /* of the list as it is: a transaction too large for the log makes one */
        for (int i = 0; i < 40; i++) ferrite_set(other, S("blob"), big, 3000000, &err);
    cr_assert_eq(ferrite_flushdb(db, &err), 0);
    for (unsigned i = 0; i < writes / 2; i++) api_set(db, "small", "write");
    ferrite_close(other);
    bed_copy(&bed, path);
    ferrite_close(db);
    db = open_at(path, false);
    api_expect_sound(db);
    other = ferrite_select(db, 1, &err);
    api_expect(other, "kept", "value");
    cr_expect_eq(api_dbsize(db), writes > 1);
    write_until_tidy(db);
    cr_expect_leq(used_pages(db), checkpoint ? 760 : 25);
    api_expect_sound(db);
    ferrite_close(other);
    ferrite_close(db);
    cr_expect_leq(file_pages(path), checkpoint ? 760 : 20);
    bed_unlink(path);
    bed_unlink(bed.path);
}

Test(garbage, a_kill_loses_no_page_and_frees_none_twice) {
    for (unsigned writes = 0; writes < 50; writes = writes * 2 + 3) {
        kill_after(writes, false);
        kill_after(writes, true);
    }
}

/* Replaying drops and refills, as often as the log holds, takes no more room than doing it did. */
Test(garbage, replay_frees_as_it_goes) {
    char path[128];
    bed_path(&bed, "killed", path);
    ferrite_db *db = open_at(bed.path, false);
    for (int round = 0; round < 12; round++) {
        add_list(db, "l");
        cr_assert_eq(ferrite_del(db, S("l"), &err), 1);
    }
    bed_copy(&bed, path);
    ferrite_close(db);
    db = open_at(path, false);
    ferrite_stats stats = api_stats(db);
    cr_expect_gt(stats.recovered_transactions, 10000);
    cr_expect_lt(stats.page_count, 4000, "%d", (int)stats.page_count);
    api_expect_sound(db);
    ferrite_close(db);
}

Test(garbage, a_full_disk_takes_writes_again_after_a_delete) {
    struct sim *sim = sim_new();
    os_set_default(sim_os(sim));
    ferrite_db *db = open_at(bed.path, false);
    char key[32];
    add_all(db);
    cr_assert_eq(ferrite_checkpoint(db, &err), 0);
    struct sim_fault fault = {SIM_ALLOCATE, 1, ENOSPC, true};
    sim_fault_set(sim, &fault);
    int filled = 0;
    while (ferrite_set(db, key, (size_t)snprintf(key, sizeof key, "key %d", filled), big, 3000,
                       &err) == 0)
        filled++;
    api_expect_error(&err, FERRITE_FULL, NULL);
    cr_assert_eq(ferrite_del(db, S("b"), &err), 1, "%s", ferrite_error_message(err));
    for (int i = 0; i < 400; i++) {
        size_t len = (size_t)snprintf(key, sizeof key, "later %d", i);
        cr_assert_eq(ferrite_set(db, key, len, big, 3000, &err), 0, "%d: %s", i,
                     ferrite_error_message(err));
    }
    api_expect_sound(db);
    ferrite_close(db);
    os_set_default(os_posix());
    sim_free(sim);
}

/* ---- damage ---- */

/* One byte in every page of long elements; the list's tree and its branches stay sound. */
static void damage_leaves(const char *path, unsigned char type, unsigned tag) {
    unsigned char page[4096];
    FILE *file = fopen(path, "r+b");
    cr_assert_not_null(file);
    for (long at = 0; fseek(file, at, SEEK_SET) == 0 && fread(page, sizeof page, 1, file) == 1;
         at += 4096) {
        unsigned slots = page[6] | page[7] << 8;
        if (page[4] != type || slots < 2 || (page[26] | page[27] << 8) != (int)tag) continue;
        fseek(file, at + 3000, SEEK_SET);
        fputc(page[3000] ^ 1, file);
    }
    fclose(file);
}

/* A file whose list holds the hash "c", as a kill leaves it. */
static void killed_with_garbage(char path[128]) {
    bed_path(&bed, "killed", path);
    ferrite_db *db = open_at(bed.path, false);
    add_hash(db, "c");
    api_set(db, "small", "value");
    cr_assert_eq(ferrite_checkpoint(db, &err), 0);
    cr_assert_eq(ferrite_del(db, S("c"), &err), 1);
    bed_copy(&bed, path);
    ferrite_close(db);
}

Test(garbage, damage_in_it_stops_nobody) {
    char path[128];
    killed_with_garbage(path);
    damage_leaves(path, 3, 0x0400);
    ferrite_db *db = open_at(path, false);
    for (int i = 0; i < 5; i++) api_set(db, "small", "write");
    api_expect(db, "small", "write");
    uint64_t findings;
    cr_assert_eq(ferrite_check(db, NULL, &findings, &err), 0);
    cr_expect_gt(findings, 0);
    ferrite_close(db);
    db = open_at(path, false);
    api_expect(db, "small", "write");
    ferrite_close(db);
}

/* A keyspace that was emptied does not come back because something else is damaged. */
Test(garbage, recover_leaves_it_alone) {
    char path[128], out[128], key[32];
    bed_path(&bed, "killed", path);
    bed_path(&bed, "out", out);
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.no_threads = 1;
    options.dirty_limit = 1 << 20;
    ferrite_db *db = ferrite_open_with(bed.path, &options, &err);
    ferrite_db *tx = ferrite_begin(db, &err), *one = ferrite_select(tx, 1, &err);
    for (int i = 0; i < 200000; i++) {
        int len = snprintf(key, sizeof key, "key number %d", i);
        ferrite_set(tx, key, (size_t)len, S("deleted"), &err);
        if (i % 100 == 0) ferrite_set(one, key, (size_t)len, S("kept"), &err);
    }
    ferrite_close(one);
    cr_assert_eq(ferrite_commit(tx, &err), 0);
    ferrite_close(tx);
    cr_assert_eq(ferrite_checkpoint(db, &err), 0);
    cr_assert_eq(ferrite_flushdb(db, &err), 0);
    one = ferrite_select(db, 1, &err); /* the list comes into a checkpoint by itself */
    const uint64_t checkpoints = api_stats(db).checkpoints;
    while (api_stats(db).checkpoints == checkpoints)
        ferrite_set(one, S("blob"), big, 3000000, &err);
    cr_assert_gt(used_pages(db), 1000, "freed too early for this test");
    bed_copy(&bed, path);
    ferrite_close(one);
    ferrite_close(db);
    damage_leaves(path, 2, 0x0101);
    ferrite_recovery result;
    cr_assert_eq(ferrite_recover(path, out, NULL, &result, &err), 0, "%s",
                 ferrite_error_message(err));
    db = api_open(out);
    cr_expect_eq(api_dbsize(db), 0);
    one = ferrite_select(db, 1, &err);
    cr_expect_eq(api_dbsize(one), 2001);
    ferrite_close(one);
    ferrite_close(db);
}
