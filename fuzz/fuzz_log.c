/*
 * fuzz_log.c - hostile logs beside a sound data file.
 *
 * Input: a byte that says how the rest becomes the log: FRAMES {u8 length, payload} in sound frames
 * (hostile effects), CHANGES {u8 frame, u16 offset, u8 byte} of sound frames, BEHIND (bytes behind
 * the log's header), or WHOLE (the whole file).
 */
#include <string.h>

#include "../libferrite/wal/wal.h"
#include "../tests/harness/choices.h"
#include "../tests/harness/fuzz_bed.h"
#include "target.h"

enum { FRAMES, CHANGES, BEHIND, WHOLE, KINDS };
#define FRAMES_MAX 64

static void take_frames(struct image *image, const uint8_t *data, size_t size) {
    struct image_payload payloads[FRAMES_MAX];
    size_t count = 0;
    while (size > 0 && count < FRAMES_MAX) {
        size_t len = *data < size - 1 ? *data : size - 1;
        payloads[count++] = (struct image_payload){data + 1, len};
        data += 1 + len;
        size -= 1 + len;
    }
    image_set_frames(image, payloads, count);
}

static void take_changes(struct image *image, const uint8_t *data, size_t size) {
    uint64_t lsns[FRAMES_MAX];
    struct choices input = choices_from_bytes(data, size);
    while (!input.done && input.len > 0) {
        size_t count = image_frames(image, lsns, FRAMES_MAX);
        if (count == 0) return;
        uint64_t lsn = lsns[choose(&input, (uint32_t)count)];
        uint32_t offset = choose(&input, 65536);
        image_change_frame(image, lsn, offset, (unsigned char)choose(&input, 256));
    }
}

static void take_bytes(struct image_file *log, size_t from, const uint8_t *data, size_t size) {
    if (log->len < from + size || from == 0) image_resize(log, from + size);
    if (size > 0) memcpy(log->data + from, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct bed *bed = bed_get(SPECIMEN_YOUNG, false);
    struct image image;
    if (size == 0) return 0;
    image_copy(&image, &bed->base);
    switch (data[0] % KINDS) {
    case FRAMES:
        take_frames(&image, data + 1, size - 1);
        break;
    case CHANGES:
        take_changes(&image, data + 1, size - 1);
        break;
    case BEHIND:
        take_bytes(&image.part[IMAGE_LOG], WAL_HEADER_SIZE, data + 1, size - 1);
        break;
    default:
        take_bytes(&image.part[IMAGE_LOG], 0, data + 1, size - 1);
    }
    bed_probe(bed, &image, size);
    image_free(&image);
    return 0;
}
