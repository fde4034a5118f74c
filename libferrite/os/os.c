/*
 * os.c - the calls the layers above use: a raw entry of the table, tried again when
 * interrupted, finished when short, and its failure told with the file's name.
 * Any thread.
 */
#include "os.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "../error.h"

#define SEGMENTS_MAX 1024 /* IOV_MAX of Linux and the BSDs */
#define RETRIES_MAX  1000 /* interrupted this often in a row is a failure, not a hang (E6) */

/* Tries `call` again while it is interrupted; the outcome is in `code`. */
#define RETRY(code, call)                                     \
    do {                                                      \
        int tries_ = 0;                                       \
        do {                                                  \
            (code) = (call);                                  \
        } while ((code) == -EINTR && ++tries_ < RETRIES_MAX); \
    } while (0)

static _Atomic(struct os *) chosen; /* NULL: the real system */

struct os *os_default(void) {
    struct os *os = atomic_load(&chosen);
    return os != NULL ? os : os_posix();
}

void os_set_default(struct os *os) { atomic_store(&chosen, os); }

int os_open(struct os *os, const char *path, int flags, int *fd) {
    int code;
    RETRY(code, os->calls->open(os, path, flags));
    if (code >= 0) {
        *fd = code;
        return FERRITE_OK;
    }
    if (code == -ENOENT && (flags & OS_CREATE) != 0)
        return error_set(FERRITE_NOTFOUND, "cannot create %s: its folder is not there", path);
    if (code == -ENOENT) return error_set(FERRITE_NOTFOUND, "%s: no such file", path);
    if (code == -ENOTSUP) return error_set(FERRITE_INVALID, "%s is no ordinary file", path);
    return error_set_errno(-code, "cannot open %s", path);
}

/* An interrupted close has closed. What it could report, a sync before it has reported. */
void os_close(struct os *os, int fd) { os->calls->close(os, fd); }

int os_read(struct os *os, int fd, const char *name, void *buf, size_t len, uint64_t offset,
            size_t *got) {
    size_t done = 0;
    while (done < len) {
        ssize_t n;
        RETRY(n, os->calls->pread(os, fd, (char *)buf + done, len - done, offset + done));
        if (n < 0) return error_set_errno((int)-n, "cannot read %s", name);
        if (n == 0) break;
        done += (size_t)n;
    }
    *got = done;
    return FERRITE_OK;
}

int os_write(struct os *os, int fd, const char *name, const void *buf, size_t len,
             uint64_t offset) {
    struct iovec iov = {(void *)(uintptr_t)buf, len};
    return os_writev(os, fd, name, &iov, 1, offset);
}

/* Moves *iov past `written` bytes and past empty segments; returns how many segments are left. */
static int segments_advance(struct iovec **iov, int count, size_t written) {
    while (count > 0 && written >= (*iov)->iov_len) {
        written -= (*iov)->iov_len;
        (*iov)++;
        count--;
    }
    if (count > 0) {
        (*iov)->iov_base = (char *)(*iov)->iov_base + written;
        (*iov)->iov_len -= written;
    }
    return count;
}

int os_writev(struct os *os, int fd, const char *name, struct iovec *iov, int count,
              uint64_t offset) {
    count = segments_advance(&iov, count, 0);
    while (count > 0) {
        int now = count < SEGMENTS_MAX ? count : SEGMENTS_MAX;
        ssize_t n;
        RETRY(n, os->calls->pwritev(os, fd, iov, now, offset));
        if (n == 0) n = -EIO; /* never for a nonempty write; trying on could last for ever */
        if (n < 0) return error_set_errno((int)-n, "cannot write %s", name);
        offset += (uint64_t)n;
        count = segments_advance(&iov, count, (size_t)n);
    }
    return FERRITE_OK;
}

int os_datasync(struct os *os, int fd, const char *name) {
    int code;
    RETRY(code, os->calls->datasync(os, fd));
    return code < 0 ? error_set_errno(-code, "cannot sync %s", name) : FERRITE_OK;
}

int os_sync_dir(struct os *os, const char *path) {
    int code;
    RETRY(code, os->calls->sync_dir(os, path));
    return code < 0 ? error_set_errno(-code, "cannot sync the directory of %s", path) : FERRITE_OK;
}

int os_truncate(struct os *os, int fd, const char *name, uint64_t len) {
    int code;
    RETRY(code, os->calls->truncate(os, fd, len));
    return code < 0 ? error_set_errno(-code, "cannot set the length of %s", name) : FERRITE_OK;
}

int os_allocate(struct os *os, int fd, const char *name, uint64_t offset, uint64_t len) {
    int code;
    RETRY(code, os->calls->allocate(os, fd, offset, len));
    return code < 0 ? error_set_errno(-code, "cannot enlarge %s", name) : FERRITE_OK;
}

int os_size(struct os *os, int fd, const char *name, uint64_t *len) {
    int code;
    RETRY(code, os->calls->stat(os, fd, len, NULL));
    return code < 0 ? error_set_errno(-code, "cannot tell the length of %s", name) : FERRITE_OK;
}

int os_data_next(struct os *os, int fd, const char *name, uint64_t from, uint64_t *begin, uint64_t *end) {
    int code;
    RETRY(code, os->calls->data_next(os, fd, from, begin, end));
    if (code == 0) *begin = *end = from;
    return code < 0 ? error_set_errno(-code, "cannot look for what %s holds", name) : FERRITE_OK;
}

int os_unlink(struct os *os, const char *path) {
    int code;
    RETRY(code, os->calls->unlink(os, path));
    if (code >= 0 || code == -ENOENT) return FERRITE_OK;
    return error_set_errno(-code, "cannot remove %s", path);
}

int os_rename(struct os *os, const char *from, const char *to) {
    int code;
    RETRY(code, os->calls->rename(os, from, to));
    return code < 0 ? error_set_errno(-code, "cannot rename %s to %s", from, to) : FERRITE_OK;
}

int os_exists(struct os *os, const char *path, bool *exists) {
    int code;
    RETRY(code, os->calls->stat_path(os, path, NULL, NULL));
    *exists = code >= 0;
    if (code >= 0 || code == -ENOENT) return FERRITE_OK;
    return error_set_errno(-code, "cannot look for %s", path);
}

/* A forked child may hold the descriptor too, and the lock goes only with the last of them. */
void os_close_locked(struct os *os, int fd, const char *name) {
    if (fd < 0) return;
    (void)os_lock(os, fd, name, OS_UNLOCK, NULL);
    os_close(os, fd);
}

int os_same_file(struct os *os, int fd, const char *path, bool *same) {
    int code;
    uint64_t open_one = 0, there = 0;
    RETRY(code, os->calls->stat(os, fd, NULL, &open_one));
    if (code >= 0) RETRY(code, os->calls->stat_path(os, path, NULL, &there));
    *same = code == -ENOENT || open_one == there;
    if (code >= 0 || code == -ENOENT) return FERRITE_OK;
    return error_set_errno(-code, "cannot look for %s", path);
}

int os_lock(struct os *os, int fd, const char *name, enum os_lock lock, int64_t *holder_pid) {
    int code;
    RETRY(code, os->calls->lock(os, fd, lock, holder_pid));
    if (code >= 0) return FERRITE_OK;
    if (code == -EAGAIN) return error_set(FERRITE_BUSY, "%s is in use", name);
    return error_set_errno(-code, "cannot lock %s", name);
}

int os_map(struct os *os, int fd, const char *name, uint64_t len, bool writable, void **out) {
    int code;
    RETRY(code, os->calls->map(os, fd, len, writable, out));
    return code < 0 ? error_set_errno(-code, "cannot map %s", name) : FERRITE_OK;
}

int os_map_part(struct os *os, int fd, const char *name, void *base, uint64_t from, uint64_t len) {
    int code;
    if (len == 0) return FERRITE_OK;
    RETRY(code, os->calls->map_part(os, fd, base, from, len));
    return code < 0 ? error_set_errno(-code, "cannot map a part of %s", name) : FERRITE_OK;
}

void os_unmap(struct os *os, void *base, uint64_t len) { os->calls->unmap(os, base, len); }

int os_reserve(struct os *os, uint64_t len, void **out) {
    int code;
    RETRY(code, os->calls->reserve(os, len, out));
    return code < 0 ? error_set_errno(-code, "cannot reserve memory") : FERRITE_OK;
}

int os_random(struct os *os, void *buf, size_t len) {
    int code;
    RETRY(code, os->calls->random(os, buf, len));
    return code < 0 ? error_set_errno(-code, "cannot get random bytes") : FERRITE_OK;
}
