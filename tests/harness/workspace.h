/*
 * workspace.h - a directory of one harness run, on memory when there is some.
 *
 * Under $FERRITE_TEST_DIR, else /dev/shm, else $TMPDIR, else /tmp. One thread at a time.
 */
#ifndef FERRITE_TESTS_WORKSPACE_H
#define FERRITE_TESTS_WORKSPACE_H

#include <stdbool.h>
#include <stddef.h>

struct workspace {
    char dir[160];
};

/* Makes a new, empty directory; aborts when it cannot. */
void workspace_make(struct workspace *workspace, const char *name);
/* Removes it with everything in it (two levels deep). With $FERRITE_KEEP set it stays, and is named. */
void workspace_remove(struct workspace *workspace);

/* Makes the directory, or removes the files in the one that is there. */
void directory_make_empty(const char *dir);

/* "<dir>/<name>" into `path`; `path` is given back. */
const char *workspace_path(const struct workspace *workspace, const char *name, char *path,
                           size_t size);

/* A whole file in memory (malloc), or NULL when there is none; and the other way round. */
unsigned char *file_load(const char *path, size_t *len);
void file_save(const char *path, const void *data, size_t len);

/* Seconds on a clock that never jumps. */
double seconds_now(void);

#endif
