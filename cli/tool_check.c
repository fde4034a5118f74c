/*
 * tool_check.c - `ferrite check FILE`: walks everything in the file and tells what is wrong.
 */
#include "progress.h"
#include "target.h"
#include "tools.h"

#include <inttypes.h>

struct check {
    struct progress progress;
};

static void print_finding(void *ctx, const char *text) {
    struct check *check = ctx;
    progress_wipe(&check->progress);
    puts(text);
}

static int show_progress(void *ctx, uint64_t done, uint64_t total) {
    struct check *check = ctx;
    return progress_show(&check->progress, done, total);
}

static int print_clean(ferrite_db *db, const char *path) {
    ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
    if (ferrite_info(db, &stats, NULL) < 0)
        printf("%s: clean\n", path);
    else
        printf("%s: clean, %" PRIu64 " key%s in %" PRIu64 " pages, %" PRIu64 " of them free\n",
               path, stats.keys, plural(stats.keys), stats.page_count, stats.free_pages);
    return EXIT_DONE;
}

int tool_check(const struct options *options) {
    const char *path = options->words[0];
    struct options read_only = *options;
    struct check check = {progress_begin("checking")};
    ferrite_monitor monitor = {&check, print_finding, show_progress};
    ferrite_error *err = NULL;
    uint64_t findings = 0;
    int status = EXIT_FAILED;
    read_only.db.read_only = read_only.db.must_exist = 1;
    ferrite_db *db = target_open_file(&read_only, path);
    if (!db) return EXIT_FAILED;
    int result = ferrite_check(db, &monitor, &findings, &err);
    progress_wipe(&check.progress);
    if (result < 0) {
        complain_error(path, err);
    } else if (findings) {
        printf("%s: %" PRIu64 " finding%s\n", path, findings, plural(findings));
    } else {
        status = print_clean(db, path);
    }
    ferrite_close(db);
    return status;
}
