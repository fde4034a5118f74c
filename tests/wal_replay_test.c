/* wal_replay_test.c - frames out: where the log ends, after crashes and on hostile content. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libferrite/error.h"
#include "libferrite/os/crc32c.h"
#include "support/wal_probe.h"

static struct wal_probe probe;

static void set_up(void) { probe_make(&probe, 1, 1 << 18); }

static void tear_down(void) { probe_free(&probe); }

TestSuite(wal_replay, .init = set_up, .fini = tear_down);

static void append(int count) {
    for (int i = 0; i < count; i++) cr_assert_eq(probe_append(&probe, true), FERRITE_OK);
}

static void reopen_and_replay(void) {
    int code = probe_reopen(&probe, 1 << 18);
    cr_assert_eq(code, FERRITE_OK, "%s", error_text(code));
    cr_assert_eq(probe_replay(&probe), FERRITE_OK);
}

static uint64_t place(uint64_t lsn) { return WAL_HEADER_SIZE + lsn - 1; }

Test(wal_replay, an_empty_log_ends_where_it_begins) {
    reopen_and_replay();
    cr_expect_eq(probe.seen, 0);
    cr_expect_eq(probe.end.lsn, 1);
}

Test(wal_replay, a_later_position_skips_what_lies_before) {
    append(10);
    struct wal_position middle = wal_head(probe.wal);
    append(10);
    probe.from = middle;
    reopen_and_replay();
    cr_expect_eq(probe.first_seen, 11);
    cr_expect_eq(probe.seen, 10);
}

Test(wal_replay, a_position_with_another_crc_finds_nothing) {
    append(10);
    probe.from.crc ^= 1;
    reopen_and_replay();
    cr_expect_eq(probe.seen, 0);
}

Test(wal_replay, every_flipped_bit_ends_the_log_before_its_frame) {
    append(40);
    struct wal_position cut = wal_head(probe.wal);
    append(1);
    uint64_t last = wal_head(probe.wal).lsn;
    for (uint64_t lsn = cut.lsn; lsn < last; lsn++) {
        uint8_t mask = (uint8_t)(1u << (lsn % 8));
        probe_flip(&probe, place(lsn), mask);
        reopen_and_replay();
        cr_assert_eq(probe.seen, 40, "byte %llu", (unsigned long long)(lsn - cut.lsn));
        cr_assert_eq(probe.end.lsn, cut.lsn);
        probe_flip(&probe, place(lsn), mask);
    }
    reopen_and_replay();
    cr_expect_eq(probe.seen, 41);
}

Test(wal_replay, a_torn_tail_is_overwritten_and_what_lay_behind_it_never_returns) {
    append(50);
    struct wal_position torn = wal_head(probe.wal);
    append(50); /* frame 51 will be torn, 52 to 100 are whole and stale */
    probe_flip(&probe, place(torn.lsn) + 2, 0xff);
    reopen_and_replay();
    cr_expect_eq(probe.seen, 50);
    probe.next = 51;
    append(1); /* the same bytes as before, at the same place but for the nonce */
    reopen_and_replay();
    cr_expect_eq(probe.seen, 51);
    cr_expect_eq(probe.end.lsn, torn.lsn + 32 + WAL_FRAME_HEADER +
                                    probe_payload(51, (uint8_t[PROBE_PAYLOAD_MAX]){0}));
}

Test(wal_replay, reading_changes_nothing) {
    append(20);
    struct wal *reader;
    struct wal_position end;
    struct sim_fault count = {SIM_WRITING | SIM_MAP, 0, 0, false};
    sim_fault_set(probe.sim, &count);
    int code = wal_open(probe.os, probe.path, &probe.id, 1 << 18, true, &reader);
    cr_assert_eq(code, FERRITE_OK);
    struct wal *writer = probe.wal;
    probe.wal = reader;
    cr_expect_eq(probe_replay(&probe), FERRITE_OK);
    cr_expect_eq(probe.seen, 20);
    probe.wal = writer;
    end = probe.end;
    wal_close(reader);
    cr_expect_eq(sim_calls_counted(probe.sim), 0);
    cr_expect_eq(end.lsn, wal_head(writer).lsn);
}

Test(wal_replay, a_released_position_is_refused) {
    append(20);
    cr_assert_eq(wal_release(probe.wal, wal_head(probe.wal).lsn), FERRITE_OK);
    cr_assert_eq(probe_reopen(&probe, 1 << 18), FERRITE_OK);
    cr_expect_eq(probe_replay(&probe), FERRITE_CORRUPT);
    probe.from.lsn = UINT64_MAX;
    cr_expect_eq(probe_replay(&probe), FERRITE_CORRUPT);
}

Test(wal_replay, an_unreadable_file_is_an_error_and_no_end) {
    append(20);
    cr_assert_eq(probe_reopen(&probe, 1 << 18), FERRITE_OK);
    struct sim_fault fault = {SIM_PREAD, 1, EIO, false};
    sim_fault_set(probe.sim, &fault);
    cr_expect_eq(probe_replay(&probe), FERRITE_IO);
    cr_expect_eq(probe_replay(&probe), FERRITE_OK);
    cr_expect_eq(probe.seen, 20);
}

static int stop_at_5(void *ctx, uint64_t txid, struct wal_position end, bool partial,
                     const uint8_t *payload, size_t len) {
    (void)end, (void)partial, (void)payload, (void)len;
    ++*(int *)ctx;
    return txid == 5 ? FERRITE_ABORTED : FERRITE_OK;
}

Test(wal_replay, the_callback_can_stop_it) {
    int calls = 0;
    struct wal_position end;
    append(20);
    cr_expect_eq(wal_replay(probe.wal, probe.from, stop_at_5, &calls, &end), FERRITE_ABORTED);
    cr_expect_eq(calls, 5);
}

Test(wal_replay, a_file_cut_short_ends_the_log) {
    append(200);
    for (uint64_t len = probe_file_len(&probe); len > 6000; len -= 997) {
        struct wal *reader;
        cr_assert_eq(truncate(probe.path, (off_t)len), 0);
        int code = wal_open(probe.os, probe.path, &probe.id, 1 << 18, true, &reader);
        cr_assert_eq(code, FERRITE_OK, "%s", error_text(code));
        struct wal *writer = probe.wal;
        probe.wal = reader;
        cr_expect_eq(probe_replay(&probe), FERRITE_OK);
        cr_expect_leq(place(probe.end.lsn), len);
        probe.wal = writer;
        wal_close(reader);
    }
    reopen_and_replay(); /* for writing: the file has its length again */
    cr_expect_eq(probe_file_len(&probe), WAL_HEADER_SIZE + wal_capacity(probe.wal));
    append(1);
}

/* A frame with a right checksum at the log's first byte, whatever else it claims. */
static void forge_frame(uint32_t len_field, uint64_t lsn, uint64_t txid, size_t covered) {
    uint8_t bytes[4096] = {0};
    memcpy(bytes + 4, &len_field, 4);
    memcpy(bytes + 8, &lsn, 8);
    memcpy(bytes + 16, &txid, 8);
    uint32_t crc = crc32c(wal_start(&probe.id, 1).crc, bytes + 4, 20 + covered);
    memcpy(bytes, &crc, 4);
    probe_put(&probe, WAL_HEADER_SIZE, bytes, sizeof bytes);
}

static int count_frames(void *ctx, uint64_t txid, struct wal_position end, bool partial,
                        const uint8_t *payload, size_t len) {
    (void)txid, (void)end, (void)partial, (void)payload, (void)len;
    ++*(int *)ctx;
    return FERRITE_OK;
}

static int counted_frames(void) {
    int count = 0;
    struct wal_position end;
    cr_assert_eq(probe_reopen(&probe, 1 << 18), FERRITE_OK);
    cr_assert_eq(wal_replay(probe.wal, probe.from, count_frames, &count, &end), FERRITE_OK);
    return count;
}

/* The torn frame is as long as a nonce and an empty frame, which will take its place. */
Test(wal_replay, a_stale_frame_does_not_follow_even_at_the_right_place_with_the_right_lsn) {
    uint8_t payload[32] = {7};
    struct wal_position end;
    append(3);
    struct wal_position torn = wal_head(probe.wal);
    wal_append(probe.wal, 4, false, payload, sizeof payload, true, &end);
    wal_append(probe.wal, 5, false, payload, sizeof payload, true, &end);
    probe_flip(&probe, place(torn.lsn) + 2, 0xff);
    cr_assert_eq(counted_frames(), 3);
    cr_assert_eq(wal_append(probe.wal, 4, false, payload, 0, true, &end), FERRITE_OK);
    cr_assert_eq(end.lsn, torn.lsn + WAL_FRAME_HEADER + sizeof payload);
    cr_expect_eq(counted_frames(), 4);
}

Test(wal_replay, forged_frames_count_only_when_everything_is_right) {
    forge_frame(100, 1, 9, 100);
    cr_expect_eq(counted_frames(), 1, "the forger knows the format");
    forge_frame(100, 2, 9, 100);
    cr_expect_eq(counted_frames(), 0, "another LSN");
    forge_frame(100, 1, 0, 100);
    cr_expect_eq(counted_frames(), 0, "a nonce");
    forge_frame(0x7fffffff, 1, 9, 100);
    cr_expect_eq(counted_frames(), 0, "longer than the log");
    forge_frame(0xffffffff, 1, 9, 100);
    cr_expect_eq(counted_frames(), 0);
    forge_frame(WAL_INITIAL_CAPACITY - WAL_FRAME_HEADER + 1, 1, 9, 100);
    cr_expect_eq(counted_frames(), 0, "a byte longer than the log");
}

Test(wal_replay, random_damage_gives_a_prefix_or_an_error) {
    append(300);
    size_t len;
    unsigned char *good = file_load(probe.path, &len), *bad = malloc(len);
    uint64_t state = 4711;
    for (int round = 0; round < 400; round++) {
        memcpy(bad, good, len);
        int changes = 1 + round % 5;
        while (changes-- > 0) {
            state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
            size_t at = (size_t)(state >> 20) % (round % 2 == 0 ? len : 1100);
            size_t count = (size_t)(state >> 50) % 40;
            for (size_t i = at; i < len && i <= at + count; i++)
                bad[i] ^= (unsigned char)(state >> 9);
        }
        file_save(probe.path, bad, len);
        int code = probe_reopen(&probe, 1 << 18);
        if (code != FERRITE_OK) {
            cr_assert_eq(code, FERRITE_CORRUPT, "%s", error_text(code));
        } else {
            cr_assert_eq(probe_replay(&probe), FERRITE_OK);
            cr_assert_leq(probe.seen, 300);
        }
        wal_close(probe.wal);
        probe.wal = NULL;
    }
    free(good);
    free(bad);
}
