/*
 * tool_recover.c - `ferrite recover FILE [OUT]`: saves what is readable into a new file.
 *
 * The status tells whether the new file was made; what could not be saved is told on standard
 * output, as a finding each.
 */
#include "progress.h"
#include "target.h"
#include "tools.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void print_finding(void *ctx, const char *text) {
    progress_wipe(ctx);
    puts(text);
}

static void print_result(const char *out, const ferrite_recovery *result) {
    printf("%s: %" PRIu64 " key%s saved", out, result->keys, plural(result->keys));
    if (result->log_transactions)
        printf(", %" PRIu64 " transaction%s taken from the log", result->log_transactions,
               plural(result->log_transactions));
    putchar('\n');
    if (result->findings)
        printf("lost: %" PRIu64 " of %" PRIu64 " pages are damaged, %" PRIu64
               " values could not be read\n",
               result->damaged_pages, result->pages, result->lost_values);
    else
        puts("nothing was lost");
}

static int recover(const char *path, const char *out) {
    struct progress progress = progress_begin("recovering");
    ferrite_monitor monitor = {&progress, print_finding, progress_show};
    ferrite_recovery result = {0};
    ferrite_error *err = NULL;
    int failed = ferrite_recover(path, out, &monitor, &result, &err) < 0;
    progress_wipe(&progress);
    if (failed)
        complain_error(path, err);
    else
        print_result(out, &result);
    return failed ? EXIT_FAILED : EXIT_DONE;
}

int tool_recover(const struct options *options) {
    static const char suffix[] = ".recovered";
    const char *path = options->words[0];
    if (options->word_count > 1) return recover(path, options->words[1]);
    char *out = malloc(strlen(path) + sizeof suffix);
    if (!out) {
        complain("out of memory");
        return EXIT_FAILED;
    }
    strcat(strcpy(out, path), suffix);
    int status = recover(path, out);
    free(out);
    return status;
}
