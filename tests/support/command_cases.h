/*
 * command_cases.h - commands with the replies they must give, as a script that begins on an empty
 * database. Used by the tests of the command layer.
 */
#ifndef TESTS_SUPPORT_COMMAND_CASES_H
#define TESTS_SUPPORT_COMMAND_CASES_H

#include "../../libferrite/ferrite.h"

#include <stdbool.h>
#include <stddef.h>

struct command_case {
    const char *line;  /* in the shell's quoting */
    const char *reply; /* as printed on a terminal, without the last end of line */
};

struct command_script {
    const char *name;
    const struct command_case *cases;
    size_t count;
    bool as_redis; /* redis-server gives the same replies */
};

/* All scripts, each beside its test; NULL at the end. */
extern const struct command_script *const command_scripts[];

/* Runs the script in a session on a new database in memory and compares every reply. */
void command_script_run(const struct command_script *script);

/* One command in a session; the reply as typed text, for free(). */
char *command_typed(ferrite_session *session, const char *line);

#endif
