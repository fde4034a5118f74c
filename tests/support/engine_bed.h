/*
 * engine_bed.h - an engine with the plainest effects there are, for tests of pager and txn alone.
 *
 * An effect is {u16 key length, u16 value length, key, value}; a value of length 0xFFFF deletes.
 */
#ifndef SUPPORT_ENGINE_BED_H
#define SUPPORT_ENGINE_BED_H

#include "libferrite/os/os.h"
#include "libferrite/txn/txn.h"

struct engine_bed {
    char dir[64], path[96];
    struct engine_config config;
    struct engine *engine;
};

/* A fresh folder and a configuration without threads; `sync_mode` is a ferrite_sync_mode. */
void ebed_make(struct engine_bed *bed, int sync_mode);
void ebed_open(struct engine_bed *bed);
int ebed_try_open(struct engine_bed *bed);
void ebed_close(struct engine_bed *bed);
/* Leaves the files as a kill would: copies them aside, closes, copies them back. */
void ebed_crash(struct engine_bed *bed);
/* Writes `len` bytes at `offset` of the data file (suffix "") or its log ("-wal"). */
void ebed_scribble(const struct engine_bed *bed, const char *suffix, long offset, const void *bytes, size_t len);
long ebed_file_size(const struct engine_bed *bed, const char *suffix); /* -1: no such file */
void ebed_free(struct engine_bed *bed);

int ebed_apply(void *ctx, struct txn *txn, const uint8_t *effects, size_t len);
int ebed_put(struct txn *txn, const char *key, const void *value, size_t len);
int ebed_delete(struct txn *txn, const char *key);

/* One transaction each; they fail the test on an error. */
void ebed_set(struct engine_bed *bed, const char *key, const char *value);
/* Keys "k0".."k<count-1>", values of `len` bytes, `batch` a transaction. */
void ebed_fill(struct engine_bed *bed, int count, size_t len, int batch);
/* The value as a string in a static buffer, or NULL. */
const char *ebed_get(struct engine_bed *bed, const char *key);
uint64_t ebed_count(struct engine_bed *bed);
/* Walks the trees and the page accounting; the number of findings. */
uint64_t ebed_check(struct engine_bed *bed);

#endif
