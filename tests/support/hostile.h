/*
 * hostile.h - a database to be made hostile, and everything that can be done with it afterwards (E6).
 *
 * Whatever the file says, each call comes back, with any answer, and takes no more memory than the file could be worth.
 */
#ifndef TESTS_SUPPORT_HOSTILE_H
#define TESTS_SUPPORT_HOSTILE_H

#include "../harness/forge.h"
#include "api.h"

/* Strings "str:0000" to "str:1499"; "run" of 20,000 bytes and "blob" of 200,000; "squeezed" and "squeezed-run",
 * compressed; "hash", "set", "zset", "list" of 1,500 "item:0000"… each, "blob-list" with an element of 150,000 bytes;
 * "packed"; "ttl:00" to "ttl:49", and "ttl-hash" whose fields expire. The clock is clock.h's. */
void hostile_make(const struct bed *bed, struct image *image);
/* The same as a crash leaves it: the last commits are in the log alone. */
void hostile_make_open(const struct bed *bed, struct image *image);

/* Around each test: a bed and, made by hostile_make, what is to be changed. */
void hostile_begin(struct bed *bed, struct image *image);
void hostile_end(struct bed *bed, struct image *image);

struct hostile {
    int opened;         /* FERRITE_OK, or why it could not be opened for writing */
    char refusal[300];  /* the text of that */
    int opened_to_read; /* the same for reading */
    uint64_t findings;  /* of ferrite_check */
    char finding[300];  /* the first one */
    size_t largest;     /* allocation, bytes */
};

/* Saves the image at the bed's path, opens, checks, reads, writes, expires, evicts, compacts, copies, loads, recovers
 * and closes, several times over. What was recovered or loaded must be sound. */
struct hostile hostile_use(const struct bed *bed, const struct image *image);

/* Opens, reads, writes and checks this key alone, and closes; whether it could be opened. */
bool hostile_use_key(const struct bed *bed, const struct image *image, const char *key);

/* Whether this command, words without spaces, is answered by an error; *text (300 bytes): its message. */
bool hostile_refused(const struct bed *bed, const struct image *image, const char *command,
                     char *text);

/* hostile_use, and: it opened, and the first finding of the check has this in it. */
void hostile_expect_finding(const struct bed *bed, const struct image *image, const char *part);
/* hostile_use, and: it did not open, with FERRITE_CORRUPT and this part of a text. */
void hostile_expect_refusal(const struct bed *bed, const struct image *image, const char *part);

#endif
