/*
 * tool_info.c - `ferrite info FILE`: facts about a database file.
 */
#include "target.h"
#include "tools.h"

#include <inttypes.h>

static void print_bytes(const char *name, uint64_t bytes) {
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    double scaled = (double)bytes / 1024.0;
    size_t unit = 0;
    for (; scaled >= 1024.0 && unit < 3; unit++) scaled /= 1024.0;
    printf("%-18s %" PRIu64, name, bytes);
    if (bytes >= 1024) printf(" (%.1f %s)", scaled, units[unit]);
    putchar('\n');
}

static void print_count(const char *name, uint64_t count) {
    printf("%-18s %" PRIu64 "\n", name, count);
}

static void print_databases(ferrite_db *db) {
    for (int i = 0; i < ferrite_databases(db); i++) {
        ferrite_db *chosen = ferrite_select(db, i, NULL);
        uint64_t count = 0;
        if (chosen && ferrite_dbsize(chosen, &count, NULL) == 0 && count)
            printf("  database %-7d %" PRIu64 "\n", i, count);
        ferrite_close(chosen);
    }
}

static void print_stats(ferrite_db *db, const char *path, const ferrite_stats *stats) {
    printf("%-18s %s\n", "file", path);
    printf("%-18s %s\n", "database id", stats->database_id);
    print_bytes("file bytes", stats->file_bytes);
    print_bytes("log bytes", stats->log_bytes);
    print_count("page size", stats->page_size);
    print_count("pages", stats->page_count);
    print_count("free pages", stats->free_pages);
    print_count("transaction", stats->txid);
    if (stats->recovered_transactions)
        print_count("in the log only", stats->recovered_transactions);
    print_count("keys", stats->keys);
    print_databases(db);
}

int tool_info(const struct options *options) {
    const char *path = options->words[0];
    struct options read_only = *options;
    ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
    ferrite_error *err = NULL;
    read_only.db.read_only = read_only.db.must_exist = 1;
    ferrite_db *db = target_open_file(&read_only, path);
    if (!db) return EXIT_FAILED;
    int result = ferrite_info(db, &stats, &err);
    if (result == 0)
        print_stats(db, path, &stats);
    else
        complain_error(path, err);
    ferrite_close(db);
    return result == 0 ? EXIT_DONE : EXIT_FAILED;
}
