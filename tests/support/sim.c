/*
 * sim.c - the sim itself: made and freed, its faults, clock and traces. See sim_os.h.
 */
#include "sim_internal.h"

#include <stdlib.h>

struct sim *sim_new(void) {
    struct sim *sim = sim_alloc(sizeof *sim);
    sim->os = (struct os){&sim_calls, sim};
    sim->real = os_posix();
    sim->clock_ms = -1;
    sim->first_hit = "none";
    pthread_mutex_init(&sim->mutex, NULL);
    for (int fd = 0; fd < SIM_DESCRIPTORS_MAX; fd++) sim->files[fd] = NO_FILE;
    return sim;
}

void sim_free(struct sim *sim) {
    while (sim->trace != NULL) {
        struct trace *older = sim->trace->next;
        trace_free(sim->trace);
        sim->trace = older;
    }
    for (int fd = 0; fd < SIM_DESCRIPTORS_MAX; fd++) free(sim->paths[fd]);
    pthread_mutex_destroy(&sim->mutex);
    free(sim);
}

struct os *sim_os(struct sim *sim) {
    return &sim->os;
}

void sim_clock_set(struct sim *sim, int64_t ms) {
    sim_lock(sim);
    sim->clock_ms = ms;
    sim_unlock(sim);
}

void sim_clock_advance(struct sim *sim, int64_t ms) {
    sim_lock(sim);
    if (sim->clock_ms >= 0) sim->clock_ms += ms;
    sim_unlock(sim);
}

void sim_real_sync(struct sim *sim, bool real) {
    sim_lock(sim);
    sim->real_sync = real;
    sim_unlock(sim);
}

void sim_sync_delay(struct sim *sim, uint64_t us) {
    sim_lock(sim);
    sim->sync_delay_us = us;
    sim_unlock(sim);
}

struct trace *sim_record(struct sim *sim, const char *dir) {
    sim_lock(sim);
    if (sim_trace_active(sim) != NULL) abort();
    struct trace *trace = trace_new(&sim->mutex, dir);
    trace->next = sim->trace;
    sim->trace = trace;
    for (int fd = 0; fd < SIM_DESCRIPTORS_MAX; fd++) {
        const char *name = sim->paths[fd] != NULL ? trace_name_of(trace, sim->paths[fd]) : NULL;
        sim->files[fd] = name != NULL ? trace_file_named(trace, name) : NO_FILE;
    }
    sim_unlock(sim);
    return trace;
}

void sim_record_stop(struct sim *sim) {
    sim_lock(sim);
    if (sim->trace != NULL) sim->trace->active = false;
    sim_unlock(sim);
}

/* ---- faults ---- */

static const char *const call_names[] = {
    "open", "close",     "pread",  "pwritev", "datasync", "sync_dir", "truncate", "allocate",
    "stat", "stat_path", "unlink", "rename",  "lock",     "map",      "reserve",  "random",
    "data_next", "map_part"};

_Static_assert((1u << (sizeof call_names / sizeof *call_names)) - 1 == SIM_ALL, "each call has a name");

enum sim_fate sim_fate_of(struct sim *sim, enum sim_call call) {
    const struct sim_fault *fault = &sim->fault;
    if ((fault->calls & call) == 0) return SIM_FATE_REAL;
    uint64_t n = ++sim->counted;
    bool hit = fault->nth != 0 && (n == fault->nth || (fault->from_then_on && n > fault->nth));
    bool transfers = call == SIM_PREAD || call == SIM_PWRITEV;
    if (!hit || (fault->errnum == 0 && !transfers)) return SIM_FATE_REAL;
    if (sim->made++ == 0) sim->first_hit = call_names[__builtin_ctz(call)];
    return fault->errnum == 0 ? SIM_FATE_SHORT : SIM_FATE_FAIL;
}

void sim_fault_set(struct sim *sim, const struct sim_fault *fault) {
    static const struct sim_fault none;
    sim_lock(sim);
    sim->fault = fault != NULL ? *fault : none;
    sim->counted = sim->made = 0;
    sim->first_hit = "none";
    sim_unlock(sim);
}

#define READ_FIELD(sim, type, field) \
    sim_lock(sim);                   \
    type value = (sim)->field;       \
    sim_unlock(sim);                 \
    return value

uint64_t sim_calls_counted(struct sim *sim) { READ_FIELD(sim, uint64_t, counted); }

uint64_t sim_faults_made(struct sim *sim) { READ_FIELD(sim, uint64_t, made); }

const char *sim_fault_call(struct sim *sim) { READ_FIELD(sim, const char *, first_hit); }

uint64_t sim_datasyncs(struct sim *sim) { READ_FIELD(sim, uint64_t, datasyncs); }

uint64_t sim_bytes_written(struct sim *sim) { READ_FIELD(sim, uint64_t, bytes_written); }
