/*
 * cli_help_test.c - help, hints and completion come from the command table and miss nothing of it.
 */
#include "../cli/groups.h"
#include "../cli/help.h"
#include "../cli/hint.h"
#include "../cli/markdown.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *printed(void (*print)(FILE *)) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    print(out);
    fclose(out);
    return text;
}

static void print_overview(FILE *out) { print_help(out, 0, NULL); }

static void expect_all_names(char *text, const char *before) {
    for (size_t i = 0; ferrite_command_at(i); i++) {
        char name[64];
        int len = snprintf(name, sizeof name, "%s%s", before, ferrite_command_at(i)->name);
        for (int c = 0; c < len; c++) name[c] = (char)toupper((unsigned char)name[c]);
        cr_expect_not_null(strstr(text, name), "%s is missing", name);
    }
    free(text);
}

Test(cli_help, the_overview_names_every_command) { expect_all_names(printed(print_overview), " "); }

Test(cli_help, the_command_reference_names_every_command) {
    expect_all_names(printed(print_commands_markdown), "\n### ");
}

static const char *hint(const char *line) {
    static char out[256];
    hint_line(NULL, line, strlen(line), out, sizeof out);
    return out;
}

Test(cli_help, hints_show_what_is_left_of_the_arguments) {
    cr_expect_str_eq(hint("getrange "), "key start end");
    cr_expect_str_eq(hint("GETRANGE k"), "start end");
    cr_expect_str_eq(hint("getrange k 0 1"), "");
    cr_expect_str_eq(hint("mget a b c"), "[key ...]");
    cr_expect_str_eq(hint("scan 0 MATCH x"), "[MATCH pattern] [COUNT count] [TYPE type]");
    cr_expect_str_eq(hint("getrange"), "", "the name may still become another");
    cr_expect_str_eq(hint(""), "");
    cr_expect_str_eq(hint("nosuch "), "");
    cr_expect_str_eq(hint("get \"open"), "");
}

/* The candidates with a space behind each. */
static const char *complete(struct target *target, const char *line) {
    static char out[1024];
    struct candidates candidates = {0};
    complete_line(target, line, strlen(line), &candidates);
    out[0] = 0;
    for (size_t i = 0; i < candidates.count; i++) {
        strcat(strcat(out, candidates.texts[i]), " ");
        free(candidates.texts[i]);
    }
    free(candidates.texts);
    return out;
}

Test(cli_help, completes_names_options_and_keys_in_the_case_typed) {
    struct target target = {0};
    target.db = ferrite_open_memory(NULL);
    target.session = ferrite_session_open(target.db, NULL);
    ferrite_set(target.db, "user:1", 6, "", 0, NULL);
    ferrite_set(target.db, "user:2", 6, "", 0, NULL);
    ferrite_set(target.db, "us er", 5, "", 0, NULL);
    cr_expect_str_eq(complete(&target, "getr"), "getrange ");
    cr_expect_str_eq(complete(&target, "RENAM"), "RENAME RENAMENX ");
    cr_expect_str_eq(complete(&target, "qu"), "quit ");
    cr_expect_str_eq(complete(&target, "help getr"), "getrange ");
    cr_expect_str_eq(complete(&target, "help @tr"), "@transactions ");
    cr_expect_str_eq(complete(&target, "scan 0 co"), "count ");
    cr_expect_str_eq(complete(&target, "COPY a b REP"), "REPLACE ");
    cr_expect_str_eq(complete(&target, "get us"), "user:1 user:2 ", "no key that needs quotes");
    cr_expect_str_eq(complete(&target, "mget user:1 user:2"), "user:2 ");
    cr_expect_str_eq(complete(&target, "set a us"), "", "the second argument is no key");
    cr_expect_str_eq(complete(&target, "get \"us"), "");
    cr_expect_str_eq(complete(&target, "config get max-"), "max-keys max-size max-value-size ");
    cr_expect_str_eq(complete(&target, "config set maxm"), "maxmemory maxmemory-policy ");
    cr_expect_str_eq(complete(&target, "config set maxmemory 1"), "");
    cr_expect_str_eq(complete(&target, "nosuch x"), "");
    ferrite_session_close(target.session);
    ferrite_close(target.db);
}
