/*
 * meta.h - the two meta pages: what the newest durable checkpoint is.
 *
 * Pages 0 and 1 of the file. A checkpoint writes the older of the two; the one with the
 * higher sequence and a right checksum counts. Numbers little endian:
 *
 *    0  page header (page.h): crc32c, type PAGE_META, page number, birth = txn id
 *   32  8 B  magic "Ferrite1"
 *   40  u32  format version (1)
 *   44  u32  page size (4096)
 *   48  u32  bytes reserved at the end of each page (0)
 *   52  u32  feature flags: an unknown one means the file cannot be used
 *   56  16 B database id, random
 *   72  u64  sequence: grows with each write of a meta page
 *   80  u64  txn id of the checkpoint's state
 *   88  u64  LSN: the log's frames from here on are not in the checkpoint
 *   96  u32  crc of the log frame before that LSN (the chain's seed)
 *  100  u32  page count: the file's pages in use are below it
 *  104  u64  log id while open for writing with a log; 0 after a clean close
 *  112  u32  first page of the free list, 0: none
 *  116  u32  pages of the free list
 *  120  u64  free pages listed
 *  128  u32  logical databases
 *  132       zero up to 512
 *  512  64 x 16 B  keyspace tree roots (tree.h)
 * 1536  64 x 16 B  expiry tree roots
 * 2560  64 x u64   entries ever deleted from each keyspace
 * 3072  16 B  root of the list of trees to be freed
 * 3088       zero to the end
 *
 * A fresh database has zeros from 512 on, so each of its meta pages is written whole or not at all even
 * by a disk that tears writes at 512 bytes: a file of zeros is a database whose creation did not finish.
 */
#ifndef FERRITE_META_H
#define FERRITE_META_H

#include <stdbool.h>

#include "page.h"

#define META_MAGIC "Ferrite1"
#define META_FORMAT 1u
#define META_ROOTS_OFFSET 512u
#define META_ROOTS_LEN 2624u /* struct roots of txn.h, opaque to the pager */

struct meta {
    uint8_t database_id[16];
    uint64_t sequence;
    uint64_t txid;
    uint64_t lsn;
    uint32_t log_crc;
    pgno page_count;
    uint64_t log_id;
    pgno free_list;
    uint32_t free_list_pages;
    uint64_t free_pages;
    uint32_t databases;
    uint8_t roots[META_ROOTS_LEN];
};

/* Fills a page image, checksum included. */
void meta_encode(const struct meta *meta, pgno slot, struct page *page);

/* FERRITE_OK, FERRITE_CORRUPT (damaged), or FERRITE_VERSION (sound, but not for this library). */
int meta_decode(const struct page *page, pgno slot, struct meta *meta);

#endif
