/*
 * os.h - every system call of the library, behind one small table.
 *
 * `struct os_calls` is the raw table: each entry is one system call with that
 * call's own habits (it may be interrupted, it may write less than asked).
 * The os_* functions below it are what the layers above use: they retry EINTR,
 * complete short transfers and turn failures into FERRITE_* codes with a
 * sentence naming the file. So a test that injects EINTR or a short write into
 * the table tests the library's own retries, and a test that records the table
 * sees every write, size change, name change and sync.
 *
 * All raw entries return >= 0 or a negated errno. Any thread.
 */
#ifndef FERRITE_OS_H
#define FERRITE_OS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

struct os; /* one instance of the seam */

enum os_open_flags {
    OS_READ = 0,
    OS_WRITE = 1,     /* read and write */
    OS_CREATE = 2,    /* create when missing */
    OS_EXCLUSIVE = 4, /* with OS_CREATE: fail with EEXIST when it is there */
    OS_NO_LINK = 8,   /* fail with ELOOP when a symbolic link stands there */
};

enum os_lock { OS_UNLOCK, OS_LOCK_SHARED, OS_LOCK_EXCLUSIVE };

struct os_calls {
    /* A descriptor. ENOTSUP: what stands there is no ordinary file (a pipe, a device, …). */
    int (*open)(struct os *, const char *path, int os_open_flags);
    int (*close)(struct os *, int fd);
    ssize_t (*pread)(struct os *, int fd, void *buf, size_t len, uint64_t offset);
    ssize_t (*pwritev)(struct os *, int fd, const struct iovec *iov, int count, uint64_t offset);
    int (*datasync)(struct os *, int fd);                         /* fdatasync: content and length */
    int (*sync_dir)(struct os *, const char *path_of_a_file_in_it); /* the directory's entries */
    int (*truncate)(struct os *, int fd, uint64_t len);
    int (*allocate)(struct os *, int fd, uint64_t offset, uint64_t len); /* posix_fallocate */
    int (*stat)(struct os *, int fd, uint64_t *len, uint64_t *inode);
    int (*stat_path)(struct os *, const char *path, uint64_t *len, uint64_t *inode); /* -ENOENT */
    /* The first bytes at or behind `from` that lie in no hole: 1, or 0 when there are none. */
    int (*data_next)(struct os *, int fd, uint64_t from, uint64_t *begin, uint64_t *end);
    int (*unlink)(struct os *, const char *path);
    int (*rename)(struct os *, const char *from, const char *to);
    int (*lock)(struct os *, int fd, enum os_lock, int64_t *holder_pid); /* no wait; -EAGAIN */
    int (*map)(struct os *, int fd, uint64_t len, bool writable, void **out); /* shared, from 0 */
    /* Bytes [from, from + len) of a map that is not writable show the file (fd), or zeros of no file (-1). */
    int (*map_part)(struct os *, int fd, void *base, uint64_t from, uint64_t len);
    int (*unmap)(struct os *, void *base, uint64_t len);
    /* Stores into a writable map made by `map` on `fd`: memcpy, but seen by a recorder. */
    void (*map_store)(struct os *, int fd, void *base, uint64_t offset, const void *src, size_t len);
    int (*reserve)(struct os *, uint64_t len, void **out); /* zeroed private memory, backed when touched */
    int64_t (*clock_ms)(struct os *);      /* wall clock, ms since the epoch */
    uint64_t (*monotonic_ns)(struct os *);
    int (*sleep_us)(struct os *, uint64_t us);
    int (*random)(struct os *, void *buf, size_t len);
};

struct os {
    const struct os_calls *calls;
    void *ctx; /* of the implementation */
};

/* The real system. */
struct os *os_posix(void);

/* What the next ferrite_open uses: os_posix() unless a test replaced it. */
struct os *os_default(void);
void os_set_default(struct os *os);

/* The functions the layers above use. Codes are FERRITE_*; `name` is for the message. */
int os_open(struct os *os, const char *path, int flags, int *fd); /* FERRITE_NOTFOUND for ENOENT */
void os_close(struct os *os, int fd);
int os_read(struct os *os, int fd, const char *name, void *buf, size_t len, uint64_t offset,
            size_t *got); /* short only at the end of the file */
int os_write(struct os *os, int fd, const char *name, const void *buf, size_t len, uint64_t offset);
int os_writev(struct os *os, int fd, const char *name, struct iovec *iov, int count,
              uint64_t offset); /* iov is consumed; any count (split at IOV_MAX) */
int os_datasync(struct os *os, int fd, const char *name);
int os_sync_dir(struct os *os, const char *path);
int os_truncate(struct os *os, int fd, const char *name, uint64_t len);
int os_allocate(struct os *os, int fd, const char *name, uint64_t offset, uint64_t len);
int os_size(struct os *os, int fd, const char *name, uint64_t *len);
/* The first stretch at or behind `from` that is no hole; *begin == *end: there is none. Holes are zeros, and a file of
 * nothing else can be of any length. Where the system cannot tell, nothing is a hole. */
int os_data_next(struct os *os, int fd, const char *name, uint64_t from, uint64_t *begin, uint64_t *end);
int os_unlink(struct os *os, const char *path); /* a missing file is no error */
int os_rename(struct os *os, const char *from, const char *to);
int os_exists(struct os *os, const char *path, bool *exists);
/* Gives the lock back and closes; nothing when fd is -1. */
void os_close_locked(struct os *os, int fd, const char *name);
/* Whether `path` still leads to the open file; also when it leads nowhere. */
int os_same_file(struct os *os, int fd, const char *path, bool *same);
int os_lock(struct os *os, int fd, const char *name, enum os_lock lock,
            int64_t *holder_pid); /* FERRITE_BUSY at once when held by another */
int os_map(struct os *os, int fd, const char *name, uint64_t len, bool writable, void **out);
/* What a map for reading shows from `from` on: the file, or with fd -1 zeros, so that looking there is no SIGBUS when the
 * file ends before it. Others may be reading those bytes meanwhile. */
int os_map_part(struct os *os, int fd, const char *name, void *base, uint64_t from, uint64_t len);
void os_unmap(struct os *os, void *base, uint64_t len);
int os_reserve(struct os *os, uint64_t len, void **out); /* freed with os_unmap */
/* A hint for reserved memory, where the system has large pages: it is about to be used whole, or not any more. */
void os_large_pages(void *base, uint64_t len, bool wanted);
/* OS_LARGE_PAGE bytes of reserved memory, aligned to that and all in use, become one page of the system if it can do that;
 * their content stays. It copies them, and may take milliseconds. Whoever touches them meanwhile waits. */
#define OS_LARGE_PAGE (2u << 20)
void os_large_page_join(void *base);
/* Reserved memory whose content nobody needs: it goes back to the system, and is zeros when touched again. False: the
 * system would not (memory may be locked), and nothing happened. */
bool os_discard(void *base, uint64_t len);
int os_random(struct os *os, void *buf, size_t len);

static inline int64_t os_clock_ms(struct os *os) { return os->calls->clock_ms(os); }
static inline uint64_t os_monotonic_ns(struct os *os) { return os->calls->monotonic_ns(os); }
static inline uint64_t os_monotonic_us(struct os *os) { return os_monotonic_ns(os) / 1000; }
/* A moment of that clock, for waiting until it. */
static inline struct timespec os_moment(uint64_t us) {
    return (struct timespec){(time_t)(us / 1000000), (long)(us % 1000000) * 1000};
}
static inline void os_sleep_us(struct os *os, uint64_t us) { os->calls->sleep_us(os, us); }

/* A small number that changes in a child after fork: handles compare it. */
extern _Atomic uint32_t os_generation; /* 0 until the first question registers the fork handler */
uint32_t os_fork_generation_first(void);
static inline uint32_t os_fork_generation(void) {
    uint32_t now = atomic_load_explicit(&os_generation, memory_order_relaxed);
    return __builtin_expect(now != 0, 1) ? now : os_fork_generation_first();
}
uint32_t os_pid(void);

#endif
