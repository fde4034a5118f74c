/*
 * claims_test.c - what is in use never passes max_size, and the file never its limit, whenever checkpoints come: how long
 * free lists can become, and what is used while one is written, asked from inside the writing.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "libferrite/os/os.h"
#include "libferrite/pager/pager.h"
#include "support/api.h"
#include "support/bounded.h"

/* ---- how long a list can become ---- */

/* Pages 2.. are free where `is_free` says so. Two lists are made, the first one's pages numbered behind all others, as where
 * nothing else is free yet: neither is longer than foreseen, nor are both. */
static void expect_foreseen(uint32_t count, bool (*is_free)(uint32_t no)) {
    struct bitmap freed = {0};
    cr_assert_eq(bitmap_reserve(&freed, count + count / 100 + 64), 0);
    for (uint32_t no = 2; no < count; no++)
        if (is_free(no)) bitmap_set(&freed, no);
    const uint64_t others = freed.set, data = count - others;
    const uint64_t first = freelist_pages_needed(&freed, count);
    for (uint32_t i = 0; i < first; i++) bitmap_set(&freed, count + 2 * i + 1);
    const uint64_t second = freelist_pages_needed(&freed, count + 2 * (uint32_t)first + 1);
    cr_expect_leq(first, freelist_pages_most(data, others), "%u pages", count);
    cr_expect_leq(second, freelist_pages_most(data, others), "%u pages", count);
    cr_expect_leq(first + second, freelist_pages_most_of_two(data, others), "%u pages", count);
    bitmap_done(&freed);
}

static bool each_second(uint32_t no) { return no % 2 == 0; }
static bool each_third(uint32_t no) { return no % 3 == 0; }
static bool nearly_all(uint32_t no) { return no % 7 != 0; }
static bool none(uint32_t no) { return no == 0; }
static bool by_chance(uint32_t no) { return no * 2654435761u >> 31; }

Test(claims, no_list_is_longer_than_foreseen) {
    for (uint32_t count = 3; count < 12000; count += 1 + count / 37) {
        expect_foreseen(count, each_second);
        expect_foreseen(count, each_third);
        expect_foreseen(count, nearly_all);
        expect_foreseen(count, none);
        expect_foreseen(count, by_chance);
    }
}

/* A page that is freed takes as much away at least as it adds: what is not looked at may free. */
Test(claims, freeing_claims_no_more) {
    for (uint64_t data = 5000; data > 3; data--)
        cr_assert_geq(data + freelist_pages_most_of_two(data, 5000 - data),
                      data - 1 + freelist_pages_most_of_two(data - 1, 5001 - data));
}

/* ---- what is used meanwhile ---- */

static struct os_calls calls;
static struct os os = {&calls, NULL};
static void (*meanwhile)(void);

static struct bed bed;

/* The log's header is written with the lock held, which is wanted here. */
static bool is_data(int fd) {
    struct stat file, data;
    return fstat(fd, &file) == 0 && stat(bed.path, &data) == 0 && file.st_ino == data.st_ino;
}

static ssize_t pwritev_beside(struct os *self, int fd, const struct iovec *parts, int count,
                              uint64_t offset) {
    if (meanwhile != NULL && is_data(fd)) meanwhile();
    return os_posix()->calls->pwritev(self, fd, parts, count, offset);
}

static int random_same(struct os *self, void *bytes, size_t len) {
    (void)self;
    memset(bytes, 0x5a, len);
    return 0;
}

static ferrite_error *err;
static ferrite_options options;
static ferrite_db *db;
static unsigned looks;
static uint64_t most_used, most_file;

static void setup(void) {
    bed = bed_make();
    calls = *os_posix()->calls;
    calls.pwritev = pwritev_beside;
    calls.random = random_same;
    os_set_default(&os);
    looks = 0;
    most_used = most_file = 0;
}

static void teardown(void) {
    meanwhile = NULL;
    api_expect_sound(db);
    ferrite_close(db);
    bed_remove(&bed);
}

TestSuite(claims_file, .init = setup, .fini = teardown);

static void open_within(ferrite_eviction eviction, uint64_t max_size) {
    options = bounded_options(eviction);
    options.max_size = max_size;
    options.log_size = 64u << 20; /* it asks for no checkpoint */
    options.no_threads = 1;
    db = api_open_with(bed.path, &options);
}

/* (No assertion in the middle of a checkpoint.) */
static void look(void) {
    ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
    if (ferrite_info(db, &stats, NULL) != 0) return;
    if (stats.used_bytes > most_used) most_used = stats.used_bytes;
    if (stats.file_bytes > most_file) most_file = stats.file_bytes;
    looks++;
}

static void expect_within(void) {
    look();
    cr_assert_leq(most_used, options.max_size, "%u looks", looks);
    cr_assert_leq(most_file, options.max_size + options.max_size / 4 + (1u << 20));
}

static unsigned filled; /* keys */
static void fill(size_t len) {
    while (numbered_set(db, filled, len, 0, NULL) == 0) filled++;
}

static void fill_once(void) {
    meanwhile = NULL;
    fill(100);
    look();
}

/* The list that a checkpoint writes is the older one of the next. */
Test(claims_file, what_is_added_while_a_checkpoint_runs_leaves_room_for_the_next_one) {
    open_within(FERRITE_EVICT_NONE, 4u << 20);
    while (api_stats(db).used_bytes < options.max_size - (64u << 10))
        cr_assert_eq(numbered_set(db, filled++, 100, 0, &err), 0);
    meanwhile = fill_once;
    cr_assert_eq(ferrite_checkpoint(db, &err), 0);
    cr_assert_eq(looks, 1);
    cr_assert_eq(numbered_set(db, 0, 99, 0, &err), 0);
    meanwhile = look;
    cr_assert_eq(ferrite_checkpoint(db, &err), 0);
    cr_expect_geq(looks, 2);
    expect_within();
}

static int set_each_twelfth(ferrite_db *tx, void *ctx, ferrite_error **error) {
    int code = 0;
    for (unsigned i = 0; i < *(unsigned *)ctx && code == 0; i += 12)
        code = numbered_set(tx, i, 1000, 0, error);
    return code;
}

/* From no list to one of three pages, in one transaction. */
Test(claims_file, a_list_that_becomes_long_at_once_was_foreseen) {
    open_within(FERRITE_EVICT_NONE, 16u << 20);
    unsigned most = 12 * 1100;
    fill(1000);
    cr_assert_geq(filled, most);
    cr_assert_eq(ferrite_transaction(db, set_each_twelfth, &most, &err), 0, "%s",
                 ferrite_error_message(err));
    meanwhile = look;
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(numbered_set(db, i, 1000, 0, &err), 0);
        cr_assert_eq(ferrite_checkpoint(db, &err), 0);
        expect_within();
    }
    cr_expect_geq(looks, 9);
}

/* ---- making room ---- */

/* Their expiries lie elsewhere: each victim copies two leaves. */
Test(claims_file, making_room_keeps_the_file_within_its_limit) {
    open_within(FERRITE_EVICT_VOLATILE_LRU, 1u << 20);
    for (unsigned i = 0; i < 50000; i++) {
        cr_assert_eq(
            numbered_set(db, i * 7919u % 1000003u, 1, 1000 + i * 31u % 100003u, &err), 0, "%u: %s",
            i, ferrite_error_message(err));
        expect_within();
    }
    cr_expect_gt(api_stats(db).evicted_keys, 20000);
}

/* A transaction of many sets ends with its commit or is refused; either way the file keeps to its limit. */
static int set_strewn(ferrite_db *tx, void *ctx, ferrite_error **error) {
    unsigned *seed = ctx;
    int code = 0;
    for (unsigned i = 0; i < 1500 && code == 0; i++) {
        *seed = *seed * 1103515245u + 12345u;
        code = numbered_set(tx, *seed >> 8, 100, 1000 + *seed % 100003u, error);
    }
    return code;
}

Test(claims_file, large_transactions_keep_the_file_within_its_limit) {
    open_within(FERRITE_EVICT_VOLATILE_TTL, 2u << 20);
    unsigned seed = 1;
    for (unsigned i = 0; i < 60; i++) {
        if (ferrite_transaction(db, set_strewn, &seed, &err) != 0)
            api_expect_error(&err, FERRITE_FULL, NULL);
        expect_within();
    }
    cr_assert_eq(numbered_set(db, 1, 100, 1000, &err), 0);
}

/* A snapshot keeps what it sees: then what adds is refused, and the file grows no further. */
Test(claims_file, beside_a_snapshot_the_file_keeps_to_its_limit) {
    open_within(FERRITE_EVICT_ALL_LRU, 2u << 20);
    for (unsigned i = 0; i < 30000; i++)
        cr_assert_eq(numbered_set(db, i * 7919u % 1000003u, 100, 0, &err), 0);
    ferrite_db *snapshot = ferrite_snapshot(db, &err);
    unsigned refused = 0;
    for (unsigned i = 30000; i < 40000; i++) {
        refused += numbered_set(db, i * 7919u % 1000003u, 100, 0, NULL) != 0;
        expect_within();
    }
    cr_expect_gt(refused, 0);
    ferrite_close(snapshot);
    for (unsigned i = 40000; i < 50000; i++)
        cr_assert_eq(numbered_set(db, i * 7919u % 1000003u, 100, 0, &err), 0, "%u", i);
}
