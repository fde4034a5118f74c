/*
 * wal_append.c - room in the log, its growth, and frames in. Under the writer lock.
 *
 * The common append is: one comparison for room, the checksum, one or two stores. Whatever
 * happens seldom (growth, a nonce, the map's making) is asked about by that comparison.
 */
#include <string.h>

#include "../error.h"
#include "../os/crc32c.h"
#include "wal_internal.h"

#define NONCE_FRAME (WAL_FRAME_HEADER + WAL_NONCE_SIZE)

uint32_t wal_frame_crc(const struct wal_frame *frame, const void *payload, size_t len,
                       uint32_t previous) {
    const uint8_t *after_crc = (const uint8_t *)frame + sizeof frame->crc;
    return crc32c(crc32c(previous, after_crc, sizeof *frame - sizeof frame->crc), payload, len);
}

/* ---- room and growth ---- */

/* A growing log keeps every live byte in its place, so the live bytes must not wrap. */
static bool growth_fits(const struct wal *wal) {
    return wal_place(wal, wal->released) + (wal->head.lsn - wal->released) <= wal->capacity;
}

static uint64_t growth_target(const struct wal *wal, uint64_t needed) {
    uint64_t capacity = wal->capacity;
    while (capacity < wal->capacity_max && capacity < needed)
        capacity = capacity > wal->capacity_max / 2 ? wal->capacity_max : capacity * 2;
    return capacity;
}

static void layout_set(struct wal *wal, struct wal_layout layout) {
    wal->base = layout.base;
    wal->capacity = layout.capacity;
    wal->released = layout.released;
    wal->head_place = wal_place(wal, wal->head.lsn);
}

/* When a header that places frames anew cannot be written, one with the old places must follow it:
 * what the failed write left is unknown, and frames placed otherwise would be lost. */
int wal_layout_change(struct wal *wal, struct wal_layout layout) {
    struct wal_layout old = {wal->base, wal->capacity, wal->released};
    layout_set(wal, layout);
    int code = wal_header_write(wal);
    if (code == FERRITE_OK) return FERRITE_OK;
    layout_set(wal, old);
    if (layout.base == old.base && layout.capacity == old.capacity) return code;
    return wal_header_write(wal) == FERRITE_OK ? code : wal_fail(wal, code);
}

/* False also when the disk is full: the log then stays as it is. `needed`: live bytes to hold. */
static bool wal_grow(struct wal *wal, uint64_t needed) {
    uint64_t capacity = growth_target(wal, needed);
    if (capacity == wal->capacity || !growth_fits(wal)) return false;
    uint64_t place = wal_place(wal, wal->released);
    if (os_allocate(wal->os, wal->fd, wal->path, 0, WAL_HEADER_SIZE + capacity) != FERRITE_OK)
        return false;
    struct wal_layout layout = {wal->released - place, capacity, wal->released};
    return wal_layout_change(wal, layout) == FERRITE_OK;
}

/* Bytes that must not be overwritten: those not released, and those whose writing is still to
 * come, since it would destroy what had taken their place. */
static uint64_t room_begin(const struct wal *wal) {
    uint64_t unwritten = wal_unwritten(wal);
    return unwritten < wal->released ? unwritten : wal->released;
}

static bool room_make(struct wal *wal, uint64_t total) {
    for (;;) {
        uint64_t begin = room_begin(wal);
        uint64_t needed = wal->head.lsn + total - begin;
        wal->room_end = begin + wal->capacity;
        if (needed <= wal->capacity) return true;
        if (atomic_load(&wal->failed)) return false;
        if (begin < wal->released && wal->in_flight->len > 0)
            pthread_cond_wait(&wal->written, &wal->mutex);
        else if (begin < wal->released ? wal_buffer_write(wal) != FERRITE_OK
                                       : !wal_grow(wal, needed))
            return false;
    }
}

static bool room_find(struct wal *wal, uint64_t total) {
    if (wal->head.lsn + total <= wal->room_end) return true;
    pthread_mutex_lock(&wal->mutex);
    bool found = room_make(wal, total);
    pthread_mutex_unlock(&wal->mutex);
    return found;
}

static bool room_for(struct wal *wal, size_t len) {
    return len < WAL_PARTIAL && room_find(wal, WAL_FRAME_HEADER + (uint64_t)len);
}

bool wal_has_room(struct wal *wal, size_t len) {
    return !wal->read_only && wal_continue(wal) == FERRITE_OK && room_for(wal, len);
}

/* ---- frames ---- */

static void head_move(struct wal *wal, uint64_t total, uint32_t crc) {
    wal->head.lsn += total;
    wal->head.crc = crc;
    wal->head_place += total;
    if (wal->head_place >= wal->capacity) wal->head_place -= wal->capacity;
    atomic_store_explicit(&wal->head_lsn, wal->head.lsn, memory_order_release);
}

/* The map covers all that the log may become, so growth needs no new one. */
static bool map_make(struct wal *wal) {
    if (wal->map_refused) return false;
    uint64_t len = WAL_HEADER_SIZE + wal->capacity_max;
    if (os_map(wal->os, wal->fd, wal->path, len, true, &wal->map) != FERRITE_OK) {
        wal->map_refused = true;
        return false;
    }
    wal->map_len = len;
    return true;
}

static void map_put(struct wal *wal, uint64_t place, const void *bytes, size_t len) {
    const struct os_calls *calls = wal->os->calls;
    if (place >= wal->capacity) place -= wal->capacity;
    uint64_t until_end = wal->capacity - place;
    size_t first = len < until_end ? len : (size_t)until_end;
    calls->map_store(wal->os, wal->fd, wal->map, WAL_HEADER_SIZE + place, bytes, first);
    if (__builtin_expect(first < len, 0))
        calls->map_store(wal->os, wal->fd, wal->map, WAL_HEADER_SIZE,
                         (const uint8_t *)bytes + first, len - first);
}

/* What was buffered goes first: a frame behind a hole is a lost frame. */
static int buffer_empty(struct wal *wal) {
    pthread_mutex_lock(&wal->mutex);
    int code = wal_buffer_write(wal);
    pthread_mutex_unlock(&wal->mutex);
    if (code == FERRITE_OK) wal->buffered = false;
    return code;
}

static int map_append(struct wal *wal, const struct wal_frame *frame, const void *payload,
                      size_t len) {
    int code = __builtin_expect(wal->buffered, 0) ? buffer_empty(wal) : FERRITE_OK;
    if (code != FERRITE_OK) return code;
    map_put(wal, wal->head_place, frame, sizeof *frame);
    map_put(wal, wal->head_place + sizeof *frame, payload, len);
    head_move(wal, sizeof *frame + len, frame->crc);
    return FERRITE_OK;
}

/* Without a map the frame is written at once, which a kill survives as well. */
static int buffer_append(struct wal *wal, const struct wal_frame *frame, const void *payload,
                         size_t len, bool at_once) {
    wal->buffered = true;
    pthread_mutex_lock(&wal->mutex);
    int code = wal_buffer_add(wal, frame, payload, len);
    if (code == FERRITE_OK) {
        head_move(wal, sizeof *frame + len, frame->crc);
        if (at_once) code = wal_buffer_write(wal);
    }
    pthread_mutex_unlock(&wal->mutex);
    return code;
}

static int frame_append(struct wal *wal, uint64_t txid, uint32_t partial, const void *payload,
                        size_t len, bool through_map) {
    struct wal_frame frame = {0, (uint32_t)len | partial, wal->head.lsn, txid};
    frame.crc = wal_frame_crc(&frame, payload, len, wal->head.crc);
    if (through_map && (wal->map != NULL || map_make(wal)))
        return map_append(wal, &frame, payload, len);
    return buffer_append(wal, &frame, payload, len, through_map);
}

/* ---- behind what an earlier process left ---- */

static int nonce_append(struct wal *wal) {
    uint8_t nonce[WAL_NONCE_SIZE];
    struct wal_frame frame = {0, sizeof nonce, wal->head.lsn, 0};
    int code = os_random(wal->os, nonce, sizeof nonce);
    if (code != FERRITE_OK) return code;
    frame.crc = wal_frame_crc(&frame, nonce, sizeof nonce, wal->head.crc);
    code = buffer_append(wal, &frame, nonce, sizeof nonce, true);
    if (code != FERRITE_OK) return code;
    code = os_datasync(wal->os, wal->fd, wal->path);
    return code == FERRITE_OK ? code : wal_fail(wal, code);
}

static bool nonce_fits(const struct wal *wal) {
    return wal->head.lsn + NONCE_FRAME - wal->released <= wal->capacity;
}

/* Frames of the earlier process may lie where a newer header, which a power cut took, had placed them. Once such a header
 * is written again they can be met: so places stay as they are until the nonce is on the disk. */
int wal_continue(struct wal *wal) {
    if (__builtin_expect(!wal->nonce_due, 1)) return FERRITE_OK;
    if (wal->read_only) return error_set(FERRITE_READONLY, "%s is open for reading", wal->path);
    if (atomic_load(&wal->failed)) return wal_refuse(wal);
    if (!nonce_fits(wal)) return error_set(FERRITE_LIMIT, "%s: the log is full", wal->path);
    int code = nonce_append(wal);
    if (code == FERRITE_OK) wal->nonce_due = false;
    return code;
}

int wal_append(struct wal *wal, uint64_t txid, bool partial, const void *payload, size_t len,
               bool through_map, struct wal_position *end) {
    assert(txid != 0);
    if (wal->read_only) return error_set(FERRITE_READONLY, "%s is open for reading", wal->path);
    if (atomic_load_explicit(&wal->failed, memory_order_relaxed)) return wal_refuse(wal);
    int code = wal_continue(wal);
    if (code != FERRITE_OK) return code;
    if (!room_for(wal, len)) {
        if (atomic_load(&wal->failed)) return wal_refuse(wal);
        return error_set(FERRITE_LIMIT, "%s: the log has no room for %zu bytes", wal->path, len);
    }
    code = frame_append(wal, txid, partial ? WAL_PARTIAL : 0, payload, len, through_map);
    *end = wal->head;
    return code;
}
