/*
 * groups.c - the groups of the command table. See groups.h.
 */
#include "groups.h"

#include <string.h>

static const struct group groups[] = {
    {"string", "Strings"},
    {"hash", "Hashes"},
    {"list", "Lists"},
    {"set", "Sets"},
    {"sorted-set", "Sorted sets"},
    {"generic", "Keys"},
    {"range", "Ranges of keys"},
    {"transactions", "Transactions"},
    {"database", "Logical databases"},
    {"server", "Server and connection"},
};

const struct group *group_at(size_t index) {
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        size_t row = 0;
        if (group_next(&groups[i], &row) && index-- == 0) return &groups[i];
    }
    return NULL;
}

const ferrite_command_info *group_next(const struct group *group, size_t *index) {
    const ferrite_command_info *info;
    while ((info = ferrite_command_at((*index)++)))
        if (strcmp(info->group, group->name) == 0) return info;
    return NULL;
}
