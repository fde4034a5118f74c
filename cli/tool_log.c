/*
 * tool_log.c - `ferrite log FILE`: prints the effects in the log of a database file, one a line.
 */
#include "target.h"
#include "tools.h"

#include <inttypes.h>

static void print_effect_json(const ferrite_log_entry *entry) {
    printf("{\"transaction\":%" PRIu64 ",\"lsn\":%" PRIu64 ",\"database\":%d,\"effect\":[",
           entry->txid, entry->lsn, entry->database);
    for (size_t i = 0; i < entry->argc; i++) {
        if (i) putchar(',');
        print_json_string(stdout, entry->argv[i].data, entry->argv[i].len);
    }
    puts("]}");
}

/* The effect's name is a plain word; what follows is data. */
static void print_effect(const ferrite_log_entry *entry) {
    printf("%" PRIu64 " %" PRIu64 " [%d]", entry->txid, entry->lsn, entry->database);
    for (size_t i = 0; i < entry->argc; i++) {
        putchar(' ');
        if (i)
            print_quoted(stdout, entry->argv[i].data, entry->argv[i].len);
        else
            fwrite(entry->argv[i].data, 1, entry->argv[i].len, stdout);
    }
    putchar('\n');
}

static int print_entry(void *ctx, const ferrite_log_entry *entry) {
    const struct options *options = ctx;
    if (options->format == PRINT_JSON)
        print_effect_json(entry);
    else
        print_effect(entry);
    return ferror(stdout) ? 1 : 0;
}

int tool_log(const struct options *options) {
    ferrite_error *err = NULL;
    struct options context = *options;
    if (ferrite_log_read(options->words[0], print_entry, &context, &err) >= 0) return EXIT_DONE;
    complain_error(options->words[0], err);
    return EXIT_FAILED;
}
