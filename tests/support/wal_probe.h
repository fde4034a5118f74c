/*
 * wal_probe.h - a log of numbered frames for tests: what is put in is known by its number,
 * so replay can tell whether it gives back the right frames in the right order.
 */
#ifndef FERRITE_TESTS_WAL_PROBE_H
#define FERRITE_TESTS_WAL_PROBE_H

#include "../../libferrite/wal/wal.h"
#include "../harness/workspace.h"
#include "sim_os.h"

#define PROBE_PAYLOAD_MAX 3000u

struct wal_probe {
    struct workspace space;
    struct sim *sim;
    struct os *os;
    char path[256];
    struct wal_identity id;
    struct wal *wal;
    struct wal_position from; /* replay begins here: wal_start until moved */
    uint64_t next;            /* number (and txid) of the next frame */
    /* the last replay */
    uint64_t first_seen, seen; /* txid of the first frame, how many followed in sequence */
    struct wal_position end;
};

/* A new log in a new directory, first frame 1. */
void probe_make(struct wal_probe *probe, uint64_t start_lsn, uint64_t capacity_max);
void probe_free(struct wal_probe *probe);

/* The payload of frame `number`; gives its length, 0 to PROBE_PAYLOAD_MAX. */
size_t probe_payload(uint64_t number, uint8_t *out);

int probe_append(struct wal_probe *probe, bool through_map); /* the next frame */
/* Appends as many as fit; gives how many. */
uint64_t probe_fill(struct wal_probe *probe, bool through_map);
int probe_sync(struct wal_probe *probe);

/* Closes and opens again, for reading and writing, without replay. */
int probe_reopen(struct wal_probe *probe, uint64_t capacity_max);
/* Replays from probe->from; a frame that differs from what was appended fails the test. */
int probe_replay(struct wal_probe *probe);

/* The bytes of the log file, changed in place. */
void probe_flip(struct wal_probe *probe, uint64_t offset, uint8_t mask);
void probe_put(struct wal_probe *probe, uint64_t offset, const void *bytes, size_t len);
uint64_t probe_file_len(struct wal_probe *probe);

#endif
