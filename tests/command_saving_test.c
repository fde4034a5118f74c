/*
 * command_saving_test.c - SAVE, BGSAVE, LASTSAVE by name, in memory and on a file.
 */
#include "support/api.h"
#include "support/command_cases.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct command_case cases[] = {
    {"SAVE", "(error) ERR the database is in memory: saving it needs a path"},
    {"BGSAVE", "(error) ERR the database is in memory: saving it needs a path"},
    {"BGSAVE SCHEDULE", "(error) ERR the database is in memory: saving it needs a path"},
    {"SAVE a b", "(error) ERR wrong number of arguments for 'save' command"},
    {"BGSAVE a b", "(error) ERR syntax error"},
    {"SAVE \"\"", "(error) ERR invalid path"},
    {"BGSAVE \"a\\x00b\"", "(error) ERR invalid path"},
    {"LASTSAVE x", "(error) ERR wrong number of arguments for 'lastsave' command"},
};

const struct command_script saving_script = {"saving", cases, sizeof cases / sizeof *cases, false};

Test(command_saving, replies_in_memory) { command_script_run(&saving_script); }

static void expect(ferrite_session *session, const char *line, const char *reply) {
    char *text = command_typed(session, line);
    cr_expect_str_eq(text, reply, "%s", line);
    free(text);
}

Test(command_saving, saves_a_file_and_copies_it) {
    struct bed bed = bed_make();
    char line[200], copy[128];
    bed_path(&bed, "copy.ferrite", copy);
    ferrite_db *db = api_open(bed.path);
    ferrite_session *session = ferrite_session_open(db, NULL);
    expect(session, "SET k v", "OK");
    expect(session, "SAVE", "OK");
    expect(session, "BGSAVE", "Background saving started");
    snprintf(line, sizeof line, "SAVE %s", copy);
    expect(session, line, "OK");
    char *text = command_typed(session, "LASTSAVE");
    long long then = 0;
    cr_expect_eq(sscanf(text, "(integer) %lld", &then), 1);
    cr_expect_leq(llabs((long long)time(NULL) - then), 100);
    free(text);
    ferrite_session_close(session);
    ferrite_close(db);
    db = api_open(copy);
    api_expect(db, "k", "v");
    ferrite_close(db);
    bed_remove(&bed);
}
