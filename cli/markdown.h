/*
 * markdown.h - the command reference, docs/COMMANDS.md, from the command table.
 */
#ifndef CLI_MARKDOWN_H
#define CLI_MARKDOWN_H

#include <stdio.h>

void print_commands_markdown(FILE *out);

#endif
