/*
 * wal_header.c - the log's file header and its two copies. Called by wal.c and wal_append.c
 * under the writer lock (wal_peek by anyone).
 *
 * A copy is one sector, which a disk writes wholly or not at all; a copy that fails to be written
 * is written again before the other is touched, so one of them is always good.
 */
#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "../os/crc32c.h"
#include "wal_internal.h"

static const char MAGIC[8] = {'F', 'E', 'R', 'R', 'W', 'A', 'L', '1'};

static uint32_t header_crc(const struct wal_header *header) {
    return crc32c(0, (const uint8_t *)header + sizeof header->crc,
                  sizeof *header - sizeof header->crc);
}

static bool header_is_sound(const struct wal_header *header) {
    return memcmp(header->magic, MAGIC, sizeof MAGIC) == 0 && header->crc == header_crc(header);
}

static void header_fill(const struct wal *wal, uint64_t sequence, struct wal_header *header) {
    memset(header, 0, sizeof *header);
    header->version = WAL_VERSION;
    memcpy(header->magic, MAGIC, sizeof MAGIC);
    memcpy(header->database_id, wal->id.database_id, sizeof header->database_id);
    header->log_id = wal->id.log_id;
    header->sequence = sequence;
    header->base = wal->base;
    header->capacity = wal->capacity;
    header->released = wal->released;
    header->crc = header_crc(header);
}

/* FERRITE_OK when the copy may count; else why not. */
static int header_check(const struct wal *wal, const struct wal_header *header, uint64_t file_len) {
    const char *name = wal->path;
    if (!header_is_sound(header))
        return error_set(FERRITE_CORRUPT, "%s: the log's header is damaged", name);
    if (header->version != WAL_VERSION)
        return error_set(FERRITE_VERSION, "%s: log format %u, this library reads %u", name,
                         header->version, WAL_VERSION);
    if (memcmp(header->database_id, wal->id.database_id, sizeof header->database_id) != 0 ||
        header->log_id != wal->id.log_id)
        return error_set(FERRITE_CORRUPT, "%s: the log belongs to another database", name);
    if (header->capacity < WAL_INITIAL_CAPACITY || header->released < header->base ||
        header->released > WAL_LSN_MAX)
        return error_set(FERRITE_CORRUPT, "%s: the log's header makes no sense", name);
    /* Growth may have reached the header and not the file's length, so a claim beyond the
     * end is no damage; but no claim may fill the disk. */
    uint64_t trusted = WAL_CAPACITY_TRUSTED;
    if (trusted < wal->capacity_max) trusted = wal->capacity_max;
    if (trusted < file_len) trusted = file_len;
    if (header->capacity > trusted)
        return error_set(FERRITE_CORRUPT,
                         "%s: the log claims %llu bytes; a log_size of that much would admit it",
                         name, (unsigned long long)header->capacity);
    return FERRITE_OK;
}

static void header_adopt(struct wal *wal, const struct wal_header *header, uint32_t slot) {
    wal->slot = slot;
    wal->sequence = header->sequence;
    wal->base = header->base;
    wal->capacity = header->capacity;
    wal->released = header->released;
}

int wal_header_read(struct wal *wal, uint64_t file_len) {
    struct wal_header copies[2];
    size_t got;
    memset(copies, 0, sizeof copies);
    int code = os_read(wal->os, wal->fd, wal->path, copies, sizeof copies, 0, &got);
    if (code != FERRITE_OK) return code;
    bool found = false;
    for (uint32_t slot = 0; slot < 2; slot++) {
        if (found && copies[slot].sequence <= wal->sequence) continue;
        int problem = header_check(wal, &copies[slot], file_len);
        if (problem == FERRITE_OK) {
            header_adopt(wal, &copies[slot], slot);
            found = true;
        } else if (!found && code != FERRITE_VERSION) {
            code = problem;
        }
    }
    return found ? FERRITE_OK : code;
}

int wal_header_create(struct wal *wal) {
    struct wal_header copies[2];
    header_fill(wal, 1, &copies[0]);
    header_fill(wal, 2, &copies[1]);
    wal->slot = 1;
    wal->sequence = 2;
    return os_write(wal->os, wal->fd, wal->path, copies, sizeof copies, 0);
}

int wal_header_write(struct wal *wal) {
    struct wal_header header;
    uint32_t slot = 1 - wal->slot;
    header_fill(wal, ++wal->sequence, &header); /* above what a failed try may have left there */
    int code =
        os_write(wal->os, wal->fd, wal->path, &header, sizeof header, slot * WAL_HEADER_COPY);
    if (code == FERRITE_OK) wal->slot = slot;
    return code;
}

int wal_peek(struct os *os, const char *path, struct wal_identity *id, uint64_t *released) {
    struct wal_header copies[2] = {{0}, {0}};
    size_t got;
    int fd;
    int code = os_open(os, path, OS_READ, &fd);
    if (code != FERRITE_OK) return code;
    code = os_read(os, fd, path, copies, sizeof copies, 0, &got);
    os_close(os, fd);
    if (code != FERRITE_OK) return code;
    const struct wal_header *best = NULL;
    for (int slot = 0; slot < 2; slot++)
        if (header_is_sound(&copies[slot]) &&
            (best == NULL || copies[slot].sequence > best->sequence))
            best = &copies[slot];
    if (best == NULL) return error_set(FERRITE_CORRUPT, "%s: the log's header is damaged", path);
    memcpy(id->database_id, best->database_id, sizeof id->database_id);
    id->log_id = best->log_id;
    *released = best->released;
    return FERRITE_OK;
}
