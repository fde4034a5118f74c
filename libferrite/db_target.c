/*
 * db_target.c - see db_target.h.
 */
#include "db_target.h"

#include <string.h>

#include "error.h"
#include "os/mem.h"
#include "pager/meta.h"

/* Only a database, or an empty file, is written over: whatever else stands there was not meant. */
static int replaceable(struct target *target) {
    struct page pages[2];
    size_t got = 0;
    int code = os_read(target->os, target->fd, target->path, pages, sizeof pages, 0, &got);
    if (code != FERRITE_OK || got == 0) return code;
    for (int i = 0; i < 2 && got >= (i + 1) * sizeof *pages; i++)
        if (memcmp(pages[i].body, META_MAGIC, sizeof META_MAGIC - 1) == 0) return FERRITE_OK;
    return error_set(FERRITE_INVALID, "%s exists and is no Ferrite database", target->path);
}

static int target_lock(struct target *target) {
    int code = os_open(target->os, target->path, OS_WRITE, &target->fd);
    if (code == FERRITE_NOTFOUND) return FERRITE_OK;
    if (code == FERRITE_OK)
        code = os_lock(target->os, target->fd, target->path, OS_LOCK_EXCLUSIVE, NULL);
    if (code == FERRITE_BUSY) return error_set(FERRITE_BUSY, "%s is open: it cannot be replaced", target->path);
    return code == FERRITE_OK ? replaceable(target) : code;
}

/* Only the name goes, and only if it is still that of the locked file: what was opened may be another backup's by
 * now, or already its target. */
static int temporary_unlink(struct target *target, int fd) {
    bool same = false;
    int code = os_lock(target->os, fd, target->temporary, OS_LOCK_EXCLUSIVE, NULL);
    if (code == FERRITE_OK) code = os_same_file(target->os, fd, target->temporary, &same);
    if (code == FERRITE_OK && !same) code = FERRITE_BUSY;
    if (code == FERRITE_BUSY) return error_set(FERRITE_BUSY, "%s is being written", target->path);
    return code == FERRITE_OK ? os_unlink(target->os, target->temporary) : code;
}

/* Removes what a crash left. Whoever writes there right now holds its lock. */
static int temporary_clear(struct target *target) {
    int fd = -1;
    int code = os_open(target->os, target->temporary, OS_WRITE, &fd);
    if (code == FERRITE_NOTFOUND) return FERRITE_OK;
    if (code != FERRITE_OK) return code;
    code = temporary_unlink(target, fd);
    os_close_locked(target->os, fd, target->temporary);
    return code;
}

static void target_free(struct target *target) {
    os_close_locked(target->os, target->written, target->temporary);
    os_close_locked(target->os, target->fd, target->path);
    mem_free(target->path);
    mem_free(target->temporary);
    mem_free(target->log);
    *target = (struct target){.fd = -1, .written = -1};
}

int target_name_check(const char *path) {
    if (path[0] == '\0') return error_set(FERRITE_INVALID, "the path is empty");
    if (strcmp(path, ":memory:") != 0) return FERRITE_OK;
    return error_set(FERRITE_INVALID, ":memory: is no file, and would be gone at once");
}

int target_begin(struct target *target, struct os *os, const char *path) {
    *target = (struct target){.os = os, .fd = -1, .written = -1};
    if (target_name_check(path) != FERRITE_OK) return FERRITE_INVALID;
    target->path = mem_join(path, "");
    target->temporary = mem_join(path, "-tmp");
    target->log = mem_join(path, "-wal");
    bool ok = target->path != NULL && target->temporary != NULL && target->log != NULL;
    int code = ok ? target_lock(target) : error_nomem();
    if (code == FERRITE_OK) code = temporary_clear(target);
    if (code != FERRITE_OK) target_free(target);
    return code;
}

/* A database may have been made at the target in the meantime. */
static int target_lock_again(struct target *target) {
    return target->fd >= 0 ? FERRITE_OK : target_lock(target);
}

/* The log of a database that is no more goes last: until then it may be needed. */
int target_put(struct target *target) {
    int code = os_datasync(target->os, target->written, target->temporary);
    if (code == FERRITE_OK) code = target_lock_again(target);
    if (code == FERRITE_OK) code = os_rename(target->os, target->temporary, target->path);
    if (code != FERRITE_OK) return target_drop(target, code);
    code = os_sync_dir(target->os, target->path);
    if (code == FERRITE_OK && target->fd >= 0) code = os_unlink(target->os, target->log);
    target_free(target);
    return code;
}

/* Without a descriptor there may still be a file: of an open that failed. */
int target_drop(struct target *target, int code) {
    const struct error_kept kept = error_keep(code);
    if (target->written >= 0)
        (void)os_unlink(target->os, target->temporary);
    else
        (void)temporary_clear(target);
    target_free(target);
    return error_restore(&kept);
}
