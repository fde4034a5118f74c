/*
 * options.c - reading the command line. See options.h.
 */
#include "options.h"

#include "tools.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void complain(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fflush(stdout); /* what came before stands before */
    fputs("ferrite: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

static bool parse_number(const char *text, long min, long max, long *value) {
    char *end;
    errno = 0;
    *value = strtol(text, &end, 10);
    return *text && !*end && !errno && *value >= min && *value <= max;
}

/* ---- what each option does: false after a complaint ---- */

static bool set_database(struct options *options, const char *value) {
    long number;
    if (!parse_number(value, 0, INT_MAX, &number)) {
        complain("-n needs the number of a database, not '%s'", value);
        return false;
    }
    options->database = (int)number;
    options->one_database = true;
    return true;
}

#define NO_BOUND (UINT64_MAX - 1) /* no user means this */

/* What is said on the command line counts more than the environment, also when it is a default: a
 * variable whose option is given is not looked at. */
static void hide_environment(const char *name, const char *value) {
    ferrite_options probe = FERRITE_OPTIONS_INIT;
    const ferrite_sync_mode no_mode = (ferrite_sync_mode)-1;
    const ferrite_log_level no_level = (ferrite_log_level)-1;
    probe.sync_mode = no_mode;
    probe.log_level = no_level;
    probe.max_memory = NO_BOUND;
    if (ferrite_options_set(&probe, name, value, NULL) < 0) return;
    if (probe.sync_mode != no_mode) unsetenv("FERRITE_SYNC_MODE");
    if (probe.log_level != no_level) unsetenv("FERRITE_LOG");
    if (probe.max_memory != NO_BOUND) unsetenv("FERRITE_MEMORY_LIMIT");
}

/* An option of the library, which knows names and values. */
static bool set_named(struct options *options, const char *name, const char *value) {
    ferrite_error *err = NULL;
    hide_environment(name, value);
    if (ferrite_options_set(&options->db, name, value, &err) == 0) return true;
    complain("%s", ferrite_error_message(err));
    ferrite_error_free(err);
    return false;
}

static bool set_pair(struct options *options, const char *pair) {
    char name[64];
    size_t len = strcspn(pair, "=");
    if (pair[len] == '\0' || len == 0 || len >= sizeof name) {
        complain("-o needs NAME=VALUE, not '%s'", pair);
        return false;
    }
    snprintf(name, sizeof name, "%.*s", (int)len, pair);
    return set_named(options, name, pair + len + 1);
}

static bool set_readonly(struct options *options, const char *value) {
    (void)value;
    options->db.read_only = 1;
    return true;
}

static bool set_raw(struct options *options, const char *value) {
    (void)value;
    options->format = PRINT_RAW;
    return true;
}

static bool set_no_raw(struct options *options, const char *value) {
    (void)value;
    options->format = PRINT_TYPED;
    return true;
}

static bool set_json(struct options *options, const char *value) {
    (void)value;
    options->format = PRINT_JSON;
    return true;
}

static bool set_resp(struct options *options, const char *value) {
    (void)value;
    options->resp = true;
    return true;
}

static bool set_force(struct options *options, const char *value) {
    (void)value;
    options->force = true;
    return true;
}

static bool set_input_argument(struct options *options, const char *value) {
    (void)value;
    options->input_argument = true;
    return true;
}

static bool set_help(struct options *options, const char *value) {
    (void)value;
    options->action = ACTION_HELP;
    return true;
}

static bool set_version(struct options *options, const char *value) {
    (void)value;
    options->action = ACTION_VERSION;
    return true;
}

static bool set_markdown(struct options *options, const char *value) {
    (void)value;
    options->action = ACTION_MARKDOWN;
    return true;
}

/* Without a function it is an option of the library, by the name without its dashes. */
static const struct option_row {
    const char *brief, *name, *value, *summary;
    bool (*set)(struct options *options, const char *value);
} option_rows[] = {
    {"-n", "--db", "DB", "use logical database DB instead of 0", set_database},
    {"-r", "--readonly", NULL, "change nothing, create nothing", set_readonly},
    {NULL, "--preset", "NAME", "iot, minimal, mobile or full; what follows changes it", NULL},
    {NULL, "--max-memory", "SIZE", "bound of the memory used, as 64mb", NULL},
    {NULL, "--max-size", "SIZE", "bound of the data in the file", NULL},
    {NULL, "--file-slack", "SIZE", "what the file may be larger, for speed at the bound", NULL},
    {NULL, "--max-keys", "N", "bound of the number of keys", NULL},
    {NULL, "--max-value-size", "SIZE", "longer values are refused", NULL},
    {NULL, "--eviction", "POLICY", "what goes at a bound: noeviction, allkeys-lru, volatile-ttl, …",
     NULL},
    {NULL, "--cache-size", "SIZE", "of the hot cache; or off, auto", NULL},
    {NULL, "--compression", "LEVEL", "of values: off, 1 (LZ4) to 12", NULL},
    {NULL, "--default-ttl", "TIME", "life of keys without an expiry, as 90s, 2h; or ms", NULL},
    {NULL, "--sync", "MODE",
     "none, periodic[:ms], every-n[:n], normal (each commit durable) or full", NULL},
    {NULL, "--busy-timeout", "TIME", "wait so long for another process (5000 ms)", NULL},
    {NULL, "--log-level", "LEVEL", "tell on standard error: error, warning, notice, debug", NULL},
    {"-o", NULL, "NAME=VALUE", "any option of the library; CONFIG GET * lists them", set_pair},
    {NULL, "--raw", NULL, "bare values (unless standard output is a terminal)", set_raw},
    {NULL, "--no-raw", NULL, "typed replies, as on a terminal", set_no_raw},
    {NULL, "--json", NULL, "each reply a line of JSON", set_json},
    {NULL, "--resp", NULL, "export the protocol of Redis, for redis-cli --pipe", set_resp},
    {NULL, "--force", NULL, "restore: replace a database that is there", set_force},
    {"-x", NULL, NULL, "read the last argument of the command from standard input",
     set_input_argument},
    {NULL, "--commands-markdown", NULL, "print docs/COMMANDS.md", set_markdown},
    {"-h", "--help", NULL, "print this", set_help},
    {"-v", "--version", NULL, "print the version", set_version},
};
#define OPTION_ROWS (sizeof option_rows / sizeof *option_rows)

void options_usage(FILE *out) {
    fputs("usage: ferrite [options] FILE                  a shell, or commands from standard "
          "input\n"
          "       ferrite [options] FILE COMMAND [ARG…]   one command\n"
          "       ferrite TOOL FILE …                     a tool\n"
          "\n"
          "FILE is created when it is missing, but not by mere reading; :memory: is no file.\n"
          "\n"
          "options:\n",
          out);
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const struct option_row *row = &option_rows[i];
        char names[40];
        snprintf(names, sizeof names, "%s%s%s%s%s", row->brief ? row->brief : "    ",
                 row->brief && row->name ? ", " : "", row->name ? row->name : "",
                 row->value ? " " : "", row->value ? row->value : "");
        fprintf(out, "  %-25s %s\n", names, row->summary);
    }
    fputs("\ntools:\n", out);
    for (size_t i = 0; tool_at(i); i++) {
        char usage[64];
        snprintf(usage, sizeof usage, "%s %s", tool_at(i)->name, tool_at(i)->arguments);
        fprintf(out, "  %-25s %s\n", usage, tool_at(i)->summary);
    }
    fputs("\nEnvironment: FERRITE_SYNC_MODE, FERRITE_MEMORY_LIMIT, FERRITE_LOG (a level) stand in "
          "for options\nthat are not given.\n",
          out);
    fputs("\nExit status: 0 done; 1 a command answered an error, or the program failed; 2 usage.\n",
          out);
}

/* "--name" or "--name=value"; *value is what stands after "=", or NULL. */
static const struct option_row *find_option(const char *word, const char **value) {
    const char *equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
    size_t len = equals ? (size_t)(equals - word) : strlen(word);
    *value = equals ? equals + 1 : NULL;
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->name && strlen(row->name) == len && strncmp(row->name, word, len) == 0) return row;
        if (row->brief && !equals && strcmp(row->brief, word) == 0) return row;
    }
    return NULL;
}

/* Takes the option at argv[*i] and its value. */
static bool take_option(struct options *options, int argc, char **argv, int *i) {
    const char *value;
    const struct option_row *row = find_option(argv[*i], &value);
    if (!row || (value && !row->value)) {
        complain("unknown option '%s'; see ferrite --help", argv[*i]);
        return false;
    }
    if (row->value && !value) {
        if (*i + 1 == argc) {
            complain("option '%s' needs a value", argv[*i]);
            return false;
        }
        value = argv[++*i];
    }
    return row->set ? row->set(options, value) : set_named(options, row->name + 2, value);
}

static bool is_option(const char *word) { return word[0] == '-' && word[1]; }

static bool check_words(struct options *options) {
    const struct tool *tool = options->tool;
    if (options->action != ACTION_RUN) return true;
    if (tool && (options->word_count < tool->words_min || options->word_count > tool->words_max)) {
        complain("usage: ferrite %s %s", tool->name, tool->arguments);
        return false;
    }
    if (!options->word_count)
        options_usage(stderr);
    else if (options->input_argument && (tool || options->word_count < 2))
        complain("-x needs a command");
    else if (options->resp && (!tool || tool->run != tool_export))
        complain("--resp is for export");
    else if (options->force && (!tool || tool->run != tool_restore))
        complain("--force is for restore");
    else
        return true;
    return false;
}

bool options_parse(struct options *options, int argc, char **argv, bool output_is_terminal) {
    *options = (struct options){.db = FERRITE_OPTIONS_INIT,
                                .format = output_is_terminal ? PRINT_TYPED : PRINT_RAW};
    int count = 0, i = 1; /* words are gathered at the front of argv */
    for (; i < argc; i++) {
        bool in_command = count >= 2 && !options->tool;
        if (!in_command && strcmp(argv[i], "--") == 0) {
            for (i++; i < argc; i++) argv[count++] = argv[i];
            break;
        }
        if (!in_command && is_option(argv[i])) {
            if (!take_option(options, argc, argv, &i)) return false;
        } else if (!count && !options->tool && tool_find(argv[i])) {
            options->tool = tool_find(argv[i]);
        } else {
            argv[count++] = argv[i];
        }
    }
    options->word_count = count;
    options->words = (const char *const *)argv;
    return check_words(options);
}
