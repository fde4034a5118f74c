/*
 * command_databases_test.c - the commands on logical databases: each line's reply, as redis-server 7.0 gives it.
 */
#include "support/command_cases.h"

#include <criterion/criterion.h>

static const struct command_case cases[] = {
    {"DBSIZE", "(integer) 0"},
    {"DBSIZE x", "(error) ERR wrong number of arguments for 'dbsize' command"},
    {"SET a 0", "OK"},
    {"SELECT 1", "OK"},
    {"SET a 1", "OK"},
    {"SET b 1", "OK"},
    {"DBSIZE", "(integer) 2"},
    {"SELECT 15", "OK"},
    {"DBSIZE", "(integer) 0"},
    {"SELECT 16", "(error) ERR DB index is out of range"},
    {"SELECT -1", "(error) ERR DB index is out of range"},
    {"SELECT 2147483647", "(error) ERR DB index is out of range"},
    {"SELECT 2147483648", "(error) ERR value is out of range, value must between -2147483648 and 2147483647"},
    {"SELECT -2147483649", "(error) ERR value is out of range, value must between -2147483648 and 2147483647"},
    {"SELECT x", "(error) ERR value is not an integer or out of range"},
    {"SELECT", "(error) ERR wrong number of arguments for 'select' command"},
    {"SELECT 0", "OK"},
    {"SWAPDB 0 1", "OK"},
    {"GET a", "\"1\""},
    {"DBSIZE", "(integer) 2"},
    {"SWAPDB 0 0", "OK"},
    {"SWAPDB x 1", "(error) ERR invalid first DB index"},
    {"SWAPDB 0 x", "(error) ERR invalid second DB index"},
    {"SWAPDB 0 99", "(error) ERR DB index is out of range"},
    {"SWAPDB -1 0", "(error) ERR DB index is out of range"},
    {"SWAPDB 0 2147483648", "(error) ERR invalid second DB index"},
    {"SWAPDB -2147483649 0", "(error) ERR invalid first DB index"},
    {"SWAPDB 0", "(error) ERR wrong number of arguments for 'swapdb' command"},
    {"FLUSHDB NOSUCH", "(error) ERR syntax error"},
    {"FLUSHDB ASYNC SYNC", "(error) ERR syntax error"},
    {"FLUSHDB async", "OK"},
    {"DBSIZE", "(integer) 0"},
    {"SELECT 1", "OK"},
    {"DBSIZE", "(integer) 1"},
    {"FLUSHALL SYNC", "OK"},
    {"DBSIZE", "(integer) 0"},
    {"FLUSHALL NOSUCH", "(error) ERR syntax error"},
    {"FLUSHALL ASYNC", "OK"},
    {"FLUSHDB SYNC", "OK"},
    {"FLUSHDB", "OK"},
    {"FLUSHALL", "OK"},
};

const struct command_script databases_script = {"databases", cases, sizeof cases / sizeof *cases, true};

Test(command_databases, replies_are_those_of_redis) { command_script_run(&databases_script); }

/* Redis counts the key until somebody looks at it. */
static const struct command_case past_cases[] = {
    {"SET a 1 EXAT 1000", "OK"},
    {"DBSIZE", "(integer) 0"},
    {"EXISTS a", "(integer) 0"},
};

static const struct command_script past_script = {"past", past_cases,
                                                  sizeof past_cases / sizeof *past_cases, false};

Test(command_databases, what_is_set_with_a_moment_past_is_not_counted) {
    command_script_run(&past_script);
}
