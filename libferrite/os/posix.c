/*
 * posix.c - the raw table on POSIX systems: one entry, one system call, its own habits.
 * Reached through os_posix() alone. Any thread.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* F_OFD_SETLK, getrandom */
#endif

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/random.h>
#endif

#include "os.h"

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

static int result(int returned) { return returned < 0 ? -errno : returned; }

/* Never 0, 1 or 2: whoever closed those and then prints must not print into a database. */
static int descriptor_lift(int fd) {
    if (fd < 0 || fd > STDERR_FILENO) return fd;
    int lifted = result(fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    close(fd);
    return lifted;
}

/* A pipe would let an open wait for ever, and a backup must not take a device's place. */
static int kind_check(const char *path) {
    struct stat st;
    if (stat(path, &st) != 0 || S_ISREG(st.st_mode)) return 0;
    return S_ISDIR(st.st_mode) ? -EISDIR : -ENOTSUP;
}

static int posix_open(struct os *os, const char *path, int flags) {
    (void)os;
    const int kind = kind_check(path);
    if (kind != 0) return kind;
    int how = O_CLOEXEC | ((flags & OS_WRITE) != 0 ? O_RDWR : O_RDONLY);
    if ((flags & OS_CREATE) != 0) how |= O_CREAT;
    if ((flags & OS_EXCLUSIVE) != 0) how |= O_EXCL;
    if ((flags & OS_NO_LINK) != 0) how |= O_NOFOLLOW;
    return descriptor_lift(result(open(path, how, 0666)));
}

static int posix_close(struct os *os, int fd) {
    (void)os;
    return result(close(fd));
}

static ssize_t posix_pread(struct os *os, int fd, void *buf, size_t len, uint64_t offset) {
    (void)os;
    ssize_t got = pread(fd, buf, len, (off_t)offset);
    return got < 0 ? -errno : got;
}

static ssize_t posix_pwritev(struct os *os, int fd, const struct iovec *iov, int count,
                             uint64_t offset) {
    (void)os;
    ssize_t written = pwritev(fd, iov, count, (off_t)offset);
    return written < 0 ? -errno : written;
}

static int posix_datasync(struct os *os, int fd) {
    (void)os;
#if defined(F_FULLFSYNC) /* where fsync stops at the drive's cache */
    return result(fcntl(fd, F_FULLFSYNC));
#else
    return result(fdatasync(fd));
#endif
}

static int directory_of(const char *path, char *out, size_t size) {
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    if (len >= size) return -ENAMETOOLONG;
    memcpy(out, slash == NULL ? "." : path, len);
    out[len] = '\0';
    return 0;
}

/* File systems that cannot sync a directory say EINVAL: they keep entries in their own order. */
static int posix_sync_dir(struct os *os, const char *path) {
    (void)os;
    char directory[PATH_MAX];
    int code = directory_of(path, directory, sizeof directory);
    if (code < 0) return code;
    int fd = result(open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd < 0) return fd;
    code = result(fsync(fd));
    close(fd);
    return code == -EINVAL ? 0 : code;
}

static int posix_truncate(struct os *os, int fd, uint64_t len) {
    (void)os;
    return result(ftruncate(fd, (off_t)len));
}

/* For file systems without allocation: what lies beyond the end is written with zeros. */
static int zeros_append(int fd, uint64_t end) {
    static const char zeros[65536];
    struct stat st;
    if (fstat(fd, &st) < 0) return -errno;
    uint64_t at = (uint64_t)st.st_size;
    while (at < end) {
        size_t len = end - at < sizeof zeros ? (size_t)(end - at) : sizeof zeros;
        ssize_t written = pwrite(fd, zeros, len, (off_t)at);
        if (written < 0) return -errno;
        at += (uint64_t)written;
    }
    return 0;
}

static int posix_allocate(struct os *os, int fd, uint64_t offset, uint64_t len) {
    (void)os;
#if defined(__APPLE__)
    return zeros_append(fd, offset + len);
#else
    int errnum = posix_fallocate(fd, (off_t)offset, (off_t)len);
    if (errnum == EOPNOTSUPP || errnum == EINVAL || errnum == ENOSYS)
        return zeros_append(fd, offset + len);
    return -errnum;
#endif
}

static void stat_give(const struct stat *st, uint64_t *len, uint64_t *inode) {
    if (len != NULL) *len = (uint64_t)st->st_size;
    if (inode != NULL) *inode = (uint64_t)st->st_ino;
}

static int posix_stat(struct os *os, int fd, uint64_t *len, uint64_t *inode) {
    (void)os;
    struct stat st;
    if (fstat(fd, &st) < 0) return -errno;
    stat_give(&st, len, inode);
    return 0;
}

static int posix_stat_path(struct os *os, const char *path, uint64_t *len, uint64_t *inode) {
    (void)os;
    struct stat st;
    if (stat(path, &st) < 0) return -errno;
    stat_give(&st, len, inode);
    return 0;
}

/* What another process does to the file in between can only make the stretch one that is not there any more. */
static int posix_data_next(struct os *os, int fd, uint64_t from, uint64_t *begin, uint64_t *end) {
    uint64_t len;
    int code = posix_stat(os, fd, &len, NULL);
    if (code < 0 || from >= len) return code;
    *begin = from;
    *end = len;
#ifdef SEEK_HOLE
    off_t data = lseek(fd, (off_t)from, SEEK_DATA);
    if (data < 0 && errno == ENXIO) return 0;
    off_t hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
    if (hole < 0) return errno == EINVAL || errno == ENOTSUP ? 1 : -errno;
    *begin = (uint64_t)data;
    *end = (uint64_t)hole;
#endif
    return 1;
}

static int posix_unlink(struct os *os, const char *path) {
    (void)os;
    return result(unlink(path));
}

static int posix_rename(struct os *os, const char *from, const char *to) {
    (void)os;
    return result(rename(from, to));
}

static int lock_flock(int fd, enum os_lock lock) {
    int how = lock == OS_LOCK_EXCLUSIVE ? LOCK_EX : lock == OS_LOCK_SHARED ? LOCK_SH : LOCK_UN;
    return result(flock(fd, how | LOCK_NB));
}

/* Locks of the open file, not of the process: a second open in this process conflicts too,
 * and closing some other descriptor of the file does not drop them. */
static int posix_lock(struct os *os, int fd, enum os_lock lock, int64_t *holder_pid) {
    (void)os;
    if (holder_pid != NULL) *holder_pid = 0; /* such locks do not tell their holder */
#if defined(F_OFD_SETLK)
    struct flock whole = {0};
    whole.l_type = lock == OS_LOCK_EXCLUSIVE ? F_WRLCK : lock == OS_LOCK_SHARED ? F_RDLCK : F_UNLCK;
    whole.l_whence = SEEK_SET;
    int code = result(fcntl(fd, F_OFD_SETLK, &whole));
    if (code == -EACCES) code = -EAGAIN;
    if (code != -EINVAL && code != -EOPNOTSUPP) return code < 0 ? code : 0;
#endif
    return lock_flock(fd, lock);
}

static int posix_map(struct os *os, int fd, uint64_t len, bool writable, void **out) {
    (void)os;
    int protection = PROT_READ | (writable ? PROT_WRITE : 0);
    void *base = mmap(NULL, (size_t)len, protection, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (base == MAP_FAILED) return -errno;
    *out = base;
    return 0;
}

/* The system's pages may be larger than ours. What it shows of a file's last page behind the file's end is zeros. */
static int posix_map_part(struct os *os, int fd, void *base, uint64_t from, uint64_t len) {
    (void)os;
    const uint64_t grain = (uint64_t)sysconf(_SC_PAGESIZE), end = (from + len + grain - 1) / grain * grain;
    const int kind = fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
    from = (fd >= 0 ? from : from + grain - 1) / grain * grain;
    if (from >= end) return 0;
    void *part = mmap((char *)base + from, (size_t)(end - from), PROT_READ, kind | MAP_NORESERVE | MAP_FIXED, fd,
                      fd >= 0 ? (off_t)from : 0);
    return part == MAP_FAILED ? -errno : 0;
}

static int posix_unmap(struct os *os, void *base, uint64_t len) {
    (void)os;
    return result(munmap(base, (size_t)len));
}

static void posix_map_store(struct os *os, int fd, void *base, uint64_t offset, const void *src,
                            size_t len) {
    (void)os;
    (void)fd;
    memcpy((char *)base + offset, src, len);
}

static int posix_reserve(struct os *os, uint64_t len, void **out) {
    (void)os;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *base = mmap(NULL, (size_t)len, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (base == MAP_FAILED) return -errno;
    *out = base;
    return 0;
}

void os_large_pages(void *base, uint64_t len, bool wanted) {
#ifdef MADV_HUGEPAGE
    (void)madvise(base, (size_t)len, wanted ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
#else
    (void)base;
    (void)len;
    (void)wanted;
#endif
}

#if defined(__linux__) && !defined(MADV_COLLAPSE)
#define MADV_COLLAPSE 25 /* of Linux 6.1; older ones refuse it */
#endif

void os_large_page_join(void *base) {
#ifdef MADV_COLLAPSE
    (void)madvise(base, OS_LARGE_PAGE, MADV_COLLAPSE);
#else
    (void)base;
#endif
}

bool os_discard(void *base, uint64_t len) {
#if defined(__linux__)
    return madvise(base, (size_t)len, MADV_DONTNEED) == 0;
#else /* elsewhere that advice keeps the content */
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
    return mmap(base, (size_t)len, PROT_READ | PROT_WRITE, flags, -1, 0) != MAP_FAILED;
#endif
}

static int64_t posix_clock_ms(struct os *os) {
    (void)os;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint64_t posix_monotonic_ns(struct os *os) {
    (void)os;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int posix_sleep_us(struct os *os, uint64_t us) {
    (void)os;
    struct timespec time = os_moment(us);
    return result(nanosleep(&time, NULL));
}

static int random_device(char *buf, size_t len) {
    int fd = result(open("/dev/urandom", O_RDONLY | O_CLOEXEC));
    if (fd < 0) return fd;
    int code = 0;
    while (len > 0 && code == 0) {
        ssize_t got = read(fd, buf, len);
        if (got <= 0)
            code = got == 0 ? -EIO : -errno;
        else
            buf += got, len -= (size_t)got;
    }
    close(fd);
    return code;
}

static int posix_random(struct os *os, void *buf, size_t len) {
    (void)os;
#if defined(__linux__)
    if (len <= 256 && getrandom(buf, len, 0) == (ssize_t)len) return 0; /* so short: whole or not */
#endif
    return random_device(buf, len);
}

static const struct os_calls posix_calls = {
    .open = posix_open,
    .close = posix_close,
    .pread = posix_pread,
    .pwritev = posix_pwritev,
    .datasync = posix_datasync,
    .sync_dir = posix_sync_dir,
    .truncate = posix_truncate,
    .allocate = posix_allocate,
    .stat = posix_stat,
    .stat_path = posix_stat_path,
    .data_next = posix_data_next,
    .unlink = posix_unlink,
    .rename = posix_rename,
    .lock = posix_lock,
    .map = posix_map,
    .map_part = posix_map_part,
    .unmap = posix_unmap,
    .map_store = posix_map_store,
    .reserve = posix_reserve,
    .clock_ms = posix_clock_ms,
    .monotonic_ns = posix_monotonic_ns,
    .sleep_us = posix_sleep_us,
    .random = posix_random,
};

struct os *os_posix(void) {
    static struct os posix = {&posix_calls, NULL};
    return &posix;
}
