/*
 * plain_reader.c - see plain_reader.h. Numbers of offsets are those of docs/FORMAT.md.
 */
#include "plain_reading.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t plain_crc32c(uint32_t crc, const unsigned char *data, size_t len) {
    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
    }
    return ~crc;
}

struct plain_bytes plain_file(const char *path) {
    struct plain_bytes bytes = {NULL, 0};
    FILE *file = fopen(path, "rb");
    if (!file) return bytes;
    fseek(file, 0, SEEK_END);
    bytes.len = (size_t)ftell(file);
    rewind(file);
    bytes.data = malloc(bytes.len + 1);
    cr_assert_eq(fread(bytes.data, 1, bytes.len, file), bytes.len);
    fclose(file);
    return bytes;
}

void plain_bytes_add(struct plain_bytes *bytes, const void *data, size_t len) {
    bytes->data = realloc(bytes->data, bytes->len + len + 1);
    memcpy(bytes->data + bytes->len, data, len);
    bytes->len += len;
}

/* A page, or `pages` of a run, with checksum and number as they must be. */
static const unsigned char *page_at(struct reading *reading, uint32_t no, uint32_t pages) {
    cr_assert(no >= 2 && no + pages <= reading->pages, "page %u is outside of the file", no);
    const unsigned char *page = reading->file + (size_t)no * PAGE;
    cr_assert_eq(u32(page), plain_crc32c(0, page + 4, pages * PAGE - 4), "page %u: checksum", no);
    cr_assert_eq(u32(page + 8), no, "page %u: number", no);
    return page;
}

static void run_add(struct reading *reading, uint32_t no, uint32_t len, struct plain_bytes *out) {
    const unsigned char *run = page_at(reading, no, (32 + len + PAGE - 1) / PAGE);
    cr_assert_eq(run[4], 6, "page %u: not a run", no);
    cr_assert_eq(u32(run + 28), len, "page %u: length of the run", no);
    plain_bytes_add(out, run + 32, len);
}

uint64_t plain_tree_walk(struct reading *reading, uint32_t no, int level, leaf_fn *fn) {
    const unsigned char *page = page_at(reading, no, 1);
    unsigned type = page[4], slots = u16(page + 6);
    cr_assert(level < 0 || page[5] == level, "page %u: level", no);
    uint64_t entries = 0;
    for (unsigned i = 0; i < slots; i++) {
        const unsigned char *link = NULL;
        if (type == 2) link = page + u16(page + 32 + 8 * i + 4);
        if (type == 4) link = page + 32 + 12 * i;
        if (!link) {
            fn(reading, page, i);
            entries++;
            continue;
        }
        uint64_t below = plain_tree_walk(reading, u32(link), page[5] - 1, fn);
        cr_assert_eq(below, u64(link + 4), "page %u: entries below slot %u", no, i);
        entries += below;
    }
    return entries;
}

/* A positional leaf's value: one run of a blob. */
static void run_leaf(struct reading *reading, const unsigned char *page, unsigned slot) {
    cr_assert_eq(page[4], 5);
    const unsigned char *cell = page + u16(page + 32 + 2 * slot);
    run_add(reading, u32(cell + 2), u32(cell + 6), &reading->runs);
}

struct plain_bytes plain_blob_read(struct reading *reading, const unsigned char *descriptor) {
    uint64_t len = u64(descriptor);
    reading->runs = (struct plain_bytes){NULL, 0};
    if (u32(descriptor + 12) == 0)
        run_add(reading, u32(descriptor + 8), (uint32_t)len, &reading->runs);
    else
        plain_tree_walk(reading, u32(descriptor + 8), -1, run_leaf);
    cr_assert_eq(reading->runs.len, len, "length of a blob");
    return reading->runs;
}

struct plain_bytes plain_key_read(struct reading *reading, const unsigned char *page, unsigned slot,
                                  const unsigned char **cell) {
    const unsigned char *at = page + 32 + 8 * slot;
    unsigned prefix = u16(page + 24), len = u16(at + 6);
    unsigned char head[4] = {at[3], at[2], at[1], at[0]};
    struct plain_bytes key = {NULL, 0};
    *cell = page + u16(at + 4) + 2;
    if (len == 0xFFFF) {
        run_add(reading, u32(*cell + 4), u32(*cell), &key);
        *cell += 8 + 508 - prefix;
        return key;
    }
    plain_bytes_add(&key, page + PAGE - prefix, prefix);
    plain_bytes_add(&key, head, len < 4 ? len : 4);
    if (len > 4) {
        plain_bytes_add(&key, *cell, len - 4);
        *cell += len - 4;
    }
    return key;
}

static void record_leaf(struct reading *reading, const unsigned char *page, unsigned slot) {
    struct plain_record record = {.value = u16(page + u16(page + 32 + 8 * slot + 4))};
    record.key = plain_key_read(reading, page, slot, &record.at);
    record.len = record.value & 0x7FF;
    const unsigned head = record.at[0], header = head & 0x10 ? 9 : 1;
    cr_assert_eq(record.value >> 15, (head & 0x60) != 0, "spilled is said twice");
    record.expire_ms = head & 0x10 ? (int64_t)u64(record.at + 1) : 0;
    if ((head & 0x07) != 1) {
        plain_collection(reading, &record, header);
    } else {
        struct plain_bytes payload = {NULL, 0};
        if (head & 0x08)
            payload = plain_form_read(reading, record.at + header, record.len - header,
                                      (head & 0x20) != 0);
        else if (head & 0x20)
            payload = plain_blob_read(reading, record.at + header);
        else
            plain_bytes_add(&payload, record.at + header, record.len - header);
        reading->visitor->entry(reading->visitor->ctx, reading->db, record.key, payload,
                                record.expire_ms);
        free(payload.data);
    }
    free(record.key.data);
}

static void expiry_leaf(struct reading *reading, const unsigned char *page, unsigned slot) {
    const unsigned char *value;
    struct plain_bytes key = plain_key_read(reading, page, slot, &value);
    cr_assert_eq(u16(page + u16(page + 32 + 8 * slot + 4)), 0, "the value is empty");
    if (reading->visitor->expiry)
        reading->visitor->expiry(reading->visitor->ctx, reading->db, timed_moment(key.data),
                                 (struct plain_bytes){key.data + 8, key.len - 8});
    free(key.data);
}

static const unsigned char *meta_in_force(const unsigned char *file) {
    const unsigned char *best = NULL;
    for (unsigned slot = 0; slot < 2; slot++) {
        const unsigned char *page = file + slot * PAGE;
        if (memcmp(page + 32, "Ferrite1", 8) || u32(page) != plain_crc32c(0, page + 4, PAGE - 4))
            continue;
        if (!best || u64(page + 72) > u64(best + 72)) best = page;
    }
    cr_assert(best, "no sound meta page");
    return best;
}

static uint64_t free_pages(struct reading *reading, uint32_t no) {
    uint64_t pages = 0;
    while (no != 0) {
        const unsigned char *page = page_at(reading, no, 1);
        cr_assert_eq(page[4], 7, "page %u: not a free list", no);
        for (unsigned i = 0; i < u16(page + 6); i++) pages += u32(page + 40 + 8 * i + 4);
        no = u32(page + 32);
    }
    return pages;
}

static void roots_walk(struct reading *reading, const unsigned char *root, leaf_fn *fn) {
    if (u32(root) == 0) return;
    uint64_t entries = plain_tree_walk(reading, u32(root), -1, fn);
    cr_assert_eq(entries, u64(root + 8), "entries of database %u", reading->db);
}

struct plain_meta plain_read(struct plain_bytes file, const struct plain_visitor *visitor) {
    const unsigned char *page = meta_in_force(file.data);
    struct plain_meta meta = {.sequence = u64(page + 72),
                              .txid = u64(page + 80),
                              .lsn = u64(page + 88),
                              .log_crc = u32(page + 96),
                              .page_count = u32(page + 100),
                              .log_id = u64(page + 104),
                              .free_pages = u64(page + 120),
                              .databases = u32(page + 128)};
    memcpy(meta.database_id, page + 56, 16);
    cr_assert_eq(u32(page + 40), 1, "format");
    cr_assert_eq(u32(page + 44), PAGE, "page size");
    for (unsigned db = 0; db < 64; db++) meta.deleted[db] = u64(page + 2560 + 8 * db);
    struct reading reading = {.file = file.data, .pages = meta.page_count, .visitor = visitor};
    cr_assert_leq((size_t)meta.page_count * PAGE, file.len, "the file is too short");
    cr_assert_eq(free_pages(&reading, u32(page + 112)), meta.free_pages, "free pages");
    for (reading.db = 0; reading.db < meta.databases; reading.db++) {
        roots_walk(&reading, page + 512 + 16 * reading.db, record_leaf);
        roots_walk(&reading, page + 1536 + 16 * reading.db, expiry_leaf);
    }
    return meta;
}

/* `len` bytes of the log from an LSN on, joined when they wrap. */
static void log_bytes(struct plain_bytes log, uint64_t base, uint64_t capacity, uint64_t lsn,
                      size_t len, struct plain_bytes *out) {
    for (size_t i = 0; i < len; i++) {
        uint64_t at = 4096 + (lsn + i - base) % capacity;
        plain_bytes_add(out, at < log.len ? &log.data[at] : (const unsigned char *)"", 1);
    }
}

/* The frame at an LSN, header and payload; false when it does not count. */
static bool frame_read(struct plain_bytes log, uint64_t base, uint64_t capacity, uint64_t lsn,
                       uint32_t seed, struct plain_bytes *frame) {
    *frame = (struct plain_bytes){NULL, 0};
    log_bytes(log, base, capacity, lsn, 24, frame);
    uint32_t len = u32(frame->data + 4) & 0x7FFFFFFF;
    if (u64(frame->data + 8) != lsn || len > capacity) return false;
    log_bytes(log, base, capacity, lsn + 24, len, frame);
    return u32(frame->data) == plain_crc32c(seed, frame->data + 4, frame->len - 4);
}

uint64_t plain_log(struct plain_bytes log, const struct plain_meta *meta,
                   void (*fn)(void *ctx, struct plain_bytes effects), void *ctx) {
    const unsigned char *header = NULL;
    for (unsigned copy = 0; copy < 2; copy++) {
        const unsigned char *at = log.data + 512 * copy;
        if (u32(at) == plain_crc32c(0, at + 4, 508) && (!header || u64(at + 40) > u64(header + 40)))
            header = at;
    }
    cr_assert(header && !memcmp(header + 8, "FERRWAL1", 8), "no sound header of a log");
    cr_assert(!memcmp(header + 16, meta->database_id, 16), "another database's log");
    cr_assert_eq(u64(header + 32), meta->log_id, "another log");
    uint64_t base = u64(header + 48), capacity = u64(header + 56), lsn = meta->lsn, count = 0;
    uint32_t seed = meta->log_crc;
    struct plain_bytes effects = {NULL, 0}, frame;
    for (; frame_read(log, base, capacity, lsn, seed, &frame); count++) {
        if (u64(frame.data + 16) != 0) plain_bytes_add(&effects, frame.data + 24, frame.len - 24);
        if (u32(frame.data + 4) >> 31 == 0 && effects.len > 0) {
            fn(ctx, effects);
            effects.len = 0;
        }
        seed = u32(frame.data);
        lsn += frame.len;
        free(frame.data);
    }
    free(frame.data);
    free(effects.data);
    return count;
}
