/*
 * evict_file_test.c - eviction in a file, where each leaf that a key goes from has to be written: how many pages it
 * costs, who goes then, and a disk that is full meanwhile. The table of system calls counts writes and refuses room.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>

#include "libferrite/os/os.h"
#include "support/api.h"
#include "support/bounded.h"

#define BOUND (4u << 20)

static struct os_calls calls;
static struct os os = {&calls, NULL};
static uint64_t written;
static bool full;

static ssize_t pwritev_counted(struct os *self, int fd, const struct iovec *parts, int count,
                               uint64_t offset) {
    const ssize_t done = os_posix()->calls->pwritev(self, fd, parts, count, offset);
    if (done > 0) written += (uint64_t)done;
    return done;
}

static int allocate_refused(struct os *self, int fd, uint64_t offset, uint64_t len) {
    return full ? -ENOSPC : os_posix()->calls->allocate(self, fd, offset, len);
}

/* The same seeds in each run. */
static int random_same(struct os *self, void *bytes, size_t len) {
    (void)self;
    memset(bytes, 0x5a, len);
    return 0;
}

static struct bed bed;
static ferrite_error *err;
static void setup(void) {
    bed = bed_make();
    calls = *os_posix()->calls;
    calls.pwritev = pwritev_counted;
    calls.allocate = allocate_refused;
    calls.random = random_same;
    os_set_default(&os);
}
static void teardown(void) { bed_remove(&bed); }
TestSuite(evict_file, .init = setup, .fini = teardown);

static ferrite_db *open_slack(ferrite_eviction eviction, uint64_t bound, uint64_t slack) {
    ferrite_options options = bounded_options(eviction);
    options.max_size = bound;
    options.file_slack = slack;
    options.no_threads = 1; /* checkpoints come where they are due, not when a thread gets there */
    return api_open_with(bed.path, &options);
}

static ferrite_db *open_bounded(ferrite_eviction eviction, uint64_t bound) {
    return open_slack(eviction, bound, 0);
}

/* Keys lie all over the tree, in an order that never repeats. */
static unsigned scattered(unsigned i) { return i * 7919u % 1000003u; }

/* They expire in an order of their own, or (expire false) never. */
static void set_scattered(ferrite_db *db, unsigned from, unsigned to, bool expire) {
    for (unsigned i = from; i < to; i++)
        cr_assert_eq(numbered_set(db, scattered(i), 100, expire ? 1000 + i * 31u % 977 : 0, &err),
                     0, "%u: %s", i, ferrite_error_message(err));
}

static unsigned count_scattered(ferrite_db *db, unsigned from, unsigned to) {
    unsigned count = 0;
    for (unsigned i = from; i < to; i++) count += numbered_exists(db, scattered(i)) == 1;
    return count;
}

/* Pages that a set of a new key costs at the bound, all that checkpoints write counted in. */
static double pages_a_set_of(ferrite_db *db, bool expire) {
    enum { FILLED = 40000, MORE = 20000 };
    set_scattered(db, 0, FILLED, expire);
    written = 0;
    set_scattered(db, FILLED, FILLED + MORE, expire);
    const double pages = (double)written / 4096 / MORE;
    cr_expect_gt(api_stats(db).used_bytes, BOUND - BOUND / 128);
    cr_expect_leq(api_stats(db).used_bytes, BOUND);
    api_expect_sound(db);
    ferrite_close(db);
    return pages;
}

static double pages_a_set(ferrite_eviction eviction, bool expire) {
    return pages_a_set_of(open_bounded(eviction, BOUND), expire);
}

Test(evict_file, by_recency_victims_stand_where_keys_are_written_anyway) {
    cr_expect_lt(pages_a_set(FERRITE_EVICT_ALL_LRU, false), 1.25);
}

Test(evict_file, by_frequency_likewise) {
    cr_expect_lt(pages_a_set(FERRITE_EVICT_ALL_LFU, false), 1.25);
}

Test(evict_file, victims_by_chance_share_leaves) {
    cr_expect_lt(pages_a_set(FERRITE_EVICT_ALL_RANDOM, false), 1.5);
}

Test(evict_file, keys_with_an_expiry_are_chosen_likewise) {
    cr_expect_lt(pages_a_set(FERRITE_EVICT_VOLATILE_LRU, true),
                 2.2); /* a leaf of the tree by time, too */
}

Test(evict_file, with_more_slack_sets_share_pages) {
    ferrite_db *db = open_slack(FERRITE_EVICT_ALL_LRU, BOUND, BOUND / 2 * 3);
    cr_expect_lt(pages_a_set_of(db, false), 0.15);
}

Test(evict_file, with_more_slack_and_expiries_likewise) {
    ferrite_db *db = open_slack(FERRITE_EVICT_VOLATILE_TTL, BOUND, BOUND / 2 * 3);
    cr_expect_lt(pages_a_set_of(db, true), 0.16);
}

/* The longest that the file was while `count` more keys were set. */
static uint64_t longest_file(ferrite_db *db, unsigned *next, unsigned count) {
    uint64_t longest = 0;
    for (unsigned i = 0; i < count; i++, ++*next) {
        set_scattered(db, *next, *next + 1, false);
        const uint64_t now = api_stats(db).file_bytes;
        if (now > longest) longest = now;
    }
    return longest;
}

static void slack_set(ferrite_db *db, const char *size) {
    const ferrite_slice pair[] = {{"file-slack", 10}, {size, strlen(size)}};
    cr_assert_eq(ferrite_config_set(db, pair, 2, &err), 0, "%s", ferrite_error_message(err));
}

Test(evict_file, the_slack_holds_and_can_be_changed_in_service) {
    const uint64_t least = BOUND + BOUND / 4 + (1 << 20), most = BOUND * 3;
    ferrite_db *db = open_bounded(FERRITE_EVICT_ALL_LRU, BOUND);
    unsigned next = 0;
    cr_expect_leq(longest_file(db, &next, 40000), least);
    slack_set(db, "8mb");
    const uint64_t longest = longest_file(db, &next, 20000);
    cr_expect_leq(longest, most);
    cr_expect_gt(longest, BOUND * 2);
    slack_set(db, "0");
    cr_expect_leq(longest_file(db, &next, 20000), longest);
    cr_expect_eq(ferrite_compact(db, NULL, NULL, &err), 0);
    cr_expect_leq(longest_file(db, &next, 20000), least);
    api_expect_sound(db);
    ferrite_close(db);
}

/* Beside a key that was written now stand others: they go when they are cold, not because they are near. */
Test(evict_file, what_was_written_last_is_there) {
    ferrite_db *db = open_bounded(FERRITE_EVICT_ALL_LRU, BOUND);
    set_scattered(db, 0, 60000, false);
    const unsigned half = (unsigned)api_dbsize(db) / 2;
    cr_expect_gt(count_scattered(db, 60000 - half, 60000), half - half / 50, "of %u", half);
    ferrite_close(db);
}

Test(evict_file, what_was_written_last_is_there_when_keys_come_in_their_order) {
    ferrite_db *db = open_bounded(FERRITE_EVICT_ALL_LRU, BOUND);
    for (unsigned i = 0; i < 80000; i++) cr_assert_eq(numbered_set(db, i, 100, 0, &err), 0);
    const unsigned half = (unsigned)api_dbsize(db) / 2;
    unsigned there = 0;
    for (unsigned i = 80000 - half; i < 80000; i++) there += numbered_exists(db, i) == 1;
    cr_expect_gt(there, half - half / 50, "of %u", half);
    ferrite_close(db);
}

static void count_one(void *ctx, int number, const char *key, size_t key_len) {
    (void)number;
    (void)key;
    (void)key_len;
    ++*(uint64_t *)ctx;
}

/* Making room copies leaves. Where the disk has no page left for that, a checkpoint sets some free; and where all of them
 * are too few, room is made in pieces. */
Test(evict_file, on_a_full_disk_room_is_made_after_a_checkpoint) {
    uint64_t told = 0;
    ferrite_options options = bounded_options(FERRITE_EVICT_VOLATILE_TTL);
    options.max_size = BOUND;
    options.no_threads = 1;
    options.on_evict = count_one;
    options.on_evict_ctx = &told;
    ferrite_db *db = api_open_with(bed.path, &options); /* each victim in a leaf of its own */
    set_scattered(db, 0, 40000, true);
    ferrite_close(db); /* the file is as long as its data, */
    db = api_open_with(bed.path, &options);
    told = 0;
    unsigned next = 40000;
    for (; api_stats(db).file_bytes < BOUND + BOUND / 16; next++)
        set_scattered(db, next, next + 1, true);
    full = true; /* and now some hundred pages longer */
    set_scattered(db, next, next + 10000, true);
    cr_expect_gt(api_stats(db).evicted_keys, 9000);
    cr_expect_leq(api_stats(db).used_bytes, BOUND);
    cr_expect_eq(told, api_stats(db).evicted_keys);
    api_expect_sound(db);
    full = false;
    ferrite_close(db);
}

/* A checkpoint takes pages for its free list beside the one before it, and both count. */
Test(evict_file, a_checkpoint_does_not_take_what_is_used_over_the_bound) {
    ferrite_options options = bounded_options(FERRITE_EVICT_ALL_LRU);
    options.max_size = 1u << 20; /* with a thread: it is asked while checkpoints run */
    ferrite_db *db = api_open_with(bed.path, &options);
    for (unsigned i = 0; i < 20000; i++) {
        cr_assert_eq(numbered_set(db, scattered(i), i * 31u % 1900, 0, &err), 0);
        ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
        cr_assert_eq(ferrite_info(db, &stats, &err), 0);
        cr_assert_leq(stats.used_bytes, options.max_size, "%u", i);
    }
    ferrite_close(db);
}
