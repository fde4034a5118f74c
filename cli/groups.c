/*
 * groups.c - the groups of the command table. See groups.h.
 */
#include "groups.h"

#include <string.h>

static const struct group groups[] = {
    {"string", "Strings"},
    {"generic", "Keys"},
    {"range", "Ranges of keys"},
    {"transactions", "Transactions"},
    {"database", "Logical databases"},
    {"server", "Server and connection"},
};

const struct group *group_at(size_t index) {
    return index < sizeof groups / sizeof *groups ? &groups[index] : NULL;
}

const ferrite_command_info *group_next(const struct group *group, size_t *index) {
    const ferrite_command_info *info;
    while ((info = ferrite_command_at((*index)++)))
        if (strcmp(info->group, group->name) == 0) return info;
    return NULL;
}
