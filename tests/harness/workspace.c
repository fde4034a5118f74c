/*
 * workspace.c - directories and whole files.
 */
#include "workspace.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *base_dir(void) {
    const char *chosen = getenv("FERRITE_TEST_DIR");
    if (chosen != NULL) return chosen;
    if (access("/dev/shm", W_OK | X_OK) == 0) return "/dev/shm";
    chosen = getenv("TMPDIR");
    return chosen != NULL ? chosen : "/tmp";
}

static void give_up(const char *what, const char *path) {
    fprintf(stderr, "harness: cannot %s %s\n", what, path);
    abort();
}

void workspace_make(struct workspace *workspace, const char *name) {
    snprintf(workspace->dir, sizeof workspace->dir, "%s/ferrite-%s-XXXXXX", base_dir(), name);
    if (mkdtemp(workspace->dir) == NULL) give_up("make", workspace->dir);
}

static void remove_tree(const char *path, int levels) {
    DIR *dir = opendir(path);
    if (dir == NULL) return;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char below[512];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        if (unlink(below) != 0 && levels > 0) remove_tree(below, levels - 1);
    }
    closedir(dir);
    rmdir(path);
}

void workspace_remove(struct workspace *workspace) {
    if (getenv("FERRITE_KEEP") != NULL) {
        fprintf(stderr, "kept: %s\n", workspace->dir);
        return;
    }
    remove_tree(workspace->dir, 2);
}

void directory_make_empty(const char *dir) {
    remove_tree(dir, 0);
    if (mkdir(dir, 0700) != 0) give_up("make", dir);
}

const char *workspace_path(const struct workspace *workspace, const char *name, char *path,
                           size_t size) {
    snprintf(path, size, "%s/%s", workspace->dir, name);
    return path;
}

unsigned char *file_load(const char *path, size_t *len) {
    FILE *file = fopen(path, "rb");
    struct stat facts;
    *len = 0;
    if (file == NULL) return NULL;
    if (fstat(fileno(file), &facts) != 0) give_up("look at", path);
    unsigned char *data = malloc((size_t)facts.st_size + 1);
    if (data == NULL) give_up("hold", path);
    *len = fread(data, 1, (size_t)facts.st_size, file);
    fclose(file);
    return data;
}

void file_save(const char *path, const void *data, size_t len) {
    FILE *file = fopen(path, "wb");
    if (file == NULL) give_up("write", path);
    if (fwrite(data, 1, len, file) != len) give_up("write", path);
    if (fclose(file) != 0) give_up("write", path);
}

double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
