/*
 * tools.h - the tools on files: `ferrite TOOL FILE …`. Each returns the exit status.
 */
#ifndef CLI_TOOLS_H
#define CLI_TOOLS_H

#include "options.h"

int tool_check(const struct options *options);
int tool_info(const struct options *options);
int tool_log(const struct options *options);
int tool_recover(const struct options *options);

#endif
