/* os_sim_test.c - the simulated system: the harnesses are only as good as it is. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/workspace.h"
#include "libferrite/error.h"
#include "support/sim_os.h"

enum { SEEDS = 400 };

static struct workspace space;
static struct sim *sim;
static struct os *os;
static struct trace *trace;
static char path[512], other[512], image_dir[256];
static int fd;

static void set_up(void) {
    workspace_make(&space, "sim");
    sim = sim_new();
    os = sim_os(sim);
    char dir[256];
    workspace_path(&space, "live", dir, sizeof dir);
    workspace_path(&space, "image", image_dir, sizeof image_dir);
    directory_make_empty(dir);
    directory_make_empty(image_dir);
    snprintf(path, sizeof path, "%s/file", dir);
    snprintf(other, sizeof other, "%s/other", dir);
    trace = sim_record(sim, dir);
}

static void tear_down(void) {
    sim_free(sim);
    workspace_remove(&space);
}

TestSuite(sim, .init = set_up, .fini = tear_down);

static void create(void) { cr_assert_eq(os_open(os, path, OS_WRITE | OS_CREATE, &fd), FERRITE_OK); }

static void create_durable(void) {
    create();
    os_datasync(os, fd, "file");
    os_sync_dir(os, path);
}

/* The file of that name in an image of everything so far, or NULL. */
static unsigned char *image_file(uint64_t seed, const char *name, size_t *len) {
    char at[512];
    trace_materialise(trace, trace_length(trace), seed, image_dir);
    snprintf(at, sizeof at, "%s/%s", image_dir, name);
    return file_load(at, len);
}

Test(sim, what_was_synced_is_in_every_image) {
    create_durable();
    char data[3000];
    memset(data, 'a', sizeof data);
    os_write(os, fd, "file", data, sizeof data, 0);
    os_datasync(os, fd, "file");
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        size_t len;
        unsigned char *bytes = image_file(seed, "file", &len);
        cr_assert_not_null(bytes);
        cr_assert_eq(len, sizeof data);
        cr_assert_arr_eq(bytes, data, sizeof data);
        free(bytes);
    }
}

Test(sim, unsynced_sectors_happen_each_on_its_own) {
    create_durable();
    char old[2048], new[2048];
    memset(old, 'o', sizeof old);
    memset(new, 'n', sizeof new);
    os_write(os, fd, "file", old, sizeof old, 0);
    os_datasync(os, fd, "file");
    os_write(os, fd, "file", new, sizeof new, 0);
    int seen[16] = {0}, kinds = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        size_t len;
        unsigned char *bytes = image_file(seed, "file", &len);
        cr_assert_eq(len, sizeof old);
        int which = 0;
        for (int sector = 0; sector < 4; sector++) {
            cr_assert_eq(bytes[512 * sector], bytes[512 * sector + 511], "a sector is whole");
            if (bytes[512 * sector] == 'n') which |= 1 << sector;
        }
        seen[which]++;
        free(bytes);
    }
    for (int which = 0; which < 16; which++) kinds += seen[which] > 0;
    cr_expect_geq(kinds, 14, "only %d of 16 subsets", kinds);
}

Test(sim, stores_through_a_map_are_seen) {
    create_durable();
    void *base;
    os_allocate(os, fd, "file", 0, 4096);
    os_datasync(os, fd, "file");
    cr_assert_eq(os_map(os, fd, "file", 4096, true, &base), FERRITE_OK);
    os->calls->map_store(os, fd, base, 100, "hello", 5);
    cr_expect_arr_eq((char *)base + 100, "hello", 5);
    int with = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        size_t len;
        unsigned char *bytes = image_file(seed, "file", &len);
        with += memcmp(bytes + 100, "hello", 5) == 0;
        free(bytes);
    }
    cr_expect(with > 0 && with < SEEDS);
    os_datasync(os, fd, "file");
    for (uint64_t seed = 0; seed < 40; seed++) {
        size_t len;
        unsigned char *bytes = image_file(seed, "file", &len);
        cr_assert_arr_eq(bytes + 100, "hello", 5);
        free(bytes);
    }
    os_unmap(os, base, 4096);
}

Test(sim, length_is_a_fact_of_its_own) {
    create_durable();
    char data[512];
    memset(data, 'x', sizeof data);
    os_write(os, fd, "file", data, sizeof data, 512);
    int lengths[2] = {0}, zeros = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        size_t len;
        unsigned char *bytes = image_file(seed, "file", &len);
        cr_assert(len == 0 || len == 1024);
        lengths[len == 1024]++;
        zeros += len == 1024 && bytes[512] == 0;
        free(bytes);
    }
    cr_expect(lengths[0] > 0 && lengths[1] > 0);
    cr_expect_gt(zeros, 0, "long enough, and not written");
}

Test(sim, what_was_cut_off_does_not_come_back) {
    create_durable();
    os_write(os, fd, "file", "secret", 6, 0);
    os_datasync(os, fd, "file");
    os_truncate(os, fd, "file", 0);
    os_truncate(os, fd, "file", 6);
    os_datasync(os, fd, "file");
    for (uint64_t seed = 0; seed < 40; seed++) {
        size_t len;
        unsigned char *bytes = image_file(seed, "file", &len);
        cr_assert_eq(len, 6);
        cr_assert_arr_eq(bytes, "\0\0\0\0\0\0", 6);
        free(bytes);
    }
}

/* How many images of SEEDS hold the name. */
static int named(const char *name) {
    int count = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        size_t len;
        unsigned char *bytes = image_file(seed, name, &len);
        count += bytes != NULL;
        free(bytes);
    }
    return count;
}

Test(sim, a_new_name_needs_a_sync_of_its_directory) {
    create();
    os_datasync(os, fd, "file");
    int count = named("file");
    cr_expect(count > 0 && count < SEEDS);
    os_sync_dir(os, path);
    cr_expect_eq(named("file"), SEEDS);
}

Test(sim, a_removal_needs_a_sync_of_the_directory) {
    create_durable();
    os_unlink(os, path);
    int count = named("file");
    cr_expect(count > 0 && count < SEEDS);
    os_sync_dir(os, path);
    cr_expect_eq(named("file"), 0);
}

Test(sim, a_rename_happens_wholly_or_not) {
    create_durable();
    os_write(os, fd, "file", "x", 1, 0);
    os_datasync(os, fd, "file");
    os_rename(os, path, other);
    int moved = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        size_t from_len, to_len;
        unsigned char *from = image_file(seed, "file", &from_len);
        unsigned char *to = image_file(seed, "other", &to_len);
        cr_assert((from != NULL) != (to != NULL));
        cr_assert_eq(from != NULL ? from_len : to_len, 1);
        moved += to != NULL;
        free(from);
        free(to);
    }
    cr_expect(moved > 0 && moved < SEEDS);
}

Test(sim, an_image_of_an_earlier_point_knows_nothing_of_the_future) {
    create_durable();
    os_write(os, fd, "file", "a", 1, 0);
    os_datasync(os, fd, "file");
    size_t point = trace_length(trace);
    os_write(os, fd, "file", "b", 1, 0);
    os_datasync(os, fd, "file");
    char at[512];
    snprintf(at, sizeof at, "%s/file", image_dir);
    for (uint64_t seed = 0; seed < 40; seed++) {
        size_t len;
        trace_materialise(trace, point, seed, image_dir);
        unsigned char *bytes = file_load(at, &len);
        cr_assert_eq(bytes[0], 'a');
        free(bytes);
    }
}

Test(sim, the_same_seed_gives_the_same_image) {
    create_durable();
    char data[4096];
    memset(data, 'x', sizeof data);
    os_write(os, fd, "file", data, sizeof data, 0);
    for (uint64_t seed = 0; seed < 50; seed++) {
        size_t len, again_len;
        unsigned char *bytes = image_file(seed, "file", &len);
        unsigned char *again = image_file(seed, "file", &again_len);
        cr_assert_eq(len, again_len);
        cr_assert(len == 0 || memcmp(bytes, again, len) == 0);
        free(bytes);
        free(again);
    }
}

Test(sim, a_failed_sync_makes_nothing_certain) {
    create_durable();
    os_allocate(os, fd, "file", 0, 512);
    os_datasync(os, fd, "file");
    os_write(os, fd, "file", "hello", 5, 0);
    struct sim_fault fault = {SIM_DATASYNC, 1, EIO, false};
    sim_fault_set(sim, &fault);
    cr_expect_eq(os_datasync(os, fd, "file"), FERRITE_IO);
    int with = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        size_t len;
        unsigned char *bytes = image_file(seed, "file", &len);
        with += memcmp(bytes, "hello", 5) == 0;
        free(bytes);
    }
    cr_expect(with > 0 && with < SEEDS);
}

Test(sim, a_short_write_is_recorded_as_what_was_written) {
    create_durable();
    struct sim_fault fault = {SIM_PWRITEV, 1, 0, false};
    sim_fault_set(sim, &fault);
    struct iovec iov = {"abcdefgh", 8};
    cr_expect_eq(os->calls->pwritev(os, fd, &iov, 1, 0), 4);
    const struct trace_entry *last = trace_entry_at(trace, trace_length(trace) - 1);
    cr_expect_eq(last->kind, TRACE_WRITE);
    cr_expect_eq(last->len, 4);
    cr_expect_arr_eq(last->bytes, "abcd", 4);
}

Test(sim, faults_are_counted_from_the_setting_on) {
    create();
    struct sim_fault fault = {SIM_PWRITEV | SIM_DATASYNC, 3, ENOSPC, false};
    sim_fault_set(sim, &fault);
    cr_expect_eq(os_write(os, fd, "file", "x", 1, 0), FERRITE_OK);
    cr_expect_eq(os_truncate(os, fd, "file", 9), FERRITE_OK);
    cr_expect_eq(os_datasync(os, fd, "file"), FERRITE_OK);
    cr_expect_eq(os_write(os, fd, "file", "x", 1, 0), FERRITE_FULL);
    cr_expect_eq(os_write(os, fd, "file", "x", 1, 0), FERRITE_OK);
    cr_expect_eq(sim_calls_counted(sim), 4);
    cr_expect_eq(sim_faults_made(sim), 1);
    cr_expect_str_eq(sim_fault_call(sim), "pwritev");
}

Test(sim, marks_tell_what_was_acknowledged) {
    create();
    cr_expect_eq(trace_last_mark(trace, trace_length(trace), 77), 77);
    trace_mark(trace, 1);
    size_t point = trace_length(trace);
    os_write(os, fd, "file", "x", 1, 0);
    trace_mark(trace, 2);
    cr_expect_eq(trace_last_mark(trace, point, 77), 1);
    cr_expect_eq(trace_last_mark(trace, trace_length(trace), 77), 2);
    cr_expect_not(trace_matters(trace_entry_at(trace, point - 1)));
}
