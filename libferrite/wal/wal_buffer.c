/*
 * wal_buffer.c - frames that wait for wal_sync, and wal_sync itself.
 *
 * There are two buffers. Appends fill one; wal_sync takes it and leaves the other, so appends
 * go on while the disk works. `mutex` guards the exchange; the buffer in flight belongs to
 * the thread in wal_sync.
 */
#include <string.h>

#include "../error.h"
#include "../os/mem.h"
#include "wal_internal.h"

#define BUFFER_FIRST ((size_t)64 * 1024)
#define BUFFER_MAX   ((size_t)1024 * 1024) /* a fuller one is written without waiting for wal_sync */

int wal_refuse(struct wal *wal) {
    return error_set(FERRITE_IO,
                     "%s: a write or sync failed before; close and open the database again",
                     wal->path);
}

/* Keeps the explanation there is. */
int wal_fail(struct wal *wal, int code) {
    atomic_store(&wal->failed, true);
    return code;
}

uint64_t wal_unwritten(const struct wal *wal) {
    if (wal->in_flight->len > 0) return wal->in_flight->lsn;
    return wal->buffer->len > 0 ? wal->buffer->lsn : wal->head.lsn;
}

/* Where bytes from one LSN on go: in one piece, or in two around the end. */
struct span {
    uint64_t place;
    uint64_t until_end;
};

static struct span span_at(const struct wal *wal, uint64_t lsn) {
    uint64_t place = wal_place(wal, lsn);
    return (struct span){place, wal->capacity - place};
}

static int span_write(struct wal *wal, struct span span, const uint8_t *bytes, size_t len) {
    size_t first = len < span.until_end ? len : (size_t)span.until_end;
    int code = os_write(wal->os, wal->fd, wal->path, bytes, first, WAL_HEADER_SIZE + span.place);
    if (code == FERRITE_OK && first < len)
        code = os_write(wal->os, wal->fd, wal->path, bytes + first, len - first, WAL_HEADER_SIZE);
    return code == FERRITE_OK ? FERRITE_OK : wal_fail(wal, code);
}

int wal_write(struct wal *wal, uint64_t lsn, const void *bytes, size_t len) {
    return span_write(wal, span_at(wal, lsn), bytes, len);
}

int wal_buffer_write(struct wal *wal) {
    struct wal_buffer *buffer = wal->buffer;
    if (buffer->len == 0) return FERRITE_OK;
    int code = wal_write(wal, buffer->lsn, buffer->bytes, buffer->len);
    if (code == FERRITE_OK) buffer->len = 0;
    return code;
}

static int buffer_enlarge(struct wal_buffer *buffer, size_t needed) {
    size_t size = buffer->size == 0 ? BUFFER_FIRST : buffer->size;
    while (size < needed) size *= 2;
    uint8_t *bytes = mem_realloc(buffer->bytes, size);
    if (bytes == NULL) return error_nomem();
    buffer->bytes = bytes;
    buffer->size = size;
    return FERRITE_OK;
}

/* A frame too big for any buffer goes straight to its place. */
static int frame_write(struct wal *wal, const struct wal_frame *frame, const void *payload,
                       size_t len) {
    int code = wal_write(wal, frame->lsn, frame, sizeof *frame);
    return code == FERRITE_OK ? wal_write(wal, frame->lsn + sizeof *frame, payload, len) : code;
}

int wal_buffer_add(struct wal *wal, const struct wal_frame *frame, const void *payload,
                   size_t len) {
    struct wal_buffer *buffer = wal->buffer;
    size_t total = sizeof *frame + len;
    int code = FERRITE_OK;
    if (buffer->len + total > BUFFER_MAX) code = wal_buffer_write(wal);
    if (code != FERRITE_OK) return code;
    if (total > BUFFER_MAX) return frame_write(wal, frame, payload, len);
    if (buffer->len + total > buffer->size) code = buffer_enlarge(buffer, buffer->len + total);
    if (code != FERRITE_OK) return code;
    if (buffer->len == 0) buffer->lsn = frame->lsn;
    memcpy(buffer->bytes + buffer->len, frame, sizeof *frame);
    if (len != 0) memcpy(buffer->bytes + buffer->len + sizeof *frame, payload, len);
    buffer->len += total;
    return FERRITE_OK;
}

/* ---- wal_sync ---- */

/* Takes the filled buffer. Its place is settled here: growth keeps it. */
static uint64_t flight_begin(struct wal *wal, struct span *span) {
    pthread_mutex_lock(&wal->mutex);
    struct wal_buffer *filled = wal->buffer;
    wal->buffer = wal->in_flight;
    wal->in_flight = filled;
    uint64_t target = atomic_load_explicit(&wal->head_lsn, memory_order_acquire);
    *span = span_at(wal, filled->len > 0 ? filled->lsn : wal->base);
    pthread_mutex_unlock(&wal->mutex);
    return target;
}

/* After a failure the bytes are dropped all the same: the file's state is unknown now. */
static void flight_end(struct wal *wal) {
    pthread_mutex_lock(&wal->mutex);
    wal->in_flight->len = 0;
    pthread_cond_broadcast(&wal->written);
    pthread_mutex_unlock(&wal->mutex);
}

int wal_sync(struct wal *wal, uint64_t *reached) {
    if (atomic_load(&wal->failed)) return wal_refuse(wal);
    struct span span;
    uint64_t target = flight_begin(wal, &span);
    int code = FERRITE_OK;
    if (wal->in_flight->len > 0) {
        code = span_write(wal, span, wal->in_flight->bytes, wal->in_flight->len);
        flight_end(wal);
    }
    if (code == FERRITE_OK && target > wal_synced(wal)) {
        code = os_datasync(wal->os, wal->fd, wal->path);
        atomic_fetch_add_explicit(&wal->sync_count, 1, memory_order_relaxed);
    }
    if (code != FERRITE_OK) return wal_fail(wal, code);
    atomic_store_explicit(&wal->synced, target, memory_order_release);
    *reached = target;
    return FERRITE_OK;
}
