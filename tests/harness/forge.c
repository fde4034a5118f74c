/*
 * forge.c - see forge.h.
 */
#include "forge.h"

#include <stdlib.h>
#include <string.h>

struct page *forge_page(struct image *image, uint32_t number) {
    if (number >= forge_pages(image)) abort();
    return (struct page *)(void *)(image->part[IMAGE_DATA].data + (size_t)number * PAGE_SIZE);
}

uint32_t forge_pages(const struct image *image) {
    return (uint32_t)(image->part[IMAGE_DATA].len / PAGE_SIZE);
}

void forge_seal(struct image *image, uint32_t number) {
    const struct page *page = forge_page(image, number);
    uint32_t pages =
        page->type == PAGE_RUN && page->length <= RUN_MAX_PAYLOAD ? run_pages(page->length) : 1;
    if (pages > forge_pages(image) - number) pages = 1;
    image_seal(&image->part[IMAGE_DATA], number, pages);
}

/* ---- meta pages ---- */

static uint32_t newest(const struct image *image) {
    uint64_t sequence[2];
    for (uint32_t slot = 0; slot < 2; slot++)
        memcpy(&sequence[slot], image->part[IMAGE_DATA].data + (size_t)slot * PAGE_SIZE + 72, 8);
    return sequence[1] > sequence[0];
}

void forge_meta_get(const struct image *image, uint32_t offset, void *out, size_t len) {
    memcpy(out, image->part[IMAGE_DATA].data + (size_t)newest(image) * PAGE_SIZE + offset, len);
}

void forge_meta_put(struct image *image, uint32_t offset, const void *bytes, size_t len) {
    for (uint32_t slot = 0; slot < 2; slot++) {
        memcpy((unsigned char *)forge_page(image, slot) + offset, bytes, len);
        forge_seal(image, slot);
    }
}

void forge_meta_u32(struct image *image, uint32_t offset, uint32_t value) {
    forge_meta_put(image, offset, &value, sizeof value);
}

uint32_t forge_meta_get_u32(const struct image *image, uint32_t offset) {
    uint32_t value;
    forge_meta_get(image, offset, &value, sizeof value);
    return value;
}

/* ---- entries ---- */

static uint16_t load_u16(const void *at) {
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* The key of a slot (docs/FORMAT.md), as far as it stands in the page; its length. */
static uint32_t slot_key(struct page *page, uint32_t slot, unsigned char key[600]) {
    unsigned char *bytes = (unsigned char *)page, *at = page->body + 8 * slot;
    const uint32_t prefix = page->prefix_len, rest = load_u16(at + 6);
    const uint32_t fixed = page->type == PAGE_LEAF ? 2 : 12;
    if (rest == 0xffff || prefix + rest > 512) return 0;
    memcpy(key, bytes + PAGE_SIZE - prefix, prefix);
    for (uint32_t i = 0; i < rest && i < 4; i++) key[prefix + i] = at[3 - i];
    if (rest > 4) memcpy(key + prefix + 4, bytes + load_u16(at + 4) + fixed, rest - 4);
    return prefix + rest;
}

static struct forge_value slot_value(struct page *page, uint32_t slot) {
    unsigned char *bytes = (unsigned char *)page, *at = page->body + 8 * slot;
    unsigned char *cell = bytes + load_u16(at + 4);
    const uint32_t rest = load_u16(at + 6);
    return (struct forge_value){page->pgno, cell + 2 + (rest > 4 ? rest - 4 : 0),
                                load_u16(cell) & 0x7ffu};
}

static bool in_page(struct image *image, uint32_t number, const char *key,
                    struct forge_value *out) {
    struct page *page = forge_page(image, number);
    unsigned char found[600];
    for (uint32_t slot = 0; slot < page->slots; slot++) {
        uint32_t len = slot_key(page, slot, found);
        if (len != strlen(key) || memcmp(found, key, len) != 0) continue;
        *out = slot_value(page, slot);
        return true;
    }
    return false;
}

/* Below the page, in order. */
static bool below(struct image *image, uint32_t number, const char *key, struct forge_value *out) {
    struct page *page = forge_page(image, number);
    if (page->level == 0) return in_page(image, number, key, out);
    for (uint32_t slot = 0; slot < page->slots; slot++)
        if (below(image, forge_child(page, slot), key, out)) return true;
    return false;
}

struct forge_value forge_find(struct image *image, uint32_t root, const char *key) {
    struct forge_value value;
    if (!below(image, root, key, &value)) abort();
    return value;
}

struct forge_value forge_record(struct image *image, const char *key, unsigned char **payload) {
    struct forge_value value = forge_find(image, forge_meta_get_u32(image, FORGE_KEYS), key);
    *payload = value.bytes + (value.bytes[0] & 0x10 ? 9 : 1);
    return value;
}

/* Where the root lies: behind the moment of the first field that expires, if the head says so. */
static unsigned char *root_place(struct image *image, const char *key, unsigned which,
                                 uint32_t *page) {
    unsigned char *payload;
    struct forge_value value = forge_record(image, key, &payload);
    if (!(value.bytes[0] & 0x40)) abort();
    *page = value.page;
    return payload + (value.bytes[0] & 0x80 ? 8 : 0) + 16 * which;
}

struct forge_root forge_record_root(struct image *image, const char *key, unsigned which) {
    struct forge_root root;
    uint32_t page;
    memcpy(&root, root_place(image, key, which, &page), sizeof root);
    return root;
}

void forge_record_root_put(struct image *image, const char *key, unsigned which,
                           struct forge_root root) {
    uint32_t page;
    memcpy(root_place(image, key, which, &page), &root, sizeof root);
    forge_seal(image, page);
}

unsigned char *forge_link(struct page *branch, uint32_t slot) {
    if (branch->type == PAGE_POS_BRANCH) return branch->body + 12 * slot;
    return (unsigned char *)branch + load_u16(branch->body + 8 * slot + 4);
}

uint32_t forge_child(struct page *branch, uint32_t slot) {
    uint32_t child;
    memcpy(&child, forge_link(branch, slot), sizeof child);
    return child;
}

/* ---- new pages ---- */

uint32_t forge_append(struct image *image, enum page_type type, uint8_t level, uint16_t tag) {
    struct image_file *data = &image->part[IMAGE_DATA];
    const uint32_t number = forge_meta_get_u32(image, FORGE_PAGE_COUNT);
    if (data->len < (number + 1ull) * PAGE_SIZE) image_resize(data, (number + 1ull) * PAGE_SIZE);
    struct page *page = forge_page(image, number);
    memset(page, 0, sizeof *page);
    page->type = (uint8_t)type;
    page->level = level;
    page->tag = tag;
    page->pgno = number;
    page->heap = PAGE_SIZE;
    page->birth = 1;
    forge_meta_u32(image, FORGE_PAGE_COUNT, number + 1);
    return number;
}

uint32_t forge_free_list(struct image *image, const uint32_t (*extents)[2], uint32_t count) {
    const uint32_t number = forge_append(image, PAGE_FREE_LIST, 0, TAG_NONE);
    struct page *page = forge_page(image, number);
    uint64_t pages = 0;
    page->slots = (uint16_t)count;
    memcpy(page->body + 8, extents, count * sizeof *extents);
    for (uint32_t i = 0; i < count; i++) pages += extents[i][1];
    forge_seal(image, number);
    forge_meta_u32(image, FORGE_FREE_LIST, number);
    forge_meta_u32(image, FORGE_FREE_LIST_PAGES, 1);
    forge_meta_put(image, FORGE_FREE_PAGES, &pages, sizeof pages);
    return number;
}
