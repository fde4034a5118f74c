/*
 * sim_trace.c - the entries of a trace: recorded, read, printed. See sim_os.h for the model, sim_image.c for what is
 * made of them.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "sim_trace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void *sim_alloc(size_t size) {
    void *block = calloc(1, size != 0 ? size : 1);
    if (block == NULL) abort();
    return block;
}

char *sim_copy(const char *text) {
    char *copy = strdup(text);
    if (copy == NULL) abort();
    return copy;
}

void sim_fatal(const char *what, const char *path) {
    fprintf(stderr, "sim_trace: cannot %s %s: %s\n", what, path, strerror(errno));
    abort();
}

void *sim_enlarge(void *block, size_t size) {
    block = realloc(block, size);
    if (block == NULL) abort();
    return block;
}

void sim_path_join(char *out, size_t size, const char *dir, const char *name) {
    if (snprintf(out, size, "%s/%s", dir, name) >= (int)size) abort();
}

/* ---- recording ---- */

struct trace_entry *trace_add(struct trace *trace, enum trace_kind kind, uint32_t file) {
    if (trace->count == trace->size) {
        trace->size = trace->size == 0 ? 256 : trace->size * 2;
        trace->entries = sim_enlarge(trace->entries, trace->size * sizeof *trace->entries);
    }
    struct trace_entry *entry = &trace->entries[trace->count++];
    memset(entry, 0, sizeof *entry);
    entry->kind = kind;
    entry->file = file;
    return entry;
}

const char *trace_name_of(const struct trace *trace, const char *path) {
    size_t len = strlen(trace->dir);
    if (strncmp(path, trace->dir, len) != 0 || path[len] != '/') return NULL;
    const char *name = path + len + 1;
    return strchr(name, '/') == NULL ? name : NULL;
}

static struct traced_name *name_find(const struct trace *trace, const char *name) {
    for (size_t i = 0; i < trace->name_count; i++)
        if (strcmp(trace->names[i].name, name) == 0) return &trace->names[i];
    return NULL;
}

uint32_t trace_file_named(const struct trace *trace, const char *name) {
    const struct traced_name *found = name_find(trace, name);
    return found != NULL ? found->file : NO_FILE;
}

void traced_name_set(struct traced_name **names, size_t *count, const char *name, uint32_t file) {
    for (size_t i = 0; i < *count; i++)
        if (strcmp((*names)[i].name, name) == 0) {
            (*names)[i].file = file;
            return;
        }
    *names = sim_enlarge(*names, (*count + 1) * sizeof **names);
    (*names)[(*count)++] = (struct traced_name){sim_copy(name), file};
}

void traced_name_remove(struct traced_name *names, size_t *count, const char *name, uint32_t file) {
    for (size_t i = 0; i < *count; i++)
        if (strcmp(names[i].name, name) == 0 && names[i].file == file) {
            free(names[i].name);
            names[i] = names[--*count];
            return;
        }
}

static uint32_t file_add(struct trace *trace) {
    trace->files = sim_enlarge(trace->files, (trace->file_count + 1) * sizeof *trace->files);
    trace->files[trace->file_count] = (struct traced_file){0};
    return trace->file_count++;
}

void trace_created(struct trace *trace, const char *name) {
    uint32_t file = file_add(trace);
    traced_name_set(&trace->names, &trace->name_count, name, file);
    trace_add(trace, TRACE_CREATE, file)->path = sim_copy(name);
}

void trace_unlinked(struct trace *trace, const char *name) {
    uint32_t file = trace_file_named(trace, name);
    if (file == NO_FILE) return;
    traced_name_remove(trace->names, &trace->name_count, name, file);
    trace_add(trace, TRACE_UNLINK, file)->path = sim_copy(name);
}

void trace_renamed(struct trace *trace, const char *from, const char *to) {
    uint32_t file = trace_file_named(trace, from);
    if (file == NO_FILE) return;
    traced_name_remove(trace->names, &trace->name_count, from, file);
    traced_name_set(&trace->names, &trace->name_count, to, file);
    struct trace_entry *entry = trace_add(trace, TRACE_RENAME, file);
    entry->path = sim_copy(from);
    entry->path_to = sim_copy(to);
}

void trace_length_set(struct trace *trace, uint32_t file, uint64_t len) {
    trace->files[file].len = len;
    trace_add(trace, TRACE_LENGTH, file)->offset = len;
}

void trace_written(struct trace *trace, uint32_t file, uint64_t offset, const struct iovec *iov,
                   int count, size_t len, bool mapped) {
    if (offset + len > trace->files[file].len) trace_length_set(trace, file, offset + len);
    struct trace_entry *entry = trace_add(trace, TRACE_WRITE, file);
    entry->mapped = mapped;
    entry->offset = offset;
    entry->len = len;
    entry->bytes = sim_alloc(len);
    size_t done = 0;
    for (int i = 0; i < count && done < len; i++) {
        size_t part = iov[i].iov_len < len - done ? iov[i].iov_len : len - done;
        memcpy(entry->bytes + done, iov[i].iov_base, part);
        done += part;
    }
}

void trace_mark(struct trace *trace, uint64_t tag) {
    pthread_mutex_lock(trace->mutex);
    if (trace->active) trace_add(trace, TRACE_MARK, NO_FILE)->tag = tag;
    pthread_mutex_unlock(trace->mutex);
}

/* ---- the directory as it was ---- */

static void file_load(struct traced_file *file, const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) sim_fatal("open", path);
    file->base_len = file->len = (uint64_t)st.st_size;
    file->base = sim_alloc((size_t)st.st_size);
    for (off_t at = 0; at < st.st_size;) {
        ssize_t n = pread(fd, file->base + at, (size_t)(st.st_size - at), at);
        if (n <= 0) sim_fatal("read", path);
        at += n;
    }
    close(fd);
}

bool sim_is_regular(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

struct trace *trace_new(pthread_mutex_t *mutex, const char *dir) {
    struct trace *trace = sim_alloc(sizeof *trace);
    trace->mutex = mutex;
    trace->dir = sim_copy(dir);
    trace->active = true;
    DIR *stream = opendir(dir);
    if (stream == NULL) sim_fatal("open", dir);
    for (struct dirent *found; (found = readdir(stream)) != NULL;) {
        char path[4096];
        sim_path_join(path, sizeof path, dir, found->d_name);
        if (!sim_is_regular(path)) continue;
        uint32_t file = file_add(trace);
        file_load(&trace->files[file], path);
        trace->files[file].base_name = sim_copy(found->d_name);
        traced_name_set(&trace->names, &trace->name_count, found->d_name, file);
    }
    closedir(stream);
    return trace;
}

void traced_names_free(struct traced_name *names, size_t count) {
    for (size_t i = 0; i < count; i++) free(names[i].name);
    free(names);
}

void trace_free(struct trace *trace) {
    for (size_t i = 0; i < trace->count; i++) {
        free(trace->entries[i].bytes);
        free(trace->entries[i].path);
        free(trace->entries[i].path_to);
    }
    for (uint32_t file = 0; file < trace->file_count; file++) {
        free(trace->files[file].base_name);
        free(trace->files[file].base);
    }
    traced_names_free(trace->names, trace->name_count);
    free(trace->entries);
    free(trace->files);
    free(trace->dir);
    free(trace);
}

/* ---- reading ---- */

size_t trace_length(const struct trace *trace) { return trace->count; }

const struct trace_entry *trace_entry_at(const struct trace *trace, size_t index) {
    return &trace->entries[index];
}

bool trace_matters(const struct trace_entry *entry) { return entry->kind != TRACE_MARK; }

uint64_t trace_last_mark(const struct trace *trace, size_t point, uint64_t none) {
    while (point-- > 0)
        if (trace->entries[point].kind == TRACE_MARK) return trace->entries[point].tag;
    return none;
}

void trace_print(const struct trace *trace, size_t from, size_t point) {
    static const char *const kinds[] = {"create",   "write",  "length",   "rename", "unlink",
                                        "datasync", "failed", "sync_dir", "mark"};
    for (size_t i = from; i < point && i < trace->count; i++) {
        const struct trace_entry *entry = &trace->entries[i];
        fprintf(stderr, "%6zu %-8s", i, kinds[entry->kind]);
        if (entry->file != NO_FILE) fprintf(stderr, " file %u", entry->file);
        if (entry->kind == TRACE_WRITE)
            fprintf(stderr, " %llu+%zu%s", (unsigned long long)entry->offset, entry->len,
                    entry->mapped ? " mapped" : "");
        if (entry->kind == TRACE_LENGTH)
            fprintf(stderr, " %llu", (unsigned long long)entry->offset);
        if (entry->kind == TRACE_DATASYNC || entry->kind == TRACE_SYNC_DIR)
            fprintf(stderr, " covers %zu", entry->covers);
        if (entry->kind == TRACE_MARK) fprintf(stderr, " %llu", (unsigned long long)entry->tag);
        if (entry->path != NULL) fprintf(stderr, " %s", entry->path);
        if (entry->path_to != NULL) fprintf(stderr, " -> %s", entry->path_to);
        fputc('\n', stderr);
    }
}
