/*
 * tool_backup.c - `ferrite backup FILE TARGET` and `ferrite restore BACKUP FILE`.
 *
 * Both read one database and write a whole copy of it, which appears only when it is complete. A restore checks
 * the backup first and overwrites nothing, unless --force says so.
 */
#include "interrupt.h"
#include "progress.h"
#include "target.h"
#include "tools.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Read-only: nothing is created beside it, and its log counts. */
static ferrite_db *open_source(const struct options *options, const char *path) {
    struct options source = *options;
    source.db.read_only = source.db.must_exist = 1;
    interrupt_catch();
    return target_open_file(&source, path);
}

static bool copy(ferrite_db *db, const char *verb, const char *to) {
    struct progress progress = progress_begin(verb);
    const ferrite_monitor monitor = {&progress, NULL, interrupt_or_show};
    ferrite_error *err = NULL;
    int result = ferrite_backup(db, to, &monitor, &err);
    progress_wipe(&progress);
    if (result < 0) complain_error(to, err);
    return result >= 0;
}

static void print_copied(ferrite_db *db, const char *from, const char *to) {
    ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
    struct stat file = {0};
    ferrite_info(db, &stats, NULL);
    stat(to, &file);
    printf("%s: %" PRIu64 " key%s from %s, %" PRIu64 " bytes\n", to, stats.keys, plural(stats.keys), from,
           (uint64_t)file.st_size);
}

int tool_backup(const struct options *options) {
    const char *from = options->words[0], *to = options->words[1];
    ferrite_db *db = open_source(options, from);
    if (!db) return EXIT_FAILED;
    bool done = copy(db, "backing up", to);
    if (done) print_copied(db, from, to);
    ferrite_close(db);
    return done ? EXIT_DONE : EXIT_FAILED;
}

/* ---- restore ---- */

static void print_finding(void *ctx, const char *text) {
    progress_wipe(ctx);
    puts(text);
}

static bool is_sound(ferrite_db *db, const char *path) {
    struct progress progress = progress_begin("checking");
    const ferrite_monitor monitor = {&progress, print_finding, interrupt_or_show};
    ferrite_error *err = NULL;
    uint64_t findings = 0;
    int result = ferrite_check(db, &monitor, &findings, &err);
    progress_wipe(&progress);
    if (result < 0)
        complain_error(path, err);
    else if (findings)
        complain("%s is damaged (%" PRIu64 " finding%s); `ferrite recover` takes what is readable", path,
                 findings, plural(findings));
    return result >= 0 && !findings;
}

int tool_restore(const struct options *options) {
    const char *from = options->words[0], *to = options->words[1];
    if (!options->force && access(to, F_OK) == 0) {
        complain("%s exists; --force replaces it", to);
        return EXIT_FAILED;
    }
    ferrite_db *db = open_source(options, from);
    if (!db) return EXIT_FAILED;
    bool done = is_sound(db, from) && copy(db, "restoring", to);
    if (done) print_copied(db, from, to);
    ferrite_close(db);
    return done ? EXIT_DONE : EXIT_FAILED;
}
