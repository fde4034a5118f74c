/*
 * full_disk.c - fill, read, delete, fill again, reopen.
 */
#include "full_disk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/sim_os.h"
#include "choices.h"
#include "state.h"
#include "workspace.h"

#define FILL_MAX 200000u /* sets on a full disk that may succeed before the error must come */

struct disk {
    const struct full_disk_plan *plan;
    struct workspace workspace;
    struct sim *sim;
    ferrite_options options;
    char path[256];
    struct handles handles;
    struct oracle *oracle;
    struct choices choices;
    char *value;
};

static bool complain(const struct disk *disk, const char *what, ferrite_error **err) {
    char text[300] = "no error";
    if (err != NULL) error_take(err, text, sizeof text);
    fprintf(stderr, "full disk: seed %" PRIu64 ", sync mode %d, values to %u bytes: %s%s%s\n",
            disk->plan->seed, disk->plan->sync_mode, disk->plan->value_max, what,
            err != NULL ? ": " : "", err != NULL ? text : "");
    return false;
}

static bool disk_open(struct disk *disk) {
    ferrite_error *err = NULL;
    ferrite_db *db = ferrite_open_with(disk->path, &disk->options, &err);
    if (db == NULL || handles_from(db, &disk->handles, &err) != FERRITE_OK) {
        return complain(disk, "open", &err);
    }
    return true;
}

static void disk_full(struct disk *disk, bool full) {
    struct sim_fault fault = {SIM_ALLOCATE, 1, ENOSPC, true};
    sim_fault_set(disk->sim, full ? &fault : NULL);
}

/* One set of key `number`; FERRITE_* code. */
static int set_one(struct disk *disk, uint32_t number, ferrite_error **err) {
    char key[32];
    size_t key_len = (size_t)sprintf(key, "key:%08u", number);
    size_t len = choose(&disk->choices, disk->plan->value_max + 1);
    memset(disk->value, (int)choose(&disk->choices, 256), len);
    if (ferrite_set(disk->handles.db[0], key, key_len, disk->value, len, err) < 0) {
        return ferrite_error_code(*err);
    }
    oracle_set(disk->oracle, 0, key, key_len, disk->value, len);
    return FERRITE_OK;
}

static bool content_is_right(struct disk *disk, const char *when) {
    ferrite_error *err = NULL;
    uint64_t digest;
    if (state_digest(&disk->handles, &digest, &err) != FERRITE_OK)
        return complain(disk, when, &err);
    if (digest == oracle_digest(disk->oracle)) return true;
    return complain(disk, when, NULL);
}

static bool check_is_clean(struct disk *disk) {
    char text[300];
    if (state_check(disk->handles.db[0], text, sizeof text) == FERRITE_OK) return true;
    return complain(disk, text, NULL);
}

/* Writes new keys until the disk is full. */
static bool fill(struct disk *disk, uint32_t from) {
    ferrite_error *err = NULL;
    for (uint32_t i = 0; i < FILL_MAX; i++) {
        int code = set_one(disk, from + i, &err);
        if (code == FERRITE_OK) continue;
        if (code != FERRITE_FULL) return complain(disk, "an odd error on a full disk", &err);
        ferrite_error_free(err);
        return content_is_right(disk, "reading on a full disk");
    }
    return complain(disk, "the disk never gets full", NULL);
}

/* Deletes all but the last `keep` keys. */
static bool delete_down_to(struct disk *disk, size_t keep) {
    const size_t all = disk->oracle->dbs[0].count;
    while (disk->oracle->dbs[0].count > keep) {
        size_t at = choose(&disk->choices, (uint32_t)disk->oracle->dbs[0].count);
        const struct oracle_bytes *key = disk->oracle->dbs[0].entries[at].key;
        ferrite_error *err = NULL;
        if (ferrite_del(disk->handles.db[0], key->data, key->len, &err) != 1) {
            fprintf(stderr, "full disk: %zu keys of %zu are left\n", disk->oracle->dbs[0].count,
                    all);
            return complain(disk, "deleting on a full disk", &err);
        }
        oracle_del(disk->oracle, 0, key->data, key->len);
    }
    return content_is_right(disk, "after deleting");
}

/* A few keys fit again into the room that deletes made. */
static bool write_again(struct disk *disk) {
    ferrite_error *err = NULL;
    for (uint32_t i = 0; i < 5; i++) {
        if (set_one(disk, 900000 + i, &err) == FERRITE_OK) continue;
        return complain(disk, "writing into the room that deletes made", &err);
    }
    return content_is_right(disk, "after writing again");
}

static bool work(struct disk *disk) {
    ferrite_error *err = NULL;
    if (!disk_open(disk)) return false;
    for (uint32_t i = 0; i < disk->plan->keys; i++) {
        if (set_one(disk, i, &err) != FERRITE_OK) return complain(disk, "setting", &err);
    }
    disk_full(disk, true);
    if (!fill(disk, disk->plan->keys)) return false;
    if (!delete_down_to(disk, 3) || !write_again(disk)) return false;
    if (!fill(disk, 1000000)) return false;
    handles_close(&disk->handles);
    if (!disk_open(disk) || !content_is_right(disk, "reopened while the disk is full"))
        return false;
    if (!delete_down_to(disk, 0) || !check_is_clean(disk)) return false;
    disk_full(disk, false);
    handles_close(&disk->handles);
    return disk_open(disk) && content_is_right(disk, "reopened at last") && check_is_clean(disk);
}

int full_disk_run(const struct full_disk_plan *plan) {
    struct disk disk = {.plan = plan,
                        .sim = sim_new(),
                        .oracle = oracle_new(),
                        .choices = choices_seeded(plan->seed),
                        .value = malloc(plan->value_max + 1)};
    if (disk.value == NULL) abort();
    workspace_make(&disk.workspace, "disk");
    workspace_path(&disk.workspace, "x.ferrite", disk.path, sizeof disk.path);
    disk.options = (ferrite_options)FERRITE_OPTIONS_INIT;
    disk.options.sync_mode = (ferrite_sync_mode)plan->sync_mode;
    disk.options.no_threads = plan->seed % 2 == 0;
    disk.options.log_size = 128 << 10;
    disk.options.dirty_limit = 256 << 10;
    os_set_default(sim_os(disk.sim));
    bool fine = work(&disk);
    handles_close(&disk.handles);
    os_set_default(os_posix());
    oracle_free(disk.oracle);
    free(disk.value);
    sim_free(disk.sim);
    workspace_remove(&disk.workspace);
    return fine ? 0 : 1;
}
