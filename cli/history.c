/*
 * history.c - what was typed in earlier shells. See history.h. Failures only mean no history.
 */
#include "history.h"

#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEPT_LINES 1000
#define PATH_SIZE  4096

static bool is_folder(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The folder of Ferrite below the user's state folder is made when it is missing. */
static bool state_path(char *path, const char *state) {
    char folder[PATH_SIZE - 16];
    if (snprintf(folder, sizeof folder, "%s/ferrite", state) >= (int)sizeof folder) return false;
    if (!is_folder(state) || (mkdir(folder, 0700) < 0 && errno != EEXIST)) return false;
    return snprintf(path, PATH_SIZE, "%s/history", folder) < PATH_SIZE;
}

static bool history_path(char *path) {
    const char *named = getenv("FERRITE_HISTFILE"), *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    char folder[PATH_SIZE];
    if (named) return *named && snprintf(path, PATH_SIZE, "%s", named) < PATH_SIZE;
    if (state && *state && state_path(path, state)) return true;
    if (!home || !*home) return false;
    if (snprintf(folder, sizeof folder, "%s/.local/state", home) < PATH_SIZE &&
        state_path(path, folder))
        return true;
    return snprintf(path, PATH_SIZE, "%s/.ferrite_history", home) < PATH_SIZE;
}

/* The start of the last KEPT_LINES lines. */
static char *kept_part(char *text, size_t len) {
    size_t at = len;
    for (int lines = 0; at > 0; at--)
        if (text[at - 1] == '\n' && ++lines > KEPT_LINES) break;
    return text + at;
}

/* Twice as long as need be: written anew, under another name first. */
static void shorten(const char *path, const char *kept, size_t len) {
    char temporary[PATH_SIZE + 8];
    snprintf(temporary, sizeof temporary, "%s.new", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return;
    bool written = write(fd, kept, len) == (ssize_t)len;
    if (close(fd) < 0 || !written || rename(temporary, path) < 0) unlink(temporary);
}

static size_t count_lines(const char *text, size_t len) {
    size_t count = 0;
    for (size_t i = 0; i < len; i++) count += text[i] == '\n';
    return count;
}

void history_load(void (*remember)(void *ctx, const char *line), void *ctx) {
    char path[PATH_SIZE];
    size_t len = 0;
    int fd = history_path(path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return;
    char *text = read_all(fd, &len);
    close(fd);
    if (!text || !len) {
        free(text);
        return;
    }
    char *kept = kept_part(text, len);
    size_t kept_len = len - (size_t)(kept - text);
    if (count_lines(text, len) > 2 * KEPT_LINES) shorten(path, kept, kept_len);
    for (char *end; (end = memchr(kept, '\n', kept_len));
         kept_len -= (size_t)(end + 1 - kept), kept = end + 1) {
        *end = 0;
        remember(ctx, kept);
    }
    free(text);
}

void history_append(const char *line, size_t len) {
    char path[PATH_SIZE];
    if (!len || line[0] == ' ' || memchr(line, 0, len) || !history_path(path)) return;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    char *entry = fd < 0 ? NULL : malloc(len + 1);
    if (entry) {
        memcpy(entry, line, len);
        entry[len] = '\n';
        if (write(fd, entry, len + 1) < 0) errno = 0; /* then there is no history */
        free(entry);
    }
    if (fd >= 0) close(fd);
}
