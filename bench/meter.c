/*
 * meter.c - see meter.h. The sync calls are counted by standing in front of libc's: the dynamic
 * linker finds this program's symbols first, for the peers' libraries too.
 */
#define _GNU_SOURCE
#include "meter.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "bench.h"

static atomic_uint_fast64_t syncs;

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define SEEN       __attribute__((visibility("default"))) /* by the peers' libraries */

SEEN int fsync(int fd) {
    atomic_fetch_add(&syncs, 1);
    return NEXT(fsync)(fd);
}

SEEN int fdatasync(int fd) {
    atomic_fetch_add(&syncs, 1);
    return NEXT(fdatasync)(fd);
}

SEEN int msync(void *address, size_t len, int flags) {
    if (flags & MS_SYNC) atomic_fetch_add(&syncs, 1);
    return NEXT(msync)(address, len, flags);
}

uint64_t meter_syncs(void) { return atomic_load(&syncs); }

uint64_t meter_device_bytes(const char *dir) {
    struct stat about;
    if (stat(dir, &about)) return 0;
    FILE *file = fopen("/proc/diskstats", "r");
    if (!file) return 0;
    char line[512];
    uint64_t bytes = 0;
    while (fgets(line, sizeof line, file)) {
        unsigned device, part;
        unsigned long long sectors;
        int fields = sscanf(line, "%u %u %*s %*u %*u %*u %*u %*u %*u %llu", &device, &part, &sectors);
        if (fields == 3 && makedev(device, part) == about.st_dev) bytes = sectors * 512;
    }
    fclose(file);
    return bytes;
}

void meter_flush(const char *dir) {
    int fd = open(dir, O_RDONLY | O_DIRECTORY);
    if (fd < 0) return;
    syncfs(fd);
    close(fd);
}

static void folder_each(const char *dir, void (*fn)(const char *path, void *ctx), void *ctx) {
    DIR *folder = opendir(dir);
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[1024];
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        fn(path, ctx);
    }
    closedir(folder);
}

static void add_bytes(const char *path, void *ctx) {
    struct stat about;
    if (!stat(path, &about)) *(uint64_t *)ctx += (uint64_t)about.st_blocks * 512;
}

uint64_t meter_folder_bytes(const char *dir) {
    uint64_t bytes = 0;
    folder_each(dir, add_bytes, &bytes);
    return bytes;
}

static void remove_one(const char *path, void *ctx) {
    (void)ctx;
    if (unlink(path)) bench_die("cannot remove %s", path);
}

void meter_folder_empty(const char *dir) {
    mkdir(dir, 0777);
    folder_each(dir, remove_one, NULL);
}
