/*
 * api_config_test.c - ferrite_config_*, ferrite_latency_*, statistics: what they answer, and that what
 * is set while the database is open has its effect.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/api.h"
#include "support/clock.h"

static int config_set(ferrite_db *db, const char *name, const char *value, ferrite_error **err) {
    ferrite_slice items[] = {{name, strlen(name)}, {value, strlen(value)}};
    return ferrite_config_set(db, items, 2, err);
}

static void expect_option(ferrite_db *db, const char *name, const char *value) {
    ferrite_slice pattern = {name, strlen(name)};
    size_t count = 0;
    ferrite_slice *found = ferrite_config_get(db, &pattern, 1, &count, NULL);
    cr_assert_eq(count, 2);
    cr_expect_str_eq(found[0].data, name);
    cr_expect_str_eq(found[1].data, value, "%s is %s", name, found[1].data);
    ferrite_free(found);
}

Test(api_config, an_option_that_was_set_counts_for_all_handles) {
    ferrite_db *db = api_memory(), *other = ferrite_select(db, 2, NULL);
    cr_assert_eq(config_set(db, "default-ttl", "1000s", NULL), 0);
    expect_option(other, "default-ttl", "1000000");
    int64_t ttl = 0;
    api_set(other, "k", "v");
    cr_assert_eq(ferrite_ttl(other, S("k"), &ttl, NULL), 0);
    cr_expect(ttl >= 999 && ttl <= 1000);
    ferrite_close(other);
    ferrite_close(db);
}

Test(api_config, all_or_none_are_set) {
    ferrite_db *db = api_memory();
    ferrite_error *err = NULL;
    ferrite_slice items[] = {SLICE("max-keys"), SLICE("5"), SLICE("compression"), SLICE("99")};
    cr_expect_eq(ferrite_config_set(db, items, 4, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    expect_option(db, "max-keys", "0");
    cr_expect_eq(ferrite_config_set(db, items, 3, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_config_set(db, items, 0, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_config_set(db, NULL, 2, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_config_set(NULL, items, 2, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_config_set(db, items, 2, &err), 0);
    expect_option(db, "max-keys", "5");
    ferrite_close(db);
}

Test(api_config, fixed_options_are_told_and_refused) {
    static const char *const names[] = {"databases", "log-size",   "map-size",  "dirty-limit",
                                        "read-only", "must-exist", "no-threads"};
    ferrite_db *db = api_memory();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ferrite_error *err = NULL;
        cr_expect_eq(config_set(db, names[i], "1", &err), -1, "%s", names[i]);
        cr_expect_not_null(strstr(ferrite_error_message(err), "can't set immutable config"));
        api_expect_error(&err, FERRITE_INVALID, NULL);
    }
    ferrite_close(db);
}

Test(api_config, no_pattern_gives_nothing_and_a_star_everything) {
    ferrite_db *db = api_memory();
    ferrite_slice star = SLICE("*");
    ferrite_error *err = NULL;
    size_t count = 77, names = 0;
    ferrite_slice *found = ferrite_config_get(db, NULL, 0, &count, NULL);
    cr_assert_not_null(found);
    cr_expect_eq(count, 0);
    ferrite_free(found);
    found = ferrite_config_get(db, &star, 1, &count, NULL);
    while (ferrite_options_name(names) != NULL) names++;
    cr_expect_eq(count, 2 * (names - 1), "preset is no option of an open database");
    ferrite_free(found);
    cr_expect_null(ferrite_config_get(NULL, &star, 1, &count, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(db);
}

Test(api_config, bounds_count_from_the_next_write_on) {
    ferrite_db *db = api_memory();
    ferrite_error *err = NULL;
    char key[16];
    for (int i = 0; i < 50; i++) {
        snprintf(key, sizeof key, "key%d", i);
        api_set(db, key, "value");
    }
    cr_assert_eq(config_set(db, "max-keys", "20", NULL), 0);
    cr_expect_eq(ferrite_set(db, S("new"), S("v"), &err), -1);
    api_expect_error(&err, FERRITE_FULL, NULL);
    cr_assert_eq(config_set(db, "maxmemory-policy", "allkeys-random", NULL), 0);
    for (int i = 0; i < 50; i++) api_set(db, "new", "v");
    cr_expect_eq(api_dbsize(db), 20);
    cr_expect_gt(api_stats(db).evicted_keys, 0);
    cr_assert_eq(config_set(db, "max-value-size", "3", NULL), 0);
    cr_expect_eq(ferrite_set(db, S("new"), S("long"), &err), -1);
    api_expect_error(&err, FERRITE_LIMIT, NULL);
    ferrite_close(db);
}

/* ---- sync modes ---- */

Test(api_config, the_sync_mode_changes_while_the_database_is_open) {
    static const char *const modes[] = {"none",      "normal", "periodic:20", "full",
                                        "every-n:3", "normal", "none"};
    for (int no_threads = 0; no_threads < 2; no_threads++) {
        struct bed bed = bed_make();
        ferrite_options options = FERRITE_OPTIONS_INIT;
        options.no_threads = no_threads;
        ferrite_db *db = ferrite_open_with(bed.path, &options, NULL);
        char key[16];
        for (int i = 0; i < 70; i++) {
            if (i % 10 == 0) cr_assert_eq(config_set(db, "sync-mode", modes[i / 10], NULL), 0);
            snprintf(key, sizeof key, "key%d", i);
            api_set(db, key, "value");
            api_expect(db, key, "value");
        }
        cr_expect_eq(api_stats(db).sync_mode, FERRITE_SYNC_NONE);
        char copy[128];
        bed_path(&bed, "copy.ferrite", copy);
        bed_copy(&bed, copy);
        ferrite_db *recovered = api_open(copy);
        cr_expect_eq(api_dbsize(recovered), 70);
        api_expect_sound(recovered);
        ferrite_close(recovered);
        ferrite_close(db);
        bed_remove(&bed);
    }
}

Test(api_config, a_durable_mode_owes_nothing_when_it_is_left) {
    struct bed bed = bed_make();
    ferrite_db *db = api_open(bed.path);
    for (int i = 0; i < 5; i++) api_set(db, "k", "v");
    cr_assert_eq(config_set(db, "sync-mode", "none", NULL), 0);
    cr_expect_eq(api_stats(db).unsynced_bytes, 0);
    api_set(db, "k", "w");
    cr_expect_gt(api_stats(db).unsynced_bytes, 0);
    cr_assert_eq(config_set(db, "appendfsync", "always", NULL), 0);
    api_set(db, "k", "x");
    cr_expect_eq(api_stats(db).unsynced_bytes, 0);
    ferrite_close(db);
    bed_remove(&bed);
}

Test(api_config, the_sync_mode_waits_for_the_running_transaction) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    ferrite_error *err = NULL;
    options.busy_timeout_ms = 10;
    ferrite_db *db = ferrite_open_with(NULL, &options, NULL), *tx = ferrite_begin(db, NULL);
    cr_expect_eq(config_set(db, "sync-mode", "none", &err), -1);
    api_expect_error(&err, FERRITE_BUSY, NULL);
    expect_option(db, "sync-mode", "normal");
    cr_expect_eq(config_set(tx, "sync-mode", "none", &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(config_set(db, "max-keys", "9", NULL), 0, "which needs no lock");
    ferrite_close(tx);
    cr_expect_eq(config_set(db, "sync-mode", "none", NULL), 0);
    ferrite_close(db);
}

/* ---- expired keys ---- */

static ferrite_db *open_with_clock(uint32_t interval_ms) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.clock_ms = clock_now;
    options.expire_interval_ms = interval_ms;
    return api_open_with(NULL, &options);
}

static void expiring_keys(ferrite_db *db, int count) {
    char key[16];
    for (int i = 0; i < count; i++) {
        int len = snprintf(key, sizeof key, "t%d", i);
        cr_assert_eq(ferrite_psetex(db, key, (size_t)len, 100, S("v"), NULL), 0);
    }
}

Test(api_config, expired_keys_wait_for_their_interval_and_are_gone_for_readers_at_once) {
    ferrite_db *db = open_with_clock(10000);
    expiring_keys(db, 50);
    now_ms += 200;
    api_expect(db, "t0", NULL);
    for (int i = 0; i < 20; i++) api_set(db, "other", "v");
    cr_expect_eq(api_stats(db).expired_keys, 0, "the first round was when there was nothing");
    now_ms += 10000;
    for (int i = 0; i < 20; i++) api_set(db, "other", "v");
    cr_expect_eq(api_stats(db).expired_keys, 50, "a round goes on until all are removed");
    expiring_keys(db, 50);
    now_ms += 200;
    for (int i = 0; i < 20; i++) api_set(db, "other", "v");
    cr_expect_eq(api_stats(db).expired_keys, 50, "the next one waits");
    cr_assert_eq(config_set(db, "expire-interval", "0", NULL), 0);
    for (int i = 0; i < 50; i++) api_set(db, "other", "v");
    cr_expect_eq(api_dbsize(db), 1);
    cr_expect_eq(api_stats(db).expired_keys, 100);
    ferrite_close(db);
}

Test(api_config, expired_keys_that_a_write_meets_are_counted) {
    ferrite_db *db = open_with_clock(1000000);
    expiring_keys(db, 3);
    now_ms += 200;
    ferrite_del(db, S("t0"), NULL);
    ferrite_append(db, S("t1"), S("new"), NULL);
    uint64_t before = api_stats(db).expired_keys;
    cr_expect_eq(before, 2);
    ferrite_db *tx = ferrite_begin(db, NULL);
    ferrite_del(tx, S("t2"), NULL);
    ferrite_rollback(tx, NULL);
    ferrite_close(tx);
    cr_expect_eq(api_stats(db).expired_keys, before, "nothing of a rollback counts");
    ferrite_close(db);
}

/* ---- latencies and statistics ---- */

static ferrite_latency latency_of(ferrite_db *db, int event) {
    ferrite_latency latency = FERRITE_LATENCY_INIT;
    cr_assert_eq(ferrite_latency_get(db, event, &latency, NULL), 0);
    return latency;
}

Test(api_latency, durable_commits_are_all_measured) {
    struct bed bed = bed_make();
    ferrite_db *db = api_open(bed.path);
    for (int i = 0; i < 10; i++) api_set(db, "k", "v");
    ferrite_latency commit = latency_of(db, FERRITE_LATENCY_COMMIT);
    cr_expect_eq(commit.count, 10);
    cr_expect(commit.p50_ns > 0 && commit.p50_ns <= commit.p99_ns);
    cr_expect(commit.p99_ns <= commit.p999_ns && commit.p999_ns <= commit.max_ns);
    cr_expect_geq(commit.sum_ns, commit.max_ns);
    cr_expect_eq(commit.within[FERRITE_LATENCY_STEPS - 1], 10);
    cr_expect_geq(latency_of(db, FERRITE_LATENCY_FSYNC).count, 10);
    uint64_t checkpoints = latency_of(db, FERRITE_LATENCY_CHECKPOINT).count;
    cr_assert_eq(ferrite_checkpoint(db, NULL), 0);
    cr_expect_eq(latency_of(db, FERRITE_LATENCY_CHECKPOINT).count, checkpoints + 1);
    cr_assert_eq(ferrite_latency_reset(db, FERRITE_LATENCY_COMMIT, NULL), 0);
    cr_expect_eq(latency_of(db, FERRITE_LATENCY_COMMIT).count, 0);
    ferrite_close(db);
    bed_remove(&bed);
}

Test(api_latency, commits_that_do_not_wait_are_sampled) {
    ferrite_db *db = api_memory();
    for (int i = 0; i < 640; i++) api_set(db, "k", "v");
    cr_expect_eq(latency_of(db, FERRITE_LATENCY_COMMIT).count, 10);
    cr_expect_eq(latency_of(db, FERRITE_LATENCY_FSYNC).count, 0);
    ferrite_close(db);
}

Test(api_latency, wrong_arguments_are_invalid) {
    ferrite_db *db = api_memory();
    ferrite_error *err = NULL;
    ferrite_latency latency = FERRITE_LATENCY_INIT;
    cr_expect_eq(ferrite_latency_get(db, 3, &latency, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_latency_get(db, -1, &latency, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_latency_get(db, 0, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    latency.struct_size = 4;
    cr_expect_eq(ferrite_latency_get(db, 0, &latency, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_latency_reset(db, 99, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_latency_get(NULL, 0, &latency, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(db);
}

Test(api_stats, lookups_are_counted_as_hits_and_misses) {
    ferrite_db *db = api_memory(), *snapshot;
    api_set(db, "k", "v");
    for (int i = 0; i < 3; i++) api_expect(db, "k", "v");
    api_expect(db, "none", NULL);
    cr_expect_eq(api_stats(db).keyspace_hits, 3);
    cr_expect_eq(api_stats(db).keyspace_misses, 1);
    snapshot = ferrite_snapshot(db, NULL);
    api_expect(snapshot, "k", "v");
    api_expect(snapshot, "none", NULL);
    cr_expect_eq(api_stats(db).keyspace_hits, 4);
    cr_expect_eq(api_stats(db).keyspace_misses, 2);
    ferrite_close(snapshot);
    cr_assert_eq(ferrite_stats_reset(db, NULL), 0);
    cr_expect_eq(api_stats(db).keyspace_hits, 0);
    cr_expect_eq(api_stats(db).commits, 0);
    api_expect(db, "k", "v");
    cr_expect_eq(api_stats(db).keyspace_hits, 1);
    ferrite_close(db);
}

Test(api_stats, a_struct_of_an_earlier_header_is_filled_as_far_as_it_goes) {
    ferrite_db *db = api_memory();
    struct {
        ferrite_stats stats;
        char behind[16];
    } early;
    memset(&early, 0x55, sizeof early);
    early.stats.struct_size = offsetof(ferrite_stats, keyspace_hits);
    api_set(db, "k", "v");
    cr_assert_eq(ferrite_info(db, &early.stats, NULL), 0);
    cr_expect_eq(early.stats.keys, 1);
    cr_expect_eq(early.stats.struct_size, offsetof(ferrite_stats, keyspace_hits));
    cr_expect_eq(early.stats.keyspace_hits, 0x5555555555555555);
    ferrite_close(db);
}

Test(api_stats, the_last_checkpoint_and_sync_have_an_age) {
    struct bed bed = bed_make();
    ferrite_db *db = api_open(bed.path);
    cr_expect_eq(api_stats(db).checkpoint_age_ms, -1);
    cr_expect_eq(api_stats(db).last_sync_age_ms, -1);
    for (int i = 0; i < 3; i++) api_set(db, "k", "v");
    cr_assert_eq(ferrite_checkpoint(db, NULL), 0);
    ferrite_stats stats = api_stats(db);
    cr_expect(stats.checkpoint_age_ms >= 0 && stats.checkpoint_age_ms < 60000);
    cr_expect(stats.last_sync_age_ms >= 0 && stats.last_sync_age_ms < 60000);
    cr_expect_gt(stats.checkpoint_pages, 0);
    cr_expect_gt(stats.checkpoint_us, 0);
    cr_expect_eq(stats.process_id, (uint32_t)getpid());
    ferrite_close(db);
    bed_remove(&bed);
}

Test(api_stats, keyspaces_tell_how_many_keys_expire_and_when) {
    ferrite_db *db = open_with_clock(0), *other = ferrite_select(db, 1, NULL);
    ferrite_keyspace keyspace = FERRITE_KEYSPACE_INIT;
    ferrite_error *err = NULL;
    char key[16];
    for (int i = 0; i < 100; i++) {
        int len = snprintf(key, sizeof key, "t%d", i);
        cr_assert_eq(ferrite_psetex(db, key, (size_t)len, (i + 1) * 1000, S("v"), NULL), 0);
    }
    api_set(db, "stays", "v");
    cr_assert_eq(ferrite_keyspace_info(db, &keyspace, NULL), 0);
    cr_expect_eq(keyspace.keys, 101);
    cr_expect_eq(keyspace.expires, 100);
    cr_expect(keyspace.avg_ttl_ms > 45000 && keyspace.avg_ttl_ms < 56000, "%lld",
              (long long)keyspace.avg_ttl_ms);
    cr_assert_eq(ferrite_keyspace_info(other, &keyspace, NULL), 0);
    cr_expect(keyspace.keys == 0 && keyspace.expires == 0 && keyspace.avg_ttl_ms == 0);
    keyspace.struct_size = 1;
    cr_expect_eq(ferrite_keyspace_info(db, &keyspace, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(other);
    ferrite_close(db);
}
