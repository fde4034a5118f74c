/*
 * api.h - what the tests of ferrite.h share: a folder for files, short ways of asking.
 */
#ifndef TESTS_SUPPORT_API_H
#define TESTS_SUPPORT_API_H

#include <stdbool.h>
#include <stddef.h>

#include "libferrite/ferrite.h"

/* A literal as pointer and length. */
#define S(text) (text), (sizeof(text) - 1)
#define SLICE(text) \
    { (text), sizeof(text) - 1 }

/* A folder of its own, removed by bed_remove, and a path for a database in it. */
struct bed {
    char dir[64], path[96];
};
struct bed bed_make(void);
void bed_remove(struct bed *bed);
bool bed_has(const struct bed *bed, const char *suffix); /* path + suffix exists */
/* The database's files as they are at this moment, as a kill would leave them, under another name. */
void bed_copy(const struct bed *bed, const char *path);
void bed_unlink(const char *path); /* a database's files */
void bed_flip(const char *path, long offset); /* damages the byte there; a second time mends it */
void bed_path(const struct bed *bed, const char *name, char out[128]);
void bed_crash(const struct bed *bed, const char *name, char path[128]); /* bed_copy to a name beside it */

/* They assert. */
ferrite_db *api_open(const char *path);
ferrite_db *api_open_with(const char *path, const ferrite_options *options);
ferrite_db *api_open_at(const char *path, ferrite_sync_mode mode); /* on the clock of clock.h */
ferrite_db *api_open_quick(const char *path); /* no commit waits for the disk */
ferrite_db *api_memory(void);
/* A suite's init and fini: a bed and a database in it (api_open_quick); it is sound, closed, and the bed removed. */
void bed_begin(struct bed *bed, ferrite_db **db);
void bed_end(struct bed *bed, ferrite_db *db);
void api_set(ferrite_db *db, const char *key, const char *value);
/* The value of a key is `value`; NULL: there is none. */
void api_expect(ferrite_db *db, const char *key, const char *value);
/* The block is this text of *len bytes, and is freed. */
void api_expect_text(char *block, const size_t *len, const char *text);
/* *err has this code and message (NULL: any), and is freed and set to NULL. */
void api_expect_error(ferrite_error **err, int code, const char *message);
uint64_t api_dbsize(ferrite_db *db);
ferrite_stats api_stats(ferrite_db *db);
/* ferrite_check finds nothing. */
void api_expect_sound(ferrite_db *db);

#endif
