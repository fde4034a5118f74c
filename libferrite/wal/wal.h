/*
 * wal.h - the write-ahead log: frames in, frames out. Knows no tree and no page.
 *
 * One file `<database>-wal`, preallocated and circular. The log is a stream of
 * bytes numbered by LSN (log sequence number); byte LSN lies at physical place
 *     WAL_HEADER_SIZE + (LSN - base) mod capacity
 * where (base, capacity) stand in the header. A frame may wrap around the end.
 *
 * File header: two copies of 512 bytes at offsets 0 and 512 (WAL_HEADER_SIZE is 4096);
 * the valid one with the higher sequence counts, a change writes the other one.
 *    0  u32  crc32c of bytes 4..511
 *    4  u32  format version
 *    8  8 B  magic "FERRWAL1"
 *   16  16 B database id
 *   32  u64  log id (random; the meta page of an open database names it)
 *   40  u64  sequence of this header copy
 *   48  u64  base LSN       (LSN of place 0; moves when the log grows or was emptied)
 *   56  u64  capacity, bytes
 *   64  u64  released LSN   (frames before it are in a durable checkpoint and may be overwritten)
 *
 * Frame (24-byte header, little endian, then `len` bytes; the next frame begins at once):
 *    0  u32  crc32c of bytes 4.. of the frame, seeded with the previous frame's crc
 *    4  u32  len, payload bytes; the top bit (WAL_PARTIAL) set when more frames of the txn follow
 *    8  u64  LSN of this frame's first byte
 *   16  u64  txn id
 * The seed of the first frame of a log is crc32c(database id, log id). Chaining
 * the crc means that a frame left over from before a crash can never follow a frame
 * written after it; who opens a log for writing makes that certain by putting a random
 * nonce (a frame with txn id 0 and 8 payload bytes) before its first append, durable before
 * anything else and before the header places a byte elsewhere.
 *
 * A frame counts only if it is complete, its LSN is the next one and its crc is right.
 *
 * Growth: the file starts small (WAL_INITIAL_CAPACITY) and doubles, up to the bound
 * given (E5), whenever there is no room and the live range [released, head) lies in one lap:
 * the base moves so that live bytes keep their places. The file is allocated first, then
 * the header is written, then frames beyond the old capacity. A full disk just stops the growth.
 * A release of everything lets a log that may still grow begin again at place 0.
 *
 * Writing: in modes without fsync an append is stored through a writable map
 * (os map_store), so that kill -9 loses nothing. In durable modes appends collect in a memory
 * buffer, and wal_sync writes the buffer with one pwritev and fdatasyncs. Both may be mixed.
 *
 * Threads: append/release/grow under the engine's writer lock; wal_sync may run beside
 * appends (it takes the wal's own small mutex only to swap the buffer), by one thread at a time.
 */
#ifndef FERRITE_WAL_H
#define FERRITE_WAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../os/os.h"

#define WAL_HEADER_SIZE      4096u
#define WAL_FRAME_HEADER     24u
#define WAL_INITIAL_CAPACITY (64u * 1024u)
#define WAL_PARTIAL          0x80000000u

struct wal;

/* Where reading starts or a checkpoint stands: an LSN and the crc of the frame before it. */
struct wal_position {
    uint64_t lsn;
    uint32_t crc;
};

struct wal_identity {
    uint8_t database_id[16];
    uint64_t log_id;
};

/* Makes a new log (replacing any file there), durable including its name, starting at LSN
 * `start_lsn`. `capacity_max` bytes bounds it for its life (at least WAL_INITIAL_CAPACITY). */
int wal_create(struct os *os, const char *path, const struct wal_identity *id, uint64_t start_lsn,
               uint64_t capacity_max, struct wal **out);

/* Opens an existing log. FERRITE_NOTFOUND without a file; FERRITE_CORRUPT when both header copies
 * are damaged or the identity differs. With read_only nothing is ever written. */
int wal_open(struct os *os, const char *path, const struct wal_identity *id, uint64_t capacity_max,
             bool read_only, struct wal **out);

/* Whose log this is, by its sound header copy, and how far it was released: for an open that has
 * lost the meta page naming it, and for tools. FERRITE_NOTFOUND without a file; FERRITE_CORRUPT. */
int wal_peek(struct os *os, const char *path, struct wal_identity *id, uint64_t *released);

/* The position of a log's very first byte: start LSN and seed crc. */
struct wal_position wal_start(const struct wal_identity *id, uint64_t start_lsn);

uint64_t wal_released(const struct wal *wal);
uint64_t wal_capacity(const struct wal *wal);

/* Recovery: calls fn for each valid frame from `from` on, in order, until the first that does not
 * count, with the position behind it. Nonce frames are skipped. Sets the append position to the
 * end found and gives it in `end`. A nonzero result of fn stops and is returned. payload is valid
 * during the call. Frames larger than the log are treated as invalid. I/O errors are errors, not
 * ends. fn may release what it has seen. Open for writing, the frames are written once more in the
 * end: after a failed sync the system may hold what the disk never got. */
int wal_replay(struct wal *wal, struct wal_position from,
               int (*fn)(void *ctx, uint64_t txid, struct wal_position end, bool partial,
                         const uint8_t *payload, size_t len),
               void *ctx, struct wal_position *end);

/* Sets what is appended from now on apart from frames that an earlier process left: writes the nonce and syncs it, if
 * that is still due. FERRITE_LIMIT: no room even for that, until frames are released. FERRITE_IO: the log has failed. */
int wal_continue(struct wal *wal);

/* True when a frame of `len` payload bytes can be appended now, growing the file if needed. */
bool wal_has_room(struct wal *wal, size_t len);

/* Appends one frame, or FERRITE_LIMIT (and nothing happened) when there is no room.
 * `through_map` chooses the way of writing. Gives the position after the frame. */
int wal_append(struct wal *wal, uint64_t txid, bool partial, const void *payload, size_t len,
               bool through_map, struct wal_position *end);

struct wal_position wal_head(const struct wal *wal); /* after the last append */
uint64_t wal_synced(const struct wal *wal);          /* durable up to here (atomic read) */

/* Writes what is buffered and makes everything appended before the call durable; gives the LSN
 * reached. After a failure every later sync and append fails with FERRITE_IO. */
int wal_sync(struct wal *wal, uint64_t *reached);

/* Frames before `lsn` are no longer needed: a durable checkpoint holds them. Writes the header. */
int wal_release(struct wal *wal, uint64_t lsn);

uint64_t wal_sync_count(const struct wal *wal); /* fdatasyncs done, for statistics */

void wal_close(struct wal *wal); /* unmaps and closes; the file stays */

#endif
