/*
 * forge.h - changes in a closed database's file by somebody who knows the format and gets the checksums right.
 *
 * For the tests of hostile files. Finds its way by docs/FORMAT.md, not through the engine; only files without much in
 * them are looked at, page by page. What is asked for is expected to be there: it aborts otherwise. One thread.
 */
#ifndef FERRITE_TESTS_FORGE_H
#define FERRITE_TESTS_FORGE_H

#include "image.h"

#include "../../libferrite/pager/page.h"

enum { /* offsets in a meta page */
       FORGE_PAGE_COUNT = 100,
       FORGE_FREE_LIST = 112,
       FORGE_FREE_LIST_PAGES = 116,
       FORGE_FREE_PAGES = 120,
       FORGE_KEYS = 512, /* + 16 x database: roots */
       FORGE_EXPIRY = 1536,
       FORGE_GARBAGE = 3072,
};

/* 16 bytes, in meta pages and records. */
struct forge_root {
    uint32_t page;
    uint16_t flags, tag;
    uint64_t count;
};

/* A cell's value: where the record or element lies, to be changed in place; then forge_seal(…, page). */
struct forge_value {
    uint32_t page;
    unsigned char *bytes;
    uint32_t len;
};

struct page *forge_page(struct image *image, uint32_t number);
uint32_t forge_pages(const struct image *image);
/* The page's checksum, or its run's. */
void forge_seal(struct image *image, uint32_t number);

/* The newest meta page's field, and both pages' field. */
void forge_meta_get(const struct image *image, uint32_t offset, void *out, size_t len);
void forge_meta_put(struct image *image, uint32_t offset, const void *bytes, size_t len);
void forge_meta_u32(struct image *image, uint32_t offset, uint32_t value);
uint32_t forge_meta_get_u32(const struct image *image, uint32_t offset);

/* The first entry with this key in the keyed tree of this root. */
struct forge_value forge_find(struct image *image, uint32_t root, const char *key);
/* The record of a key of database 0; *payload: the bytes behind its header. */
struct forge_value forge_record(struct image *image, const char *key, unsigned char **payload);
/* The root of tree `which` of a collection with trees. */
struct forge_root forge_record_root(struct image *image, const char *key, unsigned which);
void forge_record_root_put(struct image *image, const char *key, unsigned which,
                           struct forge_root root);

/* A branch's slot: child and the entries below it, where they lie. */
unsigned char *forge_link(struct page *branch, uint32_t slot);
uint32_t forge_child(struct page *branch, uint32_t slot);

/* One more page of zeros with header at the end of the file, which the meta pages count; its number. */
uint32_t forge_append(struct image *image, enum page_type type, uint8_t level, uint16_t tag);
/* The free list, on a new page at the end; `extents` are {first, pages} pairs. Free pages are summed up. */
uint32_t forge_free_list(struct image *image, const uint32_t (*extents)[2], uint32_t count);

#endif
