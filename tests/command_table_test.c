/*
 * command_table_test.c - the command table as a whole: every row is complete, found, and run by some
 * script; and every script gives what a real redis-server gives.
 */
#include "support/command_cases.h"
#include "support/redis.h"
#include "support/shell.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

extern const struct command_script strings_script, keys_script, ranges_script, databases_script,
    server_script, transactions_script, expiry_script, lists_script,
    hashes_script, hash_expiry_script, sets_script,
    zsets_script, sort_script, objects_script, config_script, saving_script, oom_script;

const struct command_script *const command_scripts[] = {
    &strings_script, &keys_script,         &ranges_script, &databases_script,
    &server_script,  &transactions_script, &expiry_script, &lists_script,
    &hashes_script, &hash_expiry_script, &sets_script, &zsets_script, &sort_script,
    &objects_script, &config_script, &saving_script, &oom_script, NULL};

/* A line of some script begins with the name, and is no error: the script's own test runs it. */
static bool is_run(const char *name) {
    size_t len = strlen(name);
    for (size_t s = 0; command_scripts[s]; s++)
        for (size_t i = 0; i < command_scripts[s]->count; i++) {
            const struct command_case *one = &command_scripts[s]->cases[i];
            if (strncasecmp(one->line, name, len) == 0 && strchr(" ", one->line[len]) &&
                strncmp(one->reply, "(error)", 7) != 0)
                return true;
        }
    return false;
}

/* Their replies cannot be written down; they have tests of their own. */
static bool has_own_test(const char *name) {
    return strcmp(name, "time") == 0 || strstr(name, "save") != NULL;
}

Test(command_table, every_command_is_run_by_a_script) {
    for (size_t i = 0; ferrite_command_at(i); i++) {
        const char *name = ferrite_command_at(i)->name;
        cr_expect(is_run(name) || has_own_test(name), "no script runs %s", name);
    }
}

Test(command_table, every_command_is_refused_with_a_wrong_number_of_words) {
    ferrite_db *db = ferrite_open_memory(NULL);
    const char *argv[8] = {NULL, "1", "2", "3", "4", "5", "6", "7"};
    for (size_t i = 0; ferrite_command_at(i); i++) {
        const ferrite_command_info *info = ferrite_command_at(i);
        int argc = info->arity > 0 ? info->arity + 1 : -info->arity - 1;
        if (argc < 1) continue;
        argv[0] = info->name;
        ferrite_reply *reply = ferrite_command(db, argc, argv, NULL, NULL);
        cr_assert_not_null(reply);
        cr_expect_eq(reply->type, FERRITE_REPLY_ERROR, "%s", info->name);
        cr_expect_not_null(strstr(reply->str, "wrong number of arguments for '"), "%s", info->name);
        ferrite_free(reply);
    }
    ferrite_close(db);
}

Test(command_table, rows_are_complete_and_in_order) {
    const char *before = "";
    for (size_t i = 0; ferrite_command_at(i); i++) {
        const ferrite_command_info *info = ferrite_command_at(i);
        cr_expect(strcmp(before, info->name) < 0, "%s", info->name);
        for (const char *at = info->name; *at; at++) cr_expect(!isupper((unsigned char)*at));
        cr_expect(info->arguments && *info->summary && *info->group && *info->complexity &&
                      *info->since,
                  "%s", info->name);
        cr_expect_eq(info->summary[strlen(info->summary) - 1], '.', "%s", info->name);
        cr_expect(info->arity != 0 && !info->first_key == !info->key_step, "%s", info->name);
        before = info->name;
    }
    cr_expect_null(ferrite_command_at(100000));
}

Test(command_table, names_are_found_in_any_case_and_no_others) {
    const ferrite_command_info *info = ferrite_command_find("gEt", 3);
    cr_assert_not_null(info);
    cr_expect_str_eq(info->name, "get");
    cr_expect_null(ferrite_command_find("get", 2));
    cr_expect_null(ferrite_command_find("get\0", 4));
    cr_expect_null(ferrite_command_find("", 0));
    cr_expect_null(ferrite_command_find(NULL, 0));
}

/* ---- against a real server ---- */

static void write_script(const char *path, const struct command_script *script, bool replies) {
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    for (size_t i = 0; i < script->count; i++)
        fprintf(file, "%s\n", replies ? script->cases[i].reply : script->cases[i].line);
    fclose(file);
}

static void compare_with_server(const char *folder, const struct command_script *script) {
    char path[256], out[4096];
    snprintf(path, sizeof path, "%s/lines", folder);
    write_script(path, script, false);
    snprintf(path, sizeof path, "%s/replies", folder);
    write_script(path, script, true);
    int status = shell_run(out, sizeof out,
                           "redis-cli -s %s/socket flushall >%s/out && "
                           "redis-cli -s %s/socket --no-raw <%s/lines >%s/out && "
                           "diff -u %s/replies %s/out",
                           folder, folder, folder, folder, folder, folder, folder);
    cr_expect_eq(status, 0, "%s differs from redis-server:\n%s", script->name, out);
}

/* The expected replies above are Redis's, not our opinion of them. */
Test(command_table, scripts_give_what_redis_server_gives) {
    char folder[] = "/tmp/ferrite-redis-XXXXXX", out[256];
    cr_assert_not_null(mkdtemp(folder));
    bool installed = redis_start(folder);
    for (size_t i = 0; installed && command_scripts[i]; i++)
        if (command_scripts[i]->as_redis) compare_with_server(folder, command_scripts[i]);
    if (installed) redis_stop(folder);
    shell_run(out, sizeof out, "rm -r %s", folder);
    if (!installed) cr_skip_test("redis-server 7.0 is not installed");
}
