/*
 * db_backup.h - what backup, save and load share: the state to be copied, and the copying into a file.
 */
#ifndef FERRITE_DB_BACKUP_H
#define FERRITE_DB_BACKUP_H

#include "db.h"
#include "types/transfer.h"

/* A state of the database, kept until it has been copied. */
struct source {
    struct txn txn;
    struct roots roots; /* of a root handle */
    struct session *session; /* of a snapshot, held; else NULL */
};
/* Of a root handle or snapshot; `what` for the message when it is neither. */
int source_open(ferrite_db *db, const char *what, struct source *source);
void source_close(struct source *source);

/* Writes it to a new database at `path`, which appears whole or not at all. */
int source_write(struct source *source, const char *path, const struct transfer_watch *watch);

int path_check(const char *path);

/* db_save.c: waits for the save in the background, if there is one. */
void core_save_join(struct core *core);

#endif
