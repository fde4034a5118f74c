/* wal_append_test.c - frames in: room, wrap, growth, both ways of writing. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <string.h>

#include "libferrite/error.h"
#include "support/wal_probe.h"

static struct wal_probe probe;

static void tear_down(void) { probe_free(&probe); }

TestSuite(wal_append, .fini = tear_down);

static void expect_replay(uint64_t first, uint64_t count) {
    struct wal_position head = wal_head(probe.wal);
    cr_assert_eq(probe_reopen(&probe, WAL_INITIAL_CAPACITY), FERRITE_OK);
    cr_assert_eq(probe_replay(&probe), FERRITE_OK);
    cr_expect_eq(probe.seen, count);
    cr_expect_eq(count == 0 ? first : probe.first_seen, first);
    cr_expect_eq(probe.end.lsn, head.lsn);
    cr_expect_eq(probe.end.crc, head.crc);
    cr_expect_eq(wal_head(probe.wal).lsn, head.lsn, "appends go on there");
}

Test(wal_append, frames_stored_through_the_map_are_found_without_a_sync) {
    probe_make(&probe, 1, 1 << 20);
    for (int i = 0; i < 100; i++) cr_assert_eq(probe_append(&probe, true), FERRITE_OK);
    cr_expect_eq(wal_synced(probe.wal), 1);
    expect_replay(1, 100);
}

Test(wal_append, buffered_frames_are_found_after_a_sync) {
    probe_make(&probe, 1, 1 << 20);
    for (int i = 0; i < 100; i++) cr_assert_eq(probe_append(&probe, false), FERRITE_OK);
    cr_assert_eq(probe_sync(&probe), FERRITE_OK);
    cr_expect_eq(wal_synced(probe.wal), wal_head(probe.wal).lsn);
    expect_replay(1, 100);
}

Test(wal_append, both_ways_mix_without_holes) {
    probe_make(&probe, 1, 1 << 20);
    for (int i = 0; i < 300; i++) cr_assert_eq(probe_append(&probe, i % 7 < 3), FERRITE_OK);
    cr_assert_eq(probe_append(&probe, true), FERRITE_OK);
    expect_replay(1, 301);
}

Test(wal_append, a_frame_of_every_length_around_the_end_wraps) {
    for (uint32_t before = 0; before < 60; before++) {
        probe_make(&probe, 1, WAL_INITIAL_CAPACITY);
        uint8_t filler[WAL_INITIAL_CAPACITY] = {0};
        size_t len = WAL_INITIAL_CAPACITY - WAL_FRAME_HEADER - before;
        struct wal_position end;
        cr_assert_eq(wal_append(probe.wal, 9, false, filler, len, true, &end), FERRITE_OK);
        cr_assert_eq(wal_release(probe.wal, end.lsn), FERRITE_OK);
        probe.from = end;
        for (int i = 0; i < 10; i++)
            cr_assert_eq(probe_append(&probe, before % 2 == 0), FERRITE_OK);
        cr_assert_eq(probe_sync(&probe), FERRITE_OK);
        expect_replay(1, 10);
        if (before < 59) probe_free(&probe);
    }
}

Test(wal_append, a_full_log_refuses_until_released_and_never_exceeds_its_bound) {
    probe_make(&probe, 1, 100000);
    probe_fill(&probe, true);
    cr_expect_eq(wal_capacity(probe.wal), 100000);
    cr_expect_not(wal_has_room(probe.wal, PROBE_PAYLOAD_MAX));
    for (int lap = 0; lap < 20; lap++) {
        probe.from = wal_head(probe.wal);
        cr_assert_eq(wal_release(probe.wal, wal_head(probe.wal).lsn), FERRITE_OK);
        cr_expect(wal_has_room(probe.wal, 90000));
        cr_expect_gt(probe_fill(&probe, lap % 2 == 0), 100);
        cr_assert_eq(probe_file_len(&probe), WAL_HEADER_SIZE + 100000, "E5");
    }
    uint64_t last = probe.next;
    cr_assert_eq(probe_sync(&probe), FERRITE_OK);
    cr_assert_eq(probe_reopen(&probe, 100000), FERRITE_OK);
    cr_assert_eq(probe_replay(&probe), FERRITE_OK);
    cr_expect_eq(probe.first_seen + probe.seen, last);
}

Test(wal_append, a_frame_as_large_as_the_log_fits_and_one_byte_more_does_not) {
    static uint8_t payload[1 << 18];
    struct wal_position end;
    size_t most = (1 << 18) - WAL_FRAME_HEADER;
    probe_make(&probe, 1, 1 << 18);
    cr_expect_not(wal_has_room(probe.wal, most + 1));
    cr_expect_eq(wal_append(probe.wal, 1, false, payload, most + 1, true, &end), FERRITE_LIMIT);
    cr_expect_eq(wal_head(probe.wal).lsn, 1, "nothing happened");
    cr_expect(wal_has_room(probe.wal, most));
    cr_expect_eq(wal_append(probe.wal, 1, false, payload, most, true, &end), FERRITE_OK);
    cr_expect_eq(end.lsn, 1 + (1 << 18));
    cr_expect_not(wal_has_room(probe.wal, 0));
    cr_expect_not(wal_has_room(probe.wal, WAL_PARTIAL));
}

Test(wal_append, growth_keeps_frames_from_anywhere_in_the_file) {
    for (int start = 0; start < 12; start++) {
        probe_make(&probe, 1000 + (uint64_t)start * 77777, 1 << 20);
        for (int i = 0; i < start * 40; i++) probe_append(&probe, true);
        struct wal_position released = wal_head(probe.wal);
        cr_assert_eq(wal_release(probe.wal, released.lsn), FERRITE_OK);
        probe.from = released;
        uint64_t first = probe.next, capacity = wal_capacity(probe.wal);
        for (int i = 0; i < 1500; i++)
            if (probe_append(&probe, i % 5 != 0) != FERRITE_OK) break;
        cr_assert_eq(probe_sync(&probe), FERRITE_OK);
        cr_expect(wal_capacity(probe.wal) > capacity || probe.next - first < 1500,
                  "grew, or lay around the end");
        expect_replay(first, probe.next - first);
        if (start < 11) probe_free(&probe);
    }
}

Test(wal_append, a_small_log_released_in_the_middle_still_grows) {
    probe_make(&probe, 1, 1 << 20);
    while (wal_head(probe.wal).lsn < 40000)
        cr_assert_eq(probe_append(&probe, probe.next % 2 == 0), FERRITE_OK);
    probe.from = wal_head(probe.wal);
    cr_assert_eq(wal_release(probe.wal, probe.from.lsn), FERRITE_OK);
    uint64_t first = probe.next;
    cr_expect_gt(probe_fill(&probe, true), 4000, "to the bound");
    cr_expect_eq(wal_capacity(probe.wal), 1 << 20);
    expect_replay(first, probe.next - first);
}

Test(wal_append, a_restart_that_cannot_be_written_changes_nothing) {
    struct sim_fault fault = {SIM_PWRITEV, 1, EIO, false};
    probe_make(&probe, 1, 1 << 20);
    for (int i = 0; i < 100; i++) probe_append(&probe, true);
    sim_fault_set(probe.sim, &fault);
    cr_expect_eq(wal_release(probe.wal, wal_head(probe.wal).lsn), FERRITE_IO);
    for (int i = 0; i < 100; i++) cr_assert_eq(probe_append(&probe, true), FERRITE_OK);
    expect_replay(1, 200);
}

Test(wal_append, the_log_doubles_from_its_first_size_to_its_bound) {
    uint64_t capacity = WAL_INITIAL_CAPACITY;
    probe_make(&probe, 1, 300000);
    cr_expect_eq(probe_file_len(&probe), WAL_HEADER_SIZE + WAL_INITIAL_CAPACITY);
    while (probe_append(&probe, true) == FERRITE_OK) {
        if (wal_capacity(probe.wal) == capacity) continue;
        uint64_t expected = capacity * 2 < 300000 ? capacity * 2 : 300000;
        cr_assert_eq(wal_capacity(probe.wal), expected);
        capacity = expected;
        cr_assert_eq(probe_file_len(&probe), WAL_HEADER_SIZE + capacity);
    }
    cr_expect_eq(capacity, 300000);
    expect_replay(1, probe.next - 1);
}

Test(wal_append, a_frame_larger_than_the_double_grows_the_log_at_once) {
    static uint8_t payload[700000];
    struct wal_position end;
    probe_make(&probe, 1, 1 << 20);
    cr_expect(wal_has_room(probe.wal, sizeof payload));
    cr_expect_eq(wal_capacity(probe.wal), 1 << 20);
    cr_expect_eq(wal_append(probe.wal, 1, false, payload, sizeof payload, false, &end), FERRITE_OK);
}

Test(wal_append, a_full_disk_stops_the_growth_and_nothing_else) {
    struct sim_fault fault = {SIM_ALLOCATE, 1, ENOSPC, true};
    probe_make(&probe, 1, 1 << 20);
    sim_fault_set(probe.sim, &fault);
    cr_expect_gt(probe_fill(&probe, true), 100);
    cr_expect_eq(wal_capacity(probe.wal), WAL_INITIAL_CAPACITY);
    cr_expect_eq(wal_release(probe.wal, wal_head(probe.wal).lsn), FERRITE_OK);
    probe.from = wal_head(probe.wal);
    uint64_t first = probe.next;
    cr_expect_gt(probe_fill(&probe, true), 100);
    sim_fault_set(probe.sim, NULL);
    expect_replay(first, probe.next - first);
}

Test(wal_append, a_header_that_cannot_be_written_once_stops_the_growth) {
    struct sim_fault fault = {SIM_PWRITEV, 1, EIO, false};
    probe_make(&probe, 1, WAL_INITIAL_CAPACITY * 2);
    while (wal_has_room(probe.wal, 100) && wal_capacity(probe.wal) == WAL_INITIAL_CAPACITY &&
           wal_head(probe.wal).lsn < 60000)
        cr_assert_eq(probe_append(&probe, true), FERRITE_OK);
    sim_fault_set(probe.sim, &fault);
    while (probe_append(&probe, true) == FERRITE_OK && sim_faults_made(probe.sim) == 0) continue;
    cr_expect_eq(sim_faults_made(probe.sim), 1);
    cr_expect_eq(wal_capacity(probe.wal), WAL_INITIAL_CAPACITY);
    cr_expect_eq(probe_append(&probe, true), FERRITE_OK, "tried again");
    expect_replay(1, probe.next - 1);
}

Test(wal_append, without_a_map_frames_are_written_at_once) {
    struct sim_fault fault = {SIM_MAP, 1, ENOMEM, true};
    probe_make(&probe, 1, 1 << 20);
    sim_fault_set(probe.sim, &fault);
    for (int i = 0; i < 2000; i++) cr_assert_eq(probe_append(&probe, true), FERRITE_OK);
    expect_replay(1, 2000);
}

Test(wal_append, more_than_a_buffer_holds_is_written_before_the_sync) {
    probe_make(&probe, 1, 16 << 20);
    static uint8_t large[3 << 20];
    struct wal_position end;
    for (int i = 0; i < 20000; i++) cr_assert_eq(probe_append(&probe, false), FERRITE_OK);
    struct wal_position before = wal_head(probe.wal);
    cr_assert_eq(wal_append(probe.wal, 7, false, large, sizeof large, false, &end), FERRITE_OK);
    cr_expect_eq(wal_synced(probe.wal), 1);
    probe.from = end;
    uint64_t first = probe.next;
    for (int i = 0; i < 100; i++) cr_assert_eq(probe_append(&probe, false), FERRITE_OK);
    cr_assert_eq(probe_sync(&probe), FERRITE_OK);
    expect_replay(first, 100);
    cr_expect_gt(before.lsn, 2 << 20);
}

Test(wal_append, a_release_ahead_of_the_buffer_does_not_lose_order) {
    probe_make(&probe, 1, WAL_INITIAL_CAPACITY);
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 150; i++)
            if (probe_append(&probe, false) != FERRITE_OK) break;
        probe.from = wal_head(probe.wal);
        cr_assert_eq(wal_release(probe.wal, probe.from.lsn), FERRITE_OK);
    }
    uint64_t first = probe.next;
    for (int i = 0; i < 50; i++) cr_assert_eq(probe_append(&probe, false), FERRITE_OK);
    cr_assert_eq(probe_sync(&probe), FERRITE_OK);
    expect_replay(first, 50);
}

Test(wal_append, without_memory_or_random_bytes_nothing_happens) {
    struct sim_fault fault = {SIM_RANDOM, 1, EIO, false};
    probe_make(&probe, 1, 1 << 20);
    probe_append(&probe, true);
    cr_assert_eq(probe_reopen(&probe, 1 << 20), FERRITE_OK);
    cr_assert_eq(probe_replay(&probe), FERRITE_OK);
    sim_fault_set(probe.sim, &fault);
    struct wal_position head = wal_head(probe.wal);
    cr_expect_eq(probe_append(&probe, true), FERRITE_IO);
    cr_expect_eq(wal_head(probe.wal).lsn, head.lsn);
    cr_expect_eq(probe_append(&probe, true), FERRITE_OK);
    expect_replay(1, 2);
}

Test(wal_append, a_log_open_for_reading_refuses) {
    struct wal *reader;
    struct wal_position end;
    probe_make(&probe, 1, 1 << 20);
    probe_append(&probe, true);
    int code = wal_open(probe.os, probe.path, &probe.id, 1 << 20, true, &reader);
    cr_assert_eq(code, FERRITE_OK);
    cr_expect_not(wal_has_room(reader, 1));
    cr_expect_eq(wal_append(reader, 2, false, "x", 1, true, &end), FERRITE_READONLY);
    cr_expect_eq(wal_release(reader, 1), FERRITE_OK, "no change asked for");
    wal_close(reader);
}
