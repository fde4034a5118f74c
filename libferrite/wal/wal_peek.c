/* wal_peek.c - reading a log's identity without opening it: for recovery and tools. */
#include <string.h>

#include "../error.h"
#include "../os/crc32c.h"
#include "wal_internal.h"

static bool copy_is_sound(const struct wal_header *copy) {
    return memcmp(copy->magic, "FERRWAL1", sizeof copy->magic) == 0 &&
           copy->crc == crc32c(0, (const uint8_t *)copy + sizeof copy->crc,
                               sizeof *copy - sizeof copy->crc);
}

int wal_peek(struct os *os, const char *path, struct wal_identity *id, uint64_t *released) {
    struct wal_header copies[2];
    size_t got = 0;
    int fd;
    memset(copies, 0, sizeof copies);
    int rc = os_open(os, path, OS_READ, &fd);
    if (rc != FERRITE_OK) return rc;
    rc = os_read(os, fd, path, copies, sizeof copies, 0, &got);
    os_close(os, fd);
    if (rc != FERRITE_OK) return rc;
    const struct wal_header *best = NULL;
    for (int i = 0; i < 2; i++)
        if (copy_is_sound(&copies[i]) && (best == NULL || copies[i].sequence > best->sequence))
            best = &copies[i];
    if (best == NULL) return error_set(FERRITE_CORRUPT, "%s: the log's header is damaged", path);
    memcpy(id->database_id, best->database_id, sizeof id->database_id);
    id->log_id = best->log_id;
    *released = best->released;
    return FERRITE_OK;
}
