/*
 * introspection.h - the parts of COMMAND that have files of their own.
 */
#ifndef FERRITE_COMMAND_INTROSPECTION_H
#define FERRITE_COMMAND_INTROSPECTION_H

#include "command.h"

int command_getkeys(struct command_call *call);

#endif
