/*
 * tools.c - the table of tools. See tools.h.
 */
#include "tools.h"

#include <string.h>

static const struct tool tools[] = {
    {"backup", "FILE TARGET", "make a whole, compact copy, which replaces TARGET", 2, 2, tool_backup},
    {"check", "FILE", "walk everything; status 1 and the findings when something is wrong", 1, 1,
     tool_check},
    {"compact", "FILE", "give free space in the file back to the file system", 1, 1, tool_compact},
    {"export", "FILE", "print commands that make the database again (--resp, --json)", 1, 1,
     tool_export},
    {"import", "FILE [INPUT]", "run what export wrote (standard input)", 1, 2, tool_import},
    {"info", "FILE [SECTION ...]", "facts about the file, as INFO tells them", 1, INFO_WORDS_MAX,
     tool_info},
    {"log", "FILE", "print the changes that are in the log", 1, 1, tool_log},
    {"recover", "FILE [OUT]", "save what is readable into a new file (FILE.recovered)", 1, 2,
     tool_recover},
    {"restore", "BACKUP FILE", "check a backup and make FILE from it (--force replaces FILE)", 2, 2,
     tool_restore},
};

const struct tool *tool_at(size_t index) {
    return index < sizeof tools / sizeof *tools ? &tools[index] : NULL;
}

const struct tool *tool_find(const char *name) {
    for (size_t i = 0; tool_at(i); i++)
        if (strcmp(tools[i].name, name) == 0) return &tools[i];
    return NULL;
}
