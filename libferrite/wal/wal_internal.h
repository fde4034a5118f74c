/*
 * wal_internal.h - what the files of this folder share. Nothing outside includes it.
 *
 *   wal.c         making, opening, closing; what can be asked
 *   wal_header.c  the file header and its two copies
 *   wal_append.c  room, growth, frames in
 *   wal_buffer.c  frames that wait for wal_sync, and wal_sync
 *   wal_replay.c  frames out
 *
 * A byte of the log has an LSN and a place: LSN - base, modulo capacity. Places count from
 * WAL_HEADER_SIZE on in the file.
 */
#ifndef FERRITE_WAL_INTERNAL_H
#define FERRITE_WAL_INTERNAL_H

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#include "wal.h"

#define WAL_VERSION          1u
#define WAL_HEADER_COPY      512u
#define WAL_NONCE_SIZE       8u
#define WAL_LSN_MAX          (UINT64_C(1) << 62)  /* beyond, arithmetic might overflow: damage */
#define WAL_CAPACITY_TRUSTED (UINT64_C(64) << 20) /* a header may claim this much of any file */

/* One copy of the file header; the byte table is in wal.h. */
struct wal_header {
    uint32_t crc;
    uint32_t version;
    char magic[8];
    uint8_t database_id[16];
    uint64_t log_id;
    uint64_t sequence;
    uint64_t base;
    uint64_t capacity;
    uint64_t released;
    uint8_t zeros[440];
};

static_assert(sizeof(struct wal_header) == WAL_HEADER_COPY, "a header copy is one sector");
static_assert(offsetof(struct wal_header, log_id) == 32, "header layout");
static_assert(offsetof(struct wal_header, released) == 64, "header layout");

struct wal_frame {
    uint32_t crc;
    uint32_t len; /* with WAL_PARTIAL */
    uint64_t lsn;
    uint64_t txid; /* 0: a nonce */
};

static_assert(sizeof(struct wal_frame) == WAL_FRAME_HEADER, "frame header layout");

/* Frames appended and not yet written to the file. */
struct wal_buffer {
    uint8_t *bytes;
    size_t len, size;
    uint64_t lsn; /* of the first byte */
};

struct wal {
    struct os *os;
    char *path;
    int fd;
    bool read_only;
    bool head_is_known; /* the log is new or was replayed */
    bool nonce_due;     /* after wal_open: a nonce goes before the next frame */
    bool map_refused;   /* the system would not map the file: frames are written with pwrite */
    struct wal_identity id;
    uint64_t capacity_max;

    /* Changed under the writer lock and `mutex` both, so either is enough to read them. */
    uint64_t base, capacity, released;
    struct wal_position head;
    struct wal_buffer *buffer;    /* takes appends */
    struct wal_buffer *in_flight; /* belongs to the running wal_sync; empty when none runs */
    struct wal_buffer buffers[2];

    /* Writer lock only. */
    uint64_t head_place;
    uint64_t room_end; /* frames that end at or before this LSN have room for certain */
    bool buffered;     /* the buffer may hold frames */
    uint32_t slot;     /* header copy that counts */
    uint64_t sequence; /* last one used */
    void *map;         /* NULL until first needed */
    uint64_t map_len;

    pthread_mutex_t mutex;
    pthread_cond_t written;    /* in_flight became empty */
    _Atomic uint64_t head_lsn; /* head.lsn, for wal_sync beside appends */
    _Atomic uint64_t synced;
    _Atomic uint64_t sync_count;
    _Atomic bool failed; /* a write or sync failed: what the file holds is unknown (E7) */
};

static inline uint64_t wal_place(const struct wal *wal, uint64_t lsn) {
    return (lsn - wal->base) % wal->capacity;
}

/* wal.c */

/* Where the next frame goes, as recovery found it. */
void wal_head_set(struct wal *wal, struct wal_position head);

/* wal_header.c */

/* Reads both copies and takes over the one that counts. `file_len` bounds what it may claim. */
int wal_header_read(struct wal *wal, uint64_t file_len);
/* Writes both copies of a new log. */
int wal_header_create(struct wal *wal);
/* Writes the copy that does not count now, which then counts. On failure the other still counts. */
int wal_header_write(struct wal *wal);

/* wal_append.c */

struct wal_layout {
    uint64_t base, capacity, released;
};

/* Takes the layout over, in the file's header first. Under the writer lock and `mutex`. On
 * failure all is as before, or the log has failed. */
int wal_layout_change(struct wal *wal, struct wal_layout layout);
uint32_t wal_frame_crc(const struct wal_frame *frame, const void *payload, size_t len,
                       uint32_t previous);

/* wal_buffer.c; under `mutex` */
int wal_buffer_add(struct wal *wal, const struct wal_frame *frame, const void *payload, size_t len);
int wal_buffer_write(struct wal *wal); /* to the file, unsynced */
uint64_t
wal_unwritten(const struct wal *wal); /* LSN of the first byte not in the file, else head */
/* Bytes at their place, unsynced. */
int wal_write(struct wal *wal, uint64_t lsn, const void *bytes, size_t len);
int wal_refuse(struct wal *wal); /* FERRITE_IO: it failed before */
int wal_fail(struct wal *wal, int code);

#endif
