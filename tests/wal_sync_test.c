/* wal_sync_test.c - durability: what a sync promises, failures that stick, appends beside it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "libferrite/error.h"
#include "support/wal_probe.h"

static struct wal_probe probe;

static void set_up(void) { probe_make(&probe, 1, 1 << 20); }

static void tear_down(void) { probe_free(&probe); }

TestSuite(wal_sync, .init = set_up, .fini = tear_down);

Test(wal_sync, a_sync_writes_the_buffer_at_once) {
    struct sim_fault count = {SIM_PWRITEV, 0, 0, false};
    uint64_t before = sim_datasyncs(probe.sim);
    for (int i = 0; i < 50; i++) probe_append(&probe, false);
    sim_fault_set(probe.sim, &count);
    cr_assert_eq(probe_sync(&probe), FERRITE_OK);
    cr_expect_eq(sim_calls_counted(probe.sim), 1);
    cr_expect_eq(sim_datasyncs(probe.sim), before + 1);
    cr_expect_eq(wal_sync_count(probe.wal), 1);
}

Test(wal_sync, a_sync_of_nothing_new_costs_nothing) {
    probe_append(&probe, true);
    cr_assert_eq(probe_sync(&probe), FERRITE_OK);
    uint64_t before = sim_datasyncs(probe.sim);
    cr_assert_eq(probe_sync(&probe), FERRITE_OK);
    cr_expect_eq(sim_datasyncs(probe.sim), before);
}

static void expect_refusal(void) {
    uint64_t reached;
    cr_expect_eq(probe_append(&probe, true), FERRITE_IO);
    cr_expect_eq(probe_append(&probe, false), FERRITE_IO);
    cr_expect_eq(wal_sync(probe.wal, &reached), FERRITE_IO);
    cr_expect_eq(wal_synced(probe.wal), 1);
}

Test(wal_sync, after_a_failed_datasync_everything_is_refused) {
    struct sim_fault fault = {SIM_DATASYNC, 1, EIO, false};
    probe_append(&probe, true);
    sim_fault_set(probe.sim, &fault);
    cr_expect_eq(probe_sync(&probe), FERRITE_IO);
    expect_refusal();
}

Test(wal_sync, after_a_failed_write_everything_is_refused) {
    struct sim_fault fault = {SIM_PWRITEV, 1, ENOSPC, false};
    probe_append(&probe, false);
    sim_fault_set(probe.sim, &fault);
    cr_expect_eq(probe_sync(&probe), FERRITE_FULL);
    expect_refusal();
}

Test(wal_sync, an_opened_log_syncs_what_it_found) {
    for (int i = 0; i < 5; i++) probe_append(&probe, true);
    cr_assert_eq(probe_reopen(&probe, 1 << 20), FERRITE_OK);
    cr_assert_eq(probe_replay(&probe), FERRITE_OK);
    cr_expect_lt(wal_synced(probe.wal), wal_head(probe.wal).lsn);
    uint64_t before = sim_datasyncs(probe.sim);
    cr_assert_eq(probe_sync(&probe), FERRITE_OK);
    cr_expect_eq(sim_datasyncs(probe.sim), before + 1);
}

/* What a failed sync did not write, the system may take for written. */
Test(wal_sync, what_a_failed_sync_lost_is_written_again_after_reopening) {
    char image[300];
    struct sim_fault fault = {SIM_DATASYNC, 1, EIO, false};
    struct trace *trace = sim_record(probe.sim, probe.space.dir);
    for (int i = 0; i < 20; i++) probe_append(&probe, true);
    sim_fault_set(probe.sim, &fault);
    cr_assert_eq(probe_sync(&probe), FERRITE_IO);
    cr_assert_eq(probe_reopen(&probe, 1 << 20), FERRITE_OK);
    cr_assert_eq(probe_replay(&probe), FERRITE_OK);
    cr_assert_eq(probe.seen, 20);
    cr_assert_eq(probe_append(&probe, false), FERRITE_OK);
    cr_assert_eq(probe_sync(&probe), FERRITE_OK);
    sim_record_stop(probe.sim);
    workspace_path(&probe.space, "image", image, sizeof image);
    struct wal_probe after = probe;
    snprintf(after.path, sizeof after.path, "%.240s/log", image);
    for (uint64_t seed = 0; seed < 100; seed++) {
        trace_materialise(trace, trace_length(trace), seed, image);
        int code = wal_open(os_posix(), after.path, &after.id, 1 << 20, false, &after.wal);
        cr_assert_eq(code, FERRITE_OK, "%s", error_text(code));
        cr_assert_eq(probe_replay(&after), FERRITE_OK);
        cr_assert_eq(after.seen, 21, "seed %llu", (unsigned long long)seed);
        wal_close(after.wal);
    }
}

static _Atomic bool done;

static void *sync_all_the_time(void *unused) {
    (void)unused;
    while (!atomic_load(&done)) {
        uint64_t reached;
        if (wal_sync(probe.wal, &reached) != FERRITE_OK) return "failed";
        if (reached > wal_synced(probe.wal)) return "behind";
    }
    return NULL;
}

/* Small log, releases ahead of the sync, both ways of writing: room has to wait for the flight. */
static void append_beside_syncs(int way) {
    pthread_t thread;
    void *problem;
    atomic_store(&done, false);
    sim_sync_delay(probe.sim, 50);
    cr_assert_eq(pthread_create(&thread, NULL, sync_all_the_time, NULL), 0);
    for (int i = 0; i < 20000; i++) {
        bool through_map = way == 2 ? i % 3 == 0 : way == 1;
        int code = probe_append(&probe, through_map);
        if (code == FERRITE_LIMIT) {
            probe.from = wal_head(probe.wal);
            cr_assert_eq(wal_release(probe.wal, probe.from.lsn), FERRITE_OK);
            code = probe_append(&probe, through_map);
        }
        cr_assert_eq(code, FERRITE_OK, "%s", error_text(code));
    }
    atomic_store(&done, true);
    pthread_join(thread, &problem);
    cr_expect_null(problem, "%s", (char *)problem);
    cr_assert_eq(probe_sync(&probe), FERRITE_OK);
    uint64_t next = probe.next;
    cr_assert_eq(probe_reopen(&probe, 1 << 17), FERRITE_OK);
    cr_assert_eq(probe_replay(&probe), FERRITE_OK);
    cr_expect_eq(probe.first_seen + probe.seen, next);
}

Test(wal_sync, buffered_appends_go_on_beside_it) { append_beside_syncs(0); }

Test(wal_sync, mapped_appends_go_on_beside_it) { append_beside_syncs(1); }

Test(wal_sync, mixed_appends_go_on_beside_it) { append_beside_syncs(2); }

/* The log alone under power cuts: every image holds at least what was synced, in order. */
static void cut_power(int way, uint64_t seed) {
    char image[300];
    struct trace *trace = sim_record(probe.sim, probe.space.dir);
    for (int i = 0; i < 400; i++) {
        if (probe_append(&probe, way == 2 ? i % 2 == 0 : way == 1) != FERRITE_OK) break;
        if (i % 7 == 6) {
            cr_assert_eq(probe_sync(&probe), FERRITE_OK);
            trace_mark(trace, probe.next - 1);
        }
    }
    sim_record_stop(probe.sim);
    struct wal_probe after = probe;
    workspace_path(&probe.space, "image", image, sizeof image);
    snprintf(after.path, sizeof after.path, "%.240s/log", image);
    for (size_t point = 0; point <= trace_length(trace); point += 3) {
        trace_materialise(trace, point, seed + point, image);
        int code = wal_open(os_posix(), after.path, &after.id, 1 << 20, false, &after.wal);
        cr_assert_eq(code, FERRITE_OK, "point %zu: %s", point, error_text(code));
        cr_assert_eq(probe_replay(&after), FERRITE_OK);
        uint64_t promised = trace_last_mark(trace, point, 0);
        cr_assert_geq(after.seen, promised, "point %zu, %s", point,
                      trace_choice_name(seed + point));
        cr_assert(after.seen == 0 || after.first_seen == 1);
        wal_close(after.wal);
    }
}

Test(wal_sync, synced_frames_survive_power_cuts_when_buffered) { cut_power(0, 1000); }

Test(wal_sync, synced_frames_survive_power_cuts_when_mapped) { cut_power(1, 50000); }

Test(wal_sync, synced_frames_survive_power_cuts_when_mixed) { cut_power(2, 90000); }
