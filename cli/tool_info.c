/*
 * tool_info.c - `ferrite info FILE [SECTION…]`: INFO about a database file that nobody need have open.
 */
#include "target.h"
#include "tools.h"

#include <string.h>

/* In a file or a pipe, the ends of line of the protocol would be in the way. */
static void print_lines(const ferrite_reply *reply) {
    for (size_t i = 0; i < reply->len; i++)
        if (reply->str[i] != '\r') putchar(reply->str[i]);
}

static int print_info(const struct options *options, ferrite_db *db, const char *path) {
    const char *argv[INFO_WORDS_MAX] = {"INFO"};
    ferrite_error *err = NULL;
    int argc = options->word_count;
    for (int i = 1; i < argc; i++) argv[i] = options->words[i];
    ferrite_reply *reply = ferrite_command(db, argc, argv, NULL, &err);
    if (!reply) {
        complain_error(path, err);
        return EXIT_FAILED;
    }
    bool known = argc == 1 || reply->type != FERRITE_REPLY_STRING || reply->len > 0;
    if (!known)
        complain("there is no such section; `ferrite info %s` shows all", path);
    else if (reply->type == FERRITE_REPLY_STRING && options->format != PRINT_JSON)
        print_lines(reply);
    else
        print_reply(stdout, options->format, reply, true);
    int status = !known || reply_has_error(reply) ? EXIT_FAILED : EXIT_DONE;
    ferrite_free(reply);
    return status;
}

int tool_info(const struct options *options) {
    const char *path = options->words[0];
    struct options read_only = *options;
    read_only.db.read_only = read_only.db.must_exist = 1;
    ferrite_db *db = target_open_file(&read_only, path);
    if (!db) return EXIT_FAILED;
    int status = print_info(options, db, path);
    ferrite_close(db);
    return status;
}
