/*
 * markdown.c - the command reference. See markdown.h.
 */
#include "markdown.h"

#include "groups.h"

#include <ctype.h>
#include <string.h>

static void print_upper(FILE *out, const char *name) {
    for (; *name; name++) putc(toupper((unsigned char)*name), out);
}

static void print_command(FILE *out, const ferrite_command_info *info) {
    fputs("### ", out);
    print_upper(out, info->name);
    fputs("\n\n`", out);
    print_upper(out, info->name);
    fprintf(out, "%s%s`\n\n%s\n\n", *info->arguments ? " " : "", info->arguments, info->summary);
    fprintf(out, "%s · since %s", info->complexity, info->since);
    if (info->flags & FERRITE_COMMAND_WRITE) fputs(" · writes", out);
    if (info->flags & FERRITE_COMMAND_SESSION) fputs(" · state of the session", out);
    putc('\n', out);
    if (info->differences) fprintf(out, "\nDiffers from Redis: %s\n", info->differences);
    putc('\n', out);
}

static void print_contents(FILE *out) {
    for (size_t g = 0; group_at(g); g++) {
        const ferrite_command_info *info;
        const char *separator = " ";
        fprintf(out, "- %s:", group_at(g)->title);
        for (size_t i = 0; (info = group_next(group_at(g), &i)); separator = ", ") {
            fprintf(out, "%s[", separator);
            print_upper(out, info->name);
            fprintf(out, "](#%s)", info->name);
        }
        putc('\n', out);
    }
    putc('\n', out);
}

static const char long_keys[] =
    "Keys, fields and members have at most 65,536 bytes, values and elements of lists 512 MiB. For longer ones, which\n"
    "Redis takes, the reply is `ERR key is longer than 65536 bytes` and the like, also where they are only looked for.\n\n";

static const char at_a_bound[] =
    "At a bound (maxmemory, max-size, max-keys) where nothing may be evicted, the commands that Redis marks denyoom\n"
    "answer its error, `OOM command not allowed when used memory > 'maxmemory'.`, with three differences: a command\n"
    "that is wrong in itself, in its options or numbers, is told that and not OOM; SORT without STORE, which only\n"
    "reads, is not refused; and in MULTI commands are queued whatever the bound, what reads and what frees is done by\n"
    "EXEC, and OOM is the reply in its array of what is refused there (Redis refuses to queue anything, and EXEC).\n\n";

void print_commands_markdown(FILE *out) {
    fputs(
        "<!-- Made by `ferrite --commands-markdown` from the command table; do not edit. -->\n\n"
        "# Commands\n\n"
        "Commands of the `ferrite` program, of `ferrite_command` and of sessions. Names are read\n"
        "in any case. Replies and texts of errors are those of Redis 7.0, unless a line\n"
        "“Differs from Redis” says otherwise. In complexities *k* is the number of keys in the\n"
        "database.\n\n",
        out);
    fputs(long_keys, out);
    fputs(at_a_bound, out);
    print_contents(out);
    for (size_t g = 0; group_at(g); g++) {
        const ferrite_command_info *info;
        fprintf(out, "## %s\n\n", group_at(g)->title);
        for (size_t i = 0; (info = group_next(group_at(g), &i));) print_command(out, info);
    }
}
