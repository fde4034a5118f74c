/*
 * race.h - what the race programs share: plain mains, because the test runner does not start
 * under ThreadSanitizer. Each ends with 0 when what its threads saw was right; the sanitizer
 * says the rest.
 */
#ifndef FERRITE_TESTS_RACE_H
#define FERRITE_TESTS_RACE_H

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../libferrite/ferrite.h"

/* Ends the program: a race program has nothing to tidy up. */
#define RACE_MUST(condition, err)                                              \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, \
                    (err) != NULL ? ferrite_error_message(err) : "wrong");     \
            _exit(1);                                                          \
        }                                                                      \
    } while (0)

static inline uint64_t race_argument(int argc, char **argv, int which, uint64_t otherwise) {
    return argc > which ? strtoull(argv[which], NULL, 10) : otherwise;
}

struct race_files {
    char dir[64], path[80];
};

static inline void race_files_make(struct race_files *files) {
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(files->dir, sizeof files->dir, "%s/ferrite-race-XXXXXX", base);
    if (mkdtemp(files->dir) == NULL) abort();
    snprintf(files->path, sizeof files->path, "%s/x.ferrite", files->dir);
}

static inline void race_files_remove(const struct race_files *files) {
    static const char *const suffixes[] = {"", "-wal", "-lock"};
    char name[100];
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", files->path, suffixes[i]);
        unlink(name);
    }
    rmdir(files->dir);
}

/* Small bounds, so that background checkpoints and spills happen all the time. */
static inline ferrite_db *race_open(const struct race_files *files, ferrite_sync_mode mode) {
    ferrite_error *err = NULL;
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = mode;
    options.sync_interval_ms = 2;
    options.sync_every_n = 10;
    options.log_size = 128 << 10;
    options.dirty_limit = 512 << 10;
    options.map_size = 1u << 30;
    options.busy_timeout_ms = 60000;
    ferrite_db *db = ferrite_open_with(files->path, &options, &err);
    RACE_MUST(db != NULL, err);
    return db;
}

/* The file must be found whole at the end. */
static inline void race_close(ferrite_db *db) {
    ferrite_error *err = NULL;
    uint64_t findings = 0;
    RACE_MUST(ferrite_check(db, NULL, &findings, &err) == 0, err);
    RACE_MUST(findings == 0, err);
    ferrite_close(db);
}

#endif
