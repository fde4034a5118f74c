/*
 * help.c - the shell's HELP. See help.h.
 */
#include "help.h"

#include "groups.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static void print_upper(FILE *out, const char *name) {
    for (; *name; name++) putc(toupper((unsigned char)*name), out);
}

static void print_command(FILE *out, const ferrite_command_info *info) {
    fputs("\n  ", out);
    print_upper(out, info->name);
    fprintf(out, " %s\n  %s\n", info->arguments, info->summary);
    fprintf(out, "  complexity: %s\n  group: @%s, since %s\n", info->complexity, info->group,
            info->since);
    if (info->differences) fprintf(out, "  differs from Redis: %s\n", info->differences);
    putc('\n', out);
}

static void print_group(FILE *out, const struct group *group) {
    const ferrite_command_info *info;
    for (size_t i = 0; (info = group_next(group, &i));) {
        fputs("  ", out);
        print_upper(out, info->name);
        fprintf(out, "%*s %s\n", (int)(12 - strlen(info->name)), "", info->summary);
    }
}

static void print_names(FILE *out, const struct group *group) {
    const ferrite_command_info *info;
    int column = fprintf(out, "  @%-13s", group->name);
    for (size_t i = 0; (info = group_next(group, &i));) {
        if (column + (int)strlen(info->name) + 1 > 78) column = fprintf(out, "\n%16s", "") - 1;
        putc(' ', out);
        print_upper(out, info->name);
        column += (int)strlen(info->name) + 1;
    }
    putc('\n', out);
}

static void print_overview(FILE *out) {
    fputs("\n", out);
    for (size_t i = 0; group_at(i); i++) print_names(out, group_at(i));
    fputs("\n  help COMMAND tells about one, help @group about all of a group; TAB completes.\n"
          "  quit, exit or Ctrl-D leave.\n\n",
          out);
}

static const struct group *find_group(const char *name) {
    for (size_t i = 0; group_at(i); i++)
        if (strcasecmp(group_at(i)->name, name) == 0) return group_at(i);
    return NULL;
}

void print_help(FILE *out, int argc, const char *const *argv) {
    if (argc == 0) print_overview(out);
    for (int i = 0; i < argc; i++) {
        const ferrite_command_info *info = ferrite_command_find(argv[i], strlen(argv[i]));
        const struct group *group = argv[i][0] == '@' ? find_group(argv[i] + 1) : NULL;
        if (group)
            print_group(out, group);
        else if (info)
            print_command(out, info);
        else
            fprintf(out, "  There is no %s %s; help lists all.\n",
                    argv[i][0] == '@' ? "group" : "command", argv[i]);
    }
}
