/* meta.c - see meta.h. */
#include "meta.h"

#include <string.h>

#include "../error.h"
#include "../os/crc32c.h"

struct meta_fields {
    uint8_t magic[8];
    uint32_t format;
    uint32_t page_size;
    uint32_t reserve;
    uint32_t features;
    uint8_t database_id[16];
    uint64_t sequence;
    uint64_t txid;
    uint64_t lsn;
    uint32_t log_crc;
    uint32_t page_count;
    uint64_t log_id;
    uint32_t free_list;
    uint32_t free_list_pages;
    uint64_t free_pages;
    uint32_t databases;
    uint32_t zero;
};

static_assert(offsetof(struct meta_fields, database_id) + PAGE_HEADER_SIZE == 56, "meta layout");
static_assert(offsetof(struct meta_fields, log_id) + PAGE_HEADER_SIZE == 104, "meta layout");
static_assert(offsetof(struct meta_fields, databases) + PAGE_HEADER_SIZE == 128, "meta layout");
static_assert(sizeof(struct meta_fields) + PAGE_HEADER_SIZE <= META_ROOTS_OFFSET, "meta layout");

void meta_encode(const struct meta *meta, pgno slot, struct page *page) {
    memset(page, 0, sizeof *page);
    page->type = PAGE_META;
    page->pgno = slot;
    page->birth = meta->txid;
    struct meta_fields fields = {
        .format = META_FORMAT,
        .page_size = PAGE_SIZE,
        .sequence = meta->sequence,
        .txid = meta->txid,
        .lsn = meta->lsn,
        .log_crc = meta->log_crc,
        .page_count = meta->page_count,
        .log_id = meta->log_id,
        .free_list = meta->free_list,
        .free_list_pages = meta->free_list_pages,
        .free_pages = meta->free_pages,
        .databases = meta->databases,
    };
    memcpy(fields.magic, META_MAGIC, sizeof fields.magic);
    memcpy(fields.database_id, meta->database_id, sizeof fields.database_id);
    memcpy(page->body, &fields, sizeof fields);
    memcpy((uint8_t *)page + META_ROOTS_OFFSET, meta->roots, META_ROOTS_LEN);
    page->crc = crc32c(0, (uint8_t *)page + 4, PAGE_SIZE - 4);
}

static int fields_check(const struct meta_fields *fields, pgno slot) {
    if (fields->format != META_FORMAT)
        return error_set(FERRITE_VERSION, "the file has format %u; this library reads format %u",
                         fields->format, META_FORMAT);
    if (fields->features != 0 || fields->reserve != 0)
        return error_set(FERRITE_VERSION, "the file uses features (0x%x) unknown to this library",
                         fields->features);
    if (fields->page_size != PAGE_SIZE)
        return error_set(FERRITE_VERSION, "the file has pages of %u bytes", fields->page_size);
    bool sound = fields->page_count >= 2 && fields->txid > 0 && fields->databases >= 1 &&
                 fields->databases <= 64 && fields->txid < UINT64_MAX / 2 &&
                 fields->sequence < UINT64_MAX / 2 && fields->lsn < UINT64_MAX / 2 &&
                 (fields->free_list == 0) == (fields->free_list_pages == 0);
    if (!sound) return error_set(FERRITE_CORRUPT, "page %u: meta page with impossible values", slot);
    return FERRITE_OK;
}

int meta_decode(const struct page *page, pgno slot, struct meta *meta) {
    struct meta_fields fields;
    memcpy(&fields, page->body, sizeof fields);
    if (memcmp(fields.magic, META_MAGIC, sizeof fields.magic) != 0)
        return error_set(FERRITE_CORRUPT, "page %u: this is not a Ferrite database", slot);
    if (page->crc != crc32c(0, (const uint8_t *)page + 4, PAGE_SIZE - 4) ||
        page->type != PAGE_META || page->pgno != slot)
        return error_set(FERRITE_CORRUPT, "page %u: damaged meta page", slot);
    int rc = fields_check(&fields, slot);
    if (rc != FERRITE_OK) return rc;
    memcpy(meta->database_id, fields.database_id, sizeof meta->database_id);
    meta->sequence = fields.sequence;
    meta->txid = fields.txid;
    meta->lsn = fields.lsn;
    meta->log_crc = fields.log_crc;
    meta->page_count = fields.page_count;
    meta->log_id = fields.log_id;
    meta->free_list = fields.free_list;
    meta->free_list_pages = fields.free_list_pages;
    meta->free_pages = fields.free_pages;
    meta->databases = fields.databases;
    memcpy(meta->roots, (const uint8_t *)page + META_ROOTS_OFFSET, META_ROOTS_LEN);
    return FERRITE_OK;
}
