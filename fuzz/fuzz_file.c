/*
 * fuzz_file.c - hostile data files.
 *
 * Input: a byte of flags, then either a whole file image (RAW) or patches of a sound database:
 * {u16 page, u16 offset, u8 length, bytes}. SEALED makes the checksums of what was patched right,
 * so that the structure checks behind them are met; TREES counts the pages of trees alone; in COMPRESSED ones values
 * are.
 */
#include <string.h>

#include "../libferrite/pager/page.h"
#include "../tests/harness/choices.h"
#include "../tests/harness/fuzz_bed.h"
#include "target.h"

enum { RAW = 1, SEALED = 2, TREES = 4, COMPRESSED = 16 };

static void take_raw(struct image_file *file, const uint8_t *data, size_t size) {
    image_resize(file, size);
    if (size > 0) memcpy(file->data, data, size);
}

/* The pages of trees whose checksum is right, one after the other and around again. */
static uint32_t tree_page(const struct image_file *file, uint32_t which) {
    uint32_t count = (uint32_t)(file->len / PAGE_SIZE), found = 0;
    for (uint32_t page = 2; found <= which; page = page + 1 < count ? page + 1 : 2) {
        unsigned char type = file->data[(size_t)page * PAGE_SIZE + offsetof(struct page, type)];
        bool is_tree = type >= PAGE_BRANCH && type <= PAGE_POS_LEAF;
        if (is_tree && image_unit(file, page) == 1 && found++ == which) return page;
        if (page + 1 == count && found == 0) break;
    }
    return 0;
}

static void take_patch(struct image_file *file, struct choices *input, int flags) {
    const bool sealed = flags & SEALED;
    uint32_t page = choose(input, flags & TREES ? 256 : (uint32_t)(file->len / PAGE_SIZE));
    if (flags & TREES) page = tree_page(file, page);
    uint32_t pages = image_unit(file, page);
    uint32_t offset = choose(input, (pages > 0 ? pages : 1) * PAGE_SIZE);
    uint32_t len = choose(input, 8) + 1;
    unsigned char *at = file->data + (size_t)page * PAGE_SIZE + offset;
    for (uint32_t i = 0; i < len && at + i < file->data + file->len; i++) {
        at[i] = (unsigned char)choose(input, 256);
    }
    if (sealed && pages > 0) image_seal(file, page, pages);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct image image;
    if (size == 0) return 0;
    const struct bed *bed = bed_get(SPECIMEN_CLOSED, data[0] & COMPRESSED);
    image_copy(&image, &bed->base);
    struct image_file *file = &image.part[IMAGE_DATA];
    struct choices input = choices_from_bytes(data + 1, size - 1);
    if (data[0] & RAW)
        take_raw(file, data + 1, size - 1);
    else {
        while (!input.done && input.len > 0) take_patch(file, &input, data[0]);
    }
    bed_probe(bed, &image, size);
    image_free(&image);
    return 0;
}
