/*
 * wal_ghost_test.c - two power cuts. The first takes a log's newer header and leaves the frames that it had placed; the
 * next process writes the same header again, and the second cut takes its frames: the old ones must not be met.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libferrite/error.h"
#include "support/wal_probe.h"

#define CAPACITY_MAX ((uint64_t)1 << 18)

static struct wal_probe probe;

static void set_up(void) { probe_make(&probe, 1, CAPACITY_MAX); }

static void tear_down(void) { probe_free(&probe); }

TestSuite(wal_ghost, .init = set_up, .fini = tear_down);

struct log_file {
    unsigned char *bytes;
    size_t len;
};

static struct log_file log_now(void) {
    struct log_file log;
    log.bytes = file_load(probe.path, &log.len);
    return log;
}

/* What a power cut leaves: the header of one moment, the frames of another. */
static void power_cut(const struct log_file *header, const struct log_file *frames) {
    wal_close(probe.wal);
    probe.wal = NULL;
    unsigned char *bytes = malloc(frames->len);
    cr_assert_not_null(bytes);
    memcpy(bytes, header->bytes, WAL_HEADER_SIZE);
    memcpy(bytes + WAL_HEADER_SIZE, frames->bytes + WAL_HEADER_SIZE, frames->len - WAL_HEADER_SIZE);
    file_save(probe.path, bytes, frames->len);
    free(bytes);
}

static void log_free(struct log_file *log) { free(log->bytes); }

static void expect_frames(uint64_t count) {
    cr_assert_eq(probe_reopen(&probe, CAPACITY_MAX), FERRITE_OK);
    cr_assert_eq(probe_replay(&probe), FERRITE_OK);
    cr_assert_eq(probe.seen, count);
}

static void checkpoint(void) {
    probe.from = wal_head(probe.wal);
    cr_assert_eq(wal_release(probe.wal, probe.from.lsn), FERRITE_OK);
}

Test(wal_ghost, stays_away_when_the_log_begins_again) {
    for (int i = 0; i < 20; i++) probe_append(&probe, true);
    struct log_file before = log_now();
    checkpoint(); /* the log begins again at its first place */
    for (int i = 0; i < 5; i++) probe_append(&probe, true);
    struct log_file after = log_now();
    power_cut(&before, &after);
    expect_frames(0);
    checkpoint();
    struct log_file second = log_now();
    power_cut(&second, &after);
    expect_frames(0);
    log_free(&before);
    log_free(&after);
    log_free(&second);
}

/* As many frames as fit without growth, with room left for a nonce and for nothing else: what follows reaches beyond. */
static void fill_first_capacity(void) {
    static const uint8_t payload[WAL_INITIAL_CAPACITY];
    size_t most = WAL_INITIAL_CAPACITY - WAL_FRAME_HEADER - 40;
    cr_assert_eq(wal_append(probe.wal, probe.next++, false, payload, most, true, &probe.from), FERRITE_OK);
    cr_assert_eq(wal_capacity(probe.wal), WAL_INITIAL_CAPACITY);
}

Test(wal_ghost, stays_away_when_the_log_grows) {
    fill_first_capacity();
    struct log_file before = log_now();
    for (int i = 0; i < 40; i++) probe_append(&probe, true);
    cr_assert_gt(wal_capacity(probe.wal), WAL_INITIAL_CAPACITY);
    struct log_file after = log_now();
    power_cut(&before, &after);
    expect_frames(0);
    uint64_t syncs = sim_datasyncs(probe.sim);
    cr_assert_eq(wal_continue(probe.wal), FERRITE_OK);
    cr_assert_eq(sim_datasyncs(probe.sim), syncs + 1);
    struct log_file durable = log_now();
    cr_assert(wal_has_room(probe.wal, 8000));
    cr_assert_gt(wal_capacity(probe.wal), WAL_INITIAL_CAPACITY);
    struct log_file second = log_now();
    power_cut(&second, &durable);
    expect_frames(0);
    log_free(&before);
    log_free(&after);
    log_free(&durable);
    log_free(&second);
}

Test(wal_ghost, a_log_without_room_for_a_nonce_waits_for_a_release_and_does_not_grow) {
    fill_first_capacity();
    struct wal_position end;
    cr_assert_eq(wal_append(probe.wal, probe.next++, false, "12345678", 8, true, &probe.from), FERRITE_OK);
    cr_assert_eq(wal_capacity(probe.wal), WAL_INITIAL_CAPACITY);
    expect_frames(0);
    cr_expect_eq(wal_continue(probe.wal), FERRITE_LIMIT);
    cr_expect_not(wal_has_room(probe.wal, 8));
    cr_expect_eq(wal_append(probe.wal, probe.next, false, "1", 1, true, &end), FERRITE_LIMIT);
    checkpoint();
    cr_expect_eq(wal_capacity(probe.wal), WAL_INITIAL_CAPACITY);
    cr_expect(wal_has_room(probe.wal, 8000));
    cr_expect_eq(probe_append(&probe, true), FERRITE_OK);
    expect_frames(1);
}

Test(wal_ghost, a_failed_sync_of_the_nonce_fails_the_log) {
    probe_append(&probe, true);
    expect_frames(1);
    struct sim_fault fault = {SIM_DATASYNC, 1, EIO, false};
    sim_fault_set(probe.sim, &fault);
    cr_expect_eq(wal_continue(probe.wal), FERRITE_IO);
    cr_expect_eq(probe_append(&probe, true), FERRITE_IO);
    cr_expect_not(wal_has_room(probe.wal, 1));
}
