/*
 * hot_cache_test.c - when there is a hot cache and how large, and what it hears of: each test with databases of its own.
 * See api_cache_test.c for what it says.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "libferrite/os/mem.h"
#include "support/api.h"
#include "support/clock.h"
#include "support/sim_os.h"
#include "support/warm.h"

static ferrite_db *db;
static ferrite_error *err;

Test(hot_cache, without_reads_there_is_none_and_off_means_off) {
    ferrite_options options = warm_options(0);
    db = api_open_with(NULL, &options);
    for (int i = 0; i < 1000; i++) api_set(db, "k", "v");
    for (int i = 0; i < 32; i++) api_expect(db, "k", "v");
    cr_expect_eq(api_stats(db).cache_bytes, 0);
    ferrite_close(db);
    options.cache_size = FERRITE_CACHE_OFF;
    db = api_open_with(NULL, &options);
    warm_reads(db);
    cr_expect_eq(api_stats(db).cache_bytes, 0);
    cr_expect_eq(api_stats(db).cache_hits, 0);
    cr_expect_eq(api_stats(db).keyspace_hits, 200);
    ferrite_close(db);
}

/* Reads more than any cache here could hold, and tells what it takes. */
static uint64_t bytes_grown_to(ferrite_db *of) {
    char key[24], value[1000];
    memset(value, 'v', sizeof value);
    for (int i = 0; i < 4000; i++) {
        snprintf(key, sizeof key, "key:%d", i);
        cr_assert_eq(ferrite_set(of, S(key), value, sizeof value, &err), 0);
        ferrite_free(ferrite_get(of, S(key), NULL, &err));
    }
    return api_stats(of).cache_bytes;
}

Test(hot_cache, in_memory_it_leaves_nearly_all_of_max_memory_to_data) {
    const uint64_t bound = 8u << 20;
    ferrite_options options = warm_options(0);
    options.max_memory = bound;
    options.eviction = FERRITE_EVICT_ALL_RANDOM;
    ferrite_db *memory = ferrite_open_with(NULL, &options, &err);
    const uint64_t bytes = bytes_grown_to(memory);
    cr_expect(bytes > bound / 32 && bytes <= bound / 16, "%llu", (unsigned long long)bytes);
    ferrite_close(memory);
}

Test(hot_cache, comes_into_being_in_the_middle_of_a_transaction) {
    ferrite_options options = warm_options(0);
    db = api_open_with(NULL, &options);
    api_set(db, "a", "1");
    ferrite_db *tx = ferrite_begin(db, &err);
    api_set(tx, "a", "2");
    for (int i = 0; i < 200; i++) api_expect(db, "a", "1");
    cr_expect_gt(api_stats(db).cache_hits, 0);
    cr_expect_eq(ferrite_commit(tx, &err), 0);
    ferrite_close(tx);
    api_expect(db, "a", "2");
    ferrite_close(db);
}

Test(hot_cache, a_default_expiry_holds_for_cached_values) {
    ferrite_options options = warm_options(1 << 20);
    options.default_ttl_ms = 1000;
    db = api_open_with(NULL, &options);
    warm_reads(db);
    warm_set(db, "k", "v");
    api_set(db, "k", "w");
    api_expect(db, "k", "w");
    now_ms += 1001;
    api_expect(db, "k", NULL);
    ferrite_close(db);
}

static void file_writes(ferrite_sync_mode mode) {
    struct bed bed = bed_make();
    ferrite_options options = warm_options(1 << 20);
    options.sync_mode = mode;
    options.no_threads = 1;
    db = api_open_with(bed.path, &options);
    api_set(db, "a", "0"); /* in a durable mode the lone first commit, by a checkpoint */
    ferrite_close(db);
    db = api_open_with(bed.path, &options);
    for (int i = 0; i < 200; i++) api_expect(db, "a", "0");
    cr_expect_gt(api_stats(db).cache_hits, 0);
    for (int i = 1; i < 20; i++) {
        char value[16];
        snprintf(value, sizeof value, "%d", i);
        api_set(db, "a", value);
        warm_expect(db, "a", value);
        if (i % 5 == 0) cr_expect_eq(ferrite_checkpoint(db, &err), 0);
    }
    api_expect_sound(db);
    ferrite_close(db);
    bed_remove(&bed);
}

Test(hot_cache, every_sync_mode_tells_it_of_commits) {
    for (ferrite_sync_mode mode = FERRITE_SYNC_NORMAL; mode <= FERRITE_SYNC_FULL; mode++)
        file_writes(mode);
}

/* The commit is refused, and so is every later one; what is read stays what it was. */
Test(hot_cache, after_a_failed_sync_the_last_durable_values_are_read) {
    struct bed bed = bed_make();
    struct sim *sim = sim_new();
    os_set_default(sim_os(sim));
    ferrite_options options = warm_options(1 << 20);
    options.no_threads = 1;
    db = api_open_with(bed.path, &options);
    api_set(db, "a", "1");
    api_set(db, "b", "1");
    warm_reads(db);
    warm_set(db, "a", "1");
    const struct sim_fault fault = {
        .calls = SIM_DATASYNC, .nth = 1, .errnum = 5, .from_then_on = true};
    sim_fault_set(sim, &fault);
    cr_expect_eq(ferrite_set(db, S("a"), S("2"), &err), -1);
    api_expect_error(&err, FERRITE_IO, NULL);
    sim_fault_set(sim, NULL);
    for (int i = 0; i < 100; i++) {
        api_expect(db, "a", "1");
        api_expect(db, "b", "1");
    }
    ferrite_close(db);
    os_set_default(os_posix());
    sim_free(sim);
    bed_remove(&bed);
}

static int refuse_all(size_t size) {
    (void)size;
    return 1;
}

/* A read whose copy cannot be made says so; without memory for notes every entry is given up. */
Test(hot_cache, without_memory_it_is_only_slower) {
    ferrite_options options = warm_options(1 << 20);
    db = api_open_with(NULL, &options);
    warm_reads(db);
    warm_set(db, "k", "v");
    mem_fail_hook = refuse_all;
    cr_expect_null(ferrite_get(db, S("k"), NULL, &err));
    mem_fail_hook = NULL;
    api_expect_error(&err, FERRITE_NOMEM, NULL);
    warm_expect(db, "k", "v");
    ferrite_close(db);
}

/* No address space, no random numbers: no cache, and nothing else is different. */
Test(hot_cache, without_address_space_there_is_none) {
    static const uint32_t calls[] = {SIM_RESERVE, SIM_RANDOM};
    for (size_t i = 0; i < 2; i++) {
        struct sim *sim = sim_new();
        os_set_default(sim_os(sim));
        ferrite_options options = warm_options(1 << 20);
        db = api_open_with(NULL, &options);
        api_set(db, "k", "v");
        const struct sim_fault fault = {calls[i], 1, 12, true};
        sim_fault_set(sim, &fault);
        for (int read = 0; read < 300; read++) api_expect(db, "k", "v");
        cr_expect_gt(sim_faults_made(sim), 0);
        cr_expect_leq(sim_faults_made(sim), 12, "it is not tried again and again");
        sim_fault_set(sim, NULL);
        cr_expect_eq(api_stats(db).cache_bytes, 0);
        ferrite_close(db);
        os_set_default(os_posix());
        sim_free(sim);
    }
}
