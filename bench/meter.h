/*
 * meter.h - what the system says: sync calls, sectors written, space taken.
 */
#ifndef BENCH_METER_H
#define BENCH_METER_H

#include <stdint.h>

/* fsync, fdatasync and msync(MS_SYNC) calls of this process, by whatever library. */
uint64_t meter_syncs(void);

/* Bytes written to the disk that holds dir, by everyone, from /proc/diskstats. 0: unknown. */
uint64_t meter_device_bytes(const char *dir);

/* Waits until the file system of dir has written all it holds. */
void meter_flush(const char *dir);

/* Bytes allocated for the files in dir. */
uint64_t meter_folder_bytes(const char *dir);

/* Removes the files of dir, making the folder when it is missing. */
void meter_folder_empty(const char *dir);

#endif
