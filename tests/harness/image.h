/*
 * image.h - a database's files as bytes in memory, and their checksums made right again.
 *
 * For the harnesses that damage files. Reads the formats as page.h, meta.h and wal.h document
 * them, on its own and not through the engine. One thread at a time.
 */
#ifndef FERRITE_TESTS_IMAGE_H
#define FERRITE_TESTS_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image_file {
    unsigned char *data;
    size_t len;
    uint64_t length; /* not 0: saved, the file is made so long by a hole behind the bytes */
    bool there;
};

enum image_part { IMAGE_DATA, IMAGE_LOG, IMAGE_LOCK, IMAGE_PARTS };

struct image {
    struct image_file part[IMAGE_PARTS];
};

/* The three files of the database at `path`. */
void image_load(struct image *image, const char *path);
/* Writes those that are there and removes the others. */
void image_save(const struct image *image, const char *path);
void image_copy(struct image *to, const struct image *from);
void image_free(struct image *image);

void image_resize(struct image_file *file, size_t len); /* what is new is zeros */

/* How many pages the page or run at `number` has when its checksum is right, else 0. */
uint32_t image_unit(const struct image_file *data, uint32_t number);
/* Makes the checksum of the unit of `pages` pages at `number` right. */
void image_seal(struct image_file *data, uint32_t number, uint32_t pages);

/* The same for one of the two copies of the log's header. */
void image_seal_header(struct image_file *log, int copy);

/* The log's frames that a recovery would replay, as LSNs; at most `most`. Gives how many. */
size_t image_frames(const struct image *image, uint64_t *lsns, size_t most);
/* Overwrites one byte of the frame at `lsn`, `offset` bytes behind its length and LSN, and makes
 * the checksums of it and of all after it right. */
void image_change_frame(struct image *image, uint64_t lsn, uint32_t offset, unsigned char byte);

struct image_payload {
    const unsigned char *data;
    size_t len;
};
/* Puts frames with these payloads, sound in every other way, where a recovery begins; nothing valid
 * follows them. False when they do not fit or the files have no log. */
bool image_set_frames(struct image *image, const struct image_payload *payloads, size_t count);

#endif
