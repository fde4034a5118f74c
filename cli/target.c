/*
 * target.c - the database that the command line names. See target.h.
 */
#include "target.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Some messages of the library name the file, as a word of its own. */
static bool names_path(const char *text, const char *path) {
    size_t len = strlen(path);
    for (const char *at = text; len && (at = strstr(at, path)); at++)
        if ((at == text || strchr(" '", at[-1])) && strchr(" ':,", at[len])) return true;
    return false;
}

void complain_error(const char *path, ferrite_error *err) {
    const char *text = ferrite_error_message(err);
    if (names_path(text, path))
        complain("%s", text);
    else
        complain("%s: %s", path, text);
    ferrite_error_free(err);
}

/* A file that may be read only opens with -r. */
static void complain_open(const struct options *options, const char *path, ferrite_error *err) {
    complain_error(path, err);
    if (!options->db.read_only && access(path, R_OK) == 0 && access(path, W_OK) < 0)
        complain("it may be read, though: ferrite -r %s …", path);
}

ferrite_db *target_open_file(const struct options *options, const char *path) {
    ferrite_error *err = NULL;
    ferrite_db *db = ferrite_open_with(path, &options->db, &err);
    if (!db) complain_open(options, path, err);
    return db;
}

/* The session of -n, or of the database chosen before the file had to be created. */
static bool open_session(struct target *target, int index) {
    ferrite_error *err = NULL;
    char number[16];
    const char *select[] = {"SELECT", number};
    target->session = ferrite_session_open(target->db, &err);
    if (!target->session) complain_error(target->path, err);
    if (!target->session || !index) return target->session != NULL;
    snprintf(number, sizeof number, "%d", index);
    ferrite_reply *reply = ferrite_session_command(target->session, 2, select, NULL, &err);
    if (!reply) complain_error(target->path, err);
    bool chosen = reply && reply->type == FERRITE_REPLY_STATUS;
    if (reply && !chosen) complain("-n %d: %s", index, reply->str);
    ferrite_free(reply);
    return chosen;
}

static bool open_at(struct target *target, int index, bool stands_in) {
    ferrite_error *err = NULL;
    target->stands_in = stands_in;
    target->db = ferrite_open_with(stands_in ? NULL : target->path, &target->options->db, &err);
    if (!target->db) complain_open(target->options, target->path, err);
    return target->db && open_session(target, index);
}

/* Missing, but in a folder that is there: the first write will create it. */
static bool can_wait(const struct options *options, const char *path) {
    char folder[4096];
    const char *slash = strrchr(path, '/');
    if (options->db.read_only || !strcmp(path, ":memory:") || access(path, F_OK) == 0) return false;
    if (!slash || (size_t)(slash - path) >= sizeof folder) return !slash && *path;
    snprintf(folder, sizeof folder, "%.*s/", (int)(slash - path), path);
    return slash[1] && access(folder, W_OK) == 0;
}

/* A command with too few or too many words answers that, and does nothing. */
static bool words_fit(const ferrite_command_info *info, int argc) {
    return info->arity >= 0 ? argc == info->arity : argc >= -info->arity;
}

/* One command is known beforehand: nothing need stand in for a file about to be created. */
static bool command_writes(const struct options *options) {
    int argc = options->word_count - 1 + options->input_argument;
    if (options->word_count < 2) return false;
    const ferrite_command_info *info = ferrite_command_find(options->words[1], strlen(options->words[1]));
    return info && (info->flags & FERRITE_COMMAND_WRITE) && words_fit(info, argc);
}

bool target_open(struct target *target, const struct options *options, const char *path) {
    *target = (struct target){.options = options, .path = path};
    return open_at(target, options->database, !command_writes(options) && can_wait(options, path));
}

static size_t word_len(const char *const *argv, const size_t *lens, int i) {
    return lens ? lens[i] : strlen(argv[i]);
}

/* What is set would be lost with the empty database, and that cannot be saved. */
static bool is_setting_or_saving(const char *name, int argc, const char *const *argv,
                                 const size_t *lens) {
    if (!strcmp(name, "save") || !strcmp(name, "bgsave")) return true;
    return !strcmp(name, "config") && argc > 1 && word_len(argv, lens, 1) == 3 &&
           strncasecmp(argv[1], "set", 3) == 0;
}

/* An empty database answers the other commands as well as a missing file, while it is missing. */
static bool needs_file(const struct target *target, int argc, const char *const *argv,
                       const size_t *lens) {
    const ferrite_command_info *info = ferrite_command_find(argv[0], word_len(argv, lens, 0));
    if (access(target->path, F_OK) == 0) return true;
    if (!info || !words_fit(info, argc) || strcmp(info->name, "select") == 0) return false;
    return (info->flags & (FERRITE_COMMAND_WRITE | FERRITE_COMMAND_SESSION | FERRITE_COMMAND_TEXT)) ||
           is_setting_or_saving(info->name, argc, argv, lens);
}

static bool create_file(struct target *target) {
    int index = ferrite_session_database(target->session);
    target_close(target);
    return open_at(target, index, false);
}

ferrite_reply *target_command(struct target *target, int argc, const char *const *argv,
                              const size_t *lens) {
    ferrite_error *err = NULL;
    if (target->stands_in && needs_file(target, argc, argv, lens) && !create_file(target))
        return NULL;
    ferrite_reply *reply = ferrite_session_command(target->session, argc, argv, lens, &err);
    if (!reply) complain_error(target->path, err);
    return reply;
}

static bool is_text(const struct target *target, const char *name, size_t len) {
    const ferrite_command_info *info = ferrite_command_find(name, len);
    return info && (info->flags & FERRITE_COMMAND_TEXT) &&
           !ferrite_session_in_multi(target->session);
}

int target_run(struct target *target, int argc, const char *const *argv, const size_t *lens) {
    ferrite_reply *reply = target_command(target, argc, argv, lens);
    if (!reply) return EXIT_FAILED;
    bool text = reply->type == FERRITE_REPLY_STRING &&
                is_text(target, argv[0], word_len(argv, lens, 0));
    print_reply(stdout, target->options->format, reply, text);
    int status = reply_has_error(reply) ? EXIT_FAILED : EXIT_DONE;
    ferrite_free(reply);
    return status;
}

void target_close(struct target *target) {
    ferrite_session_close(target->session);
    ferrite_close(target->db);
    target->session = NULL;
    target->db = NULL;
}
