/*
 * introspection.h - COMMAND: the command table told through a command. See server.c for its row.
 */
#ifndef FERRITE_COMMAND_INTROSPECTION_H
#define FERRITE_COMMAND_INTROSPECTION_H

#include "command.h"

int command_command(struct command_call *call);

#endif
