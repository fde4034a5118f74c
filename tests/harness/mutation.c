/*
 * mutation.c - the kinds of damage.
 */
#include "mutation.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../../libferrite/pager/page.h"
#include "../../libferrite/wal/wal.h"
#include "tower.h"

struct damage {
    struct image *image;
    const struct image *other;
    struct choices *choices;
    struct mutation *mutation;
};

static void note(struct damage *damage, enum mutation_effect effect, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void note(struct damage *damage, enum mutation_effect effect, const char *format, ...) {
    va_list args;
    damage->mutation->effect = effect;
    va_start(args, format);
    vsnprintf(damage->mutation->text, sizeof damage->mutation->text, format, args);
    va_end(args);
}

static struct image_file *part(struct damage *damage, enum image_part which) {
    return &damage->image->part[which];
}

static enum mutation_effect effect_of(enum image_part which) {
    static const enum mutation_effect effects[IMAGE_PARTS] = {MUTATION_DATA, MUTATION_LOG,
                                                              MUTATION_HARMLESS};
    return effects[which];
}

/* Data file, log when there is one, seldom the lock file. */
static enum image_part choose_part(struct damage *damage) {
    uint32_t at = choose(damage->choices, 20);
    enum image_part which = at < 12 ? IMAGE_DATA : at < 18 ? IMAGE_LOG : IMAGE_LOCK;
    const struct image_file *file = part(damage, which);
    return file->there && file->len > 0 ? which : IMAGE_DATA;
}

/* Beginnings of files matter most: meta pages, log headers. */
static size_t choose_place(struct damage *damage, const struct image_file *file) {
    size_t reach = choose_once_in(damage->choices, 3) && file->len > 8192 ? 8192 : file->len;
    return choose(damage->choices, (uint32_t)reach);
}

/* ---- any file ---- */

static void flip_bits(struct damage *damage) {
    enum image_part which = choose_part(damage);
    struct image_file *file = part(damage, which);
    unsigned count = 1u << choose(damage->choices, 4);
    size_t first = choose_place(damage, file);
    for (unsigned i = 0; i < count; i++) {
        size_t place = i == 0 ? first : choose_place(damage, file);
        file->data[place] ^= (unsigned char)(1u << choose(damage->choices, 8));
    }
    note(damage, effect_of(which), "file %d: %u bits flipped, the first in byte %zu", which, count,
         first);
}

static void overwrite_range(struct damage *damage) {
    enum image_part which = choose_part(damage);
    struct image_file *file = part(damage, which);
    size_t place = choose_place(damage, file);
    size_t len = 1 + choose(damage->choices, 1u << choose_between(damage->choices, 2, 14));
    if (len > file->len - place) len = file->len - place;
    bool noise = choose_once_in(damage->choices, 2);
    unsigned char fill = choose_once_in(damage->choices, 2) ? 0 : 0xff;
    for (size_t i = 0; i < len; i++) {
        file->data[place + i] = noise ? (unsigned char)choose(damage->choices, 256) : fill;
    }
    note(damage, effect_of(which), "file %d: %zu bytes from %zu overwritten with %s", which, len,
         place,
         noise  ? "noise"
         : fill ? "0xff"
                : "zeros");
}

static void cut_off(struct damage *damage) {
    enum image_part which = choose_part(damage);
    struct image_file *file = part(damage, which);
    size_t len = choose_once_in(damage->choices, 2) ? choose_place(damage, file)
                                                    : choose_place(damage, file) & ~(size_t)4095;
    image_resize(file, len);
    note(damage, effect_of(which), "file %d: cut off at %zu", which, len);
}

static void extend(struct damage *damage) {
    enum image_part which = choose_part(damage);
    struct image_file *file = part(damage, which);
    size_t more = 1 + choose(damage->choices, 1u << choose_between(damage->choices, 3, 16));
    size_t old = file->len;
    bool noise = choose_once_in(damage->choices, 2);
    image_resize(file, old + more);
    for (size_t i = 0; noise && i < more; i++) {
        file->data[old + i] = (unsigned char)choose(damage->choices, 256);
    }
    note(damage, effect_of(which), "file %d: %zu bytes of %s added", which, more,
         noise ? "noise" : "zeros");
}

/* ---- pages ---- */

static void swap_pages(struct damage *damage) {
    struct image_file *data = part(damage, IMAGE_DATA);
    uint32_t pages = (uint32_t)(data->len / PAGE_SIZE);
    uint32_t a = choose(damage->choices, pages), b = choose(damage->choices, pages);
    unsigned char kept[PAGE_SIZE], *x = data->data + (size_t)a * PAGE_SIZE,
                                   *y = data->data + (size_t)b * PAGE_SIZE;
    bool duplicate = choose_once_in(damage->choices, 2);
    memcpy(kept, x, PAGE_SIZE);
    memmove(x, y, PAGE_SIZE);
    if (!duplicate) memcpy(y, kept, PAGE_SIZE);
    note(damage, MUTATION_DATA,
         duplicate ? "page %u replaced by page %u" : "pages %u and %u swapped", a, b);
}

/* A unit (page or run) whose checksum is right, or 0 pages. */
static uint32_t choose_unit(struct damage *damage, uint32_t *number) {
    const struct image_file *data = part(damage, IMAGE_DATA);
    for (int tries = 0; tries < 60; tries++) {
        *number = choose(damage->choices, (uint32_t)(data->len / PAGE_SIZE));
        uint32_t pages = image_unit(data, *number);
        if (pages > 0) return pages;
    }
    return 0;
}

/* Numbers that overflow, point far away, or are nothing. */
static unsigned char choose_odd_byte(struct damage *damage) {
    static const unsigned char odd[] = {0, 1, 2, 0x0f, 0x10, 0x1f, 0x20, 0x7f, 0x80, 0xfe, 0xff};
    if (choose_once_in(damage->choices, 3)) return (unsigned char)choose(damage->choices, 256);
    return odd[choose(damage->choices, sizeof odd)];
}

/* Headers and slots, where structure is, more often than content. */
static void change_sealed_page(struct damage *damage) {
    struct image_file *data = part(damage, IMAGE_DATA);
    uint32_t number, pages = choose_unit(damage, &number);
    unsigned count = choose_between(damage->choices, 1, 4), last = 0;
    for (unsigned i = 0; pages > 0 && i < count; i++) {
        uint32_t reach = choose_once_in(damage->choices, 4)   ? pages * PAGE_SIZE
                         : choose_once_in(damage->choices, 3) ? 600
                                                              : 64;
        last = 4 + choose(damage->choices, reach - 4);
        data->data[(size_t)number * PAGE_SIZE + last] = choose_odd_byte(damage);
    }
    if (pages > 0) image_seal(data, number, pages);
    note(damage, MUTATION_SEALED, "page %u: %u bytes changed, the last at %u, checksum made right",
         number, pages > 0 ? count : 0, last);
}

/* A page with right checksum and page number, but another page's content. */
static void replace_sealed_page(struct damage *damage) {
    struct image_file *data = part(damage, IMAGE_DATA);
    uint32_t from, to, pages = choose_unit(damage, &from);
    uint32_t target = choose_unit(damage, &to);
    if (pages != 1 || target != 1) {
        change_sealed_page(damage);
        return;
    }
    unsigned char *page = data->data + (size_t)to * PAGE_SIZE;
    memmove(page, data->data + (size_t)from * PAGE_SIZE, PAGE_SIZE);
    memcpy(page + offsetof(struct page, pgno), &to, sizeof to);
    image_seal(data, to, 1);
    note(damage, MUTATION_SEALED, "page %u got the content of page %u, checksum made right", to,
         from);
}

/* Branches that share their children, level upon level. */
static void build_tower(struct damage *damage) {
    struct image_file *data = part(damage, IMAGE_DATA);
    uint32_t number = 0;
    unsigned tries = 0, levels = choose_between(damage->choices, 2, 12);
    enum tower_counts counts = (enum tower_counts)choose(damage->choices, TOWER_COUNTS);
    while (tries++ < 100 && (choose_unit(damage, &number) != 1 || !tower_fits(data, number)))
        number = 0;
    if (number == 0 || !tower_fits(data, number)) {
        change_sealed_page(damage);
        return;
    }
    tower_build(data, number, levels, counts);
    note(damage, MUTATION_SEALED, "page %u became a tower of %u branches, counts %d", number,
         levels, (int)counts);
}

/* ---- the log ---- */

static void change_sealed_frame(struct damage *damage) {
    enum { FRAMES_MAX = 4096 };
    static uint64_t lsns[FRAMES_MAX];
    size_t count = image_frames(damage->image, lsns, FRAMES_MAX);
    if (count == 0) {
        change_sealed_page(damage);
        return;
    }
    uint64_t lsn = lsns[choose(damage->choices, (uint32_t)count)];
    uint32_t offset = choose(damage->choices, choose_once_in(damage->choices, 2) ? 24 : 400);
    image_change_frame(damage->image, lsn, offset, choose_odd_byte(damage));
    note(damage, MUTATION_SEALED, "log frame at %" PRIu64 ": byte %u changed, checksums made right",
         lsn, offset);
}

static void lose_log(struct damage *damage) {
    struct image_file *log = part(damage, IMAGE_LOG);
    if (!log->there) {
        flip_bits(damage);
        return;
    }
    log->there = false;
    note(damage, MUTATION_LOG_GONE, "the log is missing");
}

static void replace_log(struct damage *damage) {
    const struct image_file *foreign = &damage->other->part[IMAGE_LOG];
    struct image_file *log = part(damage, IMAGE_LOG);
    if (!foreign->there) {
        flip_bits(damage);
        return;
    }
    log->there = true;
    image_resize(log, foreign->len);
    memcpy(log->data, foreign->data, foreign->len);
    note(damage, MUTATION_LOG_GONE, "the log is another database's");
}

struct mutation mutate(struct image *image, const struct image *other, struct choices *choices) {
    static void (*const kinds[])(struct damage *) = {flip_bits,
                                                     flip_bits,
                                                     flip_bits,
                                                     overwrite_range,
                                                     overwrite_range,
                                                     cut_off,
                                                     extend,
                                                     swap_pages,
                                                     swap_pages,
                                                     change_sealed_page,
                                                     change_sealed_page,
                                                     change_sealed_page,
                                                     change_sealed_page,
                                                     replace_sealed_page,
                                                     build_tower,
                                                     change_sealed_frame,
                                                     change_sealed_frame,
                                                     lose_log,
                                                     replace_log};
    struct mutation mutation = {0};
    struct damage damage = {image, other, choices, &mutation};
    kinds[choose(choices, sizeof kinds / sizeof *kinds)](&damage);
    return mutation;
}
