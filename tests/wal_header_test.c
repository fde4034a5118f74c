/* wal_header_test.c - the file header: its two copies, and what is not believed. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "libferrite/error.h"
#include "libferrite/os/crc32c.h"
#include "support/wal_probe.h"

static struct wal_probe probe;

static void set_up(void) { probe_make(&probe, 1000, 1 << 20); }

static void tear_down(void) { probe_free(&probe); }

TestSuite(wal_header, .init = set_up, .fini = tear_down);

enum { COPY = 512 };

static void put64(uint8_t *at, uint64_t value) { memcpy(at, &value, sizeof value); }

/* A header copy with a right checksum, as wal.h lays it out. */
static void forge(int slot, uint64_t sequence, uint64_t base, uint64_t capacity,
                  uint64_t released) {
    uint8_t copy[COPY] = {0};
    uint32_t version = 1;
    memcpy(copy + 4, &version, 4);
    memcpy(copy + 8, "FERRWAL1", 8);
    memcpy(copy + 16, probe.id.database_id, 16);
    put64(copy + 32, probe.id.log_id);
    put64(copy + 40, sequence);
    put64(copy + 48, base);
    put64(copy + 56, capacity);
    put64(copy + 64, released);
    uint32_t crc = crc32c(0, copy + 4, COPY - 4);
    memcpy(copy, &crc, 4);
    probe_put(&probe, (uint64_t)slot * COPY, copy, sizeof copy);
}

static void blank(int slot) {
    uint8_t zeros[COPY] = {0};
    probe_put(&probe, (uint64_t)slot * COPY, zeros, sizeof zeros);
}

Test(wal_header, a_new_log_can_be_opened_with_either_copy_lost) {
    for (int slot = 0; slot < 2; slot++) {
        blank(slot);
        cr_expect_eq(probe_reopen(&probe, 1 << 20), FERRITE_OK);
        cr_expect_eq(wal_released(probe.wal), 1000);
        cr_expect_eq(wal_capacity(probe.wal), WAL_INITIAL_CAPACITY);
        cr_expect_eq(wal_release(probe.wal, 1000), FERRITE_OK);
        forge(slot, 1, 1000, WAL_INITIAL_CAPACITY, 1000);
    }
}

Test(wal_header, with_both_copies_lost_the_log_is_damaged) {
    blank(0);
    blank(1);
    cr_expect_eq(probe_reopen(&probe, 1 << 20), FERRITE_CORRUPT);
}

Test(wal_header, changes_go_to_the_copies_in_turn) {
    probe_append(&probe, true);
    uint64_t first = wal_head(probe.wal).lsn;
    cr_assert_eq(wal_release(probe.wal, first), FERRITE_OK);
    probe_append(&probe, true);
    uint64_t second = wal_head(probe.wal).lsn;
    cr_assert_eq(wal_release(probe.wal, second), FERRITE_OK);
    cr_assert_eq(probe_reopen(&probe, 1 << 20), FERRITE_OK);
    cr_expect_eq(wal_released(probe.wal), second);
    probe_flip(&probe, COPY + 64, 1);
    cr_assert_eq(probe_reopen(&probe, 1 << 20), FERRITE_OK);
    cr_expect_eq(wal_released(probe.wal), first);
}

Test(wal_header, a_copy_that_could_not_be_written_is_written_again_and_the_other_kept) {
    struct sim_fault fault = {SIM_PWRITEV, 1, EIO, false};
    probe_append(&probe, true);
    uint64_t lsn = wal_head(probe.wal).lsn;
    probe_append(&probe, true);
    sim_fault_set(probe.sim, &fault);
    cr_expect_eq(wal_release(probe.wal, lsn), FERRITE_IO);
    cr_expect_eq(wal_released(probe.wal), 1000);
    cr_expect_eq(wal_release(probe.wal, lsn), FERRITE_OK);
    probe_flip(&probe, 64, 1); /* copy 0 took it: copy 1, from the beginning, must be whole */
    cr_assert_eq(probe_reopen(&probe, 1 << 20), FERRITE_OK);
    cr_expect_eq(wal_released(probe.wal), 1000);
}

Test(wal_header, release_never_goes_back) {
    probe_append(&probe, true);
    uint64_t lsn = wal_head(probe.wal).lsn;
    cr_assert_eq(wal_release(probe.wal, lsn), FERRITE_OK);
    cr_assert_eq(wal_release(probe.wal, 1000), FERRITE_OK);
    cr_expect_eq(wal_released(probe.wal), lsn);
}

Test(wal_header, a_log_of_another_database_or_another_log_is_foreign) {
    probe.id.database_id[15] ^= 1;
    cr_expect_eq(probe_reopen(&probe, 1 << 20), FERRITE_CORRUPT);
    cr_expect_not_null(strstr(error_text(FERRITE_CORRUPT), "another database"));
    probe.id.database_id[15] ^= 1;
    probe.id.log_id++;
    cr_expect_eq(probe_reopen(&probe, 1 << 20), FERRITE_CORRUPT);
}

Test(wal_header, a_missing_log_is_not_found) {
    unlink(probe.path);
    cr_expect_eq(probe_reopen(&probe, 1 << 20), FERRITE_NOTFOUND);
    struct wal_identity id;
    uint64_t released;
    cr_expect_eq(wal_peek(probe.os, probe.path, &id, &released), FERRITE_NOTFOUND);
}

Test(wal_header, peeking_tells_whose_log_it_is) {
    struct wal_identity id;
    uint64_t released;
    probe_append(&probe, true);
    cr_assert_eq(wal_release(probe.wal, wal_head(probe.wal).lsn), FERRITE_OK);
    cr_assert_eq(wal_peek(probe.os, probe.path, &id, &released), FERRITE_OK);
    cr_expect_arr_eq(id.database_id, probe.id.database_id, 16);
    cr_expect_eq(id.log_id, probe.id.log_id);
    cr_expect_eq(released, wal_head(probe.wal).lsn);
    blank(0);
    blank(1);
    cr_expect_eq(wal_peek(probe.os, probe.path, &id, &released), FERRITE_CORRUPT);
}

Test(wal_header, a_newer_format_is_a_version_error) {
    uint8_t copy[COPY] = {0};
    uint32_t version = 2;
    memcpy(copy + 4, &version, 4);
    memcpy(copy + 8, "FERRWAL1", 8);
    uint32_t crc = crc32c(0, copy + 4, COPY - 4);
    memcpy(copy, &crc, 4);
    probe_put(&probe, 0, copy, sizeof copy);
    probe_put(&probe, COPY, copy, sizeof copy);
    cr_expect_eq(probe_reopen(&probe, 1 << 20), FERRITE_VERSION);
}

Test(wal_header, senseless_claims_are_damage) {
    static const struct {
        uint64_t base, capacity, released;
    } claims[] = {
        {0, 0, 0},
        {0, WAL_INITIAL_CAPACITY - 1, 0},
        {5, WAL_INITIAL_CAPACITY, 4},
        {0, UINT64_MAX, 0},
        {0, UINT64_C(1) << 40, 0},
        {UINT64_MAX - 1, WAL_INITIAL_CAPACITY, UINT64_MAX},
        {0, WAL_INITIAL_CAPACITY, UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        forge(0, 7, claims[i].base, claims[i].capacity, claims[i].released);
        blank(1);
        cr_expect_eq(probe_reopen(&probe, 1 << 20), FERRITE_CORRUPT, "claim %zu", i);
        forge(1, 6, 1000, WAL_INITIAL_CAPACITY, 1000);
        cr_expect_eq(probe_reopen(&probe, 1 << 20), FERRITE_OK, "the other copy, claim %zu", i);
    }
    cr_expect_eq(probe_file_len(&probe), WAL_HEADER_SIZE + WAL_INITIAL_CAPACITY);
}

Test(wal_header, any_believable_header_over_any_frames_is_harmless) {
    uint64_t state = 99;
    for (int i = 0; i < 300; i++) probe_append(&probe, true);
    for (int round = 0; round < 500; round++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        uint64_t base = state >> (2 + round % 61), released = base + (state >> 20) % (1 << 20);
        forge(round % 2, 10 + (uint64_t)round, base, WAL_INITIAL_CAPACITY + (state >> 33) % 99999,
              released);
        int code = probe_reopen(&probe, 1 << 20);
        cr_assert(code == FERRITE_OK || code == FERRITE_CORRUPT);
        if (code != FERRITE_OK) continue;
        uint64_t begin = wal_released(probe.wal);
        probe.from = (struct wal_position){begin + state % 1000, (uint32_t)state};
        if (probe_replay(&probe) == FERRITE_OK)
            cr_assert_eq(probe_append(&probe, round % 3 == 0), FERRITE_OK);
    }
}

Test(wal_header, a_log_larger_than_the_bound_keeps_its_size) {
    static uint8_t payload[600000];
    struct wal_position end;
    cr_assert_eq(wal_append(probe.wal, 1, false, payload, sizeof payload, true, &end), FERRITE_OK);
    uint64_t capacity = wal_capacity(probe.wal);
    cr_assert_eq(probe_reopen(&probe, WAL_INITIAL_CAPACITY), FERRITE_OK);
    cr_expect_eq(wal_capacity(probe.wal), capacity);
}

Test(wal_header, a_length_lost_by_a_power_cut_is_given_back) {
    probe_append(&probe, true);
    forge(0, 9, 1000, 1 << 18, 1000);
    cr_assert_eq(probe_reopen(&probe, 1 << 20), FERRITE_OK);
    cr_expect_eq(probe_file_len(&probe), WAL_HEADER_SIZE + (1 << 18));
    cr_assert_eq(probe_replay(&probe), FERRITE_OK);
    cr_expect_eq(probe.seen, 1);
}

Test(wal_header, a_new_log_replaces_an_old_one) {
    for (int i = 0; i < 100; i++) probe_append(&probe, true);
    wal_close(probe.wal);
    probe.id.log_id = 5;
    int code = wal_create(probe.os, probe.path, &probe.id, 77, 1 << 20, &probe.wal);
    cr_assert_eq(code, FERRITE_OK, "%s", error_text(code));
    probe.from = wal_start(&probe.id, 77);
    cr_assert_eq(probe_reopen(&probe, 1 << 20), FERRITE_OK);
    cr_assert_eq(probe_replay(&probe), FERRITE_OK);
    cr_expect_eq(probe.seen, 0);
}

Test(wal_header, each_failure_of_making_a_log_is_told_and_leaves_no_file) {
    wal_close(probe.wal);
    probe.wal = NULL;
    for (uint64_t n = 1;; n++) {
        struct sim_fault fault = {SIM_ALL & ~SIM_CLOSE, n, EIO, false};
        bool exists;
        sim_fault_set(probe.sim, &fault);
        int code = wal_create(probe.os, probe.path, &probe.id, 1, 1 << 20, &probe.wal);
        sim_fault_set(probe.sim, NULL);
        if (code == FERRITE_OK) {
            cr_expect_gt(n, 5);
            break;
        }
        cr_assert_eq(code, FERRITE_IO);
        cr_assert_eq(os_exists(probe.os, probe.path, &exists), FERRITE_OK);
        cr_assert(!exists || n == 1, "call %llu", (unsigned long long)n);
    }
}

Test(wal_header, each_failure_of_opening_a_log_is_told) {
    for (uint64_t n = 1;; n++) {
        struct sim_fault fault = {SIM_ALL & ~SIM_CLOSE, n, EIO, false};
        sim_fault_set(probe.sim, &fault);
        int code = probe_reopen(&probe, 1 << 20);
        sim_fault_set(probe.sim, NULL);
        if (code == FERRITE_OK) {
            cr_expect_gt(n, 4);
            break;
        }
        cr_assert_eq(code, FERRITE_IO);
    }
}
