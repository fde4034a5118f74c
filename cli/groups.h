/*
 * groups.h - the groups of the command table in the order in which they are shown.
 */
#ifndef CLI_GROUPS_H
#define CLI_GROUPS_H

#include <ferrite.h>

struct group {
    const char *name; /* as in ferrite_command_info */
    const char *title;
};

const struct group *group_at(size_t index); /* those that have commands; NULL past the end */
/* The next row of the group after *index, which begins at 0; NULL: no more. */
const ferrite_command_info *group_next(const struct group *group, size_t *index);

#endif
