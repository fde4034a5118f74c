/*
 * fault.c - the scenario, its faults, and what must hold after each.
 */
#include "fault.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../libferrite/os/mem.h"
#include "../support/sim_os.h"
#include "session.h"
#include "tight.h"
#include "workspace.h"

#define SCENARIO_STEPS 45u
#define STEPS_AFTER    6u

/* What goes wrong at the n-th call (or allocation). */
struct fault_kind {
    const char *name;
    uint32_t calls; /* 0: allocations */
    int errnum;
    bool from_then_on;
    bool unnoticed; /* the library must cope without any error */
};

static const struct fault_kind system_faults[] = {
    {"EIO once", SIM_ALL, EIO, false, false},
    {"ENOSPC from then on", SIM_PWRITEV | SIM_ALLOCATE | SIM_TRUNCATE, ENOSPC, true, false},
    {"EIO from then on", SIM_ALL, EIO, true, false},
    {"EINTR once", SIM_ALL & ~(uint32_t)SIM_CLOSE, EINTR, false, true},
    {"short transfer once", SIM_PREAD | SIM_PWRITEV, 0, false, true},
    {"short transfers from then on", SIM_PREAD | SIM_PWRITEV, 0, true, true},
    {"ENOSPC once", SIM_PWRITEV | SIM_ALLOCATE | SIM_TRUNCATE, ENOSPC, false, false},
};
#define SYSTEM_FAULTS (sizeof system_faults / sizeof *system_faults)

static const struct fault_kind memory_faults[] = {
    {"no memory once", 0, 0, false, false},
    {"no memory from then on", 0, 0, true, false},
};
#define MEMORY_FAULTS (sizeof memory_faults / sizeof *memory_faults)

struct run {
    const struct fault_plan *plan;
    struct fault_result result;
    struct workspace workspace;
    struct sim *sim;
    struct session_config config;
    char dir[200], path[256];
    const struct fault_kind *kind; /* of the case under way */
    uint64_t nth;
};

/* ---- faults ---- */

/* mem_fail_hook has no context. */
static struct {
    uint64_t counted, nth, made;
    bool from_then_on;
} memory;

static int fail_allocation(size_t size) {
    (void)size;
    memory.counted++;
    if (memory.nth == 0 || memory.counted < memory.nth) return 0;
    if (memory.counted > memory.nth && !memory.from_then_on) return 0;
    memory.made++;
    return 1;
}

static void fault_arm(struct run *run, const struct fault_kind *kind, uint64_t nth) {
    run->kind = kind;
    run->nth = nth;
    if (kind->calls == 0) {
        memory.counted = memory.made = 0;
        memory.nth = nth;
        memory.from_then_on = kind->from_then_on;
        mem_fail_hook = fail_allocation;
        return;
    }
    struct sim_fault fault = {kind->calls, nth, kind->errnum, kind->from_then_on};
    sim_fault_set(run->sim, &fault);
}

static void fault_disarm(struct run *run) {
    mem_fail_hook = NULL;
    sim_fault_set(run->sim, NULL);
}

static uint64_t calls_counted(const struct run *run) {
    return run->kind->calls == 0 ? memory.counted : sim_calls_counted(run->sim);
}

/* ---- the scenario ---- */

static void run_init(struct run *run, const struct fault_plan *plan) {
    *run = (struct run){.plan = plan, .sim = sim_new()};
    workspace_make(&run->workspace, "fault");
    workspace_path(&run->workspace, "files", run->dir, sizeof run->dir);
    snprintf(run->path, sizeof run->path, "%s/x.ferrite", run->dir);
    os_set_default(sim_os(run->sim));
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = (ferrite_sync_mode)plan->sync_mode;
    options.sync_interval_ms = 1;
    options.sync_every_n = 4;
    options.no_threads = !plan->threads;
    options.map_size = 256u << 20;
    options.log_size = 64 << 10;
    options.dirty_limit = 64 << 10;
    if (plan->tight_seed > 0) tight_choose(&options, plan->tight_seed, true, TIGHT_SHORT_SESSION);
    run->config = (struct session_config){
        .path = run->path,
        .options = options,
        .profile = {.keys = 60, .big_one_in = 6, .big_max = 90000, .sweep_one_in = 50},
        .reopen_one_in = 20,
        .backup_one_in = 20,
        .check_one_in = 40,
        .transaction_max = 12,
        .snapshots = 2,
    };
}

static struct fault_result run_done(struct run *run) {
    fault_disarm(run);
    os_set_default(os_posix());
    sim_free(run->sim);
    workspace_remove(&run->workspace);
    return run->result;
}

/* Opens, works, closes and opens again: so opening an existing file can fail as well. */
static enum verdict scenario(struct session *session) {
    enum verdict verdict = session_open(session);
    for (unsigned i = 0; verdict == VERDICT_OK && i < SCENARIO_STEPS; i++) {
        verdict = session_step(session);
    }
    if (verdict != VERDICT_OK) return verdict;
    session_close(session);
    verdict = session_open(session);
    return verdict == VERDICT_OK ? session_verify_readable(session) : verdict;
}

/* ---- what must hold ---- */

static bool fail(struct run *run, const struct session *session, const char *when) {
    run->result.failures++;
    fprintf(stderr,
            "fault: %s at %s %" PRIu64 "%s%s, seed %" PRIu64 ", sync mode %d, step %" PRIu64
            "\n  %s: %s\n",
            run->kind->name, run->kind->calls == 0 ? "allocation" : "call", run->nth,
            run->kind->calls == 0 ? "" : ", ",
            run->kind->calls == 0 ? "" : sim_fault_call(run->sim), run->plan->seed,
            run->plan->sync_mode, session->steps, when, session->finding.text);
    return false;
}

static bool code_is_sensible(const struct fault_kind *kind, int code) {
    if (kind->calls == 0) return code == FERRITE_NOMEM;
    return code == FERRITE_IO || (code == FERRITE_FULL && kind->errnum == ENOSPC);
}

/* Modes that publish a commit and then, at times, sync: that sync may fail behind a visible commit. */
static bool publishes_before_sync(const struct run *run) {
    return run->plan->sync_mode == FERRITE_SYNC_PERIODIC ||
           run->plan->sync_mode == FERRITE_SYNC_EVERY_N;
}

/* Reads on the same handle. While the fault lasts they may fail, but must not be wrong. */
static bool check_reads(struct run *run, struct session *session, bool lasting) {
    if (session->handles.db[ORACLE_DATABASES - 1] == NULL) return true; /* it did not open */
    if (publishes_before_sync(run) && session->finding.code == FERRITE_IO) {
        session_adopt_if_visible(session);
    }
    enum verdict verdict = session_verify_readable(session);
    if (verdict == VERDICT_OK || (lasting && verdict == VERDICT_ERROR)) return true;
    return fail(run, session, "reading on the same handle");
}

/* Without the fault the handle works on, or refuses to write after a failed sync. */
static bool check_writes(struct run *run, struct session *session) {
    if (session->handles.db[ORACLE_DATABASES - 1] == NULL) return true;
    session_forget_failed(session);
    session->config.reopen_one_in =
        0; /* a reopen may show what failed: check_reopened's business */
    for (unsigned i = 0; i < STEPS_AFTER; i++) {
        enum verdict verdict = session_step(session);
        if (verdict == VERDICT_OK) continue;
        if (verdict == VERDICT_ERROR && session->finding.code == FERRITE_IO) return true;
        return fail(run, session, "working on without the fault");
    }
    run->result.went_on++;
    return true;
}

static bool check_reopened(struct run *run, struct session *session) {
    if (session_reopen_after_error(session) != VERDICT_OK) {
        return fail(run, session, "after a reopen without the fault");
    }
    for (unsigned i = 0; i < STEPS_AFTER; i++) {
        if (session_step(session) == VERDICT_OK) continue;
        return fail(run, session, "working after a reopen");
    }
    if (session_verify(session) == VERDICT_OK) return true;
    return fail(run, session, "the last look");
}

static bool check_after_error(struct run *run, struct session *session) {
    run->result.errors++;
    if (run->kind->unnoticed) return fail(run, session, "this fault must not be noticed");
    if (!code_is_sensible(run->kind, session->finding.code)) {
        return fail(run, session, "an odd error code");
    }
    if (run->kind->from_then_on && !check_reads(run, session, true)) return false;
    fault_disarm(run);
    if (!check_reads(run, session, false)) return false;
    return check_writes(run, session);
}

static void run_case(struct run *run, const struct fault_kind *kind, uint64_t nth) {
    struct choices choices = choices_seeded(run->plan->seed);
    struct session session;
    directory_make_empty(run->dir);
    session_init(&session, &run->config, &choices, NULL);
    fault_arm(run, kind, nth);
    enum verdict verdict = scenario(&session);
    bool fine = true;
    if (verdict == VERDICT_WRONG) fine = fail(run, &session, "in the scenario");
    if (verdict == VERDICT_ERROR && session.guessed)
        fine = (run->result.errors++, false); /* nobody knows what must be there */
    else if (verdict == VERDICT_ERROR)
        fine = check_after_error(run, &session);
    fault_disarm(run);
    if (fine) check_reopened(run, &session);
    session_done(&session);
    run->result.cases++;
}

/* How many calls of the kind the scenario makes when none fails. */
static uint64_t count_calls(struct run *run, const struct fault_kind *kind) {
    struct choices choices = choices_seeded(run->plan->seed);
    struct session session;
    directory_make_empty(run->dir);
    session_init(&session, &run->config, &choices, NULL);
    fault_arm(run, kind, 0);
    enum verdict verdict = scenario(&session);
    uint64_t counted = calls_counted(run);
    if (verdict != VERDICT_OK) fail(run, &session, "without any fault");
    session_done(&session);
    fault_disarm(run);
    return counted;
}

/* Every call with every kind, or an even selection: then call n meets kind n mod kinds. */
static struct fault_result run_kinds(const struct fault_plan *plan, const struct fault_kind *kinds,
                                     size_t count) {
    struct run run;
    uint64_t all = 0, passed = 0;
    run_init(&run, plan);
    uint64_t calls[SYSTEM_FAULTS];
    for (size_t k = 0; k < count; k++) all += calls[k] = count_calls(&run, &kinds[k]);
    run.result.calls = calls[0];
    uint64_t wanted = plan->cases > 0 && plan->cases < all ? plan->cases : all;
    for (uint64_t nth = 1; nth <= calls[0]; nth++) {
        for (size_t k = 0; k < count; k++) {
            if (nth > calls[k] || run.result.failures >= 3) continue;
            passed++;
            if (passed * wanted / all == (passed - 1) * wanted / all) continue;
            run_case(&run, &kinds[k], nth);
        }
    }
    return run_done(&run);
}

struct fault_result fault_run_system_calls(const struct fault_plan *plan) {
    return run_kinds(plan, system_faults, SYSTEM_FAULTS);
}

struct fault_result fault_run_allocations(const struct fault_plan *plan) {
    return run_kinds(plan, memory_faults, MEMORY_FAULTS);
}
