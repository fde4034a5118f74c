/*
 * engine_raw.c - no database: a 128-byte pwrite and an fdatasync a commit, into space that was filled
 * with zeros before. What the disk allows; only the durable workloads run it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

#define RAW_SPACE (16u << 20)
#define RAW_RECORD 128u

struct raw {
    int fd;
    uint64_t offset;
};

static void *raw_open(const char *dir, bool durable) {
    struct raw *raw = calloc(1, sizeof *raw);
    char path[1024];
    static char zeros[1 << 20];
    (void)durable;
    mkdir(dir, 0777);
    snprintf(path, sizeof path, "%s/raw", dir);
    raw->fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    if (raw->fd < 0) bench_die("raw: cannot create %s", path);
    for (uint64_t at = 0; at < RAW_SPACE; at += sizeof zeros)
        if (pwrite(raw->fd, zeros, sizeof zeros, (off_t)at) < 0) bench_die("raw: write failed");
    if (fsync(raw->fd)) bench_die("raw: fsync failed");
    return raw;
}

static void raw_close(void *handle) {
    struct raw *raw = handle;
    close(raw->fd);
    free(raw);
}

static void *raw_session_open(void *raw) { return raw; }
static void raw_session_close(void *raw) { (void)raw; }

static void raw_put(void *handle, const char *key, const char *value) {
    struct raw *raw = handle;
    char record[RAW_RECORD];
    memcpy(record, key, KEY_LEN);
    memcpy(record + KEY_LEN, value, VALUE_LEN);
    memset(record + KEY_LEN + VALUE_LEN, 0, RAW_RECORD - KEY_LEN - VALUE_LEN);
    if (pwrite(raw->fd, record, RAW_RECORD, (off_t)raw->offset) < 0 || fdatasync(raw->fd))
        bench_die("raw: write failed");
    raw->offset = (raw->offset + RAW_RECORD) % RAW_SPACE;
}

const struct bench_engine engine_raw = {
    .name = "raw",
    .settings = "",
    .special = true,
    .transient = true,
    .settings_durable = "pwrite of 128 B into zero-filled space, then fdatasync",
    .open = raw_open,
    .close = raw_close,
    .session_open = raw_session_open,
    .session_close = raw_session_close,
    .put = raw_put,
};
