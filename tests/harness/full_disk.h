/*
 * full_disk.h - fills a disk and goes on.
 *
 * Writes until the disk is full, in many small or a few large values. From then on (E7) every key
 * must be readable, every delete must succeed, and the room so made must be usable again, all
 * without the file growing; after a reopen everything must be right. One thread at a time.
 */
#ifndef FERRITE_TESTS_FULL_DISK_H
#define FERRITE_TESTS_FULL_DISK_H

#include <stdint.h>

struct full_disk_plan {
    uint64_t seed;
    int sync_mode;
    uint32_t value_max; /* bytes */
    uint32_t
        keys; /* written before the disk is full: 1 MiB at least, so that a close keeps a reserve */
};

/* 0, or 1 after telling on standard error what was wrong. */
int full_disk_run(const struct full_disk_plan *plan);

#endif
