/*
 * page.h - the 32-byte header every page of the data file begins with.
 *
 *    0  u32  crc32c of bytes 4..4095 (of a run: of all its pages but these 4 bytes); filled in
 *            when the page is written to the file, meaningless in memory
 *    4  u8   type (enum page_type)
 *    5  u8   level: 0 leaf, else branch (a child's level is its parent's - 1)
 *    6  u16  slot count
 *    8  u32  page number (a misdirected write is found by it)
 *   12  u16  heap: offset of the lowest cell byte
 *   14  u16  garbage: freed bytes within the heap
 *   16  u64  birth: the transaction that made this copy of the page
 *   24  u16  prefix length (keyed pages: the common prefix ends the page)
 *   26  u16  tag: which tree the page belongs to (enum page_tag), for salvage
 *   28  u32  length: payload bytes of a run, else 0
 *
 * All numbers little endian. Pages 0 and 1 are the meta pages.
 */
#ifndef FERRITE_PAGE_H
#define FERRITE_PAGE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Ferrite's file format is little endian and is used in place: big-endian hosts are not supported"
#endif

#define PAGE_SIZE 4096u
#define PAGE_HEADER_SIZE 32u

typedef uint32_t pgno; /* 0 is "none": page 0 is a meta page and never linked */

enum page_type {
    PAGE_NONE = 0, /* in memory: freed, and no link leads there but in a damaged file */
    PAGE_META = 1,
    PAGE_BRANCH = 2,     /* keyed tree */
    PAGE_LEAF = 3,
    PAGE_POS_BRANCH = 4, /* positional tree */
    PAGE_POS_LEAF = 5,
    PAGE_RUN = 6,        /* first page of a run: header, then payload over all its pages */
    PAGE_FREE_LIST = 7,
};

/* Low 8 bits: the logical database for keyspace and expiry trees, else 0. */
enum page_tag {
    TAG_NONE = 0,
    TAG_KEYS = 0x0100,
    TAG_EXPIRY = 0x0200,
    TAG_BLOB = 0x0300,
    TAG_COLLECTION = 0x0400,
    TAG_GARBAGE = 0x0500, /* the list of trees to be freed */
};

struct page {
    uint32_t crc;
    uint8_t type;
    uint8_t level;
    uint16_t slots;
    uint32_t pgno;
    uint16_t heap;
    uint16_t garbage;
    uint64_t birth;
    uint16_t prefix_len;
    uint16_t tag;
    uint32_t length;
    uint8_t body[PAGE_SIZE - PAGE_HEADER_SIZE];
};

static_assert(sizeof(struct page) == PAGE_SIZE, "a page is 4096 bytes");
static_assert(offsetof(struct page, birth) == 16, "page header layout");
static_assert(offsetof(struct page, body) == PAGE_HEADER_SIZE, "page header layout");

#define RUN_MAX_PAGES 17u
#define RUN_MAX_PAYLOAD 65552u                                     /* a run of 17 pages holds it */
#define RUN_FULL_PAYLOAD (16u * PAGE_SIZE - PAGE_HEADER_SIZE)      /* 65504: exactly 16 pages */

static inline uint32_t run_pages(uint32_t payload) {
    return (payload + PAGE_HEADER_SIZE + PAGE_SIZE - 1) / PAGE_SIZE;
}

#endif
