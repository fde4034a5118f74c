/*
 * target.h - the database that the words on the command line name, opened when it is needed.
 *
 * A file that is missing is created by the first command that may write, saves or sets something, or asks about the
 * file (INFO); until then an empty database in memory stands in for it, so that looking at a misspelt name leaves no
 * file behind.
 */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include "options.h"

struct target {
    const struct options *options;
    const char *path;
    ferrite_db *db;
    ferrite_session *session;
    bool stands_in; /* db is the empty one in memory */
};

/* Complains about a failure on the file and frees the error. */
void complain_error(const char *path, ferrite_error *err);

/* False after a complaint. */
bool target_open(struct target *target, const struct options *options, const char *path);
/* Opens a file for a tool. NULL after a complaint. */
ferrite_db *target_open_file(const struct options *options, const char *path);
/* NULL after a complaint. The reply is freed with ferrite_free. */
ferrite_reply *target_command(struct target *target, int argc, const char *const *argv,
                              const size_t *lens);
/* Runs and prints one command: an exit status; EXIT_FAILED when the reply is or has an error.
 * When the file could not be created, target->session is NULL afterwards: nothing more can be run. */
int target_run(struct target *target, int argc, const char *const *argv, const size_t *lens);
void target_close(struct target *target);

#endif
