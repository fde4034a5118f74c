/*
 * garbage_file_test.c - what waits to be freed and the file: closing, checkpoints, kills, a full disk, damage.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/api.h"
#include "support/large.h"
#include "support/sim_os.h"

static ferrite_error *err;
TestSuite(garbage_file, .init = large_begin, .fini = large_end, .timeout = 60);

/* ---- durable ---- */

static uint64_t file_pages(const char *path) {
    ferrite_db *db = large_open(path, false);
    uint64_t pages = large_used_pages(db);
    api_expect_sound(db);
    ferrite_close(db);
    return pages;
}

Test(garbage_file, closing_frees_the_rest) {
    ferrite_db *db = large_open(large.bed.path, false);
    large_add_all(db);
    cr_assert_eq(ferrite_checkpoint(db, &err), 0);
    cr_assert_eq(ferrite_flushall(db, &err), 0);
    ferrite_close(db);
    cr_expect_leq(file_pages(large.bed.path), 20);
}

Test(garbage_file, a_checkpoint_asked_for_frees_the_rest) {
    ferrite_db *db = large_open(large.bed.path, false);
    large_add_all(db);
    cr_assert_eq(ferrite_flushall(db, &err), 0);
    cr_assert_eq(ferrite_checkpoint(db, &err), 0);
    cr_expect_leq(large_used_pages(db), 20);
    ferrite_close(db);
}

/* The list of the file and what the log adds to it, at every stage of freeing. */
static void kill_after(unsigned writes, bool checkpoint) {
    char path[128];
    bed_path(&large.bed, "killed", path);
    ferrite_db *db = large_open(large.bed.path, false);
    large_add_all(db);
    cr_assert_eq(ferrite_checkpoint(db, &err), 0);
    cr_assert_eq(ferrite_del(db, S("a"), &err), 1);
    cr_assert_eq(ferrite_del(db, S("c"), &err), 1);
    for (unsigned i = 0; i < writes / 2; i++) api_set(db, "small", "write");
    ferrite_db *other = ferrite_select(db, 1, &err);
    api_set(other, "kept", "value");
    if (checkpoint) /* of the list as it is: a transaction too large for the log makes one */
        for (int i = 0; i < 40; i++) ferrite_set(other, S("blob"), large.value, 3000000, &err);
    cr_assert_eq(ferrite_flushdb(db, &err), 0);
    for (unsigned i = 0; i < writes / 2; i++) api_set(db, "small", "write");
    ferrite_close(other);
    bed_copy(&large.bed, path);
    ferrite_close(db);
    db = large_open(path, false);
    api_expect_sound(db);
    other = ferrite_select(db, 1, &err);
    api_expect(other, "kept", "value");
    cr_expect_eq(api_dbsize(db), writes > 1);
    large_write_until_tidy(db);
    cr_expect_leq(large_used_pages(db), checkpoint ? 760 : 25);
    api_expect_sound(db);
    ferrite_close(other);
    ferrite_close(db);
    cr_expect_leq(file_pages(path), checkpoint ? 760 : 20);
    bed_unlink(path);
    bed_unlink(large.bed.path);
}

Test(garbage_file, a_kill_loses_no_page_and_frees_none_twice) {
    for (unsigned writes = 0; writes < 50; writes = writes * 2 + 3) {
        kill_after(writes, false);
        kill_after(writes, true);
    }
}

/* Replaying drops and refills, as often as the log holds, takes no more room than doing it did. */
Test(garbage_file, replay_frees_as_it_goes) {
    char path[128];
    bed_path(&large.bed, "killed", path);
    ferrite_db *db = large_open(large.bed.path, false);
    for (int round = 0; round < 12; round++) {
        large_add_list(db, "l");
        cr_assert_eq(ferrite_del(db, S("l"), &err), 1);
    }
    bed_copy(&large.bed, path);
    ferrite_close(db);
    db = large_open(path, false);
    ferrite_stats stats = api_stats(db);
    cr_expect_gt(stats.recovered_transactions, 10000);
    cr_expect_lt(stats.page_count, 4000, "%d", (int)stats.page_count);
    api_expect_sound(db);
    ferrite_close(db);
}

Test(garbage_file, a_full_disk_takes_writes_again_after_a_delete) {
    struct sim *sim = sim_new();
    os_set_default(sim_os(sim));
    ferrite_db *db = large_open(large.bed.path, false);
    char key[32];
    large_add_all(db);
    cr_assert_eq(ferrite_checkpoint(db, &err), 0);
    struct sim_fault fault = {SIM_ALLOCATE, 1, ENOSPC, true};
    sim_fault_set(sim, &fault);
    int filled = 0;
    while (ferrite_set(db, key, (size_t)snprintf(key, sizeof key, "key %d", filled), large.value,
                       3000, &err) == 0)
        filled++;
    api_expect_error(&err, FERRITE_FULL, NULL);
    cr_assert_eq(ferrite_del(db, S("b"), &err), 1, "%s", ferrite_error_message(err));
    for (int i = 0; i < 400; i++) {
        size_t len = (size_t)snprintf(key, sizeof key, "later %d", i);
        cr_assert_eq(ferrite_set(db, key, len, large.value, 3000, &err), 0, "%d: %s", i,
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
    bed_path(&large.bed, "killed", path);
    ferrite_db *db = large_open(large.bed.path, false);
    large_add_hash(db, "c");
    api_set(db, "small", "value");
    cr_assert_eq(ferrite_checkpoint(db, &err), 0);
    cr_assert_eq(ferrite_del(db, S("c"), &err), 1);
    bed_copy(&large.bed, path);
    ferrite_close(db);
}

Test(garbage_file, damage_in_it_stops_nobody) {
    char path[128];
    killed_with_garbage(path);
    damage_leaves(path, 3, 0x0400);
    ferrite_db *db = large_open(path, false);
    for (int i = 0; i < 5; i++) api_set(db, "small", "write");
    api_expect(db, "small", "write");
    uint64_t findings;
    cr_assert_eq(ferrite_check(db, NULL, &findings, &err), 0);
    cr_expect_gt(findings, 0);
    ferrite_close(db);
    db = large_open(path, false);
    api_expect(db, "small", "write");
    ferrite_close(db);
}

/* A keyspace that was emptied does not come back because something else is damaged. */
Test(garbage_file, recover_leaves_it_alone) {
    char path[128], out[128], key[32];
    bed_path(&large.bed, "killed", path);
    bed_path(&large.bed, "out", out);
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.no_threads = 1;
    options.dirty_limit = 1 << 20;
    ferrite_db *db = ferrite_open_with(large.bed.path, &options, &err);
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
        ferrite_set(one, S("blob"), large.value, 3000000, &err);
    cr_assert_gt(large_used_pages(db), 1000, "freed too early for this test");
    bed_copy(&large.bed, path);
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
