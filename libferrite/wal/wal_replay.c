/*
 * wal_replay.c - frames out: the log's valid frames from a position on. Called at open, by one
 * thread, before any append.
 *
 * The file's bytes are not trusted: a frame counts only when it lies within one lap and
 * within the file, its LSN is the expected one and its checksum follows from the frame before.
 */
#include <string.h>

#include "../error.h"
#include "../os/crc32c.h"
#include "../os/mem.h"
#include "wal_internal.h"

#define WINDOW_SIZE ((size_t)256 * 1024)

/* A stretch of the log in memory, laid out by LSN, so that nothing wraps in it. */
struct window {
    struct wal *wal;
    uint64_t end; /* LSN at which reading ends: one lap after the start */
    uint64_t lsn; /* of the first byte held */
    size_t len, size;
    uint8_t *bytes;
};

static int window_reserve(struct window *window, size_t size) {
    if (size <= window->size) return FERRITE_OK;
    mem_free(window->bytes);
    window->bytes = mem_alloc(size);
    window->size = window->bytes != NULL ? size : 0;
    return window->bytes != NULL ? FERRITE_OK : error_nomem();
}

/* Reads `len` bytes from `lsn` on, in two pieces around the end; what the file does not hold
 * ends the window. */
static int window_read(struct window *window, uint64_t lsn, size_t len) {
    struct wal *wal = window->wal;
    uint64_t place = wal_place(wal, lsn);
    size_t first = len < wal->capacity - place ? len : (size_t)(wal->capacity - place);
    size_t got = 0, more = 0;
    int code =
        os_read(wal->os, wal->fd, wal->path, window->bytes, first, WAL_HEADER_SIZE + place, &got);
    if (code == FERRITE_OK && got == first && first < len)
        code = os_read(wal->os, wal->fd, wal->path, window->bytes + first, len - first,
                       WAL_HEADER_SIZE, &more);
    window->lsn = lsn;
    window->len = got + more;
    return code;
}

static bool window_holds(const struct window *window, uint64_t lsn, size_t len) {
    return lsn >= window->lsn && lsn + len <= window->lsn + window->len;
}

/* `*bytes` is NULL when the log does not have that many. */
static int window_get(struct window *window, uint64_t lsn, size_t len, const uint8_t **bytes) {
    *bytes = NULL;
    uint64_t left = window->end - lsn;
    if (len > left) return FERRITE_OK;
    if (!window_holds(window, lsn, len)) {
        size_t want = len < WINDOW_SIZE ? WINDOW_SIZE : len;
        if (want > left) want = (size_t)left;
        int code = window_reserve(window, want);
        if (code == FERRITE_OK) code = window_read(window, lsn, want);
        if (code != FERRITE_OK) return code;
    }
    if (window_holds(window, lsn, len)) *bytes = window->bytes + (lsn - window->lsn);
    return FERRITE_OK;
}

/* Whether the checksum is right, piece by piece: a length that is mere claim wins no memory. */
static int frame_proves(struct window *window, struct wal_position at, const struct wal_frame *frame,
                        size_t len, bool *right) {
    uint32_t crc = wal_frame_crc(frame, "", 0, at.crc);
    uint64_t lsn = at.lsn + sizeof *frame;
    *right = false;
    while (len > 0) {
        const uint8_t *bytes;
        const size_t piece = len < WINDOW_SIZE ? len : WINDOW_SIZE;
        int code = window_get(window, lsn, piece, &bytes);
        if (code != FERRITE_OK || bytes == NULL) return code;
        crc = crc32c(crc, bytes, piece);
        lsn += piece;
        len -= piece;
    }
    *right = crc == frame->crc;
    return FERRITE_OK;
}

/* The frame at `at`; *payload is NULL where the log ends. */
static int frame_read(struct window *window, struct wal_position at, uint64_t file_len,
                      struct wal_frame *frame, const uint8_t **payload) {
    const uint8_t *bytes;
    *payload = NULL;
    int code = window_get(window, at.lsn, sizeof *frame, &bytes);
    if (code != FERRITE_OK || bytes == NULL) return code;
    memcpy(frame, bytes, sizeof *frame);
    size_t len = frame->len & ~WAL_PARTIAL;
    if (frame->lsn != at.lsn || len > file_len) return FERRITE_OK;
    bool right = true;
    if (len > WINDOW_SIZE) code = frame_proves(window, at, frame, len, &right);
    if (code != FERRITE_OK || !right) return code;
    code = window_get(window, at.lsn, sizeof *frame + len, &bytes);
    if (code != FERRITE_OK || bytes == NULL) return code;
    if (wal_frame_crc(frame, bytes + sizeof *frame, len, at.crc) != frame->crc) return FERRITE_OK;
    *payload = bytes + sizeof *frame;
    return FERRITE_OK;
}

typedef int (*replay_fn)(void *ctx, uint64_t txid, struct wal_position end, bool partial,
                         const uint8_t *payload, size_t len);

static int replay_window(struct window *window, struct wal_position *at, replay_fn fn, void *ctx) {
    struct wal *wal = window->wal;
    uint64_t file_len;
    int code = os_size(wal->os, wal->fd, wal->path, &file_len);
    while (code == FERRITE_OK) {
        struct wal_frame frame;
        const uint8_t *payload;
        code = frame_read(window, *at, file_len, &frame, &payload);
        if (code != FERRITE_OK || payload == NULL) break;
        size_t len = frame.len & ~WAL_PARTIAL;
        *at = (struct wal_position){at->lsn + sizeof frame + len, frame.crc};
        wal_head_set(wal, *at); /* fn may make a checkpoint and release what it has seen */
        if (frame.txid != 0)    /* else a nonce */
            code = fn(ctx, frame.txid, *at, (frame.len & WAL_PARTIAL) != 0, payload, len);
    }
    return code;
}

/* When a sync has failed, the system may believe pages clean that the disk never got. Then the
 * frames just read would be a hole on the disk, before whatever is appended and synced now (E1).
 * So they are written once more, and the next sync makes them durable. */
static int frames_rewrite(struct window *window, uint64_t lsn, uint64_t end) {
    int code = FERRITE_OK;
    while (code == FERRITE_OK && lsn < end) {
        const uint8_t *bytes;
        size_t len = end - lsn < WINDOW_SIZE ? (size_t)(end - lsn) : WINDOW_SIZE;
        code = window_get(window, lsn, len, &bytes);
        if (code != FERRITE_OK || bytes == NULL) break;
        code = wal_write(window->wal, lsn, bytes, len);
        lsn += len;
    }
    return code;
}

int wal_replay(struct wal *wal, struct wal_position from, replay_fn fn, void *ctx,
               struct wal_position *end) {
    if (from.lsn < wal->released || from.lsn > WAL_LSN_MAX)
        return error_set(FERRITE_CORRUPT,
                         "%s: the log begins at %llu, the checkpoint needs it from %llu", wal->path,
                         (unsigned long long)wal->released, (unsigned long long)from.lsn);
    struct window window = {.wal = wal, .end = from.lsn + wal->capacity};
    struct wal_position at = from;
    int code = replay_window(&window, &at, fn, ctx);
    if (code == FERRITE_OK && !wal->read_only) code = frames_rewrite(&window, from.lsn, at.lsn);
    mem_free(window.bytes);
    if (code != FERRITE_OK) return code;
    wal_head_set(wal, at);
    wal->head_is_known = true;
    *end = at;
    return FERRITE_OK;
}
