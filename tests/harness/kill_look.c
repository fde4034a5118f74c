/*
 * kill_look.c - the looking child of the kill harness: what a killed one left must be right.
 */
#include <stdlib.h>
#include <unistd.h>

#include "kill_parts.h"
#include "state.h"

#define LOOK_BACK    300u /* groups of each thread looked at in most rounds */
#define LOOK_SECONDS 60u  /* a look that takes longer hangs */

struct look {
    ferrite_db *db;
    unsigned writer;
    uint64_t head;
    char *value;
    bool evicts;
    uint64_t lost;
};

static bool complain(const struct look *look, uint64_t group, const char *what) {
    fprintf(stderr, "kill: writer %u, group %" PRIu64 " (head %" PRIu64 "): %s\n", look->writer,
            group, look->head, what);
    return false;
}

static bool look_at_group(struct look *look, uint64_t group, bool there) {
    char key[64];
    for (unsigned i = 0; i < group_members(look->writer, group); i++) {
        ferrite_error *err = NULL;
        size_t len = 0, key_len = member_key(look->writer, group, i, key);
        size_t expected = member_value(look->writer, group, i, look->value);
        char *found = ferrite_get(look->db, key, key_len, &len, &err);
        bool same = found != NULL && len == expected && memcmp(found, look->value, len) == 0;
        bool nil = found == NULL && err == NULL;
        if (err != NULL) complain(look, group, ferrite_error_message(err));
        ferrite_error_free(err);
        ferrite_free(found);
        if (there && nil && look->evicts) {
            look->lost++;
            continue;
        }
        if (there && nil) return complain(look, group, "a member is lost");
        if (there && !same) return complain(look, group, "a member has other bytes");
        if (!there && !nil) return complain(look, group, "a member should not be there");
    }
    return true;
}

static bool look_read_head(struct look *look) {
    char key[64];
    size_t len = 0;
    ferrite_error *err = NULL;
    char *text = ferrite_get(look->db, key, head_key(look->writer, key), &len, &err);
    bool fine = err == NULL;
    look->head = text != NULL ? strtoull(text, NULL, 10) : 0;
    if (!fine) complain(look, 0, ferrite_error_message(err));
    ferrite_error_free(err);
    ferrite_free(text);
    return fine;
}

static bool look_at_writer(struct look *look, const struct board *board, uint64_t back) {
    uint64_t acknowledged = atomic_load(&board->acknowledged[look->writer]);
    uint64_t begun = atomic_load(&board->begun[look->writer]);
    if (!look_read_head(look)) return false;
    if (look->head < acknowledged)
        return complain(look, acknowledged, "acknowledged but lost (E1)");
    if (look->head > begun) return complain(look, look->head, "was never begun");
    uint64_t from = look->head > back ? look->head - back : 1;
    for (uint64_t group = from; group <= look->head; group++) {
        if (!look_at_group(look, group, !group_is_removed(group, look->head))) return false;
    }
    return look_at_group(look, look->head + 1, false);
}

/* True when everything is as it must be; leaves the heads found in `heads`. */
static bool look_at_all(struct run *run, ferrite_db *db, bool full) {
    struct look look = {.db = db, .value = malloc(VALUE_MAX), .evicts = run->evicts};
    char text[500];
    bool fine = look.value != NULL;
    for (look.writer = 0; fine && look.writer < WRITERS; look.writer++) {
        fine = look_at_writer(&look, run->board, full ? UINT64_MAX : LOOK_BACK);
        if (!fine) break;
        atomic_store(&run->board->begun[look.writer], look.head);
        atomic_store(&run->board->acknowledged[look.writer], look.head);
    }
    free(look.value);
    atomic_fetch_add(&run->board->lost, look.lost);
    if (fine && ferrite_exists(db, "rolled back", 11, NULL) != 0) {
        fprintf(stderr, "kill: something rolled back is there\n");
        fine = false;
    }
    if (fine && full && state_check(db, text, sizeof text) != FERRITE_OK) {
        fprintf(stderr, "kill: %s\n", text);
        fine = false;
    }
    return fine;
}

/* A backup is there whole or not at all. */
static bool look_at_backup(struct run *run) {
    char path[300], text[500];
    ferrite_error *err = NULL;
    ferrite_options options = FERRITE_OPTIONS_INIT;
    backup_path(run->path, path);
    options.read_only = options.must_exist = 1;
    ferrite_db *db = ferrite_open_with(path, &options, &err);
    if (db == NULL && ferrite_error_code(err) == FERRITE_NOTFOUND) return true;
    bool fine = db != NULL && state_check(db, text, sizeof text) == FERRITE_OK;
    if (db == NULL) error_take(&err, text, sizeof text);
    if (!fine) fprintf(stderr, "kill: the backup: %s\n", text);
    ferrite_close(db);
    return fine;
}

void kill_looking_child(struct run *run, ferrite_options *options, bool full, bool close) {
    alarm(LOOK_SECONDS);
    ferrite_db *db = kill_child_open(run->path, options);
    bool fine = db != NULL && look_at_all(run, db, full) && look_at_backup(run);
    if (fine && close) ferrite_close(db);
    _exit(fine ? 0 : 1);
}
