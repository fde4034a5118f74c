/*
 * lockfile.c - who has the database open.
 *
 * The lock itself is the system's lock on the data file: exclusive for a writer, shared for
 * readers; it goes with the process. The file `<database>-lock` is for words that processes share. Its layout:
 *
 *    0  8 B  magic "FERRLOCK"
 *    8  u32  format version (1)
 *   12  u32  process id of the writer
 *   16  16 B database id (zero until known)
 *   32  u64  published LSN          reserved for several processes at once
 *   40  u32  futex word of commits  reserved
 *   64  64 B writer mutex           reserved
 *  128  32 x 16 B pins {u32 pid, u32 zero, u64 txn id}, reserved
 *
 * Only the process id is used while one process at a time may write: to say who holds the lock.
 */
#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "engine.h"

#define LOCKFILE_LEN 640u

struct lock_header {
    char magic[8];
    uint32_t format;
    uint32_t pid;
};

static uint32_t holder_read(struct engine *engine) {
    struct lock_header header = {0};
    size_t got = 0;
    int fd;
    if (os_open(engine->os, engine->lock_path, OS_READ, &fd) != FERRITE_OK) return 0;
    int rc = os_read(engine->os, fd, engine->lock_path, &header, sizeof header, 0, &got);
    os_close(engine->os, fd);
    bool sound = rc == FERRITE_OK && got == sizeof header &&
                 memcmp(header.magic, "FERRLOCK", sizeof header.magic) == 0;
    return sound ? header.pid : 0;
}

static int busy_error(struct engine *engine, int64_t holder) {
    uint32_t pid = holder > 0 ? (uint32_t)holder : holder_read(engine);
    if (pid != 0)
        return error_set(FERRITE_BUSY, "%s is in use by process %u", engine->path, pid);
    return error_set(FERRITE_BUSY, "%s is in use by another process", engine->path);
}

static int lock_wait(struct engine *engine) {
    enum os_lock kind = engine->read_only ? OS_LOCK_SHARED : OS_LOCK_EXCLUSIVE;
    uint64_t deadline = os_monotonic_us(engine->os) + (uint64_t)engine->busy_timeout_ms * 1000;
    uint64_t nap = 500;
    for (;;) {
        int64_t holder = 0;
        int rc = os_lock(engine->os, engine->fd, engine->path, kind, &holder);
        if (rc != FERRITE_BUSY) return rc;
        if (os_monotonic_us(engine->os) >= deadline) return busy_error(engine, holder);
        os_sleep_us(engine->os, nap);
        if (nap < 10000) nap *= 2;
    }
}

static int lockfile_write(struct engine *engine) {
    uint8_t image[LOCKFILE_LEN] = {0};
    struct lock_header header = {{'F', 'E', 'R', 'R', 'L', 'O', 'C', 'K'}, 1, os_pid()};
    memcpy(image, &header, sizeof header);
    /* What a link leads to is somebody else's, and would be written over. */
    int rc = os_open(engine->os, engine->lock_path, OS_WRITE | OS_CREATE | OS_NO_LINK, &engine->lock_fd);
    if (rc != FERRITE_OK) return rc;
    return os_write(engine->os, engine->lock_fd, engine->lock_path, image, sizeof image, 0);
}

/* While we waited for the lock a backup may have been renamed into the file's place: then that one is meant. */
static int file_follow(struct engine *engine, bool *moved) {
    bool same = true;
    int rc = os_same_file(engine->os, engine->fd, engine->path, &same);
    *moved = rc == FERRITE_OK && !same;
    if (!*moved) return rc;
    os_close(engine->os, engine->fd);
    engine->fd = -1;
    return os_open(engine->os, engine->path, engine->read_only ? OS_READ : OS_WRITE, &engine->fd);
}

int lockfile_take(struct engine *engine) {
    bool moved = true;
    int rc = FERRITE_OK;
    while (rc == FERRITE_OK && moved) {
        rc = lock_wait(engine);
        if (rc == FERRITE_OK) rc = file_follow(engine, &moved);
    }
    if (rc != FERRITE_OK || engine->read_only) return rc;
    rc = lockfile_write(engine);
    /* The words in it only help others: a full disk must not keep readers and deletes out. */
    return rc == FERRITE_FULL ? FERRITE_OK : rc;
}

void lockfile_give(struct engine *engine) {
    if (engine->lock_fd >= 0) {
        os_close(engine->os, engine->lock_fd);
        engine->lock_fd = -1;
        (void)os_unlink(engine->os, engine->lock_path);
    }
}
