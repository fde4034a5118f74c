/*
 * sim_os.h - a `struct os` for tests: the real system with faults, a recorder and a clock.
 *
 *     struct sim *sim = sim_new();
 *     os_set_default(sim_os(sim));            // what the next ferrite_open uses
 *
 * Faults: the n-th call of chosen kinds fails with a chosen errno, or transfers less than asked,
 * once or from then on. A failed call has no effect (a failed close has closed).
 *
 * Recording: a trace of everything that a power cut could undo, in one directory:
 *
 *     struct trace *trace = sim_record(sim, "/tmp/x");   // files there now are taken as durable
 *     ... run the engine, trace_mark(trace, n) after each acknowledged commit ...
 *     sim_record_stop(sim);
 *     for (size_t point = 0; point <= trace_length(trace); point++)
 *         trace_materialise(trace, point, seed++, "/tmp/image");
 *
 * An image at `point` is a disk that a power cut after the first `point` entries may leave:
 *   content    what was written before the begin of the last completed datasync of that file is
 *              certain; later writes each happened or not, sector (512 bytes) by sector
 *   length     a fact of its own: the length at the last datasync, or any later one
 *   names      creations, renames and removals before the begin of the last sync_dir of the
 *              directory are certain; later ones each happened or not
 * A failed datasync is remembered as Linux behaves: what it should have written counts as clean
 * afterwards, so no later datasync makes it certain unless it is written again.
 * What was never written, or cut off and regained, reads as zeros. How much of the unsynced
 * happened (all, none, some, the newest only, ...) is chosen by the seed, per image.
 *
 * While recording, datasync and sync_dir do not reach the real disk unless sim_real_sync says so:
 * the trace is the disk. Paths must be spelled the same way each time (no symbolic links).
 *
 * Thread rule: everything takes the sim's mutex, except reading a trace, which must be at rest.
 */
#ifndef FERRITE_TESTS_SIM_OS_H
#define FERRITE_TESTS_SIM_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../libferrite/os/os.h"

struct sim;
struct trace;

struct sim *sim_new(void);
void sim_free(struct sim *sim); /* frees its traces too; descriptors must be closed */
struct os *sim_os(struct sim *sim);

/* ---- faults ---- */

enum sim_call {
    SIM_OPEN = 1 << 0,
    SIM_CLOSE = 1 << 1,
    SIM_PREAD = 1 << 2,
    SIM_PWRITEV = 1 << 3,
    SIM_DATASYNC = 1 << 4,
    SIM_SYNC_DIR = 1 << 5,
    SIM_TRUNCATE = 1 << 6,
    SIM_ALLOCATE = 1 << 7,
    SIM_STAT = 1 << 8,
    SIM_STAT_PATH = 1 << 9,
    SIM_UNLINK = 1 << 10,
    SIM_RENAME = 1 << 11,
    SIM_LOCK = 1 << 12,
    SIM_MAP = 1 << 13,
    SIM_RESERVE = 1 << 14,
    SIM_RANDOM = 1 << 15,
    SIM_DATA_NEXT = 1 << 16,
    SIM_MAP_PART = 1 << 17,
    SIM_ALL = (1 << 18) - 1,
    /* calls that change the disk */
    SIM_WRITING = SIM_PWRITEV | SIM_DATASYNC | SIM_SYNC_DIR | SIM_TRUNCATE | SIM_ALLOCATE |
                  SIM_UNLINK | SIM_RENAME,
};

struct sim_fault {
    uint32_t calls; /* the kinds that are counted and may fail */
    uint64_t nth;   /* 1: the first counted call fails; 0: none does, they are only counted */
    int errnum;     /* 0: a short transfer (pread and pwritev only; others go through) */
    bool from_then_on;
};

void sim_fault_set(struct sim *sim, const struct sim_fault *fault); /* NULL: none; counts from 0 */
uint64_t sim_calls_counted(struct sim *sim);                        /* since sim_fault_set */
uint64_t sim_faults_made(struct sim *sim);                          /* since sim_fault_set */
const char *sim_fault_call(struct sim *sim); /* name of the call the first fault hit, or "none" */

/* ---- clock and syncs ---- */

void sim_clock_set(struct sim *sim, int64_t ms); /* wall clock stands at `ms`; -1: the real one */
void sim_clock_advance(struct sim *sim, int64_t ms);
void sim_real_sync(struct sim *sim, bool real);    /* default false */
void sim_sync_delay(struct sim *sim, uint64_t us); /* each datasync takes this long; default 0 */
uint64_t sim_datasyncs(struct sim *sim);           /* completed, since sim_new */
uint64_t sim_bytes_written(struct sim *sim);       /* by pwritev and map_store, since sim_new */

/* ---- recording ---- */

enum trace_kind {
    TRACE_CREATE, /* a name for a new, empty file */
    TRACE_WRITE,  /* bytes, by pwritev or map_store */
    TRACE_LENGTH, /* the file's length became `offset`: by truncate, allocate or an extending write */
    TRACE_RENAME, /* path -> path_to */
    TRACE_UNLINK,
    TRACE_DATASYNC,    /* completed; covers what was recorded before entry `covers` */
    TRACE_SYNC_FAILED, /* a datasync that failed */
    TRACE_SYNC_DIR,    /* likewise */
    TRACE_MARK,
};

struct trace_entry {
    enum trace_kind kind;
    bool mapped;          /* WRITE: by map_store */
    uint32_t file;        /* CREATE, WRITE, LENGTH, RENAME, UNLINK, DATASYNC: which file object */
    uint64_t offset;      /* WRITE: place; LENGTH: the new length */
    size_t len;           /* WRITE */
    uint8_t *bytes;       /* WRITE */
    size_t covers;        /* DATASYNC, SYNC_DIR */
    char *path, *path_to; /* CREATE, RENAME, UNLINK: names without the directory */
    uint64_t tag;         /* MARK */
};

/* Starts recording what happens to files directly in `dir`. One trace at a time per sim; the trace
 * belongs to the sim. */
struct trace *sim_record(struct sim *sim, const char *dir);
void sim_record_stop(struct sim *sim);

/* A note in the trace, e.g. "commit `tag` was acknowledged here". Nothing when the trace stopped. */
void trace_mark(struct trace *trace, uint64_t tag);

size_t trace_length(const struct trace *trace);
const struct trace_entry *trace_entry_at(const struct trace *trace, size_t index);

/* The newest mark among the first `point` entries, or `none`. */
uint64_t trace_last_mark(const struct trace *trace, size_t point, uint64_t none);

/* Writes the image into `dir` (made if missing; regular files in it are removed first). Aborts the
 * program when `dir` cannot be written. */
void trace_materialise(const struct trace *trace, size_t point, uint64_t seed, const char *dir);

/* True when the entry changes which images are possible, so that points between can be skipped:
 * everything but marks. */
bool trace_matters(const struct trace_entry *entry);

/* One line telling what a seed chose, for failure reports. The text is static. */
const char *trace_choice_name(uint64_t seed);

/* Prints the entries up to `point` to standard error, one a line. */
void trace_print(const struct trace *trace, size_t from, size_t point);

#endif
