/*
 * sim_trace.c - the trace's entries, and disk images rebuilt from them. See sim_os.h for the model.
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

#define SECTOR 512u

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

static void fatal(const char *what, const char *path) {
    fprintf(stderr, "sim_trace: cannot %s %s: %s\n", what, path, strerror(errno));
    abort();
}

static void *enlarge(void *block, size_t size) {
    block = realloc(block, size);
    if (block == NULL) abort();
    return block;
}

static void path_join(char *out, size_t size, const char *dir, const char *name) {
    if (snprintf(out, size, "%s/%s", dir, name) >= (int)size) abort();
}

/* ---- recording ---- */

struct trace_entry *trace_add(struct trace *trace, enum trace_kind kind, uint32_t file) {
    if (trace->count == trace->size) {
        trace->size = trace->size == 0 ? 256 : trace->size * 2;
        trace->entries = enlarge(trace->entries, trace->size * sizeof *trace->entries);
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

static void name_set(struct traced_name **names, size_t *count, const char *name, uint32_t file) {
    for (size_t i = 0; i < *count; i++)
        if (strcmp((*names)[i].name, name) == 0) {
            (*names)[i].file = file;
            return;
        }
    *names = enlarge(*names, (*count + 1) * sizeof **names);
    (*names)[(*count)++] = (struct traced_name){sim_copy(name), file};
}

/* Only if the name still stands for that file. */
static void name_remove(struct traced_name *names, size_t *count, const char *name, uint32_t file) {
    for (size_t i = 0; i < *count; i++)
        if (strcmp(names[i].name, name) == 0 && names[i].file == file) {
            free(names[i].name);
            names[i] = names[--*count];
            return;
        }
}

static uint32_t file_add(struct trace *trace) {
    trace->files = enlarge(trace->files, (trace->file_count + 1) * sizeof *trace->files);
    trace->files[trace->file_count] = (struct traced_file){0};
    return trace->file_count++;
}

void trace_created(struct trace *trace, const char *name) {
    uint32_t file = file_add(trace);
    name_set(&trace->names, &trace->name_count, name, file);
    trace_add(trace, TRACE_CREATE, file)->path = sim_copy(name);
}

void trace_unlinked(struct trace *trace, const char *name) {
    uint32_t file = trace_file_named(trace, name);
    if (file == NO_FILE) return;
    name_remove(trace->names, &trace->name_count, name, file);
    trace_add(trace, TRACE_UNLINK, file)->path = sim_copy(name);
}

void trace_renamed(struct trace *trace, const char *from, const char *to) {
    uint32_t file = trace_file_named(trace, from);
    if (file == NO_FILE) return;
    name_remove(trace->names, &trace->name_count, from, file);
    name_set(&trace->names, &trace->name_count, to, file);
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
    if (fd < 0 || fstat(fd, &st) < 0) fatal("open", path);
    file->base_len = file->len = (uint64_t)st.st_size;
    file->base = sim_alloc((size_t)st.st_size);
    for (off_t at = 0; at < st.st_size;) {
        ssize_t n = pread(fd, file->base + at, (size_t)(st.st_size - at), at);
        if (n <= 0) fatal("read", path);
        at += n;
    }
    close(fd);
}

static bool is_regular(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

struct trace *trace_new(pthread_mutex_t *mutex, const char *dir) {
    struct trace *trace = sim_alloc(sizeof *trace);
    trace->mutex = mutex;
    trace->dir = sim_copy(dir);
    trace->active = true;
    DIR *stream = opendir(dir);
    if (stream == NULL) fatal("open", dir);
    for (struct dirent *found; (found = readdir(stream)) != NULL;) {
        char path[4096];
        path_join(path, sizeof path, dir, found->d_name);
        if (!is_regular(path)) continue;
        uint32_t file = file_add(trace);
        file_load(&trace->files[file], path);
        trace->files[file].base_name = sim_copy(found->d_name);
        name_set(&trace->names, &trace->name_count, found->d_name, file);
    }
    closedir(stream);
    return trace;
}

static void names_free(struct traced_name *names, size_t count) {
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
    names_free(trace->names, trace->name_count);
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

/* ---- images: what of the unsynced happened ---- */

static uint64_t random_next(uint64_t *state) { /* splitmix64 */
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t random_below(uint64_t *state, uint64_t bound) {
    return bound == 0 ? 0 : random_next(state) % bound;
}

enum choice {
    CHOICE_HALF, /* each sector, length and name: a coin */
    CHOICE_NONE,
    CHOICE_ALL,
    CHOICE_MOST,        /* each with 15 in 16 */
    CHOICE_FEW,         /* each with 1 in 16 */
    CHOICE_PREFIX,      /* all before some moment, nothing after */
    CHOICE_PREFIX_TORN, /* all before some moment, coins for the next few entries */
    CHOICE_SUFFIX,      /* nothing before some moment, all after */
    CHOICE_BY_FILE,     /* per file none, all or coins */
    CHOICE_WHOLE,       /* a coin per entry, no torn writes */
    CHOICE_ONE_LOST,    /* all but one entry */
    CHOICES
};

static const char *const choice_names[CHOICES] = {"half of the unsynced",
                                                  "nothing unsynced",
                                                  "all unsynced",
                                                  "most of the unsynced",
                                                  "little of the unsynced",
                                                  "unsynced up to a moment",
                                                  "unsynced up to a moment, then torn",
                                                  "unsynced from a moment on",
                                                  "unsynced by file",
                                                  "half of the unsynced, whole writes",
                                                  "all unsynced but one entry"};

static enum choice choice_of(uint64_t seed) {
    uint64_t state = seed;
    return (enum choice)random_below(&state, CHOICES);
}

const char *trace_choice_name(uint64_t seed) { return choice_names[choice_of(seed)]; }

/* One image in the making. */
struct image {
    const struct trace *trace;
    size_t point;
    uint64_t state; /* of the random numbers */
    enum choice choice;
    size_t moment;        /* PREFIX, SUFFIX, ONE_LOST */
    size_t names_certain; /* entries before this index: names are on the disk */
    struct traced_name *names;
    size_t name_count;
};

static bool coin(struct image *image, uint64_t of_16) {
    return random_below(&image->state, 16) < of_16;
}

/* `file_bias`: 0 none, 1 all, 2 coins. */
static bool happened(struct image *image, size_t index, int file_bias) {
    switch (image->choice) {
    case CHOICE_NONE:
        return false;
    case CHOICE_ALL:
        return true;
    case CHOICE_MOST:
        return coin(image, 15);
    case CHOICE_FEW:
        return coin(image, 1);
    case CHOICE_PREFIX:
        return index < image->moment;
    case CHOICE_PREFIX_TORN:
        return index < image->moment || (index < image->moment + 4 && coin(image, 8));
    case CHOICE_SUFFIX:
        return index >= image->moment;
    case CHOICE_ONE_LOST:
        return index != image->moment;
    case CHOICE_BY_FILE:
        return file_bias == 1 || (file_bias == 2 && coin(image, 8));
    default:
        return coin(image, 8);
    }
}

static size_t covered(const struct trace *trace, size_t point, enum trace_kind kind,
                      uint32_t file) {
    for (size_t i = point; i-- > 0;)
        if (trace->entries[i].kind == kind && trace->entries[i].file == file)
            return trace->entries[i].covers;
    return 0;
}

static void image_begin(struct image *image, const struct trace *trace, size_t point,
                        uint64_t seed) {
    if (point > trace->count) point = trace->count;
    *image = (struct image){.trace = trace, .point = point, .state = seed ^ (point * 0x9e37u)};
    image->choice = choice_of(seed);
    random_next(&image->state);
    image->names_certain = covered(trace, point, TRACE_SYNC_DIR, NO_FILE);
    /* Moments long before the last entries are mostly certain anyway. */
    size_t span = coin(image, 8) && point > 64 ? 64 : point;
    image->moment = point - (size_t)random_below(&image->state, span + 1);
}

/* ---- names ---- */

static void name_apply(struct image *image, const struct trace_entry *entry) {
    if (entry->kind == TRACE_CREATE)
        name_set(&image->names, &image->name_count, entry->path, entry->file);
    if (entry->kind == TRACE_UNLINK || entry->kind == TRACE_RENAME)
        name_remove(image->names, &image->name_count, entry->path, entry->file);
    if (entry->kind == TRACE_RENAME)
        name_set(&image->names, &image->name_count, entry->path_to, entry->file);
}

static void image_names(struct image *image) {
    const struct trace *trace = image->trace;
    for (uint32_t file = 0; file < trace->file_count; file++)
        if (trace->files[file].base_name != NULL)
            name_set(&image->names, &image->name_count, trace->files[file].base_name, file);
    int bias = (int)random_below(&image->state, 3);
    for (size_t i = 0; i < image->point; i++) {
        const struct trace_entry *entry = &trace->entries[i];
        if (entry->path == NULL) continue;
        if (i < image->names_certain || happened(image, i, bias)) name_apply(image, entry);
    }
}

/* ---- content and length ---- */

struct lost {
    size_t from, to; /* entries from <= index < to */
};

struct content {
    uint8_t *bytes;
    uint64_t size; /* as long as the file ever was */
    uint64_t len;
    size_t certain;    /* entries before this index are on the disk, but for: */
    struct lost *lost; /* writes that a failed sync took for written */
    size_t lost_count;
    size_t last_length; /* no change of length after this entry is on the disk */
    int bias;
};

/* What no sync had covered when one failed is lost to all later syncs. */
static void content_lose(struct image *image, uint32_t file, struct content *content) {
    size_t covers = 0;
    for (size_t i = 0; i < image->point; i++) {
        const struct trace_entry *entry = &image->trace->entries[i];
        if (entry->file != file) continue;
        if (entry->kind == TRACE_DATASYNC) covers = entry->covers;
        if (entry->kind != TRACE_SYNC_FAILED) continue;
        size_t size = (content->lost_count + 1) * sizeof *content->lost;
        content->lost = enlarge(content->lost, size);
        content->lost[content->lost_count++] = (struct lost){covers, i};
        covers = i;
    }
}

static bool write_is_certain(const struct content *content, size_t index) {
    for (size_t i = 0; i < content->lost_count; i++)
        if (index >= content->lost[i].from && index < content->lost[i].to) return false;
    return index < content->certain;
}

static void content_begin(struct image *image, uint32_t file, struct content *content) {
    const struct trace *trace = image->trace;
    const struct traced_file *traced = &trace->files[file];
    *content = (struct content){.size = traced->base_len, .len = traced->base_len};
    content->certain = covered(trace, image->point, TRACE_DATASYNC, file);
    content->bias = (int)random_below(&image->state, 3);
    content->last_length = content->certain;
    content_lose(image, file, content);
    for (size_t i = 0; i < image->point; i++) {
        const struct trace_entry *entry = &trace->entries[i];
        if (entry->file != file || entry->kind != TRACE_LENGTH) continue;
        if (entry->offset > content->size) content->size = entry->offset;
        if (i >= content->certain && happened(image, i, content->bias))
            content->last_length = i + 1;
    }
    content->bytes = sim_alloc((size_t)content->size);
    if (traced->base_len > 0) memcpy(content->bytes, traced->base, (size_t)traced->base_len);
}

static void content_length(struct content *content, uint64_t len) {
    if (len < content->size) memset(content->bytes + len, 0, (size_t)(content->size - len));
    content->len = len;
}

static void content_write(struct image *image, size_t index, struct content *content) {
    const struct trace_entry *entry = &image->trace->entries[index];
    bool certain = write_is_certain(content, index);
    bool whole = image->choice == CHOICE_WHOLE && happened(image, index, content->bias);
    for (size_t done = 0; done < entry->len;) {
        uint64_t at = entry->offset + done;
        size_t part = SECTOR - (size_t)(at % SECTOR);
        if (part > entry->len - done) part = entry->len - done;
        if (certain || whole ||
            (image->choice != CHOICE_WHOLE && happened(image, index, content->bias)))
            memcpy(content->bytes + at, entry->bytes + done, part);
        done += part;
    }
}

static void content_build(struct image *image, uint32_t file, struct content *content) {
    content_begin(image, file, content);
    for (size_t i = 0; i < image->point; i++) {
        const struct trace_entry *entry = &image->trace->entries[i];
        if (entry->file != file) continue;
        if (entry->kind == TRACE_LENGTH && i < content->last_length)
            content_length(content, entry->offset);
        if (entry->kind == TRACE_WRITE) content_write(image, i, content);
    }
}

/* ---- onto the real disk ---- */

static bool is_zero(const uint8_t *bytes, size_t len) {
    return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

static void content_save(const struct content *content, const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || ftruncate(fd, (off_t)content->len) < 0) fatal("make", path);
    for (uint64_t at = 0; at < content->len; at += 4096) {
        size_t part = content->len - at < 4096 ? (size_t)(content->len - at) : 4096;
        if (is_zero(content->bytes + at, part)) continue;
        if (pwrite(fd, content->bytes + at, part, (off_t)at) != (ssize_t)part) fatal("write", path);
    }
    close(fd);
}

static void directory_clear(const char *dir) {
    if (mkdir(dir, 0755) < 0 && errno != EEXIST) fatal("make", dir);
    DIR *stream = opendir(dir);
    if (stream == NULL) fatal("open", dir);
    for (struct dirent *found; (found = readdir(stream)) != NULL;) {
        char path[4096];
        path_join(path, sizeof path, dir, found->d_name);
        if (is_regular(path)) unlink(path);
    }
    closedir(stream);
}

void trace_materialise(const struct trace *trace, size_t point, uint64_t seed, const char *dir) {
    struct image image;
    image_begin(&image, trace, point, seed);
    image_names(&image);
    directory_clear(dir);
    for (size_t i = 0; i < image.name_count; i++) {
        char path[4096];
        struct content content;
        content_build(&image, image.names[i].file, &content);
        path_join(path, sizeof path, dir, image.names[i].name);
        content_save(&content, path);
        free(content.bytes);
        free(content.lost);
    }
    names_free(image.names, image.name_count);
}
