/*
 * tool_compact.c - `ferrite compact FILE`: gives free space in the file back to the file system.
 */
#include "interrupt.h"
#include "progress.h"
#include "target.h"
#include "tools.h"

#include <inttypes.h>
#include <sys/stat.h>

static uint64_t size_of(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

int tool_compact(const struct options *options) {
    const char *path = options->words[0];
    struct options existing = *options;
    struct progress progress = progress_begin("compacting");
    ferrite_monitor monitor = {&progress, NULL, interrupt_or_show};
    ferrite_error *err = NULL;
    existing.db.must_exist = 1;
    interrupt_catch();
    const uint64_t before = size_of(path);
    ferrite_db *db = target_open_file(&existing, path);
    if (!db) return EXIT_FAILED;
    int result = ferrite_compact(db, &monitor, NULL, &err);
    ferrite_close(db); /* cuts what the compaction's last checkpoint left */
    progress_wipe(&progress);
    if (result < 0) complain_error(path, err);
    const uint64_t after = size_of(path), gained = before > after ? before - after : 0;
    printf("%s: %" PRIu64 " byte%s reclaimed, %" PRIu64 " left\n", path, gained, plural(gained), after);
    return result < 0 ? EXIT_FAILED : EXIT_DONE;
}
