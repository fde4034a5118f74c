/*
 * sim_image.c - disk images rebuilt from a trace: what a power cut may leave. See sim_os.h for the model.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "sim_trace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512u

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
        traced_name_set(&image->names, &image->name_count, entry->path, entry->file);
    if (entry->kind == TRACE_UNLINK || entry->kind == TRACE_RENAME)
        traced_name_remove(image->names, &image->name_count, entry->path, entry->file);
    if (entry->kind == TRACE_RENAME)
        traced_name_set(&image->names, &image->name_count, entry->path_to, entry->file);
}

static void image_names(struct image *image) {
    const struct trace *trace = image->trace;
    for (uint32_t file = 0; file < trace->file_count; file++)
        if (trace->files[file].base_name != NULL)
            traced_name_set(&image->names, &image->name_count, trace->files[file].base_name, file);
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
        content->lost = sim_enlarge(content->lost, size);
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
    if (fd < 0 || ftruncate(fd, (off_t)content->len) < 0) sim_fatal("make", path);
    for (uint64_t at = 0; at < content->len; at += 4096) {
        size_t part = content->len - at < 4096 ? (size_t)(content->len - at) : 4096;
        if (is_zero(content->bytes + at, part)) continue;
        if (pwrite(fd, content->bytes + at, part, (off_t)at) != (ssize_t)part)
            sim_fatal("write", path);
    }
    close(fd);
}

static void directory_clear(const char *dir) {
    if (mkdir(dir, 0755) < 0 && errno != EEXIST) sim_fatal("make", dir);
    DIR *stream = opendir(dir);
    if (stream == NULL) sim_fatal("open", dir);
    for (struct dirent *found; (found = readdir(stream)) != NULL;) {
        char path[4096];
        sim_path_join(path, sizeof path, dir, found->d_name);
        if (sim_is_regular(path)) unlink(path);
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
        sim_path_join(path, sizeof path, dir, image.names[i].name);
        content_save(&content, path);
        free(content.bytes);
        free(content.lost);
    }
    traced_names_free(image.names, image.name_count);
}
