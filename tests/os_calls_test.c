/* os_calls_test.c - the helpers over the raw table: retries, short transfers, codes and texts. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/workspace.h"
#include "libferrite/error.h"
#include "libferrite/os/os.h"
#include "support/sim_os.h"

static struct workspace space;
static struct sim *sim;
static struct os *os;
static char path[256];
static int fd;

static void set_up(void) {
    workspace_make(&space, "os");
    workspace_path(&space, "file", path, sizeof path);
    sim = sim_new();
    os = sim_os(sim);
    cr_assert_eq(os_open(os, path, OS_WRITE | OS_CREATE, &fd), FERRITE_OK);
}

static void tear_down(void) {
    os_close(os, fd);
    sim_free(sim);
    workspace_remove(&space);
}

TestSuite(calls, .init = set_up, .fini = tear_down);

static void fail(uint32_t calls, uint64_t nth, int errnum, bool from_then_on) {
    struct sim_fault fault = {calls, nth, errnum, from_then_on};
    sim_fault_set(sim, &fault);
}

Test(calls, interrupted_calls_are_tried_again) {
    char buf[6];
    size_t got;
    uint64_t len;
    fail(SIM_ALL & ~SIM_CLOSE, 1, EINTR, false);
    cr_expect_eq(os_write(os, fd, "f", "hello", 6, 0), FERRITE_OK);
    cr_expect_eq(sim_faults_made(sim), 1);
    fail(SIM_ALL, 1, EINTR, false);
    cr_expect_eq(os_read(os, fd, "f", buf, 6, 0, &got), FERRITE_OK);
    cr_expect_str_eq(buf, "hello");
    fail(SIM_ALL, 1, EINTR, false);
    cr_expect_eq(os_datasync(os, fd, "f"), FERRITE_OK);
    fail(SIM_ALL, 1, EINTR, false);
    cr_expect_eq(os_truncate(os, fd, "f", 3), FERRITE_OK);
    fail(SIM_ALL, 1, EINTR, false);
    cr_expect_eq(os_allocate(os, fd, "f", 0, 9), FERRITE_OK);
    fail(SIM_ALL, 1, EINTR, false);
    cr_expect_eq(os_size(os, fd, "f", &len), FERRITE_OK);
    cr_expect_eq(len, 9);
}

Test(calls, endless_interruption_is_an_error_and_no_hang) {
    fail(SIM_PWRITEV, 1, EINTR, true);
    cr_expect_eq(os_write(os, fd, "f", "hello", 6, 0), FERRITE_IO);
}

Test(calls, short_transfers_are_finished) {
    char data[1000], back[1000];
    size_t got;
    for (size_t i = 0; i < sizeof data; i++) data[i] = (char)(i * 7);
    fail(SIM_PWRITEV | SIM_PREAD, 1, 0, true);
    cr_expect_eq(os_write(os, fd, "f", data, sizeof data, 100), FERRITE_OK);
    cr_expect_eq(os_read(os, fd, "f", back, sizeof back, 100, &got), FERRITE_OK);
    cr_expect_gt(sim_faults_made(sim), 10);
    cr_expect_eq(got, sizeof back);
    cr_expect_arr_eq(back, data, sizeof data);
}

Test(calls, read_is_short_only_at_the_end_of_the_file) {
    char buf[10];
    size_t got;
    os_write(os, fd, "f", "hello", 5, 0);
    cr_expect_eq(os_read(os, fd, "f", buf, 10, 2, &got), FERRITE_OK);
    cr_expect_eq(got, 3);
    cr_expect_eq(os_read(os, fd, "f", buf, 10, 50, &got), FERRITE_OK);
    cr_expect_eq(got, 0);
}

enum { SEGMENTS = 2500 };

Test(calls, any_number_of_segments_is_written_with_empty_ones_and_cut_ones) {
    static struct iovec iov[SEGMENTS];
    static char data[SEGMENTS * 5], back[SEGMENTS * 5];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (char)(i * 13 + (i >> 8));
    size_t len = 0;
    for (int i = 0; i < SEGMENTS; i++) {
        iov[i] = (struct iovec){data + len, (size_t)(i % 6)};
        len += (size_t)(i % 6);
    }
    size_t got;
    fail(SIM_PWRITEV, 2, 0, false);
    cr_expect_eq(os_writev(os, fd, "f", iov, SEGMENTS, 7), FERRITE_OK);
    cr_expect_eq(os_read(os, fd, "f", back, sizeof back, 7, &got), FERRITE_OK);
    cr_expect_eq(got, len);
    cr_expect_arr_eq(back, data, len);
}

/* Where holes are not known, all is data. */
Test(calls, what_is_no_hole_is_found) {
    const uint64_t far = 1 << 20, len = far + 100000;
    uint64_t begin = 0, end = 0, at = 0;
    bool first = false, second = false;
    cr_assert_eq(os_truncate(os, fd, "f", len), FERRITE_OK);
    os_write(os, fd, "f", "hello", 5, 0);
    os_write(os, fd, "f", "hello", 5, far);
    for (; os_data_next(os, fd, "f", at, &begin, &end) == FERRITE_OK && begin < end; at = end) {
        cr_assert_geq(begin, at);
        cr_assert_leq(end, len);
        first |= begin == 0 && end >= 5;
        second |= begin <= far && end >= far + 5;
    }
    cr_expect(first && second);
    cr_expect_eq(os_data_next(os, fd, "f", len, &begin, &end), FERRITE_OK);
    cr_expect_eq(begin, end);
    cr_expect_eq(os_data_next(os, fd, "f", 10 * len, &begin, &end), FERRITE_OK);
    cr_expect_eq(begin, end);
}

Test(calls, a_map_shows_zeros_where_the_file_is_cut_off) {
    enum { HALF = 1 << 16 }; /* pages of any system */
    static const char file[HALF] = "of the file", zeros[HALF];
    void *base;
    cr_assert_eq(os_truncate(os, fd, "f", 2 * HALF), FERRITE_OK);
    os_write(os, fd, "f", file, 20, 0);
    os_write(os, fd, "f", file, 20, HALF);
    cr_assert_eq(os_map(os, fd, "f", 4 * HALF, false, &base), FERRITE_OK);
    const char *map = base;
    cr_assert_eq(os_map_part(os, -1, "f", base, 2 * HALF, 2 * HALF), FERRITE_OK);
    cr_expect_arr_eq(map + 3 * HALF, zeros, HALF);
    cr_assert_eq(os_map_part(os, -1, "f", base, HALF, HALF), FERRITE_OK);
    cr_assert_eq(os_truncate(os, fd, "f", HALF), FERRITE_OK);
    cr_expect_arr_eq(map, file, HALF);
    cr_expect_arr_eq(map + HALF, zeros, HALF);
    cr_assert_eq(os_truncate(os, fd, "f", 3 * HALF), FERRITE_OK);
    os_write(os, fd, "f", file, 20, HALF);
    cr_assert_eq(os_map_part(os, fd, "f", base, HALF, 2 * HALF), FERRITE_OK);
    cr_expect_arr_eq(map + HALF, file, HALF);
    cr_expect_arr_eq(map + 2 * HALF, zeros, HALF);
    os_unmap(os, base, 4 * HALF);
}

Test(calls, full_disk_is_told_with_name_and_reason) {
    fail(SIM_PWRITEV, 1, ENOSPC, false);
    cr_expect_eq(os_write(os, fd, "a.ferrite", "x", 1, 0), FERRITE_FULL);
    cr_expect_str_eq(error_text(FERRITE_FULL), "cannot write a.ferrite: No space left on device");
}

Test(calls, each_failure_is_reported) {
    static const struct {
        uint32_t call;
        const char *says;
    } cases[] = {
        {SIM_PREAD, "cannot read f"},    {SIM_PWRITEV, "cannot write f"},
        {SIM_DATASYNC, "cannot sync f"}, {SIM_SYNC_DIR, "cannot sync the directory"},
        {SIM_TRUNCATE, "length of f"},   {SIM_ALLOCATE, "cannot enlarge f"},
        {SIM_STAT, "length of f"},       {SIM_UNLINK, "cannot remove"},
        {SIM_RENAME, "cannot rename"},   {SIM_STAT_PATH, "cannot look for"},
        {SIM_LOCK, "cannot lock f"},     {SIM_MAP, "cannot map f"},
        {SIM_RESERVE, "memory"},         {SIM_RANDOM, "random"},
        {SIM_OPEN, "cannot open"},       {SIM_DATA_NEXT, "what f holds"},
        {SIM_MAP_PART, "a part of f"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char buf[4];
        size_t got;
        uint64_t len, begin, end;
        int other, failures = 0;
        bool exists;
        void *base;
        fail(cases[i].call, 1, EIO, true);
        failures += os_read(os, fd, "f", buf, 4, 0, &got) == FERRITE_IO;
        failures += os_write(os, fd, "f", "x", 1, 0) == FERRITE_IO;
        failures += os_datasync(os, fd, "f") == FERRITE_IO;
        failures += os_sync_dir(os, path) == FERRITE_IO;
        failures += os_truncate(os, fd, "f", 1) == FERRITE_IO;
        failures += os_allocate(os, fd, "f", 0, 1) == FERRITE_IO;
        failures += os_size(os, fd, "f", &len) == FERRITE_IO;
        failures += os_exists(os, path, &exists) == FERRITE_IO;
        failures += os_data_next(os, fd, "f", 0, &begin, &end) == FERRITE_IO;
        failures += os_lock(os, fd, "f", OS_LOCK_SHARED, NULL) == FERRITE_IO;
        failures += os_map(os, fd, "f", 4096, false, &base) == FERRITE_IO;
        if (cases[i].call == SIM_MAP_PART)
            failures += os_map_part(os, fd, "f", NULL, 0, 4096) == FERRITE_IO;
        failures += os_reserve(os, 4096, &base) == FERRITE_IO;
        failures += os_random(os, buf, 4) == FERRITE_IO;
        failures += os_rename(os, path, path) == FERRITE_IO;
        if (cases[i].call == SIM_UNLINK) failures += os_unlink(os, path) == FERRITE_IO;
        if (cases[i].call == SIM_OPEN) failures += os_open(os, path, 0, &other) == FERRITE_IO;
        cr_expect_eq(failures, 1, "%s: %d failures", cases[i].says, failures);
        cr_expect_not_null(strstr(error_text(FERRITE_IO), cases[i].says), "%s",
                           error_text(FERRITE_IO));
    }
}

Test(calls, missing_file_is_not_found_on_open_and_nothing_on_removal) {
    char missing[256];
    int other;
    bool exists = true;
    workspace_path(&space, "missing", missing, sizeof missing);
    cr_expect_eq(os_open(os, missing, OS_WRITE, &other), FERRITE_NOTFOUND);
    cr_expect_eq(os_unlink(os, missing), FERRITE_OK);
    cr_expect_eq(os_exists(os, missing, &exists), FERRITE_OK);
    cr_expect_not(exists);
    cr_expect_eq(os_exists(os, path, &exists), FERRITE_OK);
    cr_expect(exists);
    cr_expect_eq(os_open(os, path, OS_WRITE | OS_CREATE | OS_EXCLUSIVE, &other), FERRITE_IO);
}

Test(calls, rename_moves_the_name) {
    char other[256];
    bool exists;
    workspace_path(&space, "other", other, sizeof other);
    cr_expect_eq(os_rename(os, path, other), FERRITE_OK);
    cr_expect_eq(os_sync_dir(os, other), FERRITE_OK);
    cr_expect_eq(os_exists(os, path, &exists), FERRITE_OK);
    cr_expect_not(exists);
}

Test(calls, exclusive_lock_shuts_others_out_even_in_this_process) {
    int other;
    int64_t pid = -1;
    cr_assert_eq(os_open(os, path, OS_WRITE, &other), FERRITE_OK);
    cr_expect_eq(os_lock(os, fd, "f", OS_LOCK_EXCLUSIVE, NULL), FERRITE_OK);
    cr_expect_eq(os_lock(os, other, "f", OS_LOCK_EXCLUSIVE, &pid), FERRITE_BUSY);
    cr_expect_eq(pid, 0);
    cr_expect_eq(os_lock(os, other, "f", OS_LOCK_SHARED, &pid), FERRITE_BUSY);
    cr_expect_eq(os_lock(os, fd, "f", OS_UNLOCK, NULL), FERRITE_OK);
    cr_expect_eq(os_lock(os, other, "f", OS_LOCK_EXCLUSIVE, &pid), FERRITE_OK);
    os_close(os, other);
    cr_expect_eq(os_lock(os, fd, "f", OS_LOCK_EXCLUSIVE, NULL), FERRITE_OK, "close lets go");
}

Test(calls, shared_locks_live_beside_each_other) {
    int other;
    cr_assert_eq(os_open(os, path, OS_READ, &other), FERRITE_OK);
    cr_expect_eq(os_lock(os, fd, "f", OS_LOCK_SHARED, NULL), FERRITE_OK);
    cr_expect_eq(os_lock(os, other, "f", OS_LOCK_SHARED, NULL), FERRITE_OK);
    cr_expect_eq(os_lock(os, fd, "f", OS_LOCK_EXCLUSIVE, NULL), FERRITE_BUSY);
    os_close(os, other);
    cr_expect_eq(os_lock(os, fd, "f", OS_LOCK_EXCLUSIVE, NULL), FERRITE_OK);
}

Test(calls, closing_another_descriptor_keeps_the_lock) {
    int second, third;
    cr_assert_eq(os_open(os, path, OS_WRITE, &second), FERRITE_OK);
    cr_assert_eq(os_open(os, path, OS_WRITE, &third), FERRITE_OK);
    cr_expect_eq(os_lock(os, fd, "f", OS_LOCK_EXCLUSIVE, NULL), FERRITE_OK);
    os_close(os, second);
    cr_expect_eq(os_lock(os, third, "f", OS_LOCK_EXCLUSIVE, NULL), FERRITE_BUSY);
    os_close(os, third);
}

Test(calls, allocation_makes_longer_and_keeps_what_is_there) {
    char buf[5];
    size_t got;
    uint64_t len;
    os_write(os, fd, "f", "hello", 5, 0);
    cr_expect_eq(os_allocate(os, fd, "f", 0, 10000), FERRITE_OK);
    cr_expect_eq(os_size(os, fd, "f", &len), FERRITE_OK);
    cr_expect_eq(len, 10000);
    cr_expect_eq(os_allocate(os, fd, "f", 0, 100), FERRITE_OK);
    cr_expect_eq(os_size(os, fd, "f", &len), FERRITE_OK);
    cr_expect_eq(len, 10000, "never shorter");
    os_read(os, fd, "f", buf, 5, 0, &got);
    cr_expect_arr_eq(buf, "hello", 5);
}

Test(calls, map_may_reach_beyond_the_end_and_sees_later_writes) {
    void *base;
    cr_assert_eq(os_map(os, fd, "f", 1 << 20, true, &base), FERRITE_OK);
    cr_assert_eq(os_allocate(os, fd, "f", 0, 8192), FERRITE_OK);
    os_write(os, fd, "f", "hello", 5, 4096);
    cr_expect_arr_eq((char *)base + 4096, "hello", 5);
    os->calls->map_store(os, fd, base, 4097, "u", 1);
    char buf[5];
    size_t got;
    os_read(os, fd, "f", buf, 5, 4096, &got);
    cr_expect_arr_eq(buf, "hullo", 5);
    os_unmap(os, base, 1 << 20);
}

Test(calls, reserved_memory_is_large_and_zero) {
    void *base;
    uint64_t len = (uint64_t)1 << 36;
    cr_assert_eq(os_reserve(os, len, &base), FERRITE_OK);
    char *last = (char *)base + len - 1;
    cr_expect_eq(*last, 0);
    *last = 1;
    os_unmap(os, base, len);
}

Test(calls, descriptors_stay_clear_of_standard_streams) {
    int other;
    close(0);
    cr_assert_eq(os_open(os, path, OS_READ, &other), FERRITE_OK);
    cr_expect_gt(other, 2);
    os_close(os, other);
}

Test(calls, random_bytes_differ) {
    uint8_t a[300] = {0}, b[300] = {0};
    cr_expect_eq(os_random(os, a, sizeof a), FERRITE_OK);
    cr_expect_eq(os_random(os, b, sizeof b), FERRITE_OK);
    cr_expect_arr_neq(a, b, sizeof a);
    cr_expect_arr_neq(a + 284, b + 284, 16, "to the last byte");
}

Test(calls, clocks_run) {
    struct os *real = os_posix();
    uint64_t before = os_monotonic_us(real);
    os_sleep_us(real, 2000);
    cr_expect_geq(os_monotonic_us(real) - before, 2000);
    cr_expect_gt(os_clock_ms(real), INT64_C(1600000000000));
    sim_clock_set(sim, 5000);
    sim_clock_advance(sim, 7);
    cr_expect_eq(os_clock_ms(os), 5007);
}

Test(calls, child_after_fork_sees_another_generation) {
    uint32_t generation = os_fork_generation();
    cr_expect_eq(os_fork_generation(), generation);
    pid_t child = fork();
    if (child == 0) _exit(os_fork_generation() == generation ? 1 : 0);
    int status;
    waitpid(child, &status, 0);
    cr_expect_eq(status, 0);
    cr_expect_eq(os_fork_generation(), generation);
    cr_expect_eq(os_pid(), (uint32_t)getpid());
}

Test(calls, default_system_can_be_replaced) {
    cr_expect_eq(os_default(), os_posix());
    os_set_default(os);
    cr_expect_eq(os_default(), os);
    os_set_default(NULL);
    cr_expect_eq(os_default(), os_posix());
}
