/*
 * tools.h - the tools on files: `ferrite TOOL FILE …`. Each returns the exit status.
 */
#ifndef CLI_TOOLS_H
#define CLI_TOOLS_H

#include "options.h"

#include <stdint.h>

int tool_backup(const struct options *options);
int tool_check(const struct options *options);
int tool_compact(const struct options *options);
int tool_export(const struct options *options);
int tool_import(const struct options *options);
int tool_info(const struct options *options);
int tool_log(const struct options *options);
int tool_recover(const struct options *options);
int tool_restore(const struct options *options);

/* "1 key", "2 keys": what follows the noun. */
static inline const char *plural(uint64_t count) {
    return count == 1 ? "" : "s";
}

#define INFO_WORDS_MAX 16 /* FILE and sections */

#endif
