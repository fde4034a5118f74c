/*
 * sim_os.c - the wrapped table: each call is counted, perhaps failed, done, recorded. See sim_os.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "sim_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct sim *sim_of(struct os *os) { return os->ctx; }

/* For calls that are only counted, failed or passed on. */
#define PASS(call, result_of_real)                             \
    do {                                                       \
        struct sim *sim = sim_of(os);                          \
        sim_lock(sim);                                         \
        enum sim_fate fate = sim_fate_of(sim, call);                   \
        int errnum = sim->fault.errnum;                        \
        sim_unlock(sim);                                       \
        return fate == SIM_FATE_FAIL ? -errnum : (result_of_real); \
    } while (0)

/* ---- files of the active trace; under the mutex ---- */

static uint32_t file_of(struct sim *sim, int fd) {
    return sim_trace_active(sim) != NULL && fd >= 0 && fd < SIM_DESCRIPTORS_MAX ? sim->files[fd] : NO_FILE;
}

static void descriptor_note(struct sim *sim, int fd, const char *path) {
    if (fd >= SIM_DESCRIPTORS_MAX) abort();
    free(sim->paths[fd]);
    sim->paths[fd] = sim_copy(path);
    struct trace *trace = sim_trace_active(sim);
    const char *name = trace != NULL ? trace_name_of(trace, path) : NULL;
    sim->files[fd] = name != NULL ? trace_file_named(trace, name) : NO_FILE;
}

/* ---- calls that a power cut could undo ---- */

static int sim_call_open(struct os *os, const char *path, int flags) {
    struct sim *sim = sim_of(os);
    sim_lock(sim);
    int fd = -sim->fault.errnum;
    if (sim_fate_of(sim, SIM_OPEN) != SIM_FATE_FAIL) {
        struct trace *trace = sim_trace_active(sim);
        const char *name = trace != NULL ? trace_name_of(trace, path) : NULL;
        fd = sim->real->calls->open(sim->real, path, flags);
        if (fd >= 0 && name != NULL && trace_file_named(trace, name) == NO_FILE)
            trace_created(trace, name);
        if (fd >= 0) descriptor_note(sim, fd, path);
    }
    sim_unlock(sim);
    return fd;
}

static int sim_call_close(struct os *os, int fd) {
    struct sim *sim = sim_of(os);
    sim_lock(sim);
    int code = sim_fate_of(sim, SIM_CLOSE) == SIM_FATE_FAIL ? -sim->fault.errnum : 0;
    if (fd >= 0 && fd < SIM_DESCRIPTORS_MAX) {
        free(sim->paths[fd]);
        sim->paths[fd] = NULL;
        sim->files[fd] = NO_FILE;
    }
    int real = sim->real->calls->close(sim->real, fd);
    sim_unlock(sim);
    return code != 0 ? code : real;
}

static size_t segments_len(const struct iovec *iov, int count) {
    size_t len = 0;
    for (int i = 0; i < count; i++) len += iov[i].iov_len;
    return len;
}

/* Only the first half (at least a byte) of what was asked, from the first segment that has any. */
static ssize_t write_short(struct sim *sim, int fd, const struct iovec *iov, int count,
                           uint64_t offset) {
    while (count > 1 && iov->iov_len == 0) iov++, count--;
    struct iovec part = *iov;
    if (part.iov_len > 1) part.iov_len /= 2;
    return sim->real->calls->pwritev(sim->real, fd, &part, 1, offset);
}

static ssize_t sim_call_pwritev(struct os *os, int fd, const struct iovec *iov, int count,
                                uint64_t offset) {
    struct sim *sim = sim_of(os);
    sim_lock(sim);
    ssize_t n = -sim->fault.errnum;
    enum sim_fate fate = sim_fate_of(sim, SIM_PWRITEV);
    if (fate == SIM_FATE_SHORT && segments_len(iov, count) > 0)
        n = write_short(sim, fd, iov, count, offset);
    else if (fate != SIM_FATE_FAIL)
        n = sim->real->calls->pwritev(sim->real, fd, iov, count, offset);
    if (n > 0) sim->bytes_written += (uint64_t)n;
    if (n > 0 && file_of(sim, fd) != NO_FILE)
        trace_written(sim->trace, sim->files[fd], offset, iov, count, (size_t)n, false);
    sim_unlock(sim);
    return n;
}

static void sim_call_map_store(struct os *os, int fd, void *base, uint64_t offset, const void *src,
                               size_t len) {
    struct sim *sim = sim_of(os);
    sim_lock(sim);
    sim->real->calls->map_store(sim->real, fd, base, offset, src, len);
    sim->bytes_written += len;
    struct iovec iov = {(void *)(uintptr_t)src, len};
    if (file_of(sim, fd) != NO_FILE && len > 0)
        trace_written(sim->trace, sim->files[fd], offset, &iov, 1, len, true);
    sim_unlock(sim);
}

/* A sync covers what came before its begin; others go on while it lasts. */
static int sync_call(struct sim *sim, enum sim_call call, enum trace_kind kind, int fd,
                     const char *path) {
    sim_lock(sim);
    int code = sim_fate_of(sim, call) == SIM_FATE_FAIL ? -sim->fault.errnum : 0;
    struct trace *trace = sim_trace_active(sim);
    uint32_t file = kind == TRACE_DATASYNC ? file_of(sim, fd) : NO_FILE;
    bool traced = trace != NULL &&
                  (kind == TRACE_DATASYNC ? file != NO_FILE : trace_name_of(trace, path) != NULL);
    size_t covers = traced ? trace->count : 0;
    bool real = sim->real_sync;
    uint64_t delay = sim->sync_delay_us;
    if (code != 0 && traced && kind == TRACE_DATASYNC) trace_add(trace, TRACE_SYNC_FAILED, file);
    sim_unlock(sim);
    if (code != 0) return code;
    if (delay != 0 && kind == TRACE_DATASYNC) usleep((useconds_t)delay);
    if (real)
        code = kind == TRACE_DATASYNC ? sim->real->calls->datasync(sim->real, fd)
                                      : sim->real->calls->sync_dir(sim->real, path);
    sim_lock(sim);
    if (code == 0 && traced && trace->active) trace_add(trace, kind, file)->covers = covers;
    if (code == 0 && kind == TRACE_DATASYNC) sim->datasyncs++;
    sim_unlock(sim);
    return code;
}

static int sim_call_datasync(struct os *os, int fd) {
    return sync_call(sim_of(os), SIM_DATASYNC, TRACE_DATASYNC, fd, NULL);
}

static int sim_call_sync_dir(struct os *os, const char *path) {
    return sync_call(sim_of(os), SIM_SYNC_DIR, TRACE_SYNC_DIR, -1, path);
}

static int sim_call_truncate(struct os *os, int fd, uint64_t len) {
    struct sim *sim = sim_of(os);
    sim_lock(sim);
    int code = -sim->fault.errnum;
    if (sim_fate_of(sim, SIM_TRUNCATE) != SIM_FATE_FAIL) {
        code = sim->real->calls->truncate(sim->real, fd, len);
        if (code == 0 && file_of(sim, fd) != NO_FILE)
            trace_length_set(sim->trace, sim->files[fd], len);
    }
    sim_unlock(sim);
    return code;
}

static int sim_call_allocate(struct os *os, int fd, uint64_t offset, uint64_t len) {
    struct sim *sim = sim_of(os);
    sim_lock(sim);
    int code = -sim->fault.errnum;
    if (sim_fate_of(sim, SIM_ALLOCATE) != SIM_FATE_FAIL) {
        code = sim->real->calls->allocate(sim->real, fd, offset, len);
        uint32_t file = file_of(sim, fd);
        if (code == 0 && file != NO_FILE && offset + len > sim->trace->files[file].len)
            trace_length_set(sim->trace, file, offset + len);
    }
    sim_unlock(sim);
    return code;
}

static int sim_call_unlink(struct os *os, const char *path) {
    struct sim *sim = sim_of(os);
    sim_lock(sim);
    int code = -sim->fault.errnum;
    if (sim_fate_of(sim, SIM_UNLINK) != SIM_FATE_FAIL) {
        code = sim->real->calls->unlink(sim->real, path);
        struct trace *trace = sim_trace_active(sim);
        const char *name = trace != NULL ? trace_name_of(trace, path) : NULL;
        if (code == 0 && name != NULL) trace_unlinked(trace, name);
    }
    sim_unlock(sim);
    return code;
}

static int sim_call_rename(struct os *os, const char *from, const char *to) {
    struct sim *sim = sim_of(os);
    sim_lock(sim);
    int code = -sim->fault.errnum;
    if (sim_fate_of(sim, SIM_RENAME) != SIM_FATE_FAIL) {
        code = sim->real->calls->rename(sim->real, from, to);
        struct trace *trace = sim_trace_active(sim);
        const char *name = trace != NULL ? trace_name_of(trace, from) : NULL;
        const char *name_to = trace != NULL ? trace_name_of(trace, to) : NULL;
        if (code == 0 && name != NULL && name_to != NULL) trace_renamed(trace, name, name_to);
    }
    sim_unlock(sim);
    return code;
}

/* ---- the other calls ---- */

static ssize_t sim_call_pread(struct os *os, int fd, void *buf, size_t len, uint64_t offset) {
    struct sim *sim = sim_of(os);
    sim_lock(sim);
    enum sim_fate fate = sim_fate_of(sim, SIM_PREAD);
    int errnum = sim->fault.errnum;
    sim_unlock(sim);
    if (fate == SIM_FATE_FAIL) return -errnum;
    if (fate == SIM_FATE_SHORT && len > 1) len /= 2;
    return sim->real->calls->pread(sim->real, fd, buf, len, offset);
}

static int sim_call_stat(struct os *os, int fd, uint64_t *len, uint64_t *inode) {
    PASS(SIM_STAT, sim->real->calls->stat(sim->real, fd, len, inode));
}

static int sim_call_stat_path(struct os *os, const char *path, uint64_t *len, uint64_t *inode) {
    PASS(SIM_STAT_PATH, sim->real->calls->stat_path(sim->real, path, len, inode));
}

static int sim_call_data_next(struct os *os, int fd, uint64_t from, uint64_t *begin, uint64_t *end) {
    PASS(SIM_DATA_NEXT, sim->real->calls->data_next(sim->real, fd, from, begin, end));
}

static int sim_call_lock(struct os *os, int fd, enum os_lock lock, int64_t *holder_pid) {
    PASS(SIM_LOCK, sim->real->calls->lock(sim->real, fd, lock, holder_pid));
}

static int sim_call_map(struct os *os, int fd, uint64_t len, bool writable, void **out) {
    PASS(SIM_MAP, sim->real->calls->map(sim->real, fd, len, writable, out));
}

static int sim_call_map_part(struct os *os, int fd, void *base, uint64_t from, uint64_t len) {
    PASS(SIM_MAP_PART, sim->real->calls->map_part(sim->real, fd, base, from, len));
}

static int sim_call_reserve(struct os *os, uint64_t len, void **out) {
    PASS(SIM_RESERVE, sim->real->calls->reserve(sim->real, len, out));
}

static int sim_call_random(struct os *os, void *buf, size_t len) {
    PASS(SIM_RANDOM, sim->real->calls->random(sim->real, buf, len));
}

static int sim_call_unmap(struct os *os, void *base, uint64_t len) {
    struct os *real = sim_of(os)->real;
    return real->calls->unmap(real, base, len);
}

static int64_t sim_call_clock_ms(struct os *os) {
    struct sim *sim = sim_of(os);
    sim_lock(sim);
    int64_t now = sim->clock_ms;
    sim_unlock(sim);
    return now >= 0 ? now : sim->real->calls->clock_ms(sim->real);
}

static uint64_t sim_call_monotonic_ns(struct os *os) {
    struct os *real = sim_of(os)->real;
    return real->calls->monotonic_ns(real);
}

static int sim_call_sleep_us(struct os *os, uint64_t us) {
    struct os *real = sim_of(os)->real;
    return real->calls->sleep_us(real, us);
}

const struct os_calls sim_calls = {
    .open = sim_call_open,
    .close = sim_call_close,
    .pread = sim_call_pread,
    .pwritev = sim_call_pwritev,
    .datasync = sim_call_datasync,
    .sync_dir = sim_call_sync_dir,
    .truncate = sim_call_truncate,
    .allocate = sim_call_allocate,
    .stat = sim_call_stat,
    .stat_path = sim_call_stat_path,
    .data_next = sim_call_data_next,
    .unlink = sim_call_unlink,
    .rename = sim_call_rename,
    .lock = sim_call_lock,
    .map = sim_call_map,
    .map_part = sim_call_map_part,
    .unmap = sim_call_unmap,
    .map_store = sim_call_map_store,
    .reserve = sim_call_reserve,
    .clock_ms = sim_call_clock_ms,
    .monotonic_ns = sim_call_monotonic_ns,
    .sleep_us = sim_call_sleep_us,
    .random = sim_call_random,
};
