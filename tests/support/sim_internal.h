/*
 * sim_internal.h - the sim, for sim.c and sim_os.c alone. Its fields are under its mutex.
 */
#ifndef FERRITE_TESTS_SIM_INTERNAL_H
#define FERRITE_TESTS_SIM_INTERNAL_H

#include "sim_trace.h"

#define SIM_DESCRIPTORS_MAX 4096

struct sim {
    struct os os;
    struct os *real;
    pthread_mutex_t mutex;
    struct sim_fault fault;
    uint64_t counted, made;
    const char *first_hit;
    int64_t clock_ms; /* -1: real */
    bool real_sync;
    uint64_t sync_delay_us, datasyncs, bytes_written;
    struct trace *trace; /* the newest; older ones behind it */
    char *paths[SIM_DESCRIPTORS_MAX];
    uint32_t files[SIM_DESCRIPTORS_MAX]; /* in the active trace, or NO_FILE */
};

static inline void sim_lock(struct sim *sim) { pthread_mutex_lock(&sim->mutex); }
static inline void sim_unlock(struct sim *sim) { pthread_mutex_unlock(&sim->mutex); }

/* Under the mutex: counts a call, and says what becomes of it. */
enum sim_fate { SIM_FATE_REAL, SIM_FATE_FAIL, SIM_FATE_SHORT };
enum sim_fate sim_fate_of(struct sim *sim, enum sim_call call);

/* Under the mutex: the trace that is being recorded, or NULL. */
static inline struct trace *sim_trace_active(struct sim *sim) {
    return sim->trace != NULL && sim->trace->active ? sim->trace : NULL;
}

extern const struct os_calls sim_calls; /* sim_os.c */

#endif
