/*
 * wal.c - making, opening and closing a log; what can be asked of it. See wal.h for the
 * format and the thread rule.
 */
#include "wal.h"

#include <string.h>

#include "../error.h"
#include "../os/crc32c.h"
#include "../os/mem.h"
#include "wal_internal.h"

static struct wal *wal_new(struct os *os, const char *path, const struct wal_identity *id,
                           uint64_t capacity_max) {
    struct wal *wal = mem_calloc(sizeof *wal);
    if (wal == NULL) return NULL;
    wal->path = mem_dup(path, strlen(path));
    if (wal->path == NULL) {
        mem_free(wal);
        return NULL;
    }
    wal->os = os;
    wal->fd = -1;
    wal->id = *id;
    wal->capacity_max = capacity_max < WAL_INITIAL_CAPACITY ? WAL_INITIAL_CAPACITY : capacity_max;
    wal->buffer = &wal->buffers[0];
    wal->in_flight = &wal->buffers[1];
    pthread_mutex_init(&wal->mutex, NULL);
    pthread_cond_init(&wal->written, NULL);
    return wal;
}

void wal_close(struct wal *wal) {
    if (wal == NULL) return;
    if (wal->map != NULL) os_unmap(wal->os, wal->map, wal->map_len);
    if (wal->fd >= 0) os_close(wal->os, wal->fd);
    mem_free(wal->buffers[0].bytes);
    mem_free(wal->buffers[1].bytes);
    pthread_cond_destroy(&wal->written);
    pthread_mutex_destroy(&wal->mutex);
    mem_free(wal->path);
    mem_free(wal);
}

/* What lies before may be in the page cache alone, so it does not count as synced. */
void wal_head_set(struct wal *wal, struct wal_position head) {
    wal->head = head;
    wal->head_place = wal_place(wal, head.lsn);
    wal->room_end = head.lsn; /* the first append looks closer */
    atomic_store(&wal->head_lsn, head.lsn);
    atomic_store(&wal->synced, wal->released);
}

/* The file with its name, header and first capacity, all durable. */
static int file_create(struct wal *wal) {
    uint64_t len = WAL_HEADER_SIZE + wal->capacity;
    int code = os_open(wal->os, wal->path, OS_WRITE | OS_CREATE | OS_EXCLUSIVE, &wal->fd);
    if (code != FERRITE_OK) return code;
    if ((code = os_allocate(wal->os, wal->fd, wal->path, 0, len)) != FERRITE_OK) return code;
    if ((code = wal_header_create(wal)) != FERRITE_OK) return code;
    if ((code = os_datasync(wal->os, wal->fd, wal->path)) != FERRITE_OK) return code;
    return os_sync_dir(wal->os, wal->path);
}

int wal_create(struct os *os, const char *path, const struct wal_identity *id, uint64_t start_lsn,
               uint64_t capacity_max, struct wal **out) {
    int code = os_unlink(os, path);
    if (code != FERRITE_OK) return code;
    struct wal *wal = wal_new(os, path, id, capacity_max);
    if (wal == NULL) return error_nomem();
    wal->base = wal->released = start_lsn;
    wal->capacity = WAL_INITIAL_CAPACITY;
    code = file_create(wal);
    if (code != FERRITE_OK) {
        if (wal->fd >= 0) os->calls->unlink(os, path); /* keeps the explanation there is */
        wal_close(wal);
        return code;
    }
    wal_head_set(wal, wal_start(id, start_lsn));
    wal->head_is_known = true;
    *out = wal;
    return FERRITE_OK;
}

static int file_open(struct wal *wal) {
    uint64_t len;
    int code = os_open(wal->os, wal->path, wal->read_only ? OS_READ : OS_WRITE, &wal->fd);
    if (code != FERRITE_OK) return code;
    if ((code = os_size(wal->os, wal->fd, wal->path, &len)) != FERRITE_OK) return code;
    if ((code = wal_header_read(wal, len)) != FERRITE_OK) return code;
    const bool larger = wal->capacity > wal->capacity_max && wal->capacity > WAL_CAPACITY_TRUSTED;
    if (wal->capacity_max < wal->capacity) wal->capacity_max = wal->capacity;
    if (wal->read_only) return FERRITE_OK;
    /* The length of a file of holes proves nothing: to give it its places would let a header fill the disk. What is
     * written, and not stored, may fail. */
    wal->map_refused = larger;
    if (larger) return FERRITE_OK;
    /* A copied file may have holes and a power cut may have taken its end: stores
     * through the map rely on every byte having its place on the disk. */
    return os_allocate(wal->os, wal->fd, wal->path, 0, WAL_HEADER_SIZE + wal->capacity);
}

int wal_open(struct os *os, const char *path, const struct wal_identity *id, uint64_t capacity_max,
             bool read_only, struct wal **out) {
    struct wal *wal = wal_new(os, path, id, capacity_max);
    if (wal == NULL) return error_nomem();
    wal->read_only = read_only;
    int code = file_open(wal);
    if (code != FERRITE_OK) {
        wal_close(wal);
        return code;
    }
    wal->nonce_due = true;
    wal_head_set(wal, (struct wal_position){wal->released, 0}); /* until wal_replay finds it */
    *out = wal;
    return FERRITE_OK;
}

struct wal_position wal_start(const struct wal_identity *id, uint64_t start_lsn) {
    uint32_t crc = crc32c(0, id->database_id, sizeof id->database_id);
    return (struct wal_position){start_lsn, crc32c(crc, &id->log_id, sizeof id->log_id)};
}

/* These two may be asked beside the writer. */
static uint64_t guarded_read(const struct wal *wal, const uint64_t *value) {
    pthread_mutex_t *mutex = (pthread_mutex_t *)(uintptr_t)&wal->mutex;
    pthread_mutex_lock(mutex);
    uint64_t now = *value;
    pthread_mutex_unlock(mutex);
    return now;
}

uint64_t wal_released(const struct wal *wal) { return guarded_read(wal, &wal->released); }

uint64_t wal_capacity(const struct wal *wal) { return guarded_read(wal, &wal->capacity); }

struct wal_position wal_head(const struct wal *wal) {
    return wal->head;
}

uint64_t wal_synced(const struct wal *wal) {
    return atomic_load_explicit(&wal->synced, memory_order_acquire);
}

uint64_t wal_sync_count(const struct wal *wal) {
    return atomic_load_explicit(&wal->sync_count, memory_order_relaxed);
}

/* A log that is empty now and may grow later begins again at its first place: growth needs live
 * bytes that do not wrap, and from the middle of a small file they soon would. */
static bool restarts(const struct wal *wal, uint64_t lsn) {
    return wal->head_is_known && !wal->nonce_due && lsn == wal->head.lsn && wal->capacity < wal->capacity_max &&
           wal->in_flight->len == 0;
}

int wal_release(struct wal *wal, uint64_t lsn) {
    if (lsn <= wal->released) return FERRITE_OK;
    assert(lsn <= wal->head.lsn);
    if (wal->read_only) return error_set(FERRITE_READONLY, "%s is open for reading", wal->path);
    pthread_mutex_lock(&wal->mutex);
    bool restart = restarts(wal, lsn);
    struct wal_layout layout = {restart ? lsn : wal->base, wal->capacity, lsn};
    int code = wal_layout_change(wal, layout);
    if (code == FERRITE_OK && restart) wal->buffer->len = 0; /* a checkpoint holds it all */
    pthread_mutex_unlock(&wal->mutex);
    return code;
}
