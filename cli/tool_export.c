/*
 * tool_export.c - `ferrite export FILE`: prints what makes the database again: commands, one a line;
 * with --resp as the protocol, for `redis-cli --pipe`; with --json an object a key.
 */
#include "export.h"
#include "target.h"
#include "tools.h"

int tool_export(const struct options *options) {
    const char *path = options->words[0];
    struct options read_only = *options;
    ferrite_error *err = NULL;
    read_only.db.read_only = read_only.db.must_exist = 1;
    ferrite_db *db = target_open_file(&read_only, path);
    if (!db) return EXIT_FAILED;
    struct export export = {
        .out = stdout,
        .form = options->format == PRINT_JSON ? &export_json : &export_commands,
        .resp = options->resp,
        .progress = progress_begin("exporting"),
    };
    int result = export_database(&export, db, options->database, !options->one_database, &err);
    if (result < 0 && err)
        complain_error(path, err);
    else if (result < 0 || export.no_memory)
        complain("out of memory");
    ferrite_close(db);
    return result < 0 || export.no_memory ? EXIT_FAILED : EXIT_DONE;
}
