/*
 * kill_write.c - the writing child of the kill harness: several threads that commit, until they are killed.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "kill_parts.h"
#include "state.h"

#define LIFE_MS INT64_C(100000000000) /* of members that may be evicted: three years */

struct writer {
    ferrite_db *db;
    struct board *board;
    unsigned number;
    uint64_t head;
    struct choices choices;
    char *value;
    bool evicts;
};

static int write_member(ferrite_db *db, const struct writer *writer, const char *key,
                        size_t key_len, size_t len, ferrite_error **err) {
    if (!writer->evicts) return ferrite_set(db, key, key_len, writer->value, len, err);
    return ferrite_psetex(db, key, key_len, LIFE_MS, writer->value, len, err);
}

static int write_group(ferrite_db *db, struct writer *writer, uint64_t group, ferrite_error **err) {
    char key[64];
    for (unsigned i = 0; i < group_members(writer->number, group); i++) {
        size_t key_len = member_key(writer->number, group, i, key);
        size_t len = member_value(writer->number, group, i, writer->value);
        if (write_member(db, writer, key, key_len, len, err) < 0) return -1;
    }
    return 0;
}

static int remove_group(ferrite_db *db, struct writer *writer, uint64_t group,
                        ferrite_error **err) {
    char key[64];
    for (unsigned i = 0; i < group_members(writer->number, group); i++) {
        size_t key_len = member_key(writer->number, group, i, key);
        if (ferrite_del(db, key, key_len, err) < 0) return -1;
    }
    return 0;
}

/* A group is whole when its members, the head and the removal of an old group came together. */
static int change(ferrite_db *tx, void *ctx, ferrite_error **err) {
    struct writer *writer = ctx;
    uint64_t group = writer->head + 1;
    char key[64], text[32];
    if (write_group(tx, writer, group, err) < 0) return -1;
    if (group > 50 && group_is_removed(group - 50, group) &&
        remove_group(tx, writer, group - 50, err) < 0) {
        return -1;
    }
    size_t len = (size_t)sprintf(text, "%" PRIu64, group);
    return ferrite_set(tx, key, head_key(writer->number, key), text, len, err);
}

static int change_in_batch(struct writer *writer, ferrite_error **err) {
    ferrite_db *batch = ferrite_batch(writer->db, err);
    if (batch == NULL) return -1;
    int result = change(batch, writer, err);
    if (result == 0) result = ferrite_commit(batch, err);
    ferrite_close(batch);
    return result;
}

/* Writes the next group and takes it back. */
static int change_and_roll_back(struct writer *writer, ferrite_error **err) {
    ferrite_db *tx = ferrite_begin(writer->db, err);
    if (tx == NULL) return -1;
    int result = ferrite_set(tx, "rolled back", 11, "x", 1, err);
    if (result == 0) result = change(tx, writer, err);
    if (result == 0) result = ferrite_rollback(tx, err);
    ferrite_close(tx);
    return result;
}

static int writer_step(struct writer *writer, ferrite_error **err) {
    if (choose_once_in(&writer->choices, 12) && change_and_roll_back(writer, err) < 0) return -1;
    atomic_store(&writer->board->begun[writer->number], writer->head + 1);
    int result = choose_once_in(&writer->choices, 6)
                     ? change_in_batch(writer, err)
                     : ferrite_transaction(writer->db, change, writer, err);
    if (result != 0) return -1;
    writer->head++;
    atomic_store(&writer->board->acknowledged[writer->number], writer->head);
    return 0;
}

static void *writer_main(void *ctx) {
    struct writer *writer = ctx;
    ferrite_error *err = NULL;
    writer->value = malloc(VALUE_MAX);
    if (writer->value == NULL) abort();
    while (writer_step(writer, &err) == 0) continue;
    char text[300];
    error_take(&err, text, sizeof text);
    fprintf(stderr, "kill: writer %u: %s\n", writer->number, text);
    atomic_store(&writer->board->trouble, true);
    return NULL;
}

/* Compacts the file and makes backups beside the writers, until the kill. */
struct tender {
    ferrite_db *db;
    const char *path;
    struct choices choices;
    struct board *board;
};

static void *tender_main(void *ctx) {
    struct tender *tender = ctx;
    ferrite_error *err = NULL;
    char copy[300], text[300];
    int result = 0;
    backup_path(tender->path, copy);
    while (result >= 0) {
        result = choose_once_in(&tender->choices, 3) ? ferrite_backup(tender->db, copy, NULL, &err)
                                                     : ferrite_compact(tender->db, NULL, NULL, &err);
        usleep(choose(&tender->choices, 20000));
    }
    error_take(&err, text, sizeof text);
    fprintf(stderr, "kill: compact or backup: %s\n", text);
    atomic_store(&tender->board->trouble, true);
    return NULL;
}

ferrite_db *kill_child_open(const char *path, const ferrite_options *options) {
    ferrite_error *err = NULL;
    ferrite_db *db = ferrite_open_with(path, options, &err);
    char text[300];
    if (db != NULL) return db;
    error_take(&err, text, sizeof text);
    fprintf(stderr, "kill: cannot open: %s\n", text);
    return NULL;
}

/* Runs until it is killed. */
void kill_writing_child(struct run *run, const ferrite_options *options,
                        const uint64_t heads[WRITERS]) {
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    ferrite_db *db = kill_child_open(run->path, options);
    if (db == NULL) {
        atomic_store(&run->board->trouble, true);
        _exit(1);
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.db = db,
                                     .board = run->board,
                                     .number = i,
                                     .head = heads[i],
                                     .evicts = run->evicts,
                                     .choices = choices_seeded(choices_next(&run->choices))};
        if (pthread_create(&threads[i], NULL, writer_main, &writers[i]) != 0) abort();
    }
    struct tender tender = {db, run->path, choices_seeded(choices_next(&run->choices)), run->board};
    if (pthread_create(&threads[0], NULL, tender_main, &tender) != 0) abort();
    for (;;) pause();
}
