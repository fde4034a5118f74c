/*
 * image.c - whole files, page checksums, the log's chain of checksums.
 */
#include "image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../libferrite/os/crc32c.h"
#include "../../libferrite/pager/page.h"
#include "../../libferrite/wal/wal.h"
#include "workspace.h"

static const char *part_path(const char *path, int part, char *text, size_t size) {
    static const char *const suffixes[IMAGE_PARTS] = {"", "-wal", "-lock"};
    snprintf(text, size, "%s%s", path, suffixes[part]);
    return text;
}

void image_load(struct image *image, const char *path) {
    char name[300];
    for (int part = 0; part < IMAGE_PARTS; part++) {
        struct image_file *file = &image->part[part];
        file->data = file_load(part_path(path, part, name, sizeof name), &file->len);
        file->length = 0;
        file->there = file->data != NULL;
    }
}

void image_save(const struct image *image, const char *path) {
    char name[300];
    for (int part = 0; part < IMAGE_PARTS; part++) {
        const struct image_file *file = &image->part[part];
        part_path(path, part, name, sizeof name);
        if (!file->there) {
            unlink(name);
            continue;
        }
        file_save(name, file->data, file->len);
        if (file->length > file->len && truncate(name, (off_t)file->length) != 0) abort();
    }
}

void image_copy(struct image *to, const struct image *from) {
    for (int part = 0; part < IMAGE_PARTS; part++) {
        const struct image_file *source = &from->part[part];
        to->part[part] = *source;
        if (!source->there) continue;
        to->part[part].data = malloc(source->len + 1);
        if (to->part[part].data == NULL) abort();
        memcpy(to->part[part].data, source->data, source->len);
    }
}

void image_free(struct image *image) {
    for (int part = 0; part < IMAGE_PARTS; part++) free(image->part[part].data);
    *image = (struct image){0};
}

void image_resize(struct image_file *file, size_t len) {
    file->data = realloc(file->data, len + 1);
    if (file->data == NULL) abort();
    if (len > file->len) memset(file->data + file->len, 0, len - file->len);
    file->len = len;
}

/* ---- pages ---- */

static uint32_t load_u32(const unsigned char *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint64_t load_u64(const unsigned char *at) {
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint32_t unit_crc(const unsigned char *page, uint32_t pages) {
    return crc32c(0, page + 4, (size_t)pages * PAGE_SIZE - 4);
}

uint32_t image_unit(const struct image_file *data, uint32_t number) {
    const unsigned char *page = data->data + (size_t)number * PAGE_SIZE;
    uint32_t left = (uint32_t)(data->len / PAGE_SIZE);
    if (number >= left) return 0;
    uint32_t length = load_u32(page + offsetof(struct page, length));
    uint32_t pages = page[offsetof(struct page, type)] == PAGE_RUN && length <= RUN_MAX_PAYLOAD
                         ? run_pages(length)
                         : 1;
    if (pages > left - number) return 0;
    return load_u32(page) == unit_crc(page, pages) ? pages : 0;
}

void image_seal(struct image_file *data, uint32_t number, uint32_t pages) {
    unsigned char *page = data->data + (size_t)number * PAGE_SIZE;
    uint32_t crc = unit_crc(page, pages);
    memcpy(page, &crc, sizeof crc);
}

/* ---- the log ---- */

/* What of meta page and log header is needed to find and chain frames. */
struct chain {
    unsigned char *bytes; /* of the log, behind its header */
    uint64_t base, capacity;
    struct wal_position at; /* the next frame, and the checksum before it */
};

enum { /* offsets, see meta.h and wal.h */
       META_SEQUENCE = 72,
       META_TXID = 80,
       META_LSN = 88,
       META_LOG_CRC = 96,
       LOG_COPY = 512,
       LOG_SEQUENCE = 40,
       LOG_BASE = 48,
       LOG_CAPACITY = 56,
};

static const unsigned char *newest_meta(const struct image_file *data) {
    const unsigned char *best = NULL;
    for (uint32_t slot = 0; slot < 2; slot++) {
        const unsigned char *meta = data->data + (size_t)slot * PAGE_SIZE;
        if (image_unit(data, slot) != 1) continue;
        if (best == NULL || load_u64(meta + META_SEQUENCE) > load_u64(best + META_SEQUENCE)) {
            best = meta;
        }
    }
    return best;
}

static const unsigned char *newest_header(const struct image_file *log) {
    const unsigned char *best = NULL;
    for (int copy = 0; copy < 2; copy++) {
        const unsigned char *header = log->data + copy * LOG_COPY;
        if (load_u32(header) != crc32c(0, header + 4, LOG_COPY - 4)) continue;
        if (best == NULL || load_u64(header + LOG_SEQUENCE) > load_u64(best + LOG_SEQUENCE)) {
            best = header;
        }
    }
    return best;
}

void image_seal_header(struct image_file *log, int copy) {
    unsigned char *header = log->data + copy * LOG_COPY;
    uint32_t crc = crc32c(0, header + 4, LOG_COPY - 4);
    memcpy(header, &crc, sizeof crc);
}

static bool chain_start(const struct image *image, struct chain *chain) {
    const struct image_file *data = &image->part[IMAGE_DATA], *log = &image->part[IMAGE_LOG];
    if (!log->there || log->len < WAL_HEADER_SIZE || data->len < 2 * PAGE_SIZE) return false;
    const unsigned char *meta = newest_meta(data), *header = newest_header(log);
    if (meta == NULL || header == NULL) return false;
    chain->bytes = log->data + WAL_HEADER_SIZE;
    chain->base = load_u64(header + LOG_BASE);
    chain->capacity = load_u64(header + LOG_CAPACITY);
    chain->at.lsn = load_u64(meta + META_LSN);
    chain->at.crc = load_u32(meta + META_LOG_CRC);
    return chain->capacity >= WAL_FRAME_HEADER && chain->capacity <= log->len - WAL_HEADER_SIZE &&
           chain->at.lsn >= chain->base;
}

static unsigned char *chain_byte(const struct chain *chain, uint64_t lsn) {
    return chain->bytes + (lsn - chain->base) % chain->capacity;
}

static void chain_read(const struct chain *chain, uint64_t lsn, void *out, size_t len) {
    unsigned char *to = out;
    for (size_t i = 0; i < len; i++) to[i] = *chain_byte(chain, lsn + i);
}

/* The length of the frame at the chain's place, header included; 0 when it cannot be one. */
static uint64_t frame_len(const struct chain *chain) {
    unsigned char header[WAL_FRAME_HEADER];
    chain_read(chain, chain->at.lsn, header, sizeof header);
    uint64_t len = WAL_FRAME_HEADER + (load_u32(header + 4) & ~WAL_PARTIAL);
    return load_u64(header + 8) == chain->at.lsn && len <= chain->capacity ? len : 0;
}

/* The checksum the frame should have; `stored` gets the one it has. */
static uint32_t frame_crc(const struct chain *chain, uint64_t len, uint32_t *stored) {
    unsigned char *copy = malloc(len);
    if (copy == NULL) abort();
    chain_read(chain, chain->at.lsn, copy, len);
    *stored = load_u32(copy);
    uint32_t crc = crc32c(chain->at.crc, copy + 4, len - 4);
    free(copy);
    return crc;
}

size_t image_frames(const struct image *image, uint64_t *lsns, size_t most) {
    struct chain chain;
    size_t count = 0;
    if (!chain_start(image, &chain)) return 0;
    for (uint64_t len; count < most && (len = frame_len(&chain)) > 0;) {
        uint32_t stored, crc = frame_crc(&chain, len, &stored);
        if (crc != stored) break;
        lsns[count++] = chain.at.lsn;
        chain.at = (struct wal_position){chain.at.lsn + len, crc};
    }
    return count;
}

/* Checksums from the chain's place to the end of what was a valid log before the change. */
static void chain_seal(struct chain *chain, uint64_t end) {
    for (uint64_t len; chain->at.lsn < end && (len = frame_len(chain)) > 0;) {
        uint32_t stored, crc = frame_crc(chain, len, &stored);
        for (unsigned i = 0; i < sizeof crc; i++) {
            *chain_byte(chain, chain->at.lsn + i) = (unsigned char)(crc >> (8 * i));
        }
        chain->at = (struct wal_position){chain->at.lsn + len, crc};
    }
}

void image_change_frame(struct image *image, uint64_t lsn, uint32_t offset, unsigned char byte) {
    enum { BEHIND_LSN = 16, FRAMES_MAX = 4096 };
    static uint64_t lsns[FRAMES_MAX];
    struct chain chain;
    size_t count = image_frames(image, lsns, FRAMES_MAX);
    if (count == 0 || !chain_start(image, &chain)) return;
    for (size_t i = 0; i < count && chain.at.lsn < lsn; i++) {
        uint32_t stored;
        uint64_t len = frame_len(&chain);
        chain.at = (struct wal_position){chain.at.lsn + len, frame_crc(&chain, len, &stored)};
    }
    uint64_t len = frame_len(&chain);
    if (chain.at.lsn != lsn || len <= BEHIND_LSN) return;
    *chain_byte(&chain, lsn + BEHIND_LSN + offset % (len - BEHIND_LSN)) = byte;
    chain_seal(&chain, lsns[count - 1] + 1);
}

static void chain_write(const struct chain *chain, uint64_t lsn, const void *data, size_t len) {
    const unsigned char *from = data;
    for (size_t i = 0; i < len; i++) *chain_byte(chain, lsn + i) = from[i];
}

bool image_set_frames(struct image *image, const struct image_payload *payloads, size_t count) {
    struct chain chain;
    uint64_t bytes = WAL_FRAME_HEADER;
    if (!chain_start(image, &chain)) return false;
    const struct wal_position start = chain.at;
    uint64_t txid = load_u64(newest_meta(&image->part[IMAGE_DATA]) + META_TXID), lsn = start.lsn;
    for (size_t i = 0; i < count; i++) bytes += WAL_FRAME_HEADER + payloads[i].len;
    if (bytes > chain.capacity) return false;
    for (size_t i = 0; i < count; i++) {
        uint32_t len = (uint32_t)payloads[i].len;
        txid++;
        chain_write(&chain, lsn + 4, &len, sizeof len);
        chain_write(&chain, lsn + 8, &lsn, sizeof lsn);
        chain_write(&chain, lsn + 16, &txid, sizeof txid);
        chain_write(&chain, lsn + WAL_FRAME_HEADER, payloads[i].data, len);
        lsn += WAL_FRAME_HEADER + len;
    }
    for (unsigned i = 0; i < WAL_FRAME_HEADER; i++) *chain_byte(&chain, lsn + i) = 0;
    chain_seal(&chain, lsn);
    return true;
}
